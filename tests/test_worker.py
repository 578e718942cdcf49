"""The contract of every thread: named, told to stop, waited for, and never silent about a crash."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time

import pytest

from kdance.errors import CameraLostError
from kdance.worker import Worker

NAME = "kdance-test"


def until_told(stop: threading.Event) -> str:
    stop.wait(10)
    return "told"


def broken(_: threading.Event) -> None:
    raise ZeroDivisionError("a mistake of ours")


def living() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == NAME]


def test_a_worker_is_a_named_daemon_that_is_gone_afterwards() -> None:
    with Worker(NAME, until_told) as worker:
        (thread,) = living()
        assert thread.daemon
        assert not worker.has_ended
    assert living() == []
    assert worker.has_ended
    assert worker.result == "told"


def test_the_work_sees_that_it_shall_end() -> None:
    seen = threading.Event()

    def work(stop: threading.Event) -> None:
        if stop.wait(10):
            seen.set()

    with Worker(NAME, work):
        assert not seen.is_set()
    assert seen.is_set()


def test_a_worker_that_waits_for_news_is_woken_to_end() -> None:
    news = threading.Condition()

    def work(stop: threading.Event) -> bool:
        with news:
            return news.wait_for(stop.is_set, 10)

    worker = Worker(NAME, work, news=news)
    worker.start()
    begin = time.monotonic()
    assert worker.close()
    assert time.monotonic() - begin < 5
    assert worker.result


def test_an_owner_that_waits_for_news_is_woken_by_a_crash() -> None:
    news = threading.Condition()
    worker = Worker(NAME, broken, news=news)
    worker.start()
    with news:
        assert news.wait_for(lambda: worker.has_ended, 10)
    assert isinstance(worker.crash, ZeroDivisionError)
    assert worker.close()


def test_a_crash_reaches_the_owner_wherever_it_asks() -> None:
    worker = Worker(NAME, broken)
    worker.start()
    assert worker.join(10)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError, match="ours"):
            worker.check()
    with pytest.raises(ZeroDivisionError, match="ours"):
        _ = worker.result
    assert worker.close()  # which is for `finally`, where another error may be on its way


def test_a_crash_reaches_the_owner_that_only_leaves() -> None:
    with pytest.raises(ZeroDivisionError, match="ours"), Worker(NAME, broken) as worker:
        worker.join(10)


def test_a_crash_does_not_hide_the_owners_own_error() -> None:
    with pytest.raises(KeyError, match="the owner's"), Worker(NAME, broken) as worker:
        worker.join(10)
        raise KeyError("the owner's")


def test_a_crash_stands_in_the_log_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    worker = Worker(NAME, broken)
    worker.start()
    assert worker.join(10)
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert NAME in record.getMessage()
    assert "in broken" in caplog.text


def test_what_a_dancer_can_mend_is_no_mistake(caplog: pytest.LogCaptureFixture) -> None:
    def unplugged(_: threading.Event) -> None:
        raise CameraLostError("The camera 0 stopped sending pictures.", "Is it still plugged in?")

    with caplog.at_level(logging.INFO), pytest.raises(CameraLostError), Worker(NAME, unplugged) as worker:
        worker.join(10)
    (record,) = caplog.records
    assert record.levelno == logging.INFO
    assert record.getMessage() == f"{NAME} ended: The camera 0 stopped sending pictures."
    assert record.exc_info is None


def test_closing_again_or_without_a_start_is_harmless() -> None:
    never = Worker(NAME, until_told)
    assert never.close()
    assert never.close()
    worker = Worker(NAME, until_told)
    worker.start()
    assert worker.close()
    assert worker.close()
    assert worker.result == "told"


def test_a_missed_time_out_is_said(caplog: pytest.LogCaptureFixture) -> None:
    may_end = threading.Event()
    worker = Worker(NAME, lambda _: may_end.wait(10), join_timeout=0.05)
    worker.start()
    try:
        assert not worker.close()
        assert not worker.close(0.01)
        assert [record.getMessage() for record in caplog.records] == [
            f"{NAME} did not end within 0.05 s",
            f"{NAME} did not end within 0.01 s",
        ]
        assert not worker.has_ended
        with pytest.raises(RuntimeError, match="no result yet"):
            _ = worker.result
    finally:
        may_end.set()
    assert worker.close()


def test_a_worker_works_once() -> None:
    with Worker(NAME, until_told) as worker:
        pass
    with pytest.raises(RuntimeError):
        worker.start()


HANGING = """
import sys, threading, time
import kdance.capture, cv2, numpy
from kdance.worker import Worker, end_process

class Late:  # the interpreter takes its time to end
    def __del__(self): time.sleep(0.3)

sys.modules["late"] = Late()
def work(stop):
    picture = numpy.zeros((600, 600, 3), numpy.uint8)
    while True: cv2.GaussianBlur(picture, (5, 5), 3)

Worker("one", work).start()
print("kept", flush=True)
end_process(3)
"""


def test_a_worker_that_hangs_in_a_library_does_not_change_the_exit_code() -> None:
    ran = subprocess.run([sys.executable, "-c", HANGING], check=False, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr) == (3, "kept\n", "")


def test_without_a_worker_the_process_ends_in_the_usual_way() -> None:
    code = "import atexit; from kdance.worker import end_process; atexit.register(print, 'bye'); end_process(0)"
    ran = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout) == (0, "bye\n")
