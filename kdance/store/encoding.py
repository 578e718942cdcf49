"""Frames as bytes and back, bit for bit."""

from __future__ import annotations

import io
import math
import zlib
from collections.abc import Sequence
from tokenize import TokenError
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kdance.motion.course import Course
from kdance.pose import HANDS_SHAPE, NUM_LANDMARKS, FloatArray, PoseSequence

_MOST_BYTES: Final = 100_000_000  # a session that came from elsewhere must not fill the memory
# What reading bytes that are anything at all can end in.
_DAMAGED: Final = (
    zlib.error, ValueError, TypeError, AttributeError, EOFError,
    MemoryError, OverflowError, RecursionError, SyntaxError, TokenError,
)  # fmt: skip
_LEVEL: Final = 1  # higher levels save 2 % more of landmarks and cost five times the time


def pack_arrays(arrays: Sequence[NDArray[Any]]) -> bytes:
    """Arrays as compressed ``.npy`` one after the other."""
    buffer = io.BytesIO()
    for array in arrays:
        np.save(buffer, array, allow_pickle=False)
    return zlib.compress(buffer.getbuffer(), _LEVEL)


def unpack_arrays(blob: bytes) -> list[NDArray[Any]]:
    """What :func:`pack_arrays` packed.

    Raises:
        ValueError: The bytes are damaged.
    """
    try:
        unpacker = zlib.decompressobj()
        unpacked = unpacker.decompress(blob, _MOST_BYTES)
        if not unpacker.eof:
            raise ValueError(f"cut off, or more than {_MOST_BYTES} bytes")
        buffer = io.BytesIO(unpacked)
        arrays: list[NDArray[Any]] = []
        while buffer.tell() < len(buffer.getbuffer()):
            arrays.append(_read_array(buffer))
        return arrays
    except _DAMAGED as error:
        raise ValueError(f"arrays are damaged: {error}") from error


def pack_frames(frames: PoseSequence, course: Course | None = None) -> bytes:
    """Frames as compressed ``.npy`` arrays one after the other: landmarks, world, times, then what else there is.

    That is position and run of the course, (T,) each, and hands, (T, 2, 21, 3).
    """
    rest = () if course is None else (course.position, course.run)
    hands = () if frames.hands is None else (frames.hands,)
    return pack_arrays((frames.landmarks, frames.world, frames.times, *rest, *hands))


def unpack_frames(blob: bytes) -> tuple[PoseSequence, Course | None]:
    """What :func:`pack_frames` packed.

    Raises:
        ValueError: The bytes are damaged.
    """
    try:
        landmarks, world, times, *rest = unpack_arrays(blob)
        hands = rest.pop() if rest and rest[-1].ndim > 1 else None
        return PoseSequence(landmarks, world, times, hands), Course(*rest) if rest else None
    except _DAMAGED as error:
        raise ValueError(f"frames are damaged: {error}") from error


def _read_array(buffer: io.BytesIO) -> NDArray[Any]:
    """One ``.npy`` array, whose header must not promise more than there is: memory is set aside for what it says."""
    start = buffer.tell()
    version = np.lib.format.read_magic(buffer)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, kind = read(buffer)
    if kind.hasobject or kind.itemsize * math.prod(shape) > len(buffer.getbuffer()) - buffer.tell():
        raise ValueError("an array larger than its bytes")
    buffer.seek(start)
    return np.lib.format.read_array(buffer, allow_pickle=False)


def join_frames(parts: Sequence[PoseSequence]) -> PoseSequence:
    """Sequences one after the other as one; (0, ...) arrays for none."""
    if not parts:
        return PoseSequence(
            np.empty((0, NUM_LANDMARKS, 4), np.float32), np.empty((0, NUM_LANDMARKS, 3), np.float32), np.empty(0)
        )
    return PoseSequence(
        np.concatenate([part.landmarks for part in parts]),
        np.concatenate([part.world for part in parts]),
        np.concatenate([part.times for part in parts]),
        _join_hands(parts),
    )


def join_courses(parts: Sequence[Course | None]) -> Course | None:
    """The courses of sequences one after the other as one; ``None`` where one of them, or everything, has none."""
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts):
        return None
    return Course(np.concatenate([part.position for part in known]), np.concatenate([part.run for part in known]))


def _join_hands(parts: Sequence[PoseSequence]) -> FloatArray | None:
    if all(part.hands is None for part in parts):
        return None
    return np.concatenate(
        [np.full((len(part), *HANDS_SHAPE), np.nan, np.float32) if part.hands is None else part.hands for part in parts]
    )
