"""A video watched by several processes: segments of a fixed length, each by a network that starts anew.

MediaPipe follows a body from frame to frame, so a segment begins a little early (``Watch.settle``), and what is seen
until then is left out. The segments are the same however many processes share them, and so is what comes out. A process
goes on from segment to segment, and looks at the frames before the next one for both. Where the file's packets tell the
times of all frames it jumps to its first one, and every frame is compared with them; where they don't tell, or it comes
otherwise (damage), every process reads the file from its beginning and only ever goes forward, without making pictures
of what others watch: that is exact for every file.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Final, Generic, TypeVar

import numpy as np

from kdance.capture.memory import give_back
from kdance.capture.packets import count_packets
from kdance.capture.segment_plan import Numbers, Plan
from kdance.capture.segment_watcher import NotAsPackedError, Segment, Watch, Watcher
from kdance.capture.video_file import Damage
from kdance.errors import KdanceError

S = TypeVar("S")
T = TypeVar("T")

_TOLD_EVERY: Final = 15  # frames
_ENDS_WITHIN_S: Final = 5.0
_WAIT_S: Final = 0.1


@dataclass(slots=True)
class Watched(Generic[T]):
    """What was seen.

    Attributes:
        damage: What is wrong with the file.
        times: Of the frames, seconds from the first.
        parts: What was seen in the segments, in order, as ``Watch.pack`` makes it.
    """

    damage: Damage
    times: list[float] = field(default_factory=list)
    parts: list[T] = field(default_factory=list)


def usual_jobs() -> int:
    """As many processes as there are processors for this one."""
    with suppress(AttributeError):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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
    with _helping(what, plan, min(jobs, plan.count or jobs)) as (numbers, connections):
        team = _Team[T](connections, told)
        with (
            what.open() as source,
            Watcher(what, source, plan, partial(numbers.take, 0), team.frame_done) as segments,
        ):
            for number, segment in segments:
                team.segments[number] = segment
        team.wait()
    give_back()
    return team.watched()


class _Team(Generic[T]):
    """What all processes have seen, as it comes in."""

    def __init__(self, connections: list[Connection], told: Callable[[int], None]) -> None:
        self.segments: dict[int, Segment[T]] = {}
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

    def watched(self) -> Watched[T]:
        """All of it, in order; whoever watched the last segment has read all that can be damaged."""
        watched = Watched[T](self.segments[max(self.segments)].damage if self.segments else Damage())
        for number in sorted(self.segments):
            segment = self.segments.pop(number)
            watched.times += segment.times
            watched.parts.append(segment.seen)
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


@contextmanager
def _helping(what: Watch[S, T], plan: Plan, jobs: int) -> Iterator[tuple[Numbers, list[Connection]]]:
    """All processes but this one, and what they say; they end with the ``with``, whatever ends it."""
    context = multiprocessing.get_context("spawn")  # the only way on Windows, and MediaPipe can't be forked
    numbers = Numbers(context, plan, jobs)
    # Not with the arguments: a process that is begun reads them when it has loaded everything, and who begins it waits.
    times = None if plan.times is None else context.RawArray("d", plan.times.tolist())
    connections, processes = list[Connection](), list[SpawnProcess]()
    try:
        for index in range(1, jobs):
            here, there = context.Pipe(duplex=False)
            process = context.Process(
                target=_help,
                args=(what, replace(plan, times=None), times, partial(numbers.take, index), there),
                name=f"kdance-watch-{index}",
                daemon=True,
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


def _help(
    what: Watch[S, T],
    plan: Plan,
    times: ctypes.Array[ctypes.c_double] | None,
    take: Callable[[int | None], int],
    connection: Connection,
) -> None:
    """The life of another process; the plan's times are in memory that both have."""
    if times is not None:
        plan = replace(plan, times=np.ctypeslib.as_array(times))
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
            with what.open() as source, Watcher(what, source, plan, take, frame_done) as segments:
                for numbered in segments:
                    connection.send((_Word.FRAMES, waiting))
                    connection.send((_Word.SEGMENT, numbered))
                    waiting = 0
            connection.send((_Word.ENDED, None))
        except NotAsPackedError:
            connection.send((_Word.NOT_AS_PACKED, None))
        except KdanceError as error:
            connection.send((_Word.FAILED, (error.message, error.hint)))
        except Exception as error:  # noqa: BLE001 - multiprocessing would print a traceback here
            said = f"A process that watched the video had to stop: a mistake of its own ({type(error).__name__})."
            connection.send((_Word.FAILED, (said, "Try it again with --jobs 1.")))
