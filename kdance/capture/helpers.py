"""Processes that help to watch films: begun before they are needed, and kept for the next time a film is watched.

A process takes a second until it has loaded everything, and a member's film is watched twice.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from contextvars import ContextVar
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.sharedctypes import Synchronized, SynchronizedArray
from typing import Final, NamedTuple, Self

from kdance.capture.memory import use_few_heaps

MOST_SEGMENTS: Final = 4096
"""Of a film that is watched by several processes."""

READY: Final = "ready"
"""What a process says first, when it has loaded."""

_ENDS_WITHIN_S: Final = 5.0


class Shared(NamedTuple):
    """Memory that all processes have: what :class:`~kdance.capture.segment_plan.Numbers` counts in."""

    following: Synchronized[int]
    taken: SynchronizedArray[int]

    @classmethod
    def of(cls, context: SpawnContext) -> Shared:
        """New memory for processes that are begun in a context."""
        return cls(context.Value("i", 0), context.Array("b", MOST_SEGMENTS))

    def reset(self) -> None:
        """No segment has been taken; while nobody takes any."""
        self.following.value = 0
        with self.taken.get_lock():
            self.taken[:] = [0] * MOST_SEGMENTS


Errand = Callable[[Connection, Shared], None]
"""What a process is asked to do, told whom to speak to; it can be pickled."""


class Helper:
    """Another process, as whoever began it sees it.

    Attributes:
        connection: To it.
        is_ready: Whether it has loaded, and reads what it is sent at once.
    """

    def __init__(self, context: SpawnContext, name: str, shared: Shared, load: Callable[[], object]) -> None:
        self.connection, there = context.Pipe()
        self.is_ready = False
        self._process: SpawnProcess = context.Process(target=_serve, args=(there, shared, load), name=name, daemon=True)
        try:
            with _deaf_to_interrupts():
                self._process.start()
        except BaseException:
            self.connection.close()
            raise
        finally:
            there.close()  # so that its end is noticed here

    def terminate(self) -> None:
        """Tell it to end, whatever it does."""
        self._process.terminate()

    def end(self) -> None:
        """Wait until it has ended."""
        self._process.join(_ENDS_WITHIN_S)
        self.connection.close()


class Helpers:
    """All processes but this one; they end with the ``with``, whatever ends it."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("spawn")  # the only way on Windows, and MediaPipe can't be forked
        self._shared: Shared | None = None
        self._all: list[Helper] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def shared(self) -> Shared:
        """The memory that all of them have."""
        if self._shared is None:
            with _deaf_to_interrupts():  # the process that watches over shared memory begins here
                self._shared = Shared.of(self._context)
        return self._shared

    def begin(self, count: int, *, load: Callable[[], object] = object) -> list[Helper]:
        """So many processes: those that there are, and new ones, each of which loads something before it is ready.

        Args:
            count: Of processes beside this one.
            load: Imports what they will need; can be pickled.
        """
        while len(self._all) < count:
            name = f"kdance-watch-{len(self._all) + 1}"
            self._all.append(Helper(self._context, name, self.shared, load))
        return self._all[:count]

    def end(self) -> None:
        """End all of them; new ones can be begun, with memory that nobody has died in."""
        helpers, self._all = self._all, []
        for helper in helpers:
            helper.terminate()
        for helper in helpers:
            helper.end()
        self._shared = None


_kept: ContextVar[Helpers | None] = ContextVar("kept helpers", default=None)


@contextmanager
def kept_helpers() -> Iterator[Helpers]:
    """Within it all films are watched by the same processes."""
    use_few_heaps()
    with Helpers() as helpers:
        before = _kept.set(helpers)
        try:
            yield helpers
        finally:
            _kept.reset(before)


@contextmanager
def helpers_for_now() -> Iterator[Helpers]:
    """Those that are kept, else new ones; none of them where something fails: they would be in the middle of it."""
    kept = _kept.get()
    with Helpers() if kept is None else nullcontext(kept) as helpers:
        try:
            yield helpers
        except BaseException:
            helpers.end()
            raise


def usual_jobs() -> int:
    """As many processes as there are processors for this one."""
    with suppress(AttributeError):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """What is begun here takes no Ctrl-C and no end of a terminal; here they arrive a moment later. Not on Windows."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(connection: Connection, shared: Shared, load: Callable[[], object]) -> None:
    """The life of another process: one errand after the other, until whoever began it ends it or is gone."""
    use_few_heaps()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all of a terminal: whoever began it ends it
    with suppress(OSError, EOFError):
        load()
        connection.send(READY)
        while True:
            errand: Errand = connection.recv()
            errand(connection, shared)
            del errand  # with the film that it holds
