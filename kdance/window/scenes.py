"""From what is known of a session to what the window shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from kdance.choices import LayoutStyle
from kdance.coach.facts import Tip
from kdance.dance.references import Reference
from kdance.motion.gaps import gaps
from kdance.motion.picture_points import flipped, mirrored, placed
from kdance.motion.scoring import Grade, grade
from kdance.pose import FloatArray, Pose
from kdance.practice.state import LiveState, Note, SetupState, joint_errors
from kdance.review.lateness import Span
from kdance.review.record import SessionReport
from kdance.window.end_screen import EndScene
from kdance.window.framing import Box, ReferenceFraming, reach_of
from kdance.window.ghost import trunk_length
from kdance.window.help_screen import HelpScene
from kdance.window.overlay import CueKind, Flash, Scene
from kdance.window.setup_screen import SetupScene
from kdance.window.song_bar import Block
from kdance.window.text import Image
from kdance.window.upcoming import NextPoses, Upcoming
from kdance.window.words import WindowWords
from kdance.words.numbers import minutes
from kdance.words.phrases import Phrases

FLASH_S: Final = 0.9
"""How long a grade is shown large."""
_DULL: Final = "miss"
_LOW: Final = frozenset(("miss", "ok"))
_HIGH: Final = frozenset(("perfect", "great"))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surroundings:
    """What a scene depends on besides the session.

    Attributes:
        now: Moment of the drawing, on the clock of ``TakeState.phrase``.
        picture: Of the reference, now; ``None`` while there is none.
        scale: Of that picture, as a share of the video's.
        ghost: Whether to show the reference's body on the dancer.
        user_trunk: Usual length of the dancer's trunk, pixels.
        notes: What is unusual about the room.
        layout: How the panes are arranged.
        text: Size of the text, 1 as designed.
        box: What of the dancer's picture has to be seen, pixels of it.
        whole_stage: Whether all of both pictures is shown.
        upcoming: Whether the next poses are shown.
        countdown: Seconds left before it begins.
    """

    now: float = 0.0
    picture: Image | None = None
    scale: float = 1.0
    ghost: bool = True
    user_trunk: float | None = None
    notes: tuple[Note, ...] = ()
    layout: LayoutStyle = "auto"
    text: float = 1.0
    box: Box | None = None
    whole_stage: bool = False
    upcoming: bool = True
    countdown: int | None = None


class SceneMaker:
    """Everything of the window that stays the same during a session.

    Args:
        reference: The dance: its pictures' size, its poses, its sections.
        phrases: Of the dancer's language.
        error_band: Degrees within which a limb is right, as the take is scored.
        gestures: Whether raised hands start and crossed forearms end a session: then the window says so.
        flip: Whether the dancer is shown like in a mirror.
    """

    def __init__(
        self, reference: Reference, phrases: Phrases, *, error_band: float, gestures: bool, flip: bool
    ) -> None:
        self._reference, self._error_band, self._flip = reference, error_band, flip
        self._words = WindowWords(phrases, gestures=gestures)
        duration = reference.info.duration
        self._missing = tuple(
            (start / duration, end / duration)
            for start, end in gaps(reference.sequence.measured, np.asarray(reference.sequence.times))
        )
        landmarks, times = np.asarray(reference.sequence.landmarks), np.asarray(reference.sequence.times)
        self._framing, self.reach = ReferenceFraming(landmarks, times), reach_of(landmarks, times)
        lengths = trunk_length(landmarks)
        grid, length = reference.info.grid, reference.info.duration
        self._eights = () if grid is None else tuple(start / length for start, _ in grid.eights(length))
        self._next = NextPoses(reference.sequence, reference.info.grid)
        self._trunk = float(np.nanmedian(lengths)) if np.isfinite(lengths).any() else None

    def dancing(self, image: Image, pose: Pose | None, state: LiveState, around: Surroundings) -> Scene:
        """The window while dancing.

        Args:
            image: Of the dancer.
            pose: Of the dancer.
            state: What is known.
            around: What else it depends on.
        """
        info, place = self._reference.info, state.song.place
        shown = min(max(place.position, 0.0), info.duration)
        score, said = state.take.score, said_together(state, around.now)
        return Scene(
            user_image=image,
            user_pose=pose,
            **self._reference_at(shown, state, around),
            joint_errors=joint_errors(state.take.scores),
            error_band=self._error_band,
            score=score,
            grade=None if said.grade is None else self._words.grade(said.grade),
            flash=None if said.flash is None else Flash(self._words.grade(said.flash[0]), *said.flash[1:]),
            cue=None if said.tip is None else said.tip.text,
            cue_kind=kind_of(said.tip),
            count=place.count,
            counting_in=place.phase == "count-in",
            countdown=around.countdown,
            paused=state.song.phase == "paused",
            progress=shown / info.duration,
            sections=self.sections(state.take.section_scores),
            eights=self._eights,
            missing=self._missing,
            loop=(share_of(state.song.loop[0], info.duration), share_of(state.song.loop[1], info.duration)),
            loop_on=state.song.looping,
            speed=state.song.speed,
            time_text=f"{minutes(int(shown))} / {minutes(info.duration)}",
            badges=self._words.badges(notes_of(state, around), state.fps),
            warnings=() if state.take.observation is None else self._words.unseen(state.take.observation.unseen),
            toast=None if state.toast is None else self._words.toast(state.toast),
            labels=self._words.labels,
            flip=self._flip,
            layout=around.layout,
            text=around.text,
            user_box=None if around.whole_stage else around.box,
            user_aspect=None if around.whole_stage else self.reach.aspect,
            upcoming=self._upcoming(state) if around.upcoming else None,
            title=info.name,
        )

    def _upcoming(self, state: LiveState) -> Upcoming:
        """The next poses, the fainter the better the part under way was danced last."""
        position, sections = state.song.place.position, self._reference.info.sections
        part = next((index for index, (start, end) in enumerate(sections) if start <= position < end), None)
        score = None if part is None else state.take.section_scores.get(part)
        return self._next.at(position, score, flip=state.take.is_told_plain and self._flip)

    def _reference_at(self, time: float, state: LiveState, around: Surroundings) -> dict[str, Any]:
        """The fields of a scene about the reference: its picture, its skeleton, its ghost."""
        picture, pose = around.picture, self.reference_pose(time)
        # Who said that they don't dance the mirror image sees the reference as in a mirror, like themselves.
        flip = state.take.is_told_plain and self._flip and picture is not None
        ghost = in_mirror(pose) if pose is not None and state.take.mirrored else pose
        box = None if around.whole_stage else self._framing.at(time)
        if box is not None and picture is not None:
            box = box.scaled(around.scale)
            box = box.flipped(picture.shape[1]) if flip else box
        return {
            "reference_box": box,
            "reference_aspect": None if around.whole_stage else self._framing.aspect,
            "reference_image": flip_image(picture) if flip and picture is not None else picture,
            "reference_pose": None if pose is None else _in_picture(pose, picture, around.scale, flip=flip),
            "ghost_pose": ghost if around.ghost else None,
            "reference_trunk": self._trunk,
            "user_trunk": around.user_trunk,
        }

    def help(self) -> HelpScene:
        """All keys."""
        return self._words.help()

    def waiting(self, image: Image, *, text: float = 1.0) -> EndScene:
        """While the summary is being worked out."""
        return EndScene(
            image=image,
            working=self._words.text("working"),
            flip=self._flip,
            text=text,
            title=self._reference.info.name,
        )

    def end(
        self,
        image: Image,
        report: SessionReport,
        drill: Span | None = None,
        *,
        goes_on: bool = False,
        text: float = 1.0,
    ) -> EndScene:
        """After the dance: the score, what was best and what to work on; ``drill`` is the part to offer, if any."""
        score, per_count = report.average_similarity, self._reference.info.seconds_per_count
        scores = {section.index: section.score for section in report.sections if section.score is not None}
        return EndScene(
            image=image,
            score=score,
            grade=None if score is None else self._words.grade(grade(score)),
            best=self._words.in_beats(first_of(report.strengths), per_count),
            work_on=self._words.in_beats(first_of(report.improvement_areas), per_count),
            sections=self.sections(scores),
            eights=self._eights,
            missing=self._missing,
            labels=self._words.end_labels,
            hint=self._words.end_hint(drill, goes_on=goes_on),
            flip=self._flip,
            text=text,
            title=self._reference.info.name,
        )

    def setup(self, image: Image, pose: Pose | None, state: SetupState, *, text: float = 1.0) -> SetupScene:
        """Before the music."""
        return SetupScene(
            user_image=image,
            user_pose=pose,
            items=tuple(map(self._words.setup_item, state.setup.checks)),
            headline=self._words.headline(state),
            ready=max(state.share, state.gesture_share),
            hint=self._words.setup_hint(),
            flip=self._flip,
            text=text,
            title=self._reference.info.name,
            followed=self._words.followed(state),
        )

    def sections(self, scores: Mapping[int, float]) -> tuple[Block, ...]:
        """The blocks of the song's bar, with what each was scored last."""
        info = self._reference.info
        return tuple(
            (start / info.duration, end / info.duration, scores.get(index))
            for index, (start, end) in enumerate(info.sections)
        )

    def reference_at(self, time: float, picture: Image | None, scale: float) -> tuple[Image | None, Pose | None]:
        """The reference's picture, and its body at a time in pixels of it."""
        pose = self.reference_pose(min(time, self._reference.info.duration))
        return picture, None if pose is None else _in_picture(pose, picture, scale, flip=False)

    def reference_pose(self, time: float) -> Pose | None:
        """The reference's body at a time, in pixels of its video."""
        sequence = self._reference.sequence
        index = min(int(np.searchsorted(sequence.times, time)), len(sequence) - 1)
        landmarks = np.array(sequence.landmarks[index])
        return Pose(landmarks, np.array(sequence.world[index])) if np.isfinite(landmarks[0, 0]) else None


