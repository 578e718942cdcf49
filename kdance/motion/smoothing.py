"""Gaps and jitter of a measured sequence.

MediaPipe's VIDEO mode filters live landmarks already (it is a One Euro filter itself), so nothing is smoothed live. A
reference may be smoothed without delay, because all of it is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from kdance.motion.side_swaps import find_swaps, rename_sides
from kdance.pose import FloatArray, PoseSequence

# The longest time between two measured rows that is filled.
MAX_GAP_S = 0.3
# Standard deviation of the Gaussian that takes the jitter out of a reference.
REFERENCE_SIGMA_S = 0.04
_MOST_AT_ONCE = 2**19  # numbers that are smoothed together: some 25 MB


def fill_gaps(values: FloatArray, times: FloatArray) -> FloatArray:
    """(T, ...) values with short gaps interpolated linearly in time; longer ones, and both ends, stay NaN.

    Args:
        values: (T, ...) with NaN for missing; a row is missing as a whole where its first number is NaN.
        times: (T,) seconds.

    >>> fill_gaps(np.array([0.0, np.nan, 2.0]), np.array([0.0, 0.1, 0.2]))
    array([0., 1., 2.])
    """
    filled = values.copy()
    _fill_gaps(filled, times)
    return filled


def _fill_gaps(values: FloatArray, times: FloatArray) -> None:
    """:func:`fill_gaps` where they are."""
    if not values.size:
        return
    filled = values.reshape(len(values), -1)
    known = np.flatnonzero(np.isfinite(filled[:, 0]))
    for before, after in pairwise(known):
        if after - before > 1 and times[after] - times[before] <= MAX_GAP_S + 1e-9:
            inside = slice(before + 1, after)
            share = (times[inside] - times[before]) / (times[after] - times[before])
            filled[inside] = filled[before] + share[:, None] * (filled[after] - filled[before])


def smooth(values: FloatArray, times: FloatArray) -> FloatArray:
    """(T, ...) values under a Gaussian in time, centred and so without delay; NaN stays NaN and doesn't spread.

    Args:
        values: (T, ...) with NaN for missing.
        times: (T,) seconds, increasing, at any rate.

    >>> smooth(np.array([1.0, np.nan, 1.0]), np.array([0.0, 0.03, 0.06]))
    array([ 1., nan,  1.])
    """
    smoothed = values.copy()
    _smooth(smoothed, times)
    return smoothed


def _smooth(values: FloatArray, times: FloatArray) -> None:
    """:func:`smooth` where they are."""
    if not values.size:
        return
    flat = values.reshape(len(values), -1)
    # Columns don't know of one another: some at a time, so that hours of dance take no gigabytes.
    width = max(1, _MOST_AT_ONCE // len(flat))
    for left in range(0, flat.shape[1], width):
        columns = slice(left, left + width)
        flat[:, columns] = _smooth_columns(flat[:, columns].astype(np.float64), times)


def _smooth_columns(flat: FloatArray, times: FloatArray) -> FloatArray:
    """(T, N) columns, smoothed."""
    known = np.isfinite(flat)
    total, weight = np.zeros_like(flat), np.zeros_like(flat)
    # The loop runs over how many frames apart two frames are, not over the frames: a dozen steps for any length.
    for apart in range(len(times)):
        distance = times[apart:] - times[: len(times) - apart]
        if len(distance) == 0 or distance.min() > 3 * REFERENCE_SIGMA_S:
            break
        near = distance <= 3 * REFERENCE_SIGMA_S
        gauss = np.where(near, np.exp(-0.5 * (distance / REFERENCE_SIGMA_S) ** 2), 0.0)[:, None]
        late, early = slice(apart, None), slice(None, len(times) - apart)
        for here, there in [(early, late), (late, early)] if apart else [(early, late)]:
            total[here] += gauss * np.where(known[there], flat[there], 0.0)
            weight[here] += gauss * known[there]
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, total / np.where(weight > 0, weight, 1.0), np.nan))


def smooth_reference(sequence: PoseSequence, cuts: Sequence[int] = ()) -> PoseSequence:
    """A reference with swapped sides put right, short gaps filled and jitter taken out, without any delay.

    Args:
        sequence: As it was measured.
        cuts: Indices of the frames that begin a new shot: nothing is carried from one shot to the next.
    """
    landmarks, world = np.array(sequence.landmarks), np.array(sequence.world)
    hands = None if sequence.hands is None else np.array(sequence.hands)
    for first, end in pairwise([0, *cuts, len(sequence)]):
        its = slice(first, end)
        swapped = find_swaps(sequence.landmarks[its, :, :2], sequence.times[its])
        # Where they are: of a long film there is no room for another copy.
        rename_sides(landmarks[its], world[its], None if hands is None else hands[its], swapped)
        for values in (landmarks[its], world[its]):
            _fill_gaps(values, sequence.times[its])
            _smooth(values, sequence.times[its])
    np.clip(landmarks[..., 3], 0.0, 1.0, out=landmarks[..., 3])
    return PoseSequence(landmarks, world, sequence.times, hands)
