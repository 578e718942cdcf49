"""A reference prepared for comparison: its bones on an even time grid, to be looked up at any time."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from kdance.motion.curves import body_between, neighbours
from kdance.motion.pose_normalization import FLIPPED_BONES, Body, mirrored_body, normalize, unit, usual_lengths
from kdance.motion.viewpoint import seen_from
from kdance.pose import FloatArray, PoseSequence

RATE_HZ = 30.0
# A frame this close to the first or last one of the dance still belongs to it.
EDGE_S = 0.02
# Between two frames farther apart than this nothing is known.
_MAX_GAP_S = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceMotion:
    """The bones of a reference at 30 Hz.

    Attributes:
        body: (N, B) bones at ``n / 30`` seconds; NaN where the reference isn't known.
        duration: Seconds of the reference.
        usual_length: (B,) median length of each bone in the picture, in trunk lengths.
        yaw_deg: From how far to the side it is seen, relative to its own camera.
    """

    body: Body
    duration: float
    usual_length: FloatArray
    yaw_deg: float = 0.0

    @classmethod
    def from_sequence(cls, sequence: PoseSequence) -> ReferenceMotion:
        """Prepare a sequence whose times start near 0."""
        body = normalize(sequence)
        duration = float(sequence.times[-1]) if len(sequence) else 0.0
        grid = np.arange(int(np.floor(duration * RATE_HZ)) + 1) / RATE_HZ
        even = Body(*(_resample(getattr(body, field.name), sequence.times, grid) for field in fields(body)))
        even = replace(even, picture=unit(even.picture), space=unit(even.space))
        return cls(even, duration, usual_lengths(body))

    def at(self, times: FloatArray) -> Body:
        """(..., B) the bones at ``times`` (...,) seconds, between grid points linearly; NaN outside of the dance."""
        count = len(self.body.length)
        position = np.asarray(times, np.float64) * RATE_HZ
        inside = (position > -0.5) & (position < count - 0.5)
        position = np.clip(position, 0.0, count - 1.0)
        before = np.minimum(position.astype(np.intp), max(count - 2, 0))
        after = np.minimum(before + 1, count - 1)
        share = np.where(inside, position - before, np.nan)
        return body_between(self.body, before, after, share.astype(np.float32))

    def is_on(self, clock: FloatArray | float) -> Any:
        """(...,) whether the dance is on at ``clock`` seconds; a frame just beside its ends still belongs to it."""
        return (np.asarray(clock) >= -EDGE_S) & (np.asarray(clock) <= self.duration + EDGE_S)

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


def _resample(values: FloatArray, times: FloatArray, grid: FloatArray) -> FloatArray:
    """(N, ...) values at the times of a grid, linear between frames; NaN beside a missing frame."""
    if len(times) == 0:
        return np.full((len(grid), *values.shape[1:]), np.nan, np.float32)
    flat = values.reshape(len(values), -1)
    before, after, share, span = neighbours(times, grid)
    share = np.where(span > _MAX_GAP_S, np.nan, share)[:, None]
    mixed = np.where(
        share == 0, flat[before], np.where(share == 1, flat[after], flat[before] * (1 - share) + flat[after] * share)
    )
    return mixed.reshape((len(grid), *values.shape[1:])).astype(np.float32)
