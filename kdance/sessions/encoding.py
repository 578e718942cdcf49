"""Frames as bytes and back, bit for bit."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from typing import Final

import numpy as np

from kdance.pose import HANDS_SHAPE, NUM_LANDMARKS, FloatArray, PoseSequence

_LEVEL: Final = 1  # higher levels save 2 % more of landmarks and cost five times the time


def pack_frames(frames: PoseSequence) -> bytes:
    """Frames as compressed ``.npy`` arrays one after the other: landmarks, world, times, and hands where there are."""
    buffer = io.BytesIO()
    hands = () if frames.hands is None else (frames.hands,)
    for array in (frames.landmarks, frames.world, frames.times, *hands):
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
        has_hands = buffer.tell() < len(buffer.getbuffer())
        hands = np.load(buffer, allow_pickle=False) if has_hands else None
    except (zlib.error, EOFError) as error:
        raise ValueError(f"frames are damaged: {error}") from error
    return PoseSequence(landmarks, world, times, hands)


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


def _join_hands(parts: Sequence[PoseSequence]) -> FloatArray | None:
    if all(part.hands is None for part in parts):
        return None
    return np.concatenate(
        [np.full((len(part), *HANDS_SHAPE), np.nan, np.float32) if part.hands is None else part.hands for part in parts]
    )
