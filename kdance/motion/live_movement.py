"""The movement of a stream's newest frames: around the latest moment that has a future."""

from __future__ import annotations

from typing import Final

import numpy as np

from kdance.motion.formula import GROUPS, by_group
from kdance.motion.pose_comparison import VELOCITY_SPAN_S, Velocities, body_at, bone_movement
from kdance.motion.pose_normalization import Body
from kdance.motion.recent_frames import SeenFrames
from kdance.motion.reference_motion import ReferenceMotion
from kdance.pose import FloatArray

_NONE: Final = np.full(3 * len(GROUPS), np.nan)


def last_movement(seen: SeenFrames, body: Body, time: float, reference: ReferenceMotion) -> FloatArray:
    """(3 G,) the movement by group around half a velocity span ago; NaN where the frames don't reach back.

    Args:
        seen: The frames of the run before this one.
        body: (B,) of this one.
        time: Its song time, seconds.
        reference: The dance.
    """
    half = VELOCITY_SPAN_S / 2
    then, centre = time - VELOCITY_SPAN_S, time - half
    later, middle = int(seen.time.searchsorted(then, side="right")), int(seen.time.searchsorted(centre))
    if later == 0 or middle == len(seen):
        return _NONE
    pair = slice(later - 1, later + 1)
    before = body_at(seen.body[pair], seen.time[pair], np.array([then]))[0]
    position = float(seen.scores.clock[middle] - seen.scores.lag[middle]) + (centre - float(seen.time[middle]))
    dance = reference.at(np.array([position - half, position + half]))
    products, known = bone_movement(Velocities.between(before, body), Velocities.between(dance[0], dance[1]))
    return by_group(np.array(products)).ravel() if known else _NONE
