"""The newest frames of a stream as they are remembered, field by field: any stretch of them is one slice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kdance.motion.formula import GROUPS
from kdance.motion.pose_normalization import Body
from kdance.motion.scoring import FrameScores
from kdance.motion.trail import CAPACITY
from kdance.pose import BONES, JOINTS, FloatArray

_BODY: Final = tuple(field.name for field in fields(Body))
_SCORES: Final = tuple(field.name for field in fields(FrameScores))
# How many numbers of a frame an array has, where it isn't one; those that come from the network are as exact as there.
_WIDTHS: Final = {"errors": len(JOINTS), "confidence": len(JOINTS), "visibility": len(BONES), "groups": len(GROUPS)}
_BODY_WIDTHS: Final = {"picture": (len(BONES), 2), "space": (len(BONES), 3)}
_SINGLE: Final = ("confidence", "visibility")
# Where run, song time and seconds of the take are among the numbers of a frame.
_RUN: Final = 0
_TIME: Final = 1
_TAKEN: Final = 4 + len(_BODY) + _SCORES.index("times")


@dataclass(frozen=True, slots=True, eq=False)
class SeenFrames:
    """(N,) frames, oldest first.

    Attributes:
        run: (N,) number of the run of the song that each belongs to.
        time: (N,) seconds of song time.
        similarity: (N,) with the reference, where the dancer is; NaN where unknown.
        forgiven: (N,) constant lateness that costs nothing, seconds of song time.
        body: (N, B) who was seen.
        scores: Of each frame alone; their times in seconds of the take.
    """

    run: NDArray[np.intp]
    time: FloatArray
    similarity: FloatArray
    forgiven: FloatArray
    body: Body
    scores: FrameScores

    def __len__(self) -> int:
        return len(self.time)

    def __getitem__(self, index: Any) -> SeenFrames:
        """Some of them: a slice shares their memory, anything else is a copy."""
        return _frames([column[index] for column in _columns(self)])

    def copy(self) -> SeenFrames:
        """The same in memory of their own."""
        return _frames([column.copy() for column in _columns(self)])


def _columns(frames: SeenFrames) -> Iterator[NDArray[Any]]:
    yield from (frames.run, frames.time, frames.similarity, frames.forgiven)
    yield from (getattr(frames.body, name) for name in _BODY)
    yield from (getattr(frames.scores, name) for name in _SCORES)


def _frames(columns: list[NDArray[Any]]) -> SeenFrames:
    run, time, similarity, forgiven = columns[:4]
    scores = 4 + len(_BODY)
    return SeenFrames(run, time, similarity, forgiven, Body(*columns[4:scores]), FrameScores(*columns[scores:]))


class RecentFrames:
    """The newest frames of a stream; what it gives shares its memory and holds until the next frame comes."""

    def __init__(self) -> None:
        self._columns: list[NDArray[Any]] = [np.empty(CAPACITY, np.intp), *(np.empty(CAPACITY) for _ in range(3))]
        self._columns += [np.empty((CAPACITY, *_BODY_WIDTHS.get(name, (len(BONES),))), np.float32) for name in _BODY]
        self._columns += [_column(name, CAPACITY) for name in _SCORES]
        self._first = self._end = 0

    def __len__(self) -> int:
        return self._end - self._first

    def append(
        self, run: int, time: float, similarity: float, forgiven: float, body: Body, scores: FrameScores
    ) -> None:
        """Add a (B,) body with the scores of its one frame, see :class:`SeenFrames`; later than those before it."""
        row: list[Any] = [run, time, similarity, forgiven]
        row += [getattr(body, name) for name in _BODY] + [getattr(scores, name)[0] for name in _SCORES]
        if self._end == CAPACITY:
            first = max(self._first, CAPACITY // 2)
            for column in self._columns:
                column[: CAPACITY - first] = column[first:].copy()
            self._first, self._end = 0, CAPACITY - first
        for column, value in zip(self._columns, row, strict=True):
            column[self._end] = value
        self._end += 1

    def clear(self) -> None:
        """Forget all of them."""
        self._first = self._end = 0

    def forget_before(self, taken: float) -> None:
        """Forget what was before ``taken``, seconds of the take."""
        self._first += int(self.taken.searchsorted(taken))

    def forget_newest(self, count: int) -> None:
        """Forget the newest ``count``."""
        self._end -= count

    @property
    def time(self) -> FloatArray:
        """(N,) seconds of song time, increasing within a run."""
        return self._kept(_TIME)

    @property
    def taken(self) -> FloatArray:
        """(N,) seconds of the take, increasing."""
        return self._kept(_TAKEN)

    @property
    def newest_body(self) -> Body:
        """(B,) who was seen last."""
        return Body(*(column[self._end - 1] for column in self._columns[4 : 4 + len(_BODY)]))

    def __getitem__(self, index: slice) -> SeenFrames:
        """Some of them, oldest first."""
        return _frames([column[self._first : self._end][index] for column in self._columns])

    def scores_after(self, taken: float) -> FrameScores:
        """The scores of those after ``taken``, seconds of the take."""
        first = self._first + int(np.searchsorted(self.taken, taken, side="right"))
        return FrameScores(*(column[first : self._end] for column in self._columns[-len(_SCORES) :]))

    def of_run(self, run: int) -> slice:
        """Which of them belong to a run."""
        runs = self._kept(_RUN)
        return slice(int(runs.searchsorted(run)), int(runs.searchsorted(run, side="right")))

    def runs_after(self, taken: float) -> list[int]:
        """The runs of those after ``taken``, oldest first."""
        first = np.searchsorted(self.taken, taken, side="right")
        return [int(run) for run in np.unique(self._kept(_RUN)[first:])]

    def _kept(self, number: int) -> NDArray[Any]:
        return self._columns[number][self._first : self._end]


@dataclass(slots=True)
class MeanSoFar:
    """The mean of all that was added; 0 of nothing."""

    _sum: float = 0.0
    _count: int = 0

    def add(self, value: float) -> None:
        """Take a number in; NaN doesn't count."""
        if np.isfinite(value):
            self._sum, self._count = self._sum + value, self._count + 1

    @property
    def mean(self) -> float:
        """Of what was added."""
        return self._sum / max(self._count, 1)


def join_bodies(bodies: list[Body]) -> Body:
    """(T, B) of T single bodies."""
    return Body(*(np.array([getattr(body, name) for body in bodies]) for name in _BODY))


def join_scores(scores: list[FrameScores]) -> FrameScores:
    """One piece of several, in the order given."""
    if not scores:
        return FrameScores(*(_column(name, 0) for name in _SCORES))
    return FrameScores(*(np.concatenate([getattr(one, name) for one in scores]) for name in _SCORES))


def _column(name: str, count: int) -> FloatArray:
    """Room for a number of :class:`FrameScores` of so many frames."""
    shape = (count, _WIDTHS[name]) if name in _WIDTHS else count
    return np.empty(shape, np.float32 if name in _SINGLE else np.float64)
