"""The ids of the sessions: a new one, and those there are, for a shell that completes them."""

from __future__ import annotations

import secrets
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final

_WAIT_S: Final = 0.2  # for whoever is writing


def new_session_id(now: datetime) -> str:
    """A short id that sorts by time: ``20261122-141503-4f2a``.

    Args:
        now: When the session starts, in the dancer's own time zone.
    """
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def newest_ids(database: Path, limit: int = 1000) -> list[str]:
    """The ids in a store, the newest first; none where it can't be read. Looks and changes nothing."""
    try:
        with closing(
            sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True, timeout=_WAIT_S)
        ) as connection:
            rows = connection.execute("SELECT session_id FROM sessions ORDER BY number DESC LIMIT ?", (limit,))
            return [str(row[0]) for row in rows]
    except (sqlite3.Error, UnicodeError, OSError):
        return []
