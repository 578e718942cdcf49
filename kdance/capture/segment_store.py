"""What was seen in the segments of a film, until all are there: in memory while it is little, then in a file."""

from __future__ import annotations

import pickle
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import suppress
from typing import Final, Generic, TypeVar

from kdance.errors import KdanceError

T = TypeVar("T")

IN_MEMORY: Final = 2**25
"""Bytes; ten minutes of five people, or twenty of one's poses."""


class SegmentStore(Generic[T]):
    """Keeps what is put into it by number; can be gone through any number of times, in the order of the numbers.

    The file can be opened by nobody else, so nobody can write into it, and it is gone when the process is.
    """

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed with the last who has it
        self._places: dict[int, int] = {}
        self._size = 0
        weakref.finalize(self, _close, self._file)

    def put(self, number: int, seen: T) -> None:
        """Keep what was seen in a segment.

        Raises:
            KdanceError: No room is left for it.
        """
        self._places[number] = self._size
        try:
            self._file.seek(self._size)
            pickle.dump(seen, self._file, pickle.HIGHEST_PROTOCOL)
            self._size = self._file.tell()
            self._file.flush()
        except OSError as error:
            raise no_room(error) from None

    def __iter__(self) -> Iterator[T]:
        """What was seen in each segment; only one is in memory at once."""
        for number in sorted(self._places):
            self._file.seek(self._places[number])
            seen: T = pickle.load(self._file)
            yield seen


def _close(file: tempfile.SpooledTemporaryFile[bytes]) -> None:
    with suppress(OSError):  # what is left in it has nowhere to go, and nobody waits for it
        file.close()


def no_room(error: OSError) -> KdanceError:
    """What is told where what was seen doesn't go into the folder of temporary files."""
    try:
        folder = tempfile.gettempdir()
    except FileNotFoundError:  # in none of those that it tries a byte can be written
        folder = "any folder of temporary files"
    return KdanceError(
        f"What was seen doesn't go into {folder} ({error.strerror}).",
        "Make room there, or set TMPDIR to another folder.",
    )
