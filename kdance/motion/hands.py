"""Hands against the reference's: open, closed or pointing, which way they point, and which side of them is seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from kdance.motion.angle_calculator import angle_between, unit_angle
from kdance.motion.curves import neighbours
from kdance.motion.pose_normalization import unit
from kdance.motion.timeline import SNAPSHOT_S, mean_known
from kdance.pose import NUM_HAND_LANDMARKS, FloatArray

Shape = Literal["open", "closed", "pointing", "other"]
# The landmarks of each finger from its root to its tip; the thumb says little about a shape.
_FINGERS: Final = np.array([[5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16], [17, 18, 19, 20]])
_WRIST, _INDEX_ROOT, _MIDDLE_ROOT, _LITTLE_ROOT = 0, 5, 9, 17
# Sine of the angle between the roots of index and little finger of a flat hand, seen from the front.
_SPREAD = 0.6
# Palms that differ by less face the same way: between a palm and its back lie 2.
_EDGE = 0.5
# A finger is straight from this sum of its two joint angles (360: straight) and curled below the other.
_STRAIGHT_DEG, _CURLED_DEG = 310.0, 230.0
# As for the body: differences up to the first are the network's, and the second is how fast the rest costs.
_TOLERANCE_DEG, _WIDTH_DEG = 15.0, 45.0
# What other hands have of any hand's score, by chance; the reference's own chance counts half, as for the body.
_CHANCE, _OWN_SHARE, _MOST_CHANCE = 0.42, 0.5, 0.7
# Wrong times are this many seconds apart at least, and spread by the golden ratio.
_SHIFTS, _GOLDEN = 8, 0.618034
# So many hands tell what chance gives; of a longer dance some are left out.
_ENOUGH = 400
# A reference's hand this far in time from the dancer's still counts; it is looked for ten times a second.
NEAREST_S: Final = 0.11
# Hands change their shape within a tenth of a second, of which the look's time and the lag may be off.
_PLAY_S: Final = np.array([-0.1, 0.0, 0.1])
# Hands are judged only where at least this share of the moments has one on both sides.
MIN_COVERAGE: Final = 0.3


@dataclass(frozen=True, slots=True)
class HandScore:
    """One hand over a take; ``None`` where too little of it was seen.

    Attributes:
        score: 0..1, where 0 is what other hands have by chance.
        shape_agreement: 0..1 share of the moments in which the hand had the reference's shape.
        direction_error_deg: Mean angle in the picture between the two hands.
        coverage: 0..1 share of the moments with the reference's hand in which the dancer's was found too.
    """

    score: float | None
    shape_agreement: float | None
    direction_error_deg: float | None
    coverage: float


def straightness(hand: FloatArray) -> FloatArray:
    """(..., 4) 0..1 how straight index, middle, ring and little finger of (..., 21, 3) landmarks are; NaN unknown.

    >>> line = np.linspace([0.0, 0, 0], [1.0, 0, 0], 21)
    >>> straightness(line).tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    root, middle, end, tip = (hand[..., _FINGERS[:, joint], :] for joint in range(4))
    bends = angle_between(root - middle, end - middle) + angle_between(middle - end, tip - end)
    return np.asarray(np.clip((bends - _CURLED_DEG) / (_STRAIGHT_DEG - _CURLED_DEG), 0.0, 1.0))


def hand_shape(hand: FloatArray) -> Shape | None:
    """The shape of one (21, 3) hand; ``None`` for one that wasn't found."""
    fingers = straightness(hand)
    if not np.isfinite(fingers).all():
        return None
    straight = fingers >= 0.5
    if straight.all():
        return "open"
    if not straight.any():
        return "closed"
    return "pointing" if straight[0] and straight.sum() == 1 else "other"


def hand_direction(hand: FloatArray) -> FloatArray:
    """(..., 2) unit direction in the picture from the wrist to the root of the middle finger."""
    return unit(hand[..., _MIDDLE_ROOT, :2] - hand[..., _WRIST, :2])


def palm_facing(hand: FloatArray) -> FloatArray:
    """(...,) -1..1 how the palm faces the lens, by the angle in the picture from the index to the little finger.

    Positive for one side of the hand, negative for the other, near 0 for a hand seen from its edge.
    """
    index, little = (unit(hand[..., root, :2] - hand[..., _WRIST, :2]) for root in (_INDEX_ROOT, _LITTLE_ROOT))
    across = index[..., 0] * little[..., 1] - index[..., 1] * little[..., 0]
    return np.asarray(np.clip(across / _SPREAD, -1.0, 1.0))


def hand_likeness(mine: FloatArray, theirs: FloatArray) -> FloatArray:
    """(...,) 0..1 how alike two hands are: four fingers, the side of the palm, and where the hand points.

    A product: an open hand that points elsewhere is no half success, and neither is its back.
    """
    fingers = 1.0 - np.abs(straightness(mine) - straightness(theirs)).mean(-1)
    palm = 1.0 - np.maximum(np.abs(palm_facing(mine) - palm_facing(theirs)) - _EDGE, 0.0) / (2 - _EDGE)
    angle = unit_angle(hand_direction(mine), hand_direction(theirs))
    pointing = np.exp(-((np.maximum(0.0, angle - _TOLERANCE_DEG) / _WIDTH_DEG) ** 2))
    return np.asarray(fingers * palm * pointing)


def best_likeness(mine: FloatArray, theirs: FloatArray) -> FloatArray:
    """(...,) :func:`hand_likeness` of (..., 21, 3) hands with that of (..., L, 21, 3) others that each is most like."""
    likeness = hand_likeness(mine[..., None, :, :], theirs)
    return np.where(np.isfinite(likeness).any(-1), np.nan_to_num(likeness, nan=-np.inf).max(-1), np.nan)


