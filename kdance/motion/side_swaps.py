"""Left and right mixed up for a moment: the network does it when the dancer turns or the room is dark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kdance.motion.pose_normalization import dot
from kdance.pose import FLIPPED, FloatArray, Landmark, PoseSequence

# Sides that stay mixed up longer than this are taken for a real turn, or for longer where they change names while the
# shoulders are broad: who turns round shows their side to the camera, and narrow shoulders, when left and right cross.
MAX_SWAP_S: Final = 0.5
MAX_BROAD_SWAP_S: Final = 1.5
# Broad is this share of the usual width of the shoulders in the picture; in a turn of 40 degrees a frame they are 0.35.
BROAD: Final = 0.6
# A swap explains a jump when the jump is this much smaller with the sides changed back.
_EXPLAINED: Final = 0.7
_AT_ONCE: Final = 8192  # frames: hours of dance take no gigabytes
_LIMBS = np.array([landmark for landmark in Landmark if landmark >= Landmark.LEFT_SHOULDER])
_KEPT_AND_SWAPPED = np.stack((_LIMBS, np.array(FLIPPED)[_LIMBS]))
_LEFT, _RIGHT = int(Landmark.LEFT_SHOULDER), int(Landmark.RIGHT_SHOULDER)


def unswap_sides(sequence: PoseSequence) -> PoseSequence:
    """A sequence whose brief swaps of left and right are changed back, judged by continuity.

    A frame begins or ends a swap when the body jumps less if left and right change names there. What lies between two
    such frames, no more than half a second apart, or 1.5 s where the body faces the camera at both, is renamed, and of
    an odd number of them as little as possible; nothing is moved.
    """
    swapped = find_swaps(sequence.landmarks[..., :2], sequence.times)
    if not swapped.any():
        return sequence
    landmarks, world = np.array(sequence.landmarks), np.array(sequence.world)
    hands = None if sequence.hands is None else np.array(sequence.hands)
    rename_sides(landmarks, world, hands, swapped)
    return PoseSequence(landmarks, world, sequence.times, hands)


def rename_sides(
    landmarks: FloatArray, world: FloatArray, hands: FloatArray | None, swapped: NDArray[np.bool_]
) -> None:
    """Let left and right change names where they are, in (T,) frames; arrays as of :class:`PoseSequence`."""
    for values in (landmarks, world):
        values[swapped] = values[swapped][:, list(FLIPPED)]
    if hands is not None:  # they were looked for at the ends of arms with the wrong names
        hands[swapped] = hands[swapped][:, ::-1]


def find_swaps(points: FloatArray, times: FloatArray) -> NDArray[np.bool_]:
    """(T,) whether left and right are swapped in a frame.

    Args:
        points: (T, 33, 2) landmarks in pixels, NaN rows where nobody was seen.
        times: (T,) seconds.
    """
    swapped = np.zeros(len(times), np.bool_)
    frames, is_broad = _side_jumps(points)
    jumps = [Jump(float(times[frame]), bool(broad)) for frame, broad in zip(frames, is_broad, strict=True)]
    ends = [
        0,
        *(index + 1 for index, (one, next_) in enumerate(pairwise(jumps)) if not can_pair(one, next_)),
        len(jumps),
    ]
    for first, last in pairwise(ends):
        for begin, end in paired([jump.time for jump in jumps[first:last]]):
            swapped[frames[first + begin] : frames[first + end]] = True
    return swapped


@dataclass(frozen=True, slots=True)
class Jump:
    """A moment, in seconds of the take, at which left and right change names; whether the shoulders are broad in it."""

    time: float
    is_broad: bool


def can_pair(begin: Jump, end: Jump) -> bool:
    """Whether two jumps are near enough to each other to be the ends of one swap."""
    return end.time - begin.time <= (MAX_BROAD_SWAP_S if begin.is_broad and end.is_broad else MAX_SWAP_S)


def paired(times: Sequence[float]) -> list[tuple[int, int]]:
    """Which jumps are the begin and the end of a swap, of a chain of them in which each can be paired with the next.

    Of an odd number one begins and ends nothing: the one without which the least time is renamed. To take the last one
    would shift every swap behind a jump that is none.

    >>> paired([0.0, 0.1, 1.0, 1.1]), paired([0.0, 0.9, 1.0]), paired([0.0, 0.1, 1.0])
    ([(0, 1), (2, 3)], [(1, 2)], [(0, 1)])
    """
    count = len(times)
    if count % 2 == 0:
        return list(zip(range(0, count, 2), range(1, count, 2), strict=True))
    steps = np.diff(times)
    # Renamed before and behind each that can be left out; what is equal but for rounding leaves out the last.
    before = np.concatenate(([0.0], np.cumsum(steps[::2])))
    behind = np.concatenate((np.cumsum(steps[:0:-2])[::-1], [0.0]))
    renamed = np.round(before + behind, 9)
    left_out = count - 1 - 2 * int(renamed[::-1].argmin())
    kept = [index for index in range(count) if index != left_out]
    return list(zip(kept[::2], kept[1::2], strict=True))


def _side_jumps(points: FloatArray) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """The frames at which the sides change names, against the last frame with a body; and whether both are broad."""
    known = np.flatnonzero(np.isfinite(points[:, 0, 0]))
    if not len(known):
        return known, np.zeros(0, np.bool_)
    those = [known[first : first + _AT_ONCE + 1] for first in range(0, len(known), _AT_ONCE)]
    jumps = np.flatnonzero(np.concatenate([sides_jump(points[its[:-1]], points[its[1:]]) for its in those]))
    width = np.concatenate([shoulder_width(points[its[:_AT_ONCE]]) for its in those])
    broad = width >= BROAD * np.median(width)
    return known[jumps + 1], broad[jumps] & broad[jumps + 1]


def sides_jump(before: FloatArray, after: FloatArray) -> NDArray[np.bool_]:
    """(...,) whether the body jumps less from (..., 33, 2) points to the next if left and right change names."""
    steps = after[..., _KEPT_AND_SWAPPED, :] - before[..., None, _LIMBS, :]  # (..., 2, L, 2)
    moved = np.sqrt(dot(steps, steps)).sum(-1)
    return np.asarray(moved[..., 1] < _EXPLAINED * moved[..., 0])


def shoulder_width(points: FloatArray) -> FloatArray:
    """(...,) how broad the shoulders are in (..., 33, 2) points."""
    across = points[..., _LEFT, :] - points[..., _RIGHT, :]
    return np.sqrt(dot(across, across))
