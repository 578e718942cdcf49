"""A video watched by several processes: segments of a fixed length, each by a network that starts anew.

MediaPipe follows a body from frame to frame, so a segment begins a little early (``Watch.settle``), and what is seen
until then is left out. The segments are the same however many processes share them, and so is what comes out. A process
goes on from segment to segment, and looks at the frames before the next one for both. Where the file's packets tell the
times of all frames it jumps to its first one, and every frame is compared with them; where they don't tell, or it comes
otherwise (damage), every process reads the file from its beginning and only ever goes forward, without making pictures
of what others watch: that is exact for every file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from functools import partial
from multiprocessing.connection import Connection, wait
from typing import Any, Final, Generic, TypeVar, cast

import cv2

from kdance.capture.helpers import READY, Helper, Shared, helpers_for_now, usual_jobs
from kdance.capture.memory import give_back
from kdance.capture.packets import count_packets
from kdance.capture.segment_plan import Numbers, Plan
from kdance.capture.segment_store import SegmentStore
from kdance.capture.segment_watcher import NotAsPackedError, Segment, Watch, Watcher
from kdance.capture.video_file import Damage
from kdance.errors import KdanceError

S = TypeVar("S")
T = TypeVar("T")

LONG: Final = 20 * 60 * 30
"""Frames from which on memory is dearer than the second that it takes to begin a process: each that waits holds 60 MB,
and 150 MB with a network."""

_TOLD_EVERY: Final = 15  # frames
_WAIT_S: Final = 0.1


@dataclass(slots=True)
class Watched(Generic[T]):
    """What was seen.

    Attributes:
        damage: What is wrong with the file.
        times: Of the frames, seconds from the first.
        parts: What was seen in the segments, in order, as ``Watch.pack`` makes it; can be gone through more than once.
    """

    damage: Damage
    times: list[float]
    parts: Iterable[T]


def watch(what: Watch[S, T], *, jobs: int, duration: float | None, told: Callable[[int], None]) -> Watched[T]:
    """Look at every frame of a part of a video.

    Args:
        what: The video, and what looks at it.
        jobs: Processes that share the work, this one included; never more than there are segments.
        duration: Seconds of the part, where known.
        told: Told how many frames are done; what it raises ends the work.

    Raises:
        VideoError: The video can't be read.
        KdanceError: Another process failed.
    """
    packets = count_packets(what.path) if jobs > 1 and duration is not None else None
    times = None if packets is None else packets.times_within(what.start, what.end)
    try:
        return _watch(what, Plan.of(duration, times), jobs, told)
    except NotAsPackedError:
        return _watch(what, Plan.of(duration), jobs, told)


def _watch(what: Watch[S, T], plan: Plan, jobs: int, told: Callable[[int], None]) -> Watched[T]:
    jobs = min(jobs, plan.count or jobs)
    with helpers_for_now() as helpers, _opencv_threads(jobs):
        helpers.shared.reset()
        team = _Team(what, plan, helpers.begin(jobs - 1), told)
        take = partial(Numbers(helpers.shared, plan, jobs).take, 0)
        with what.open() as source, Watcher(what, source, plan, take, team.frame_done) as segments:
            for number, segment in segments:
                team.keep(number, segment)
        team.wait()
        if team.frames >= LONG:
            helpers.end()
    give_back()
    return team.watched()


class _Team(Generic[T]):
    """What all processes have seen, as it comes in; each gets its errand as soon as it has loaded."""

    def __init__(self, what: Watch[Any, T], plan: Plan, helpers: list[Helper], told: Callable[[int], None]) -> None:
        self._segments: dict[int, tuple[list[float], Damage]] = {}
        self._seen = SegmentStore[T]()
        self._helpers = {helper.connection: helper for helper in helpers}
        self._errands = {
            helper.connection: _Errand(what, plan, len(helpers) + 1, process)
            for process, helper in enumerate(helpers, 1)
        }
        self._waiting = list(self._helpers)
        self._told = told
        self.frames = 0
        for connection, helper in self._helpers.items():
            if helper.is_ready:
                self._send(connection)

    def _send(self, connection: Connection) -> None:
        with suppress(OSError):  # it has ended, which is noticed when it is listened to
            connection.send(self._errands.pop(connection))

    def keep(self, number: int, segment: Segment[T]) -> None:
        """A segment has been watched, here or elsewhere."""
        self._segments[number] = segment.times, segment.damage
        self._seen.put(number, segment.seen)

    def frame_done(self) -> None:
        """This process has looked at a frame."""
        self.frames += 1
        self._listen(0.0)
        self._told(self.frames)

    def wait(self) -> None:
        """Wait until the others are done."""
        while self._waiting:
            self._listen(_WAIT_S)
            self._told(self.frames)

    def watched(self) -> Watched[T]:
        """All of it, in order; whoever watched the last segment has read all that can be damaged."""
        in_order = [segment for _, segment in sorted(self._segments.items())]
        times = [time for its, _ in in_order for time in its]
        return Watched(in_order[-1][1] if in_order else Damage(), times, self._seen)

    def _listen(self, seconds: float) -> None:
        for connection in wait(self._waiting, seconds):
            self._take(cast("Connection", connection))  # of Windows it is a PipeConnection, which is none

    def _take(self, connection: Connection) -> None:
        try:
            word = connection.recv()
        except (EOFError, OSError):
            self._told(self.frames)  # a Ctrl-C that ended both is no failure
            raise KdanceError(
                "A process that watched the video ended without a word.", "Try it again with --jobs 1."
            ) from None
        if word == READY:
            self._helpers[connection].is_ready = True
            self._send(connection)
            return
        kind, content = word
        if kind is _Word.FRAMES:
            self.frames += content
        elif kind is _Word.SEGMENT:
            self.keep(*content)
        elif kind is _Word.ENDED:
            self._waiting.remove(connection)
        elif kind is _Word.NOT_AS_PACKED:
            raise NotAsPackedError
        else:
            raise KdanceError(*content)


class _Word(Enum):
    """What a process says."""

    FRAMES = 1
    SEGMENT = 2
    ENDED = 3
    FAILED = 4
    NOT_AS_PACKED = 5


@dataclass(frozen=True, slots=True)
class _Errand(Generic[T]):
    """What another process does."""

    what: Watch[Any, T]
    plan: Plan
    jobs: int
    process: int

    def __call__(self, connection: Connection, shared: Shared) -> None:
        """Watch, and tell of it; raises OSError where whoever asked is gone."""
        try:
            self._watch(connection, partial(Numbers(shared, self.plan, self.jobs).take, self.process))
            give_back()
            connection.send((_Word.ENDED, None))
        except NotAsPackedError:
            connection.send((_Word.NOT_AS_PACKED, None))
        except KdanceError as error:
            connection.send((_Word.FAILED, (error.message, error.hint)))
        except Exception as error:  # noqa: BLE001 - multiprocessing would print a traceback here
            said = f"A process that watched the video had to stop: a mistake of its own ({type(error).__name__})."
            connection.send((_Word.FAILED, (said, "Try it again with --jobs 1.")))

    def _watch(self, connection: Connection, take: Callable[[int | None], int]) -> None:
        waiting = 0

        def frame_done() -> None:
            nonlocal waiting
            waiting += 1
            if waiting == _TOLD_EVERY:
                connection.send((_Word.FRAMES, waiting))
                waiting = 0

        with (
            _opencv_threads(self.jobs),
            self.what.open() as source,
            Watcher(self.what, source, self.plan, take, frame_done) as segments,
        ):
            for numbered in segments:
                connection.send((_Word.FRAMES, waiting))
                connection.send((_Word.SEGMENT, numbered))
                waiting = 0


@contextmanager
def _opencv_threads(jobs: int) -> Iterator[None]:
    """OpenCV's threads of all processes are no more than there are processors: else they wait for one another."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(max(1, min(before, usual_jobs() // jobs)))
    try:
        yield
    finally:
        cv2.setNumThreads(before)
