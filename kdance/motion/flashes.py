"""How late a camera sees a screen that turns white and black, from the brightness of its pictures."""

from __future__ import annotations

from typing import Final

import numpy as np

from kdance.pose import FloatArray

LATEST: Final = 0.5
"""Seconds after a change within which the camera has to show it; the screen stays as it is for longer."""
LEAST_STEP: Final = 6.0
"""Grey levels, 0..255, by which a picture has to change."""
_BEFORE: Final = 0.05
_LONGEST_GAP: Final = 0.15  # between two pictures, for the moment of a change to be known


def step_delays(moments: FloatArray, lit: FloatArray, times: FloatArray, brightness: FloatArray) -> FloatArray:
    """How long after each change of the screen the camera has seen half of it.

    Between two pictures the change is put by its share: a picture that was exposed while it happened has seen part of
    it, and where none has the middle is right on average.

    Args:
        moments: (C,) seconds at which the screen changed.
        lit: (C,) 1 where it turned white, 0 black.
        times: (T,) seconds of the pictures, rising.
        brightness: (T,) their mean brightness, 0..255.

    Returns:
        (C,) seconds; NaN where nothing like it was seen.

    >>> times = np.arange(0, 2, 1 / 30)
    >>> seen = np.where((times >= 1.1) & (times < 1.7), 90.0, 30.0)
    >>> step_delays(np.array([1.0, 1.6]), np.array([1, 0]), times, seen).round(2)
    array([0.08, 0.08])
    """
    found = np.full(len(moments), np.nan)
    for row, (moment, is_lit) in enumerate(zip(moments, lit, strict=True)):
        inside = np.flatnonzero((times >= moment - _BEFORE) & (times <= moment + LATEST))
        if len(inside) < 4:
            continue
        seen = brightness[inside] * (1 if is_lit else -1)
        first, last = seen[0], float(np.median(seen[-3:]))
        above = np.flatnonzero(seen > (first + last) / 2)
        if last - first < LEAST_STEP or not len(above) or above[0] == 0:
            continue
        after = int(above[0])
        gap = times[inside[after]] - times[inside[after - 1]]
        if gap > _LONGEST_GAP:
            continue
        share = ((first + last) / 2 - seen[after - 1]) / (seen[after] - seen[after - 1])
        found[row] = times[inside[after - 1]] + share * gap - moment
    return found