def nearest_frames(times: FloatArray, wanted: FloatArray) -> NDArray[np.intp]:
    """(M,) indices of those of (N,) increasing seconds, one at least, that are nearest to (M,) others."""
    before, after, share, _ = neighbours(times, wanted)
    return np.asarray(np.where(share > 0.5, after, before))


def hand_chance(hands: FloatArray, times: FloatArray) -> float:
    """0..1 what a hand of this reference has by chance: half of what its own hands have at wrong times.

    Args:
        hands: (N, 21, 3) the hands that were found, without NaN.
        times: (N,) seconds.
    """
    duration = float(np.ptp(times)) if len(times) else 0.0
    if duration <= 0:
        return _CHANCE
    means, step = [], max(1, len(times) // _ENOUGH)
    for share in 0.15 + 0.7 * (np.arange(_SHIFTS) * _GOLDEN % 1.0):
        moved = times[0] + (times - times[0] + share * duration) % duration
        others = hands[nearest_frames(times, moved[::step, None] + _PLAY_S)]
        means.append(mean_known(best_likeness(hands[::step], others)))
    own = min(float(np.median(means)), _MOST_CHANCE)
    return _CHANCE + _OWN_SHARE * (own - _CHANCE) if np.isfinite(own) else _CHANCE


def looked_frames(times: FloatArray, found: NDArray[np.bool_]) -> NDArray[np.intp]:
    """(M,) the frames of a take in which hands were looked for, ascending; none where none were ever found.

    It is done every half second, but a live session does it by the camera's clock, not by the take's, which leaves out
    pauses. So the rhythm is taken from the frames in which a hand was found: where the next of them is missing, it was
    looked for in vain.

    Args:
        times: (T,) seconds of the take, increasing.
        found: (T,) whether a hand was found.

    >>> looked_frames(np.arange(7) / 4, np.array([False, False, False, True, False, False, False])).tolist()
    [1, 3, 5]
    """
    known = times[found]
    if not len(known):
        return np.zeros(0, np.intp)
    ends = np.append(known[1:], times[-1] + SNAPSHOT_S)
    gaps = zip(known + SNAPSHOT_S, ends - SNAPSHOT_S / 2, strict=True)
    before = np.arange(known[0], times[0] - 1e-6, -SNAPSHOT_S)
    missed = np.concatenate([before, *(np.arange(first, end, SNAPSHOT_S) for first, end in gaps)])
    frames = np.searchsorted(times, missed - 1e-6)
    return np.union1d(np.flatnonzero(found), frames[frames < len(times)])


@dataclass(frozen=True, slots=True, eq=False)
class DancedHand:
    """One hand of a reference, ready to be compared with.

    Attributes:
        hands: (N, 21, 3) where it was found.
        times: (N,) seconds of that.
        chance: What other hands have, see :func:`hand_chance`.
    """

    hands: FloatArray
    times: FloatArray
    chance: float

    @classmethod
    def of(cls, hands: FloatArray, times: FloatArray) -> DancedHand:
        """Prepare (T, 21, 3) hands at (T,) seconds, NaN where not looked for or not found."""
        found = np.isfinite(hands[:, 0, 0])
        return cls(hands[found], times[found], hand_chance(hands[found], times[found]))

    def at(self, position: FloatArray) -> FloatArray:
        """(M, 21, 3) the hand at (M,) seconds of the reference; NaN where it isn't shown."""
        if not len(self.times):
            return np.full((*np.shape(position), NUM_HAND_LANDMARKS, 3), np.nan)
        nearest = nearest_frames(self.times, position)
        shown = np.abs(self.times[nearest] - position) <= NEAREST_S
        return np.asarray(np.where(shown[..., None, None], self.hands[nearest], np.nan))

    def near(self, position: FloatArray) -> FloatArray:
        """(M, L, 21, 3) the hand within a tenth of a second around (M,) seconds of the reference."""
        return self.at(position[:, None] + _PLAY_S)

    def marks(self, user: FloatArray, position: FloatArray) -> FloatArray:
        """(M,) :func:`marks_of` (M, 21, 3) hands at (M,) seconds of the reference."""
        return marks_of(user, self.near(position), self.chance)


def marks_of(mine: FloatArray, theirs: FloatArray, chance: FloatArray | float) -> FloatArray:
    """(...,) how alike hands are, at most 1, on the scale where chance is 0, ready to be averaged.

    Below chance they count as far down as they may count up. NaN where either isn't seen.

    Args:
        mine: (..., 21, 3) the dancer's.
        theirs: (..., L, 21, 3) those of the reference near in time, of which the most like one counts.
        chance: (...) what other hands have.
    """
    return np.asarray(np.clip((best_likeness(mine, theirs) - chance) / (1 - chance), -1.0, 1.0))


def compare_hand(user: FloatArray, position: FloatArray, danced: DancedHand) -> HandScore:
    """One hand of a take against the reference's.

    Args:
        user: (M, 21, 3) hands at M moments, NaN where not found.
        position: (M,) seconds of the reference those moments belong to.
        danced: The reference's.
    """
    theirs = danced.at(position)
    shown = np.isfinite(theirs[:, 0, 0])
    both = shown & np.isfinite(user[:, 0, 0])
    coverage = float(both.sum() / max(shown.sum(), 1))
    if not both.any() or coverage < MIN_COVERAGE:
        return HandScore(None, None, None, coverage)
    angle = unit_angle(hand_direction(user[both]), hand_direction(theirs[both]))
    same = [hand_shape(a) == hand_shape(b) for a, b in zip(user[both], theirs[both], strict=True)]
    score = float(np.clip(mean_known(danced.marks(user[both], position[both])), 0.0, 1.0))
    return HandScore(score, float(np.mean(same)), float(mean_known(angle)), coverage)
