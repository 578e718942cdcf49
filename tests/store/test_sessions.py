"""The session store: nothing written is lost, nothing waits, nothing is recovered twice."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kdance.errors import StoreError
from kdance.motion.course import Course
from kdance.pose import PoseSequence
from kdance.store import SessionStart, SessionWriter, Snapshot, new_session_id, not_yet, open_store, writer
from kdance.store.database import connect
from kdance.store.encoding import join_courses, join_frames, pack_frames, unpack_frames
from tests.report_factory import make_feedback, make_report

NOW = datetime(2026, 11, 22, 14, 15, 3, tzinfo=timezone(timedelta(hours=1)))
FPS = 30
PER_SNAPSHOT = 15


@pytest.fixture(autouse=True)
def no_thread_left_behind() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "sessions.db"


def make_start(session_id: str = "20261122-141503-4f2a", **changes: Any) -> SessionStart:
    fields: dict[str, Any] = {
        "session_id": session_id,
        "reference": "magnetic",
        "reference_digest": "sha256:00ff",
        "started_at": NOW.isoformat(),
        "source": "webcam 0",
        "mode": "follow",
        "speed": 1.0,
        "settings": {"mirror": "auto", "strictness": "normal", "offset": None},
    }
    return SessionStart(**{**fields, **changes})


def make_snapshot(timestamp: float = 0.5, score: float | None = 0.75) -> Snapshot:
    return Snapshot(timestamp=timestamp, pose_score=score, motion_score=score, combined_score=score, best_match_idx=15)


def make_frames(count: int, *, first: int = 0, seed: int = 1, nobody: tuple[int, ...] = ()) -> PoseSequence:
    """A body that sways like one, with the noise of a pose network; rows of NaN for ``nobody``."""
    random = np.random.default_rng((seed, first))
    times = (first + np.arange(count)) / FPS
    sway = np.sin(times)[:, None, None]
    landmarks = (300 + 40 * sway + random.normal(0, 1, (count, 33, 4))).astype(np.float32)
    world = (0.3 * sway + random.normal(0, 0.01, (count, 33, 3))).astype(np.float32)
    landmarks[list(nobody)] = np.nan
    world[list(nobody)] = np.nan
    return PoseSequence(landmarks, world, times)


def make_course(frames: PoseSequence, *, first: int = 0, speed: float = 0.75) -> Course:
    """Where the song was: 0.75 times as fast, another run every four frames."""
    position = 10 / 3 + speed * frames.times
    return Course(position, first + np.arange(len(frames), dtype=np.int64) // 4)


def assert_same_course(found: Course | None, expected: Course) -> None:
    assert found is not None
    for name in ("position", "run"):
        a, b = getattr(found, name), getattr(expected, name)
        assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes()), name


def dance(session: SessionWriter, snapshots: int, *, first: int = 0, **options: Any) -> PoseSequence:
    """Append snapshots of half a second each; all their frames."""
    parts = []
    for index in range(first, first + snapshots):
        parts.append(make_frames(PER_SNAPSHOT, first=index * PER_SNAPSHOT, nobody=(3,)))
        session.append(make_snapshot((index + 1) / 2), parts[-1], **options)
    return join_frames(parts)


def assert_same_bits(found: PoseSequence, expected: PoseSequence) -> None:
    for name in ("landmarks", "world", "times"):
        a, b = getattr(found, name), getattr(expected, name)
        assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes()), name


def wait_until(condition: Any, seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


# -- ids and starts ---------------------------------------------------------------------------------------------------


def test_ids_sort_by_time_and_differ() -> None:
    ids = [new_session_id(NOW + timedelta(seconds=second)) for second in range(20)]
    assert ids == sorted(ids)
    assert ids[0].startswith("20261122-141503-")
    assert len({new_session_id(NOW) for _ in range(20)}) > 1


@pytest.mark.parametrize("session_id", ["", "../up", "a/b", "-x", "a.b"])
def test_an_id_can_not_leave_its_folder(session_id: str) -> None:
    with pytest.raises(ValueError, match="session_id"):
        make_start(session_id)


def test_a_start_needs_the_offset_from_utc() -> None:
    with pytest.raises(ValueError, match="offset from UTC"):
        make_start(started_at="2026-11-22T14:15:03")


# -- round trips ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 15])
def test_frames_keep_every_bit(count: int) -> None:
    frames = make_frames(count, nobody=tuple(range(count))[:1])
    found, course = unpack_frames(pack_frames(frames))
    assert_same_bits(found, frames)
    assert course is None


@pytest.mark.parametrize("count", [0, 1, 15])
@pytest.mark.parametrize("hands", [False, True])
def test_a_course_keeps_every_bit_beside_its_frames(count: int, hands: bool) -> None:
    frames = make_frames(count)
    if hands:
        looked = np.random.default_rng(5).normal(size=(count, 2, 21, 3)).astype(np.float32)
        frames = PoseSequence(frames.landmarks, frames.world, frames.times, looked)
    course = make_course(frames, first=2)
    found, found_course = unpack_frames(pack_frames(frames, course))
    assert_same_bits(found, frames)
    assert (found.hands is None) == (not hands)
    if hands:
        assert found.hands is not None
        assert found.hands.tobytes() == frames.hands.tobytes()  # type: ignore[union-attr]
    assert_same_course(found_course, course)


@pytest.mark.parametrize("blob", [b"", b"junk", pack_frames(make_frames(3))[:-40]])
def test_damaged_frames_are_an_error(blob: bytes) -> None:
    with pytest.raises(ValueError, match="damaged"):
        unpack_frames(blob)


def test_a_finished_session_is_read_back(path: Path) -> None:
    report = make_report()
    with open_store(path) as store:
        with store.start(make_start()) as session:
            frames = dance(session, 4, mirrored=True)
            session.append(make_snapshot(2.5, None), make_frames(0), feedback=make_feedback())
            session.finish(report)
            assert session.problem is None
        assert store.latest() == store.get(report.session_id) == store.get("20261122-14") == report
        assert_same_bits(store.take(report.session_id)[0], frames)
        assert store.feedback(report.session_id) == make_feedback()
        snapshots = store.snapshots(report.session_id)
        (row,) = store.list_sessions()
        assert store.abandoned() == []
    assert [snapshot.comparison for snapshot in snapshots] == [
        *(make_snapshot(end / 2) for end in range(1, 5)),
        make_snapshot(2.5, None),
    ]
    last = snapshots[3].landmarks
    assert last is not None
    assert last.tobytes() == frames.landmarks[-1].tobytes()
    assert snapshots[4].landmarks is None
    assert (row.session_id, row.reference, row.status) == (report.session_id, "magnetic", "completed")
    assert (row.duration, row.average_similarity) == (report.total_duration, report.average_similarity)
    assert list((path.parent / "sessions.locks").glob("2*")) == []


def test_numpy_numbers_and_nan_are_stored_as_numbers_and_none(path: Path) -> None:
    snapshot = Snapshot(
        timestamp=np.float32(0.5),  # type: ignore[typeddict-item]
        pose_score=np.float32(0.25),  # type: ignore[typeddict-item]
        motion_score=np.float64(np.nan),
        combined_score=None,
        best_match_idx=np.int64(7),  # type: ignore[typeddict-item]
    )
    with open_store(path) as store:
        with store.start(make_start()) as session:
            session.append(snapshot, make_frames(2))
        (found,) = store.snapshots("20261122-141503-4f2a")
    assert found.comparison == Snapshot(
        timestamp=0.5, pose_score=0.25, motion_score=None, combined_score=None, best_match_idx=7
    )


def test_a_session_keeps_its_course(path: Path) -> None:
    frames = [make_frames(PER_SNAPSHOT, first=index * PER_SNAPSHOT) for index in range(3)]
    courses = [make_course(part, first=4 * index) for index, part in enumerate(frames)]
    with open_store(path) as store:
        with store.start(make_start()) as session:
            for part, course in zip(frames, courses, strict=True):
                session.append(make_snapshot(float(part.times[-1])), part, course)
                session.append(make_snapshot(float(part.times[-1]) + 0.1), make_frames(0))  # nobody grabbed a frame
            with pytest.raises(ValueError, match="length"):
                session.append(make_snapshot(9.0), make_frames(2, first=99), courses[0])
        take, course = store.take("20261122-141503-4f2a")
    assert_same_bits(take, join_frames(frames))
    expected = join_courses(courses)
    assert expected is not None
    assert_same_course(course, expected)


def test_frames_without_a_course_make_the_whole_take_one_without(path: Path) -> None:
    with open_store(path) as store:
        with store.start(make_start()) as session:
            dance(session, 2)
        assert store.take("20261122-141503-4f2a")[1] is None
    part = make_frames(3)
    assert join_courses([make_course(part), None]) is None
    assert join_courses([]) is None


def test_frames_must_go_forward(path: Path) -> None:
    with open_store(path) as store, store.start(make_start()) as session:
        dance(session, 1)
        with pytest.raises(ValueError, match="follow"):
            session.append(make_snapshot(1.0), make_frames(2, first=14))


# -- finding sessions -------------------------------------------------------------------------------------------------


def test_latest_leaves_out_what_is_running(path: Path) -> None:
    with open_store(path) as store:
        with pytest.raises(StoreError, match="no finished session") as none:
            store.latest()
        assert "kdance train" in none.value.hint
        for session_id in ("20261122-141503-aaaa", "20261122-141504-bbbb"):
            with store.start(make_start(session_id)) as session:
                session.finish(make_report(session_id=session_id))
        with store.start(make_start("20261122-141505-cccc")) as session:
            dance(session, 2)
            wait_until(lambda: len(store.snapshots(session.start.session_id)) == 2)
            assert store.latest().session_id == "20261122-141504-bbbb"
            assert next((row.status, row.duration) for row in store.list_sessions()) == ("running", 1.0)
            with pytest.raises(StoreError, match="still running"):
                store.get("20261122-141505")


def test_an_unknown_or_ambiguous_id_names_what_there_is(path: Path) -> None:
    with open_store(path) as store:
        with pytest.raises(StoreError, match="none yet"):
            store.get("2026")
        for session_id in ("20261122-141503-aaaa", "20261122-141503-aaaa-b"):
            with store.start(make_start(session_id)) as session:
                session.finish(make_report(session_id=session_id))
        for wanted in ("1999", "", "%"):
            with pytest.raises(StoreError, match="20261122-141503-aaaa") as unknown:
                store.get(wanted)
            assert "kdance sessions" in unknown.value.hint
        with pytest.raises(StoreError, match="2 sessions begin with '2026'"):
            store.get("2026")
        assert store.get("20261122-141503-aaaa").session_id == "20261122-141503-aaaa"


def test_a_damaged_report_names_its_session(path: Path) -> None:
    with open_store(path) as store:
        with store.start(make_start()) as session:
            session.finish(make_report())
        with closing(connect(path, busy_timeout=1)) as connection:
            connection.execute("UPDATE sessions SET report = '{}'")
        for read in (store.latest, lambda: store.get("2026")):
            with pytest.raises(StoreError, match="20261122-141503-4f2a is damaged"):
                read()


# -- files that are not ours ------------------------------------------------------------------------------------------


def test_a_newer_store_is_refused(path: Path) -> None:
    with open_store(path):
        pass
    with closing(connect(path, busy_timeout=1)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="format 99") as newer, open_store(path):
        pass
    assert "Update kdance" in newer.value.hint


def test_another_file_is_refused_and_left_alone(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"dear diary " * 100)
    with pytest.raises(StoreError, match="not a session store"), open_store(path):
        pass
    assert path.read_bytes() == b"dear diary " * 100
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE songs (name)")
    with pytest.raises(StoreError, match="not a kdance session store"), open_store(path):
        pass


def test_an_unwritable_place_is_an_error_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"sessions\.db") as unwritable, open_store(tmp_path / "file" / "sessions.db"):
        pass
    assert "KDANCE_HOME" in unwritable.value.hint
    with pytest.raises(StoreError), open_store(tmp_path):  # a folder
        pass


# -- killed sessions --------------------------------------------------------------------------------------------------

CHILD = """
import sys, time
from pathlib import Path
from kdance.store import open_store
from tests.store.test_sessions import dance, make_start
with open_store(Path(sys.argv[1])) as store, store.start(make_start(sys.argv[2])) as session:
    dance(session, int(sys.argv[3]), mirrored=True)
    while len(store.snapshots(sys.argv[2])) < int(sys.argv[3]):
        time.sleep(0.01)
    print("danced", flush=True)
    time.sleep(60)
