"""A camera that stands to the side of the dancer: how far, and what the reference looks like from there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kdance.motion.angle_calculator import picture_direction, unit_angle, wrapped
from kdance.motion.pose_normalization import Body, dot, space_confidence, turned
from kdance.pose import FloatArray

# Farther to the side than this the network's own depth is a guess; a body turned so far is not a camera's doing.
MAX_YAW_DEG = 50.0
YAW_STEP_DEG = 5.0
_YAWS = np.arange(-MAX_YAW_DEG, MAX_YAW_DEG + 1, YAW_STEP_DEG)
SIDES = len(_YAWS)
"""From so many sides a dance is looked at."""
# A bone whose projection is shorter than this points at the lens: turning the camera moves its picture anywhere.
_SHORT = 0.5


def seen_from(body: Body, yaw_deg: FloatArray | float) -> Body:
    """The body as a camera sees it that stands ``yaw_deg`` to the side.

    Directions in space are turned about the vertical. Those in the picture are turned by as much as the projection of
    the bone in space turns, so that the precise picture is kept and the imprecise depth only corrects it.

    Args:
        body: (..., B) bones as seen from the front.
        yaw_deg: Where the camera stands, as given by :func:`estimate_yaw`; () or (..., 1).
    """
    if not np.any(yaw_deg):
        return body
    space = turned(body.space, yaw_deg)
    before, after = body.space[..., :2], space[..., :2]
    trust = np.clip(np.minimum(_norm(before), _norm(after)) / _SHORT, 0.0, 1.0)
    turn = trust * wrapped(picture_direction(after) - picture_direction(before), np.pi)
    cos, sin = np.cos(turn), np.sin(turn)
    x, y = body.picture[..., 0], body.picture[..., 1]
    return replace(body, picture=np.stack([cos * x - sin * y, sin * x + cos * y], -1), space=space)


def estimate_yaw(user: Body, reference: Body, weights: FloatArray) -> float:
    """Degrees to the side from which the user is seen, with the reference seen from the front.

    The view from which the reference looks most like the user: a rotation about the vertical only, because a full
    rotation in space would also remove a real lean.

    Args:
        user: (T, B) bodies.
        reference: (T, B) the reference at the same moments of the dance.
        weights: (B,) weight of each bone.

    Returns:
        A multiple of 5 from -50 to 50; 0 where it can't be told.
    """
    return yaw_of(*yaw_errors(user, reference, weights))


def yaw_errors(
    user: Body, reference: Body, weights: FloatArray, sides: slice = slice(None)
) -> tuple[FloatArray, FloatArray]:
    """(Y,) weighted degrees by which the reference is off from each side, and (Y,) their weights: sums over frames.

    Arguments as of :func:`estimate_yaw`, which is :func:`yaw_of` of both; sums of several stretches may be added, and
    only some of the :data:`SIDES` looked from.
    """
    weight = weights * space_confidence(user) * space_confidence(reference)
    view = seen_from(reference, _YAWS[sides, None, None])  # (Y, T, B)
    error = unit_angle(user.picture, view.picture) + unit_angle(user.space, view.space)
    known = np.isfinite(error)
    return (weight * np.where(known, error, 0.0)).sum((1, 2)), (weight * known).sum((1, 2))


def yaw_of(errors: FloatArray, weights: FloatArray) -> float:
    """Degrees to the side that :func:`yaw_errors` tell."""
    if not weights.all():
        return 0.0
    # Looking farther to the side must pay: a hundredth of a degree of error for each degree of yaw.
    return float(_YAWS[int(np.argmin(errors / weights + 0.01 * np.abs(_YAWS)))])


def _norm(vectors: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(dot(vectors, vectors)))
