"""The course of a session through the song: in runs, each an uninterrupted stretch of it at any speed.

A run begins with a start, a jump, a turn of a loop or the end of a pause. Takes are scored in *song time*: inside a
run that is the position in the reference, so that dancing at 0.75 times the speed looks like dancing at full speed with
more frames; from run to run it leaps ahead, so far that nothing is ever compared across.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kdance.motion.counts import CountGrid
from kdance.pose import FloatArray

# Song time between two runs; longer than every window that is looked at.
APART_S: Final = 10.0
# Nothing is compared across a hole of this much song time: between two runs there always is one.
BREAK_S: Final = 6.0
# A clock that stands or steps back does not stop song time: frames are at least this far apart, seconds.
LEAST_STEP_S: Final = 1e-6
# Speed is taken over so much of a run before and after a frame, seconds of the take.
_SPEED_HALF_S: Final = 1.0
# A phrase in counts. A run that ends this little before the end of a phrase has ended it.
PHRASE: Final = 4
_NEARLY: Final = 0.25
# A moment so little before a count is on it.
_ROUNDING: Final = 1e-6
# No music is played slower or faster than this; a clock that stands is not a speed.
SLOWEST: Final = 0.25
FASTEST: Final = 2.0

RunArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """Where in the song the frames of a take were taken.

    Attributes:
        position: (T,) float64 seconds of the reference that the music was at.
        run: (T,) int64 number of the run, never falling.
    """

    position: FloatArray
    run: RunArray

    def __post_init__(self) -> None:
        if self.position.ndim != 1 or self.position.shape != self.run.shape:
            raise ValueError(f"position and run must be (T,), but got {self.position.shape} and {self.run.shape}")
        if not np.isfinite(self.position).all():
            raise ValueError("position must be finite")
        if np.any(np.diff(self.run) < 0):
            raise ValueError("run must never fall")

    def __len__(self) -> int:
        return len(self.run)

    def __getitem__(self, index: slice) -> Course:
        """The course of some frames."""
        return Course(self.position[index], self.run[index])

    @classmethod
    def in_one_run(cls, position: FloatArray) -> Course:
        """A course without an interruption."""
        return cls(np.asarray(position, np.float64), np.zeros(len(position), np.int64))


def song_times(course: Course) -> FloatArray:
    """(T,) strictly increasing song time, seconds: positions within a run, :data:`APART_S` between runs.

    >>> song_times(Course(np.array([2.0, 2.5, 2.0, 2.5]), np.array([0, 0, 1, 1])))
    array([ 2. ,  2.5, 12.5, 13. ])
    """
    times = np.array(course.position, np.float64)
    end: float | None = None
    for frames in runs_of(course):
        within = _never_back(times[frames])
        times[frames] = within if end is None else within - within[0] + (end + APART_S)
        end = float(times[frames][-1])
    return times


def runs_of(course: Course) -> list[slice]:
    """The frames of each run, in order.

    >>> runs_of(Course(np.zeros(3), np.array([0, 0, 4])))
    [slice(0, 2, None), slice(2, 3, None)]
    """
    cuts = [0, *(np.flatnonzero(np.diff(course.run)) + 1).tolist(), len(course)]
    return [slice(first, end) for first, end in pairwise(cuts) if end > first]


def speeds(course: Course, times: FloatArray) -> FloatArray:
    """(T,) how fast the music was around each frame: seconds of the song for a second of the take.

    The slope of the course over the two seconds around the frame, within its run; :data:`SLOWEST` to
    :data:`FASTEST`, and 1 where a run is too short to tell.

    Args:
        course: Where the song was at each of T frames.
        times: (T,) seconds of the take, increasing.

    >>> speeds(Course(np.array([0.0, 0.5, 1.0]), np.zeros(3, int)), np.array([0.0, 1.0, 2.0]))
    array([0.5, 0.5, 0.5])
    """
    found = np.ones(len(course))
    for frames in runs_of(course):
        taken, position = times[frames], course.position[frames]
        first = np.searchsorted(taken, taken - _SPEED_HALF_S - 1e-9)
        last = np.searchsorted(taken, taken + _SPEED_HALF_S + 1e-9, side="right") - 1
        span = taken[last] - taken[first]
        slope = np.divide(position[last] - position[first], span, out=np.ones(len(taken)), where=span > 0)
        found[frames] = np.clip(slope, SLOWEST, FASTEST)
    return found


def main_speed(course: Course, times: FloatArray) -> float:
    """The speed that a session had most of the time, to two decimals; 1 where there is none.

    Args:
        course: Where the song was at each of T frames.
        times: (T,) seconds of the take, increasing.
    """
    return round(float(np.median(speeds(course, times))), 2) if len(course) else 1.0


def phrase_ended(before: FloatArray, now: FloatArray, jumped: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(...,) whether a phrase of four counts ends between one frame and the next.

    Args:
        before: (...,) counts, of :meth:`kdance.motion.counts.CountGrid.count_at`, at the first frame.
        now: (...,) counts at the second one.
        jumped: (...,) whether another run begins with the second one.

    >>> bool(phrase_ended(np.array(7.9), np.array(8.0), np.array(False)))
    True
    """
    phrase = np.asarray(before) / PHRASE + _ROUNDING
    left = PHRASE * (np.ceil(phrase) - phrase)
    passed = np.floor(np.asarray(now) / PHRASE + _ROUNDING) > np.floor(phrase)
    return np.asarray(np.where(jumped, left <= _NEARLY, passed), np.bool_)


def phrase_ends(course: Course, grid: CountGrid) -> NDArray[np.bool_]:
    """(T,) whether a phrase of four counts ends with each frame: a count 4 or 8 is over.

    >>> phrase_ends(Course.in_one_run(np.array([1.5, 1.9, 2.1])), CountGrid(0.5, 0.0)).tolist()
    [False, False, True]
    """
    counts = (course.position - grid.first) / grid.seconds_per_count
    ends = np.zeros(len(course), np.bool_)
    ends[1:] = phrase_ended(counts[:-1], counts[1:], np.diff(course.run) > 0)
    return ends


def _never_back(position: FloatArray) -> FloatArray:
    """(N,) positions of a run made strictly increasing; those that are stay as they are, to the last bit."""
    steps = np.arange(len(position)) * LEAST_STEP_S
    pushed = np.maximum.accumulate(position - steps) + steps
    return np.where(pushed > position + LEAST_STEP_S / 2, pushed, position)
