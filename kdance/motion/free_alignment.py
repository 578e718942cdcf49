"""Free mode: the dancer drives. Where in the reference are they, from anywhere, at any tempo, also after a jump?

Online time warping in the spirit of S. Dixon, "Live tracking of musical performances using on-line time warping",
DAFx 2005: monotone, linear in time, one column of memory. Dixon searches a window around the last position, because a
column was dear then; here a column of a four-minute song is one matrix product, so the whole reference is searched and
a dancer who goes back to repeat a part is found again: at any moment the path may leap anywhere, for a price.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kdance.motion.pose_comparison import WEIGHTS, body_at
from kdance.motion.pose_normalization import Body, space_confidence
from kdance.motion.reference_motion import ReferenceMotion
from kdance.pose import FloatArray

RATE_HZ: Final = 15.0
# In seconds of complete mismatch: standing still in the reference or going twice as fast for a second, and a leap.
_TEMPO_PRICE: Final = 0.1
_LEAP_PRICE: Final = 1.5
_UNKNOWN_COST: Final = 0.5
_STAY, _STEP, _SKIP, _LEAP = range(4)
# Positions are smoothed by a straight line through this much of the path.
_FIT_S: Final = 2.0
# The slowest advance, relative to the reference, that counts as dancing it at full score.
SLOWEST: Final = 0.5


def direction_features(body: Body) -> tuple[FloatArray, FloatArray]:
    """Features whose dot products are sums over the bones, and the weights that go with them.

    Returns:
        (..., 5 B) directions in picture and space times the root of weight and confidence, 0 where unknown, and
        (..., B) that root. For two poses the first gives the weighted sum of cosines, the second of the weights.
    """
    known = np.isfinite(body.picture[..., 0]) & np.isfinite(body.space[..., 0])
    root = np.sqrt(WEIGHTS) * np.sqrt(space_confidence(body)) * known
    directions = np.concatenate((body.picture, body.space), -1) * np.sqrt(0.5)
    features = np.where(known[..., None], directions, 0.0) * root[..., None]
    return features.reshape((*features.shape[:-2], -1)).astype(np.float32), root.astype(np.float32)


def fast_similarity(user: tuple[FloatArray, FloatArray], reference: tuple[FloatArray, FloatArray]) -> FloatArray:
    """(..., N) exp(-6 (1 - weighted mean cosine)) of every pose with every pose; NaN where nothing is seen.

    The formula is dance-pose-coach's; for a whole take against a whole song it is two matrix products, where
    :func:`kdance.motion.pose_comparison.similarity` would take a hundred times as long.

    Args:
        user: (..., 5 B) and (..., B) of :func:`direction_features`.
        reference: (N, 5 B) and (N, B).
    """
    cosines, weights = user[0] @ reference[0].T, user[1] @ reference[1].T
    enough = weights > 0.2 * WEIGHTS.sum()
    mean = np.divide(cosines, weights, out=np.full_like(cosines, np.nan), where=enough)
    return np.asarray(np.exp(-6.0 * (1.0 - mean)))


class PositionTracker:
    """Follows the dancer through the reference, one moment at a time; the running form of :func:`free_positions`."""

    def __init__(self, reference: ReferenceMotion) -> None:
        self._grid = np.arange(0.0, reference.duration + 1e-9, 1 / RATE_HZ)
        self._features = direction_features(reference.at(self._grid))
        self._accumulated: FloatArray | None = None
        self._last = -np.inf
        self.position = 0.0

    def update(self, body: Body, time: float) -> float:
        """Take a moment in.

        Args:
            body: (B,) the dancer.
            time: Seconds of the take; moments closer than 1/15 s to the last one that counted change nothing.

        Returns:
            Seconds of the reference the dancer is at, of all that has been seen until now.
        """
        # Half a frame early is in time: otherwise a 30 fps source would count every third frame.
        while time - self._last >= 1 / RATE_HZ - 0.01:
            self._last = time if not np.isfinite(self._last) or time - self._last > 0.5 else self._last + 1 / RATE_HZ
            row = fast_similarity(direction_features(body), self._features)
            if self._accumulated is None:
                self._accumulated = _cost(row) / RATE_HZ
            else:
                self._accumulated, _ = _advance(self._accumulated, row)
            self.position = float(self._grid[int(np.argmin(self._accumulated))])
        return self.position


@dataclass(frozen=True, slots=True, eq=False)
class FreeAlignment:
    """A whole take in free mode.

    Attributes:
        position: (T,) seconds of the reference at each frame.
        progress: (T,) how fast the reference goes by around each frame; 1 is its own tempo.
        tempo: Of the dancing as a whole; 1.1 when a tenth faster than the reference. ``None`` where it isn't known.
    """

    position: FloatArray
    progress: FloatArray
    tempo: float | None


def align_freely(user: Body, times: FloatArray, reference: ReferenceMotion) -> FreeAlignment:
    """Where in the reference each frame of a take is, with all of it known.

    Args:
        user: (T, B) bodies.
        times: (T,) seconds of the take.
        reference: The dance.
    """
    if len(times) == 0:
        return FreeAlignment(np.zeros(0), np.zeros(0), None)
    moments = np.arange(times[0], times[-1] + 1e-9, 1 / RATE_HZ)
    grid = np.arange(0.0, reference.duration + 1e-9, 1 / RATE_HZ)
    rows = fast_similarity(direction_features(body_at(user, times, moments)), direction_features(reference.at(grid)))
    if not np.isfinite(rows).any():
        return FreeAlignment(np.zeros(len(times)), np.zeros(len(times)), None)
    path, leaps = free_positions(rows)
    runs = np.cumsum(leaps, dtype=np.intp)
    smoothed, slopes = _straightened(grid[path], moments, runs)
    position = np.interp(times, moments, smoothed)
    # Between the last moment of a run and the first of the next there is nothing to interpolate.
    nearest = np.clip(np.searchsorted(moments, times - 0.5 / RATE_HZ), 0, len(moments) - 1)
    across = np.abs(position - smoothed[nearest]) > 2 / RATE_HZ
    position = np.where(across, smoothed[nearest], position)
    return FreeAlignment(position, np.interp(times, moments, slopes), _tempo(grid[path], moments, runs))


def progress_factor(progress: FloatArray) -> FloatArray:
    """(...,) 0..1 what is left of the motion score in free mode for not getting on with the dance.

    Who stands still is always somewhere in the reference where it stands still as well.

    >>> progress_factor(np.array([0.0, 0.25, 1.0]))
    array([0. , 0.5, 1. ])
    """
    return np.asarray(np.clip(progress / SLOWEST, 0.0, 1.0))


def free_positions(similarities: FloatArray) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """The cheapest way through the reference.

    Args:
        similarities: (T, N) of each moment with each moment of the reference, both at 15 Hz; NaN where unknown.

    Returns:
        (T,) index into the reference, and (T,) whether a leap leads to it.
    """
    count, length = similarities.shape
    accumulated = _cost(similarities[0]) / RATE_HZ
    moves = np.zeros((count, length), np.int8)
    leap_from = np.zeros(count, np.intp)
    for moment in range(1, count):
        leap_from[moment] = np.argmin(accumulated)
        accumulated, moves[moment] = _advance(accumulated, similarities[moment])
    path, leaps = np.empty(count, np.intp), np.zeros(count, np.bool_)
    path[-1] = np.argmin(accumulated)
    for moment in range(count - 1, 0, -1):
        move = moves[moment, path[moment]]
        leaps[moment] = move == _LEAP
        path[moment - 1] = leap_from[moment] if leaps[moment] else path[moment] - move
    return path, leaps


def _advance(accumulated: FloatArray, similarities: FloatArray) -> tuple[FloatArray, NDArray[np.int8]]:
    """One moment on: stay, go one step, go two, or leap; (N,) accumulated cost and the move that led there."""
    price = _TEMPO_PRICE / RATE_HZ
    step = np.concatenate(([np.inf], accumulated[:-1]))
    skip = np.concatenate(([np.inf, np.inf], accumulated[:-2]))[: len(accumulated)]
    leap = np.full_like(accumulated, accumulated.min() + _LEAP_PRICE)
    options = np.stack((accumulated + price, step, skip + price, leap))
    moves = options.argmin(0)
    best = options[moves, np.arange(len(accumulated))] + _cost(similarities) / RATE_HZ
    return best - best.min(), moves.astype(np.int8)


def _cost(similarities: FloatArray) -> FloatArray:
    return np.asarray(np.where(np.isfinite(similarities), 1.0 - similarities, _UNKNOWN_COST), np.float64)


def _straightened(path: FloatArray, moments: FloatArray, runs: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
    """(T,) positions and slopes of straight lines through the path around each moment, within its run."""
    smoothed, slopes = path.copy(), np.zeros(len(path))
    half = round(_FIT_S / 2 * RATE_HZ)
    for moment in range(len(path)):
        around = slice(max(moment - half, 0), moment + half + 1)
        near = runs[around] == runs[moment]
        if near.sum() >= 3:
            slopes[moment], at_zero = np.polyfit(moments[around][near] - moments[moment], path[around][near], 1)
            smoothed[moment] = at_zero
    return np.clip(smoothed, 0.0, None), slopes


def _tempo(path: FloatArray, moments: FloatArray, runs: NDArray[np.intp]) -> float | None:
    """Seconds of the reference for a second of dancing: the median of slopes over 4 s, where the dance goes on."""
    span = round(4.0 * RATE_HZ)
    if len(path) <= span:
        span = len(path) - 1
    whole = runs[span:] == runs[:-span] if span > 0 else np.zeros(0, np.bool_)
    slopes = ((path[span:] - path[:-span]) / (moments[span:] - moments[:-span]))[whole] if span > 0 else np.zeros(0)
    moving = slopes[slopes > 0.25]
    return float(np.median(moving)) if len(moving) >= max(1, 0.5 * len(slopes)) and len(moving) else None