"""


def start_child(path: Path, session_id: str, snapshots: int) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), session_id, str(snapshots)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "danced\n"
    return child


def kill(child: subprocess.Popen[str]) -> None:
    with child:
        child.kill()  # SIGKILL; nothing for a child that is dead already


def test_a_killed_session_is_recovered_at_once_and_once(path: Path) -> None:
    killed, empty, alive = "20261122-141501-dead", "20261122-141502-0000", "20261122-141503-beef"
    children = [start_child(path, killed, 6), start_child(path, empty, 0), start_child(path, alive, 2)]
    try:
        with open_store(path) as store:
            assert store.abandoned() == []
            kill(children[0])
            kill(children[1])
            (session,) = store.abandoned()
            assert session.start == make_start(killed)
            assert (session.status, session.num_frames, session.mirrored) == ("running", 90, True)
            with open_store(path) as other:  # a second command at the same time
                assert other.abandoned() == []
                with pytest.raises(StoreError, match="can't be recovered"):
                    other.recover(killed, make_report(session_id=killed))
            expected = [make_frames(PER_SNAPSHOT, first=index * PER_SNAPSHOT, nobody=(3,)) for index in range(6)]
            assert_same_bits(store.take(killed)[0], join_frames(expected))
            store.recover(killed, make_report(session_id=killed))
            assert store.abandoned() == []
            assert store.latest().status == "recovered"
            assert {row.session_id: row.status for row in store.list_sessions()} == {
                alive: "running",
                killed: "recovered",
            }
            with pytest.raises(StoreError, match="can't be recovered"):
                store.recover(alive, make_report(session_id=alive))
    finally:
        for child in children:
            kill(child)


def test_an_exception_while_dancing_leaves_the_session_to_be_recovered(path: Path) -> None:
    with open_store(path) as store:
        with pytest.raises(ZeroDivisionError), store.start(make_start()) as session:
            frames = dance(session, 3)
            _ = 1 / 0
        (found,) = store.abandoned()
        assert found.num_frames == len(frames)
    with open_store(path) as store:  # not recovered the first time: still there
        (found,) = store.abandoned()
        assert_same_bits(store.take(found.start.session_id)[0], frames)


def test_two_sessions_at_once_share_a_store(path: Path) -> None:
    ids = ["20261122-141503-aaaa", "20261122-141503-bbbb"]
    children = [start_child(path, session_id, 40) for session_id in ids]
    for child in children:
        kill(child)
    with open_store(path) as store, open_store(path) as other:
        with store.start(make_start("20261122-141504-cccc")) as one, other.start(make_start("x")) as two:
            for index in range(20):
                dance(one, 1, first=index)
                dance(two, 1, first=index)
            two.finish(make_report(session_id="x"))
            one.finish(make_report(session_id="20261122-141504-cccc"))
        assert [session.num_frames for session in store.abandoned()] == [600, 600]
        assert len(store.take("x")[0]) == len(store.take("20261122-141504-cccc")[0]) == 300


def test_a_session_runs_once(path: Path) -> None:
    with open_store(path) as store:
        with store.start(make_start()), open_store(path) as other:
            with pytest.raises(StoreError, match="already"), other.start(make_start()):
                pass
            assert other.abandoned() == []
        with pytest.raises(StoreError, match="already has"), store.start(make_start()):
            pass


def test_many_first_commands_at_once_make_one_store(path: Path) -> None:
    problems: list[BaseException] = []
    ready = threading.Barrier(6)

    def command() -> None:
        try:
            ready.wait()
            with open_store(path) as store:
                store.list_sessions()
        except BaseException as error:  # noqa: BLE001 - shown by the assertion
            problems.append(error)

    threads = [threading.Thread(target=command) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


# -- disks that fail --------------------------------------------------------------------------------------------------


class Disk:
    """What lies between the writer and its file: can be full or slow."""

    def __init__(self) -> None:
        self.pages: int | None = None
        self.delay = 0.0

    def connect(self, path: Path, *, busy_timeout: float) -> sqlite3.Connection:
        time.sleep(self.delay)
        connection = connect(path, busy_timeout=busy_timeout)
        if self.pages is not None:
            connection.execute(f"PRAGMA max_page_count = {self.pages}")
        return connection


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk()
    monkeypatch.setattr(writer, "connect", disk.connect)
    return disk


def test_a_full_disk_warns_and_is_made_good_when_there_is_room(path: Path, disk: Disk) -> None:
    with open_store(path) as store:
        with store.start(make_start()) as session:
            before = dance(session, 2)
            wait_until(lambda: len(store.snapshots(session.start.session_id)) == 2)
            disk.pages = 1
            during = dance(session, 5, first=2)
            wait_until(lambda: session.problem is not None)
            assert "disk is full" in str(session.problem)
            assert_same_bits(store.take("20261122-141503-4f2a")[0], before)
            disk.pages = None
            after = dance(session, 1, first=7)
            wait_until(lambda: session.problem is None)
            session.finish(make_report())
        assert_same_bits(store.take("20261122-141503-4f2a")[0], join_frames([before, during, after]))


def test_a_disk_that_stays_full_loses_nothing_written(path: Path, disk: Disk) -> None:
    with open_store(path) as store:
        with store.start(make_start()) as session:
            before = dance(session, 2)
            wait_until(lambda: len(store.snapshots(session.start.session_id)) == 2)
            disk.pages = 1
            dance(session, 3, first=2)
            with pytest.raises(StoreError, match=r"the report and the poses of 45 frames.*sessions\.db.*full") as full:
                session.finish(make_report())
            assert "space" in full.value.hint
        (found,) = store.abandoned()
        assert found.num_frames == len(before)
        store.recover(found.start.session_id, make_report())
        assert_same_bits(store.take("20261122-141503-4f2a")[0], before)


def test_a_store_that_vanishes_is_a_problem_not_a_new_store(path: Path) -> None:
    lost = pytest.raises(StoreError, match="could not be saved")
    with open_store(path) as store, lost, store.start(make_start()) as session:
        dance(session, 1)
        wait_until(lambda: store.snapshots(session.start.session_id))
        for file in path.parent.glob("sessions.db*"):
            file.rename(file.with_suffix(".gone"))
        dance(session, 1, first=1)
        session.finish(make_report())
    assert not path.exists()


def test_a_session_that_can_not_be_stored_does_not_begin(path: Path) -> None:
    refused = pytest.raises(StoreError, match="No session can be begun")
    with open_store(path) as store:
        path.unlink()
        with refused, store.start(make_start()):
            pass


def test_a_slow_disk_does_not_hold_up_the_dance(path: Path, disk: Disk) -> None:
    with open_store(path) as store, store.start(make_start()) as session:
        disk.delay = 0.4
        parts = [make_frames(PER_SNAPSHOT, first=index * PER_SNAPSHOT) for index in range(20)]
        begin = time.perf_counter()
        for part in parts:
            session.append(make_snapshot(), part)
        assert time.perf_counter() - begin < 0.1
        session.finish(make_report())
        assert len(store.take("20261122-141503-4f2a")[0]) == 300


def test_another_program_that_locks_the_store_only_delays(path: Path) -> None:
    with open_store(path) as store:
        with store.start(make_start()) as session:
            with closing(connect(path, busy_timeout=1)) as other:
                other.execute("BEGIN IMMEDIATE")
                dance(session, 1)
                wait_until(lambda: session.problem is not None)
                assert "locked" in str(session.problem)
                other.execute("ROLLBACK")
            session.finish(make_report())
        assert len(store.take("20261122-141503-4f2a")[0]) == PER_SNAPSHOT


def test_memory_is_bounded(path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MAX_PENDING", 3)
    with open_store(path) as store, store.start(make_start()) as session:
        disk.pages = 1
        dance(session, 5)
        disk.pages = None
        with pytest.raises(StoreError, match="the poses of 30 frames") as loss:
            session.finish(make_report())
        assert "report is stored" in loss.value.hint


@pytest.mark.filterwarnings("error")
def test_a_mistake_in_the_thread_reaches_the_main_thread(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(frames: PoseSequence, course: Course | None) -> bytes:
        raise TypeError("a mistake of ours")

    monkeypatch.setattr(writer, "pack_frames", broken)
    with open_store(path) as store:
        with pytest.raises(TypeError, match="a mistake of ours"), store.start(make_start()) as session:
            dance(session, 1)
        with pytest.raises(TypeError, match="a mistake of ours"), store.start(make_start("other")) as session:
            dance(session, 1)
            session.finish(make_report(session_id="other"))


# -- figures ----------------------------------------------------------------------------------------------------------


def test_thirty_seconds_fit_in_a_megabyte(path: Path) -> None:
    with open_store(path) as store, store.start(make_start()) as session:
        tracemalloc.start()
        try:
            for index in range(60):
                dance(session, 1, first=index)
                if index % 4 == 3:  # four times faster than life
                    time.sleep(0.01)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        session.finish(make_report())
    size = sum(file.stat().st_size for file in path.parent.glob("sessions.db*"))
    assert peak < 1_000_000
    assert size < 1_500_000


def test_what_a_half_second_was_worth_may_be_said_later(path: Path) -> None:
    start = make_start()
    with open_store(path) as store:
        with store.start(start) as session:
            for end in range(1, 5):
                session.append(not_yet(end / 2), make_frames(2, first=2 * end))
                if end > 2:
                    session.score(make_snapshot((end - 2) / 2, 0.1 * end))
        told = [row.comparison["combined_score"] for row in store.snapshots(start.session_id)]
    assert told == [pytest.approx(0.3), pytest.approx(0.4), None, None]
