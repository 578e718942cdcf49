"""Reports and frames of one session as rows of the store."""

from __future__ import annotations

import logging
import math
import sqlite3
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, get_args

from pydantic import TypeAdapter, ValidationError

from kdance.errors import StoreError
from kdance.learning.history import (
    DancedSession,
    PartFault,
    PartRound,
    Practised,
    faults_in,
    lateness_in,
    practised_in,
    rounds_in,
)
from kdance.motion.course import Course
from kdance.pose import PoseSequence
from kdance.review.record import FeedbackRecord, SessionReport, SongCounts, Status
from kdance.store.database import SESSION_ID, SessionRow, Snapshot, StoredSnapshot, store_errors, transaction
from kdance.store.encoding import join_courses, join_frames, unpack_frames

_STATUSES: Final = ("running", *get_args(Status))
_log = logging.getLogger(__name__)

FEEDBACK: Final = TypeAdapter(tuple[FeedbackRecord, ...])


def store_report(connection: sqlite3.Connection, report: SessionReport) -> None:
    """Store a session's report and status as one transaction, and beside it the numbers that progress is made of."""
    with transaction(connection):
        write_report(connection, report)


def write_report(connection: sqlite3.Connection, report: SessionReport) -> None:
    """The same within a transaction of the caller's."""
    practised, counts, session_id = practised_in(report), report.counts, report.session_id
    values = {
        "status": report.status,
        "duration": report.total_duration,
        "average_similarity": report.average_similarity,
        "offset_ms": lateness_in(report),
        "seconds_per_count": None if counts is None else counts.seconds_per_count,
        "first_count": None if counts is None else counts.first,
        "practised_from": practised.start,
        "practised_to": practised.end,
        "whole": practised.whole,
        "slowest": practised.slowest,
        "fastest": practised.fastest,
        "danced": practised.danced,
        "report": report.model_dump_json(),
    }
    connection.execute(
        f"UPDATE sessions SET {', '.join(f'{name} = ?' for name in values)} WHERE session_id = ?",
        (*values.values(), session_id),
    )
    for table in ("rounds", "faults"):
        connection.execute(f"DELETE FROM {table} WHERE session_id = ?", (session_id,))
    connection.executemany(
        "INSERT INTO rounds VALUES (?, ?, ?, ?, ?, ?)",
        [(session_id, *danced) for danced in rounds_in(report)],
    )
    connection.executemany(
        "INSERT INTO faults VALUES (?, ?, ?, ?, ?)", [(session_id, *fault) for fault in faults_in(report)]
    )


PRACTISED = "practised_from, practised_to, whole, slowest, fastest, mode, danced"


def practised_of(
    start: float | None, end: float | None, whole: int, slowest: float, fastest: float, mode: str, danced: int
) -> Practised:
    """What the columns :data:`PRACTISED` say.

    Raises:
        ValueError: They are damaged.
    """
    if not (_are_numbers(whole, slowest, fastest, danced) and _are_numbers_or_none(start, end)):
        raise ValueError("what was practised is damaged")
    return Practised(start, end, bool(whole), slowest, fastest, mode == "free", bool(danced))


def find_session(connection: sqlite3.Connection, path: Path, session_id: str) -> str:
    """The whole id of a session that is not running; see :meth:`kdance.store.SessionStore.find`."""
    if session_id == "last-session":
        newest = connection.execute(
            "SELECT session_id FROM sessions WHERE status != 'running' ORDER BY number DESC LIMIT 1"
        ).fetchone()
        if newest is None:
            raise StoreError(f"There is no finished session yet in {path}.", "Dance one: `kdance train NAME`.")
        return str(newest[0])
    rows = connection.execute(
        "SELECT session_id, status FROM sessions WHERE substr(session_id, 1, ?) = ? ORDER BY number DESC",
        (len(session_id), session_id),
    ).fetchall()
    exact = [row for row in rows if row[0] == session_id] or rows
    if not exact or not session_id:
        ids = [row.session_id for row in read_list(connection)[:3]]
        newest = f" The newest are {', '.join(ids)}." if ids else " There are none yet."
        raise StoreError(f"There is no session {session_id!r} in {path}.{newest}", "`kdance sessions` lists them all.")
    if len(exact) > 1:
        ids = [row[0] for row in exact]
        raise StoreError(
            f"{len(ids)} sessions begin with {session_id!r}: {', '.join(ids[:3])}{' ...' if len(ids) > 3 else ''}.",
            "Give more of the id; `kdance sessions` lists them all.",
        )
    found, status = exact[0]
    if status == "running":
        raise StoreError(f"Session {found} is still running.", "Its report is there when it has ended.")
    return str(found)


def read_list(connection: sqlite3.Connection) -> list[SessionRow]:
    """All sessions, newest first."""
    rows = connection.execute(
        "SELECT session_id, reference, started_at, coalesce(duration, (SELECT max(timestamp) FROM snapshots "
        f"WHERE snapshots.session_id = sessions.session_id)), average_similarity, status, {PRACTISED} "
        "FROM sessions ORDER BY number DESC"
    )
    found = []
    for name, reference, began, danced, score, status, *rest in rows:
        with damage_logged(name):
            practised = None if status == "running" else practised_of(*rest)
            found.append(_checked(SessionRow(name, reference, began, danced, score, status, practised)))
    return found


def running_ids(connection: sqlite3.Connection) -> list[str]:
    """The ids of the sessions without a report, oldest first; an id names a file, so a damaged one is left out."""
    rows = connection.execute("SELECT session_id FROM sessions WHERE status = 'running' ORDER BY number")
    return [name for (name,) in rows if isinstance(name, str) and SESSION_ID.fullmatch(name)]


