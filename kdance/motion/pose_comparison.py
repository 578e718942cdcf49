"""The dancer against the reference: how alike two poses are, and how alike two movements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kdance.choices import Strictness
from kdance.motion.alignment import LAGS
from kdance.motion.angle_calculator import unit_angle
from kdance.motion.course import BREAK_S
from kdance.motion.curves import body_between, neighbours
from kdance.motion.pose_normalization import Body, common_confidence, dot, space_confidence
from kdance.motion.reference_motion import ReferenceMotion
from kdance.pose import BONE_NAMES, FloatArray

# Arms carry a dance and tell two dances apart: on real takes another dance is about 40 degrees farther off than the
# same one in the forearms, and 5 in the shins. Feet and hips are what the network sees worst.
_WEIGHT: Final = {
    "upper_arm": 1.5, "forearm": 1.5, "thigh": 1.0, "shin": 1.0, "foot": 0.25,
    "shoulders": 0.5, "hips": 0.5, "trunk": 1.0, "neck": 0.5,
}  # fmt: skip
WEIGHTS: Final = np.array([_WEIGHT[name.split("_", 1)[-1]] for name in BONE_NAMES])
_HALF: Final = 0.5 * WEIGHTS
_ALL: Final = WEIGHTS.sum()
# Less than this share of the weight seen: no number.
MIN_SEEN: Final = 0.3
# Differences up to this are bodies and the network, not mistakes (4 degrees between two bodies on shared/cases).
TOLERANCE_DEG: Final = 8.0
WIDTH_DEG: Final[dict[Strictness, float]] = {"easy": 62.0, "normal": 50.0, "strict": 38.0}
# A moment farther than this from the nearest frame is unknown.
NEAREST_S: Final = 0.15
# Over this time a velocity is taken: long enough to stand above the network's jitter.
VELOCITY_SPAN_S: Final = 0.5
# Movement below this speed (per bone, radians a second) counts as standing still.
STILL_SPEED: Final = 0.15
_NOTHING: Final = 1e-6  # of all weight
# Frames compared at once: enough to outweigh numpy's overhead, few enough to stay in the processor's cache.
_CHUNK: Final = 32


def similarity(
    user: Body, reference: Body, usual_length: FloatArray, *, strictness: Strictness = "normal"
) -> FloatArray:
    """(...,) how alike two poses are, 0..1; NaN where too little of them is seen.

    The weighted mean over the bones of ``exp(-(max(0, angle - 8 deg) / width)^2)``, half of it from the angles in the
    picture and half from those in space, each bone weighted by how well both sides show it.

    Args:
        user: (..., B) bodies; the two may broadcast.
        reference: (..., B) bodies.
        usual_length: (B,) median length of the reference's bones in the picture.
        strictness: How fast an error costs points.
    """
    return similarities(user, reference, usual_length, (strictness,))[0]


def similarities(
    user: Body, reference: Body, usual_length: FloatArray, levels: Sequence[Strictness]
) -> tuple[FloatArray, ...]:
    """:func:`similarity` at several levels of strictness, for little more than the price of one."""
    angles = _BoneAngles.between(user, reference, usual_length)
    enough = (seen_share(user) >= MIN_SEEN) & (seen_share(reference) >= MIN_SEEN)
    found = []
    for strictness in levels:
        value, weight = (parts.sum(-1) for parts in angles.likeness(strictness))
        known = enough & (weight > _NOTHING)
        found.append(np.asarray(np.divide(value, weight, out=np.full_like(value, np.nan), where=known)))
    return tuple(found)


def bone_similarity(
    user: Body, reference: Body, usual_length: FloatArray, *, strictness: Strictness = "normal"
) -> tuple[FloatArray, FloatArray]:
    """What :func:`similarity` is the quotient of, bone by bone: (..., B) weighted likeness, and (..., B) weight.

    Args:
        user: (..., B) bodies; the two may broadcast.
        reference: (..., B) bodies.
        usual_length: (B,) median length of the reference's bones in the picture.
        strictness: How fast an error costs points.
    """
    return _BoneAngles.between(user, reference, usual_length).likeness(strictness)


@dataclass(frozen=True, slots=True, eq=False)
class _BoneAngles:
    """How far apart the bones of two bodies are, in the picture and in space; whatever the strictness.

    Attributes:
        confidence: (..., B) :func:`common_confidence` in the picture and in space.
        shares: (..., B) of the weight, of each of the two.
        beyond: (..., B) degrees beyond the tolerance, likewise.
    """

    confidence: tuple[FloatArray, FloatArray]
    shares: tuple[FloatArray, FloatArray]
    beyond: tuple[FloatArray, FloatArray]

    @classmethod
    def between(cls, user: Body, reference: Body, usual_length: FloatArray) -> _BoneAngles:
        shown, seen = common_confidence(user, reference, usual_length)
        in_picture, in_space = unit_angle(user.picture, reference.picture), unit_angle(user.space, reference.space)
        return cls(
            (shown, seen), (_share(shown, in_picture), _share(seen, in_space)), (_beyond(in_picture), _beyond(in_space))
        )

    def likeness(self, strictness: Strictness) -> tuple[FloatArray, FloatArray]:
        width, (shown, seen) = WIDTH_DEG[strictness], self.shares
        picture, space = (np.exp(-((beyond / width) ** 2)) for beyond in self.beyond)
        return shown * picture + seen * space, shown + seen


def _share(confidence: FloatArray, angle: FloatArray) -> FloatArray:
    return np.where(np.isfinite(angle), _HALF * confidence, 0.0)


def _beyond(angle: FloatArray) -> FloatArray:
    return np.asarray(np.fmax(angle - TOLERANCE_DEG, 0.0))  # fmax: NaN is 0


def seen_share(body: Body) -> FloatArray:
    """(...,) 0..1 the share of the body, by weight, that the camera sees."""
    seen = (body.visibility >= 0.5) & np.isfinite(body.picture[..., 0])
    return np.asarray((WEIGHTS * seen).sum(-1) / _ALL)


@dataclass(frozen=True, slots=True, eq=False)
class LagLikeness:
    """One body beside the reference at each of ``LAGS`` before the clock.

    Attributes:
        dance: (L, B) the reference there.
        value: (L, B) of :func:`bone_similarity`.
        weight: (L, B) of the same.
        similarity: (L,) of :func:`similarity`.
        shown: (L, B) of :func:`common_confidence`, like ``seen``.
        seen: (L, B) of the same.
    """

    dance: Body
    value: FloatArray
    weight: FloatArray
    similarity: FloatArray
    shown: FloatArray
    seen: FloatArray


def lag_likeness(
    user: Body, reference: ReferenceMotion, clock: float, *, strictness: Strictness = "normal"
) -> LagLikeness:
    """How alike (B,) one body is at each lag, bone by bone; arguments as of :func:`lag_similarities`."""
    dance = reference.at(clock - LAGS)
    angles = _BoneAngles.between(user[None], dance, reference.usual_length)
    value, weight = angles.likeness(strictness)
    total, known = weight.sum(-1), (seen_share(dance) >= MIN_SEEN) & (seen_share(user) >= MIN_SEEN)
    if reference.missing and reference.is_missing(clock):
        known = np.zeros_like(known)
    similarity = np.divide(value.sum(-1), total, out=np.full_like(total, np.nan), where=known & (total > _NOTHING))
    return LagLikeness(dance, value, weight, similarity, *angles.confidence)


def lag_similarities(
    user: Body, reference: ReferenceMotion, clock: FloatArray, *, strictness: Strictness = "normal"
) -> FloatArray:
    """(T, L) similarity of each frame with the reference at each of ``LAGS`` before the clock.

    Args:
        user: (T, B) bodies.
        reference: The dance.
        clock: (T,) where the clock says the dance is, seconds of the reference.
        strictness: How fast an error costs points.
    """
    return lag_similarities_by_level(user, reference, clock, (strictness,))[0]


def lag_similarities_by_level(
    user: Body, reference: ReferenceMotion, clock: FloatArray, levels: Sequence[Strictness]
) -> tuple[FloatArray, ...]:
    """(T, L) :func:`lag_similarities` of many bodies at several levels of strictness."""
    found = tuple(np.empty((len(clock), len(LAGS))) for _ in levels)
    for first in range(0, len(clock), _CHUNK):
        frames = slice(first, first + _CHUNK)
        # user (C, 1, B), reference (C, L, B) -> (C, L)
        dance = reference.at(clock[frames, None] - LAGS)
        for rows, part in zip(
            found, similarities(user[frames, None], dance, reference.usual_length, levels), strict=True
        ):
            rows[frames] = part
    for rows in found:
        rows[reference.is_missing(clock)] = np.nan
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Movement:
    """Products of two velocities, to be summed over a window; see :func:`agreement`.

    Attributes:
        shared: (T,) weighted sum over the bones of user velocity times reference velocity.
        user: (T,) the user's with itself.
        reference: (T,) the reference's with itself.
    """

    shared: FloatArray
    user: FloatArray
    reference: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Velocities:
    """How the bones of bodies turn.

    Attributes:
        picture: (..., B, 2) change of direction in the picture a second; NaN where unknown.
        space: (..., B, 3) the same in space.
        confidence: (..., B) 0..1 how far both ends of the movement are seen.
    """

    picture: FloatArray
    space: FloatArray
    confidence: FloatArray

    @classmethod
    def between(cls, before: Body, after: Body) -> Velocities:
        """From (..., B) bodies to those :data:`VELOCITY_SPAN_S` later."""
        return cls(
            (after.picture - before.picture) / VELOCITY_SPAN_S,
            (after.space - before.space) / VELOCITY_SPAN_S,
            np.minimum(space_confidence(before), space_confidence(after)),
        )

    def __getitem__(self, index: Any) -> Velocities:
        """The same of some bodies; works like indexing each array."""
        return Velocities(self.picture[index], self.space[index], self.confidence[index])


def bone_movement(
    user: Velocities, reference: Velocities
) -> tuple[tuple[FloatArray, FloatArray, FloatArray], NDArray[np.bool_]]:
    """The products of two velocities that :class:`Movement` sums, bone by bone.

    Returns:
        (..., B) shared, user and reference, 0 where a bone is unknown; and (...,) whether enough of the body is known.
    """
    confidence = np.minimum(user.confidence, reference.confidence)
    weight = _HALF * confidence
    shared = _or_zero(weight * dot(user.picture, reference.picture)) + _or_zero(
        weight * dot(user.space, reference.space)
    )
    mine, theirs = (  # squares, of which fmax makes those that are NaN 0
        np.fmax(weight * dot(some.picture, some.picture), 0.0) + np.fmax(weight * dot(some.space, some.space), 0.0)
        for some in (user, reference)
    )
    known = (WEIGHTS * (confidence > 0.1)).sum(-1) >= MIN_SEEN * _ALL
    return (shared, mine, theirs), np.asarray(known)


def _or_zero(values: FloatArray) -> FloatArray:
    return np.where(np.isnan(values), 0.0, values)


def movements(user: Body, times: FloatArray, reference: ReferenceMotion, position: FloatArray) -> Movement:
    """The movement around each frame, with the reference's around where that frame belongs.

    Args:
        user: (T, B) bodies.
        times: (T,) seconds of the bodies.
        reference: The dance.
        position: (T,) seconds of the reference that each frame belongs to.
    """
    products, known = bone_movements(user, times, reference, position)
    return Movement(*(np.where(known, product.sum(-1), np.nan) for product in products))


def bone_movements(
    user: Body, times: FloatArray, reference: ReferenceMotion, position: FloatArray
) -> tuple[tuple[FloatArray, FloatArray, FloatArray], NDArray[np.bool_]]:
    """:func:`bone_movement` around each frame; arguments as of :func:`movements`."""
    half = VELOCITY_SPAN_S / 2
    ends = np.stack((-half * np.ones(len(times)), half * np.ones(len(times))))
    mine = body_at(user, times, (times + ends).ravel())
    theirs = reference.at(position + ends)
    count = len(times)
    return bone_movement(Velocities.between(mine[:count], mine[count:]), Velocities.between(theirs[0], theirs[1]))


def agreement(shared: FloatArray, user: FloatArray, reference: FloatArray, *, rests_count: bool = True) -> FloatArray:
    """(...,) how far the user's movement is the reference's, at most 1; 0 for no relation or for standing still.

    ``2 <u, r> / (<u, u> + <r, r>)`` over a window: Lin's concordance (Biometrics 45, 1989) of velocities, so that too
    much and too little movement cost as well as movement in a wrong direction. Both still is agreement, unless
    ``rests_count`` says that it proves nothing.

    >>> agreement(np.array([4.0, 0.0]), np.array([4.0, 0.0]), np.array([4.0, 4.0])).round(2)
    array([1.  , 0.07])
    """
    still = STILL_SPEED**2 * WEIGHTS.sum()
    return np.asarray((2 * shared + rests_count * still) / (user + reference + still))


def body_at(body: Body, times: FloatArray, wanted: FloatArray) -> Body:
    """(N, B) the user at other times, linear between frames; NaN where no frame is near, and between two runs.

    Args:
        body: (T, B) bodies.
        times: (T,) seconds of song time, increasing.
        wanted: (N,) seconds.
    """
    before, after, share, span = neighbours(times, wanted)
    nearest = np.minimum(np.abs(wanted - times[before]), np.abs(wanted - times[after]))
    share = np.where((nearest <= NEAREST_S) & ((span <= BREAK_S) | (nearest == 0)), share, np.nan)
    return body_between(body, before, after, share)
