"""Which moment of the reference each frame of a whole take belongs to: for looking at the two side by side.

First the whole run, roughly and fast (:func:`kdance.motion.alignment.warping_path`, fastdtw); then each 8-count by
itself, exactly, between the places that the first path gives its ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kdance.motion.alignment import warping_path
from kdance.motion.course import Course, runs_of
from kdance.motion.pose_comparison import WEIGHTS
from kdance.motion.pose_normalization import Body
from kdance.motion.reference_motion import RATE_HZ, ReferenceMotion
from kdance.pose import FloatArray

ROUGH_HZ: Final = 5.0
"""Frames a second of the first path; fastdtw takes about a second for two minutes of them."""
ROUGH_RADIUS: Final = 5
MARGIN_S: Final = 1.0
"""An 8-count is aligned with this much around it: the ends of a path are given, its middle is found."""
FARTHEST_S: Final = 0.75
"""How far the exact path may leave the rough one; more is another move that looks alike."""
STEADY_S: Final = 0.3
"""A held pose fits for as long as it is held: the position is the mean over this time."""


def warped_positions(
    user: Body,
    times: FloatArray,
    reference: ReferenceMotion,
    course: Course,
    parts: Sequence[tuple[float, float]],
) -> FloatArray:
    """(T,) seconds of the reference that each frame belongs to, never back within a run.

    Args:
        user: (T, B) bodies.
        times: (T,) seconds of the take, increasing.
        reference: The dance, mirrored where its mirror image was danced.
        course: Where the song was at each frame; what is danced lies around it.
        parts: (start, end) of the 8-counts or sections of the reference, ascending.

    A frame outside of the reference, or in which nobody was seen, keeps the lateness of its neighbours.
    """
    seen = np.asarray(np.isfinite(user.picture).any((-1, -2)))
    late = np.zeros(len(course))
    for frames in runs_of(course):
        inside = np.arange(frames.start, frames.stop)
        clock = course.position[inside]
        inside = inside[seen[inside] & (clock >= 0) & (clock <= reference.duration)]
        if len(inside) < 2:
            continue
        rough = _rough_lateness(user[inside], course.position[inside], reference)
        late[frames] = _exact_lateness(user, inside, course.position, reference, rough, parts)[
            np.searchsorted(inside, np.arange(frames.start, frames.stop)).clip(0, len(inside) - 1)
        ]
    return _never_back(course, times, course.position - late)


def _rough_lateness(user: Body, clock: FloatArray, reference: ReferenceMotion) -> FloatArray:
    """(N,) seconds behind the clock by the path of a whole run."""
    wanted = np.arange(clock[0], clock[-1] + 1e-9, 1 / ROUGH_HZ)
    chosen = np.unique(np.searchsorted(clock, wanted).clip(0, len(clock) - 1))
    grid = _grid(clock[0] - MARGIN_S, clock[-1] + MARGIN_S, ROUGH_HZ, reference)
    _, path = warping_path(
        _features(user[chosen]), _features(reference.at(grid)), method="fast", band_radius=ROUGH_RADIUS
    )
    late = clock[chosen] - _mean_of(path, grid, len(chosen))
    return np.asarray(np.interp(clock, clock[chosen], np.clip(late, -FARTHEST_S, FARTHEST_S)))


def _exact_lateness(
    user: Body,
    inside: NDArray[np.intp],
    position: FloatArray,
    reference: ReferenceMotion,
    rough: FloatArray,
    parts: Sequence[tuple[float, float]],
) -> FloatArray:
    """(N,) seconds behind the clock by a path of each part."""
    clock, late = position[inside], rough.copy()
    for start, end in parts:
        first, last = np.searchsorted(clock, (start - MARGIN_S, end + MARGIN_S))
        if last - first < 2:
            continue
        here = slice(int(first), int(last))
        at = clock[here] - rough[here]
        grid = _grid(float(at[0]), float(at[-1]), RATE_HZ, reference)
        radius = round(FARTHEST_S * RATE_HZ)
        _, path = warping_path(_features(user[inside[here]]), _features(reference.at(grid)), band_radius=radius)
        exact = clock[here] - _mean_of(path, grid, last - first)
        own = (clock[here] >= start) & (clock[here] < end)
        late[here][own] = exact[own]
    return late


def _grid(start: float, end: float, rate: float, reference: ReferenceMotion) -> FloatArray:
    """(S,) moments of the reference, evenly apart; one at least."""
    start, end = (min(max(moment, 0.0), reference.duration) for moment in (start, end))
    return start + np.arange(int((end - start) * rate) + 1) / rate


def _features(body: Body) -> FloatArray:
    """(T, 2 B) directions in the picture, heavier where a bone tells more; 0 for a bone that isn't seen."""
    weighted = np.nan_to_num(body.picture) * np.sqrt(WEIGHTS)[:, None]
    return np.asarray(weighted.reshape(len(weighted), -1), np.float64)


def _mean_of(path: NDArray[np.intp], grid: FloatArray, count: int) -> FloatArray:
    """(T,) mean moment of the reference that a path gives each frame of the take."""
    total = np.bincount(path[:, 0], weights=grid[path[:, 1]], minlength=count)
    return np.asarray(total / np.bincount(path[:, 0], minlength=count))


def _never_back(course: Course, times: FloatArray, position: FloatArray) -> FloatArray:
    """(T,) positions without jumps, never falling within a run."""
    steady = position.copy()
    for frames in runs_of(course):
        taken, own = times[frames], position[frames]
        first, last = (np.searchsorted(taken, taken + side * STEADY_S / 2) for side in (-1, 1))
        total = np.concatenate(([0.0], np.cumsum(own - course.position[frames])))
        last = np.maximum(last, first + 1)
        steady[frames] = np.maximum.accumulate(course.position[frames] + (total[last] - total[first]) / (last - first))
    return steady
