"""Whether two pieces of a track wear the same clothes, learnt from the video itself.

What is the same in all (equal costumes, the light) says nothing, and what changes within one dancer (folds, turning
round) says little. Both can be seen in the video: two bodies in one picture are two people, and a body followed without
a doubt is one. Fisher's discriminant of the two gives the directions that count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from kdance.motion.intervals import Intervals
from kdance.motion.people import IntArray
from kdance.motion.sightings import Sightings
from kdance.pose import FloatArray

_BLOCK: Final = 8  # sightings that are averaged before they are compared
_ENOUGH: Final = 2000  # sightings, evenly over a piece, that tell how it is dressed
_DIRECTIONS: Final = 5
_FEWEST_BLOCKS: Final = 6
_FRAMES: Final = 100.0  # about the length of a piece
_NOISE: Final = 4e-4  # variance of a share's square root that is never worth a thought
_DRIFT: Final = 2.0  # variance between two looks at one person over that between neighbouring blocks
_CHANGE: Final = 0.04  # variance of one person's look through a video, at least, over that between people
_UNSURE: Final = 6.0  # the same for pieces that were never seen alone
_FAR: Final = 1.5  # standard deviations between people, beyond which they are no farther apart
_MOST: Final = 8.0  # log-likelihood ratio; clothes alone never say more
_USUAL_DISTANCE: Final = 0.13  # where nothing can be learnt: between one person's looks and two people's
_USUAL_STEEPNESS: Final = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """How a piece of a track is dressed.

    Attributes:
        mean: (64,) square roots of shares of colours, NaN where a region was never seen.
        is_sure: Whether it was learnt while nobody else was near.
    """

    mean: FloatArray
    is_sure: bool


def look_of(sightings: Sightings, rows: Sequence[int] | IntArray) -> Look:
    """The look of a piece, of its sightings alone where there are enough."""
    alone = _alone(sightings, rows)
    is_sure = len(alone) >= 4
    looks = alone if is_sure else np.asarray(rows, int)
    return Look(_mean(sightings.looks(looks[:: 1 + len(looks) // _ENOUGH])), is_sure)


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """What tells the people of one video apart.

    Attributes:
        directions: (64, K) of looks; the spread of one person along each is 1.
        spread: (K,) variance between people along each.
    """

    directions: FloatArray
    spread: FloatArray

    def evidence(self, first: Look, second: Look) -> float:
        """How much the clothes speak for one person: log of likelihood ratio, positive for one, negative for two."""
        return float(self.evidences([first], second)[0])

    def evidences(self, others: Sequence[Look], look: Look) -> FloatArray:
        """(N,) the same of each of N others."""
        difference = np.stack([other.mean for other in others]) - look.mean
        known = np.isfinite(difference)
        difference = np.where(known, difference, 0.0)
        is_sure = np.array([other.is_sure for other in others]) & look.is_sure
        if not len(self.spread):
            distance = (difference**2).sum(-1) / 2 / (np.maximum(known.sum(-1), 1) / 16)
            found = _USUAL_STEEPNESS * (_USUAL_DISTANCE - distance)
            found = np.clip(found, -_MOST, _MOST / 2) * np.where(is_sure, 1.0, 0.5)
        else:
            along = difference @ self.directions
            one = 2 * np.where(is_sure, _DRIFT, _UNSURE)[:, None]
            two = one + 2 * self.spread
            # What is beyond all people of the video (a shadow, the neighbour's sleeve) says no more than they do.
            along = np.clip(along, -_FAR * np.sqrt(two), _FAR * np.sqrt(two))
            found = (0.5 * np.log(two / one) - along**2 / 2 * (1 / one - 1 / two)).sum(-1)
            found = np.clip(found, -_MOST, _MOST)
        return np.where(known.any(-1), found, 0.0)


def learn_likeness(sightings: Sightings, pieces: Sequence[Sequence[int] | IntArray]) -> Likeness:
    """Learn what tells people apart from pieces that are each one person, some of them at the same time."""
    means, spans = list[FloatArray](), list[tuple[int, int]]()
    within, blocks = np.zeros((64, 64)), 0
    for rows in pieces:
        alone = _alone(sightings, rows)
        if len(alone) < 2 * _BLOCK:
            continue
        parts = np.array_split(alone, len(alone) // _BLOCK)
        looks = np.stack([_mean(sightings.looks(part)) for part in parts])
        means.append(_mean(looks))
        deviations = np.nan_to_num(looks - means[-1])
        within += deviations.T @ deviations
        blocks += len(parts) - 1
        spans.append((int(sightings.frame[rows[0]]), int(sightings.frame[rows[-1]])))
    between, pairs = np.zeros((64, 64)), 0
    together = Intervals(spans, _FRAMES)
    for one, span in enumerate(spans):
        others = [two for two in together.meeting(*span) if two < one]
        if others:
            differences = np.nan_to_num(means[one] - np.stack([means[two] for two in others]))
            between += differences.T @ differences
            pairs += len(others)
    if not pairs or blocks < _FEWEST_BLOCKS:
        return Likeness(np.zeros((64, 0)), np.zeros(0))
    within /= blocks
    within += (_NOISE + 0.2 * np.trace(within) / len(within)) * np.eye(len(within))
    between /= 2 * pairs
    within += _CHANGE * between
    values, vectors = np.linalg.eigh(within)
    whitener = vectors / np.sqrt(values)
    spread, rotation = np.linalg.eigh(whitener.T @ between @ whitener)
    best = np.argsort(-spread)[:_DIRECTIONS]
    return Likeness(whitener @ rotation[:, best], np.maximum(spread[best] - 1.0, 0.0))


def _alone(sightings: Sightings, rows: Sequence[int] | IntArray) -> IntArray:
    """Those of some sightings that are alone."""
    found = np.asarray(rows, int)
    return np.asarray(found[sightings.alone[found]])


def _mean(looks: FloatArray) -> FloatArray:
    """(64,) mean of (N, 64) over what is seen; NaN where nothing is."""
    seen = np.isfinite(looks)
    count = seen.sum(0)
    return np.where(count > 0, np.where(seen, looks, 0.0).sum(0, dtype=float) / np.maximum(count, 1), np.nan)
