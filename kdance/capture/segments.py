"""A video watched by several processes: segments of a fixed length, each by a network that starts anew.

MediaPipe follows a body from frame to frame, so a segment begins ``SETTLE_S`` early, and what is seen until then is
left out. The segments are the same however many processes share them, and so is what comes out. Every process reads the
file from its beginning and only ever goes forward, without making pictures of what others watch: that is exact for
every file, where a jump is not (variable rates, edit lists, damage). One that goes on
with the next segment looks at the frames before it for both.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from typing import Final, Generic, Self, TypeVar

from kdance.capture.video_file import Damage, VideoFile
from kdance.choices import Turn
from kdance.errors import KdanceError
from kdance.pose import Frame

T = TypeVar("T")

SEGMENT_S: Final = 10.0
"""About the length of a segment: long beside what is watched twice, short beside a song."""

SETTLE_S: Final = 0.5
"""Seconds that the network is given before what it sees counts. Measured against a network that never started anew:
4 cm at first, 1 cm after 0.3 s, from 0.5 s on the 0.5 cm by which two runs differ anyway (largest of 33 landmarks)."""

_TOLD_EVERY: Final = 15  # frames
_ENDS_WITHIN_S: Final = 5.0
_WAIT_S: Final = 0.1

Eyes = Callable[[Frame, int], T]
"""Sees something in a frame; told the frame and its number in the part. Frames come in order."""


@dataclass(frozen=True, slots=True)
class Watch(Generic[T]):
    """What is watched, and by what; goes to other processes, so all of it can be pickled.

    Attributes:
        path: The video.
        start: Seconds from its first frame; ``end`` likewise, ``None`` for its end.
        mirrored: Whether the film is a mirror image.
        rotate: Degrees by which it is turned clockwise.
        open_eyes: Opens what looks at the frames, anew for each segment.
    """

    path: Path
    open_eyes: Callable[[], AbstractContextManager[Eyes[T]]]
    start: float = 0.0
    end: float | None = None
    mirrored: bool = False
    rotate: Turn = 0

    def open(self) -> VideoFile:
        """The part of the video."""
        return VideoFile(self.path, start=self.start, end=self.end, mirrored=self.mirrored, rotate=self.rotate)


@dataclass(slots=True)
class Watched(Generic[T]):
    """What was seen.

    Attributes:
        damage: What is wrong with the file.
        times: Of the frames, seconds from the first.
        seen: In each.
    """

    damage: Damage
    times: list[float] = field(default_factory=list)
    seen: list[T] = field(default_factory=list)


def usual_jobs() -> int:
    """As many processes as there are processors for this one."""
    with suppress(AttributeError):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def watch(what: Watch[T], *, jobs: int, duration: float | None, told: Callable[[int], None]) -> Watched[T]:
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
    plan = _Plan.of(duration)
    with _helping(what, plan, min(jobs, plan.count or jobs) - 1) as (numbers, connections):
        team = _Team[T](connections, told)
        with what.open() as source:
            with _Watcher(what, source, plan, numbers.take, team.frame_done) as segments:
                for number, segment in segments:
                    team.segments[number] = segment
            damage = source.damage
        team.wait()
    return team.watched(damage)


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a video is cut: into equal parts where its length is known, of which the last goes on to its real end."""

    length: float
    count: int | None

    @classmethod
    def of(cls, duration: float | None) -> _Plan:
        if duration is None:
            return cls(SEGMENT_S, None)
        count = max(1, round(duration / SEGMENT_S))
        return cls(duration / count, count)

    def begin(self, number: int) -> float:
        """Second at which a segment begins, and the one before ends; infinity behind the last."""
        return math.inf if self.count is not None and number >= self.count else number * self.length


class _Numbers:
    """Gives each segment's number to one process."""

    def __init__(self, context: SpawnContext) -> None:
        self._next = context.Value("i", 0)

    def take(self) -> int:
        with self._next.get_lock():
            number = int(self._next.value)
            self._next.value = number + 1
        return number


@dataclass(slots=True)
class _Segment(Generic[T]):
    """What was seen in one segment; empty behind the end of the video."""

    times: list[float] = field(default_factory=list)
    seen: list[T] = field(default_factory=list)


