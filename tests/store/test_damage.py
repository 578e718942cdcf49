"""A damaged store: what can't be read is told or left out, and nothing else suffers for it."""

from __future__ import annotations

import io
import random
import shutil
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kdance.errors import KdanceError, StoreError
from kdance.practice.recovery import recover_sessions
from kdance.recording.filmed import Filmed
from kdance.report.listing import render_sessions
from kdance.store import open_store
from kdance.store.encoding import pack_frames, unpack_frames
from kdance.words.phrases import load_phrases
from tests.motion_factory import make_sequence
from tests.report_factory import make_report
from tests.store.test_sessions import make_start

WHOLE, HURT = "20261120-141503-aaaa", "20261121-141503-bbbb"
JUNK: tuple[Any, ...] = (
    None,
    "",
    "x" * 1000,
    "\x1b[31m",
    "{" * 3000,
    -1,
    1e300,
    float("inf"),
    b"\xff\xfe",
    b"PK\x03\x04",
    "../../x",
)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a finished session and one whose process died."""
    path = tmp_path_factory.mktemp("store") / "sessions.db"
    with open_store(path) as store, store.start(make_start(WHOLE)) as writer:
        writer.keep_film(make_film())
        writer.finish(make_report(session_id=WHOLE))
    with closing(sqlite3.connect(path)) as connection, connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(sessions)") if row[1] != "number"]
        copied = ", ".join("'" + HURT + "'" if name == "session_id" else name for name in columns)
        connection.execute(f"INSERT INTO sessions ({', '.join(columns)}) SELECT {copied} FROM sessions")
    return path


def make_film() -> Filmed:
    moments = np.arange(30) / 30
    return Filmed(moments, moments + 1, np.full((30, 4), 10, np.int32), np.full((30, 4), 20, np.int32), flip=True)


def columns_of(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[1] for row in connection.execute("PRAGMA table_info(sessions)")]


def use(path: Path) -> list[str]:
    """Everything that reads a store; the ids that are listed. Only errors for people may come of it."""
    listed: list[str] = []
    with suppress(KdanceError), open_store(path) as store:
        reads: tuple[Callable[[], object], ...] = (
            store.abandoned, store.latest, store.all_danced, store.all_cards,
            lambda: store.get(HURT), lambda: store.take(HURT), lambda: store.film(WHOLE),
            lambda: store.history("magnetic"), lambda: recover_sessions(store, path.parent),
        )  # fmt: skip
        for read in reads:
            with suppress(KdanceError):
                read()
        with suppress(KdanceError):
            rows = store.list_sessions()
            render_sessions(rows, load_phrases("en"))
            listed = [row.session_id for row in rows]
    return listed


@pytest.mark.parametrize(
    "column",
    [
        "session_id",
        "reference",
        "started_at",
        "status",
        "mode",
        "speed",
        "settings",
        "report",
        "duration",
        "average_similarity",
        "offset_ms",
        "practised_from",
        "practised_to",
        "whole",
        "slowest",
        "fastest",
        "danced",
    ],
)
def test_one_damaged_value_bars_nobody(good: Path, tmp_path: Path, column: str) -> None:
    assert column in columns_of(good)
    for number, junk in enumerate(JUNK):
        path = tmp_path / f"{number}" / "sessions.db"
        path.parent.mkdir()
        shutil.copyfile(good, path)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("PRAGMA ignore_check_constraints = ON")
            with suppress(sqlite3.IntegrityError):
                connection.execute(f"UPDATE sessions SET {column} = ? WHERE session_id = ?", (junk, HURT))
        assert WHOLE in use(path), (column, junk)
    assert {file.name.partition(".")[0] for file in tmp_path.rglob("*") if file.is_file()} <= {
        "sessions",
        "setup",
        HURT,
        "x" * 1000,
    }


@pytest.mark.parametrize("table", ["rounds", "faults"])
def test_a_damaged_eight_count_is_left_out(good: Path, tmp_path: Path, table: str) -> None:
    path = tmp_path / "sessions.db"
    shutil.copyfile(good, path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1")
        connection.execute(f"UPDATE {table} SET \"end\" = 'junk' WHERE start = (SELECT max(start) FROM {table})")
        (whole,) = connection.execute(f"SELECT count(*) FROM {table} WHERE typeof(\"end\") = 'real'").fetchone()
    with open_store(path) as store:
        assert sum(len(getattr(session, table)) for session in store.history("magnetic")) == whole


def test_flipped_bytes_end_in_an_error_for_people(good: Path, tmp_path: Path) -> None:
    data, rng = good.read_bytes(), random.Random(3)
    for number in range(60):
        hurt = bytearray(data)
        for _ in range(rng.randint(1, 40)):
            hurt[rng.randrange(len(hurt) if rng.random() < 0.6 else 8192)] = rng.randrange(256)
        path = tmp_path / f"{number}" / "sessions.db"
        path.parent.mkdir()
        path.write_bytes(hurt)
        use(path)


def test_where_a_session_is_in_its_film_comes_back_and_goes_with_the_session(good: Path, tmp_path: Path) -> None:
    path = tmp_path / "sessions.db"
    shutil.copyfile(good, path)
    with open_store(path) as store:
        film = store.film(WHOLE)
        assert film is not None
        for name in ("taken", "shown", "panes", "parts"):
            np.testing.assert_array_equal(getattr(film, name), getattr(make_film(), name))
        assert film.flip
        assert store.film(HURT) is None
        store.remove([WHOLE])
        assert store.film(WHOLE) is None
    for junk in JUNK:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("INSERT OR REPLACE INTO films VALUES (?, 0, coalesce(?, ''))", (HURT, junk))
        with open_store(path) as store, pytest.raises(StoreError, match="damaged"):
            store.film(HURT)


def test_an_array_that_promises_more_than_there_is_is_damage() -> None:
    packed = pack_frames(make_sequence(seconds=0.2))
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (2**40, 33, 4)})
    for blob in (
        b"",
        packed[:50],
        zlib.compress(header.getvalue()),
        zlib.compress(b"PK\x03\x04" + b"\0" * 40),
        zlib.compress(b"\x93NUMPY\x01\x00\x05\x00((((\n"),
    ):
        with pytest.raises(ValueError, match="damaged"):
            unpack_frames(blob)
    assert len(unpack_frames(packed)[0]) == 6


def test_a_message_that_is_no_text_says_that_the_file_is_damaged(tmp_path: Path) -> None:
    from kdance.store.database import store_errors

    with pytest.raises(StoreError, match="damaged") as caught, store_errors(tmp_path / "sessions.db", "read"):
        b"\xff".decode()
    assert "Move the file away" in caught.value.hint
