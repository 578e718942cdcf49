"""An asyncio loop in a worker: questions asked there have a real deadline and can be called off at once.

A blocking HTTP client can't: its time-out starts again with every byte that trickles in, and closing its socket from
another thread does not wake it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future, wait
from contextlib import suppress
from typing import Any, Final, TypeVar

from kdance.worker import Worker

T = TypeVar("T")

WAIT_S: Final = 0.1
"""Slice of a wait: on Windows Ctrl-C gets through only between two waits."""

CLOSES_WITHIN_S: Final = 1.0


class _Loop(asyncio.SelectorEventLoop):
    """Blocking calls (looking up a host's name) get workers: asyncio's own threads would hold up the program's end."""

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        future: asyncio.Future[Any] = self.create_future()

        def tell(give: Callable[[Any], None], outcome: Any) -> None:
            if not future.done():
                give(outcome)

        def run(_: threading.Event) -> None:
            try:
                outcome, give = func(*args), future.set_result
            except BaseException as error:  # noqa: BLE001 - it goes to whoever awaits
                outcome, give = error, future.set_exception
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self.call_soon_threadsafe(tell, give, outcome)

        Worker("kdance-ai-lookup", run).start()  # left to itself: a look-up can't be called off, and harms nobody
        return future


class BackgroundLoop:
    """Runs coroutines in one worker of its own, from construction until :meth:`close`."""

    def __init__(self) -> None:
        self._loop = _Loop()
        self._loop.set_debug(False)  # in debug mode asyncio logs addresses
        self._running: set[Future[Any]] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._worker = Worker("kdance-ai-calls", self._run, join_timeout=CLOSES_WITHIN_S)
        self._worker.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end and give its result; may be called from any thread but the loop's own.

        Raises:
            CancelledError: It was called off.
        """
        with self._lock:
            if self._closed:
                work.close()
                raise CancelledError
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
            self._running.add(future)
        try:
            while not future.done():  # also when it was called off and hangs all the same
                wait([future], WAIT_S)
                self._worker.check()
            return future.result()
        finally:
            future.cancel()  # a Ctrl-C in the wait calls it off
            with self._lock:
                self._running.discard(future)

    def cancel(self) -> None:
        """Call off all that runs."""
        with self._lock:
            running = list(self._running)
        for future in running:
            future.cancel()

    def close(self, last: Callable[[], Coroutine[Any, Any, None]] | None = None) -> None:
        """Call off all that runs, run ``last`` (to close connections) and end the worker. May be called again."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self.cancel()
        self._loop.call_soon_threadsafe(lambda: self._loop.create_task(self._end(last)))
        self._worker.close()

    async def _end(self, last: Callable[[], Coroutine[Any, Any, None]] | None) -> None:
        try:
            # All that was begun here is called off already. Tasks that it has begun itself are its own to call off: one
            # of anyio, which connections are made by, drops what it was to await when it is cancelled before it begins.
            if others := asyncio.all_tasks() - {asyncio.current_task()}:
                await asyncio.wait(others, timeout=CLOSES_WITHIN_S / 2)
            if last is not None:
                await asyncio.wait_for(last(), CLOSES_WITHIN_S / 2)
        except TimeoutError:
            pass  # what hangs goes down with its sockets
        finally:
            await asyncio.sleep(0)  # sockets that are being closed are let go in the round after
            self._loop.stop()

    def _run(self, _: threading.Event) -> None:
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()
