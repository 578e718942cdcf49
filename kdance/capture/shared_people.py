"""Everybody in a film, in a file that processes map into their memory: nothing is copied when it is given to them."""

from __future__ import annotations

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


class _Folder:
    """A temporary folder that goes with this object, at the latest with the program."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="kdance-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)  # Windows: not while others map it


@dataclass(frozen=True, slots=True, eq=False)
class SharedPeople(FilmPeople):
    """Everybody in a film; it is pickled as the name of a file, without the colours of their clothes.

    Not in the memory that ``multiprocessing`` shares: that goes only to processes which are begun later, and the named
    kind of it ends a program where a container has little.

    Attributes:
        file: Of boxes, points and scores.
        folder: That of the file, which goes with the last who has it here; ``None`` in another process.
    """

    file: Path
    folder: _Folder | None

    @classmethod
    def joined(cls, parts: list[PackedPeople]) -> SharedPeople:
        """Those of consecutive parts of a film, which are emptied meanwhile.

        Raises:
            KdanceError: No room is left for the file.
        """
        counts = np.concatenate([np.zeros(0, int), *(part.counts for part in parts)])
        starts = np.concatenate([[0], np.cumsum(counts, dtype=int)])
        colours = np.empty((int(starts[-1]), len(COLOUR_REGIONS), COLOUR_BINS), np.float16)
        folder = _Folder()
        file = folder.path / "people"
        try:
            _write(file, parts, colours)
        except OSError as error:
            megabytes = len(colours) * _BODY.itemsize / 1e6
            raise KdanceError(
                f"{megabytes:.0f} MB of what was seen could not be put into {folder.path} ({error.strerror}).",
                "Make room there, or set TMPDIR to another folder.",
            ) from None
        return cls(_mapped(file, colours), starts, file, folder)

    def undressed(self) -> SharedPeople:
        """The same without the colours of their clothes, which take a third of the memory."""
        return SharedPeople(_mapped(self.file, _unseen(self.starts)), self.starts, self.file, self.folder)

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
    return SharedPeople(_mapped(file, _unseen(starts)), starts, file, None)
