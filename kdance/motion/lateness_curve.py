"""How late a dancer is, half second by half second, and where one lateness gives way to another.

The warping path says how late each frame is. Whether to believe it is seen from the seconds around it, each frame
moved along the path: where the path is right, the moved similarities have one peak, at the path itself, whatever the
lags in those seconds are. Two lags don't blur each other, and where nothing moves there is no peak.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kdance.motion.alignment import LAG_STEP_S, LAGS
from kdance.motion.timeline import SNAPSHOT_S
from kdance.motion.timing import MIN_CONTRAST, SAME_LAG_S, contrast
from kdance.pose import FloatArray

# Time around a moment that is looked at.
WINDOW_S: Final = 1.5
# Lags beside the path, in steps: 0.4 s, in which most moves become others.
_BESIDE: Final = np.arange(-12, 13)
_ZERO: Final = 12
# Less than this of a window with a body says nothing.
_LEAST_SHARE: Final = 0.5
# Levels of lateness are told apart from this on; being off by more costs no more.
LEVEL_STEP_S: Final = 0.05
MOST_OFF_S: Final = 0.3
# A change of level costs as much as this many seconds off for one moment.
CHANGE_COST_S: Final = 0.4
# Moments without a known lateness after which a stretch ends.
LONGEST_GAP: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class LatenessCurve:
    """Lateness at R moments.

    Attributes:
        seconds: (R,) positive when late; NaN where no lag stands out.
        confidence: (R,) 0..1, how sharply it stands out; 0 where it doesn't.
    """

    seconds: FloatArray
    confidence: FloatArray


def lateness_curve(
    similarities: FloatArray, path: FloatArray, times: FloatArray, moments: FloatArray, *, around: float = 0.0
) -> LatenessCurve:
    """How late a dancer is at each of some moments.

    Args:
        similarities: (T, L) similarity of each frame at each of ``LAGS``; NaN where unknown.
        path: (T,) seconds late of each frame, of :func:`kdance.motion.alignment.lag_path`.
        times: (T,) seconds of song time, increasing.
        moments: (R,) seconds of song time.
        around: Seconds late that the lags are counted from.
    """
    if not len(times):
        return LatenessCurve(np.full(len(moments), np.nan), np.zeros(len(moments)))
    columns = np.rint((path - around - LAGS[0]) / LAG_STEP_S).astype(np.intp)[:, None] + _BESIDE
    inside = (columns >= 0) & (columns < len(LAGS))
    moved = np.take_along_axis(similarities, np.clip(columns, 0, len(LAGS) - 1), axis=1)
    moved = np.where(inside, moved, np.nan)
    curve = _means(moved, times, moments, WINDOW_S)
    lag = _means(path[:, None], times, moments, SNAPSHOT_S)[:, 0]
    known = np.isfinite(curve)
    mean = np.divide(
        np.where(known, curve, 0.0).sum(-1), known.sum(-1), out=np.full(len(moments), np.nan), where=known.any(-1)
    )
    filled = np.where(known, curve, mean[:, None])
    best = np.where(known, curve, -np.inf).argmax(-1)
    sharp = contrast(filled)
    seconds = lag + _shifts(filled, best) * LAG_STEP_S
    right = np.isfinite(sharp) & (sharp >= MIN_CONTRAST) & (np.abs(best - _ZERO) * LAG_STEP_S <= SAME_LAG_S)
    return LatenessCurve(
        np.where(right, seconds, np.nan), np.where(right, np.clip(sharp / (2 * MIN_CONTRAST), 0.0, 1.0), 0.0)
    )


def _shifts(curve: FloatArray, best: NDArray[np.intp]) -> FloatArray:
    """(R,) steps from the path to the peak of each of (R, D) curves, by the parabola through its top."""
    rows, top = np.arange(len(curve)), np.clip(best, 1, curve.shape[1] - 2)
    before, at, after = (curve[rows, top + side] for side in (-1, 0, 1))
    bend = before - 2 * at + after
    shift = np.divide(0.5 * (before - after), bend, out=np.zeros(len(curve)), where=bend < 0)
    return np.asarray(top - _ZERO + np.clip(shift, -0.5, 0.5))


def _means(values: FloatArray, times: FloatArray, moments: FloatArray, span: float) -> FloatArray:
    """(R, D) means of (T, D) values over the ``span`` seconds around each moment; NaN where most frames have none."""
    known = np.isfinite(values)
    zero = np.zeros((1, values.shape[1]))
    total = np.concatenate((zero, np.cumsum(np.where(known, values, 0.0), axis=0)))
    count = np.concatenate((zero, np.cumsum(known, axis=0)))
    first = np.searchsorted(times, moments - span / 2 - 1e-9)
    last = np.searchsorted(times, moments + span / 2 + 1e-9, side="right")
    number = count[last] - count[first]
    enough = (number > 0) & (number >= _LEAST_SHARE * (last - first)[:, None])
    return np.asarray(np.divide(total[last] - total[first], number, out=np.full(number.shape, np.nan), where=enough))


def steady_parts(curve: LatenessCurve) -> list[tuple[int, int, float]]:
    """Where one lateness lasts: (first, after, seconds late) of stretches of consecutive moments, in order.

    A level for every moment, by dynamic programming: being off the curve costs, limited, by its confidence, and so does
    a change of level. A single wrong half second is no change, three of them are. Each stretch begins and ends where
    its lateness is known; one that is not known for :data:`LONGEST_GAP` moments is two.

    Args:
        curve: At moments half a second apart.

    >>> late = np.array([0.0, 0.01, np.nan, 0.4, 0.41, 0.4, 0.39])
    >>> steady_parts(LatenessCurve(late, np.isfinite(late) * 1.0))
    [(0, 2, 0.005), (3, 7, 0.4)]
    """
    known = np.flatnonzero(np.isfinite(curve.seconds) & (curve.confidence > 0))
    if not len(known):
        return []
    level = _levels(curve.seconds[known], curve.confidence[known])
    new = (np.diff(level) != 0) | (np.diff(known) > LONGEST_GAP)
    parts = np.split(np.arange(len(known)), np.flatnonzero(new) + 1)
    return [(int(known[part[0]]), int(known[part[-1]]) + 1, _usual(curve.seconds[known[part]])) for part in parts]


def _usual(seconds: FloatArray) -> float:
    """The mean of those about the median, which is one of them."""
    return float(seconds[np.abs(seconds - np.percentile(seconds, 50, method="lower")) <= SAME_LAG_S].mean())


def _levels(seconds: FloatArray, confidence: FloatArray) -> NDArray[np.intp]:
    """(K,) index of the level of each of K moments."""
    levels = np.arange(seconds.min(), seconds.max() + LEVEL_STEP_S, LEVEL_STEP_S)
    costs = confidence[:, None] * np.minimum(np.abs(seconds[:, None] - levels), MOST_OFF_S)
    total, came_from = costs[0], np.zeros(costs.shape, np.intp)
    for moment in range(1, len(costs)):
        cheapest = int(total.argmin())
        stay = total <= total[cheapest] + CHANGE_COST_S
        came_from[moment] = np.where(stay, np.arange(len(levels)), cheapest)
        total = np.where(stay, total, total[cheapest] + CHANGE_COST_S) + costs[moment]
    path = np.empty(len(costs), np.intp)
    path[-1] = total.argmin()
    for moment in range(len(costs) - 1, 0, -1):
        path[moment - 1] = came_from[moment, path[moment]]
    return path
