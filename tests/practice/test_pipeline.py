"""The pose network in its own thread: every frame of a file, the newest of a camera, and what goes wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from kdance.capture.video_file import VideoFile
from kdance.errors import CameraLostError
from kdance.pose import Frame, Pose
from kdance.practice import pipeline as pipeline_module
from kdance.practice.pipeline import SLOW_FRAMES, PosePipeline, Seen
from tests.session_factory import ScriptedCamera, lost
from tests.video_factory import read_index, wait_until, write_clip

NOBODY: Callable[[Frame], Pose | None] = lambda frame: None  # noqa: E731


def drain(pipeline: PosePipeline, wait: float = 0.0) -> list[Seen]:
    """Everything that comes, with a reader that takes its time."""
    found = []
    while not pipeline.ended:
        seen = pipeline.read(0.2)
        if seen is not None:
            found.append(seen)
            time.sleep(wait)
    return found


@contextmanager
def camera_of(
    times: list[float | Exception | None], estimate: Callable[[Frame], Pose | None]
) -> Iterator[PosePipeline]:
    with PosePipeline(ScriptedCamera(times), estimate) as pipeline:
        yield pipeline


@pytest.mark.parametrize(("estimating", "reading"), [(0.0, 0.0), (0.004, 0.0), (0.0, 0.004)])
def test_a_file_never_loses_a_frame(tmp_path: Path, estimating: float, reading: float) -> None:
    clip = write_clip(tmp_path / "clip.mp4", 40)

    def estimate(frame: Frame) -> None:
        time.sleep(estimating)

    with VideoFile(clip) as source, PosePipeline(source, estimate) as pipeline:
        assert [read_index(seen.frame.image) for seen in drain(pipeline, reading)] == list(range(40))


def test_a_camera_gives_the_newest_to_a_slow_reader() -> None:
    with camera_of([number / 30 for number in range(60)], NOBODY) as pipeline:
        assert wait_until(lambda: pipeline._worker.has_ended)
        assert [seen.frame.time for seen in drain(pipeline)] == [59 / 30]


def test_poses_belong_to_their_frames(tmp_path: Path) -> None:
    def estimate(frame: Frame) -> Pose:
        number = read_index(frame.image)
        return Pose(np.full((33, 4), number, np.float32), np.full((33, 3), number, np.float32))

    with VideoFile(write_clip(tmp_path / "clip.mp4", 20)) as source, PosePipeline(source, estimate) as pipeline:
        for seen in drain(pipeline):
            assert seen.pose is not None
            assert seen.pose.landmarks[0, 0] == read_index(seen.frame.image)


def test_a_camera_that_is_lost_is_told_after_its_last_frame() -> None:
    with camera_of([0.0, None, lost()], NOBODY) as pipeline:
        assert wait_until(lambda: pipeline._worker.has_ended)
        assert not pipeline.ended
        seen = pipeline.read(0.2)
        assert seen is not None
        with pytest.raises(CameraLostError):
            pipeline.read(0.2)
        assert pipeline.ended


def test_what_the_network_raises_reaches_the_reader() -> None:
    def broken(frame: Frame) -> None:
        raise RuntimeError("no such luck")

    with camera_of([0.0, 0.1], broken) as pipeline, pytest.raises(RuntimeError, match="no such luck"):
        drain(pipeline)


def test_closing_ends_the_thread_in_the_middle(tmp_path: Path) -> None:
    with VideoFile(write_clip(tmp_path / "clip.mp4", 40)) as source, PosePipeline(source, NOBODY) as pipeline:
        assert pipeline.read(1.0) is not None
        pipeline.close()
        pipeline.close()
        assert not [thread for thread in threading.enumerate() if thread.name == "kdance-pose"]


def test_a_network_too_slow_for_a_camera_is_replaced_by_the_lighter_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline_module, "SLOW_S", 0.002)
    used = []

    def heavy(frame: Frame) -> None:
        used.append("full")
        time.sleep(0.004)

    def light(frame: Frame) -> None:
        used.append("lite")

    camera = ScriptedCamera([number / 30 for number in range(3 * SLOW_FRAMES)])
    with PosePipeline(camera, heavy, lighter=lambda: light) as pipeline:
        assert wait_until(lambda: pipeline._worker.has_ended)
        assert pipeline.is_light
    assert used == ["full"] * SLOW_FRAMES + ["lite"] * (2 * SLOW_FRAMES)


@pytest.mark.parametrize("is_file", [True, False])
def test_a_fast_network_and_a_recording_keep_the_one_they_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_file: bool
) -> None:
    monkeypatch.setattr(pipeline_module, "SLOW_S", 0.0 if is_file else 1.0)
    frames = SLOW_FRAMES + 10
    camera = ScriptedCamera([number / 30 for number in range(frames)])
    with VideoFile(write_clip(tmp_path / "clip.mp4", frames)) as clip:
        source = clip if is_file else camera
        with PosePipeline(source, NOBODY, lighter=lambda: pytest.fail("not asked for")) as pipeline:
            drain(pipeline)
            assert not pipeline.is_light
