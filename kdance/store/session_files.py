"""A session as one file to keep or to send, and what comes in such a file."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from kdance.archive import Archive, damaged, open_archive, write_archive
from kdance.errors import KdanceError, StoreError
from kdance.pose import JOINT_NAMES
from kdance.review.record import SessionReport
from kdance.store.database import SCHEMA_VERSION, SessionStart, settings_json, transaction
from kdance.store.encoding import unpack_frames
from kdance.store.rows import FEEDBACK, write_report

KIND: Final = "session"
_HEAD, _REPORT, _SNAPSHOTS = "session.json", "summary.json", "snapshots.json"
_START: Final = ("session_id", "reference", "reference_digest", "started_at", "source", "mode", "speed", "settings")
_ROW: Final = ("timestamp", "pose_score", "motion_score", "combined_score", "best_match_idx", "mirrored", "feedback")
# Three hours of dancing; a snapshot of half a second has 70 kB at 120 frames a second.
_MOST_SNAPSHOTS: Final = 21_600
_MOST_BYTES: Final = 60_000_000
_MOST_OF_FRAMES: Final = 2_000_000


def export_session(connection: sqlite3.Connection, session_id: str, target: Path, *, force: bool) -> None:
    """Write a finished session to one file: its report and every landmark; where its recording lies stays at home.

    Raises:
        KdanceError: The file can't be written.
    """
    *start, report = connection.execute(
        f"SELECT {', '.join(_START)}, report FROM sessions WHERE session_id = ?", (session_id,)
    ).fetchone()
    rows = connection.execute(
        f"SELECT {', '.join(_ROW)}, num_frames, frames FROM snapshots WHERE session_id = ? ORDER BY number",
        (session_id,),
    ).fetchall()
    head = dict(zip(_START, start, strict=True))
    head["settings"] = json.loads(head["settings"])
    snapshots = [dict(zip((*_ROW, "num_frames"), row[:-1], strict=True)) for row in rows]
    entries: list[tuple[str, Path | bytes]] = [
        (_HEAD, json.dumps(head, ensure_ascii=False).encode()),
        (_REPORT, report.encode()),
        (_SNAPSHOTS, json.dumps(snapshots).encode()),
        *((f"{number:06d}.frames", row[-1]) for number, row in enumerate(rows)),
    ]
    write_archive(target, KIND, SCHEMA_VERSION, entries, force=force)


def import_session(connection: sqlite3.Connection, source: Path) -> str:
    """Store a session of a file that :func:`export_session` wrote, or somebody who would like you to think so.

    Returns:
        Its id.

    Raises:
        KdanceError: It is no such file, it is damaged, or the session is there already; nothing was changed then.
    """
    with open_archive(source, KIND, SCHEMA_VERSION, most_files=_MOST_SNAPSHOTS + 4) as archive:
        start, report = _head(archive), _report(archive)
        if report.session_id != start.session_id:
            raise damaged(source, f"{_REPORT} is of another session than {_HEAD}")
        rows = _snapshots(archive, start.session_id)
    if connection.execute("SELECT 1 FROM sessions WHERE session_id = ?", (start.session_id,)).fetchone():
        raise StoreError(
            f"There is a session {start.session_id} already; {source} was not imported.",
            f"To take the imported one, first: kdance sessions remove {start.session_id}",
        )
    head = asdict(start) | {"settings": settings_json(start.settings)}
    with transaction(connection):
        connection.execute(
            f"INSERT INTO sessions ({', '.join(_START)}) VALUES ({', '.join('?' * len(_START))})",
            [head[name] for name in _START],
        )
        connection.executemany(
            f"INSERT INTO snapshots (session_id, number, {', '.join(_ROW)}, num_frames, frames) "
            f"VALUES ({', '.join('?' * (len(_ROW) + 4))})",
            rows,
        )
        write_report(connection, report)
    return start.session_id


def _head(archive: Archive) -> SessionStart:
    try:
        values = json.loads(archive.read(_HEAD, _MOST_BYTES))
        text = ("session_id", "reference", "reference_digest", "started_at", "source", "mode")
        if set(values) != set(_START) or not all(isinstance(values[name], str) for name in text):
            raise TypeError("other fields than a session has")
        if values["mode"] not in ("follow", "free") or not isinstance(values["settings"], dict):
            raise TypeError("no session of ours")
        return SessionStart(**values | {"speed": float(values["speed"])})
    except (ValueError, TypeError, RecursionError) as error:
        raise damaged(archive.path, f"{_HEAD} is wrong") from error


def _report(archive: Archive) -> SessionReport:
    try:
        report = SessionReport.model_validate_json(archive.read(_REPORT, _MOST_BYTES))
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"][:3]))
        raise damaged(archive.path, f"{_REPORT} is wrong at '{where}'") from error
    if not _makes_sense(report):
        raise damaged(archive.path, f"{_REPORT} is of no session")
    return report


def _makes_sense(report: SessionReport) -> bool:
    """Whether a report holds together, beyond what its fields say by themselves: nobody else makes sure later."""
    sections, known = report.sections, {None, *JOINT_NAMES}
    named = [
        *(section.worst_joint for section in sections),
        *(row.worst_joint for row in report.timeline),
        *(fault.joint for fault in report.faults),
        *report.joints,
    ]
    edges = [edge for section in sections for edge in (section.start, section.end)]
    indices = [part.index for run in report.runs for part in run.sections]
    return (
        set(named) <= known
        and set(report.joints) == set(JOINT_NAMES)
        and all(before < after for before, after in zip(edges[::2], edges[1::2], strict=True))
        and edges == sorted(edges)
        and [section.index for section in sections] == list(range(len(sections)))
        and all(0 <= index < len(sections) for index in indices)
        and all(len({part.index for part in run.sections}) == len(run.sections) for run in report.runs)
        and set(report.groups) <= {"arms", "legs", "trunk", "hands"}
    )


def _snapshots(archive: Archive, session_id: str) -> list[list[Any]]:
    """The rows of the table of snapshots, each looked at."""
    try:
        found = json.loads(archive.read(_SNAPSHOTS, _MOST_BYTES))
        rows = []
        for number, snapshot in enumerate(found):
            blob = archive.read(f"{number:06d}.frames", _MOST_OF_FRAMES)
            frames, _ = unpack_frames(blob)
            values = [snapshot[name] for name in _ROW]
            if len(frames) != snapshot["num_frames"] or not all(_is_number(value) for value in values[:-1]):
                raise ValueError("a snapshot is not what it says")
            FEEDBACK.validate_json(values[-1])
            rows.append([session_id, number, *values, len(frames), blob])
    except (ValueError, TypeError, KeyError, RecursionError, MemoryError) as error:
        if isinstance(error, KdanceError):
            raise
        raise damaged(archive.path, "its landmarks are damaged") from error
    if len(archive.names) != len(rows) + 3:
        raise damaged(archive.path, "it holds other files than a session has")
    return rows


def _is_number(value: object) -> bool:
    """Whether SQLite holds it: whole numbers of 64 bits."""
    return value is None or isinstance(value, float) or (isinstance(value, int) and abs(value) < 2**63)
