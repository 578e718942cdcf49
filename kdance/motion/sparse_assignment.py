"""Who goes on as whom for the most gain, where few of many can: the assignment problem on a graph with few edges.

Shortest augmenting paths with potentials (Jonker and Volgenant 1987, "A shortest augmenting path algorithm for dense
and sparse linear assignment problems"). A search ends where it finds a free column, so it looks at neighbours alone,
and the work grows with the edges, not with the square of the rows.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from heapq import heappop, heappush
from typing import NamedTuple

_Edges = list[tuple[float, int]]


class Pair(NamedTuple):
    """A row and a column of the best assignment.

    Attributes:
        row: Index.
        column: Index.
        margin: By how much the best assignment without the pair gains less.
    """

    row: int
    column: int
    margin: float


def best_pairs(gains: Mapping[tuple[int, int], float]) -> list[Pair]:
    """The pairs that together gain most, each row and each column in one of them at most, by their rows.

    Args:
        gains: Of a row with a column; a pair that isn't there, or gains nothing, is never made.

    >>> best_pairs({(0, 0): 5.0, (0, 1): 4.0, (1, 1): 3.0})
    [Pair(row=0, column=0, margin=4.0), Pair(row=1, column=1, margin=3.0)]
    """
    solver = _Assignment({pair: gain for pair, gain in gains.items() if gain > 0})
    return [
        Pair(row, column, solver.margin(row, column)) for row, column in sorted(solver.column_of.items()) if column >= 0
    ]


class _Assignment:
    """The best assignment and its potentials. Every row has a column of its own, -1 - row, that stands for nobody."""

    def __init__(self, gains: Mapping[tuple[int, int], float]) -> None:
        self._of_row: dict[int, _Edges] = {}  # costs and columns
        self._of_column: dict[int, _Edges] = {}  # costs and rows
        for (row, column), gain in gains.items():
            self._of_row.setdefault(row, [(0.0, -1 - row)]).append((-gain, column))
            self._of_column.setdefault(column, []).append((-gain, row))
        # What an edge costs less both potentials is never negative, and nothing in the assignment.
        self._row = {row: min(edges)[0] for row, edges in self._of_row.items()}
        self._column = defaultdict[int, float](float)  # 0 of a free one, else 0 at most
        self.column_of: dict[int, int] = {}
        self._row_of: dict[int, int] = {}
        for row in self._of_row:
            self._augment(row)

    def margin(self, row: int, column: int) -> float:
        """What is lost without a pair of the assignment.

        Either others move up from where the row goes to the column that it has left, or the row goes where nobody was,
        and the column stays free or is taken by others, of whom the last leaves a free one.
        """
        least, free = math.inf, math.inf
        for far, there in _nearest(self._left_by(row, column), lambda one: self._left_by(self._row_of.get(one), one)):
            if far >= least:
                break
            if there == column:
                return far
            if free == math.inf and there not in self._row_of:
                free = far
                least = free + self._taken(column, row)
        return least

    def _taken(self, column: int, by_others_than: int) -> float:
        """The least cost for a column that was left to stay free, or to be taken."""
        least = -self._column[column]
        for far, there in _nearest(self._taking(column), self._taking):
            if far >= least:
                break
            least = min(least, far - self._column[there])
        return least

    def _left_by(self, row: int | None, column: int | None) -> _Edges:
        """The columns to which a row can go that leaves one, and how much worse they are; none of nobody's column."""
        if row is None:
            return []
        return [
            (cost - self._row[row] - self._column[there], there) for cost, there in self._of_row[row] if there != column
        ]

    def _taking(self, column: int) -> _Edges:
        """The columns that rows would leave for a column, and how much worse it is for them."""
        return [
            (cost - self._row[row] - self._column[column], self.column_of[row])
            for cost, row in self._of_column.get(column, [])
            if self.column_of[row] != column
        ]

    def _augment(self, start: int) -> None:
        """Give a row a column, moving others where that costs least."""
        before, done = dict[int, int](), list[tuple[float, int]]()

        def beyond(column: int) -> _Edges:
            return self._left_by(self._row_of.get(column), column)

        for far, column in _nearest(self._left_by(start, None), beyond, before):
            if column not in self._row_of:
                break
            done.append((far, column))
        self._row[start] += far
        for at, other in done:
            self._row[self._row_of[other]] += far - at
            self._column[other] -= far - at
        while column in before:
            self._pair(self._row_of[before[column]], column)
            column = before[column]
        self._pair(start, column)

    def _pair(self, row: int, column: int) -> None:
        self.column_of[row], self._row_of[column] = column, row


def _nearest(
    starts: _Edges, beyond: Callable[[int], _Edges], before: dict[int, int] | None = None
) -> Iterator[tuple[float, int]]:
    """All that can be reached with its distance, the nearest first (Dijkstra); ``before`` is told the ways to them."""
    waiting, best = list[tuple[float, int]](), dict[int, float]()
    done = set[int]()

    def reach(edges: _Edges, far: float, by: int | None) -> None:
        for cost, there in edges:
            if there not in done and far + cost < best.get(there, math.inf):
                best[there] = far + cost
                heappush(waiting, (far + cost, there))
                if before is not None and by is not None:
                    before[there] = by

    reach(starts, 0.0, None)
    while waiting:
        far, here = heappop(waiting)
        if here in done:
            continue
        done.add(here)
        yield far, here
        reach(beyond(here), far, here)
