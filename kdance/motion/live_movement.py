"""The movement of a stream's newest frames: around the latest moment that has a future."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from kdance.motion.formula import GROUPS, by_group
from kdance.motion.pose_comparison import VELOCITY_SPAN_S, body_at, bone_movement
from kdance.motion.pose_normalization import Body
from kdance.motion.recent_frames import SeenFrame, join_bodies
from kdance.motion.reference_motion import ReferenceMotion
from kdance.pose import FloatArray

_NONE: Final = np.full(3 * len(GROUPS), np.nan)


def last_movement(newest_first: Iterable[SeenFrame], body: Body, time: float, reference: ReferenceMotion) -> FloatArray:
    """(3 G,) the movement by group around half a velocity span ago; NaN where the frames don't reach back.

    Args:
        newest_first: The frames of the run before this one.
        body: (B,) of this one.
        time: Its song time, seconds.
        reference: The dance.
    """
    then, centre = time - VELOCITY_SPAN_S, time - VELOCITY_SPAN_S / 2
    earlier, later, middle = None, None, None
    for seen in newest_first:
        if seen.time <= then:
            earlier = seen
            break
        later = seen
        middle = seen if seen.time >= centre else middle
    if earlier is None or later is None or middle is None:
        return _NONE
    pair = join_bodies([earlier.body, later.body])
    before = body_at(pair, np.array([earlier.time, later.time]), np.array([then]))
    position = middle.scores.clock - middle.scores.lag + (centre - middle.time)
    half = VELOCITY_SPAN_S / 2
    products, known = bone_movement(before, body[None], reference.at(position - half), reference.at(position + half))
    return np.concatenate([by_group(product[0]) for product in products]) if known[0] else _NONE
