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
_PROBED_S: Final = (0.1, 0.3, 0.6, 0.9)  # of a shot: the pictures by which others are chosen to be compared
_NEAR: Final = 0.15  # body heights between trunks, likewise, and
_NEARER: Final = 0.1  # between all points
_EVERYBODY: Final = 0.8  # share of a shot's bodies that must be where they were


def same_film(sightings: Sightings, tracks: Sequence[IntArray], starts: Sequence[int]) -> list[int]:
    """For each track the earlier one that it repeats, its own index for one that repeats none.

    Args:
        sightings: Of the whole video.
        tracks: For each track its rows of the sightings, in time; at least one.
        starts: For each track the first frame of its shot.
    """
    found = list(range(len(tracks)))
    of_shot = {start: [index for index in found if starts[index] == start] for start in starts}
    new: list[int] = []  # first frames of shots that repeat none
    for start in sorted(of_shot):
        for other in _likely(sightings, start, new):
            twins = _twins(sightings, tracks, of_shot[other], of_shot[start], start - other)
            if twins:
                found = [twins.get(index, earlier) for index, earlier in enumerate(found)]
                break
        else:
            new.append(start)
    return found


def _likely(sightings: Sightings, start: int, earlier: list[int]) -> list[int]:
    """The earlier shots in some pictures of which most bodies are where they are here; others aren't compared."""
    trunks, points = sightings.place[:, None], sightings.points[..., :2]
    rate = float(np.ptp(sightings.frame)) / max(float(np.ptp(sightings.time)), 1e-3)
    pictures = [round(second * rate) for second in _PROBED_S]
    for picture, parts, near in ((pictures[0], trunks, _NEAR), *((picture, points, _NEARER) for picture in pictures)):
        frames = (np.array(earlier, int)[:, None] + picture - np.array(_OFFSETS)).ravel()
        first, end = (np.searchsorted(sightings.frame, [start + picture, *frames], side) for side in ("left", "right"))
        here = slice(first[0], end[0])
        if here.start == here.stop:
            continue
        there = np.concatenate([np.arange(*span) for span in zip(first, end, strict=True)][1:] or [np.zeros(0, int)])
        apart = np.linalg.norm(parts[here][:, None] - parts[there], axis=-1).mean(-1) / sightings.height[here, None]
        nearest = np.full((len(frames), len(apart)), np.inf)
        np.minimum.at(nearest, np.repeat(np.arange(len(frames)), (end - first)[1:]), apart.T)
        likely = np.mean(nearest < near, 1).reshape(-1, len(_OFFSETS)).max(1) > 0.5
        earlier = [shot for shot, is_likely in zip(earlier, likely.tolist(), strict=True) if is_likely]
    return earlier


def _twins(
    sightings: Sightings, tracks: Sequence[IntArray], before: list[int], after: list[int], apart: int
) -> dict[int, int]:
    """For the tracks of a shot those of an earlier one that they repeat; empty where it is another film."""
    frames = sum(len(tracks[index]) for index in after)
    for offset in _OFFSETS:
        twins, repeated, left = dict[int, int](), 0, frames
        for index in after:
            rows = tracks[index]
            pairs = [(_repeats(sightings, tracks[other], rows, apart + offset), other) for other in before]
            best = max(pairs, default=(0, -1))
            if best[0]:
                twins[index] = best[1]
                repeated += len(rows)
            left -= len(rows)
            if repeated + left < _EVERYBODY * frames:
                break
        if repeated >= _EVERYBODY * frames:
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