def _in_picture(pose: Pose, picture: Image | None, scale: float, *, flip: bool) -> Pose:
    """The reference's body in pixels of the picture that is shown."""
    landmarks = placed(pose.landmarks, scale=scale)
    if flip and picture is not None:
        landmarks = flipped(landmarks, picture.shape[1])
    return Pose(landmarks, pose.world)


def in_mirror(pose: Pose, *, width: int = 1) -> Pose:
    """The pose with left and right swapped, in a picture of ``width`` pixels that was flipped.

    By default its x are negative, which doesn't matter for a ghost.
    """
    return Pose(mirrored(pose.landmarks, width=width), mirrored(pose.world))


def flip_image(image: Image) -> Image:
    """(H, W, 3) as in a mirror."""
    return np.ascontiguousarray(image[:, ::-1])


def kind_of(tip: Tip | None) -> CueKind:
    """Praise, a correction, or a warning that concerns no limb."""
    if tip is None or tip.is_positive:
        return "praise"
    return "warning" if tip.severity == "high" and not tip.focus_areas else "fix"


@dataclass(frozen=True, slots=True)
class Said:
    """What the window says of the dance at one moment; nothing of it contradicts the rest.

    Attributes:
        tip: The cue.
        grade: Below the score; ``None`` where it would contradict the cue.
        flash: Grade of the phrase that has just ended, its score, and how strongly it is shown.
    """

    tip: Tip | None
    grade: Grade | None
    flash: tuple[Grade, float, float] | None


