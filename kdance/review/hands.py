"""The hands of a take against the reference's, and their part in its score."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from kdance.dance.dance import Dance
from kdance.motion.hand_score import are_otherwise, with_hands
from kdance.motion.hands import HandScore, compare_hand, looked_frames
from kdance.motion.timeline import mean_known
from kdance.pose import FloatArray, PoseSequence
from kdance.review.passes import Pass

_UNSEEN: Final = HandScore(None, None, None, 0.0)
# Runs are so many seconds apart where hands are put together: more than any window.
_APART_S: Final = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class TakenHands:
    """The hands of a take.

    Attributes:
        sides: Left and right, over all of the take.
        score: (T,) 0..1 of both, as their part in the whole; NaN where they weren't seen.
        weight: 0..1 what both weigh in the whole where they are seen.
        best: The pass that counts, with the hands in its scores.
    """

    sides: tuple[HandScore, HandScore]
    score: FloatArray
    weight: float
    best: Pass

    def are_otherwise(self, first: int, end: int) -> bool:
        """Whether they do something else than the reference's in some frames, while the arms are right."""
        arms, hands = self.best.score.frames.groups[first:end, 0], self.score[first:end]
        return are_otherwise(mean_known(arms), mean_known(hands), self.weight)


def score_hands(take: PoseSequence, best: Pass, dance: Dance) -> TakenHands:
    """Compare the hands of a take, where it and the reference both have them, and count them in."""
    frames, danced = best.score.frames, dance.hands(mirrored=best.mirrored)
    unseen = TakenHands((_UNSEEN, _UNSEEN), np.full(len(frames.times), np.nan), 0.0, best)
    if danced is None:
        return unseen
    weight = float(danced.weights.sum())
    if take.hands is None or not np.isfinite(take.hands[:, :, 0, 0]).any():
        return replace(unseen, weight=weight)
    found = np.asarray(np.isfinite(take.hands[:, :, 0, 0]).any(-1))
    looked = looked_frames(take.times, found)
    looked = looked[np.isfinite(frames.combined[looked])]
    position = (frames.clock - frames.lag)[looked]
    left, right = (
        compare_hand(take.hands[looked, row], position, hand) for row, hand in enumerate(danced.sides)
    )  # fmt: skip
    shift = _APART_S * best.course.run
    apart = replace(frames, times=frames.times + shift)
    both, score = with_hands(apart, (take.times + shift)[found], take.hands[found], danced)
    if left.score is None and right.score is None:  # a look or two say nothing of a take
        score = unseen.score
    frames = replace(frames, combined=both.combined)
    return TakenHands((left, right), score, weight, replace(best, score=replace(best.score, frames=frames)))
