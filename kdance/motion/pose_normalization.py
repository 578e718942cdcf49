"""What is left of a pose when body size, place and distance from the camera are taken out: the directions of bones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from kdance.motion.picture_points import mirrored
from kdance.pose import BONE_NAMES, BONES, FloatArray, PoseSequence

TRUNK = BONE_NAMES.index("trunk")
# (B,) each bone's partner on the other side of the body.
FLIPPED_BONES = np.array(
    [BONE_NAMES.index(name.replace("left", "#").replace("right", "left").replace("#", "right")) for name in BONE_NAMES]
)
# (B, 1) bones that run from right to left.
_ACROSS = np.where([bone.name in ("shoulders", "hips") for bone in BONES], -1.0, 1.0).astype(np.float32)[:, None]
_FLIP = np.array([-1.0, 1.0, 1.0], np.float32)
# (4, B) the landmarks of each bone's start and end; one that isn't a midpoint is named twice.
_ENDS = np.array([[bone.start[0], bone.start[-1], bone.end[0], bone.end[-1]] for bone in BONES]).T
# A bone whose length in the picture is under this share of its usual one points at the lens: it can point anywhere.
FORESHORTENED = 0.4
# Of a bone that the reference shows less than this nothing is asked.
SHOWN = 0.5
_AT_ONCE = 8192  # poses: hours of dance take no gigabytes


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """The normalised form of a pose or a sequence; every comparison is made on it. B = 14 bones (``BONES``).

    Attributes:
        picture: (..., B, 2) unit direction of each bone in the picture, y down; NaN where unknown.
        space: (..., B, 3) unit direction of each bone in metres space, y down, z away from the camera.
        length: (..., B) length of each bone in the picture over the length of the trunk.
        visibility: (..., B) 0..1, the less visible of a bone's ends.
    """

    picture: FloatArray
    space: FloatArray
    length: FloatArray
    visibility: FloatArray

    def __getitem__(self, index: Any) -> Body:
        """The same of some frames; works like indexing each array."""
        return Body(self.picture[index], self.space[index], self.length[index], self.visibility[index])


def normalize(sequence: PoseSequence) -> Body:
    """The bones of a sequence, free of the dancer's size, place and distance.

    The scale is the median length of the trunk over the sequence, not each frame's: it would breathe with every lean.
    """
    parts = [slice(first, first + _AT_ONCE) for first in range(0, len(sequence), _AT_ONCE)] or [slice(0)]
    body = concatenated(
        [normalize_arrays(sequence.landmarks[part], sequence.world[part], trunk_px=1.0) for part in parts]
    )
    return replace(body, length=body.length / _usual_trunk(body.length))


def normalize_arrays(landmarks: FloatArray, world: FloatArray, *, trunk_px: float | None = None) -> Body:
    """Like :func:`normalize` for arrays of one pose or of many.

    Args:
        landmarks: (..., 33, 4) x, y in pixels, z, visibility.
        world: (..., 33, 3) metres.
        trunk_px: The scale; by default the median length of the trunk.
    """
    vectors = bone_vectors(landmarks[..., :2])
    length = np.sqrt(dot(vectors, vectors))
    scale = _usual_trunk(length) if trunk_px is None else trunk_px
    return Body(unit(vectors), unit(bone_vectors(world)), length / scale, bone_visibility(landmarks))


def _usual_trunk(length: FloatArray) -> float:
    """Median length of the trunk of bodies with (..., B) bones of a length; 1 where none is seen."""
    trunk = length[..., TRUNK]
    known = trunk[trunk > 0]
    return float(np.median(known)) if known.size else 1.0


def bone_visibility(landmarks: FloatArray) -> FloatArray:
    """(..., B) 0..1, the less visible of a bone's ends, of (..., 33, 4) landmarks."""
    return np.asarray(landmarks[..., _ENDS, 3].min(-2))


def bone_vectors(points: FloatArray) -> FloatArray:
    """(..., B, D) vectors from the upper to the lower end of each bone of (..., 33, D) points."""
    ends = points[..., _ENDS, :]  # (..., 4, B, D)
    return np.asarray(0.5 * (ends[..., 2, :, :] + ends[..., 3, :, :] - ends[..., 0, :, :] - ends[..., 1, :, :]))


def dot(some: FloatArray, others: FloatArray) -> FloatArray:
    """(...,) scalar products of (..., D) vectors: a sum over an axis that short takes several times longer.

    >>> float(dot(np.array([1.0, 2.0]), np.array([3.0, 4.0])))
    11.0
    """
    total = some[..., 0] * others[..., 0]
    for axis in range(1, some.shape[-1]):
        total += some[..., axis] * others[..., axis]
    return np.asarray(total)


