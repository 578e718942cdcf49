"""Who belongs to whom at the least cost: the assignment problem, solved exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kdance.pose import FloatArray


def assign(costs: FloatArray, *, unmatched: float) -> NDArray[np.integer[Any]]:
    """The pairs of rows and columns with the least sum of costs, each in one pair at most.

    Args:
        costs: (N, M); inf for a pair that can't be.
        unmatched: Cost of leaving a row and a column alone: a pair that costs more isn't made.

    Returns:
        (N,) the column of each row, -1 for none.
    """
    chosen = np.full(len(costs), -1)
    useful = costs < unmatched
    rows, columns = np.flatnonzero(useful.any(1)), np.flatnonzero(useful.any(0))
    if not len(rows):
        return chosen
    # Every row gets a column of its own that stands for nobody.
    gain = np.where(useful, costs - unmatched, 0.0)[np.ix_(rows, columns)]
    padded = np.concatenate([gain, np.zeros((len(rows), len(rows)))], axis=1)
    for row, column in enumerate(_hungarian(padded).tolist()):
        if column < len(columns) and gain[row, column] < 0:
            chosen[rows[row]] = columns[column]
    return chosen


def _hungarian(costs: FloatArray) -> NDArray[np.integer[Any]]:
    """(N,) the column of each row; finite costs (N, M) with N <= M. Shortest augmenting paths, O(N^2 M)."""
    count, width = costs.shape
    of_rows, of_columns = np.zeros(count), np.zeros(width + 1)
    owner = np.full(width + 1, -1)  # the last column is the root of each search
    for row in range(count):
        owner[width] = row
        column = width
        shortest, before = np.full(width, np.inf), np.full(width, width)
        done = np.zeros(width + 1, bool)
        while owner[column] >= 0:
            done[column] = True
            here = owner[column]
            reduced = costs[here] - of_rows[here] - of_columns[:width]
            better = ~done[:width] & (reduced < shortest)
            shortest[better], before[better] = reduced[better], column
            open_ = np.where(done[:width], np.inf, shortest)
            following = int(open_.argmin())
            step = open_[following]
            of_rows[owner[done]] += step
            of_columns[done] -= step
            shortest[~done[:width]] -= step
            column = following
        while column != width:
            owner[column] = owner[before[column]]
            column = int(before[column])
        owner[width] = -1
    found = np.full(count, -1)
    taken = np.flatnonzero(owner[:width] >= 0)
    found[owner[taken]] = taken
    return found
