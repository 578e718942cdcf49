"""Everybody in a film, in memory that processes begun later have too: nothing is copied when it is given to them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kdance.motion.film_people import FilmPeople
from kdance.motion.people import COLOUR_BINS, COLOUR_REGIONS, NUM_KEYPOINTS, IntArray, People


class SharedArray:
    """An array in such memory. It is pickled, as a reference to it, only while a process is begun.

    Args:
        shape: Of the array, zeros.
    """

    def __init__(self, shape: tuple[int, ...], memory: Any = None) -> None:
        size = max(int(np.prod(shape)), 1)
        self._memory = multiprocessing.get_context("spawn").RawArray("f", size) if memory is None else memory
        self.array: NDArray[np.float32] = np.frombuffer(self._memory, np.float32)[: int(np.prod(shape))].reshape(shape)

    def __reduce__(self) -> tuple[Callable[..., SharedArray], tuple[tuple[int, ...], Any]]:
        return SharedArray, (self.array.shape, self._memory)


class PackedPeople(NamedTuple):
    """The people of some consecutive frames, for the way from one process to another.

    Attributes:
        bodies: Of all the frames, one after the other.
        counts: (T,) how many there are in each frame.
    """

    bodies: People
    counts: IntArray

    @classmethod
    def of(cls, people: list[People]) -> PackedPeople:
        """Those of each frame."""
        film = FilmPeople.of(people)
        return cls(film.bodies, film.counts)


@dataclass(frozen=True, slots=True, eq=False)
class SharedPeople(FilmPeople):
    """Everybody in a film; other processes have them without the colours of their clothes.

    Attributes:
        shared: The memory of boxes, points and scores.
    """

    shared: tuple[SharedArray, SharedArray, SharedArray]

    @classmethod
    def joined(cls, parts: list[PackedPeople]) -> SharedPeople:
        """Those of consecutive parts of a film, which are emptied meanwhile."""
        counts = np.concatenate([np.zeros(0, int), *(part.counts for part in parts)])
        starts = np.concatenate([[0], np.cumsum(counts, dtype=int)])
        total = int(starts[-1])
        shared = SharedArray((total, 4)), SharedArray((total, NUM_KEYPOINTS, 3)), SharedArray((total,))
        bodies = _on(shared, np.empty((total, len(COLOUR_REGIONS), COLOUR_BINS), np.float16))
        first = 0
        parts.reverse()
        while parts:
            part = parts.pop().bodies
            those = slice(first, first + len(part))
            bodies.boxes[those], bodies.keypoints[those] = part.boxes, part.keypoints
            bodies.scores[those], bodies.colours[those] = part.scores, part.colours
            first = those.stop
        return cls(bodies, starts, shared)

    def undressed(self) -> SharedPeople:
        """The same without the colours of their clothes, which take a third of the memory."""
        return _undressed(self.starts, self.shared)

    def __reduce__(self) -> tuple[Callable[..., SharedPeople], tuple[Any, ...]]:
        return _undressed, (self.starts, self.shared)


def _on(shared: tuple[SharedArray, SharedArray, SharedArray], colours: NDArray[Any]) -> People:
    boxes, keypoints, scores = (one.array for one in shared)
    return People(boxes, keypoints, scores, colours)


def _undressed(starts: IntArray, shared: tuple[SharedArray, SharedArray, SharedArray]) -> SharedPeople:
    unseen = np.broadcast_to(np.float16(np.nan), (int(starts[-1]), len(COLOUR_REGIONS), COLOUR_BINS))
    return SharedPeople(_on(shared, unseen), starts, shared)
