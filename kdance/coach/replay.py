"""What the coach says about a whole take, told half second by half second as if it were danced now.

The same facts in the same order always give the same tips: a report needs nothing of what was said live.
"""

from __future__ import annotations

from kdance.coach.facts import Coach, Facts, Tip, facts_of
from kdance.review.evaluation import Evaluation
from kdance.review.record import FeedbackContext, FeedbackRecord, Source


def replay(coach: Coach, evaluation: Evaluation) -> tuple[FeedbackRecord, ...]:
    """Everything a coach says about a take, in order.

    Args:
        coach: A fresh one.
        evaluation: The take.
    """
    evidence, timeline = evaluation.evidence, evaluation.measurements.timeline
    grid, records = evidence.dance.grid, []
    for row, errors, told in zip(evidence.rows, evidence.errors, timeline, strict=True):
        facts = facts_of(
            row.observation,
            errors,
            evidence.best.score.lateness,
            seconds_per_count=None if grid is None else grid.seconds_per_count,
            best_match_idx=told.best_match_idx,
            speed=row.speed,
            forgiven=evidence.options.forgiven,
            phrase_end=row.phrase_end,
        )
        tip = coach.observe(facts)
        if tip is not None:
            records.append(feedback_record(tip, facts))
    return tuple(records)


def feedback_record(tip: Tip, facts: Facts, source: Source = "rules") -> FeedbackRecord:
    """What was said, what was measured when it was, and whose words it was said in."""
    return FeedbackRecord(
        timestamp=facts.timestamp,
        feedback_text=tip.text,
        severity=tip.severity,
        focus_areas=tip.focus_areas,
        similarity_score=facts.combined_score,
        is_positive=tip.is_positive,
        context=FeedbackContext(
            pose_score=facts.pose_score, motion_score=facts.motion_score, best_match_idx=facts.best_match_idx
        ),
        source=source,
    )
