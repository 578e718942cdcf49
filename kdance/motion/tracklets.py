"""Short safe pieces of tracks: a body followed from frame to frame for as long as it can't be mistaken.

Wherever two bodies could have changed places, or one of two that stand close is lost, the pieces end; joining them is
left to who sees the whole video (:mod:`kdance.motion.joins`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

import numpy as np

from kdance.motion.assignment import assign
from kdance.motion.people import IntArray
from kdance.motion.sightings import Sightings
from kdance.pose import FloatArray

# nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles: the steadier, the heavier
_WEIGHTS: Final = np.array([1, 0.3, 0.3, 0.5, 0.5, 2, 2, 0.7, 0.7, 0.3, 0.3, 2, 2, 1, 1, 0.7, 0.7])
_GATE: Final = 0.16  # body heights by which the points of a body may miss their prediction, and
_GATE_PER_S: Final = 1.5  # this much more for every second between the frames
_LOOK: Final = 0.15  # cost of wearing other colours altogether, in body heights
_MARGIN: Final = 0.045  # body heights by which the second best explanation must be worse
_CLOSE: Final = 0.35  # body heights between trunks; one of two so close may take the other's place
_TOUCHING: Final = 0.13  # body heights between trunks under which the points of two bodies get mixed
_HIDDEN: Final = 0.25  # body heights from a body within which somebody lost may be hidden by it
_REMEMBERED_S: Final = 0.5
_JUMP: Final = 0.05  # body heights by which the trunk may miss its prediction, and
_JUMP_PER_S2: Final = 40.0  # this much more for every second squared: the acceleration of a jump
_STEADY: Final = 0.5  # of the speed comes from the newest step
_SIZE: Final = 0.3  # cost of a change of height by a factor e
_LONGEST_STEP_S: Final = 0.1  # a piece never crosses a longer gap between frames


class _Step(NamedTuple):
    """From one frame to the next: rows of the sightings."""

    before: slice
    after: slice
    seconds: float


class _Lost(NamedTuple):
    """A body that was followed and is seen no more."""

    row: int
    place: FloatArray
    speed: FloatArray
    time: float


def safe_tracklets(sightings: Sightings, cuts: Collection[int]) -> list[list[int]]:
    """Follow everybody for as long as it is safe.

    Args:
        sightings: Of the whole video.
        cuts: Indices of the frames that begin a new shot.

    Returns:
        For each piece its rows of the sightings, in time; every sighting is in exactly one.
    """
    speed = np.zeros((len(sightings), 2))
    previous = np.full(len(sightings), -1)
    lost: list[_Lost] = []
    jumps: list[tuple[int, int]] = []
    for step in _steps(sightings, set(cuts)):
        links, leaps, gone = _safe_links(sightings, step, speed, lost)
        jumps += leaps + [(here, there) for here, there in links if previous[here] < 0]
        for here, there in links:
            previous[there] = here
            moved = (sightings.place[there] - sightings.place[here]) / max(step.seconds, 1e-3)
            known = previous[here] >= 0
            speed[there] = _STEADY * moved + (1 - _STEADY) * speed[here] if known else moved * _STEADY
        lost = gone
    for here, there, is_steady in _in_line(sightings, previous, jumps):
        previous[there] = here if is_steady else -1
    pieces: dict[int, list[int]] = {}
    piece_of = np.arange(len(sightings))
    for row in range(len(sightings)):
        if previous[row] >= 0:
            piece_of[row] = piece_of[previous[row]]
        pieces.setdefault(int(piece_of[row]), []).append(row)
    return list(pieces.values())


def _steps(sightings: Sightings, cuts: set[int]) -> Iterator[_Step]:
    """The steps between neighbouring frames of one shot that both have people in them."""
    if not len(sightings):
        return
    last = int(sightings.frame[-1])
    starts = np.searchsorted(sightings.frame, np.arange(last + 2))
    for frame in range(1, last + 1):
        begin, middle, end = starts[frame - 1], starts[frame], starts[frame + 1]
        if middle in (begin, end) or frame in cuts:
            continue
        seconds = float(sightings.time[middle] - sightings.time[begin])
        if seconds <= _LONGEST_STEP_S:
            yield _Step(slice(begin, middle), slice(middle, end), seconds)


def _safe_links(
    sightings: Sightings, step: _Step, speed: FloatArray, lost: list[_Lost]
) -> tuple[list[tuple[int, int]], list[tuple[int, int]], list[_Lost]]:
    """The pairs of rows that are surely one body, those that are but for a jump, and who is lost after the step."""
    costs = _costs(sightings, step, speed)
    gate = _GATE + _GATE_PER_S * step.seconds
    costs = np.where(costs < gate, costs, np.inf)
    chosen = assign(costs, unmatched=gate)
    before, after = _distances(sightings, step.before), _distances(sightings, step.after)
    gone = np.flatnonzero(chosen < 0)
    is_new = np.ones(costs.shape[1], bool)
    is_new[chosen[chosen >= 0]] = False
    new = np.flatnonzero(is_new)
    now = float(sightings.time[step.after.start])
    reappeared, waiting = _near_lost(sightings, step, lost, now)
    links, jumps = list[tuple[int, int]](), list[tuple[int, int]]()
    for row, column in enumerate(chosen.tolist()):
        if column < 0 or not _is_clear(costs, chosen, row, new) or column in reappeared:
            continue
        if (before[row, gone] < _CLOSE).any() or (after[column, new] < _CLOSE).any():
            continue
        if min(before[row].min(), after[column].min()) < _TOUCHING:
            continue
        here, there = step.before.start + row, step.after.start + column
        expected = sightings.place[here] + speed[here] * step.seconds
        missed = np.linalg.norm(sightings.place[there] - expected) / sightings.height[there]
        (links if missed <= _JUMP + _JUMP_PER_S2 * step.seconds**2 else jumps).append((here, there))
    for row in (step.before.start + gone).tolist():
        time = float(sightings.time[row])
        waiting.append(_Lost(row, sightings.place[row], speed[row], time))
    return links, jumps, waiting


def _in_line(sightings: Sightings, previous: IntArray, steps: list[tuple[int, int]]) -> Iterator[tuple[int, int, bool]]:
    """Whether steps of bodies that have no speed yet go on as they came: who comes out of hiding may be running.

    Args:
        sightings: Of the whole video.
        previous: (D,) row of the same body in the frame before, -1 for none.
        steps: Pairs of rows, each one body if it may have moved so.
    """
    is_known, before, after = previous >= 0, previous.copy(), np.full(len(previous), -1)
    for here, there in steps:
        before[there] = here
    linked = np.flatnonzero(before >= 0)
    after[before[linked]] = linked

    def missed(first: int, middle: int, last: int) -> float:
        """How much farther than an acceleration takes a body the third place is from where the first two point."""
        place, time = sightings.place, sightings.time
        seconds = float(time[last] - time[middle])
        speed = (place[middle] - place[first]) / max(float(time[middle] - time[first]), 1e-3)
        away = np.linalg.norm(place[last] - place[middle] - speed * seconds) / sightings.height[middle]
        return float(away) - _JUMP - _JUMP_PER_S2 * seconds**2

    for here, there in steps:
        found = [missed(before[here], here, there)] if before[here] >= 0 else []
        found += [missed(here, there, after[there])] if after[there] >= 0 else []
        yield here, there, max(found) <= 0 if found else bool(is_known[there])


def _near_lost(sightings: Sightings, step: _Step, lost: list[_Lost], now: float) -> tuple[set[int], list[_Lost]]:
    """Whose place somebody lost may be in by now, as columns of the step; and who is still lost elsewhere."""
    columns: set[int] = set()
    waiting = []
    for one in lost:
        if now - one.time > _REMEMBERED_S:
            continue
        height = sightings.height[one.row]
        places = np.stack([one.place, one.place + one.speed * (now - one.time)])
        apart = np.linalg.norm(sightings.place[step.after][:, None] - places, axis=-1).min(1) / height
        near = np.flatnonzero(apart < _HIDDEN).tolist()
        columns |= set(near)
        if not near:
            waiting.append(one)
    return columns, waiting


def _is_clear(costs: FloatArray, chosen: IntArray, row: int, free: IntArray) -> bool:
    """Whether no other explanation comes near: to change places with another, or to take a place left free."""
    column = int(chosen[row])
    own = costs[row, column]
    for other, its in enumerate(chosen.tolist()):
        if other == row:
            continue
        if its < 0:
            if costs[other, column] < own + _MARGIN:
                return False
        elif costs[row, its] + costs[other, column] < own + costs[other, its] + 2 * _MARGIN:
            return False
    return not bool((costs[row, free] < own + _MARGIN).any())


def _costs(sightings: Sightings, step: _Step, speed: FloatArray) -> FloatArray:
    """(N, M) how far bodies are from where others were expected, in body heights, with their other differences."""
    first, second = sightings.points[step.before], sightings.points[step.after]
    height = (sightings.height[step.before][:, None] + sightings.height[step.after][None]) / 2
    expected = first[..., :2] + (speed[step.before] * step.seconds)[:, None]
    distance = np.linalg.norm(expected[:, None] - second[None, :, :, :2], axis=-1)
    weights = _WEIGHTS * np.sqrt(first[:, None, :, 2] * second[None, :, :, 2]) + 1e-6
    apart = (distance * weights).sum(-1) / weights.sum(-1) / height
    look = look_distance(sightings.looks(step.before)[:, None], sightings.looks(step.after)[None])
    size = np.abs(np.log(sightings.height[step.after][None] / sightings.height[step.before][:, None]))
    return np.asarray(apart + _LOOK * np.nan_to_num(look, nan=0.3) + _SIZE * np.maximum(0.0, size - 0.1))


def _distances(sightings: Sightings, rows: slice) -> FloatArray:
    """(N, N) between the trunks of bodies of one frame, in body heights; NaN-free, inf to oneself."""
    place, height = sightings.place[rows], sightings.height[rows]
    apart = np.linalg.norm(place[:, None] - place[None], axis=-1) / np.maximum(height[:, None], height[None])
    np.fill_diagonal(apart, np.inf)
    return np.asarray(apart)


def look_distance(first: FloatArray, second: FloatArray) -> FloatArray:
    """How differently two bodies (..., 64) are dressed: squared Hellinger distance, 0..1; NaN where nothing is seen."""
    squared = (first - second) ** 2
    seen = np.isfinite(squared)
    regions = np.maximum(seen.sum(-1) / 16, 1e-9)
    return np.asarray(np.where(seen.any(-1), np.where(seen, squared, 0.0).sum(-1) / 2 / regions, np.nan))
