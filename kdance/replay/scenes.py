"""What a moment of a replay shows: from a take beside its reference to a scene that the window can draw."""

from __future__ import annotations

from typing import Final

import numpy as np

from kdance.motion.picture_points import placed
from kdance.motion.timeline import SNAPSHOT_S
from kdance.pose import JOINT_NAMES, FloatArray
from kdance.practice.looking_back import LookBack
from kdance.replay.pictures import Both
from kdance.replay.playhead import Playhead, Stretch
from kdance.review.findings import Fault, find
from kdance.review.side_by_side import NOBODY
from kdance.review.stills import Still
from kdance.window.bodies import Extent, extent
from kdance.window.palette import BLUE, WHITE
from kdance.window.replay_screen import ReplayPane, ReplayScene
from kdance.window.scenes import flip_image
from kdance.window.song_bar import Block
from kdance.words import mistakes
from kdance.words import report as words
from kdance.words.numbers import minutes, points
from kdance.words.phrases import Phrases

MOST_ANGLES: Final = 2
"""Angles written on a body at once; more cover it."""
LOOP_S: Final = 2.0
"""Before and after the moment that is looped, where no 8-count is known."""
_BLOCKS: Final = 60
_NEAR_S: Final = 0.02


class ReplayScenes:
    """Makes the scene of any moment of a take.

    Args:
        seen: The session.
        pictures: What there is of videos.
        phrases: The dancer's language.
    """

    def __init__(self, seen: LookBack, pictures: Both, phrases: Phrases) -> None:
        self._seen, self._pictures, self._phrases = seen, pictures, phrases
        pair, report = seen.pair, seen.report
        self._times = pair.take.times
        self._faults = find(report).faults
        self._ends = np.array([row.timestamp for row in report.timeline])
        self._extents = (
            Extent(np.zeros(2), np.zeros(2))
            if pair.reference is None
            else extent(np.asarray(pair.reference.landmarks)),
            extent(pair.take.landmarks),
        )
        self.start, self.end = float(self._times[0]), float(self._times[-1])
        self.stills: tuple[Still, ...] = (*seen.stills, *([] if seen.worst is None else [seen.worst]))
        self.moments = sorted(float(self._times[still.frame]) for still in self.stills)
        if not self.moments and report.worst_moment is not None:  # the reference is gone
            self.moments = [max(report.worst_moment.timestamp - SNAPSHOT_S / 2, self.start)]
        self._blocks = self._make_blocks()

    def playhead(self) -> Playhead:
        """A replay at its beginning."""
        return Playhead(self.start, self.end, self.moments, self.stretch_at)

    def stretch_at(self, moment: float) -> Stretch:
        """The 8-count or section being danced at a second of the take, as seconds of the take."""
        pair, frame = self._seen.pair, self._frame_at(moment)
        position = float(pair.position[frame])
        around = (max(moment - LOOP_S, self.start), min(moment + LOOP_S, self.end))
        section = next((s for s in self._seen.report.sections if s.start <= position <= s.end), None)
        if section is None or pair.course is None:
            return around
        inside = (pair.position >= section.start) & (pair.position <= section.end)
        inside &= pair.course.run == pair.course.run[frame]
        outside = np.flatnonzero(~inside)
        first = outside[outside < frame].max(initial=-1) + 1
        last = outside[outside > frame].min(initial=len(inside)) - 1
        return (float(self._times[first]), float(self._times[last])) if last > first else around

    def at(self, head: Playhead, *, hint: str = "") -> ReplayScene:
        """The scene of a moment.

        Args:
            head: Where the replay is.
            hint: The line that names the keys.
        """
        frame = self._frame_at(head.now)
        return self._scene(frame, head.now, head, self._faults_at(frame, head.now), hint=hint)

    def of_still(self, still: Still) -> ReplayScene:
        """The scene of a fault at its own moment."""
        moment = float(self._times[still.frame])
        return self._scene(still.frame, moment, None, [] if still.fault is None else [still.fault], hint="")

    def _scene(
        self, frame: int, moment: float, head: Playhead | None, faults: list[Fault], *, hint: str
    ) -> ReplayScene:
        report, text = self._seen.report, self._phrases.text
        speed = 1.0 if head is None else head.speed
        loop = None if head is None else head.loop
        return ReplayScene(
            panes=self._panes(frame, moment, [fault.joint for fault in faults]),
            title=words.plain(report.reference),
            time_text=f"{minutes(moment - self.start)} / {minutes(self.end - self.start)}",
            badges=tuple(
                badge
                for badge in (
                    "" if speed == 1.0 else f"{speed:g}x",
                    text("window.note.mirrored") if report.mirrored else "",
                    text("window.replay.paused") if head is not None and head.paused else "",
                )
                if badge
            ),
            score=self._score_at(moment),
            caption="   ".join(self._told(fault, frame) for fault in faults),
            blocks=self._blocks,
            progress=self._share(moment),
            moments=tuple(self._share(found) for found in self.moments),
            loop=(None, None) if loop is None else (self._share(loop[0]), self._share(loop[1])),
            hint=hint,
            error_band=self._seen.options.error_band,
        )

    def _panes(self, frame: int, moment: float, joints: list[str]) -> tuple[ReplayPane, ...]:
        pair, text = self._seen.pair, self._phrases.text
        shown = self._pictures.take_at(moment)
        own = pair.take.landmarks[frame]
        user = ReplayPane(
            label=text("report.page.you"),
            color=WHITE,
            extent=self._extents[1],
            landmarks=shown.points(own) if np.isfinite(own[0, 0]) else None,
            image=shown.image,
            errors=dict(zip(JOINT_NAMES, pair.errors[frame].tolist(), strict=True)),
            angles=_angles(pair.user_angles[frame], joints),
        )
        if pair.reference is None:
            return (user,)
        beside = int(pair.shown[frame])
        shown = self._pictures.reference_at(float(pair.position[frame]))
        image = shown.image
        body: FloatArray | None = None
        if beside != NOBODY and bool(pair.reference.measured[beside]):
            body = shown.points(np.asarray(pair.reference.landmarks[beside]))
        if image is not None and self._seen.report.mirrored:
            image = flip_image(image)
            body = None if body is None else placed(body, target=(image.shape[1] - 1, 0))
        reference = ReplayPane(
            label=text("report.page.reference"),
            color=BLUE,
            extent=self._extents[0],
            landmarks=body,
            image=image,
            angles=_angles(pair.reference_angles[frame], joints),
        )
        return (reference, user)

    def _told(self, fault: Fault, frame: int) -> str:
        """``left arm: 31° too low (teacher 89°, you 58°)`` at this very moment."""
        joint = JOINT_NAMES.index(fault.joint)
        reference, user = (
            float(angles[frame, joint]) for angles in (self._seen.pair.reference_angles, self._seen.pair.user_angles)
        )
        name = mistakes.fault_name(fault, self._phrases)
        if not (np.isfinite(reference) and np.isfinite(user)):
            return name
        return self._phrases.text("report.page.fault_angles", fault=name, reference=round(reference), user=round(user))

    def _faults_at(self, frame: int, moment: float) -> list[Fault]:
        """The faults whose place in the dance this is: the one whose moment it is, then the most important first."""
        position = float(self._seen.pair.position[frame])
        here = [f for f in self._faults if any(span.start <= position <= span.end for span in f.spans)]
        own = [still.fault for still in self.stills if abs(float(self._times[still.frame]) - moment) < _NEAR_S]
        joints: dict[str, Fault] = {}
        for fault in (*filter(None, own), *here):
            joints.setdefault(fault.joint, fault)
        return list(joints.values())[:MOST_ANGLES]

    def _score_at(self, moment: float) -> str:
        rows = self._seen.report.timeline
        index = int(np.searchsorted(self._ends, moment - 1e-6))
        score = rows[index].combined_score if index < len(rows) else None
        return "" if score is None else str(points(score))

    def _make_blocks(self) -> tuple[Block, ...]:
        """The take in pieces of a half second or more, with their scores."""
        rows = self._seen.report.timeline
        size = max(1, -(-len(rows) // _BLOCKS))
        blocks = []
        for first in range(0, len(rows), size):
            part = rows[first : first + size]
            scores = [row.combined_score for row in part if row.combined_score is not None]
            begin = self.start if first == 0 else rows[first - 1].timestamp
            mean = sum(scores) / len(scores) if scores else None
            blocks.append((self._share(begin), self._share(part[-1].timestamp), mean))
        return tuple(blocks)

    def _share(self, moment: float) -> float:
        return (moment - self.start) / max(self.end - self.start, 1e-3)

    def _frame_at(self, moment: float) -> int:
        """The frame that is shown at a second of the take: the last one that was taken by then."""
        return max(int(np.searchsorted(self._times, moment + _NEAR_S)) - 1, 0)


def _angles(degrees: FloatArray, joints: list[str]) -> tuple[tuple[str, float], ...]:
    named = ((joint, float(degrees[JOINT_NAMES.index(joint)])) for joint in joints)
    return tuple((joint, value) for joint, value in named if np.isfinite(value))
