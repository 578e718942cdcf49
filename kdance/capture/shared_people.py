"""Everybody in a film, in files: all of them in memory while they are followed, then read from there by any process."""

from __future__ import annotations

import mmap
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kdance.capture.segment_store import no_room
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
    """Where the files are; it goes with the last who has it."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="kdance-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


@dataclass(frozen=True, slots=True, eq=False)
class PeopleOnDisk:
    """Everybody in a film without the colours of their clothes, picture by picture; it is pickled as a file's name.

    Nothing stays in memory: of two hours of five people that were 240 MB. Not in the memory that ``multiprocessing``
    shares either: that goes only to processes which are begun later, and the named kind of it ends a program where a
    container has little.

    Attributes:
        file: Of boxes, points and scores, for as long as the process that wrote it has this.
        starts: (T + 1,) as of :class:`FilmPeople`.
    """

    file: Path
    starts: IntArray
    _folder: _Folder | None = None

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, frame: int) -> People:
        """The people of a frame."""
        frame = range(len(self))[frame]  # as of any sequence: -1 is the last
        first, end = (int(self.starts[edge]) for edge in (frame, frame + 1))
        rows: NDArray[Any] = np.fromfile(self.file, _BODY, end - first, offset=first * _BODY.itemsize)
        return People(rows["box"], rows["keypoints"], rows["score"], _unseen(len(rows)))

    def __reduce__(self) -> tuple[Callable[..., PeopleOnDisk], tuple[Any, ...]]:
        return PeopleOnDisk, (self.file, self.starts)


@dataclass(frozen=True, slots=True, eq=False)
class SharedPeople(FilmPeople):
    """Everybody in a film, in files that are mapped into memory.

    Attributes:
        on_disk: The same without the colours of their clothes, for whoever needs one picture after the other.
    """

    on_disk: PeopleOnDisk

    @classmethod
    def joined(cls, parts: Iterable[PackedPeople]) -> SharedPeople:
        """Those of consecutive parts of a film, of which one at a time is held.

        Raises:
            KdanceError: No room is left for the files.
        """
        counts = [np.zeros(0, int)]
        try:
            folder = _Folder()
            bodies_file, colours_file = (folder.path / name for name in ("people", "colours"))
            with ExitStack() as stack:
                bodies, colours = (stack.enter_context(file.open("wb")) for file in (bodies_file, colours_file))
                for part in parts:
                    bodies.write(_rows(part.bodies).tobytes())
                    colours.write(part.bodies.colours.astype(np.float16).tobytes())
                    counts.append(part.counts)
        except OSError as error:
            raise no_room(error) from None
        starts = np.concatenate([[0], np.cumsum(np.concatenate(counts), dtype=int)])
        rows: NDArray[Any] = _mapped(bodies_file, folder).view(_BODY)
        dressed = _mapped(colours_file, folder).view(np.float16).reshape(-1, len(COLOUR_REGIONS), COLOUR_BINS)
        found = People(rows["box"], rows["keypoints"], rows["score"], dressed)
        return cls(found, starts, PeopleOnDisk(bodies_file, starts, folder))


def _rows(people: People) -> NDArray[Any]:
    rows = np.empty(len(people), _BODY)
    rows["box"], rows["keypoints"], rows["score"] = people.boxes, people.keypoints, people.scores
    return rows


def _mapped(file: Path, folder: _Folder) -> NDArray[np.uint8]:
    """All bytes of a file; its folder stays for as long: Windows deletes no file that is in use."""
    if not file.stat().st_size:
        return np.empty(0, np.uint8)
    mapped: Any = np.memmap(file, np.uint8, "r")
    below = mapped
    while not isinstance(below, mmap.mmap):
        below = below.base
    weakref.finalize(below, id, folder)
    return np.asarray(mapped)


def _unseen(count: int) -> NDArray[np.float16]:
    return np.broadcast_to(np.float16(np.nan), (count, len(COLOUR_REGIONS), COLOUR_BINS))