@contextmanager
def damage_logged(session_id: object) -> Generator[None]:
    """One session that is damaged is left out, and stands in the log: the others are not to suffer for it."""
    try:
        yield
    except (StoreError, ValueError, TypeError, KeyError, RecursionError) as error:
        _log.warning("session %r is damaged: %s", session_id, type(error).__name__)


def _are_numbers(*values: object) -> bool:
    return all(isinstance(value, int | float) and math.isfinite(value) for value in values)


def _are_numbers_or_none(*values: object) -> bool:
    return all(value is None or _are_numbers(value) for value in values)


def _checked(row: SessionRow) -> SessionRow:
    """The row, if all of it can be shown.

    Raises:
        ValueError: It is damaged.
    """
    texts, numbers = (row.session_id, row.reference, row.started_at), (row.duration, row.average_similarity)
    most = (math.inf, 1.0)
    in_range = all(
        value is None or (isinstance(value, int | float) and 0 <= value <= limit and math.isfinite(value))
        for value, limit in zip(numbers, most, strict=True)
    )
    if not (all(isinstance(text, str) for text in texts) and in_range and row.status in _STATUSES):
        raise ValueError("a damaged row")
    return row


def read_history(connection: sqlite3.Connection, where: str, values: tuple[str, ...]) -> list[DancedSession]:
    """The finished sessions that a condition holds for, oldest first, with their rounds and faults."""
    rounds: dict[str, list[PartRound]] = defaultdict(list)
    faults: dict[str, list[PartFault]] = defaultdict(list)
    chosen = f"WHERE session_id IN (SELECT session_id FROM sessions WHERE {where})"
    for row in connection.execute(f"SELECT * FROM rounds {chosen}", values):
        if _are_numbers(*row[1:]):
            rounds[row[0]].append(PartRound._make(row[1:]))
    for row in connection.execute(f"SELECT * FROM faults {chosen}", values):
        fault = PartFault._make(row[1:])
        if _are_numbers(fault.start, fault.end) and _are_numbers_or_none(fault.offset_ms):
            faults[row[0]].append(fault)
    return _sessions(connection, where, values, rounds, faults)


def read_sessions(connection: sqlite3.Connection) -> list[DancedSession]:
    """All finished sessions of all dances, oldest first, without their 8-counts."""
    return _sessions(connection, "true", (), {}, {})


def _sessions(
    connection: sqlite3.Connection,
    where: str,
    values: tuple[str, ...],
    rounds: dict[str, list[PartRound]],
    faults: dict[str, list[PartFault]],
) -> list[DancedSession]:
    rows = connection.execute(
        "SELECT session_id, reference, reference_digest, started_at, average_similarity, offset_ms, "
        f"seconds_per_count, first_count, {PRACTISED} FROM sessions WHERE ({where}) AND status != 'running' "
        "ORDER BY number",
        values,
    )
    found = []
    for name, reference, digest, began, score, offset_ms, count, first, *rest in rows:
        with damage_logged(name):
            if not _are_numbers_or_none(score, offset_ms):
                raise ValueError("a damaged row")
            datetime.fromisoformat(began)
            found.append(
                DancedSession(
                    name,
                    *(reference, digest, began, score, offset_ms),
                    counts=None if count is None else SongCounts(seconds_per_count=count, first=first),
                    practised=practised_of(*rest),
                    rounds=tuple(rounds.get(name, ())),
                    faults=tuple(faults.get(name, ())),
                )
            )
    return found


def read_frames(connection: sqlite3.Connection, path: Path, session_id: str) -> tuple[PoseSequence, Course | None]:
    """All stored frames of a session and their course, as they were handed over; (0, ...) arrays without frames.

    Raises:
        StoreError: They can't be read, or are damaged.
    """
    with store_errors(path, "read"):
        rows = connection.execute(
            "SELECT frames FROM snapshots WHERE session_id = ? AND num_frames > 0 ORDER BY number", (session_id,)
        ).fetchall()
    try:
        parts = [unpack_frames(row[0]) for row in rows]
        return join_frames([frames for frames, _ in parts]), join_courses([course for _, course in parts])
    except ValueError as error:
        raise damaged(session_id) from error


def read_snapshots(connection: sqlite3.Connection, session_id: str) -> list[StoredSnapshot]:
    """All stored snapshots of a session, in order."""
    rows = connection.execute(
        "SELECT timestamp, pose_score, motion_score, combined_score, best_match_idx, frames FROM snapshots "
        "WHERE session_id = ? ORDER BY number",
        (session_id,),
    ).fetchall()
    found = []
    for timestamp, pose, motion, combined, match, blob in rows:
        try:
            landmarks = unpack_frames(blob)[0].landmarks
        except ValueError as error:
            raise damaged(session_id) from error
        comparison = Snapshot(
            timestamp=timestamp, pose_score=pose, motion_score=motion, combined_score=combined, best_match_idx=match
        )
        found.append(StoredSnapshot(comparison, landmarks[-1] if len(landmarks) else None))
    return found


def read_feedback(connection: sqlite3.Connection, session_id: str) -> tuple[FeedbackRecord, ...]:
    """All the coach had said in a session, in order."""
    rows = connection.execute(
        "SELECT feedback FROM snapshots WHERE session_id = ? ORDER BY number", (session_id,)
    ).fetchall()
    try:
        return tuple(record for row in rows for record in FEEDBACK.validate_json(row[0]))
    except ValidationError as error:
        raise damaged(session_id) from error


def damaged(session_id: str) -> StoreError:
    """The error for a session whose row can't be understood."""
    return StoreError(f"What is stored of session {session_id} is damaged.", "`kdance sessions` lists the others.")
