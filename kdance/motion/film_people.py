"""Everybody in every picture of a film, in a few long arrays: small objects would take more than what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from kdance.motion.people import IntArray, People


@dataclass(frozen=True, slots=True, eq=False)
class FilmPeople(Sequence[People]):
    """Everybody in a film; a sequence of the people of each frame, which are views.

    Attributes:
        bodies: Of all frames, one after the other.
        starts: (T + 1,) index of the first body of each frame, and the number of all.
    """

    bodies: People
    starts: IntArray

    @classmethod
    def of(cls, people: Sequence[People]) -> FilmPeople:
        """The people of consecutive frames; those of a film as they are.

        >>> film = FilmPeople.of([People.nobody(), People.nobody()])
        >>> len(film), len(film[1]), film.starts.tolist()
        (2, 0, [0, 0, 0])
        """
        if isinstance(people, FilmPeople):
            return people
        found = [*people, People.nobody()]
        bodies = People(
            np.concatenate([one.boxes for one in found]),
            np.concatenate([one.keypoints for one in found]),
            np.concatenate([one.scores for one in found]),
            np.concatenate([one.colours for one in found]),
        )
        return cls(bodies, np.concatenate([[0], np.cumsum([len(one) for one in people], dtype=int)]))

    def __len__(self) -> int:
        return len(self.starts) - 1

    @overload
    def __getitem__(self, index: int) -> People: ...

    @overload
    def __getitem__(self, index: slice) -> FilmPeople: ...

    def __getitem__(self, index: int | slice) -> People | FilmPeople:
        """The people of a frame, or of neighbouring ones."""
        if isinstance(index, slice):
            first, end, step = index.indices(len(self))
            if step != 1:
                raise ValueError("neighbouring frames only")
            starts = self.starts[first : max(first, end) + 1]
            return FilmPeople(self.bodies[starts[0] : starts[-1]], starts - starts[0])
        frame = range(len(self))[index]
        return self.bodies[self.starts[frame] : self.starts[frame + 1]]

    @property
    def counts(self) -> IntArray:
        """(T,) how many there are in each frame."""
        return np.diff(self.starts)

    def body(self, frames: IntArray, rows: IntArray) -> IntArray:
        """(N,) indices among all bodies of (N,) rows of the people of (N,) frames."""
        return np.asarray(self.starts[frames] + rows)
