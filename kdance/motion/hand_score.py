"""The body's scores and the hands' together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from kdance.motion.formula import graded, ungraded
from kdance.motion.hand_weight import hand_weights
from kdance.motion.hands import DancedHand, marks_of
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.scoring import FrameScores
from kdance.pose import FloatArray, PoseSequence

HAND_WINDOW_S: Final = 3.0
"""A hand's score at a moment is the mean over so many seconds around it, as that of movement."""
# So many looks at a hand in a window make its weight full; there is one every half second.
_ENOUGH: Final = 3
# Hands that weigh less than the first are not worth a word, right arms have the second, and hands that do something
# else less than the third.
_WORTH, _ARMS_RIGHT, _OTHERWISE = 0.1, 0.6, 0.4


@dataclass(frozen=True, slots=True, eq=False)
class DancedHands:
    """Both hands of a reference, ready to be compared with.

    Attributes:
        sides: Left and right.
        weights: (2,) what they weigh in the whole, of :func:`kdance.motion.hand_weight.hand_weights`.
    """

    sides: tuple[DancedHand, DancedHand]
    weights: FloatArray

    @classmethod
    def of(cls, sequence: PoseSequence, reference: ReferenceMotion) -> DancedHands | None:
        """Those of a reference; ``None`` where nobody looked for them.

        Args:
            sequence: The reference.
            reference: The same, ready for comparison.
        """
        if sequence.hands is None:
            return None
        left, right = (DancedHand.of(sequence.hands[:, row], np.asarray(sequence.times)) for row in (0, 1))
        return cls((left, right), hand_weights(sequence, reference))

    def marks(self, user: FloatArray, position: FloatArray) -> FloatArray:
        """(M, 2) :func:`kdance.motion.hands.marks_of` (M, 2, 21, 3) hands at (M,) seconds of the reference."""
        theirs = np.stack([hand.near(position) for hand in self.sides], 1)
        return marks_of(user, theirs, np.array([hand.chance for hand in self.sides]))


def are_otherwise(arms: float, hands: float, weight: float) -> bool:
    """Whether the arms are right and the hands, which count in this dance, do something else.

    Args:
        arms: 0..1 score of the arms, NaN where they weren't seen.
        hands: 0..1 of the hands likewise.
        weight: 0..1 what the hands weigh in the whole.

    >>> are_otherwise(0.9, 0.1, 0.6), are_otherwise(0.9, 0.1, 0.0), are_otherwise(0.9, float("nan"), 0.6)
    (True, False, False)
    """
    return weight >= _WORTH and arms >= _ARMS_RIGHT and hands < _OTHERWISE


def with_hands(
    frames: FrameScores, times: FloatArray, hands: FloatArray, danced: DancedHands
) -> tuple[FrameScores, FloatArray]:
    """The scores of the body and the hands together, and (T,) 0..1 the hands' alone; NaN where hardly one was seen.

    The mean by weight of the body's combined score and of each hand's: the mean of its marks over
    :data:`HAND_WINDOW_S`, on the one scale of :func:`kdance.motion.formula.graded`, with the body's timing. A hand that
    is hardly seen weighs less, one that isn't seen nothing, and the body that much more. But no more than what both are
    above chance together, by weight, on that scale: arms that are in the right place by luck don't lift other hands.

    Args:
        frames: Of one run, or of a recording; one at least.
        times: (M,) seconds of the take at which hands were found, increasing.
        hands: (M, 2, 21, 3) those hands, NaN where one of both wasn't found.
        danced: The reference's, mirrored where the dance is.
    """
    seen = np.isfinite(frames.combined)
    place = np.interp(times, frames.times, np.where(seen, frames.clock - frames.lag, np.nan), left=np.nan)
    marks = danced.marks(hands, place)
    mean, number = _windowed(marks, times, frames.times)
    in_time = np.divide(frames.combined, frames.untimed, out=np.ones(len(seen)), where=seen & (frames.untimed > 0))
    share = np.clip(mean, 0.0, 1.0)
    scores = graded(share) * in_time[:, None]
    counted = np.minimum(number / _ENOUGH, 1.0)
    weight = danced.weights * counted
    body = 1 - weight.sum(-1)
    combined = body * frames.combined + (weight * scores).sum(-1)
    together = graded(body * ungraded(frames.untimed) + (weight * share).sum(-1)) * in_time
    combined = np.where(body < 1, np.minimum(combined, together), combined)
    split = counted * (danced.weights if danced.weights.any() else 1.0)
    both, known = split.sum(-1), seen & (counted.sum(-1) >= 1)
    alone = np.divide((split * scores).sum(-1), both, out=np.full(len(both), np.nan), where=known & (both > 0))
    return replace(frames, combined=combined), alone


def _windowed(marks: FloatArray, times: FloatArray, around: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(T, 2) mean of the (M, 2) marks in the window around (T,) moments, 0 of none, and (T, 2) how many there are."""
    known = np.isfinite(marks)
    total, count = (
        np.concatenate((np.zeros((1, 2)), np.cumsum(values, axis=0)))
        for values in (np.where(known, marks, 0.0), known.astype(float))
    )
    first = np.searchsorted(times, around - HAND_WINDOW_S / 2 - 1e-9)
    last = np.searchsorted(times, around + HAND_WINDOW_S / 2 + 1e-9, side="right")
    number = count[last] - count[first]
    return np.divide(total[last] - total[first], number, out=np.zeros(number.shape), where=number > 0), number
