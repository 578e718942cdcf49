"""Which process watches which segment: each once, whatever the order in which they ask; jumps change no frame."""

from __future__ import annotations

import multiprocessing
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kdance.audio.ffmpeg import ffmpeg_path
from kdance.capture.helpers import Shared
from kdance.capture.packets import count_packets
from kdance.capture.segment_plan import Numbers, Plan
from kdance.capture.segment_watcher import NotAsPackedError, Watch, Watcher
from kdance.capture.segments import watch
from kdance.pose import Frame
from tests.video_factory import read_index, write_clip

SECONDS = 22.0
FRAMES = 660


def taken(plan: Plan, jobs: int, order: Iterator[int]) -> list[list[int]]:
    """The segments that each process watches, where they ask in such an order."""
    shared = Shared.of(multiprocessing.get_context("spawn"))
    numbers, own = Numbers(shared, plan, jobs), [list[int]() for _ in range(jobs)]
    busy = set(range(jobs))
    while busy:
        process = next(order)
        if process in busy:
            number = numbers.take(process, own[process][-1] if own[process] else None)
            if plan.count is not None and number >= plan.count:
                busy.discard(process)
            else:
                own[process].append(number)
    return own


@pytest.mark.parametrize("jobs", [1, 2, 5, 9])
@pytest.mark.parametrize("can_jump", [True, False])
def test_each_segment_is_watched_once(jobs: int, can_jump: bool) -> None:
    chance = np.random.default_rng(jobs)
    for duration in (3.0, 36.0, 180.0):
        plan = Plan.of(duration, np.arange(0, duration, 0.04) if can_jump else None)
        own = taken(plan, jobs, iter(lambda: int(chance.integers(jobs)), -1))
        assert sorted(number for numbers in own for number in numbers) == list(range(plan.count or 0))
        if not can_jump:  # a process only goes forward
            assert all(numbers == sorted(numbers) for numbers in own)


def test_equally_fast_processes_jump_once() -> None:
    plan = Plan.of(80.0, np.arange(0, 80.0, 0.04))
    turns = (process for _ in range(99) for process in (0, 1))
    assert taken(plan, 2, turns) == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_a_slow_process_leaves_its_segments_to_the_fast_one() -> None:
    plan = Plan.of(80.0, np.arange(0, 80.0, 0.04))
    turns = (process for _ in range(99) for process in (0, 0, 0, 0, 0, 1))
    own = taken(plan, 2, turns)
    assert own[0][:4] == [0, 1, 2, 3]
    assert len(own[1]) < 3


@contextmanager
def open_reading() -> Iterator[Callable[[Frame, int], tuple[int, int, float]]]:
    """Sees the number of a frame, the one that its picture shows, and its time."""
    yield lambda frame, number: (number, read_index(frame.image), frame.time)


def ffmpeg(*options: object) -> None:
    subprocess.run([ffmpeg_path(), "-v", "error", "-y", *map(str, options)], check=True, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "raw.mp4", FRAMES)


CODECS = {
    "far key frames": ("-c:v", "libx264", "-crf", 14, "-g", 250, "-bf", 3),
    "open groups": ("-c:v", "libx264", "-crf", 14, "-g", 40, "-x264-params", "open-gop=1", "-bf", 3),
    "variable rate": ("-vf", "select='gt(mod(n,7)*mod(n,3),0)'", "-fps_mode", "vfr", "-c:v", "libx264", "-crf", 14),
}  # fmt: skip


@pytest.mark.parametrize("kind", CODECS)
def test_a_jump_changes_nothing(raw: Path, tmp_path: Path, kind: str) -> None:
    ffmpeg("-i", raw, *CODECS[kind], tmp_path / "clip.mp4")
    packets = count_packets(tmp_path / "clip.mp4")
    assert packets is not None and packets.times is not None
    forward = by_one(tmp_path / "clip.mp4", Plan.of(SECONDS), [0, 1])
    assert [number for number, _, _ in forward] == list(range(packets.shown))
    assert [time for _, _, time in forward] == pytest.approx(packets.times, abs=1e-3)
    assert len({shown for _, shown, _ in forward}) == packets.shown
    assert by_one(tmp_path / "clip.mp4", Plan.of(SECONDS, packets.times), [1, 0]) == forward
    assert by_one(tmp_path / "clip.mp4", Plan(3.1, 7, packets.times), [4, 2, 3, 6, 0, 1, 5]) == forward


def test_frames_that_are_not_those_of_the_packets_are_noticed(raw: Path) -> None:
    packets = count_packets(raw)
    assert packets is not None and packets.times is not None
    for wrong in (packets.times[:-5], packets.times * 1.01, np.append(packets.times, 99.0)):
        with pytest.raises(NotAsPackedError):
            by_one(raw, Plan.of(SECONDS, wrong), [1, 0])


def as_seen(_: list[float], seen: list[Any]) -> list[Any]:
    return seen


def by_one(path: Path, plan: Plan, order: list[int]) -> list[tuple[int, int, float]]:
    """What one process sees that is given the segments in such an order."""
    numbers, what = iter([*order, 99, 99]), Watch(path, open_reading, as_seen)
    with what.open() as source, Watcher(what, source, plan, lambda _: next(numbers), lambda: None) as watcher:
        segments = dict(watcher)
    return [seen for number in sorted(segments) for seen in segments[number].seen]


def test_a_damaged_film_is_watched_as_by_one(raw: Path, tmp_path: Path) -> None:
    ffmpeg("-i", raw, "-c:v", "libx264", "-crf", 12, "-g", 15, "-bf", 0, tmp_path / "clip.mp4")
    data = bytearray((tmp_path / "clip.mp4").read_bytes())
    begin = data.index(b"mdat") + 4
    size = data.rindex(b"moov") - 8 - begin
    middle = begin + size * 30 // 100
    data[middle : middle + size // 20] = np.random.default_rng(2).bytes(size // 20)
    (tmp_path / "damaged.mp4").write_bytes(data)
    alone, both = seen(tmp_path / "damaged.mp4", 1), seen(tmp_path / "damaged.mp4", 2)
    assert alone == both
    assert alone.damage.lost > 0.3


def test_a_film_cut_off_is_told_by_whoever_came_to_its_end(raw: Path, tmp_path: Path) -> None:
    ffmpeg("-i", raw, "-c:v", "libx264", "-crf", 12, "-g", 15, "-movflags", "+faststart", tmp_path / "fast.mp4")
    data = (tmp_path / "fast.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: len(data) * 8 // 10])
    alone, both = seen(tmp_path / "cut.mp4", 1), seen(tmp_path / "cut.mp4", 2)
    assert alone == both
    assert alone.damage.missing > 1


def seen(path: Path, jobs: int):  # type: ignore[no-untyped-def]
    watched = watch(Watch(path, open_reading, as_seen), jobs=jobs, duration=SECONDS, told=lambda _: None)
    return replace(watched, parts=list(watched.parts))
