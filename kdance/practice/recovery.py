"""Use case: sessions whose process was killed get the report they would have had, at the next command."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from kdance.config import Home
from kdance.dance.references import load_reference
from kdance.errors import DanceReferenceError, StoreError
from kdance.motion.course import Course
from kdance.pose import JOINT_NAMES, PoseSequence
from kdance.practice.take import with_words_of_a_model
from kdance.review.evaluation import Dance, TakeOptions, evaluate
from kdance.review.record import (
    Distribution,
    JointReport,
    Measurements,
    SessionHeader,
    SessionReport,
    SessionSummary,
    Timing,
)
from kdance.store import SessionStore, StoredSession, open_store
from kdance.words.summary import count_severities

_log = logging.getLogger(__name__)


@contextmanager
def open_recovered_store(home: Home, tell: Callable[[str], None]) -> Iterator[SessionStore]:
    """The session store, with what killed processes left in it finished first.

    Args:
        home: Where it is.
        tell: For a line to the dancer about each recovered session, or about why one can't be.
    """
    with open_store(home.sessions) as store:
        try:
            for session_id in recover_sessions(store, home.references):
                tell(f"Session {session_id} had been cut off; what was danced is kept: kdance report {session_id}")
        except StoreError as error:  # the store as it is serves as well; it is tried again next time
            tell(str(error))
        yield store


def recover_sessions(store: SessionStore, references: Path) -> list[str]:
    """Finish what killed processes left behind.

    Args:
        store: The session store.
        references: The folder of all references.

    Returns:
        The ids of the sessions that were recovered.

    Raises:
        StoreError: A session is damaged, or its report can't be stored; all others are recovered before.
    """
    recovered = []
    problems: list[StoreError] = []
    for session in store.abandoned():
        session_id = session.start.session_id
        try:
            report = _report_of(session, _take(store, session_id), references)
            store.recover(session_id, with_words_of_a_model(report, store.feedback(session_id)))
        except StoreError as error:  # the others are not to suffer for it
            _log.warning("session %s can't be recovered: %s", session_id, error.message)
            problems.append(error)
        else:
            _log.info("session %s is recovered", session_id)
            recovered.append(session_id)
    if problems:
        raise problems[0]
    return recovered


def _take(store: SessionStore, session_id: str) -> tuple[PoseSequence, Course | None] | None:
    """The frames of a session and their course; ``None`` where they are damaged: trying again would not mend them."""
    try:
        return store.take(session_id)
    except StoreError:
        return None


def _report_of(
    session: StoredSession, stored: tuple[PoseSequence, Course | None] | None, references: Path
) -> SessionReport:
    start = session.start
    header = SessionHeader(
        session_id=start.session_id,
        reference=start.reference,
        started_at=start.started_at,
        source=start.source,
        status="recovered",
        mode=start.mode,
        speed=start.speed,
        mirrored=False,
    )
    if stored is None:
        nothing = PoseSequence.from_poses([], [])
        return _report_without_score(header, nothing, "What was stored of this session is damaged.")
    take, course = stored
    gone = f"The reference '{header.reference}' was deleted or replaced before this session could be scored."
    try:
        reference = load_reference(references, start.reference)
    except DanceReferenceError:
        return _report_without_score(header, take, gone)
    if reference.digest != start.reference_digest:
        return _report_without_score(header, take, gone)
    try:
        return evaluate(take, Dance.of(reference), TakeOptions.model_validate(start.settings), header, course)
    except Exception as error:  # noqa: BLE001 - told in the report: one old take must never stop a new session
        _log.error("session %s can't be scored", start.session_id, exc_info=error)
        return _report_without_score(header, take, f"This session can't be scored any more ({type(error).__name__}).")


def _report_without_score(header: SessionHeader, take: PoseSequence, reason: str) -> SessionReport:
    """What can be said of a take that nothing can be compared with: that it was danced."""
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
        warnings=(reason,),
    )
    summary = SessionSummary(
        session_summary=reason, key_insights=(), improvement_areas=(), strengths=(), summary_source="rules"
    )
    return SessionReport(
        **dict(header),
        **dict(measurements),
        **dict(summary),
        severity_distribution=count_severities(()),
        detailed_feedback=(),
    )
