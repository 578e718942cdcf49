"""The formula of the score: what chance gives is 0, the dance itself is 1. docs/SCORING.md has the reasons.

A score is made by limb group (G = 3: :data:`GROUPS`). Of each group the likeness of the poses and that of the movement
are put on a scale where chance is 0; their geometric mean is what the group earns, so that neither resting in the right
pose nor dancing something else scores. The whole is a mean of the groups by weight, on the one scale of
:func:`graded`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from kdance.choices import Strictness
from kdance.motion.pose_comparison import STILL_SPEED, WEIGHTS, WIDTH_DEG, Movement, agreement
from kdance.motion.timing import FORGIVEN_S, Lateness
from kdance.pose import BONE_NAMES, FloatArray

Grade = Literal["perfect", "great", "good", "ok", "miss"]
# Lower limits of the grades, of the combined score.
GRADES: Final[tuple[tuple[Grade, float], ...]] = (
    ("perfect", 0.95), ("great", 0.80), ("good", 0.60), ("ok", 0.40), ("miss", 0.0),
)  # fmt: skip
GROUPS: Final = ("arms", "legs", "trunk")
_GROUP_OF: Final = {"upper_arm": 0, "forearm": 0, "thigh": 1, "shin": 1, "foot": 1}
# (B, G) 1 where a bone belongs to a group.
_MEMBERS: Final = np.eye(len(GROUPS))[[_GROUP_OF.get(name.split("_", 1)[-1], 2) for name in BONE_NAMES]]
# (G,) weight of each group.
GROUP_WEIGHTS: Final = WEIGHTS @ _MEMBERS
# Of a group of which less than this share is seen nothing is said.
_LEAST_SEEN: Final = 0.1

# (G,) what people who dance something else have of each group's poses at normal strictness: legs carry everybody, and
# trunks are upright. It can't be taken from the reference itself: where that rests or repeats, its own wrong times are
# right.
POSE_CHANCE: Final = np.array([0.55, 0.85, 0.85])
# The same of movement. The reference's own chance counts half, the rest is that of all dances.
MOTION_CHANCE: Final = 0.30
_OWN_SHARE: Final = 0.5
# What repeats one move holds so few moments that others meet all of them by luck, but whoever dances it must have room
# for a score.
_MOST_OWN: Final = 0.60
# Two people who dance the same well agree in half of their movement; the exponent lifts that and leaves chance at 0.
MOTION_EXPONENT: Final = 0.35
# (share of what is above chance, combined score): chance, the most that other dances meet, professionals' takes of the
# same choreography, the dance itself. See :func:`graded`.
SCALE: Final = ((0.0, 0.0), (0.30, 0.08), (0.468, 0.89), (0.8, 0.945), (1.0, 1.0))
_POINTS: Final = tuple(np.array(SCALE).T)
# Below 1 a group that is wrong costs more than the others can make up for.
BALANCE: Final = 0.75
# Lateness within this of the constant part is the alignment's own play; from there on motion falls like a Gaussian.
TIMING_SLACK_S: Final = 0.1
TIMING_WIDTH_S: Final = 0.3


@dataclass(frozen=True, slots=True)
class Chance:
    """What dancing this song at the wrong time scores, before it is taken off: made with the reference.

    Attributes:
        pose: Mean similarity, 0..1.
        motion: Mean agreement of movement, 0..1.
    """

    pose: float
    motion: float


@dataclass(frozen=True, slots=True, eq=False)
class Floor:
    """What is taken off.

    Attributes:
        pose: (G,) 0..1 of the similarity of each group.
        motion: 0..1 of every agreement of movement.
    """

    pose: FloatArray
    motion: float

    @classmethod
    def of(cls, chance: Chance, strictness: Strictness = "normal") -> Floor:
        """The floor of a reference at a strictness.

        >>> Floor.of(Chance(0.9, 0.4)).motion
        0.35
        """
        own = min(chance.motion, _MOST_OWN)
        # A narrower tolerance is the same angles to a higher power; chance follows by half, so that stricter is lower.
        power = WIDTH_DEG["normal"] / WIDTH_DEG[strictness]
        return cls(POSE_CHANCE**power, MOTION_CHANCE + _OWN_SHARE * (own - MOTION_CHANCE))


@dataclass(frozen=True, slots=True, eq=False)
class GroupMovement:
    """Movement by group, of a moment or summed over a window; see :class:`kdance.motion.pose_comparison.Movement`.

    Attributes:
        shared: (..., G) user times reference, likewise ``user`` and ``reference``.
        user: (..., G) the user's with itself.
        reference: (..., G) the reference's with itself.
    """

    shared: FloatArray
    user: FloatArray
    reference: FloatArray

    @property
    def whole(self) -> Movement:
        """(...,) that of the whole body."""
        return Movement(self.shared.sum(-1), self.user.sum(-1), self.reference.sum(-1))


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What a score is made of.

    Attributes:
        pose: (..., G) 0..1 pose scores, NaN where a group isn't seen.
        motion: (..., G) 0..1 motion scores before their timing counts.
        weight: (..., G) what each group counts for; 0 where it isn't seen.
    """

    pose: FloatArray
    motion: FloatArray
    weight: FloatArray