def unit(vectors: FloatArray) -> FloatArray:
    """(..., D) vectors of length one; NaN for one without length.

    >>> unit(np.array([[3.0, 4.0], [0.0, 0.0]]))
    array([[0.6, 0.8],
           [nan, nan]])
    """
    length = np.sqrt(dot(vectors, vectors))
    return np.asarray(vectors / np.where(length > 1e-9, length, np.nan)[..., None])


def renamed_body(body: Body) -> Body:
    """What :func:`normalize` would give if left and right changed names: bones across the body change their ends."""
    return Body(
        body.picture[..., FLIPPED_BONES, :] * _ACROSS,
        body.space[..., FLIPPED_BONES, :] * _ACROSS,
        body.length[..., FLIPPED_BONES],
        body.visibility[..., FLIPPED_BONES],
    )


def mirrored_body(body: Body) -> Body:
    """The same for the mirrored pose: bones change sides and x its sign."""
    renamed = renamed_body(body)
    return Body(renamed.picture * _FLIP[:2], renamed.space * _FLIP, renamed.length, renamed.visibility)


def unseen_body(body: Body) -> Body:
    """The same as if nobody had been seen."""
    return Body(*(np.full_like(getattr(body, field.name), np.nan) for field in fields(Body)))


def mirrored_sequence(sequence: PoseSequence) -> PoseSequence:
    """A sequence as in a mirror, see :func:`mirrored`; its x run from -width to 0."""
    hands = None if sequence.hands is None else sequence.hands[:, ::-1] * np.array([-1, 1, 1], np.float32)
    return PoseSequence(mirrored(sequence.landmarks), mirrored(sequence.world), sequence.times, hands)


def concatenated(bodies: Sequence[Body]) -> Body:
    """(T, B) several sequences of bodies, one behind the other."""
    if len(bodies) == 1:
        return bodies[0]
    return Body(*(np.concatenate([getattr(body, field.name) for body in bodies]) for field in fields(Body)))


def turned(directions: FloatArray, yaw_deg: FloatArray | float) -> FloatArray:
    """(..., 3) directions turned about the vertical; positive turns z (away from the camera) towards x.

    ``directions[..., 0]`` and ``yaw_deg`` may broadcast.

    >>> turned(np.array([0.0, 0.0, 1.0]), 90.0).round(6)
    array([1., 0., 0.])
    """
    cos, sin = np.cos(np.radians(yaw_deg)), np.sin(np.radians(yaw_deg))
    x, y, z = directions[..., 0], directions[..., 1], directions[..., 2]
    return np.stack(np.broadcast_arrays(cos * x + sin * z, y, cos * z - sin * x), -1)


def common_confidence(user: Body, reference: Body, usual_length: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(..., B) 0..1 how far both show a bone's direction in the picture, where it may point at the lens; and in space.

    Args:
        user: (..., B) bodies; the two may broadcast.
        reference: (..., B) bodies.
        usual_length: (B,) median length of each bone in the picture, see :func:`usual_lengths`.
    """
    usual = FORESHORTENED * np.where(usual_length > 0, usual_length, np.inf)  # a bone never seen shows nothing
    mine, theirs = space_confidence(user), space_confidence(reference)
    shown = np.minimum(
        mine * np.minimum(user.length / usual, 1.0) ** 2, theirs * np.minimum(reference.length / usual, 1.0) ** 2
    )
    return shown, np.minimum(mine, theirs)


def space_confidence(body: Body) -> FloatArray:
    """(..., B) 0..1 how far a bone is seen at all: the square of its visibility, 0 where there is none."""
    return np.asarray(np.fmax(body.visibility, 0.0) ** 2)  # fmax: NaN is 0


def usual_lengths(body: Body) -> FloatArray:
    """(B,) median length of each bone in the picture over the frames (0 for a bone never seen)."""
    seen = np.isfinite(body.length)
    usual = np.zeros(len(BONES))
    for bone in range(len(BONES)):
        if seen[:, bone].any():
            usual[bone] = np.median(body.length[seen[:, bone], bone])
    return usual


def shown_visibility(user: Body, dance: Body) -> FloatArray:
    """(..., B) how well the dancer's bones are seen; NaN of those that the reference doesn't show: none is missed."""
    return np.where(dance.visibility < SHOWN, np.nan, user.visibility)