class _Watcher(Generic[T]):
    """Watches the segments that this process gets, in their order; use it as a context manager."""

    def __init__(
        self, what: Watch[T], source: VideoFile, plan: _Plan, take: Callable[[], int], frame_done: Callable[[], None]
    ) -> None:
        self._what = what
        self._source = source
        self._plan = plan
        self._take = take
        self._frame_done = frame_done
        self._frame = 0  # the number of the next one
        self._open = ExitStack()  # the eyes that look now

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def __iter__(self) -> Iterator[tuple[int, _Segment[T]]]:
        """Each segment with its number, until the video ends."""
        number, look = self._take(), None
        while True:
            if look is None:
                self._frame += self._source.forward(self._plan.begin(number) - SETTLE_S)
                look = self._open.enter_context(self._what.open_eyes())
            if self._source.ended:
                return
            segment, following, settled = self._watch(number, look)
            yield number, segment
            number, look = following, settled

    def _watch(self, number: int, look: Eyes[T]) -> tuple[_Segment[T], int, Eyes[T] | None]:
        """Watch a segment to its end.

        Returns:
            What was seen, the number of the segment to go on with, and the eyes that are settled for it: it may be the
            next one, whose first looks fall into this one.
        """
        begin, end, segment = self._plan.begin(number), self._plan.begin(number + 1), _Segment[T]()
        following: int | None = None
        settling: Eyes[T] | None = None
        with ExitStack() as opened:
            while (time := self._source.next_time) is not None and time < end:
                if following is None and time >= end - SETTLE_S:
                    following = self._take()
                    if following == number + 1:
                        settling = opened.enter_context(self._what.open_eyes())
                frame = self._source.read()
                assert frame is not None
                seen = look(frame, self._frame)
                if settling is not None:
                    settling(frame, self._frame)
                self._frame += 1
                if time >= begin:
                    segment.times.append(time)
                    segment.seen.append(seen)
                    self._frame_done()
            self._open.close()
            self._open = opened.pop_all()
        return segment, self._take() if following is None else following, settling


class _Team(Generic[T]):
    """What all processes have seen, as it comes in."""

    def __init__(self, connections: list[Connection], told: Callable[[int], None]) -> None:
        self.segments: dict[int, _Segment[T]] = {}
        self._waiting = connections
        self._told = told
        self._frames = 0

    def frame_done(self) -> None:
        """This process has looked at a frame."""
        self._frames += 1
        self._listen(0.0)
        self._told(self._frames)

    def wait(self) -> None:
        """Wait until the others are done."""
        while self._waiting:
            self._listen(_WAIT_S)
            self._told(self._frames)

    def watched(self, damage: Damage) -> Watched[T]:
        """All of it, in order."""
        watched = Watched[T](damage)
        for number in sorted(self.segments):
            watched.times += self.segments[number].times
            watched.seen += self.segments[number].seen
        return watched

    def _listen(self, seconds: float) -> None:
        for connection in wait(self._waiting, seconds):
            assert isinstance(connection, Connection)
            self._take(connection)

    def _take(self, connection: Connection) -> None:
        try:
            kind, content = connection.recv()
        except EOFError:
            self._told(self._frames)  # a Ctrl-C that ended both is no failure
            raise KdanceError(
                "A process that watched the video ended without a word.", "Try it again with --jobs 1."
            ) from None
        if kind is _Word.FRAMES:
            self._frames += content
        elif kind is _Word.SEGMENT:
            self.segments[content[0]] = content[1]
        elif kind is _Word.ENDED:
            self._waiting.remove(connection)
        else:
            raise KdanceError(*content)


class _Word(Enum):
    """What a process says."""

    FRAMES = 1
    SEGMENT = 2
    ENDED = 3
    FAILED = 4


@contextmanager
def _helping(what: Watch[T], plan: _Plan, count: int) -> Iterator[tuple[_Numbers, list[Connection]]]:
    """Other processes, and what they say; they end with the ``with``, whatever ends it."""
    context = multiprocessing.get_context("spawn")  # the only way on Windows, and MediaPipe can't be forked
    numbers, connections, processes = _Numbers(context), list[Connection](), list[SpawnProcess]()
    try:
        for index in range(count):
            here, there = context.Pipe(duplex=False)
            process = context.Process(
                target=_help, args=(what, plan, numbers, there), name=f"kdance-watch-{index}", daemon=True
            )
            connections.append(here)
            with _deaf_to_interrupts():
                process.start()
            processes.append(process)
            there.close()  # so that its end is noticed here
        yield numbers, list(connections)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.join(_ENDS_WITHIN_S)
        for connection in connections:
            connection.close()


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """What is begun here takes no Ctrl-C, not even while it loads; here it arrives a moment later. Not on Windows."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _help(what: Watch[T], plan: _Plan, numbers: _Numbers, connection: Connection) -> None:
    """The life of another process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all of a terminal: whoever began it ends it
    waiting = 0

    def frame_done() -> None:
        nonlocal waiting
        waiting += 1
        if waiting == _TOLD_EVERY:
            connection.send((_Word.FRAMES, waiting))
            waiting = 0

    with suppress(OSError):  # whoever began it is gone
        try:
            with what.open() as source, _Watcher(what, source, plan, numbers.take, frame_done) as segments:
                for numbered in segments:
                    connection.send((_Word.FRAMES, waiting))
                    connection.send((_Word.SEGMENT, numbered))
                    waiting = 0
            connection.send((_Word.ENDED, None))
        except KdanceError as error:
            connection.send((_Word.FAILED, (error.message, error.hint)))
        except Exception as error:  # noqa: BLE001 - multiprocessing would print a traceback here
            said = f"A process that watched the video had to stop: a mistake of its own ({type(error).__name__})."
            connection.send((_Word.FAILED, (said, "Try it again with --jobs 1.")))
