"""What is worth asking about doubtful joins: for each end all who may go on there, not the likeliest alone.

Who looks at two pictures can tell faces. After a "no" the next likeliest is asked, and a "yes" leaves out all whom it
makes impossible; so what matters is that the right one is among those who can be asked, and in good order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from kdance.motion.joins import Piece
from kdance.motion.sightings import Sightings
from kdance.pose import FloatArray

MOST: Final = 300
"""Questions that are kept of a film; nobody answers more than a few of them, about one dancer."""

LEAST: Final = 0.01
"""Likelihood from which a join may be asked about."""

_ROUNDS: Final = 50


@dataclass(frozen=True, slots=True)
class Question:
    """Whether two tracks are one person.

    Attributes:
        before: Index of the track that ends.
        after: Index of the track that begins, perhaps in another shot.
        last: The last frame of the one.
        first: The first frame of the other.
        confidence: That they are one, 0..1.
    """

    before: int
    after: int
    last: int
    first: int
    confidence: float


def open_questions(
    sightings: Sightings, pieces: Sequence[Piece], evidence: Mapping[tuple[int, int], float]
) -> tuple[Question, ...]:
    """What may be asked of pieces that weren't joined.

    Args:
        sightings: Of the whole video.
        pieces: Each one person, as far as anybody can be sure.
        evidence: For one to go on as another.
    """
    pairs, shares = list(evidence), shares_of(evidence)
    found = [
        Question(
            row, column, int(sightings.frame[pieces[row].rows[-1]]), int(sightings.frame[pieces[column].rows[0]]), share
        )
        for (row, column), share in zip(pairs, shares.tolist(), strict=True)
        if share >= LEAST
    ]
    return most_valuable(found, [len(piece.rows) for piece in pieces])


def most_valuable(questions: Iterable[Question], frames: Sequence[int]) -> tuple[Question, ...]:
    """Those that may join most, given for how many frames each track is seen; the most valuable first."""
    return tuple(
        sorted(questions, key=lambda asked: -asked.confidence * min(frames[asked.before], frames[asked.after]))[:MOST]
    )


def shares_of(evidence: Mapping[tuple[int, int], float]) -> FloatArray:
    """(N,) how likely each pair is, where each may go on as one other at most: the assignment of most entropy.

    Sinkhorn and Knopp's alternating scaling, with nobody as one more choice of each.
    """
    if not evidence:
        return np.zeros(0)
    rows, columns = np.array(list(evidence)).T
    weight = np.exp(np.array(list(evidence.values())))
    of_row, of_column = np.ones(rows.max() + 1), np.ones(columns.max() + 1)
    for _ in range(_ROUNDS):
        of_row = 1 / (1 + np.bincount(rows, weight * of_column[columns], len(of_row)))
        of_column = 1 / (1 + np.bincount(columns, weight * of_row[rows], len(of_column)))
    return np.asarray(weight * of_row[rows] * of_column[columns])
