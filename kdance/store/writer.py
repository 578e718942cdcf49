"""Writing one session while the dancer dances: never waits, never gives up."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np

from kdance.errors import StoreError
from kdance.motion.course import Course
from kdance.pose import PoseSequence
from kdance.recording.filmed import Filmed
from kdance.review.record import FeedbackRecord, SessionReport
from kdance.store.database import SessionStart, Snapshot, connect, reason, remedy, settings_json, transaction
from kdance.store.encoding import pack_frames
from kdance.store.films import write_film
from kdance.store.locks import SessionLocks
from kdance.store.rows import store_report
from kdance.worker import Worker

# Snapshots kept in memory while the disk can't take them: half an hour, 60 MB. A fast file source fills it no sooner
# than that, because packing a snapshot takes less time than the pose network takes for one of its frames.
MAX_PENDING: Final = 4096
_BUSY_TIMEOUT: Final = 1.0  # seconds; what waits for another writer is tried again half a second later anyway


_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _Scores:
    """What a half second that was appended before was worth."""

    snapshot: Snapshot


@dataclass(frozen=True, slots=True, eq=False)
class _Film:
    """Where the session is found in what it was recorded to."""

    film: Filmed


@dataclass(frozen=True, slots=True, eq=False)
class _Pending:
    number: int
    snapshot: Snapshot
    mirrored: bool | None
    feedback: str
    frames: PoseSequence
    course: Course | None


class SessionWriter:
    """One session being written; made by :meth:`kdance.store.SessionStore.start`.

    A context manager. Left without :meth:`finish` the session stays ``running`` in the store, without its lock: the
    next command finds and recovers it.

    ``problem`` says in words what keeps snapshots from being stored, and is ``None`` again as soon as they are.
    Snapshots that can't be stored wait in memory and are tried again with every further one.
    """

    def __init__(self, path: Path, locks: SessionLocks, start: SessionStart) -> None:
        self.start = start
        self.problem: str | None = None
        self._path = path
        self._locks = locks
        self._pending: deque[_Pending | _Scores | _Film] = deque()
        self._appended = 0
        self._lost_frames = 0
        self._last_time = -np.inf
        self._report: SessionReport | None = None
        self._report_stored = False
        self._failure: sqlite3.Error | OSError | None = None
        self._wake = threading.Condition()
        self._has_news = False  # something came since the worker last tried to write
        # Waited for however long it takes: what was danced shall be on the disk.
        self._worker = Worker(f"kdance-sessions-{start.session_id}", self._run, news=self._wake, join_timeout=None)

    def __enter__(self) -> Self:
        """Take the session's lock, store its start and begin to write.

        Raises:
            StoreError: The store can't be written, or has this session already.
        """
        if not self._locks.acquire(self.start.session_id):
            raise StoreError(f"The session {self.start.session_id} is already running.")
        try:
            self._insert_start()
        except BaseException:
            self._locks.release(self.start.session_id, ended=False)
            raise
        self._worker.start()
        _log.info("session %s begins, mode %s, speed %g", self.start.session_id, self.start.mode, self.start.speed)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write what can be written, end the worker and let go of the session."""
        self._close()
        if not self._report_stored:
            _log.warning("session %s ends without a report", self.start.session_id)
        if kind is None:
            self._worker.check()

    def append(
        self,
        snapshot: Snapshot,
        frames: PoseSequence,
        course: Course | None = None,
        *,
        mirrored: bool | None = None,
        feedback: Sequence[FeedbackRecord] = (),
    ) -> None:
        """Hand over the half second that just ended; never waits.

        Args:
            snapshot: What it was worth.
            frames: All frames processed since the last snapshot, rows of NaN where nobody was seen; maybe none. Its
                arrays must not be changed afterwards.
            course: Where the song was at each of them; ``None`` for a recording. All of a session's have one, or none.
            mirrored: Whether left and right are swapped for the comparison; ``None``: not decided yet.
            feedback: What the coach said in this half second.
        """
        self._worker.check()
        if course is not None and len(course) != len(frames):
            raise ValueError(f"course must have the {len(frames)} frames' length, but got {len(course)}")
        if len(frames):
            if not frames.times[0] > self._last_time:
                raise ValueError(f"frames must follow the last one at {self._last_time} s, but got {frames.times[0]} s")
            self._last_time = float(frames.times[-1])
        said = json.dumps([record.model_dump(mode="json") for record in feedback], allow_nan=False)
        item = _Pending(self._appended, snapshot, mirrored, said, frames, course)
        with self._wake:
            self._appended += 1
            if len(self._pending) < MAX_PENDING:
                self._pending.append(item)
            else:
                self._lost_frames += len(frames)
            self._has_news = True
            self._wake.notify()

    def score(self, snapshot: Snapshot) -> None:
        """Say what a half second that was appended before was worth, now that it is known; never waits."""
        self._hand_over(_Scores(snapshot))

    def keep_film(self, film: Filmed) -> None:
        """Say where the session is found in what it was recorded to; never waits."""
        self._hand_over(_Film(film))

    def _hand_over(self, item: _Scores | _Film) -> None:
        with self._wake:
            if len(self._pending) < MAX_PENDING:
                self._pending.append(item)
            self._has_news = True
            self._wake.notify()

    def finish(self, report: SessionReport) -> None:
        """Store the report, and whatever still waits; the session is no longer ``running``.

        Raises:
            StoreError: Something could not be stored; says what, where and why. What was stored before stays.
        """
        if report.session_id != self.start.session_id:
            raise ValueError(f"report must be of session {self.start.session_id}, but got {report.session_id}")
        with self._wake:
            self._report = report
        self._close()
        self._worker.check()
        _log.info("session %s ends, %s", self.start.session_id, report.status)
        if self._failure is not None or self._lost_frames:
            raise self._loss()

    def _loss(self) -> StoreError:
        waiting = sum(len(item.frames) for item in self._pending if isinstance(item, _Pending)) + self._lost_frames
        lost = [] if self._report_stored else ["the report"]
        if waiting:
            lost.append(f"the poses of {waiting} frames")
        why = reason(self._failure) if self._failure else "the disk was too slow"
        kept = "The report is stored." if self._report_stored else "What was stored before stays and can be recovered."
        mend = remedy(self._failure) if self._failure else ""
        return StoreError(
            f"Session {self.start.session_id}: {' and '.join(lost)} could not be saved in {self._path}: {why}.",
            f"{kept} {mend}".strip(),
        )

    def _close(self) -> None:
        """End the worker, after a last try, and let go of the session; again is harmless."""
        self._worker.close()
        self._locks.release(self.start.session_id, ended=self._report_stored)

    def _insert_start(self) -> None:
        start = self.start
        row = (
            *(start.session_id, start.reference, start.reference_digest, start.started_at, start.source),
            *(start.mode, start.speed, settings_json(start.settings), start.recording),
        )
        try:
            with closing(connect(self._path, busy_timeout=5.0)) as connection, transaction(connection):
                connection.execute(
                    "INSERT INTO sessions (session_id, reference, reference_digest, started_at, source, mode, speed, "
                    "settings, recording) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    row,
                )
        except sqlite3.IntegrityError as error:
            raise StoreError(f"The store {self._path} already has a session {start.session_id}.") from error
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"No session can be begun in {self._path}: {reason(error)}.", remedy(error)) from error

    # -- the worker ---------------------------------------------------------------------------------------------------

    def _run(self, stop: threading.Event) -> None:
        """Again and again wait until asked and try to write everything, the last time when told to end."""
        is_last = False
        while not is_last:
            with self._wake:
                self._wake.wait_for(lambda: stop.is_set() or self._has_news)
                self._has_news, is_last = False, stop.is_set()
            self._write()

    def _write(self) -> None:
        """Store what waits, oldest first, and the report when there is one."""
        try:
            with closing(connect(self._path, busy_timeout=_BUSY_TIMEOUT)) as connection:
                failure = self._write_pending(connection)
                if self._report is not None:
                    # Tried even when snapshots failed: it is small and it is what the dancer wants to keep.
                    store_report(connection, self._report)
                    self._report_stored = True
        except (sqlite3.Error, OSError) as error:
            failure = error
        self._failure = failure
        problem = None if failure is None else f"The session is not being saved: {reason(failure)}."
        if problem != self.problem:
            _log.warning("session %s: %s", self.start.session_id, problem or "It is being saved again.")
        self.problem = problem

    def _write_pending(self, connection: sqlite3.Connection) -> sqlite3.Error | OSError | None:
        while self._pending:
            item = self._pending[0]
            try:
                if isinstance(item, _Pending):
                    _insert_snapshot(connection, self.start.session_id, item)
                elif isinstance(item, _Film):
                    write_film(connection, self.start.session_id, item.film)
                else:
                    _update_scores(connection, self.start.session_id, item.snapshot)
            except (sqlite3.Error, OSError) as error:
                return error
            with self._wake:
                self._pending.popleft()
        return None


def _insert_snapshot(connection: sqlite3.Connection, session_id: str, item: _Pending) -> None:
    row = (
        *(session_id, item.number, float(item.snapshot["timestamp"]), *_scores_of(item.snapshot)),
        *(item.mirrored, item.feedback, len(item.frames), pack_frames(item.frames, item.course)),
    )
    with transaction(connection):
        connection.execute("INSERT INTO snapshots VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def _update_scores(connection: sqlite3.Connection, session_id: str, snapshot: Snapshot) -> None:
    with transaction(connection):
        connection.execute(
            "UPDATE snapshots SET pose_score = ?, motion_score = ?, combined_score = ?, best_match_idx = ? "
            "WHERE session_id = ? AND timestamp = ?",
            (*_scores_of(snapshot), session_id, float(snapshot["timestamp"])),
        )


def _scores_of(snapshot: Snapshot) -> tuple[float | int | None, ...]:
    scores = (snapshot[name] for name in ("pose_score", "motion_score", "combined_score"))
    match = snapshot["best_match_idx"]
    # NumPy's numbers are not SQLite's.
    return (*(None if score is None else float(score) for score in scores), None if match is None else int(match))
