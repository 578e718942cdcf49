"""Poses as they come become bodies: their size, and sides that the network has mixed up for a moment."""

from __future__ import annotations

from bisect import insort
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from kdance.motion.arm_lengths import LiveArms
from kdance.motion.curves import median
from kdance.motion.flicker import CORNERS, FASTEST, LONGEST_S, largest_step, trunk_length
from kdance.motion.pose_normalization import TRUNK, Body, normalize_arrays, renamed_body, unseen_body
from kdance.motion.side_swaps import BROAD, MAX_BROAD_SWAP_S, Jump, can_pair, paired, shoulder_width, sides_jump
from kdance.motion.trail import Trail
from kdance.pose import NUM_LANDMARKS, FloatArray, Pose

_NOBODY: Final = (np.full((NUM_LANDMARKS, 4), np.nan, np.float32), np.full((NUM_LANDMARKS, 3), np.nan, np.float32))
# How broad the shoulders usually are is the median of so many frames: half a minute of a usual camera.
_WIDTHS: Final = 900
# Jumps are remembered until no swap of sides can explain them any more.
_FLICKER_MEMORY_S: Final = MAX_BROAD_SWAP_S + LONGEST_S
# What was taken for a swap so long before the last jump, seconds, is left to the report: its scores are settled.
_MENDED_S: Final = 2.0


class LiveBodies:
    """The bodies of a stream of poses.

    Attributes:
        arms: How long theirs are.
    """

    def __init__(self) -> None:
        self._trunks = Trail(1)
        self._sides, self._flicker = LiveSides(), LiveFlicker()
        self.arms = LiveArms()

    def begin_run(self) -> None:
        """The music was interrupted."""
        self._trunks = Trail(1)
        self._sides.begin_run()
        self._flicker.begin_run()

    def of(self, pose: Pose | None, time: float, taken: float) -> Body:
        """(B,) the bones of a pose, in lengths of the trunk over a second: one frame's breathes with every lean.

        Args:
            pose: Who was seen, or ``None``.
            time: Seconds of song time, increasing within a run.
            taken: Seconds of the take.
        """
        if pose is not None:
            self.arms.add(pose.world, taken)
        landmarks, world = _NOBODY if pose is None else (pose.landmarks, pose.world)
        body = normalize_arrays(landmarks, world, trunk_px=1.0)
        self._trunks.append(time, np.array([float(body.length[TRUNK])]))
        recent = self._trunks.since(time - 1.0)
        known = recent[recent > 0]
        trunk = median(known) if len(known) else 1.0
        return Body(body.picture, body.space, body.length / trunk, body.visibility)

    def mend(self, pose: Pose | None, time: float, taken: float) -> Iterator[Mend]:
        """What the frames before a new one have turned out to be, now that it has come.

        Args:
            pose: Who is seen in the new one, or ``None``.
            time: Its song time, seconds.
            taken: Seconds of the take.
        """
        if pose is None:
            return
        points = pose.landmarks[:, :2]
        for begin, end in self._sides.update(points, time, taken):
            self._flicker.rename(begin, end)
            yield Mend(begin, end, renamed_body)
        for begin, end in self._flicker.update(points, time, taken, until=self._sides.doubtful_from(taken)):
            yield Mend(begin, end, unseen_body)


@dataclass(frozen=True, slots=True)
class Mend:
    """What the bodies from ``start`` on and before ``end``, seconds of song time, really were."""

    start: float
    end: float
    of: Callable[[Body], Body]


