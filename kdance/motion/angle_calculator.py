"""Joint angles, and the signed errors of limbs that the advice is made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kdance.motion.pose_normalization import Body, common_confidence, dot, space_confidence, unit
from kdance.pose import BONE_NAMES, JOINT_NAMES, JOINTS, FloatArray

_UPPER, _VERTEX, _LOWER = (np.array([getattr(joint, end) for joint in JOINTS]) for end in ("upper", "vertex", "lower"))

# The limb that hangs from each joint, the limb it hangs on, and whether that one has to be turned round to point away
# from the joint. What a parent limb does wrong is not the child's fault.
_PARENTS = {"forearm": "upper_arm", "upper_arm": "trunk", "thigh": "trunk", "shin": "thigh"}
_LIMB = np.array([BONE_NAMES.index(joint.limb) for joint in JOINTS])
_PARENT = np.array(
    [
        BONE_NAMES.index(parent if parent == "trunk" else f"{side}_{parent}")
        for side, parent in ((joint.limb.split("_", 1)[0], _PARENTS[joint.limb.split("_", 1)[1]]) for joint in JOINTS)
    ]
)
_REVERSED = np.array([not joint.limb.endswith("thigh") for joint in JOINTS])
_HALF_TURN, _SIGN = np.where(_REVERSED, 180.0, 0.0), np.where(_REVERSED, -1.0, 1.0)[:, None]
# How much of an angle told to a dancer is the picture's, the rest being the network's depth: measured, see body_angles.
_PICTURE_SHARE = np.array(
    [{"shoulder": 1.0, "elbow": 0.5, "hip": 0.5, "knee": 0.0}[name.partition("_")[2]] for name in JOINT_NAMES]
)
_IS_SHOULDER = np.array([name.endswith("shoulder") for name in JOINT_NAMES])
# Where a raised arm goes in a picture of a dancer who faces the camera: +1 clockwise on the screen, y down.
_OUTWARD = np.array([-1.0 if name.startswith("left") else 1.0 for name in JOINT_NAMES])
_SHOULDERS = BONE_NAMES.index("shoulders")
# How much of an error that only the network's depth shows is believed: a 40 degree bend towards the camera was seen
# as about 0, and errors in the picture plane came out as errors of the wrong limb (shared/cases).
_DEPTH_TRUST = 0.5
FAR_ACROSS_DEG = 45.0
# A landmark below this is no place to measure an angle by.
MIN_VISIBILITY = 0.5
# Confidence of a joint below which nothing is said of it.
SHOWN = 0.25


def angle_between(u: FloatArray, v: FloatArray) -> FloatArray:
    """(...,) angle between (..., D) vectors in degrees, 0..180; NaN where a vector is NaN or has no length.

    arctan2(|u x v|, u.v) in Kahan's form for any dimension, exact near 0 and 180 degrees where arccos is not.
    W. Kahan, "How Futile are Mindless Assessments of Roundoff", 2006, section 12.

    >>> float(angle_between(np.array([1.0, 0.0]), np.array([0.0, 2.0])).round(6))
    90.0
    """
    u, v = unit(u), unit(v)
    apart, along = np.sqrt(np.square(u - v).sum(-1)), np.sqrt(np.square(u + v).sum(-1))
    return np.asarray(np.degrees(2 * np.arctan2(apart, along)))


def unit_angle(u: FloatArray, v: FloatArray) -> FloatArray:
    """(...,) the same for vectors that have length one already: the chord, twice as fast and exact near 0.

    >>> float(unit_angle(np.array([1.0, 0.0]), np.array([0.0, 1.0])).round(6))
    90.0
    """
    apart = u - v
    chord = np.sqrt(dot(apart, apart))
    return np.asarray(np.degrees(2 * np.arcsin(np.minimum(chord / 2, 1.0))))


def wrapped(angles: FloatArray, half_turn: float = 180.0) -> FloatArray:
    """(...) the same angles from ``-half_turn`` to less than ``half_turn``, whole turns taken off.

    Args:
        angles: (...) in any unit.
        half_turn: 180 for degrees, pi for radians.

    >>> wrapped(np.array([190.0, -180.0, 720.0])).tolist()
    [-170.0, -180.0, 0.0]
    """
    return (angles + half_turn) % (2 * half_turn) - half_turn


def picture_direction(vectors: FloatArray) -> FloatArray:
    """(...) radians from the x axis towards y (clockwise on a screen, y down) of (..., 2 or more) vectors, -pi..pi."""
    return np.asarray(np.arctan2(vectors[..., 1], vectors[..., 0]))


def joint_angles(points: FloatArray) -> FloatArray:
    """(..., 8) interior angles of ``JOINTS`` in degrees, 0..180 (180: straight), of (..., 33, D) points.

    >>> points = np.zeros((33, 2)); points[11] = 0, 0; points[13] = 1, 0; points[15] = 1, 1
    >>> float(joint_angles(points)[0].round(6))  # left elbow
    90.0
    """
    vertex = points[..., _VERTEX, :]
    return angle_between(points[..., _UPPER, :] - vertex, points[..., _LOWER, :] - vertex)


def body_angles(landmarks: FloatArray, world: FloatArray) -> FloatArray:
    """(..., 8) interior angles of ``JOINTS`` to be told to a dancer, degrees 0..180; NaN where a joint isn't seen.

    The picture tells a shoulder's angle best, the network's depth that of a knee, which bends towards the camera, and
    the mean of both those of elbows and hips: the median error on rendered dancers is 6, 12, 12 and 7 degrees
    (`benchmarks/beside.py`).

    Args:
        landmarks: (..., 33, 4) x, y in pixels, z, visibility.
        world: (..., 33, 3) metres.
    """
    angles = _PICTURE_SHARE * joint_angles(landmarks[..., :2]) + (1 - _PICTURE_SHARE) * joint_angles(world)
    seen = landmarks[..., np.array([_UPPER, _VERTEX, _LOWER]), 3].min(-2) >= MIN_VISIBILITY
    return np.asarray(np.where(seen, angles, np.nan))


def joint_errors(user: Body, reference: Body, usual_length: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Signed errors of the eight joints and how far each can be believed.

    Where the picture shows a limb, its error is how far its direction in the picture is off, less what the limb it
    hangs on is off. Where it points at the lens, half of what the network's depth says about the joint's interior
    angle.

    Args:
        user: (..., B) the dancer.
        reference: (..., B) the reference at the same moment of the dance, seen from the same side.
        usual_length: (B,) median length of the reference's bones in the picture.

    Returns:
        (..., 8) errors in degrees, -180..180: user minus reference, negative for more bent or the limb nearer the
        body; NaN where nothing is known. And (..., 8) confidence 0..1.
    """
    return joint_errors_by(user, reference, *common_confidence(user, reference, usual_length))


