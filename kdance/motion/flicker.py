"""Bodies that no dancer can have had: for some tenths of a second the network sees a body thrown across itself.

It happens where the picture is poor (grey, coarse, dark) and the dancer turns: shoulders or hips jump further than a
body can, and jump back. A handful of such frames spoils the movement of the three seconds around them, so they count as
not seen.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kdance.motion.pose_normalization import dot
from kdance.pose import HIPS, SHOULDERS, FloatArray, PoseSequence

FASTEST: Final = 7.0
"""Trunk lengths a second of a shoulder or hip. A full turn in half a second moves them by 4.4; the network's own jumps
in clean takes of rendered dances have 8 and more too, but leaving out a frame or two there costs nothing."""

LONGEST_S: Final = 0.7
"""Two jumps further apart than this are no flicker: the dancer, or another one, is really there."""

CORNERS: Final = [*SHOULDERS, *HIPS]
"""Landmarks whose jumps are looked for."""


def without_flicker(sequence: PoseSequence) -> PoseSequence:
    """A sequence in which nobody is seen between two impossible jumps; the same one where there are none."""
    flickers = find_flicker(sequence.landmarks[..., :2], sequence.times)
    if not flickers.any():
        return sequence
    landmarks, world = sequence.landmarks.copy(), sequence.world.copy()
    landmarks[flickers], world[flickers] = np.nan, np.nan
    return PoseSequence(landmarks, world, sequence.times, sequence.hands)


def find_flicker(points: FloatArray, times: FloatArray) -> NDArray[np.bool_]:
    """(T,) whether the body of a frame lies between two impossible jumps.

    Args:
        points: (T, 33, 2) landmarks in pixels, NaN rows where nobody was seen.
        times: (T,) seconds.
    """
    flickers = np.zeros(len(times), np.bool_)
    seen = np.flatnonzero(np.isfinite(points[:, 0, 0]))
    if len(seen) < 3:
        return flickers
    corners = points[seen][:, CORNERS]
    trunk = float(np.median(trunk_length(corners)))
    moved = largest_step(corners[:-1], corners[1:])
    jumps = seen[np.flatnonzero(moved > FASTEST * max(trunk, 1e-6) * np.diff(times[seen])) + 1]
    for begin, end in pairwise(jumps):
        if times[end] - times[begin] <= LONGEST_S:
            flickers[begin:end] = True
    return flickers


def trunk_length(corners: FloatArray) -> FloatArray:
    """(...,) pixels from the middle of the shoulders to that of the hips of (..., 4, 2) :data:`CORNERS`."""
    twice = corners[..., 0, :] + corners[..., 1, :] - corners[..., 2, :] - corners[..., 3, :]
    return np.sqrt(dot(twice, twice)) / 2


def largest_step(before: FloatArray, after: FloatArray) -> FloatArray:
    """(...,) pixels by which the fastest of (..., 4, 2) corners has moved from one frame to another."""
    step = after - before
    return np.asarray(np.sqrt(dot(step, step)).max(-1))