class LiveSides:
    """:func:`kdance.motion.side_swaps.find_swaps` of a stream: a swap is known as soon as it is over.

    One that was none, because a jump before it has no other, is taken back when no further jump can belong to it.
    """

    def __init__(self) -> None:
        self._widths: deque[float] = deque(maxlen=_WIDTHS)
        self.begin_run()

    def begin_run(self) -> None:
        """The music was interrupted: nothing is compared across."""
        self._before: FloatArray | None = None
        self._jumps: list[Jump] = []  # each can be paired with the next
        self._named: list[float] = []  # their song times

    def doubtful_from(self, taken: float) -> float:
        """Song time where a swap may have begun of which nobody knows at ``taken`` if it is one; infinite without."""
        return self._named[-1] if len(self._jumps) % 2 and not self._is_over(taken) else np.inf

    def _is_over(self, taken: float) -> bool:
        """Whether no jump from now on can belong to the chain."""
        return not can_pair(self._jumps[-1], Jump(taken, is_broad=True))

    def _end_chain(self) -> list[tuple[float, float]]:
        """What of the chain was told and isn't so, and what is and wasn't told."""
        told = {(index - 1, index) for index in range(1, len(self._jumps), 2)}
        wrong = sorted(told ^ set(paired([jump.time for jump in self._jumps])))
        since = self._jumps[-1].time - _MENDED_S
        changed = [(self._named[begin], self._named[end]) for begin, end in wrong if self._jumps[begin].time >= since]
        self._jumps, self._named = [], []
        return changed

    def update(self, points: FloatArray, time: float, taken: float) -> list[tuple[float, float]]:
        """Take a frame in.

        Args:
            points: (33, 2) landmarks in pixels, NaN of nobody.
            time: Seconds by which it is named, such as those of the song; increasing within a run.
            taken: Seconds of the take: how long a swap lasts has nothing to do with the song's speed.

        Returns:
            (start, end) of ``time`` between which left and right are the other way round than was thought until now.
        """
        if not np.isfinite(points[0, 0]):
            return []
        changed = self._end_chain() if self._jumps and self._is_over(taken) else []
        before, self._before = self._before, points
        self._widths.append(float(shoulder_width(points)))
        if before is None or not sides_jump(before, points):
            return changed
        usual = float(np.median(self._widths))
        jump = Jump(taken, min(float(shoulder_width(before)), self._widths[-1]) >= BROAD * usual)
        if self._jumps and not can_pair(self._jumps[-1], jump):
            changed += self._end_chain()
        self._jumps.append(jump)
        self._named.append(time)
        return changed if len(self._jumps) % 2 else [*changed, (self._named[-2], time)]


class LiveFlicker:
    """:func:`kdance.motion.flicker.find_flicker` of a stream: what it was is known as soon as the body jumps back."""

    def __init__(self) -> None:
        self._trunks: list[float] = []  # sorted
        self.begin_run()

    def begin_run(self) -> None:
        """The music was interrupted: nothing is compared across."""
        self._seen: deque[_Corners] = deque()
        self._told_until = -np.inf
        self._is_open = False

    def rename(self, start: float, end: float) -> None:
        """Left and right had changed names from song time ``start`` on and before ``end``."""
        for seen in self._seen:
            if start <= seen.time < end:
                seen.points = seen.points[[1, 0, 3, 2]]
        for before, seen in pairwise(self._seen):
            if before.time < start <= seen.time or before.time < end <= seen.time:
                seen.speed = _speed(before, seen)

    def update(
        self, points: FloatArray, time: float, taken: float, *, until: float = np.inf
    ) -> list[tuple[float, float]]:
        """Take a frame in.

        Args:
            points: (33, 2) landmarks in pixels.
            time: Song time, seconds.
            taken: Seconds of the take, increasing.
            until: Song time from which left and right may have changed names: what jumps there is told when that is
                known.

        Returns:
            (start, end) of song time between which the body was not seen, where that is known with this frame.
        """
        new = _Corners(time, taken, points[CORNERS])
        insort(self._trunks, float(trunk_length(new.points)))
        fastest = FASTEST * max(self._trunks[len(self._trunks) // 2], 1e-6)
        if self._seen:
            new.speed = _speed(self._seen[-1], new)
        self._seen.append(new)
        while self._seen[0].taken < taken - _FLICKER_MEMORY_S:
            self._seen.popleft()
        self._is_open |= new.speed > fastest
        if not self._is_open:
            return []
        self._is_open = until < np.inf
        found = [
            (begin.time, end.time)
            for begin, end in pairwise(seen for seen in self._seen if seen.speed > fastest)
            if end.taken - begin.taken <= LONGEST_S and self._told_until < end.time < until
        ]
        self._told_until = found[-1][1] if found else self._told_until
        return found


@dataclass(slots=True)
class _Corners:
    """Shoulders and hips of a frame, and the pixels a second by which the fastest has come there."""

    time: float
    taken: float
    points: FloatArray
    speed: float = 0.0


def _speed(before: _Corners, after: _Corners) -> float:
    return float(largest_step(before.points, after.points)) / max(after.taken - before.taken, 1e-6)
