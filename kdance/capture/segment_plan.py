"""Which part of a video is watched by which process: equal segments, and each process goes on where it is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from kdance.capture.helpers import MOST_SEGMENTS, Shared
from kdance.pose import FloatArray

SEGMENT_S: Final = 10.0
"""About the length of a segment: long beside what is watched twice, short beside a song."""

_SAME_S: Final = 0.001
_BEYOND: Final = 2**31 - 1  # behind the last segment


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """How a video is cut: into equal parts where its length is known, of which the last goes on to its real end.

    Attributes:
        length: Seconds of a segment.
        count: Of segments; ``None`` where nobody knows how long the video is.
        times: (T,) seconds of all frames, where the file's packets tell them: it can be jumped in then, because what
            comes after a jump can be told from them. ``None``: each process reads from the beginning, forwards only.
    """

    length: float
    count: int | None
    times: FloatArray | None = None

    @classmethod
    def of(cls, duration: float | None, times: FloatArray | None = None) -> Plan:
        """The plan for a video of so many seconds, where known, and its frames' times, likewise."""
        if duration is None:
            return cls(SEGMENT_S, None)
        count = min(max(1, round(duration / SEGMENT_S)), MOST_SEGMENTS)
        return cls(duration / count, count, times)

    def begin(self, number: int) -> float:
        """Second at which a segment begins, and the one before ends; infinity behind the last.

        >>> [Plan.of(21.0).begin(number) for number in range(3)]
        [0.0, 10.5, inf]
        """
        return math.inf if self.count is not None and number >= self.count else number * self.length

    def first_from(self, time: float) -> int:
        """The number of the first frame at or after a time, by the packets."""
        assert self.times is not None
        return int(np.searchsorted(self.times, time - _SAME_S))

    def number_of(self, time: float) -> int | None:
        """The number of the frame at a time; ``None`` where there is none by the packets.

        >>> plan = Plan(10.0, 1, np.array([0.0, 0.04, 0.08]))
        >>> plan.number_of(0.0401), plan.number_of(0.05)
        (1, None)
        """
        assert self.times is not None
        number = self.first_from(time)
        is_there = number < len(self.times) and abs(self.times[number] - time) <= _SAME_S
        return number if is_there else None


class Numbers:
    """Gives each segment's number to one process; all of them have one of these, with the same memory.

    Args:
        shared: The memory.
        plan: How the video is cut.
        jobs: How many processes there are.
    """

    def __init__(self, shared: Shared, plan: Plan, jobs: int) -> None:
        self._can_jump, self._jobs = plan.times is not None, jobs
        self._count = plan.count
        self._shared = shared

    def take(self, process: int, after: int | None) -> int:
        """The number of the segment that a process watches next; one behind the last where none is left.

        Where it can be jumped in the video each process begins with a stretch of its own and goes on from segment to
        segment; one that comes to the end of it takes the second half of the longest that is left.

        Args:
            process: From 0.
            after: The segment that it watches now; ``None`` at first.
        """
        following, all_taken = self._shared
        if not self._can_jump:
            with following.get_lock():
                number = int(following.value)
                following.value = number + 1
            return number
        assert self._count is not None
        with all_taken.get_lock():
            free = [not taken for taken in all_taken[: self._count]]
            wanted = process * self._count // self._jobs if after is None else after + 1
            if wanted < self._count and free[wanted]:
                number = wanted
            else:
                middle = middle_of_longest(free)
                number = _BEYOND if middle is None else middle
            if number != _BEYOND:
                all_taken[number] = 1
        return number


def middle_of_longest(free: list[bool]) -> int | None:
    """Where the second half of the longest stretch of what is free begins; ``None`` where nothing is.

    >>> middle_of_longest([False, True, False, True, True, True, True, False])
    5
    >>> middle_of_longest([False, True])
    1
    >>> middle_of_longest([False]) is None
    True
    """
    best, begin = (0, 0), 0
    for index, is_free in enumerate([*free, False]):
        if not is_free:
            best, begin = max(best, (index - begin, begin)), index + 1
    length, first = best
    return first + length // 2 if length else None
