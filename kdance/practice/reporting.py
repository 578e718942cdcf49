"""What ends every session, finished or recovered: its evaluation becomes one report, with a head and with words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kdance.coach.replay import replay
from kdance.coach.rules import RulesCoach
from kdance.pose import JOINT_NAMES, PoseSequence
from kdance.review.evaluation import Evaluation
from kdance.review.record import (
    Distribution,
    FeedbackRecord,
    JointReport,
    Measurements,
    SessionHeader,
    SessionReport,
    SessionSummary,
    Status,
    Timing,
    count_severities,
)
from kdance.store import SessionStart
from kdance.words.phrases import load_phrases
from kdance.words.summary import generate_summary
from kdance.words.warnings import warnings


def report_of(
    evaluation: Evaluation, start: SessionStart, status: Status, said: Sequence[FeedbackRecord] = ()
) -> SessionReport:
    """The report of a take: its numbers, and the words for them.

    Args:
        evaluation: What the take came to.
        start: The session.
        status: How it ended.
        said: What was said while dancing, in the order it was.
    """
    options, measurements = evaluation.evidence.options, evaluation.measurements
    name, language = start.reference, options.language
    cues = replay(RulesCoach(options.cue_interval, language=language, says_when=False), evaluation)
    return _report(
        _head_of(start, status, speed=evaluation.speed, mirrored=evaluation.mirrored),
        measurements,
        warnings(evaluation.notices, name, load_phrases(language)),
        generate_summary(name, measurements, evaluation.findings, cues, language=language),
        _kept(cues, said),
    )


def report_without_score(
    take: PoseSequence, start: SessionStart, status: Status, reason: str, said: Sequence[FeedbackRecord] = ()
) -> SessionReport:
    """What can be said of a take that nothing can be compared with: that it was danced.

    Args:
        take: Every processed frame that is left.
        start: The session.
        status: How it ended.
        reason: Why there is no score, in a sentence.
        said: What was said while dancing, in the order it was.
    """
    measured = take.measured
    measurements = Measurements(
        total_poses=int(measured.sum()),
        total_duration=float(np.ptp(take.times)) if len(take) else 0.0,
        average_similarity=None,
        average_pose_score=None,
        average_motion_score=None,
        coverage=float(measured.mean()) if len(take) else 0.0,
        timing=Timing(start_offset_ms=0.0, offset_ms=None, offset_counts=None, tempo=None, confidence=0.0),
        best_moment=None,
        worst_moment=None,
        distribution=Distribution(perfect=0, great=0, good=0, ok=0, miss=0),
        joints={name: JointReport(mean_error_deg=None, signed_error_deg=None, coverage=0.0) for name in JOINT_NAMES},
        sections=(),
        timeline=(),
        verdict="unscored",
        strictness="normal",
    )
    summary = SessionSummary(
        session_summary=reason, key_insights=(), improvement_areas=(), strengths=(), summary_source="rules"
    )
    head = _head_of(start, status, speed=start.speed, mirrored=False)
    return _report(head, measurements, (reason,), summary, _kept((), said))


def _head_of(start: SessionStart, status: Status, *, speed: float, mirrored: bool) -> SessionHeader:
    """The head of a report; speed and mirror are known only when the take is."""
    return SessionHeader(
        session_id=start.session_id,
        reference=start.reference,
        started_at=start.started_at,
        source=start.source,
        status=status,
        mode=start.mode,
        speed=speed,
        mirrored=mirrored,
    )


def _report(
    head: SessionHeader,
    measurements: Measurements,
    warned: tuple[str, ...],
    summary: SessionSummary,
    feedback: tuple[FeedbackRecord, ...],
) -> SessionReport:
    return SessionReport(
        **dict(head),
        **dict(measurements),
        warnings=warned,
        **dict(summary),
        severity_distribution=count_severities(feedback),
        detailed_feedback=feedback,
    )


def _kept(replayed: tuple[FeedbackRecord, ...], said: Sequence[FeedbackRecord]) -> tuple[FeedbackRecord, ...]:
    """The feedback that the report keeps: what was said while dancing, where a model worded some of it.

    The rules say the same about the same frames again and again, so without a model the report has what they say about
    the second pass; what a model said can't be had twice.
    """
    return tuple(said) if any(record.source == "openai" for record in said) else replayed
