"""Use case: sessions whose process was killed get the report they would have had, at the next command."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from kdance.config import Home
from kdance.errors import DanceReferenceError, StoreError
from kdance.motion.course import Course
from kdance.pose import PoseSequence
from kdance.review.record import FeedbackRecord, SessionReport
from kdance.store import SessionStore, StoredSession, open_store

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
            said = store.feedback(session_id)
            store.recover(session_id, _report_of(session, _take(store, session_id), references, said))
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
    session: StoredSession,
    stored: tuple[PoseSequence, Course | None] | None,
    references: Path,
    said: Sequence[FeedbackRecord],
) -> SessionReport:
    """The report of what was stored of a session, with a score where it can have one."""
    # Here and not above: every command opens the store, hardly any has something to recover.
    from kdance.dance.dance import Dance
    from kdance.dance.references import load_reference
    from kdance.practice.reporting import report_of, report_without_score
    from kdance.review.evaluation import evaluate
    from kdance.review.options import TakeOptions

    start = session.start
    take, course = stored if stored is not None else (PoseSequence.from_poses([], []), None)

    def without_score(reason: str) -> SessionReport:
        return report_without_score(take, start, "recovered", reason, said)

    if stored is None:
        return without_score("What was stored of this session is damaged.")
    gone = f"The reference '{start.reference}' was deleted or replaced before this session could be scored."
    try:
        reference = load_reference(references, start.reference)
    except DanceReferenceError:
        return without_score(gone)
    if reference.digest != start.reference_digest:
        return without_score(gone)
    try:
        options = TakeOptions.model_validate(start.settings)
        return report_of(evaluate(take, Dance.of(reference), options, course), start, "recovered", said)
    except Exception as error:  # noqa: BLE001 - told in the report: one old take must never stop a new session
        _log.error("session %s can't be scored", start.session_id, exc_info=error)
        return without_score(f"This session can't be scored any more ({type(error).__name__}).")
