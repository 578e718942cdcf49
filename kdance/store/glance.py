"""A glance at the store, for a shell that completes ids and for who begins: looks and changes nothing."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from kdance.learning.history import SAME_SPEED

_WAIT_S: Final = 0.2  # for whoever is writing

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DanceGlance:
    """What is known of a dance at a glance; scores are 0..1.

    Attributes:
        last: Of the newest session that has a score; ``None`` where none has.
        trend: Of the whole dances at full speed, oldest first.
        danced_at: When it was danced last, ISO 8601; empty where it never was.
        due: How many of its 8-counts are due.
    """

    last: float | None = None
    trend: tuple[float, ...] = ()
    danced_at: str = ""
    due: int = 0

    @property
    def best(self) -> float | None:
        """Of the whole dances at full speed."""
        return max(self.trend, default=None)


def newest_ids(database: Path, limit: int = 1000) -> list[str]:
    """The ids in a store, the newest first; none where it can't be read."""
    try:
        with _reading(database) as connection:
            rows = connection.execute("SELECT session_id FROM sessions ORDER BY number DESC LIMIT ?", (limit,))
            return [str(row[0]) for row in rows]
    except (sqlite3.Error, UnicodeError, OSError):
        return []


def dances_at_a_glance(database: Path, until: datetime) -> dict[str, DanceGlance]:
    """Every dance that was danced, the newest first; none where the store can't be read.

    Args:
        database: The store's file.
        until: What is due until then is due, with a time zone.
    """
    try:
        with _reading(database) as connection:
            sessions = connection.execute(
                "SELECT reference, reference_digest, started_at, average_similarity, "
                "danced AND whole AND mode <> 'free' AND abs(slowest - 1) <= ?1 AND fastest - slowest <= ?1 "
                "FROM sessions WHERE status <> 'running' ORDER BY number DESC",
                (SAME_SPEED,),
            ).fetchall()
            cards = connection.execute("SELECT reference, digest, due FROM cards WHERE due IS NOT NULL").fetchall()
    except (sqlite3.Error, UnicodeError, OSError) as error:
        _log.info("no glance at %s: %s", database, error)
        return {}
    found: dict[str, DanceGlance] = {}
    digests: dict[str, str] = {}
    for name, digest, started_at, score, is_full in sessions:
        known = found.setdefault(name, DanceGlance(danced_at=started_at))
        if digest != digests.setdefault(name, digest) or score is None:  # an earlier dance of this name
            continue
        trend = (score, *known.trend) if is_full else known.trend
        found[name] = replace(known, last=score if known.last is None else known.last, trend=trend)
    for name, digest, due in cards:
        if digest == digests.get(name) and datetime.fromisoformat(due) <= until:
            found[name] = replace(found[name], due=found[name].due + 1)
    return found


@contextmanager
def _reading(database: Path) -> Generator[sqlite3.Connection]:
    uri = f"{database.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=_WAIT_S)) as connection:
        yield connection
