"""A take from its first frame to its stored report: what live sessions and recordings have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kdance.errors import CameraLostError, KdanceError, StoreError
from kdance.practice.signals import StopSignals
from kdance.practice.take_log import TakeLog
from kdance.review.evaluation import Dance, TakeOptions, evaluate
from kdance.review.record import FeedbackRecord, SessionHeader, SessionReport, Status
from kdance.store import SessionStart, new_session_id
from kdance.words.summary import count_severities


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a session came to.

    Attributes:
        report: ``None`` when not a single frame was danced.
        status: How it ended.
        error: What went wrong, to be told after the summary: the camera was lost, or the disk is full.
        by_signal: Whether Ctrl-C or SIGTERM ended it.
        by_dancer: Whether q, Esc or the window's x ended it.
    """

    report: SessionReport | None
    status: Status
    error: KdanceError | None = None
    by_signal: bool = False
    by_dancer: bool = False


def start_session(dance: Dance, source: str, options: TakeOptions, now: datetime) -> SessionStart:
    """What the store has to know of a session before its first frame."""
    return SessionStart(
        session_id=new_session_id(now),
        reference=dance.reference.info.name,
        reference_digest=dance.reference.digest,
        started_at=now.isoformat(timespec="seconds"),
        source=source,
        mode="free" if options.free else "follow",
        speed=options.speed,
        settings=options.model_dump(),
    )


def header_of(start: SessionStart, status: Status) -> SessionHeader:
    """The head of the report; whether the dance was mirrored is found out by the second pass."""
    return SessionHeader(
        session_id=start.session_id,
        reference=start.reference,
        started_at=start.started_at,
        source=start.source,
        status=status,
        mode=start.mode,
        speed=start.speed,
        mirrored=False,
    )


def is_over(dance: Dance, options: TakeOptions, taken: float, seconds: float | None) -> bool:
    """Whether a take has ended: with the reference, unless it goes round or begins nobody knows where."""
    if seconds is not None and taken > seconds:
        return True
    if options.loop or options.free or options.offset is None:
        return False
    return (taken - options.offset) * options.speed > dance.plain.duration + 1e-3


def finish(
    log: TakeLog,
    dance: Dance,
    options: TakeOptions,
    start: SessionStart,
    signals: StopSignals,
    lost: CameraLostError | None = None,
    said: Sequence[FeedbackRecord] = (),
) -> Outcome:
    """Work out the report of what was danced and store it.

    Args:
        log: Every frame of the take.
        dance: The reference.
        options: What the score depends on.
        start: The session.
        signals: Whether it was interrupted.
        lost: The camera's end, if that ended it.
        said: What was said while dancing, in the order it was.
    """
    take = log.take()
    status: Status = "interrupted" if signals.received or lost else "completed"
    if not len(take):
        return Outcome(None, status, lost, signals.received)
    report = with_words_of_a_model(evaluate(take, dance, options, header_of(start, status), log.course()), said)
    try:
        log.writer.finish(report)
    except StoreError as error:
        return Outcome(report, status, error, signals.received)
    return Outcome(report, status, lost, signals.received)


def with_words_of_a_model(report: SessionReport, said: Sequence[FeedbackRecord]) -> SessionReport:
    """The report with what was said while dancing, where a model worded some of it.

    The rules say the same about the same frames again and again, so without a model the report has what they say about
    the second pass; what a model said can't be had twice.
    """
    if not any(record.source == "openai" for record in said):
        return report
    words = {"detailed_feedback": tuple(said), "severity_distribution": count_severities(tuple(said))}
    return report.model_copy(update=words)
