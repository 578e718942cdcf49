"""The store's file: its schema, its connections, its locks, its records and how its errors read."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, TypedDict

from kdance.errors import StoreError
from kdance.learning.history import Practised
from kdance.pose import FloatArray
from kdance.store.locks import SessionLocks

SCHEMA_VERSION: Final = 4
APPLICATION_ID: Final = 0x6B64616E  # "kdan": tells our file from another program's SQLite file
SESSION_ID: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]*")  # it also names a lock file

_SCHEMA: Final = f"""
BEGIN IMMEDIATE;
CREATE TABLE sessions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id TEXT NOT NULL UNIQUE,
    reference TEXT NOT NULL,
    reference_digest TEXT NOT NULL,
    started_at TEXT NOT NULL,
    source TEXT NOT NULL,
    mode TEXT NOT NULL,
    speed REAL NOT NULL,
    settings TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'completed', 'interrupted', 'recovered')),
    recording TEXT,
    duration REAL,
    average_similarity REAL,
    offset_ms REAL,
    seconds_per_count REAL,
    first_count REAL,
    practised_from REAL,
    practised_to REAL,
    whole INTEGER NOT NULL DEFAULT 0,
    slowest REAL,
    fastest REAL,
    danced INTEGER NOT NULL DEFAULT 0,
    report TEXT,
    CHECK ((status = 'running') = (report IS NULL))
);
CREATE INDEX sessions_of_reference ON sessions (reference, number);
CREATE TABLE rounds (
    session_id TEXT NOT NULL REFERENCES sessions (session_id) ON DELETE CASCADE,
    run INTEGER NOT NULL,
    start REAL NOT NULL,
    "end" REAL NOT NULL,
    speed REAL NOT NULL,
    score REAL NOT NULL,
    PRIMARY KEY (session_id, run, start)
) WITHOUT ROWID;
CREATE TABLE faults (
    session_id TEXT NOT NULL REFERENCES sessions (session_id) ON DELETE CASCADE,
    start REAL NOT NULL,
    "end" REAL NOT NULL,
    offset_ms REAL,
    worst_joint TEXT,
    PRIMARY KEY (session_id, start)
) WITHOUT ROWID;
CREATE TABLE cards (
    reference TEXT NOT NULL,
    digest TEXT NOT NULL,
    start REAL NOT NULL,
    "end" REAL NOT NULL,
    repeats TEXT NOT NULL,
    speed REAL,
    score REAL,
    due TEXT,
    memory TEXT,
    PRIMARY KEY (reference, digest, start)
) WITHOUT ROWID;
CREATE TABLE snapshots (
    session_id TEXT NOT NULL REFERENCES sessions (session_id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    timestamp REAL NOT NULL,
    pose_score REAL,
    motion_score REAL,
    combined_score REAL,
    best_match_idx INTEGER,
    mirrored INTEGER,
    feedback TEXT NOT NULL,
    num_frames INTEGER NOT NULL,
    frames BLOB NOT NULL,
    UNIQUE (session_id, number)
);
CREATE TABLE films (
    session_id TEXT PRIMARY KEY REFERENCES sessions (session_id) ON DELETE CASCADE,
    flip INTEGER NOT NULL,
    frames BLOB NOT NULL
) WITHOUT ROWID;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
COMMIT;
"""


class Snapshot(TypedDict):
    """What half a second of dancing was worth; scores 0..1, ``None`` where nothing was measured, or not yet.

    ``timestamp`` is in seconds of the take, ``best_match_idx`` a frame of the reference.
    """

    timestamp: float
    pose_score: float | None
    motion_score: float | None
    combined_score: float | None
    best_match_idx: int | None


def not_yet(timestamp: float) -> Snapshot:
    """A half second of which nobody knows by now what it was worth."""
    return Snapshot(timestamp=timestamp, pose_score=None, motion_score=None, combined_score=None, best_match_idx=None)


@dataclass(frozen=True, slots=True)
class SessionStart:
    """What is known of a session before its first frame.

    Attributes:
        session_id: From :func:`kdance.store.new_session_id`.
        reference: The reference's name.
        reference_digest: Tells whether the reference is still the same when a session is recovered.
        started_at: ISO 8601 with the offset from UTC.
        source: What was watched: a camera, a file, a URL.
        mode: Who leads, the music or the dancer.
        speed: 0.5 for half speed.
        settings: What the second pass needs to score the frames again (mirror, offset, strictness ...), as JSON.
        recording: The file that the session is recorded to; ``None`` where it isn't.
    """

    session_id: str
    reference: str
    reference_digest: str
    started_at: str
    source: str
    mode: Literal["follow", "free"]
    speed: float
    settings: Mapping[str, Any] = field(default_factory=dict)
    recording: str | None = None

    def __post_init__(self) -> None:
        if not SESSION_ID.fullmatch(self.session_id):
            raise ValueError(f"session_id must be letters, digits and hyphens, but got {self.session_id!r}")
        if datetime.fromisoformat(self.started_at).tzinfo is None:
            raise ValueError(f"started_at must have an offset from UTC, but got {self.started_at!r}")


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session as it lies in the store.

    Attributes:
        start: What was known at its start.
        status: ``running`` until a report is stored.
        num_frames: Processed frames stored so far.
        mirrored: Whether left and right were swapped for the comparison, as last recorded; ``None``: not decided.
    """

    start: SessionStart
    status: str
    num_frames: int
    mirrored: bool | None


@dataclass(frozen=True, slots=True, eq=False)
class StoredSnapshot:
    """A snapshot as it lies in the store.

    Attributes:
        comparison: Time, scores and best match.
        landmarks: (33, 4) float32, as in :class:`kdance.pose.Pose`, of the last frame; ``None`` without a frame.
    """

    comparison: Snapshot
    landmarks: FloatArray | None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session in one line, for ``kdance sessions``.

    Attributes:
        session_id: The session's id.
        reference: The reference's name.
        started_at: ISO 8601 with the offset from UTC.
        duration: Seconds danced, so far when it is running; ``None`` before the first snapshot.
        average_similarity: 0..1; ``None`` where nothing was measured or it is running.
        status: ``running``, ``completed``, ``interrupted`` or ``recovered``.
        practised: What of the dance it was of; ``None`` while it is running.
    """

    session_id: str
    reference: str
    started_at: str
    duration: float | None
    average_similarity: float | None
    status: str
    practised: Practised | None


def connect(path: Path, *, busy_timeout: float, create: bool = False) -> sqlite3.Connection:
    """Open a connection that commits only where told to.

    Args:
        path: The store's file.
        busy_timeout: Seconds to wait for another process's transaction.
        create: Make the file when it isn't there, instead of failing.
    """
    uri = f"{path.absolute().as_uri()}?mode={'rwc' if create else 'rw'}"
    connection = sqlite3.connect(uri, timeout=busy_timeout, isolation_level=None, uri=True)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        # In WAL mode NORMAL survives a killed process; only a power cut can cost the last snapshots. FULL would
        # wait for the disk at every one of them.
        connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection


def open_database(path: Path, locks: SessionLocks, *, busy_timeout: float) -> sqlite3.Connection:
    """Open the store's file, with its folder and tables made where they are missing.

    Raises:
        StoreError: It can't be opened, is another program's file, or was written by a newer kdance.
    """
    with store_errors(path, "opened"):
        locks.folder.mkdir(parents=True, exist_ok=True)
        connection = connect(path, busy_timeout=busy_timeout, create=True)
        try:
            if not _is_set_up(connection):
                with locks.setup():  # two first commands at once must not both make the tables
                    _set_up(connection, path)
            _check_version(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def _is_set_up(connection: sqlite3.Connection) -> bool:
    return _pragma(connection, "user_version") != 0 and _pragma(connection, "journal_mode") == "wal"


def _set_up(connection: sqlite3.Connection, path: Path) -> None:
    if _pragma(connection, "user_version") == 0:
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise _foreign(path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(_SCHEMA)
    elif _pragma(connection, "application_id") == APPLICATION_ID:
        connection.execute("PRAGMA journal_mode = WAL")


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    if _pragma(connection, "application_id") != APPLICATION_ID:
        raise _foreign(path)
    version = _pragma(connection, "user_version")
    if version != SCHEMA_VERSION:
        raise StoreError(
            f"The session store {path} has format {version}; this kdance knows format {SCHEMA_VERSION}.",
            "Update kdance, or move the file away to begin a new store.",
        )


def _foreign(path: Path) -> StoreError:
    return StoreError(f"{path} is not a kdance session store.", "Move the file away; kdance makes a new one.")


def _pragma(connection: sqlite3.Connection, name: str) -> int | str:
    value: int | str = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value


@contextmanager
def transaction(connection: sqlite3.Connection) -> Generator[None]:
    """All of it or nothing; takes the write lock at once, so that it can't fail half-way for another writer."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite rolls back by itself when the disk is full
            connection.execute("ROLLBACK")
        raise


@contextmanager
def store_errors(path: Path, done: str) -> Generator[None]:
    """Turn what SQLite and the file system say into a :class:`StoreError`: ``path`` could not be ``done``."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"The session store {path} can't be {done}: {reason(error)}.", remedy(error)) from error
    except UnicodeError as error:  # SQLite quotes the damaged schema in its own message
        why, mends = _REASONS[sqlite3.SQLITE_CORRUPT]
        raise StoreError(f"The session store {path} can't be {done}: {why}.", mends) from error


# primary result code of SQLite -> (what is wrong, what mends it)
_REASONS: Final[dict[int, tuple[str, str]]] = {
    sqlite3.SQLITE_FULL: ("the disk is full", "Free some disk space."),
    sqlite3.SQLITE_BUSY: ("another program has locked it", "Close the other program and try again."),
    sqlite3.SQLITE_LOCKED: ("another program has locked it", "Close the other program and try again."),
    sqlite3.SQLITE_IOERR: ("the disk reports an error", "Check the disk's space and health."),
    sqlite3.SQLITE_READONLY: ("it is write-protected", "Make it writable, or set KDANCE_HOME to another folder."),
    sqlite3.SQLITE_CANTOPEN: ("it can't be opened", "Make it writable, or set KDANCE_HOME to another folder."),
    sqlite3.SQLITE_PERM: ("it may not be opened", "Make it writable, or set KDANCE_HOME to another folder."),
    sqlite3.SQLITE_CORRUPT: ("the file is damaged", "Move the file away; kdance makes a new one."),
    sqlite3.SQLITE_NOTADB: ("it is not a session store", "Move the file away; kdance makes a new one."),
}


def reason(error: sqlite3.Error | OSError) -> str:
    """What is wrong, as the end of a sentence."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    known = _REASONS.get(_primary_code(error))
    return known[0] if known else str(error)


def remedy(error: sqlite3.Error | OSError) -> str:
    """What mends it, as a sentence."""
    if isinstance(error, OSError):
        return "Set KDANCE_HOME to a folder that is writable."
    known = _REASONS.get(_primary_code(error))
    return known[1] if known else ""


def _primary_code(error: sqlite3.Error) -> int:
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF  # an extended code keeps its family in the low byte


def settings_json(settings: Mapping[str, Any]) -> str:
    """The settings as strict JSON."""
    return json.dumps(dict(settings), allow_nan=False, sort_keys=True)
