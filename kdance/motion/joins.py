"""How likely one piece of a track goes on as another, and which pieces belong together.

Evidence is a logarithm of a likelihood ratio: how much better "one person" explains two pieces than "two people" does.
Each of position, movement, size and clothing gives some, and they add up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from kdance.motion.likeness import Likeness, Look, look_of
from kdance.motion.sightings import Sightings
from kdance.motion.sparse_assignment import best_pairs
from kdance.pose import FloatArray

NEVER: Final = -6.0
"""Evidence below which two pieces are no one's, and nobody need be asked."""

LONGEST_GAP_S: Final = 20.0
"""Seconds after which nobody is expected back."""

MOST_ROWS: Final = 40
"""Sightings at an end of a piece that count, at any frame rate."""

_END_S: Final = 0.22  # of a piece, over which its place and speed at its end are measured
_STAGE: Final = 3.0  # square body heights over which a stranger may stand
_STRANGER_SPEED: Final = 1.5  # body heights a second between two people's speeds along the picture
_FARTHEST: Final = np.array([1.6, 0.4])  # body heights, standard deviation of where one may be after a long time
_GOES_ON: Final = np.array([1.0, 0.0])  # share of a movement along the picture, and up or down, that goes on unseen
_SHRINK: Final = np.array([1.0, 0.5])  # movement toward the camera moves a body less than movement along the picture
_STRANGER_SIZE: Final = 0.25  # of the logarithm of height
_OTHER_CLOTHES: Final = 4.0  # evidence against one person that no path outweighs
_INSIDE: Final = 2.0  # evidence that nobody vanishes in the middle of a picture, and nobody comes out of nowhere
_HIDDEN: Final = 1.0  # evidence for each second longer that both would be hidden, were they two,
_HIDDEN_MOST: Final = 2.0  # and the most of it
_TAIL: Final = 0.03  # share of movements that are three times as wild


class End(NamedTuple):
    """One end of a piece.

    Attributes:
        time: Seconds.
        place: (2,) pixels.
        speed: (2,) pixels a second; NaN where the piece is too short to tell.
        height: Pixels.
        is_inside: Whether it is surely away from the picture's sides.
    """

    time: float
    place: FloatArray
    speed: FloatArray
    height: float
    is_inside: bool


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A stretch of one person.

    Attributes:
        rows: Of the sightings, in time.
        shot: Which shot of the video it is in.
        first: Its beginning.
        last: Its end.
        look: How it is dressed.
    """

    rows: list[int]
    shot: int
    first: End
    last: End
    look: Look


class Join(NamedTuple):
    """Two pieces that may be one person.

    Attributes:
        before: Index of the piece that ends.
        after: Index of the piece that begins.
        evidence: For one person.
        margin: By how much everything else would be less likely without this join.
    """

    before: int
    after: int
    evidence: float
    margin: float


def piece_of(sightings: Sightings, rows: list[int], shot: int) -> Piece:
    """A piece with its ends and its look measured."""
    return Piece(
        rows,
        shot,
        end_of(sightings, rows, at_start=True),
        end_of(sightings, rows, at_start=False),
        look_of(sightings, rows),
    )


def end_of(sightings: Sightings, rows: list[int], *, at_start: bool) -> End:
    """Where and how fast a piece begins or ends."""
    edge = rows[0] if at_start else rows[-1]
    time = float(sightings.time[edge])
    close = np.array(rows[:MOST_ROWS] if at_start else rows[-MOST_ROWS:])
    near = close[np.abs(sightings.time[close] - time) <= _END_S]
    height = float(np.median(sightings.height[near]))
    inside = bool(sightings.inside[edge])
    if len(near) < 4:
        return End(time, sightings.place[near].mean(0), np.full(2, np.nan), height, inside)
    since = sightings.time[near] - time
    # The outermost sighting is the one most likely to be mixed up with the neighbour.
    weights = np.where(near == edge, 0.3, 1.0)
    start, slope = _line(since, sightings.place[near], weights**2)
    return End(time, start, slope, height, inside)


def _line(times: FloatArray, places: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The place at time 0 and the speed, each (2,), of a line through (N, 2) places: weighted least squares."""
    share = weights / weights.sum()
    middle, place = share @ times, share @ places
    away = share * (times - middle)
    slope = (away @ places) / (away @ times)
    return place - middle * slope, slope


def join_evidence(before: Piece, after: Piece, likeness: Likeness, *, is_nobody_missing: bool) -> float:
    """How much speaks for one person; -inf where it can't be one.

    Args:
        before: The piece that ends.
        after: The piece that begins.
        likeness: What clothes say.
        is_nobody_missing: Whether everybody has been seen by then, so that nobody comes out of nowhere.
    """
    gap = after.first.time - before.last.time
    if before.shot != after.shot or not 0 < gap <= LONGEST_GAP_S:
        return -np.inf
    path, clothes = path_evidence(before.last, after.first), likeness.evidence(before.look, after.look)
    if is_nobody_missing and before.last.is_inside and after.first.is_inside:
        path += _INSIDE
    return (min(path, _OTHER_CLOTHES) if clothes < -_OTHER_CLOTHES else path) + clothes


