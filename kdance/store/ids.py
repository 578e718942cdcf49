"""The ids of the sessions, for a shell that completes them: looks and changes nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

_WAIT_S: Final = 0.2  # for whoever is writing


def newest_ids(database: Path, limit: int = 1000) -> list[str]:
    """The ids in a store, the newest first; none where it can't be read."""
    try:
        with closing(
            sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True, timeout=_WAIT_S)
        ) as connection:
            rows = connection.execute("SELECT session_id FROM sessions ORDER BY number DESC LIMIT ?", (limit,))
            return [str(row[0]) for row in rows]
    except (sqlite3.Error, UnicodeError, OSError):
        return []
