"""Removing sessions so that nothing of them is left in the store's files."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from kdance.errors import StoreError
from kdance.store.database import transaction


def remove_sessions(connection: sqlite3.Connection, path: Path, session_ids: Sequence[str]) -> None:
    """Delete sessions with all that hangs on them, and overwrite where they were.

    A deleted row stays readable in SQLite's free pages and in the write-ahead log: the first are overwritten with
    zeros (secure_delete) and given back (VACUUM), the second is moved into the file and cut to nothing (checkpoint).

    Raises:
        StoreError: Somebody dances just now: the log can't be cut while another process reads it.
    """
    running = connection.execute("SELECT session_id FROM sessions WHERE status = 'running'").fetchone()
    if running is not None:
        raise StoreError(
            f"Nothing was removed: session {running[0]} is under way.", "Remove sessions when nobody dances."
        )
    connection.execute("PRAGMA secure_delete = ON")
    with transaction(connection):
        connection.executemany("DELETE FROM sessions WHERE session_id = ?", [(name,) for name in session_ids])
    _cut_log(connection, path)
    connection.execute("VACUUM")
    _cut_log(connection, path)


def _cut_log(connection: sqlite3.Connection, path: Path) -> None:
    is_busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if is_busy:
        raise StoreError(
            f"The sessions are removed, but {path.name}-wal may still hold them: another program reads the store.",
            "Close it: its end empties that file.",
        )