def by_group(bones: FloatArray) -> FloatArray:
    """(..., G) sums over the bones of each group of (..., B) numbers."""
    return np.asarray(bones @ _MEMBERS)


def group_similarity(value: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(..., G) likeness of each group, 0..1, NaN where it is hardly seen; and (..., G) its weight.

    Args:
        value: (..., B) of :func:`kdance.motion.pose_comparison.bone_similarity`.
        weight: (..., B) of the same.
    """
    total, seen = by_group(value), by_group(weight)
    enough = seen >= _LEAST_SEEN * GROUP_WEIGHTS
    return np.divide(total, seen, out=np.full(total.shape, np.nan), where=enough), np.where(enough, seen, 0.0)


def above_chance(value: FloatArray, chance: FloatArray | float) -> FloatArray:
    """(...,) a similarity on the scale where chance is 0 and the dance itself is 1.

    >>> above_chance(np.array([0.4, 0.7, 1.0]), 0.4).round(2)
    array([0. , 0.5, 1. ])
    """
    return _between((value - chance) / (1 - chance), 0.0, 1.0)


def _between(values: FloatArray, low: float, high: float) -> FloatArray:
    """``np.clip`` at a third of its price for the few numbers of a frame."""
    return np.asarray(np.minimum(np.maximum(values, low), high))


def frame_similarity(similarity: FloatArray, floor: Floor) -> FloatArray:
    """(..., G) -1..1 one frame's similarity on the scale where chance is 0, ready to be averaged.

    Below chance it counts as far down as it may count up, so that a wrong dance averages to nothing; but not farther:
    a frame in which the network lost the body must not cost more than a wrong one.
    """
    return _between((similarity - floor.pose) / (1 - floor.pose), -1.0, 1.0)


def pose_score(mean_similarity: FloatArray) -> FloatArray:
    """(...,) 0..1 the score of an average of :func:`frame_similarity`."""
    return _between(mean_similarity, 0.0, 1.0)


def motion_score(agreement: FloatArray, floor: Floor) -> FloatArray:
    """(...,) 0..1 the score of an agreement of movement, before its timing counts."""
    return np.asarray(above_chance(agreement, floor.motion) ** MOTION_EXPONENT)


def group_motion(movement: GroupMovement, floor: Floor, *, rests_count: bool = True) -> tuple[FloatArray, FloatArray]:
    """(..., G) motion scores of the groups, and (...,) that of the whole body.

    Where a group rests with the reference's, that is agreement as far as the whole body's movement is this dance: who
    stands still has not danced a dance that rests its legs.

    Args:
        movement: Summed over a window.
        floor: What is taken off.
        rests_count: Whether both standing still is agreement at all.
    """
    body = movement.whole
    whole = motion_score(agreement(body.shared, body.user, body.reference, rests_count=rests_count), floor)
    still = STILL_SPEED**2 * GROUP_WEIGHTS
    resting = whole[..., None] * still if rests_count else 0.0
    groups = (2 * movement.shared + resting) / (movement.user + movement.reference + still)
    return motion_score(groups, floor), whole


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What the parts come to.

    Attributes:
        pose: (...,) 0..1 mean of the groups' pose scores, by weight.
        motion: (...,) 0..1 the same of their motion scores, before their timing counts.
        whole: (...,) 0..1 the combined score before its timing counts.
        groups: (..., G) 0..1 the score of each group on the same scale; NaN where it isn't seen.
    """

    pose: FloatArray
    motion: FloatArray
    whole: FloatArray
    groups: FloatArray


def scored(parts: Parts) -> Scores:
    """The scores of all groups and of the whole.

    The whole is what the groups earn together, by weight, :func:`graded`: chance in one of them is nothing where the
    others have none. But no more than their own scores by weight: with the arms all wrong and the rest perfect, half of
    the points.
    """
    earned = np.sqrt(parts.pose * parts.motion)
    groups = graded(earned)
    pose, motion, balanced, own = by_weight(np.array((parts.pose, parts.motion, earned**BALANCE, groups)), parts.weight)
    return Scores(pose, motion, np.minimum(graded(balanced ** (1 / BALANCE)), own), groups)


def by_weight(values: FloatArray, weight: FloatArray) -> FloatArray:
    """(...,) mean over the groups; NaN where no group is known.

    >>> by_weight(np.array([1.0, 0.5, np.nan]), np.array([3.0, 1.0, 1.0]))
    array(0.875)
    """
    known = np.isfinite(values)
    counted = np.where(known, weight, 0.0)
    total, all_of_it = (counted * np.where(known, values, 0.0)).sum(-1), counted.sum(-1)
    return np.asarray(np.divide(total, all_of_it, out=np.full(total.shape, np.nan), where=all_of_it > 0))


def graded(share: FloatArray) -> FloatArray:
    """(...,) 0..1 the one scale of all combined scores, rising from 0 at 0 to 1 at 1.

    0 is chance, calibrated with the reference; this calibrates the rest by people: what other dances meet stays down,
    and professionals' takes of the same choreography come out as great. Straight between the points of :data:`SCALE`,
    so that an error costs at the very top too.

    >>> graded(np.array([0.0, 0.3, 0.4, 0.468, 0.8, 1.0])).round(2)
    array([0.  , 0.08, 0.56, 0.89, 0.94, 1.  ])
    """
    return np.asarray(np.interp(share, *_POINTS))  # of NaN it is NaN


def ungraded(score: FloatArray) -> FloatArray:
    """(...,) 0..1 the share above chance that :func:`graded` makes this combined score of.

    >>> ungraded(graded(np.array([0.0, 0.2, 0.4, 0.9, 1.0]))).round(6)
    array([0. , 0.2, 0.4, 0.9, 1. ])
    """
    return np.asarray(np.interp(score, *_POINTS[::-1]))


def timing_factor(lag: FloatArray, lateness: Lateness, forgiven: FloatArray | float = FORGIVEN_S) -> FloatArray:
    """(...,) 0..1 what is left of the motion score for being off the clock; its root, of the combined one.

    A constant lateness is forgiven up to a limit. From there on every frame is judged by its own lateness, not by the
    constant one, which is known at the end of a take only: what is told while dancing stays true.

    Args:
        lag: (...,) seconds late against the clock.
        lateness: The constant part.
        forgiven: How much of that is forgiven: :data:`kdance.motion.timing.FORGIVEN_S`, or
            :data:`kdance.motion.timing.CALIBRATED_S` where the delay of the camera is known and taken off.

    >>> timing_factor(np.array([0.2, 0.5]), Lateness(0.2, 1.0)).round(2)
    array([1.  , 0.64])
    >>> timing_factor(np.array([0.0, 0.4, 0.6]), Lateness(0.4, 1.0)).round(2)
    array([1.  , 0.78, 0.26])
    """
    constant = lateness.seconds or 0.0
    pardon = np.minimum(np.maximum(constant, -np.asarray(forgiven)), forgiven)
    # Play is for who is within what is forgiven: of who is later the whole excess counts.
    slack = np.maximum(0.0, TIMING_SLACK_S - np.abs(constant - pardon))
    off = np.maximum(0.0, np.abs(lag - pardon) - slack)
    # Who is late in most of it may still be on the beat in the rest: no lateness costs more than the clock says.
    off = np.minimum(off, np.maximum(0.0, np.abs(lag) - np.minimum(TIMING_SLACK_S, forgiven)))
    return np.asarray(np.exp(-((off / TIMING_WIDTH_S) ** 2)))


def grade(score: float) -> Grade:
    """The word for a combined score, 0..1.

    >>> grade(0.92), grade(0.5)
    ('great', 'ok')
    """
    return next(name for name, limit in GRADES if score >= limit)
