"""A take from its first frame to its stored report: what live sessions and recordings have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kdance.dance.dance import Dance
from kdance.errors import CameraLostError, KdanceError, StoreError
from kdance.practice.reporting import report_of
from kdance.practice.signals import StopSignals
from kdance.practice.take_log import TakeLog
from kdance.review.evaluation import evaluate
from kdance.review.options import TakeOptions
from kdance.review.record import FeedbackRecord, SessionReport, Status
from kdance.store import SessionStart, new_session_id


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a session came to.

    Attributes:
        report: ``None`` when not a single frame was danced.
        status: How it ended.
        error: What went wrong, to be told after the summary: the camera was lost, or the disk is full.
        by_signal: Whether Ctrl-C or SIGTERM ended it.
        by_dancer: Whether q, Esc or the window's x ended it.
        by_gesture: Whether crossed forearms did.
        remarks: What was wrong with the recording, in sentences.
    """

    report: SessionReport | None
    status: Status
    error: KdanceError | None = None
    by_signal: bool = False
    by_dancer: bool = False
    by_gesture: bool = False
    remarks: tuple[str, ...] = ()


def start_session(
    dance: Dance, source: str, options: TakeOptions, now: datetime, recording: Path | None = None
) -> SessionStart:
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
        recording=None if recording is None else str(recording.absolute()),
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
    report = report_of(evaluate(take, dance, options, log.course()), start, status, said)
    try:
        log.writer.finish(report)
    except StoreError as error:
        return Outcome(report, status, error, signals.received)
    return Outcome(report, status, lost, signals.received)
