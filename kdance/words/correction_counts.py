"""What the coach corrected most often: counted, because who hears a sentence three times should work on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from kdance.pose import joints_of
from kdance.review.record import FeedbackRecord


@dataclass(frozen=True, slots=True)
class CorrectionCounts:
    """How often what was corrected.

    Attributes:
        total: How many corrections were given.
        sentence: The one given most often and how often; ``None`` where none came twice.
        joint: The joint that was corrected most often; likewise.
    """

    total: int
    sentence: tuple[str, int] | None
    joint: tuple[str, int] | None


def count_corrections(feedback: Iterable[FeedbackRecord], unseen: tuple[str, ...]) -> CorrectionCounts:
    """Count what the coach corrected, without limbs that were seen too rarely to judge.

    Args:
        feedback: Everything the coach said.
        unseen: Those limbs, as of :class:`kdance.review.findings.Findings`.
    """
    hidden = joints_of(unseen)
    corrections = [row for row in feedback if not row.is_positive and hidden.isdisjoint(row.focus_areas)]
    return CorrectionCounts(
        total=len(corrections),
        sentence=_most_frequent(Counter(record.feedback_text for record in corrections)),
        joint=_most_frequent(Counter(joint for record in corrections for joint in record.focus_areas)),
    )


def _most_frequent(counted: Counter[str]) -> tuple[str, int] | None:
    top = counted.most_common(1)
    return top[0] if top and top[0][1] > 1 else None
