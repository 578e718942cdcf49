"""Where a body that was followed turns into another one: a stand-in behind it, a hidden edit of the film.

From frame to frame nothing is seen of it. But nobody's trousers change: where both thighs and shins have lastingly
another colour than before, a piece of a track is two people's. And nobody who runs turns back at once: there somebody
was taken for another one who came to the same place from the other side.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from kdance.motion.people import IntArray
from kdance.motion.sightings import Sightings
from kdance.pose import FloatArray

CHANGED: Final = 0.18
"""Squared Hellinger distance; within one dancer 0.15 at most on seven clips (0.09 but for short pieces in a crowd), and
0.34 where one became another."""

_REGIONS: Final = [2, 3]  # thighs and shins: a jacket that opens, or hair, changes the rest
_BLEND_S: Final = 0.1  # on both sides, not looked at
_WINDOW_S: Final = 0.5  # on both sides, from the moment
_FEWEST: Final = 5  # sightings on either side

_TURNED: Final = 3.0  # body heights a second of change of speed along the picture, from
_RUN_S: Final = 0.14  # before to as long after: three times what a fall is pulled down by
_FEWEST_RUN: Final = 3  # sightings on either side


def split_changed(sightings: Sightings, pieces: list[list[int]]) -> list[list[int]]:
    """The pieces, those in which somebody becomes another in two or more."""
    found = []
    left = list(pieces)
    while left:
        rows = left.pop()
        at = _change(sightings, np.array(rows)) or _turn(sightings, np.array(rows))
        if at is None:
            found.append(rows)
        else:
            left += [rows[:at], rows[at:]]
    return found


def _change(sightings: Sightings, rows: IntArray) -> int | None:
    """Where the clearest change of a piece's clothes is, as an index into its rows."""
    if len(rows) < 2 * _FEWEST:
        return None
    time = sightings.time[rows]
    look = sightings.looks(rows).reshape(len(rows), -1, 16)[:, _REGIONS].astype(float)
    seen = np.isfinite(look).all(-1)
    sums = np.concatenate([np.zeros((1, *look.shape[1:])), np.cumsum(np.nan_to_num(look), 0)])
    counts = np.concatenate([np.zeros((1, len(_REGIONS))), np.cumsum(seen, 0)])
    before = np.searchsorted(time, time - _WINDOW_S), np.searchsorted(time, time - _BLEND_S)
    after = np.searchsorted(time, time + _BLEND_S), np.searchsorted(time, time + _WINDOW_S)
    means, enough = [], np.ones(len(rows), bool)
    for first, last in (before, after):
        count = counts[last] - counts[first]
        enough &= (count >= _FEWEST).all(-1)
        means.append((sums[last] - sums[first]) / np.maximum(count, 1)[..., None])
    changed = ((means[0] - means[1]) ** 2).sum(-1).min(-1) / 2 * enough
    best = int(changed.argmax())
    if changed[best] <= CHANGED:
        return None
    # Between the two windows lies the moment at which the sightings go over from one look to the other.
    begin, end = int(before[1][best]), int(after[0][best])
    nearer = [(np.nan_to_num(look[begin:end] - mean[best]) ** 2).sum((-1, -2)) for mean in means]
    gain = np.concatenate([[0.0], np.cumsum(nearer[0] - nearer[1])])
    return begin + int(gain.argmin())


def _turn(sightings: Sightings, rows: IntArray) -> int | None:
    """Where a piece turns back faster than anybody can, as an index into its rows."""
    time, place = sightings.time[rows] - sightings.time[rows[0]], sightings.place[rows, 0]
    here = np.arange(len(rows))
    before = _speeds(time, place, np.searchsorted(time, time - _RUN_S, side="right"), here)
    after = _speeds(time, place, here, np.searchsorted(time, time + _RUN_S))
    turned = np.nan_to_num(np.abs(after - before)) / sightings.height[rows]
    best = int(turned.argmax())
    return best if turned[best] > _TURNED else None


def _speeds(time: FloatArray, place: FloatArray, first: IntArray, end: IntArray) -> FloatArray:
    """(N,) pixels a second of the line through the places of each stretch; NaN of too few."""
    sums = np.concatenate([np.zeros((1, 4)), np.cumsum(np.stack([time, place, time**2, time * place], 1), 0)])
    count = np.maximum(end - first, 1)
    of_time, of_place, squares, products = (sums[end] - sums[first]).T
    slope = (products - of_time * of_place / count) / np.maximum(squares - of_time**2 / count, 1e-9)
    return np.where(count >= _FEWEST_RUN, slope, np.nan)
