"""Cuts that only the people show: in one room, before a camera that stands, the picture hardly changes.

From one picture to the next nearly everybody is a little elsewhere, and in the pictures around it most are far slower.
Who is at whose place then nobody knows: equal costumes would be taken for one another.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import numpy as np

from kdance.motion.cuts import SHORTEST_SHOT_S
from kdance.motion.people import IntArray, People
from kdance.pose import FloatArray

_LEAP: Final = 0.05  # body heights by which nearly everybody must be away: 0.057 at seams
_CHANCE: Final = 5  # one of so many may come to stand where somebody stood
# times what most move in the pictures around: over 3.3 at seams, 1.5 at most elsewhere
_OF_USUAL: Final = 2.4
_AROUND: Final = 5  # pictures on both sides
_KNOWN: Final = 6  # of them, at least
_LEAST: Final = 0.008  # body heights from picture to picture that are no movement
_COPY: Final = 0.002  # body heights from picture to picture: the same picture again
_MOST_STEPS: Final = 6.0  # that are taken for one movement; after a longer hole anybody may be anywhere
# nose, shoulders, elbows, wrists, hips, knees, ankles: their middles, since sides are mixed up all at once
_LEFT: Final = [0, 5, 7, 9, 11, 13, 15]
_RIGHT: Final = [0, 6, 8, 10, 12, 14, 16]


def with_leaps(people: Sequence[People], times: FloatArray, cuts: Collection[int]) -> IntArray:
    """The cuts with those at which people are suddenly elsewhere: all of two to four, four of five of more.

    Args:
        people: For each frame.
        times: (T,) seconds, increasing.
        cuts: Indices of the frames that begin a new shot, as the pictures tell.

    Returns:
        Indices of frames, increasing; those that are added lie half a second from others and from both ends.
    """
    if not len(times):
        return np.array(sorted(cuts), int)
    least, most = _moved(people)
    steps = _steps(times, most)
    least, most = least / steps, most / steps
    found, ends = sorted(cuts), [0, len(times) - 1]
    leaps = np.flatnonzero(np.nan_to_num(least) > _LEAP)
    for frame in sorted(leaps.tolist(), key=lambda frame: -least[frame]):
        around = np.r_[most[max(frame - _AROUND, 0) : frame], most[frame + 1 : frame + 1 + _AROUND]]
        around = np.sort(around[np.isfinite(around)])
        if len(around) < _KNOWN or any(
            abs(float(times[frame] - times[cut])) < SHORTEST_SHOT_S for cut in (*found, *ends)
        ):
            continue
        # One picture in which the finder was mistaken is not what is usual.
        if least[frame] > _OF_USUAL * max(float(around[-2]), _LEAST):
            found.append(frame)
    return np.array(sorted(found), int)


def _steps(times: FloatArray, most: FloatArray) -> FloatArray:
    """(T,) how many usual steps of time everybody had to move: more where pictures are missing, or were shown again."""
    usual = float(np.median(np.diff(times))) if len(times) > 1 else 1.0
    steps = np.ones(len(times))
    since = 0  # the last picture that is no copy
    for frame in range(1, len(times)):
        steps[frame] = (times[frame] - times[since]) / usual
        since = since if most[frame] < _COPY else frame
    return np.clip(steps, 1.0, _MOST_STEPS)


def _moved(people: Sequence[People]) -> tuple[FloatArray, FloatArray]:
    """(T,) body heights from those of the frame before to the nearest: by nearly all exceeded, median; NaN of one."""
    least, most = np.full(len(people), np.nan), np.full(len(people), np.nan)
    for frame in range(1, len(people)):
        before, after = people[frame - 1], people[frame]
        if min(len(before), len(after)) < 2:
            continue
        points = [(found.keypoints[:, _LEFT, :2] + found.keypoints[:, _RIGHT, :2]) / 2 for found in (before, after)]
        height = np.maximum(before.boxes[:, 3] - before.boxes[:, 1], 1.0)
        apart = np.linalg.norm(points[0][:, None] - points[1][None], axis=-1).mean(-1).min(1) / height
        least[frame], most[frame] = np.sort(apart)[len(apart) // _CHANCE], np.median(apart)
    return least, most
