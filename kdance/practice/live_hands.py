"""The hands while dancing: their part in the score, as the report will have it."""

from __future__ import annotations

from collections import deque

import numpy as np

from kdance.dance.dance import Dance
from kdance.motion.hand_score import DancedHands, are_otherwise, with_hands
from kdance.motion.live_bodies import LiveSides
from kdance.motion.live_comparison import MEMORY_S
from kdance.motion.scoring import FrameScores
from kdance.motion.timeline import SNAPSHOT_S, mean_known
from kdance.pose import FloatArray, Pose


class LiveHands:
    """The newest looks at the dancer's hands, in the run under way.

    Args:
        dance: The reference.
        wanted: Whether hands are asked for.

    Attributes:
        count: Whether they are, in a dance in which they weigh something.
        otherwise: Whether they did something else than the reference's in the last half second, with the arms right.
    """

    def __init__(self, dance: Dance, *, wanted: bool) -> None:
        self._danced: dict[bool, DancedHands | None] = {
            mirrored: dance.hands(mirrored=mirrored) if wanted else None for mirrored in (False, True)
        }
        self.count = any(danced is not None and danced.weights.any() for danced in self._danced.values())
        self._looks: deque[tuple[float, FloatArray]] = deque()
        self._sides = LiveSides()
        self.otherwise = False

    def add(self, pose: Pose | None, taken: float) -> None:
        """Take in what was seen in a frame at ``taken`` seconds of the take."""
        if pose is None or not self.count:
            return
        for start, end in self._sides.update(pose.landmarks[:, :2], taken, taken):
            # Left and right were mixed up, and so were the hands at the ends of the arms.
            mixed = ((time, hands[::-1] if start <= time < end else hands) for time, hands in self._looks)
            self._looks = deque(mixed)
        if pose.hands is None or not np.isfinite(pose.hands[:, 0, 0]).any():
            return
        self._looks.append((taken, pose.hands))
        while self._looks[0][0] < taken - MEMORY_S:
            self._looks.popleft()

    def begin_run(self) -> None:
        """The music was interrupted."""
        self._looks.clear()
        self._sides.begin_run()
        self.otherwise = False

    def counted(self, frames: FrameScores, *, mirrored: bool) -> FrameScores:
        """Frames of the run under way, to the newest, with the hands in their scores."""
        danced = self._danced[mirrored]
        if danced is None or not self.count or not len(frames.times) or not self._looks:
            return frames
        times = np.array([time for time, _ in self._looks])
        frames, hands = with_hands(frames, times, np.stack([hands for _, hands in self._looks]), danced)
        now = frames.times > frames.times[-1] - SNAPSHOT_S
        arms, weight = mean_known(frames.groups[now, 0]), float(danced.weights.sum())
        self.otherwise = are_otherwise(arms, mean_known(hands[now]), weight)
        return frames
