"""Reports and frames of one session as rows of the store."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from kdance.errors import StoreError
from kdance.motion.course import Course
from kdance.pose import PoseSequence
from kdance.review.record import SessionReport
from kdance.store.database import store_errors, transaction
from kdance.store.encoding import join_courses, join_frames, unpack_frames


def store_report(connection: sqlite3.Connection, report: SessionReport) -> None:
    """Store a session's report and status as one transaction."""
    with transaction(connection):
        connection.execute(
            "UPDATE sessions SET status = ?, duration = ?, average_similarity = ?, report = ? WHERE session_id = ?",
            (
                *(report.status, report.total_duration, report.average_similarity),
                *(report.model_dump_json(), report.session_id),
            ),
        )


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


def damaged(session_id: str) -> StoreError:
    """The error for a session whose row can't be understood."""
    return StoreError(f"What is stored of session {session_id} is damaged.", "`kdance sessions` lists the others.")
