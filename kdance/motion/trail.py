"""The newest numbers of a stream, kept so that the last seconds are one slice of an array."""

from __future__ import annotations

from typing import Final

import numpy as np

from kdance.pose import FloatArray

# The last seconds of the fastest camera fit twice; then the newer half moves to the front.
CAPACITY: Final = 2048


class Trail:
    """Rows of numbers with their times, newest last, of bounded memory.

    Args:
        width: Numbers in a row.

    >>> trail = Trail(1)
    >>> for time in (0.0, 0.5, 1.0):
    ...     trail.append(time, np.array([10 * time]))
    >>> trail.since(0.2).ravel()
    array([ 5., 10.])
    """

    def __init__(self, width: int) -> None:
        self._times: FloatArray = np.empty(CAPACITY)
        self._rows: FloatArray = np.empty((CAPACITY, width))
        self._count = 0

    def append(self, time: float, row: FloatArray) -> None:
        """Add a (width,) row; ``time`` seconds, later than the row before."""
        if self._count == CAPACITY:
            half = CAPACITY // 2
            self._times[:half], self._rows[:half] = self._times[half:], self._rows[half:].copy()
            self._count = half
        self._times[self._count], self._rows[self._count] = time, row
        self._count += 1

    def forget_from(self, time: float) -> None:
        """Forget the rows at ``time`` and after it."""
        self._count = int(np.searchsorted(self._times[: self._count], time - 1e-9))

    def since(self, time: float) -> FloatArray:
        """(N, width) view of the rows after ``time``, oldest first."""
        first = int(self._times[: self._count].searchsorted(time, side="right"))
        return self._rows[first : self._count]


class MeanTrail:
    """Rows of which means are asked: what is known of a row is found out once, when it comes.

    Args:
        width: Numbers in a row.

    >>> trail = MeanTrail(2)
    >>> for time, value in ((0.0, 1.0), (0.5, 3.0), (1.0, 5.0)):
    ...     trail.append(time, np.array([value, np.nan]))
    >>> trail.means_since(0.2)
    array([ 4., nan])
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._rows = Trail(2 * width)  # the numbers, 0 of an unknown one; and 1 for each that is known

    def append(self, time: float, row: FloatArray) -> None:
        """Add a (width,) row, NaN where unknown; ``time`` seconds, later than the row before."""
        known = np.isfinite(row)
        self._rows.append(time, np.concatenate((np.where(known, row, 0.0), known)))

    def forget_from(self, time: float) -> None:
        """Forget the rows at ``time`` and after it."""
        self._rows.forget_from(time)

    def means_since(self, time: float) -> FloatArray:
        """(width,) mean of each number over the rows after ``time``, NaN left out; NaN where there is none."""
        sums = self._rows.since(time).sum(0)
        total, count = sums[: self._width], sums[self._width :]
        return np.asarray(np.divide(total, count, out=np.full(self._width, np.nan), where=count > 0))
