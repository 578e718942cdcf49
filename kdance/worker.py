"""The one thread contract: every thread of the package is a :class:`Worker`, and nothing else makes one.

A worker has a name, is told to stop by an event, and carries its crash to whoever owns it: a mistake in a thread is
raised on the thread that asks for its work, and stands in the log with its traceback. It is waited for with a time-out
that is said when it is missed, and being a daemon it never holds up the end of the program (:func:`end_process`).
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final, Generic, NoReturn, Self, TypeVar
from weakref import WeakSet

from kdance.errors import KdanceError

JOIN_TIMEOUT_S: Final = 5.0
"""Seconds that a worker is waited for where its owner says nothing else."""

_log = logging.getLogger(__name__)

_threads: Final[WeakSet[threading.Thread]] = WeakSet()

T = TypeVar("T")


def end_process(code: int) -> NoReturn:
    """End the program with this exit code; at once where a worker hangs, in a camera's driver for instance.

    A daemon thread that comes back from C++ while the interpreter is being taken down is unwound (CPython before 3.14),
    which C++ answers with an abort: exit code -6 in place of the program's own. Nothing may be left to write.
    """
    if any(thread.is_alive() for thread in _threads):
        logging.shutdown()
        os._exit(code)
    sys.exit(code)


class Worker(Generic[T]):
    """A named daemon thread that does one piece of work; a context manager, from its start to its end.

    Args:
        name: Of the thread.
        work: Runs in the thread; gets the event that is set when it shall end, and has to look at it at least every
            few tenths of a second, or be woken by ``news``. What it returns is the ``result``.
        news: The condition on which ``work`` waits for its owner, or the owner for it: notified when the worker shall
            end and when it has ended. Neither :meth:`close` nor :meth:`join` may be called while it is held.
        join_timeout: Seconds that :meth:`close` waits; ``None``: until the work is done, however long that takes.

    Attributes:
        stop: Set when the work shall end.
        crash: What the work failed with; ``None`` while all is well.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[threading.Event], T],
        *,
        news: threading.Condition | None = None,
        join_timeout: float | None = JOIN_TIMEOUT_S,
    ) -> None:
        self.stop = threading.Event()
        self.crash: BaseException | None = None
        self._work, self._news, self._join_timeout = work, news, join_timeout
        self._results: list[T] = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        _threads.add(self._thread)

    @property
    def name(self) -> str:
        """The thread's."""
        return self._thread.name

    @property
    def has_ended(self) -> bool:
        """Whether the work is over, well or by a crash; its result and its crash are known then."""
        return self._done.is_set()

    @property
    def result(self) -> T:
        """What the work returned.

        Raises:
            BaseException: What it failed with instead.
            RuntimeError: It has not ended.
        """
        self.check()
        if not self._results:
            raise RuntimeError(f"{self.name} has no result yet")
        return self._results[0]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the work; its crash is raised where nothing else is."""
        self.close()
        if kind is None:
            self.check()

    def start(self) -> None:
        """Begin to work.

        Raises:
            RuntimeError: It was started before: a worker works once.
        """
        self._thread.start()

    def check(self) -> None:
        """Raise what the work failed with, each time: a worker that crashed does nothing any more."""
        if self.crash is not None:
            raise self.crash

    def ask_to_end(self) -> None:
        """Tell the work to end, without waiting for that."""
        self.stop.set()
        self._tell()

    def join(self, timeout: float | None) -> bool:
        """Wait for the end of the work, by itself; whether it has come. At once for one that was never started."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def close(self, timeout: float | None = None) -> bool:
        """Tell the work to end and wait for that; calling it again is harmless. Raises nothing, see :meth:`check`.

        Args:
            timeout: Seconds to wait, in place of ``join_timeout``.

        Returns:
            Whether it has ended; a thread that hangs, which no program can interrupt, goes down with the process.
        """
        self.ask_to_end()
        timeout = self._join_timeout if timeout is None else timeout
        has_ended = self.join(timeout)
        if not has_ended:
            _log.warning("%s did not end within %g s", self.name, timeout)
        return has_ended

    def _run(self) -> None:
        try:
            self._results.append(self._work(self.stop))
        except BaseException as error:  # noqa: BLE001 - raised again by the owner
            self.crash = error
            self._log_crash(error)
        finally:
            self._done.set()
            self._tell()

    def _log_crash(self, error: BaseException) -> None:
        if isinstance(error, KdanceError):  # no mistake of ours: a camera that is gone
            _log.info("%s ended: %s", self.name, error.message)
        else:
            _log.error("%s crashed", self.name, exc_info=error)

    def _tell(self) -> None:
        if self._news is not None:
            with self._news:
                self._news.notify_all()
