"""The store of sessions: bytes flipped, values of rows replaced."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from kdance.motion.course import Course
from tests.fuzz.conftest import fuzzed
from tests.fuzz.strategies import hurt
from tests.store.test_damage import good, use

__all__ = ["good"]  # a fixture

TABLES = ("sessions", "snapshots", "rounds", "faults")
JUNK = st.one_of(
    st.none(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.text(max_size=40),
    st.binary(max_size=60),
    st.sampled_from(["{" * 3000, "[1]", "{}", "running", "../x", "\x1b[31m", b"\xff"]),
)  # fmt: skip


def put(path: Path, content: bytes) -> None:
    for left in path.parent.glob("*"):
        if left.is_file():
            left.unlink()
    path.write_bytes(content)


@fuzzed(0.05, quick=30)
@given(data=st.data())
def test_bytes_of_the_database(data: st.DataObject, good: Path, tmp_path: Path, count: Callable[[], None]) -> None:
    count()
    put(tmp_path / "sessions.db", data.draw(hurt(good.read_bytes())))
    use(tmp_path / "sessions.db")


@fuzzed(0.05, quick=30)
@given(table=st.sampled_from(TABLES), at=st.integers(0, 99), value=JUNK)
def test_values_of_rows(
    table: str, at: int, value: object, good: Path, tmp_path: Path, count: Callable[[], None]
) -> None:
    count()
    path = tmp_path / "sessions.db"
    put(path, good.read_bytes())
    with closing(sqlite3.connect(path)) as connection, connection:
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        connection.execute("PRAGMA ignore_check_constraints = ON")
        with suppress(sqlite3.IntegrityError):
            connection.execute(f"UPDATE {table} SET {columns[at % len(columns)]} = ?", (value,))
    use(path)


@fuzzed(0.2, quick=60)
@given(data=st.data(), with_course=st.booleans())
def test_bytes_of_the_frames(data: st.DataObject, with_course: bool, count: Callable[[], None]) -> None:
    import zlib

    import numpy as np

    from kdance.store.encoding import pack_frames, unpack_frames
    from tests.motion_factory import make_sequence

    count()
    frames = make_sequence(seconds=0.1)
    course = Course(np.arange(len(frames), dtype=float), np.zeros(len(frames), int)) if with_course else None
    blob = pack_frames(frames, course)
    inside = data.draw(st.booleans())
    blob = zlib.compress(data.draw(hurt(zlib.decompress(blob)))) if inside else data.draw(hurt(blob))
    try:
        found, _ = unpack_frames(blob)
    except ValueError:
        return
    assert found.landmarks.shape[1:] == (33, 4)