def said_together(state: LiveState, now: float) -> Said:
    """One message at a time: a fault before a flash, a flash before a praise; what contradicts it is left out.

    A limb to mend stands beside no PERFECT, a limb that isn't seen beside no praise of the whole, and praise beside no
    low grade.
    """
    take = state.take
    now_graded = None if take.score is None or not np.isfinite(take.score) else grade(take.score)
    strength = flash_strength(state, now)
    flash = None if take.phrase is None or strength <= 0 else (grade(take.phrase[0]), take.phrase[0], strength)
    tip = take.tip
    is_fault = tip is not None and not tip.is_positive
    is_unseen = take.observation is not None and bool(take.observation.unseen)
    if is_fault:
        flash = None
    elif tip is not None and (now_graded in _LOW or (flash is not None and flash[0] in _LOW)):
        tip = None
    if flash is not None and (flash[0] != now_graded or (is_unseen and flash[0] in _HIGH)):
        flash = None
    if now_graded == "perfect" and (is_fault or is_unseen):
        now_graded = None
    return Said(tip, now_graded, flash)


def notes_of(state: LiveState, around: Surroundings) -> tuple[Note, ...]:
    """What is unusual, the most important first."""
    light: tuple[Note, ...] = ("light_model",) if state.is_light else ()
    silent = () if state.sound is None else (state.sound,)
    return (*state.take.notes, *around.notes, *light, *silent)


def flash_strength(state: LiveState, now: float) -> float:
    """How strongly the grade of the last phrase is shown: 1 as it ends, 0 a little later; bad ones aren't."""
    if state.take.phrase is None or grade(state.take.phrase[0]) == _DULL:
        return 0.0
    return float(min(max(1.0 - (now - state.take.phrase[1]) / FLASH_S, 0.0), 1.0))


def share_of(time: float | None, duration: float) -> float | None:
    """A second of the song as a share of it."""
    return None if time is None else min(time / duration, 1.0)


def first_of(lines: Sequence[str]) -> str:
    """The first line, or nothing."""
    return lines[0] if lines else ""


def landmarks_of(pose: Pose | None) -> FloatArray | None:
    """(33, 4), or ``None`` for nobody."""
    return None if pose is None else pose.landmarks
