"""A video watched by several processes: the same frames, once each, in order, whoever watches them."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kdance.capture import segments
from kdance.capture.helpers import kept_helpers, usual_jobs
from kdance.capture.segment_plan import SEGMENT_S
from kdance.capture.segment_watcher import SETTLE_S, Watch
from kdance.capture.segments import Watched, watch
from kdance.capture.video_file import VideoFile
from kdance.errors import KdanceError
from kdance.pose import Frame
from tests.conftest import DEMO_CLIPS

CLIP = DEMO_CLIPS / "demo.mp4"
DURATION = 18.0


@contextmanager
def open_counting() -> Iterator[Callable[[Frame, int], tuple[int, int, int]]]:
    """Sees the number of a frame, a digest of its picture, and how many it has seen before."""
    seen = 0

    def look(frame: Frame, number: int) -> tuple[int, int, int]:
        nonlocal seen
        seen += 1
        return number, int(frame.image[::40, ::40].sum()), seen

    yield look


@contextmanager
def open_failing() -> Iterator[Callable[[Frame, int], int]]:
    def look(frame: Frame, number: int) -> int:
        if frame.time >= 9.5:
            raise KdanceError("It is broken.", "Mend it.")
        return number

    yield look


@contextmanager
def open_dying() -> Iterator[Callable[[Frame, int], int]]:
    """Ends another process than the one that the test runs in."""
    parent = os.environ["KDANCE_TEST_PARENT"]

    def look(frame: Frame, number: int) -> int:
        if str(os.getpid()) != parent:
            os.kill(os.getpid(), signal.SIGTERM)
        return number

    yield look


def as_seen(_: list[float], seen: list[Any]) -> list[Any]:
    return seen


def seen_by(watched: Watched[list[Any]]) -> list[Any]:
    return [seen for part in watched.parts for seen in part]


def whole(path: Path, start: float = 0.0, end: float | None = None) -> list[tuple[float, int]]:
    with VideoFile(path, start=start, end=end) as source:
        return [(frame.time, int(frame.image[::40, ::40].sum())) for frame in source]


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("duration", [DURATION, None])
def test_every_frame_is_seen_once_in_order(jobs: int, duration: float | None) -> None:
    told: list[int] = []
    watched = watch(Watch(CLIP, open_counting, as_seen), jobs=jobs, duration=duration, told=told.append)
    assert [(time, digest) for time, (_, digest, _) in zip(watched.times, seen_by(watched), strict=True)] == whole(CLIP)
    assert [number for number, _, _ in seen_by(watched)] == list(range(540))
    assert told[-1] == 540
    assert told == sorted(told)


def test_each_segment_begins_with_eyes_that_have_settled() -> None:
    watched = watch(Watch(CLIP, open_counting, as_seen), jobs=1, duration=DURATION, told=lambda _: None)
    seen = np.array([count for _, _, count in seen_by(watched)])
    begins = np.flatnonzero(np.diff(seen) != 1) + 1
    count = round(DURATION / SEGMENT_S)
    assert [watched.times[begin] for begin in begins] == pytest.approx(np.arange(1, count) * DURATION / count, abs=0.05)
    assert all(seen[begin] == pytest.approx(30 * SETTLE_S, abs=2) for begin in begins)


def test_what_comes_out_is_the_same_however_many_share_the_work() -> None:
    alone, both = (
        watch(Watch(CLIP, open_counting, as_seen, start=1.0, end=15.0), jobs=jobs, duration=14.0, told=lambda _: None)
        for jobs in (1, 2)
    )
    assert (alone.times, alone.damage, list(alone.parts)) == (both.times, both.damage, list(both.parts))
    assert len(alone.times) == len(whole(CLIP, 1.0, 15.0))


def test_a_failure_in_another_process_is_told_as_it_is_here() -> None:
    for jobs in (1, 2):
        with pytest.raises(KdanceError, match="It is broken") as caught:
            watch(Watch(CLIP, open_failing, as_seen), jobs=jobs, duration=DURATION, told=lambda _: None)
        assert caught.value.hint == "Mend it."


def test_a_process_that_dies_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KDANCE_TEST_PARENT", str(os.getpid()))

    def slowly(_: int) -> None:
        pass

    what = replace(Watch(CLIP, open_dying, as_seen), path=CLIP)
    try:
        watched = watch(what, jobs=2, duration=DURATION, told=slowly)
    except KdanceError as error:
        assert "--jobs 1" in error.hint
    else:  # this one was done before the other had begun
        assert len(watched.times) == 540


@contextmanager
def open_naming() -> Iterator[Callable[[Frame, int], int]]:
    """Sees the number of the process that looks."""
    yield lambda frame, number: os.getpid()


def test_processes_that_are_kept_watch_the_next_film_too() -> None:
    with kept_helpers() as helpers:
        (helper,) = helpers.begin(1)
        assert helper.connection.poll(60)  # it has loaded

        def until_it_helps(frames: int) -> None:
            assert frames > 1 or helper.connection.poll(60)

        first, second = (
            set(seen_by(watch(Watch(CLIP, open_naming, as_seen), jobs=2, duration=DURATION, told=until_it_helps)))
            for _ in range(2)
        )
        assert first == second
        assert first == {os.getpid(), *(other.pid for other in multiprocessing.active_children())}
    assert not multiprocessing.active_children()


def test_after_a_long_film_those_that_were_kept_have_ended_and_others_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "LONG", 540)
    with kept_helpers() as helpers:
        (before,) = helpers.begin(1)
        assert before.connection.poll(60)
        watch(Watch(CLIP, open_counting, as_seen), jobs=2, duration=DURATION, told=lambda _: None)
        assert not multiprocessing.active_children()
        monkeypatch.setattr(segments, "LONG", 541)
        watched = watch(Watch(CLIP, open_counting, as_seen), jobs=2, duration=DURATION, told=lambda _: None)
        assert len(seen_by(watched)) == 540
        assert len(multiprocessing.active_children()) == 1
    assert not multiprocessing.active_children()


def test_after_a_failure_others_help() -> None:
    with kept_helpers() as helpers:
        with pytest.raises(KdanceError, match="It is broken"):
            watch(Watch(CLIP, open_failing, as_seen), jobs=2, duration=DURATION, told=lambda _: None)
        assert not multiprocessing.active_children()
        (helper,) = helpers.begin(1)
        assert helper.connection.poll(60)
        watched = watch(Watch(CLIP, open_counting, as_seen), jobs=2, duration=DURATION, told=lambda _: None)
        assert len(seen_by(watched)) == 540


def test_a_kept_process_that_has_died_is_noticed() -> None:
    with kept_helpers() as helpers:
        (helper,) = helpers.begin(1)
        assert helper.connection.poll(60)
        watch(Watch(CLIP, open_counting, as_seen), jobs=2, duration=DURATION, told=lambda _: None)
        (other,) = multiprocessing.active_children()
        other.terminate()
        other.join()
        with pytest.raises(KdanceError, match="without a word"):
            watch(Watch(CLIP, open_counting, as_seen), jobs=2, duration=DURATION, told=lambda _: None)


def test_who_is_told_may_have_had_enough() -> None:
    def enough(frames: int) -> None:
        if frames > 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watch(Watch(CLIP, open_counting, as_seen), jobs=2, duration=DURATION, told=enough)


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="POSIX alone can keep it from them")
def test_ctrl_c_reaches_no_process_that_still_loads(capfd: pytest.CaptureFixture[str]) -> None:
    def interrupt(frames: int) -> None:
        if frames == 1:  # the others have just begun
            for other in multiprocessing.active_children():
                assert other.pid is not None
                os.kill(other.pid, signal.SIGINT)

    watched = watch(Watch(CLIP, open_counting, as_seen), jobs=2, duration=DURATION, told=interrupt)
    assert len(watched.times) == 540
    assert capfd.readouterr().err == ""


def test_there_is_at_least_one_processor() -> None:
    assert usual_jobs() >= 1


def test_passing_over_frames_is_reading_them_without_their_pictures() -> None:
    with VideoFile(CLIP) as source:
        times = [frame.time for frame in source]
    with VideoFile(CLIP) as source:
        passed = source.forward(7.3)
        assert passed == sum(time < 7.3 for time in times)
        assert source.next_time == times[passed]
        first = source.read()
        assert first is not None
        assert first.image.any()
        assert [first.time, *(frame.time for frame in source)] == times[passed:]
        assert source.forward(99.0) == 0
