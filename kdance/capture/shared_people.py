"""Everybody in a film, in a file that processes map into their memory: nothing is copied when it is given to them."""

from __future__ import annotations

import mmap
import shutil
import tempfile
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kdance.errors import KdanceError
from kdance.motion.film_people import FilmPeople
from kdance.motion.people import COLOUR_BINS, COLOUR_REGIONS, NUM_KEYPOINTS, IntArray, People

_BODY: Final = np.dtype([("box", "f4", (4,)), ("keypoints", "f4", (NUM_KEYPOINTS, 3)), ("score", "f4")])


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
    """Everybody in a film; it is pickled as the name of a file, without the colours of their clothes.

    Not in the memory that ``multiprocessing`` shares: that goes only to processes which are begun later, and the named
    kind of it ends a program where a container has little.

    Attributes:
        file: Of boxes, points and scores; it goes with the last who has its arrays in the process that wrote it.
    """

    file: Path

    @classmethod
    def joined(cls, parts: list[PackedPeople]) -> SharedPeople:
        """Those of consecutive parts of a film, which are emptied meanwhile.

        Raises:
            KdanceError: No room is left for the file.
        """
        counts = np.concatenate([np.zeros(0, int), *(part.counts for part in parts)])
        starts = np.concatenate([[0], np.cumsum(counts, dtype=int)])
        colours = np.empty((int(starts[-1]), len(COLOUR_REGIONS), COLOUR_BINS), np.float16)
        try:
            file = Path(tempfile.mkdtemp(prefix="kdance-")) / "people"
            goes = weakref.finalize(colours, shutil.rmtree, file.parent, ignore_errors=True)
            _write(file, parts, colours)
        except OSError as error:
            megabytes = len(colours) * _BODY.itemsize / 1e6
            raise KdanceError(
                f"{megabytes:.0f} MB of what was seen don't go into {tempfile.gettempdir()} ({error.strerror}).",
                "Make room there, or set TMPDIR to another folder.",
            ) from None
        bodies = _mapped(file, colours)
        if len(bodies):
            goes.detach()
            # Not before it is unmapped: Windows deletes no file that is in use.
            weakref.finalize(_map_of(bodies), shutil.rmtree, file.parent, ignore_errors=True)
        return cls(bodies, starts, file)

    def undressed(self) -> SharedPeople:
        """The same without the colours of their clothes, which take a third of the memory."""
        bodies = People(self.bodies.boxes, self.bodies.keypoints, self.bodies.scores, _unseen(self.starts))
        return SharedPeople(bodies, self.starts, self.file)

    def __reduce__(self) -> tuple[Callable[..., SharedPeople], tuple[Any, ...]]:
        return _undressed, (self.starts, self.file)


def _write(file: Path, parts: list[PackedPeople], colours: NDArray[np.float16]) -> None:
    """Write the bodies of all parts into a file and the colours into an array; the parts are emptied."""
    first = 0
    parts.reverse()
    with file.open("wb") as written:
        while parts:
            part = parts.pop().bodies
            rows = np.empty(len(part), _BODY)
            rows["box"], rows["keypoints"], rows["score"] = part.boxes, part.keypoints, part.scores
            written.write(rows.tobytes())
            colours[first : first + len(part)] = part.colours
            first += len(part)


def _mapped(file: Path, colours: NDArray[np.float16]) -> People:
    """The bodies in a file, with colours."""
    rows: NDArray[Any] = np.empty(0, _BODY)
    if len(colours):
        rows = np.memmap(file, _BODY, "r", shape=(len(colours),)).view(np.ndarray)
    return People(rows["box"], rows["keypoints"], rows["score"], colours)


def _unseen(starts: IntArray) -> NDArray[np.float16]:
    return np.broadcast_to(np.float16(np.nan), (int(starts[-1]), len(COLOUR_REGIONS), COLOUR_BINS))


def _undressed(starts: IntArray, file: Path) -> SharedPeople:
    return SharedPeople(_mapped(file, _unseen(starts)), starts, file)


def _map_of(bodies: People) -> mmap.mmap:
    """The map of a file that is below the arrays."""
    below: Any = bodies.boxes
    while not isinstance(below, mmap.mmap):
        below = below.base
    return below
