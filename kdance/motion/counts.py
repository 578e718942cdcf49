"""Counts: the steady grid on which dancers number the beats of a song from 1 to 8."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from kdance.choices import FASTEST_BPM, SLOWEST_BPM

EIGHT: Final = 8
# A moment so little before a count is on it: what is left of adding and multiplying seconds.
_ROUNDING: Final = 1e-6

_LEAST: Final = 2  # counts that the end of a song leaves of an 8-count for it to be one


@dataclass(frozen=True, slots=True)
class CountGrid:
    """A steady grid of counts over a reference.

    Attributes:
        seconds_per_count: Seconds from one count to the next.
        first: The first second of the reference at which a "1" falls; less than eight counts.

    Raises:
        ValueError: The tempo is outside of 40 to 240 counts a minute, or ``first`` outside of its eight counts.

    >>> grid = CountGrid(seconds_per_count=0.5, first=2.0)
    >>> grid.number_at(2.0), grid.number_at(3.6), grid.number_at(1.9)
    (1, 4, 8)
    """

    seconds_per_count: float
    first: float

    def __post_init__(self) -> None:
        if not SLOWEST_BPM - _ROUNDING <= 60 / max(self.seconds_per_count, 1e-9) <= FASTEST_BPM + _ROUNDING:
            raise ValueError(
                f"seconds_per_count must give {SLOWEST_BPM} to {FASTEST_BPM} counts a minute, "
                f"got {self.seconds_per_count}"
            )
        if not 0 <= self.first < EIGHT * self.seconds_per_count:
            raise ValueError(f"first must be from 0 to less than eight counts, got {self.first}")

    @classmethod
    def with_one_at(cls, one: float, seconds_per_count: float) -> CountGrid:
        """The grid that has a "1" at ``one``, any second of the song, also a negative one.

        >>> CountGrid.with_one_at(10.0, 0.5).first
        2.0
        """
        eight = EIGHT * seconds_per_count
        first = one % eight
        # Rounding can give the eight counts themselves, and a little less means the "1" at 0.
        return cls(float(seconds_per_count), 0.0 if eight - first < _ROUNDING else float(first))

    @property
    def bpm(self) -> float:
        """Counts a minute."""
        return 60 / self.seconds_per_count

    def count_at(self, time: float) -> float:
        """Counts since ``first`` at a second of the reference; negative before it."""
        return (time - self.first) / self.seconds_per_count

    def number_at(self, time: float) -> int:
        """The count that is being danced, 1 to 8."""
        return math.floor(self.count_at(time) + _ROUNDING) % EIGHT + 1

    def time_of(self, count: float) -> float:
        """The second of the reference at which a count falls, counted from ``first``; undoes :meth:`count_at`."""
        return self.first + count * self.seconds_per_count

    def shifted(self, counts: int) -> CountGrid:
        """The grid whose "1" falls so many counts later, or earlier where negative.

        >>> CountGrid(0.5, 2.0).shifted(-5).first
        3.5
        """
        return CountGrid.with_one_at(self.time_of(counts), self.seconds_per_count)

    def ones(self, duration: float) -> list[float]:
        """Every second from 0 to ``duration`` at which a "1" falls, ascending."""
        return [self.time_of(EIGHT * index) for index in range(self._eights_begun(duration))]

    def eights(self, duration: float) -> list[tuple[float, float]]:
        """(start, end) of each 8-count from 0 to ``duration``, in seconds, ascending and without gaps.

        The last one may be cut short by the end of the song; with less than two counts it is none.

        >>> CountGrid(0.5, 2.0).eights(17.9)
        [(2.0, 6.0), (6.0, 10.0), (10.0, 14.0), (14.0, 17.9)]
        """
        edges = [*self.ones(duration)]
        if edges and duration - edges[-1] >= _LEAST * self.seconds_per_count:
            edges.append(duration)
        return list(pairwise(edges))

    def _eights_begun(self, duration: float) -> int:
        return max(0, math.floor(self.count_at(duration) / EIGHT + _ROUNDING) + 1)
