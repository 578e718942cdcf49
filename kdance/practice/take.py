"""A take from its first frame to its stored report: what live sessions and recordings have in common."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from types import FrameType
from typing import Self

import numpy as np

from kdance.capture.pose_extraction import HandEstimator, open_hand_estimator
from kdance.dance.dance import Dance
from kdance.errors import CameraLostError, KdanceError, StoreError
from kdance.motion.course import Course
from kdance.motion.timeline import snapshot_index
from kdance.pose import Frame, Pose, PoseSequence
from kdance.practice.reporting import report_of
from kdance.review.evaluation import evaluate
from kdance.review.options import TakeOptions
from kdance.review.record import FeedbackRecord, SessionReport, Status
from kdance.store import SessionStart, SessionWriter, Snapshot, new_session_id
from kdance.store.encoding import join_courses, join_frames


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a session came to.

    Attributes:
        report: ``None`` when not a single frame was danced.
        status: How it ended.
        error: What went wrong, to be told after the summary: the camera was lost, or the disk is full.
        by_signal: Whether Ctrl-C or SIGTERM ended it.
        by_dancer: Whether q, Esc or the window's x ended it.
    """

    report: SessionReport | None
    status: Status
    error: KdanceError | None = None
    by_signal: bool = False
    by_dancer: bool = False


class StopSignals:
    """Ctrl-C and SIGTERM, remembered instead of raised, so that what was danced is kept; a context manager."""

    def __init__(self) -> None:
        self.received = False
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> StopSignals:
        for name in (signal.SIGINT, signal.SIGTERM):
            self._before[name] = signal.signal(name, self._remember)
        return self

    def __exit__(self, *_: object) -> None:
        for name, handler in self._before.items():
            signal.signal(name, handler)  # type: ignore[arg-type]

    def _remember(self, _number: int, _frame: FrameType | None) -> None:
        if self.received:  # pressed again: they mean it
            raise KeyboardInterrupt
        self.received = True


def start_session(dance: Dance, source: str, options: TakeOptions, now: datetime) -> SessionStart:
    """What the store has to know of a session before its first frame."""
    return SessionStart(
        session_id=new_session_id(now),
        reference=dance.reference.info.name,
        reference_digest=dance.reference.digest,
        started_at=now.isoformat(timespec="seconds"),
        source=source,
        mode="free" if options.free else "follow",
        speed=options.speed,
        settings=options.model_dump(),
    )


def is_over(dance: Dance, options: TakeOptions, taken: float, seconds: float | None) -> bool:
    """Whether a take has ended: with the reference, unless it goes round or begins nobody knows where."""
    if seconds is not None and taken > seconds:
        return True
    if options.loop or options.free or options.offset is None:
        return False
    return (taken - options.offset) * options.speed > dance.plain.duration + 1e-3


class HandLook:
    """Looks for hands in the first frame of each half second, when that was asked for; a context manager."""

    def __init__(self, *, wanted: bool) -> None:
        self._wanted = wanted
        self._last = -1
        self._stack = ExitStack()
        self._estimator: HandEstimator | None = None

    def __enter__(self) -> Self:
        if self._wanted:
            self._estimator = self._stack.enter_context(open_hand_estimator())
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def at(self, frame: Frame, pose: Pose | None) -> Pose | None:
        """The pose with its hands, where this is a frame to look in."""
        moment = snapshot_index(frame.time)
        if self._estimator is None or pose is None or moment == self._last:
            return pose
        self._last = moment
        return replace(pose, hands=self._estimator.estimate(frame, pose))


class TakeLog:
    """The frames of a session on their way into the store, half a second at a time.

    They are kept here too (1.7 MB a minute): the summary doesn't depend on a disk that may be full or gone by then.

    Args:
        writer: Takes them without making anybody wait.
    """

    def __init__(self, writer: SessionWriter) -> None:
        self.writer = writer
        self._poses: list[Pose | None] = []
        self._times: list[float] = []
        self._places: list[tuple[float, int]] = []
        self._handed_over: list[tuple[PoseSequence, Course | None]] = []

    @property
    def last_time(self) -> float | None:
        """Seconds of the newest frame that has not been handed over."""
        return self._times[-1] if self._times else None

    def add(self, pose: Pose | None, time: float, position: float | None = None, run: int = 0) -> None:
        """Remember a frame.

        Args:
            pose: Who was seen.
            time: Seconds of the take.
            position: Where the song was, seconds of the reference; ``None`` in a recording, throughout.
            run: Number of the run of the song.
        """
        self._poses.append(pose)
        self._times.append(time)
        if position is not None:
            self._places.append((position, run))

    def hand_over(
        self, snapshot: Snapshot, *, mirrored: bool | None, feedback: tuple[FeedbackRecord, ...] = ()
    ) -> None:
        """Send the frames since the last snapshot to the store, with what was measured and said."""
        frames, course = PoseSequence.from_poses(self._poses, self._times), self._course()
        self._poses, self._times, self._places = [], [], []
        if len(frames):
            self._handed_over.append((frames, course))
        self.writer.append(snapshot, frames, course, mirrored=mirrored, feedback=feedback)

    def take(self) -> PoseSequence:
        """All frames handed over so far."""
        return join_frames([frames for frames, _ in self._handed_over])

    def course(self) -> Course | None:
        """Their course through the song; ``None`` for a recording."""
        return join_courses([course for _, course in self._handed_over])

    def _course(self) -> Course | None:
        if not self._places:
            return None
        return Course(
            np.array([position for position, _ in self._places], np.float64),
            np.array([run for _, run in self._places], np.int64),
        )


def finish(
    log: TakeLog,
    dance: Dance,
    options: TakeOptions,
    start: SessionStart,
    signals: StopSignals,
    lost: CameraLostError | None = None,
    said: Sequence[FeedbackRecord] = (),
) -> Outcome:
    """Work out the report of what was danced and store it.

    Args:
        log: Every frame of the take.
        dance: The reference.
        options: What the score depends on.
        start: The session.
        signals: Whether it was interrupted.
        lost: The camera's end, if that ended it.
        said: What was said while dancing, in the order it was.
    """
    take = log.take()
    status: Status = "interrupted" if signals.received or lost else "completed"
    if not len(take):
        return Outcome(None, status, lost, signals.received)
    report = report_of(evaluate(take, dance, options, log.course()), start, status, said)
    try:
        log.writer.finish(report)
    except StoreError as error:
        return Outcome(report, status, error, signals.received)
    return Outcome(report, status, lost, signals.received)
