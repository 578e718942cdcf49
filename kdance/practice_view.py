"""What the dancer sees while training: the window, or nothing at all."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

import numpy as np

from kdance.config import Settings
from kdance.feedback.coach import Tip
from kdance.feedback.wording import minutes
from kdance.motion.scoring import FrameScores, grade
from kdance.motion.timeline import Observation
from kdance.pose import JOINT_NAMES, Frame, Pose
from kdance.records import SessionReport
from kdance.references import Reference
from kdance.video.overlay import CueKind, Scene, draw_scene
from kdance.video.player import ReferencePlayer
from kdance.video.window import open_window

QUIT_KEYS = frozenset({"q", "esc"})


@dataclass(slots=True)
class LiveState:
    """What is known while dancing, for the view to show.

    Attributes:
        clock: Seconds of the reference.
        scores: Of the newest frame.
        observation: Of the last half second.
        tip: The coach's last word.
        fps: Frames a second that are processed.
        notes: Short words on what is unusual ("mirrored", "not saving").
    """

    clock: float = 0.0
    scores: FrameScores | None = None
    observation: Observation | None = None
    tip: Tip | None = None
    fps: float = 0.0
    notes: tuple[str, ...] = field(default=())


class PracticeView(Protocol):
    """Shows a session and hears its keys; a context manager."""

    @property
    def wants_to_quit(self) -> bool:
        """Whether q, Esc or the window's x was pressed."""

    @property
    def is_open(self) -> bool:
        """Whether there is a window to press keys in."""

    @property
    def wants_again(self) -> bool:
        """Whether space was pressed since the last session."""

    def poll(self, timeout_ms: int = 1) -> None:
        """Let the window breathe and hear keys."""

    def count_down(self, frame: Frame | None, seconds: int) -> None:
        """Show how long it is until the dance begins."""

    def show(self, frame: Frame, pose: Pose | None, state: LiveState) -> None:
        """Show a frame of the session."""

    def show_waiting(self) -> None:
        """Show that the summary is being worked out."""

    def show_end(self, report: SessionReport) -> None:
        """Show that the session is over, and what to press."""

    def renew(self) -> None:
        """Forget the keys of the last session."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class NoView:
    """No window: nothing to see, no keys to hear."""

    wants_to_quit = False
    wants_again = False
    is_open = False

    def poll(self, timeout_ms: int = 1) -> None:
        """Nothing to do."""

    def count_down(self, frame: Frame | None, seconds: int) -> None:
        """Nothing to show."""

    def show(self, frame: Frame, pose: Pose | None, state: LiveState) -> None:
        """Nothing to show."""

    def show_waiting(self) -> None:
        """Nothing to show."""

    def show_end(self, report: SessionReport) -> None:
        """Nothing to show."""

    def renew(self) -> None:
        """Nothing to forget."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class WindowView:
    """The practice window: the reference on one side, the dancer on the other.

    Args:
        reference: The dance.
        settings: Size of the window, error band.
        flip: Whether the dancer is shown like in a mirror.
    """

    def __init__(self, reference: Reference, settings: Settings, *, flip: bool) -> None:
        self._reference, self._settings, self._flip = reference, settings, flip
        self._width, self._height = settings.window.width, settings.window.height
        self._stack = ExitStack()
        self._picture: np.ndarray | None = None
        self._last: Frame | None = None
        self._clock = 0.0
        self.wants_to_quit = False
        self.wants_again = False

    def __enter__(self) -> Self:
        info = self._reference.info
        with ExitStack() as stack:
            self._window = stack.enter_context(open_window(f"kdance - {info.name}", self._width, self._height))
            self._player = stack.enter_context(ReferencePlayer(self._reference.video, start=info.start))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def is_open(self) -> bool:
        """Whether the window has not been closed with its x."""
        return not self._window.closed

    def renew(self) -> None:
        """Forget the keys of the last session."""
        self.wants_to_quit = self.wants_again = False

    def poll(self, timeout_ms: int = 1) -> None:
        """Let the window breathe and hear keys."""
        key = self._window.poll(timeout_ms)
        if key in QUIT_KEYS or self._window.closed:
            self.wants_to_quit = True
        elif key == "space":
            self.wants_again = True

    def count_down(self, frame: Frame | None, seconds: int) -> None:
        """Show the dancer and, large, how many seconds are left."""
        self._last, self._clock = frame or self._last, 0.0
        self._draw(self._scene(self._image(), None, countdown=seconds))

    def show(self, frame: Frame, pose: Pose | None, state: LiveState) -> None:
        """Show the dancer beside the reference, with their skeletons, the score and one cue."""
        self._last, self._clock = frame, state.clock
        observation, tip = state.observation, state.tip
        errors = {} if state.scores is None else dict(zip(JOINT_NAMES, state.scores.errors[0], strict=True))
        score = None if state.scores is None else float(state.scores.combined[0])
        score = None if score is None or np.isnan(score) else score
        unseen = (f"not seen: {', '.join(observation.unseen)}",) if observation and observation.unseen else ()
        scene = self._scene(
            frame.image,
            pose,
            joint_errors={name: float(error) for name, error in errors.items() if np.isfinite(error)},
            score=score,
            grade=None if score is None else grade(score),
            cue=None if tip is None else tip.text,
            cue_kind=_kind(tip),
            badges=(*unseen, *state.notes, *self._problems(), f"{state.fps:.0f} fps"),
        )
        self._draw(scene)

    def show_waiting(self) -> None:
        """The last picture, while the summary is being worked out."""
        self._draw(self._scene(self._image(), None, cue="Working out your summary ..."))
        self.poll()

    def show_end(self, report: SessionReport) -> None:
        """The last picture with the score, and that space dances again."""
        score = report.average_similarity
        scene = self._scene(
            self._image(),
            None,
            score=score,
            grade=None if score is None else grade(score),
            cue="Space: dance again · q: quit",
            cue_kind="praise",
        )
        self._draw(scene)

    def _image(self) -> np.ndarray:
        return np.zeros((480, 640, 3), np.uint8) if self._last is None else self._last.image

    def _problems(self) -> tuple[str, ...]:
        """Why the reference has no pictures, when it has none: its skeleton dances on."""
        return () if self._player.problem is None else ("the reference's video can't be played",)

    def _scene(self, image: np.ndarray, pose: Pose | None, **rest: object) -> Scene:
        """The dancer, and the reference where the clock is; it stays there when the session has ended."""
        info = self._reference.info
        shown = min(max(self._clock, 0.0), info.duration)
        return Scene(
            user_image=image,
            user_pose=pose,
            reference_image=self._player.at(shown),
            reference_pose=self._reference_pose(shown),
            error_band=self._settings.feedback.error_band,
            progress=shown / info.duration,
            time_text=f"{minutes(int(shown))} / {minutes(info.duration)}",
            flip=self._flip,
            title=info.name,
            **rest,  # type: ignore[arg-type]
        )

    def _reference_pose(self, time: float) -> Pose | None:
        sequence = self._reference.sequence
        index = min(int(np.searchsorted(sequence.times, time)), len(sequence) - 1)
        landmarks = np.array(sequence.landmarks[index])
        landmarks[:, :3] *= self._player.scale
        return Pose(landmarks, np.array(sequence.world[index])) if np.isfinite(landmarks[0, 0]) else None

    def _draw(self, scene: Scene) -> None:
        self._picture = draw_scene(scene, self._width, self._height, out=self._picture)
        self._window.show(self._picture)


def _kind(tip: Tip | None) -> CueKind:
    if tip is None or tip.is_positive:
        return "praise"
    return "warning" if tip.severity == "high" and not tip.focus_areas else "fix"
