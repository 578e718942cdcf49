"""Which of many stretches of time meet one: those near it are looked at, not all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence


class Intervals:
    """Stretches of time that can be asked for.

    Args:
        spans: Begin and end of each, in any unit.
        step: How long a stretch of time is usually asked for, in the same unit.

    >>> Intervals([(0.0, 2.0), (1.5, 9.0), (5.0, 6.0)], 1.0).meeting(2.0, 3.0)
    [0, 1]
    """

    def __init__(self, spans: Sequence[tuple[float, float]], step: float) -> None:
        self._spans = spans
        self._step = step
        self._steps = defaultdict[int, list[int]](list)
        for index, (begin, end) in enumerate(spans):
            for number in self._numbers(begin, end):
                self._steps[number].append(index)

    def meeting(self, begin: float, end: float) -> list[int]:
        """Indices of those that have a moment in common with a stretch, its ends included; rising."""
        found = {index for number in self._numbers(begin, end) for index in self._steps.get(number, ())}
        return sorted(index for index in found if self._spans[index][0] <= end and self._spans[index][1] >= begin)

    def _numbers(self, begin: float, end: float) -> range:
        return range(int(begin // self._step), int(end // self._step) + 1)
