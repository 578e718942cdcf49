"""How late the camera sees what the dancer does on a click, from arm raises.

The moment of a raise is when the wrist passes the height of the shoulder on its way up. There the hand is at its
fastest: one camera frame is a long way, so the moment is known to a few milliseconds between two frames. Where a
movement begins or ends a hand is slow, and no two people mean the same. So the dancer is told: your hand passes
your shoulder as it clicks.

People are a little early on a steady click, by 20 to 50 ms when they tap (Repp 2005, "Sensorimotor synchronization").
That belongs to the delay found, and rightly: they dance to the song with the same habit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from kdance.motion.gestures import SEEN, scale_px
from kdance.pose import SHOULDERS, FloatArray, Landmark

# A raise begins with the wrist this far below the shoulder and gets this far above it, in trunks, within this time.
LOW: Final = -0.3
HIGH: Final = 0.15
LONGEST_RAISE: Final = 0.8
# Between two frames further apart than this the moment is not known.
LONGEST_STEP: Final = 0.12
# A raise belongs to the click it can be this much earlier or later than. Sound and camera can only be late (a
# wireless loudspeaker by 0.3 s), people also early.
EARLIEST: Final = -0.3
LATEST: Final = 0.7
_MAD_TO_SIGMA: Final = 1.4826  # of a normal distribution

_WRISTS: Final = [Landmark.LEFT_WRIST, Landmark.RIGHT_WRIST]


@dataclass(frozen=True, slots=True)
class Delay:
    """What a series of raises says.

    Attributes:
        delays: Seconds from the click to its raise, one for each click that has one.
        median: Seconds; NaN of nothing.
        spread: Seconds; 1.48 times the median distance from the median, which is a standard deviation that one raise
            gone wrong doesn't change; NaN of nothing.
    """

    delays: tuple[float, ...]
    median: float
    spread: float

    @property
    def found(self) -> int:
        """How many clicks have a raise."""
        return len(self.delays)

    def within(self, seconds: float) -> int:
        """How many raises are at most that far from the median."""
        return sum(abs(delay - self.median) <= seconds for delay in self.delays)


def wrist_heights(landmarks: FloatArray) -> FloatArray:
    """(T, 2) how far left and right wrist are above their shoulders, in trunks; NaN where not seen.

    Args:
        landmarks: (T, 33, 4) x, y in pixels, z, visibility.
    """
    scale = scale_px(landmarks)
    trunk = np.median(scale[np.isfinite(scale)]) if np.isfinite(scale).any() else np.nan
    height = (landmarks[:, SHOULDERS, 1] - landmarks[:, _WRISTS, 1]) / trunk
    seen = np.fmin(landmarks[:, _WRISTS, 3], landmarks[:, SHOULDERS, 3]) >= SEEN
    return np.asarray(np.where(seen, height, np.nan), np.float64)


def raise_moments(times: FloatArray, height: FloatArray) -> FloatArray:
    """(N,) seconds at which a wrist passes its shoulder on the way up.

    Args:
        times: (T,) seconds, increasing.
        height: (T,) how far the wrist is above the shoulder, in trunks; NaN where not seen.

    >>> times = np.array([0.0, 0.1, 0.2, 0.3])
    >>> raise_moments(times, np.array([-0.8, -0.2, 0.6, 0.9])).round(3)
    array([0.125])
    """
    known = np.isfinite(height)
    times, height = times[known], height[known]
    moments, low, crossing = [], -np.inf, np.nan
    for index in range(1, len(times)):
        (before, now), (above_before, above) = times[index - 1 : index + 1], height[index - 1 : index + 1]
        if above_before <= LOW:
            low, crossing = before, np.nan
        if above_before < 0 <= above:
            share = -above_before / (above - above_before)
            crossing = before + share * (now - before) if now - before <= LONGEST_STEP else np.nan
        if above >= HIGH:
            if np.isfinite(crossing) and now - low <= LONGEST_RAISE:
                moments.append(crossing)
            low, crossing = -np.inf, np.nan  # the next raise begins at the bottom
    return np.array(moments, np.float64)


def measure_delay(clicks: FloatArray, times: FloatArray, heights: FloatArray) -> Delay:
    """How late arm raises come after their clicks.

    Both arms raised on a click count once, at the mean of their moments; a click on which an arm goes up more than
    once doesn't count.

    Args:
        clicks: (C,) seconds at which the clicks are heard, at least ``LATEST - EARLIEST`` apart.
        times: (T,) seconds at which the frames were taken, on the same clock, increasing.
        heights: (T, 2) of :func:`wrist_heights`.
    """
    clicks = np.asarray(clicks, np.float64)[:, None]
    late = [raise_moments(times, heights[:, arm]) - clicks for arm in range(heights.shape[1])]  # (C, N) each
    late = [np.where((rows >= EARLIEST) & (rows < LATEST), rows, np.nan) for rows in late]
    counts = np.array([np.isfinite(rows).sum(-1) for rows in late])  # (2, C)
    # An arm that goes up twice on a click says nothing about it.
    clear = (counts.max(0) == 1).nonzero()[0]
    delays = np.array([np.nanmean(np.concatenate([rows[click] for rows in late])) for click in clear])
    if not len(delays):
        return Delay((), np.nan, np.nan)
    median = float(np.median(delays))
    spread = float(_MAD_TO_SIGMA * np.median(np.abs(delays - median)))
    return Delay(tuple(float(delay) for delay in delays), median, spread)
