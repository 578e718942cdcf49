"""Poses as they come become bodies: their size, and sides that the network has mixed up for a moment."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from kdance.motion.pose_normalization import TRUNK, Body, normalize_arrays
from kdance.motion.side_swaps import BROAD, MAX_BROAD_SWAP_S, MAX_SWAP_S, shoulder_width, sides_jump
from kdance.motion.trail import Trail
from kdance.pose import NUM_LANDMARKS, FloatArray, Pose

_NOBODY: Final = (np.full((NUM_LANDMARKS, 4), np.nan), np.full((NUM_LANDMARKS, 3), np.nan))
# How broad the shoulders usually are is the median of so many frames: half a minute of a usual camera.
_WIDTHS: Final = 900


class LiveBodies:
    """The bodies of a stream of poses."""

    def __init__(self) -> None:
        self._trunks = Trail(1)
        self._sides = LiveSides()

    def begin_run(self) -> None:
        """The music was interrupted."""
        self._trunks = Trail(1)
        self._sides.begin_run()

    def of(self, pose: Pose | None, time: float) -> Body:
        """(B,) the bones of a pose, in lengths of the trunk over a second: one frame's breathes with every lean.

        Args:
            pose: Who was seen, or ``None``.
            time: Seconds of song time, increasing within a run.
        """
        landmarks, world = _NOBODY if pose is None else (pose.landmarks, pose.world)
        body = normalize_arrays(landmarks, world, trunk_px=1.0)
        self._trunks.append(time, np.array([float(body.length[TRUNK])]))
        recent = self._trunks.since(time - 1.0)
        known = recent[recent > 0]
        return replace(body, length=body.length / (float(np.median(known)) if len(known) else 1.0))

    def mixed_up_since(self, pose: Pose | None, time: float) -> float | None:
        """Song time from which left and right were mixed up until the frame before this one, see :class:`LiveSides`."""
        return None if pose is None else self._sides.update(pose.landmarks[:, :2], time)


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
