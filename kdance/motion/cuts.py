"""Where a video cuts from one shot to another, from how much each picture differs from the one before. Pure maths.

Two rules, and what either finds is a cut. A high limit finds the cuts from one place to another; within one room it
finds almost none. A limit over what is usual just then finds those, and misses cuts between shots full of movement.
Neither is believed where the outlines stay: a flash and a change of light move every colour and no edge.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kdance.pose import FloatArray

OTHER_PLACE: Final = 27.0
"""Difference of two pictures (mean over hue, saturation and value, 0..255) that is another place in any case."""

SHORTEST_SHOT_S: Final = 0.5

OTHER_OUTLINES: Final = 0.6
"""Correlation of the outlines of two pictures above which they are one shot: 0 at cuts, over 0.3 elsewhere."""

_OF_USUAL: Final = 3.0
_OVER_USUAL: Final = 4.0
LEAST: Final = 8.0
"""Difference of two pictures below which nothing is a cut."""

_WINDOW_S: Final = 0.5  # on both sides, over which the usual difference is measured
_SINGLE: Final = 0.6  # share of a sudden difference that others near it may reach: a change of light takes many frames
_SINGLE_S: Final = 0.2


def may_be_cut(difference: float, likeness: float) -> bool:
    """Whether a picture may begin a new shot, as far as it and the one before it tell.

    Args:
        difference: From the one before, as :func:`find_cuts` takes it; NaN for the first.
        likeness: Of the outlines, likewise.
    """
    return difference > LEAST and likeness < OTHER_OUTLINES


def find_cuts(
    differences: FloatArray, times: FloatArray, likeness: FloatArray | None = None
) -> NDArray[np.integer[Any]]:
    """The frames that begin a new shot.

    Args:
        differences: (T,) between each picture and the one before, as of :func:`kdance.capture.picture_difference`;
            the first is ignored.
        times: (T,) seconds, increasing.
        likeness: (T,) of the outlines of each picture and the one before, -1..1; by default nobody knows.

    Returns:
        Indices of frames, increasing; shots are at least :data:`SHORTEST_SHOT_S` long, the first and last too.
    """
    count = len(differences)
    differences = np.nan_to_num(np.asarray(differences, float))
    usual, single = np.zeros(count), np.ones(count, bool)
    for index in range(1, count):
        near = slice(
            max(1, int(np.searchsorted(times, times[index] - _WINDOW_S))),
            int(np.searchsorted(times, times[index] + _WINDOW_S, side="right")),
        )
        usual[index] = np.median(differences[near])
        others = [other for other in range(near.start, near.stop) if abs(other - index) > 1]  # a blend takes two frames
        close = [differences[other] for other in others if abs(times[other] - times[index]) <= _SINGLE_S]
        single[index] = max(close, default=0.0) <= _SINGLE * differences[index]
    sudden = (differences > _OF_USUAL * usual + _OVER_USUAL) & (differences > LEAST) & single
    found = (differences > OTHER_PLACE) | sudden
    if likeness is not None:
        found &= np.asarray(likeness) < OTHER_OUTLINES
    found[:1] = False
    # The strongest first: what lies too near to it is its echo (a flash, a fade of three frames).
    cuts: list[int] = []
    edges = [float(times[0]), float(times[-1])] if count else []
    for index in sorted(np.flatnonzero(found).tolist(), key=lambda one: -differences[one]):
        borders = [*edges, *(float(times[cut]) for cut in cuts)]
        if all(abs(times[index] - border) >= SHORTEST_SHOT_S for border in borders):
            cuts.append(index)
    return np.array(sorted(cuts), int)
