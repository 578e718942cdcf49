"""The frames of a take on their way into the store."""

from __future__ import annotations

import numpy as np

from kdance.motion.course import Course
from kdance.pose import Pose, PoseSequence
from kdance.review.record import FeedbackRecord
from kdance.store import SessionWriter, Snapshot
from kdance.store.encoding import join_courses, join_frames


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

    def score(self, snapshot: Snapshot) -> None:
        """Say what a half second that was handed over before was worth, now that it is known."""
        self.writer.score(snapshot)

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
