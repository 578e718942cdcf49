"""Frames as bytes and back, bit for bit."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from typing import Final

import numpy as np

from kdance.pose import NUM_LANDMARKS, PoseSequence

_LEVEL: Final = 1  # higher levels save 2 % more of landmarks and cost five times the time


def pack_frames(frames: PoseSequence) -> bytes:
    """Frames as compressed ``.npy`` arrays one after the other: landmarks, world, times."""
    buffer = io.BytesIO()
    for array in (frames.landmarks, frames.world, frames.times):
        np.save(buffer, array, allow_pickle=False)
    return zlib.compress(buffer.getbuffer(), _LEVEL)


def unpack_frames(blob: bytes) -> PoseSequence:
    """What :func:`pack_frames` packed.

    Raises:
        ValueError: The bytes are damaged.
    """
    try:
        buffer = io.BytesIO(zlib.decompress(blob))
        landmarks, world, times = (np.load(buffer, allow_pickle=False) for _ in range(3))
    except (zlib.error, EOFError) as error:
        raise ValueError(f"frames are damaged: {error}") from error
    return PoseSequence(landmarks, world, times)


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
    )
