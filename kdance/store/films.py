"""Where sessions are found in the films that they were recorded to."""

from __future__ import annotations

import sqlite3

from kdance.recording.filmed import Filmed
from kdance.store.database import transaction
from kdance.store.encoding import pack_arrays, unpack_arrays
from kdance.store.rows import damaged


def write_film(connection: sqlite3.Connection, session_id: str, film: Filmed) -> None:
    """Keep it with its session."""
    frames = pack_arrays((film.taken, film.shown, film.panes, film.parts))
    with transaction(connection):
        connection.execute("INSERT OR REPLACE INTO films VALUES (?, ?, ?)", (session_id, film.flip, frames))


def read_film(connection: sqlite3.Connection, session_id: str) -> Filmed | None:
    """What is kept of a session; ``None`` where nothing is.

    Raises:
        StoreError: It is damaged.
    """
    row = connection.execute("SELECT flip, frames FROM films WHERE session_id = ?", (session_id,)).fetchone()
    if row is None:
        return None
    try:
        taken, shown, panes, parts = unpack_arrays(row[1])
        return Filmed(taken, shown, panes, parts, bool(row[0]))
    except (ValueError, TypeError) as error:
        raise damaged(session_id) from error
