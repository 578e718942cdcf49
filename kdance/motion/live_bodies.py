"""Poses as they come become bodies: their size, and sides that the network has mixed up for a moment."""

from __future__ import annotations

from bisect import insort
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from kdance.motion.arm_lengths import LiveArms
from kdance.motion.flicker import CORNERS, FASTEST, LONGEST_S, largest_step, trunk_length
from kdance.motion.pose_normalization import TRUNK, Body, normalize_arrays, renamed_body, unseen_body
from kdance.motion.side_swaps import BROAD, MAX_BROAD_SWAP_S, MAX_SWAP_S, shoulder_width, sides_jump
from kdance.motion.trail import Trail
from kdance.pose import NUM_LANDMARKS, FloatArray, Pose

_NOBODY: Final = (np.full((NUM_LANDMARKS, 4), np.nan, np.float32), np.full((NUM_LANDMARKS, 3), np.nan, np.float32))
# How broad the shoulders usually are is the median of so many frames: half a minute of a usual camera.
_WIDTHS: Final = 900
# Jumps are remembered until no swap of sides can explain them any more.
_FLICKER_MEMORY_S: Final = MAX_BROAD_SWAP_S + LONGEST_S


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
        known = np.sort(recent[recent > 0])
        middle = known[(len(known) - 1) // 2 : len(known) // 2 + 1]  # one or two of them: np.median takes longer
        return replace(body, length=body.length / (float(middle.mean()) if len(known) else 1.0))

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
        begun = self._sides.update(points, time)
        if begun is not None:
            self._flicker.rename_from(begun)
            yield Mend(begun, time, renamed_body)
        for begin, end in self._flicker.update(points, time, taken, may_be_a_swap=self._sides.has_begun_at(time)):
            yield Mend(begin, end, unseen_body)


@dataclass(frozen=True, slots=True)
class Mend:
    """What the bodies from ``start`` on and before ``end``, seconds of song time, really were."""

    start: float
    end: float
    of: Callable[[Body], Body]


@dataclass(frozen=True, slots=True)
class _Jump:
    """Where left and right have changed names."""

    time: float
    is_broad: bool


class LiveSides:
    """:func:`kdance.motion.side_swaps.find_swaps` of a stream: a swap is known as soon as it is over."""

    def __init__(self) -> None:
        self._before: FloatArray | None = None
        self._widths: deque[float] = deque(maxlen=_WIDTHS)
        self._begun: _Jump | None = None

    def begin_run(self) -> None:
        """The music was interrupted: nothing is compared across."""
        self._before = self._begun = None

    def has_begun_at(self, time: float) -> bool:
        """Whether a swap may have begun with the frame at ``time``."""
        return self._begun is not None and self._begun.time == time

    def update(self, points: FloatArray, time: float) -> float | None:
        """Take a frame in.

        Args:
            points: (33, 2) landmarks in pixels, NaN of nobody.
            time: Seconds, increasing within a run.

        Returns:
            Where a swap began that has ended with the frame before; ``None`` without one.
        """
        if not np.isfinite(points[0, 0]):
            return None
        before, self._before = self._before, points
        self._widths.append(float(shoulder_width(points)))
        if before is None or not sides_jump(before, points):
            return None
        usual = float(np.median(self._widths))
        jump = _Jump(time, min(float(shoulder_width(before)), self._widths[-1]) >= BROAD * usual)
        begun, self._begun = self._begun, jump
        if begun is None:
            return None
        longest = MAX_BROAD_SWAP_S if begun.is_broad and jump.is_broad else MAX_SWAP_S
        if time - begun.time > longest:
            return None
        self._begun = None
        return begun.time


class LiveFlicker:
    """:func:`kdance.motion.flicker.find_flicker` of a stream: what it was is known as soon as the body jumps back."""

    def __init__(self) -> None:
        self._trunks: list[float] = []  # sorted
        self.begin_run()

    def begin_run(self) -> None:
        """The music was interrupted: nothing is compared across."""
        self._seen: deque[_Corners] = deque()
        self._told_until = -np.inf

    def rename_from(self, time: float) -> None:
        """Left and right had changed names from song time ``time`` on, until now."""
        for seen in self._seen:
            if seen.time >= time:
                seen.points = seen.points[[1, 0, 3, 2]]

    def update(
        self, points: FloatArray, time: float, taken: float, *, may_be_a_swap: bool = False
    ) -> list[tuple[float, float]]:
        """Take a frame in.

        Args:
            points: (33, 2) landmarks in pixels.
            time: Song time, seconds.
            taken: Seconds of the take, increasing.
            may_be_a_swap: Whether left and right may just have changed names: that is no jump until it is known.

        Returns:
            (start, end) of song time between which the body was not seen, where that is known with this frame.
        """
        corners = points[CORNERS]
        insort(self._trunks, float(trunk_length(corners)))
        usual = max(self._trunks[len(self._trunks) // 2], 1e-6)
        self._seen.append(_Corners(time, taken, corners))
        while self._seen[0].taken < taken - _FLICKER_MEMORY_S:
            self._seen.popleft()
        if may_be_a_swap or len(self._seen) < 2 or not _has_jumped(self._seen[-2], self._seen[-1], usual):
            return []
        jumps = [after for before, after in pairwise(self._seen) if _has_jumped(before, after, usual)]
        found = [
            (begin.time, end.time)
            for begin, end in pairwise(jumps)
            if end.taken - begin.taken <= LONGEST_S and end.time > self._told_until
        ]
        self._told_until = time if found else self._told_until
        return found


@dataclass(slots=True)
class _Corners:
    """Shoulders and hips of a frame."""

    time: float
    taken: float
    points: FloatArray


def _has_jumped(before: _Corners, after: _Corners, trunk: float) -> bool:
    return bool(largest_step(before.points, after.points) > FASTEST * trunk * (after.taken - before.taken))
