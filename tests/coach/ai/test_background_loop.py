"""Coroutines in a thread of their own: whoever waits for one is let go when it is called off."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress

import anyio
import pytest

from kdance.coach.ai.background_loop import BackgroundLoop


async def answer() -> str:
    await asyncio.sleep(0)
    return "yes"


async def failing() -> None:
    raise ValueError("no")


def test_a_result_and_an_exception_come_back() -> None:
    loop = BackgroundLoop()
    assert loop.run(answer()) == "yes"
    with pytest.raises(ValueError, match="no"):
        loop.run(failing())
    loop.close()
    loop.close()
    with pytest.raises(CancelledError):
        loop.run(answer())


def test_who_waits_is_let_go_even_when_the_work_does_not_end() -> None:
    loop, begun, may_end = BackgroundLoop(), threading.Event(), threading.Event()

    async def stubborn() -> None:
        begun.set()
        while not may_end.is_set():
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                continue

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(loop.run, stubborn())
        assert begun.wait(10)
        loop.cancel()
        try:
            with pytest.raises(CancelledError):
                waiting.result(10)
        finally:
            may_end.set()
            loop.close()


def test_a_library_s_own_tasks_are_left_to_the_library(recwarn: pytest.WarningsRecorder) -> None:
    """Cancelled before it begins, a task of anyio, which makes openai's connections, drops what it was to await."""
    loop, closings = BackgroundLoop(), []

    async def connect() -> None:
        closings.append(threading.Thread(target=loop.close))
        closings[0].start()
        while not loop._worker.stop.is_set():  # the end of the loop is the next that it will begin
            time.sleep(0.001)
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0)
        async with anyio.create_task_group() as group:
            group.start_soon(answer)

    with pytest.raises(CancelledError):
        loop.run(connect())
    closings[0].join()
    gc.collect()
    assert not [str(warning.message) for warning in recwarn]
