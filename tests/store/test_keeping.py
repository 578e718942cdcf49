"""What becomes of sessions later: removed for good, sent and taken in, under another name."""

from __future__ import annotations

import json
import sqlite3
import zipfile
import zlib
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kdance.archive import write_archive
from kdance.errors import KdanceError, StoreError
from kdance.store import SessionStart, open_store
from kdance.store.database import SCHEMA_VERSION
from kdance.store.encoding import unpack_frames
from tests.conftest import Cli
from tests.report_factory import make_feedback, make_report
from tests.store.test_sessions import assert_same_bits, dance, make_start

GONE, KEPT = "20261120-141503-aaaa", "20261122-141503-bbbb"


def fill(path: Path, *session_ids: str, snapshots: int = 6, **changes: Any) -> None:
    """Sessions of some frames each."""
    with open_store(path) as store:
        for number, session_id in enumerate(session_ids):
            with store.start(make_start(session_id, **changes)) as writer:
                dance(writer, snapshots, first=100 * number, mirrored=True, feedback=make_feedback()[:1])
                writer.finish(make_report(session_id=session_id))


def blobs(path: Path, session_id: str) -> list[bytes]:
    """A piece of the landmarks of each snapshot, as they lie on the disk."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT frames FROM snapshots WHERE session_id = ?", (session_id,)).fetchall()
    return [row[0][200:248] for row in rows]


def holds(folder: Path, pieces: list[bytes]) -> int:
    """How many of the pieces are in any file of a folder."""
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return sum(any(piece in content for content in files) for piece in pieces)


def test_a_removed_session_is_gone_from_every_file(home: Path, kdance_cli: Cli) -> None:
    store = home / "sessions.db"
    fill(store, GONE, KEPT)
    recording = home / "me.mp4"
    recording.write_bytes(b"a recording")
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("UPDATE sessions SET recording = ? WHERE session_id = ?", (str(recording), GONE))
    gone, kept = blobs(store, GONE), blobs(store, KEPT)
    assert holds(home, gone) == len(gone) == 6
    refused = kdance_cli("sessions", "remove", GONE)
    assert (refused.code, len(refused.error_lines)) == (1, 2)
    assert str(recording) in refused.err
    assert "--yes" in refused.err
    assert holds(home, gone) == 6
    assert kdance_cli("sessions", "remove", GONE, "--yes").code == 0
    assert holds(home, gone) == 0
    assert holds(home, kept) == 6
    assert not recording.exists()
    assert GONE not in kdance_cli("sessions").out
    assert kdance_cli("report", KEPT).code == 0
    assert str(store) in kdance_cli("report", GONE).err


def test_a_recording_that_shows_another_session_too_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    fill(path, GONE, KEPT, recording="/somewhere/me.mp4")
    with open_store(path) as store:
        assert store.recordings([GONE]) == []
        assert store.recordings([GONE, KEPT]) == [Path("/somewhere/me.mp4")]


def test_nothing_is_removed_while_somebody_dances(tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    fill(path, GONE)
    with open_store(path) as store, store.start(make_start(KEPT)) as writer:
        with pytest.raises(StoreError, match="under way"):
            store.remove([GONE])
        assert store.find(GONE) == GONE
        writer.finish(make_report(session_id=KEPT))


def test_a_session_comes_back_bit_for_bit(tmp_path: Path) -> None:
    fill(tmp_path / "mine.db", GONE, recording="/home/me/me.mp4")
    target = tmp_path / "friday.kdance.zip"
    with open_store(tmp_path / "mine.db") as mine, open_store(tmp_path / "theirs.db") as theirs:
        mine.export(GONE, target, force=False)
        assert theirs.import_file(target) == GONE
        assert theirs.get(GONE) == mine.get(GONE)
        assert theirs.danced(GONE) == mine.danced(GONE)
        assert theirs.feedback(GONE) == mine.feedback(GONE)
        assert_same_bits(theirs.take(GONE)[0], mine.take(GONE)[0])
        assert theirs.recordings([GONE]) == []
        with pytest.raises(StoreError, match="already"):
            theirs.import_file(target)
    assert b"/home/me" not in target.read_bytes()


def test_a_dance_keeps_its_sessions_under_its_new_name(tmp_path: Path) -> None:
    fill(tmp_path / "sessions.db", GONE)
    with open_store(tmp_path / "sessions.db") as store:
        store.rename_reference("magnetic", "new")
        assert [row.reference for row in store.list_sessions()] == ["new"]
        assert store.get(GONE).reference == "new"
        assert store.history("magnetic") == []


def changed(path: Path, source: Path, name: str, **values: Any) -> Path:
    """A file of a session with something changed in one of its JSON files."""
    with zipfile.ZipFile(source) as archive:
        files = {entry: archive.read(entry) for entry in archive.namelist() if entry != "kdance.json"}
    content = json.loads(files[name])
    files[name] = json.dumps(content | values if isinstance(content, dict) else values["rows"](content)).encode()
    write_archive(path, "session", SCHEMA_VERSION, list(files.items()), force=True)
    return path


def _cut(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return rows[:-1]


def _more(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [rows[0] | {"num_frames": 10**9}, *rows[1:]]


def _huge(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [rows[0] | {"best_match_idx": 2**63}, *rows[1:]]


def _script(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [rows[0] | {"timestamp": "now"}, *rows[1:]]


SECTION = {"index": 0, "start": 0, "end": 4, "score": 1, "offset_ms": 0, "worst_joint": None}
RUN = {"start": 0, "end": 4, "speed": 1, "score": 1, "sections": [{"index": 99, "score": 1}]}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("session.json", {"session_id": "../../evil"}),
        ("session.json", {"session_id": "another-one"}),
        ("session.json", {"started_at": "yesterday"}),
        ("session.json", {"mode": "hack"}),
        ("session.json", {"recording": "/home/me/precious.mp4"}),
        ("session.json", {"speed": {}}),
        ("summary.json", {"status": "running"}),
        ("summary.json", {"average_similarity": 3}),
        ("summary.json", {"groups": {"tail": 0.5}}),
        ("summary.json", {"runs": [RUN]}),
        ("summary.json", {"sections": [SECTION | {"end": 0}]}),
        ("summary.json", {"sections": [SECTION | {"worst_joint": "tail"}]}),
        ("snapshots.json", {"rows": _cut}),
        ("snapshots.json", {"rows": _more}),
        ("snapshots.json", {"rows": _script}),
        ("snapshots.json", {"rows": _huge}),
    ],
)  # fmt: skip
def test_a_session_that_is_none_is_refused_and_changes_nothing(
    name: str, values: dict[str, Any], tmp_path: Path
) -> None:
    fill(tmp_path / "mine.db", GONE)
    target = tmp_path / "friday.kdance.zip"
    with open_store(tmp_path / "mine.db") as mine, open_store(tmp_path / "theirs.db") as theirs:
        mine.export(GONE, target, force=False)
        evil = changed(tmp_path / "evil.kdance.zip", target, name, **values)
        with pytest.raises(KdanceError, match="can't be imported") as error:
            theirs.import_file(evil)
        assert "\n" not in error.value.message
        assert theirs.list_sessions() == []


def test_frames_that_unpack_to_more_than_a_session_can_have_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="more than"):
        unpack_frames(zlib.compress(b"\0" * 200_000_000, 9))


def test_a_start_without_a_recording_has_none(tmp_path: Path) -> None:
    start: SessionStart = make_start()
    assert start.recording is None