def hidden_evidence(before: Piece, after: Piece, shot: tuple[float, float]) -> float:
    """What speaks for one person besides where nobody else is missing: two would be hidden for longer.

    Args:
        before: The piece that ends.
        after: The piece that begins.
        shot: Seconds at which the shot of both begins and ends.
    """
    if not (before.last.is_inside and after.first.is_inside):
        return 0.0
    # The one would be hidden from here to the end, the other from the beginning to there.
    longer = min(after.first.time - shot[0], shot[1] - before.last.time) - (after.first.time - before.last.time)
    return min(_HIDDEN * longer, _HIDDEN_MOST)


def path_evidence(before: End, after: End) -> float:
    """What place, speed and size say."""
    gap = after.time - before.time
    height = (before.height + after.height) / 2
    speeds = np.stack([before.speed, after.speed])
    known = np.isfinite(speeds[:, 0])
    speed = speeds[known].mean(0) if known.any() else np.zeros(2)
    # As measured by ground truth: who runs is less easily foreseen than who stands, and who moves up comes down.
    missed = (after.place - before.place - gap * speed * _GOES_ON) / height
    fast = float(np.where(np.isfinite(speeds[:, 0]), np.abs(speeds[:, 0]), height).max()) / height
    aside, up = 0.02 + (0.15 + 0.3 * fast) * gap + 0.6 * gap**2, 0.03 + 0.1 * gap + 0.05 * gap**2
    place_spread = np.minimum([aside, up], _FARTHEST)
    found = float(_density(missed, place_spread).sum()) + np.log(_STAGE)
    if known.all():  # up and down is the dance, along the picture is the way
        turned = (after.speed[:1] - before.speed[:1]) / height
        speed_spread = np.array([min(0.15 + 0.5 * fast, 0.5 + 0.6 * gap, _STRANGER_SPEED)])
        found += float((_density(turned, speed_spread) - _density(turned, np.array([_STRANGER_SPEED]))).sum())
    return float(found) + _size_evidence(before.height, after.height, gap)


def between_evidence(before: End, piece: Piece, after: End) -> float:
    """What place and size say for a piece to be in the gap of a track, on a smooth path from its end to its start."""
    time = (piece.first.time + piece.last.time) / 2
    place = (piece.first.place + piece.last.place) / 2
    length = after.time - before.time
    share = (time - before.time) / length
    start, end = np.nan_to_num(before.speed) * length, np.nan_to_num(after.speed) * length
    expected = (
        (2 * share**3 - 3 * share**2 + 1) * before.place
        + (share**3 - 2 * share**2 + share) * start
        + (3 * share**2 - 2 * share**3) * after.place
        + (share**3 - share**2) * end
    )
    near = min(time - before.time, after.time - time)
    spread = np.minimum(_SHRINK * (0.05 + 0.6 * near), _FARTHEST)
    height = (before.height + after.height) / 2
    found = float(_density((place - expected) / height, spread).sum()) + np.log(_STAGE)
    return float(found) + _size_evidence(height, (piece.first.height + piece.last.height) / 2, near)


def _size_evidence(before: float, after: float, gap: float) -> float:
    grown = np.array([np.log(after / before)])
    spread = np.array([min(0.045 + 0.1 * gap, _STRANGER_SIZE)])
    return float((_density(grown, spread) - _density(grown, np.array([_STRANGER_SIZE]))).sum())


def _density(values: FloatArray, spread: FloatArray) -> FloatArray:
    """Logarithm of a bell curve with tails."""
    narrow = np.exp(-((values / spread) ** 2) / 2) / spread
    wide = np.exp(-((values / (3 * spread)) ** 2) / 2) / (3 * spread)
    return np.asarray(np.log(((1 - _TAIL) * narrow + _TAIL * wide) / np.sqrt(2 * np.pi) + 1e-12))


def best_joins(evidence: Mapping[tuple[int, int], float]) -> list[Join]:
    """The joins that together explain most, each piece going on as one other at most, by the pieces that end.

    The margin before all other explanations: of as many that are about as likely as the next best, none may be true.

    Args:
        evidence: For a piece to go on as another.
    """
    likely = [pair for pair, value in evidence.items() if value > 0]
    of_row, of_column = Counter(row for row, _ in likely), Counter(column for _, column in likely)
    return [
        Join(row, column, evidence[row, column], margin - float(np.log(max(of_row[row], of_column[column]))))
        for row, column, margin in best_pairs(evidence)
    ]
