"""Dynamic time warping: which moment of the reference each moment of the dancer belongs to.

Words as in M. Müller, "Fundamentals of Music Processing", 2nd ed., 2021, chapter 3: cost, accumulated cost, warping
path. Two forms are here. :func:`warping_path` aligns two whole sequences. :class:`LagTracker` and :func:`lag_path`
align a dancer with a reference that a clock drives: time warping inside a band around the clock, written in lags
(how much later than the clock the dancer is), so that the frame rates of the two don't matter.
"""

from __future__ import annotations

from collections import deque
from functools import cache
from itertools import pairwise
from math import floor
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from kdance.errors import KdanceError
from kdance.motion.course import BREAK_S
from kdance.pose import FloatArray

LAG_STEP_S: Final = 1 / 30
SEARCH_S: Final = 0.6
# (L,) seconds late, -0.6 .. 0.6
LAGS: Final = np.arange(-round(SEARCH_S / LAG_STEP_S), round(SEARCH_S / LAG_STEP_S) + 1) * LAG_STEP_S
# Cost of a second of change of lag, in seconds of complete mismatch. Measured: with 1.0 a dancer who is
# 0.25 s late for one 8-count is followed to 0.20 s, with 0.3 to 0.23; with 0.1 another dance's pose score rises from
# 0.46 to 0.65, because one held pose matches everything.
LAG_CHANGE_COST: Final = 0.3
# Frames whose way can be traced back: ten seconds of a fast camera.
_REMEMBERED: Final = 600
_TAKEN_BACK: Final = 240
# A frame in which nothing can be compared costs the same at every lag.
_UNKNOWN_COST: Final = 0.5

IntArray = NDArray[np.intp]


def warping_path(
    user: FloatArray,
    reference: FloatArray,
    *,
    method: Literal["exact", "fast"] = "exact",
    band_radius: int | None = None,
) -> tuple[float, IntArray]:
    """The cheapest monotone alignment of two sequences of feature vectors, by Euclidean distance.

    Args:
        user: (T, D) features without NaN.
        reference: (S, D) features without NaN.
        method: "exact" fills the cost matrix; right for windows and up to a few thousand frames. "fast" is fastdtw
            (Salvador & Chan 2007), approximate and linear in memory; right for whole takes.
        band_radius: How many frames the path may leave the diagonal (Sakoe & Chiba 1978), or the radius of fastdtw.
            By default the exact form has no band and the fast one a radius of 10.

    Returns:
        The accumulated cost, and the (K, 2) path of (user frame, reference frame), ascending from (0, 0) to
        (T - 1, S - 1).

    Raises:
        KdanceError: A sequence is empty.

    >>> cost, path = warping_path(np.array([[0.0], [1.0], [1.0]]), np.array([[0.0], [1.0]]))
    >>> cost, path.tolist()
    (0.0, [[0, 0], [1, 1], [2, 1]])
    """
    if len(user) == 0 or len(reference) == 0:
        raise KdanceError("There is nothing to align: a sequence has no frames.")
    if method == "fast":
        from fastdtw import fastdtw

        cost, pairs = fastdtw(user, reference, radius=10 if band_radius is None else band_radius, dist=2)
        return float(cost), np.array(pairs, np.intp)
    # user (T, 1, D), reference (1, S, D) -> (T, S)
    accumulated = accumulated_cost(np.linalg.norm(user[:, None] - reference[None], axis=-1), band_radius=band_radius)
    return float(accumulated[-1, -1]), _backtrack(accumulated)


def accumulated_cost(cost: FloatArray, *, band_radius: int | None = None) -> FloatArray:
    """(T, S) accumulated cost of a cost matrix with steps (1, 0), (0, 1), (1, 1), all of weight 1.

    Args:
        cost: (T, S) non-negative.
        band_radius: Cells farther than this from the straight line between the corners are infinite.

    >>> accumulated_cost(np.array([[1.0, 2.0], [3.0, 1.0]]))
    array([[1., 3.],
           [4., 2.]])
    """
    count, width = cost.shape
    allowed = cost.astype(np.float64)
    if band_radius is not None:
        line = np.arange(count) * ((width - 1) / max(count - 1, 1))
        radius = max(band_radius, width / count, 0.5)
        allowed = np.where(np.abs(np.arange(width) - line[:, None]) <= radius, allowed, np.inf)
    accumulated = np.empty_like(allowed)
    accumulated[0] = np.cumsum(allowed[0])
    for row in range(1, count):
        above = accumulated[row - 1]
        entry = allowed[row] + np.minimum(above, np.concatenate(([np.inf], above[:-1])))
        # Along a row D[j] = min(entry[j], D[j-1] + c[j]); with C the running sum of c that is min over k <= j of
        # entry[k] - C[k], plus C[j]: one pass without a Python loop. Cells outside of the band break the sum.
        finite = np.isfinite(allowed[row])
        running = np.cumsum(np.where(finite, allowed[row], 0.0))
        best = np.minimum.accumulate(np.where(finite, entry - running, np.inf))
        accumulated[row] = np.where(finite, best + running, np.inf)
    return accumulated


def _backtrack(accumulated: FloatArray) -> IntArray:
    row, column = accumulated.shape[0] - 1, accumulated.shape[1] - 1
    path = [(row, column)]
    while row or column:
        steps = [(row - 1, column - 1), (row - 1, column), (row, column - 1)]
        row, column = min((step for step in steps if min(step) >= 0), key=lambda step: float(accumulated[step]))
        path.append((row, column))
    return np.array(path[::-1], np.intp)


