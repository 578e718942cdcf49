"""A reference prepared for comparison: its bones on an even time grid, to be looked up at any time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kdance.motion.curves import body_between, neighbours
from kdance.motion.gaps import gaps
from kdance.motion.pose_normalization import (
    FLIPPED_BONES,
    Body,
    concatenated,
    mirrored_body,
    normalize,
    unit,
    usual_lengths,
)
from kdance.motion.viewpoint import seen_from
from kdance.pose import FloatArray, PoseSequence

RATE_HZ = 30.0
# A frame this close to the first or last one of the dance still belongs to it.
EDGE_S = 0.02
# Between two frames farther apart than this nothing is known.
_MAX_GAP_S = 0.5
_AT_ONCE = 8192  # moments that are looked up together: hours of dance take no gigabytes


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceMotion:
    """The bones of a reference at 30 Hz.

    Attributes:
        body: (N, B) bones at ``n / 30`` seconds; NaN where the reference isn't known.
        duration: Seconds of the reference.
        usual_length: (B,) median length of each bone in the picture, in trunk lengths.
        yaw_deg: From how far to the side it is seen, relative to its own camera; the mean where shots differ.
        shots: (N,) number of the shot of the video that each is in; ``None`` where all is one.
        missing: (start, end) in seconds of what isn't known: nobody is compared there, however late they may be.
    """

    body: Body
    duration: float
    usual_length: FloatArray
    yaw_deg: float = 0.0
    shots: NDArray[np.integer[Any]] | None = None
    missing: tuple[tuple[float, float], ...] = ()

    @classmethod
    def from_sequence(cls, sequence: PoseSequence, cuts: Sequence[float] = ()) -> ReferenceMotion:
        """Prepare a sequence whose times start near 0.

        Args:
            sequence: The poses.
            cuts: Seconds at which a new shot begins; the scale is each shot's own.
        """
        edges = [0, *np.searchsorted(sequence.times, np.asarray(cuts, float) - 1e-6).tolist(), len(sequence)]
        body = concatenated([normalize(sequence[first:end]) for first, end in pairwise(edges)])
        duration = float(sequence.times[-1]) if len(sequence) else 0.0
        grid = np.arange(int(np.floor(duration * RATE_HZ)) + 1) / RATE_HZ
        even = Body(*(_resample(getattr(body, field.name), sequence.times, grid, cuts) for field in fields(body)))
        even = replace(even, picture=unit(even.picture), space=unit(even.space))
        shots = np.searchsorted(np.asarray(cuts, float), grid + 1e-6, side="right") if len(cuts) else None
        return cls(even, duration, usual_lengths(body), shots=shots, missing=gaps(sequence.measured, sequence.times))

    def at(self, times: FloatArray) -> Body:
        """(..., B) the bones at ``times`` (...,) seconds, between grid points linearly; NaN outside of the dance."""
        count = len(self.body.length)
        position = np.asarray(times, np.float64) * RATE_HZ
        inside = (position > -0.5) & (position < count - 0.5)
        position = np.minimum(np.maximum(position, 0.0), count - 1.0)
        before = np.minimum(position.astype(np.intp), max(count - 2, 0))
        after = np.minimum(before + 1, count - 1)
        share = np.where(inside, position - before, np.nan)
        return body_between(self.body, before, after, share.astype(np.float32))

    def is_on(self, clock: FloatArray | float) -> Any:
        """(...,) whether the dance is on at ``clock`` seconds; a frame just beside its ends still belongs to it."""
        return (np.asarray(clock) >= -EDGE_S) & (np.asarray(clock) <= self.duration + EDGE_S)

    def is_missing(self, clock: FloatArray | float) -> NDArray[np.bool_]:
        """(...,) whether the video doesn't show what is danced at ``clock`` seconds."""
        clock = np.asarray(clock)
        found = np.zeros(clock.shape, bool)
        for start, end in self.missing:
            found |= (clock >= start - EDGE_S) & (clock < end - EDGE_S)
        return found

    def mirrored(self) -> ReferenceMotion:
        """The mirror image of the dance, seen from its own camera."""
        if self.yaw_deg:
            raise ValueError("start from the view of the reference's own camera")
        return replace(self, body=mirrored_body(self.body), usual_length=self.usual_length[FLIPPED_BONES])

    def seen_from(self, yaw_deg: float) -> ReferenceMotion:
        """The same dance seen by a camera ``yaw_deg`` to the side of where this one was seen from the front."""
        if self.yaw_deg:
            raise ValueError("start from the view of the reference's own camera")
        return replace(self, body=seen_from(self.body, yaw_deg), yaw_deg=yaw_deg)

    def shot_at(self, times: FloatArray) -> NDArray[np.integer[Any]]:
        """(...,) number of the shot at ``times`` seconds; 0 where all is one."""
        if self.shots is None:
            return np.zeros(np.shape(times), int)
        index = np.round(np.nan_to_num(np.asarray(times, np.float64)) * RATE_HZ).astype(int)
        return np.asarray(self.shots[np.clip(index, 0, len(self.shots) - 1)])

    def seen_by_shot(self, yaws_deg: FloatArray) -> ReferenceMotion:
        """The same dance with each of its (S,) shots seen from its own side, as :meth:`seen_from` has it for one."""
        if self.yaw_deg or self.shots is None:
            raise ValueError("start from the view of the reference's own cameras")
        yaws = yaws_deg[self.shots]
        return replace(self, body=seen_from(self.body, yaws[:, None]), yaw_deg=float(yaws.mean()))


def _resample(values: FloatArray, times: FloatArray, grid: FloatArray, cuts: Sequence[float]) -> FloatArray:
    """(N, ...) values at the times of a grid, linear between frames of one shot; NaN beside a missing frame."""
    if len(times) == 0:
        return np.full((len(grid), *values.shape[1:]), np.nan, np.float32)
    flat = values.reshape(len(values), -1)
    resampled = np.empty((len(grid), flat.shape[1]), np.float32)
    edges = np.asarray(cuts, float) - 1e-6
    for first in range(0, len(grid), _AT_ONCE):
        moments = slice(first, first + _AT_ONCE)
        before, after, share, span = neighbours(times, grid[moments])
        share = np.where(span > _MAX_GAP_S, np.nan, share)
        if len(edges):  # what lies between two shots is of one of them
            shot = np.searchsorted(edges, times[after], side="right")
            between = np.searchsorted(edges, times[before], side="right") < shot
            share = np.where(between, grid[moments] >= edges[shot - 1], share)
        share = share[:, None]
        mixed = flat[before] * (1 - share) + flat[after] * share
        resampled[moments] = np.where(share == 0, flat[before], np.where(share == 1, flat[after], mixed))
    return resampled.reshape((len(grid), *values.shape[1:]))
