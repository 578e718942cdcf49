"""The session store: start, find, recover and list sessions."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from pydantic import ValidationError

from kdance.errors import StoreError
from kdance.learning.cards import PartCard
from kdance.learning.history import DancedSession
from kdance.motion.course import Course
from kdance.pose import PoseSequence
from kdance.recording.filmed import Filmed
from kdance.review.record import FeedbackRecord, SessionReport, SongCounts
from kdance.store.cards import read_all_cards, read_cards, write_cards
from kdance.store.database import (
    SessionRow,
    SessionStart,
    StoredSession,
    StoredSnapshot,
    open_database,
    store_errors,
    transaction,
)
from kdance.store.films import read_film
from kdance.store.locks import SessionLocks
from kdance.store.removal import remove_sessions
from kdance.store.rows import (
    damage_logged,
    damaged,
    find_session,
    read_feedback,
    read_frames,
    read_history,
    read_list,
    read_sessions,
    read_snapshots,
    running_ids,
    store_report,
)
from kdance.store.session_files import export_session, import_session
from kdance.store.writer import SessionWriter

_BUSY_TIMEOUT: Final = 5.0  # seconds; every transaction of ours takes milliseconds
_START_COLUMNS: Final = (
    *("session_id", "reference", "reference_digest", "started_at", "source", "mode", "speed", "recording"),
)


def open_store(path: Path) -> SessionStore:
    """The session store in the file ``path``; used in a ``with``, which makes the file and its folder."""
    return SessionStore(path)


class SessionStore:
    """All sessions; a context manager.

    Every method raises :class:`StoreError` when the file can't be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._locks = SessionLocks(path)
        self._connection: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        """Open the file.

        Raises:
            StoreError: It can't be opened or made, is another program's, or was written by a newer kdance.
        """
        self._connection = open_database(self.path, self._locks, busy_timeout=_BUSY_TIMEOUT)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file and let go of sessions that were to be recovered but were not."""
        self._locks.release_all()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def start(self, start: SessionStart) -> SessionWriter:
        """A writer for a new session; used in a ``with``, which stores the start and begins to write."""
        return SessionWriter(self.path, self._locks, start)

    def find(self, session_id: str) -> str:
        """The whole id of a session that is not running.

        Args:
            session_id: The id, the beginning of it that no other session has, or ``last-session``.

        Raises:
            StoreError: There is none yet, none or more than one begins like this, or it is still running.
        """
        with self._reading() as connection:
            return find_session(connection, self.path, session_id)

    def latest(self) -> SessionReport:
        """The report of the newest session that is not running.

        Raises:
            StoreError: There is none, or it is damaged.
        """
        return self.get("last-session")

    def get(self, session_id: str) -> SessionReport:
        """The report of a session.

        Args:
            session_id: As for :meth:`find`.

        Raises:
            StoreError: As for :meth:`find`, or it is damaged.
        """
        found = self.find(session_id)
        with self._reading() as connection:
            row = connection.execute("SELECT reference, report FROM sessions WHERE session_id = ?", (found,)).fetchone()
        if row is None:  # its index is damaged
            raise damaged(found)
        reference, report = row
        # The dance may have been renamed since.
        return _read_report(found, report).model_copy(update={"reference": reference})

    def list_sessions(self) -> list[SessionRow]:
        """All sessions, newest first."""
        with self._reading() as connection:
            return read_list(connection)

    def history(self, reference: str) -> list[DancedSession]:
        """The finished sessions of a dance as progress sees them, oldest first."""
        with self._reading() as connection:
            return read_history(connection, "reference = ?", (reference,))

    def all_danced(self) -> list[DancedSession]:
        """The finished sessions of every dance, oldest first, without their 8-counts."""
        with self._reading() as connection:
            return read_sessions(connection)

    def cards(self, reference: str, digest: str) -> tuple[PartCard, ...]:
        """What is learnt of a dance, 8-count by 8-count; nothing where no course of it was begun."""
        with self._reading() as connection:
            return read_cards(connection, reference, digest)

    def all_cards(self) -> dict[str, tuple[PartCard, ...]]:
        """The same of every dance."""
        with self._reading() as connection:
            return read_all_cards(connection)

    def counts(self, reference: str) -> SongCounts | None:
        """How the song of a dance was counted the last time, where that is known."""
        with self._reading() as connection:
            row = connection.execute(
                "SELECT seconds_per_count, first_count FROM sessions "
                "WHERE reference = ? AND seconds_per_count NOT NULL ORDER BY number DESC LIMIT 1",
                (reference,),
            ).fetchone()
        return None if row is None else SongCounts(seconds_per_count=row[0], first=row[1])

    def save_cards(self, reference: str, digest: str, cards: Sequence[PartCard]) -> None:
        """Keep what is learnt of a dance."""
        with store_errors(self.path, "written"):
            write_cards(self._open(), reference, digest, cards)

    def danced(self, session_id: str) -> DancedSession:
        """A finished session as progress sees it.

        Raises:
            StoreError: As for :meth:`get`.
        """
        with self._reading() as connection:
            danced = read_history(connection, "session_id = ?", (self.find(session_id),))
        if not danced:
            raise damaged(session_id)
        return danced[0]

    def abandoned(self) -> list[StoredSession]:
        """The sessions whose process died before their report was stored, oldest first.

        They are locked for this store until :meth:`recover` or the end of the ``with``, so that two commands never
        recover the same one. Sessions without a single frame are not worth keeping: they are deleted here.
        """
        with self._reading() as connection:
            running = running_ids(connection)
        found = []
        for session_id in running:
            with damage_logged(session_id):  # one damaged row is not to bar all commands; it stays where it is
                if (session := self._take_over(session_id)) is not None:
                    found.append(session)
        return found

    def recover(self, session_id: str, report: SessionReport) -> None:
        """Store the report of an abandoned session, with the status ``recovered``.

        Raises:
            StoreError: It is running or ended after all, or the report can't be stored.
        """
        if report.session_id != session_id:
            raise ValueError(f"report must be of session {session_id}, but got {report.session_id}")
        if self._take_over(session_id) is None:
            raise StoreError(f"Session {session_id} can't be recovered: it is running, or it has ended already.")
        with store_errors(self.path, "written"):
            store_report(self._open(), report.model_copy(update={"status": "recovered"}))
        self._locks.release(session_id, ended=True)

    def reword(self, report: SessionReport) -> None:
        """Store a report anew, with other words for the same session.

        Raises:
            StoreError: There is no such session that has ended, or it can't be written.
        """
        self.get(report.session_id)
        with store_errors(self.path, "written"):
            store_report(self._open(), report)

    def remove(self, session_ids: Sequence[str]) -> None:
        """Remove finished sessions, so that nothing of them can be read from the store's files any more.

        Args:
            session_ids: Whole ids.

        Raises:
            StoreError: Somebody dances just now, or the file can't be written; nothing was removed then.
        """
        with store_errors(self.path, "written"):
            remove_sessions(self._open(), self.path, session_ids)

    def rename_reference(self, name: str, new: str) -> None:
        """Give a dance another name in all its sessions and in what was learnt of it."""
        with store_errors(self.path, "written"), transaction(self._open()):
            for table in ("sessions", "cards"):
                self._open().execute(f"UPDATE {table} SET reference = ? WHERE reference = ?", (new, name))

    def export(self, session_id: str, target: Path, *, force: bool) -> None:
        """Write a finished session, by its whole id, to one file; see :mod:`kdance.store.session_files`."""
        with self._reading() as connection:
            export_session(connection, session_id, target, force=force)

    def import_file(self, source: Path) -> str:
        """Store the session of such a file; gives its id."""
        with store_errors(self.path, "written"):
            return import_session(self._open(), source)

    def recordings(self, session_ids: Sequence[str]) -> list[Path]:
        """The files that some sessions were recorded to, and no other session."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT session_id, recording FROM sessions WHERE recording IS NOT NULL"
            ).fetchall()
        others = {path for session_id, path in rows if session_id not in session_ids}
        return [Path(path) for path in dict.fromkeys(path for _, path in rows) if path not in others]

    def film(self, session_id: str) -> Filmed | None:
        """Where a session is found in what it was recorded to; ``None`` where it wasn't."""
        with self._reading() as connection:
            return read_film(connection, session_id)

    def take(self, session_id: str) -> tuple[PoseSequence, Course | None]:
        """All stored frames of a session as they were handed over, and their course through the song if it had one.

        Returns:
            (0, ...) arrays and ``None`` when there are no frames.

        Raises:
            StoreError: They are damaged.
        """
        with self._reading() as connection:
            return read_frames(connection, self.path, session_id)

    def started(self, session_id: str) -> SessionStart:
        """What was known of a session before its first frame; raises as :meth:`find` does."""
        session = self._stored(self.find(session_id))
        assert session is not None  # it was found
        return session.start

    def snapshots(self, session_id: str) -> list[StoredSnapshot]:
        """All stored snapshots of a session, in order."""
        with self._reading() as connection:
            return read_snapshots(connection, session_id)

    def feedback(self, session_id: str) -> tuple[FeedbackRecord, ...]:
        """All the coach had said in a session, in order."""
        with self._reading() as connection:
            return read_feedback(connection, session_id)

    def _take_over(self, session_id: str) -> StoredSession | None:
        """Lock a session that is worth recovering, and nobody runs or recovers; else ``None``."""
        with store_errors(self.path, "locked"):
            if not self._locks.acquire(session_id):
                return None
        # Only now, under the lock: another command may have recovered it since it was listed.
        session = self._stored(session_id)
        if session is not None and session.status == "running":
            if session.num_frames:
                return session
            with store_errors(self.path, "written"), transaction(self._open()):
                self._open().execute("DELETE FROM sessions WHERE session_id = ?", (session_id,))
        self._locks.release(session_id, ended=True)
        return None

    def _stored(self, session_id: str) -> StoredSession | None:
        with self._reading() as connection:
            row = connection.execute(
                f"SELECT status, settings, {', '.join(_START_COLUMNS)} FROM sessions WHERE session_id = ?",
                (session_id,),
            ).fetchone()
            count, mirrored = connection.execute(
                "SELECT coalesce(sum(num_frames), 0), (SELECT mirrored FROM snapshots WHERE session_id = ?1 AND "
                "mirrored IS NOT NULL ORDER BY number DESC LIMIT 1) FROM snapshots WHERE session_id = ?1",
                (session_id,),
            ).fetchone()
        if row is None:
            return None
        status, settings, *known = row
        try:
            start = SessionStart(**dict(zip(_START_COLUMNS, known, strict=True)), settings=json.loads(settings))
        except (ValueError, TypeError, RecursionError) as error:
            raise damaged(session_id) from error
        return StoredSession(start, status, count, None if mirrored is None else bool(mirrored))

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise RuntimeError("the session store is used outside its `with`")
        return self._connection

    @contextmanager
    def _reading(self) -> Generator[sqlite3.Connection]:
        connection = self._open()
        with store_errors(self.path, "read"):
            yield connection


def _read_report(session_id: str, report: str) -> SessionReport:
    try:
        return SessionReport.model_validate_json(report)
    except ValidationError as error:
        raise damaged(session_id) from error
