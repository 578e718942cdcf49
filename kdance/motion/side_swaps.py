"""Left and right mixed up for a moment: the network does it when the dancer turns or the room is dark."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from kdance.pose import FLIPPED, FloatArray, Landmark, PoseSequence

# Sides that stay mixed up longer than this are taken for a real turn.
MAX_SWAP_S: Final = 0.5
# A swap explains a jump when the jump is this much smaller with the sides changed back.
_EXPLAINED: Final = 0.7
_LIMBS = np.array([landmark for landmark in Landmark if landmark >= Landmark.LEFT_SHOULDER])


def unswap_sides(sequence: PoseSequence) -> PoseSequence:
    """A sequence whose brief swaps of left and right are changed back, judged by continuity.

    A frame begins or ends a swap when the body jumps less if left and right change names there. What lies between two
    such frames, no more than half a second apart, is renamed; nothing is moved.
    """
    swapped = find_swaps(sequence.landmarks[..., :2], sequence.times)
    if not swapped.any():
        return sequence
    landmarks, world = np.array(sequence.landmarks), np.array(sequence.world)
    for values in (landmarks, world):
        values[swapped] = values[swapped][:, list(FLIPPED)]
    return PoseSequence(landmarks, world, sequence.times, sequence.hands)


def find_swaps(points: FloatArray, times: FloatArray) -> NDArray[np.bool_]:
    """(T,) whether left and right are swapped in a frame.

    Args:
        points: (T, 33, 2) landmarks in pixels, NaN rows where nobody was seen.
        times: (T,) seconds.
    """
    swapped = np.zeros(len(times), np.bool_)
    jumps = _side_jumps(points)
    index = 0
    while index + 1 < len(jumps):
        begin, end = jumps[index], jumps[index + 1]
        if times[end] - times[begin] <= MAX_SWAP_S:
            swapped[begin:end] = True
            index += 2
        else:
            index += 1
    return swapped


def _side_jumps(points: FloatArray) -> NDArray[np.intp]:
    """The frames at which the sides change names, against the last frame with a body."""
    known = np.flatnonzero(np.isfinite(points[:, 0, 0]))
    before, after = points[known[:-1]][:, _LIMBS], points[known[1:]]
    keep = np.linalg.norm(after[:, _LIMBS] - before, axis=-1).sum(-1)
    swap = np.linalg.norm(after[:, list(FLIPPED)][:, _LIMBS] - before, axis=-1).sum(-1)
    return np.asarray(known[1:][swap < _EXPLAINED * keep])
