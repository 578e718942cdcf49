"""Shots that show the same film again: who dances there is who danced there before, whatever they wear.

After a cut neither place nor equal clothes tell who is who: a formation may have changed. But where everybody moves as
in an earlier shot, point for point and picture for picture, it is that film again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from kdance.motion.people import IntArray
from kdance.motion.sightings import Sightings
from kdance.pose import FloatArray

_LEAST_S: Final = 1.0  # for which two tracks must be seen together
_FEWEST: Final = 8  # pictures, likewise
_SAMPLES: Final = 40  # pictures of a shot that are compared
_APART: Final = 0.035  # body heights between the points of one body in two copies of a film, at most; twins are farther
_MOVED: Final = 3.0  # times farther they must be from where they are a moment later: who stands still says nothing
_LATER_S: Final = 0.3
_OFFSETS: Final = (0, -1, 1, -2, 2)  # pictures by which a cut may have been found late
_BEGIN: Final = 0.15  # body heights between where two copies of a track begin, and
_BEGUN: Final = 0.7  # the share of tracks that begin so
_EVERYBODY: Final = 0.8  # share of a shot's bodies that must be where they were


def same_film(sightings: Sightings, tracks: Sequence[Sequence[int]], starts: Sequence[int]) -> list[int]:
    """For each track the earlier one that it repeats, its own index for one that repeats none.

    Args:
        sightings: Of the whole video.
        tracks: For each track its rows of the sightings, in time.
        starts: For each track the first frame of its shot.
    """
    found = list(range(len(tracks)))
    of_shot = {start: [index for index in found if starts[index] == start and tracks[index]] for start in starts}
    begins = {start: _begins(sightings, [tracks[index] for index in of_shot[start]]) for start in of_shot}
    new: list[int] = []  # first frames of shots that repeat none
    for start in sorted(of_shot):
        for other in new:
            if not _near(begins[other], begins[start]):
                continue
            twins = _twins(sightings, tracks, of_shot[other], of_shot[start], start - other)
            if twins:
                found = [twins.get(index, earlier) for index, earlier in enumerate(found)]
                break
        else:
            new.append(start)
    return found


def _begins(sightings: Sightings, tracks: Sequence[Sequence[int]]) -> FloatArray:
    """(N, 3) where each track is first seen, and its height."""
    rows = [track[0] for track in tracks]
    return np.column_stack([sightings.place[rows], sightings.height[rows]])


def _near(before: FloatArray, after: FloatArray) -> bool:
    """Whether somebody begins where somebody began: of other shots, which are many, it is the least work to see."""
    if not len(before) or not len(after):
        return False
    apart = np.linalg.norm(before[:, None, :2] - after[None, :, :2], axis=-1).min(0)
    return bool(np.mean(apart < _BEGIN * after[:, 2]) >= _BEGUN)


def _twins(
    sightings: Sightings, tracks: Sequence[Sequence[int]], before: list[int], after: list[int], apart: int
) -> dict[int, int]:
    """For the tracks of a shot those of an earlier one that they repeat; empty where it is another film."""
    every = np.concatenate([np.array(tracks[index], int) for index in after])
    for offset in _OFFSETS:
        twins, repeated = dict[int, int](), 0
        for index in after:
            rows = np.array(tracks[index], int)
            pairs = [
                (_repeats(sightings, np.array(tracks[other], int), rows, apart + offset), other) for other in before
            ]
            best = max(pairs, default=(0, -1))
            if best[0]:
                twins[index] = best[1]
                repeated += len(rows)
        if repeated >= _EVERYBODY * len(every):
            return twins
    return {}


def _repeats(sightings: Sightings, before: IntArray, after: IntArray, apart: int) -> int:
    """In how many frames a track is where another one was so many frames earlier; 0 where it isn't its copy."""
    _, ours, theirs = np.intersect1d(sightings.frame[after] - apart, sightings.frame[before], return_indices=True)
    if len(ours) < _FEWEST:
        return 0
    time = sightings.time[after[ours]]
    if time[-1] - time[0] < _LEAST_S:
        return 0
    step = 1 + len(ours) // _SAMPLES
    missed = _apart(sightings, before[theirs[::step]], after[ours[::step]])
    if missed > _APART:
        return 0
    later = np.searchsorted(time, time + _LATER_S)
    known = np.flatnonzero(later < len(time))[::step]
    return len(ours) if _apart(sightings, before[theirs[later[known]]], after[ours[known]]) > _MOVED * missed else 0


def _apart(sightings: Sightings, before: IntArray, after: IntArray) -> float:
    """Body heights between the points of two (N,) rows of sightings, the median over the pictures."""
    points: FloatArray = sightings.points[before, :, :2] - sightings.points[after, :, :2]
    return float(np.median(np.linalg.norm(points, axis=-1).mean(-1) / sightings.height[after]))