def joint_errors_by(user: Body, reference: Body, shown: FloatArray, seen: FloatArray) -> tuple[FloatArray, FloatArray]:
    """:func:`joint_errors` of bodies whose :func:`common_confidence` is known already."""
    shown, seen = (np.minimum(values[..., _LIMB], values[..., _PARENT]) for values in (shown, seen))
    share = np.divide(shown, seen, out=np.zeros_like(shown), where=seen > 0)
    flat, deep = _picture_errors(user, reference), _space_errors(user, reference)
    mixed = share * np.where(share > 0, flat, 0.0) + (1 - share) * _DEPTH_TRUST * np.where(share < 1, deep, 0.0)
    errors = np.where(share > 0.99, flat, mixed)
    known = np.isfinite(errors) & ~_turned_round(user, reference)[..., None]
    return np.where(known, errors, np.nan), np.where(known, seen, 0.0)


def joints_shown(reference: Body) -> NDArray[np.bool_]:
    """(..., 8) whether a reference shows the joints of (..., B) bodies well enough for anybody to be judged by them."""
    seen = space_confidence(reference)
    return np.asarray(np.minimum(seen[..., _LIMB], seen[..., _PARENT]) >= SHOWN)


def _picture_errors(user: Body, reference: Body) -> FloatArray:
    user_direction, reference_direction = (np.degrees(picture_direction(body.picture)) for body in (user, reference))
    change = wrapped(user_direction - reference_direction)
    off = wrapped(change[..., _LIMB] - change[..., _PARENT])
    at = wrapped(reference_direction[..., _LIMB] - reference_direction[..., _PARENT] + _HALF_TURN)
    interior, far = np.abs(wrapped(at + off)) - np.abs(at), np.abs(off)
    # A limb that is off to the mirror image of where it should be has the same interior angle: then less is said.
    bent = np.minimum(np.maximum(2 * interior, -far), far)
    facing = np.where(reference.picture[..., _SHOULDERS, :1] < 0, -1.0, 1.0)
    at_outward, off_outward = facing * _OUTWARD * at, facing * _OUTWARD * off
    # Across the body is nearer to it than beside it, until the arm is so far across that it rises again.
    across = np.maximum(at_outward, at_outward + off_outward) < -FAR_ACROSS_DEG
    raised = np.where(across, -off_outward, off_outward)
    return np.asarray(np.where(_IS_SHOULDER, raised, bent))


def _space_errors(user: Body, reference: Body) -> FloatArray:
    user_angle, reference_angle = (
        unit_angle(body.space[..., _LIMB, :], _SIGN * body.space[..., _PARENT, :]) for body in (user, reference)
    )
    return user_angle - reference_angle


def _turned_round(user: Body, reference: Body) -> NDArray[np.bool_]:
    """(...,) whether the two face opposite ways: then left and right may be swapped, and no limb can be blamed."""
    return np.asarray((user.picture[..., _SHOULDERS, :] * reference.picture[..., _SHOULDERS, :]).sum(-1) < -0.5)
