"""Files give every frame with its own time; cameras give the newest and say when they are gone."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from kdance.capture import devices
from kdance.capture.camera import Camera
from kdance.capture.devices import Stream, Webcam
from kdance.capture.frames import open_source
from kdance.capture.video_file import VideoFile
from kdance.config import CameraSettings
from kdance.errors import CameraLostError, VideoError
from tests.video_factory import (
    free_port,
    live_camera,
    read_index,
    set_frame_durations,
    set_rotation_tag,
    wait_until,
    write_clip,
)

CAMERA = CameraSettings(lost_after=1.0)
TICK = 1 / 15360  # of the clock of clips written at 30 fps


@pytest.fixture(autouse=True)
def _no_thread_left() -> object:
    yield
    assert wait_until(lambda: not [t for t in threading.enumerate() if t.name.startswith("kdance")])


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "dance.mp4", 30)


# Files


def test_a_file_gives_every_frame_once_and_in_order(clip: Path) -> None:
    with open_source(clip, camera=CAMERA) as source:
        indices = [read_index(frame.image) for frame in source]
    assert indices == list(range(30))


def test_times_are_the_clip_s_own_from_zero(clip: Path) -> None:
    with open_source(str(clip), camera=CAMERA) as source:
        times = [frame.time for frame in source]
    np.testing.assert_allclose(times, np.arange(30) / 30, atol=1e-6)


def test_times_of_a_variable_frame_rate_are_the_real_ones(tmp_path: Path) -> None:
    ticks = [512, 512, 2048, 512, 1536, 512, 300, 724, 512, 512]
    path = set_frame_durations(write_clip(tmp_path / "phone.mp4", 10), ticks)
    with VideoFile(path) as source:
        frames = list(source)
    assert [read_index(frame.image) for frame in frames] == list(range(10))
    np.testing.assert_allclose([frame.time for frame in frames], np.cumsum([0, *ticks[:-1]]) * TICK, atol=1e-4)


def test_time_stamps_that_do_not_increase_are_nudged_and_no_frame_is_lost(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    positions = iter([0.0, 0.1, 0.1, 0.05, 0.2, *np.arange(0.3, 9, 0.1)])
    monkeypatch.setattr("kdance.capture.video_file._position", lambda capture: next(positions))
    with VideoFile(clip) as source:
        times = [frame.time for frame in source]
    assert len(times) == 30
    assert np.all(np.diff(times) > 0)
    np.testing.assert_allclose(times[:5], [0, 0.1, 0.101, 0.102, 0.2])


def test_a_file_source_describes_the_clip(clip: Path) -> None:
    with open_source(clip, camera=CAMERA) as source:
        assert (source.width_px, source.height_px) == (160, 120)
        assert source.fps == pytest.approx(30)
        assert source.duration == pytest.approx(1.0)
        assert not source.is_live
        assert source.dropped == 0
        assert source.name == str(clip)


def test_trimming_keeps_the_part_and_counts_from_its_first_frame(clip: Path) -> None:
    with VideoFile(clip, start=0.3, end=0.6) as source:
        frames = list(source)
        assert source.duration == pytest.approx(0.3, abs=0.04)
    assert [read_index(frame.image) for frame in frames] == list(range(9, 18))
    np.testing.assert_allclose([frame.time for frame in frames], np.arange(9) / 30, atol=1e-6)


def test_trimming_beyond_the_end_is_refused(clip: Path) -> None:
    with pytest.raises(VideoError, match=r"only 1\.0 s long"), VideoFile(clip, start=5):
        pass
    with pytest.raises(VideoError, match="empty"):
        VideoFile(clip, start=2, end=1)


def test_reading_step_by_step_is_the_same_as_iterating(clip: Path) -> None:
    steps = []
    with VideoFile(clip) as source:
        while not source.ended:
            frame = source.read(timeout=0.01)
            assert frame is not None
            steps.append(frame.time)
        assert source.read() is None
    with VideoFile(clip) as source:
        assert steps == [frame.time for frame in source]


def test_a_source_can_be_opened_again_and_closed_twice(clip: Path) -> None:
    source = VideoFile(clip)
    for _ in range(2):
        with source:
            assert len(list(source)) == 30
    source.close()
    source.close()
    assert source.ended


def test_a_phone_clip_comes_upright(tmp_path: Path) -> None:
    path = set_rotation_tag(write_clip(tmp_path / "upright.mp4", 3), 90)
    with VideoFile(path) as source:
        frame = source.read()
        assert frame is not None
        assert frame.image.shape == (160, 120, 3)
        assert (source.width_px, source.height_px) == (120, 160)
        assert read_index(np.rot90(frame.image)) == 0


def test_a_file_url_is_a_file(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "my dance.mp4", 3)
    with open_source(clip.as_uri(), camera=CAMERA) as source:
        assert not source.is_live
        assert len(list(source)) == 3


def test_a_file_name_with_a_colon_is_no_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_clip(tmp_path / "plain.mp4", 3).rename(tmp_path / "tcp:dance.mp4")
    monkeypatch.chdir(tmp_path)
    with open_source("tcp:dance.mp4", camera=CAMERA) as source:
        assert len(list(source)) == 3


def test_a_truncated_file_ends_at_its_last_good_frame(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "cut.avi", 30)
    data = clip.read_bytes()
    clip.write_bytes(data[: len(data) // 2])
    with VideoFile(clip) as source:
        indices = [read_index(frame.image) for frame in source]
    assert 5 < len(indices) < 30
    assert indices == list(range(len(indices)))


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("make", "says"),
    [
        pytest.param(lambda folder: folder / "none.mp4", "There is no video", id="missing"),
        pytest.param(lambda folder: folder, "is a folder", id="folder"),
        pytest.param(lambda folder: _write(folder / "a.mp4", b""), "is an empty file", id="empty"),
        pytest.param(lambda folder: _write(folder / "a.mp4", b"\x01\x02garbage" * 500), "is not a video", id="garbage"),
        pytest.param(lambda folder: _write(folder / "a.txt", b"hello world\n" * 99), "is not a video", id="text"),
    ],
)
def test_what_is_no_video_is_refused_in_one_sentence(make: object, says: str, tmp_path: Path) -> None:
    with pytest.raises(VideoError, match=says) as caught, open_source(make(tmp_path), camera=CAMERA):  # type: ignore[operator]
        pass
    assert caught.value.message.endswith(".")
    assert caught.value.hint


def test_a_codec_that_cannot_be_decoded_is_named_with_the_way_out(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "dance.mp4", 3)
    data = clip.read_bytes()
    end = data.index(b"mdat") + 4
    clip.write_bytes(data[:end] + bytes(data.rindex(b"moov") - 4 - end) + data[data.rindex(b"moov") - 4 :])
    with pytest.raises(VideoError, match="can't be decoded here") as caught, VideoFile(clip):
        pass
    assert f'ffmpeg -i "{clip}" -c:v libx264' in caught.value.hint


# Cameras


def test_a_stream_is_live_and_gives_frames_in_order_with_grab_times() -> None:
    with live_camera(fps=60) as server, open_source(server.url, camera=CAMERA) as source:
        frames = [frame for _, frame in zip(range(30), source, strict=False)]
        assert source.is_live
        assert (source.width_px, source.height_px) == (160, 120)
        assert source.fps == pytest.approx(60, rel=0.3)
        assert source.duration is None
    times = [frame.time for frame in frames]
    assert times[0] == 0
    assert np.all(np.diff(times) > 0)
    assert times[-1] == pytest.approx(29 / 60, abs=0.25)
    assert np.all(np.diff([read_index(frame.image) for frame in frames]) > 0)


def test_a_slow_reader_gets_the_newest_frame_and_the_lost_ones_are_counted() -> None:
    with live_camera(fps=60) as server, open_source(server.url, camera=CAMERA) as source:
        first = source.read(timeout=1)
        time.sleep(0.5)
        second = source.read(timeout=1)
        assert first is not None
        assert second is not None
        skipped = read_index(second.image) - read_index(first.image) - 1
        assert skipped > 10
        assert abs(source.dropped - skipped) <= 2
        assert second.time == pytest.approx(0.5, abs=0.2)


def test_reading_a_camera_that_has_nothing_new_gives_none() -> None:
    with live_camera() as server, open_source(server.url, camera=CAMERA) as source:
        assert source.read(timeout=1) is not None
        server.stall()
        assert wait_until(lambda: source.read(timeout=0.02) is None)  # what was under way has arrived
        assert source.read() is None
        assert not source.ended
    assert source.ended
    assert source.read(timeout=1) is None


def test_a_stream_that_stalls_is_lost_after_the_time_set_and_closes_at_once() -> None:
    with live_camera(fps=30) as server, open_source(server.url, camera=CAMERA) as source:
        assert source.read(timeout=1) is not None
        server.stall()
        begin = time.monotonic()
        with pytest.raises(CameraLostError, match="stopped sending pictures"):
            for _ in source:
                pass
        assert 0.8 < time.monotonic() - begin < 2.5


def test_a_short_stall_is_survived() -> None:
    with live_camera(fps=30) as server, open_source(server.url, camera=CameraSettings(lost_after=3)) as source:
        assert source.read(timeout=1) is not None
        server.stall()
        time.sleep(0.7)
        server.resume()
        for _ in range(5):
            assert source.read(timeout=1) is not None


def test_a_stall_that_breaks_the_connection_is_survived_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """FFmpeg gives a connection up when one read takes too long; it is opened again while there is time."""
    monkeypatch.setattr(devices, "STREAM_TIMEOUT_MS", 600)
    with live_camera(fps=30) as server, open_source(server.url, camera=CameraSettings(lost_after=4)) as source:
        first = source.read(timeout=1)
        server.stall()
        time.sleep(0.9)
        server.resume()
        later = [source.read(timeout=3) for _ in range(5)]
        assert first is not None
        assert all(frame is not None and frame.time > 0.8 for frame in later[1:])


def test_a_stream_that_hangs_up_is_lost() -> None:
    with live_camera(fps=60, count=20) as server, open_source(server.url, camera=CAMERA) as source:
        begin = time.monotonic()
        with pytest.raises(CameraLostError):
            for _ in source:
                pass
        assert time.monotonic() - begin < 3


@pytest.mark.parametrize("status", ["401 Unauthorized", "404 Not Found"])
def test_a_stream_that_refuses_cannot_be_opened_and_no_password_is_shown(status: str) -> None:
    with live_camera(status=status) as server:
        url = server.url.replace("//", "//me:geheim@") + "?token=geheim"
        with pytest.raises(VideoError, match="can't be opened") as caught, open_source(url, camera=CAMERA):
            pass
    assert "geheim" not in str(caught.value)
    assert f"127.0.0.1:{server.port}/video.mjpg" in str(caught.value)


def test_nobody_at_the_address_is_told_quickly() -> None:
    begin = time.monotonic()
    url = f"http://127.0.0.1:{free_port()}/video"
    with pytest.raises(VideoError, match="can't be opened"), open_source(url, camera=CAMERA):
        pass
    assert time.monotonic() - begin < 4


class _ScriptedCapture:
    """A driver that does what the test says: a list of pictures, ``None`` for a failed read, an exception to raise."""

    def __init__(self, script: list[object]) -> None:
        self.script = iter(script)
        self.released = threading.Event()

    def read(self) -> tuple[bool, object]:
        step = next(self.script, None)
        if isinstance(step, Exception):
            raise step
        if isinstance(step, threading.Event):
            step.wait(20)
            step = None
        time.sleep(0.01)
        return step is not None, step

    def release(self) -> None:
        self.released.set()


class _ScriptedCamera(Camera):
    def __init__(self, script: list[object], settings: CameraSettings = CAMERA) -> None:
        super().__init__("camera 9", settings)
        self.capture = _ScriptedCapture(script)

    def _open(self) -> _ScriptedCapture:  # type: ignore[override]
        return self.capture


PICTURE = np.zeros((4, 6, 3), np.uint8)


def test_what_goes_wrong_in_the_thread_reaches_the_reader_and_the_driver_is_released() -> None:
    with pytest.raises(ZeroDivisionError), _ScriptedCamera([PICTURE, ZeroDivisionError()]) as camera:
        list(camera)
    assert camera.capture.released.is_set()


def test_a_webcam_may_miss_single_frames() -> None:
    script = [PICTURE, None, None, PICTURE, None, *[PICTURE] * 3]
    read = 0
    with _ScriptedCamera(script) as camera, pytest.raises(CameraLostError, match="camera 9 stopped"):
        for _ in camera:
            read += 1
    assert read >= 4


def test_a_camera_that_sends_nothing_from_the_start_is_refused() -> None:
    with pytest.raises(VideoError, match="sends no picture") as caught, _ScriptedCamera([]):
        pass
    assert not isinstance(caught.value, CameraLostError)


def test_a_driver_that_hangs_holds_nobody_up() -> None:
    hang = threading.Event()
    begin = time.monotonic()
    try:
        with pytest.raises(CameraLostError), _ScriptedCamera([PICTURE, hang]) as camera:
            list(camera)
        assert time.monotonic() - begin < 5
    finally:
        hang.set()
    assert camera.capture.released.wait(5)


def test_the_process_ends_although_a_stream_hangs() -> None:
    program = (
        "import sys; from kdance.config import CameraSettings; from kdance.capture.frames import open_source\n"
        "with open_source(sys.argv[1], camera=CameraSettings(lost_after=1)) as source:\n"
        "    for frame in source: print('frame', flush=True)\n"
    )
    with live_camera(fps=30) as server:
        process = subprocess.Popen(
            [sys.executable, "-c", program, server.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout is not None
            assert process.stdout.readline()
            server.stall()
            begin = time.monotonic()
            _, errors = process.communicate(timeout=10)
        finally:
            process.kill()
            process.wait()
    assert process.returncode == 1
    assert "CameraLostError" in errors
    assert time.monotonic() - begin < 8
    assert "WARN" not in errors


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /dev/video*")
def test_a_webcam_that_does_not_exist_is_named_with_those_that_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "webcams", lambda: [0, 2])
    with pytest.raises(VideoError, match="There is no camera 97") as caught, open_source("97", camera=CAMERA):
        pass
    assert "Cameras here: 0, 2." in caught.value.hint


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (0, Webcam),
        ("1", Webcam),
        ("/dev/video2", Webcam),
        ("rtsp://host/stream", Stream),
        ("clip.mp4", VideoFile),
        (Path("3"), VideoFile),
    ],
)
def test_the_kind_of_source_follows_from_its_name(source: int | str | Path, kind: type) -> None:
    assert isinstance(open_source(source, camera=CAMERA), kind)


def test_no_source_at_all_is_refused() -> None:
    with pytest.raises(VideoError, match="No camera or video"):
        open_source(" ", camera=CAMERA)


def test_an_address_of_a_file_that_is_none_is_told() -> None:
    with pytest.raises(VideoError, match="no file's address"):
        open_source("file://[", camera=CameraSettings())