class LagTracker:
    """Follows the dancer's lag one frame at a time; the running form of :func:`lag_path`."""

    def __init__(self) -> None:
        self.accumulated: FloatArray = np.zeros(len(LAGS))
        self._time = 0.0
        self._came_from: deque[list[int]] = deque(maxlen=_REMEMBERED)
        self._path: IntArray = np.zeros(0, np.intp)  # as it was found last time
        self._since = 0  # frames that have come since then
        self._before: deque[tuple[FloatArray, float]] = deque(maxlen=_TAKEN_BACK)

    def update(self, similarity: FloatArray, elapsed: float) -> int:
        """Take a frame in.

        Args:
            similarity: (L,) 0..1 of the frame with the reference at each of ``LAGS``; NaN where unknown.
            elapsed: Seconds since the frame before, positive.

        Returns:
            The index into ``LAGS`` of the best lag, of all that has been seen until now.
        """
        self._before.append((self.accumulated, self._time))
        before, self._time = self._time, self._time + elapsed
        self.accumulated, came_from = _advance(self.accumulated, similarity, before, self._time)
        self._came_from.append(came_from.tolist())
        self._since += 1
        return int(self.accumulated.argmin())

    def take_back(self, count: int) -> None:
        """Forget the newest ``count`` frames, at most two seconds of a fast camera."""
        for _ in range(min(count, len(self._before))):
            self.accumulated, self._time = self._before.pop()
            self._came_from.pop()
        self._path, self._since = self._path[:0], 0

    def path(self, count: int) -> IntArray:
        """(N,) index into ``LAGS`` of each of the newest ``count`` frames, as all that has been seen tells it by now.

        What came later says more of a frame than what came before it. Of frames too far back nothing is
        remembered: then there are fewer.
        """
        remembered, known = len(self._came_from), len(self._path)
        index, newest, same = int(self.accumulated.argmin()), [], 0
        for back, came_from in enumerate(reversed(self._came_from)):
            before = known + self._since - back  # frames of the way that was found last time, up to this one
            if 0 < before <= known and self._path[before - 1] == index:
                same = before  # two ways that have met stay together
                break
            newest.append(index)
            index = came_from[index]
        way = np.concatenate((self._path[:same], np.array(newest[::-1], np.intp)))
        self._path, self._since = way[max(len(way) - remembered, 0) :], 0
        return self._path[max(len(self._path) - count, 0) :]


def lag_path(similarity: FloatArray, times: FloatArray) -> IntArray:
    """(..., T) index into ``LAGS`` of each frame on the cheapest path through a whole take, or through each of several.

    Args:
        similarity: (..., T, L) 0..1 of each frame with the reference at each lag; NaN where unknown.
        times: (T,) seconds of song time, increasing; after a hole of :data:`BREAK_S` the path begins anew.
    """
    cuts = [0, *(np.flatnonzero(np.diff(times) > BREAK_S) + 1).tolist(), len(times)]
    paths = [_path(similarity[..., first:end, :], times[first:end]) for first, end in pairwise(cuts) if end > first]
    return np.concatenate(paths, axis=-1) if paths else np.zeros(similarity.shape[:-1], np.intp)


def _path(similarity: FloatArray, times: FloatArray) -> IntArray:
    """:func:`lag_path` of a stretch without a break."""
    takes, count = similarity.shape[:-2], len(times)
    accumulated: FloatArray = np.zeros((*takes, len(LAGS)))
    came_from = np.zeros((count, *takes, len(LAGS)), np.intp)
    passed = np.cumsum(np.diff(times, prepend=times[0] - LAG_STEP_S))
    for frame in range(count):
        before = passed[frame - 1] if frame else 0.0
        now = float(passed[frame])
        accumulated, came_from[frame] = _advance(accumulated, similarity[..., frame, :], float(before), now)
    path = np.empty((count, *takes), np.intp)
    path[-1] = np.argmin(accumulated, axis=-1)
    for frame in range(count - 1, 0, -1):
        path[frame - 1] = np.take_along_axis(came_from[frame], path[frame][..., None], -1)[..., 0]
    return np.moveaxis(path, 0, -1)


@cache
def _changes(most: int) -> tuple[IntArray, FloatArray]:
    """(K, L) index into ``LAGS`` from which each lag can be reached, and its price: K ways, the least change first."""
    steps = np.array([0, *(step * side for step in range(1, most + 1) for side in (-1, 1))])[:, None]
    source = np.arange(len(LAGS)) + steps
    inside = (source >= 0) & (source < len(LAGS))
    price = np.where(inside, LAG_CHANGE_COST * np.abs(steps) * LAG_STEP_S, np.inf)
    return np.where(inside, source, 0), price


def _advance(accumulated: FloatArray, similarity: FloatArray, before: float, now: float) -> tuple[FloatArray, IntArray]:
    """One column of the dynamic programme, (..., L): the lag changes at most as fast as time passes (slope 0 to 2)."""
    elapsed = now - before
    most = floor(now / LAG_STEP_S + 1e-6) - floor(before / LAG_STEP_S + 1e-6)
    source, price = _changes(min(most, len(LAGS) - 1))
    costs = accumulated[..., source] + price
    best, came_from = costs.min(-2), source[costs.argmin(-2), np.arange(len(LAGS))]
    cost = np.where(np.isfinite(similarity), 1.0 - similarity, _UNKNOWN_COST)
    best = best + cost * min(elapsed, 0.5)
    return best - best.min(-1, keepdims=True), came_from
