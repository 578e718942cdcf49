"""Recordings: what is in the file, and what happens when something goes wrong."""

from __future__ import annotations

import itertools
import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from kdance.audio.ffmpeg import ffmpeg_path
from kdance.errors import KdanceError
from kdance.recording.recorder import Recorder, check_recording
from kdance.recording.sound_track import SoundTrack

RATE = 44100
SIZE = (64, 36)
PATIENCE_S = 20.0


def plain(level: int, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    return np.full((size[1], size[0], 3), level, dtype=np.uint8)


def click(seconds: float = 0.1, at: float = 0.0) -> NDArray[np.float32]:
    """Silence with 2 ms of loud sound in it."""
    block = np.zeros((round(seconds * RATE), 2), dtype=np.float32)
    first = round(at * RATE)
    block[first : first + 88] = 0.9
    return block


def decoded(path: Path, *arguments: str) -> bytes:
    command = [ffmpeg_path(), "-v", "error", "-i", str(path), *arguments, "-"]
    return subprocess.run(command, capture_output=True, check=True).stdout


def brightness(path: Path, size: tuple[int, int] = SIZE) -> NDArray[np.float64]:
    """The mean grey of each picture of the file, without any made up by the decoder."""
    raw = decoded(path, "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray")
    return np.frombuffer(raw, np.uint8).reshape(-1, size[0] * size[1]).mean(axis=1)


def sound_of(path: Path) -> NDArray[np.float64]:
    raw = decoded(path, "-f", "s16le", "-ac", "2", "-ar", str(RATE))
    return np.frombuffer(raw, "<i2").reshape(-1, 2).mean(axis=1) / 32768


def described(path: Path) -> str:
    """What ffmpeg says about a file; it ends with an error because it is given nothing to do."""
    return subprocess.run([ffmpeg_path(), "-i", str(path)], capture_output=True, check=False).stderr.decode()


def record(
    path: Path,
    pictures: Sequence[tuple[int, float]],
    sounds: Sequence[tuple[NDArray[np.float32], float]] = (),
    size: tuple[int, int] = SIZE,
) -> Recorder:
    """Records plain pictures of (grey level, moment) and blocks of sound."""
    with Recorder(path, *size) as recorder:
        for block, moment in sounds:
            recorder.sound(block, moment)
        for level, moment in pictures:
            wait_for_room(recorder)
            recorder.picture(plain(level, size), moment)
    return recorder


def wait_for_room(recorder: Recorder) -> None:
    """Pictures come faster here than from a camera; wait for the encoder instead of dropping them."""
    track = recorder._pictures
    end = time.monotonic() + PATIENCE_S
    while track is not None and len(track._waiting) > 10 and time.monotonic() < end:
        time.sleep(0.001)


def until(condition: object, reason: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, reason
        time.sleep(0.01)


# What is in the file


@pytest.mark.parametrize("rate", [15, 24, 30, 60])
def test_any_rate_of_pictures_becomes_a_constant_one_in_real_time(tmp_path: Path, rate: int) -> None:
    target = tmp_path / "take.mp4"
    recorder = record(target, [(200 if k >= rate else 20, 50 + k / rate) for k in range(2 * rate)])
    assert recorder.saved
    assert (recorder.problem, recorder.dropped) == (None, 0)
    levels = brightness(target)
    assert len(levels) == pytest.approx(60, abs=2)
    assert np.flatnonzero(levels > 100)[0] == pytest.approx(30, abs=1)
    assert "30 fps" in described(target)


def test_a_stalled_window_shows_its_last_picture_for_as_long_as_it_was_shown(tmp_path: Path) -> None:
    record(tmp_path / "take.mp4", [(20, 0.0), (200, 1.0), (20, 2.5), (20, 2.6)])
    bright = np.flatnonzero(brightness(tmp_path / "take.mp4") > 100)
    assert (bright[0], bright[-1]) == (30, 74)


def test_flash_and_click_of_a_moment_stay_together(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    moments = 1000 + np.arange(240) / 30 + random.uniform(-0.008, 0.008, 240)
    flashes = moments[[37, 90, 151, 222]]
    blocks = [(np.zeros((1024, 2), np.float32), 1000 + k * 1024 / RATE + random.normal(0, 0.003)) for k in range(345)]
    for flash in flashes:
        first = round((flash - 1000) * RATE)
        for sample in range(first, first + 88):
            blocks[sample // 1024][0][sample % 1024] = 0.9
    target = tmp_path / "take.mp4"
    record(target, [(230 if moment in flashes else 20, moment) for moment in moments], blocks)
    seen = np.flatnonzero(brightness(target) > 100) / 30
    loud = np.flatnonzero(np.abs(sound_of(target)) > 0.3) / RATE
    heard = loud[np.flatnonzero(np.diff(loud, prepend=-1) > 0.1)]
    assert len(heard) == len(flashes) == len(seen)
    np.testing.assert_allclose(heard, seen, atol=0.040)
    np.testing.assert_allclose(heard, flashes - moments[0], atol=0.025)


def test_what_is_cut_out_is_neither_seen_nor_heard_and_the_rest_stays_together(tmp_path: Path) -> None:
    """Two dances with a rest between them: a flash and a click in each, and both all the time while nobody dances."""
    target = tmp_path / "take.mp4"
    block = 441
    with Recorder(target, *SIZE) as recorder:

        def hear(first: float, last: float, *clicks: float) -> None:
            for number in range(round((last - first) * RATE / block)):
                moment = first + number * block / RATE
                is_loud = any(moment <= heard < moment + block / RATE for heard in clicks)
                recorder.sound(click(block / RATE) if is_loud else np.zeros((block, 2), np.float32), moment)

        shown = []
        for begin in (100.0, 110.0):
            hear(begin - 1.0, begin + 0.06, begin - 0.5)  # before the dance, and a little ahead
            for number in range(60):
                moment = begin + number / 30
                wait_for_room(recorder)
                shown.append((moment, recorder.picture(plain(230 if number == 30 else 20), moment)))
            hear(begin + 0.06, begin + 2.06, begin + 1.005)
            recorder.cut()
            hear(begin + 2.06, begin + 8.0, *np.arange(begin + 2.1, begin + 8.0))
    assert recorder.saved
    assert len(brightness(target)) == 120
    seen = np.flatnonzero(brightness(target) > 100) / 30
    loud = np.flatnonzero(np.abs(sound_of(target)) > 0.3) / RATE
    heard = loud[np.flatnonzero(np.diff(loud, prepend=-1) > 0.1)]
    np.testing.assert_allclose(seen, [1.0, 3.0], atol=0.001)
    np.testing.assert_allclose(heard, [1.0, 3.0], atol=0.025)
    np.testing.assert_allclose([second for _, second in shown], np.arange(120) / 30, atol=0.001)


def test_a_gap_in_the_sound_is_silence(tmp_path: Path) -> None:
    target = tmp_path / "take.mp4"
    loud = np.full((RATE // 2, 2), 0.5, np.float32)
    record(target, [(20, 7 + k / 10) for k in range(40)], [(loud, 7.0), (loud, 9.0)])
    sound = np.abs(sound_of(target))
    assert sound[int(0.1 * RATE) : int(0.45 * RATE)].mean() > 0.3
    assert sound[int(0.6 * RATE) : int(1.9 * RATE)].max() < 0.02
    assert sound[int(2.1 * RATE) : int(2.45 * RATE)].mean() > 0.3


def test_sound_before_the_first_picture_and_after_the_last_is_cut(tmp_path: Path) -> None:
    target = tmp_path / "take.mp4"
    record(target, [(20, 5 + k / 30) for k in range(60)], [(click(2.0, at=1.5), 4.0), (click(4.0, at=0.9), 6.0)])
    loud = np.flatnonzero(np.abs(sound_of(target)) > 0.3) / RATE
    assert loud[0] == pytest.approx(0.5, abs=0.005)
    assert loud[-1] == pytest.approx(1.9, abs=0.01)
    assert len(sound_of(target)) / RATE == pytest.approx(2.0, abs=0.05)


def test_without_sound_there_is_a_film_without_a_sound_track(tmp_path: Path) -> None:
    target = tmp_path / "take.mp4"
    assert record(target, [(20, k / 30) for k in range(15)]).saved
    assert "Audio" not in described(target)


@pytest.mark.parametrize("size", [(64, 36), (65, 37), (2, 2), (853, 481)], ids=str)
def test_any_size_can_be_played_everywhere(tmp_path: Path, size: tuple[int, int]) -> None:
    target = tmp_path / "take.mp4"
    assert record(target, [(120, k / 30) for k in range(6)], size=size).saved
    even = (size[0] // 2 * 2, size[1] // 2 * 2)
    about = described(target)
    assert f"{even[0]}x{even[1]}" in about
    assert "yuv420p" in about
    assert "h264" in about
    assert brightness(target, even) == pytest.approx(120, abs=3)
    data = target.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat"), "a player has to read to the end before it can begin"


def test_colours_stay(tmp_path: Path) -> None:
    target = tmp_path / "take.mp4"
    image = np.zeros((36, 64, 3), np.uint8)
    image[:, :, 2], image[:, :, 1] = 220, 60
    with Recorder(target, 64, 36) as recorder:
        recorder.picture(image, 0.0)
        image[:] = 0  # the caller may draw on it again
        recorder.picture(np.full_like(image, 90), 1.0)
    first = np.frombuffer(decoded(target, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "bgr24"), np.uint8)
    np.testing.assert_allclose(first.reshape(-1, 3).mean(axis=0), [0, 60, 220], atol=6)


def test_nothing_but_the_recording_is_left(tmp_path: Path) -> None:
    record(tmp_path / "take.mp4", [(20, k / 30) for k in range(10)], [(click(), 0.0)])
    assert [file.name for file in tmp_path.iterdir()] == ["take.mp4"]


def test_a_session_without_a_picture_leaves_nothing(tmp_path: Path) -> None:
    recorder = record(tmp_path / "take.mp4", [], [(click(), 0.0)])
    assert not recorder.saved
    assert "no picture" in (recorder.problem or "")
    assert list(tmp_path.iterdir()) == []


def test_an_error_in_the_session_keeps_what_was_recorded(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="session"), Recorder(tmp_path / "take.mp4", *SIZE) as recorder:
        recorder.picture(plain(20), 0.0)
        recorder.picture(plain(20), 1.0)
        raise RuntimeError("the session broke")
    assert recorder.saved
    assert len(brightness(tmp_path / "take.mp4")) == 31


# The sound track alone


def track_of(path: Path, zero: float, blocks: Sequence[tuple[NDArray[np.float32], float]]) -> NDArray[np.float64]:
    track = SoundTrack(path, RATE)
    track.begin(zero)
    for block, moment in blocks:
        track.write(block, moment)
    track.close()
    assert track.failure is None
    track.check()
    samples, rate = soundfile.read(path, dtype="int16")
    assert (samples.shape, rate) == ((round(track.duration * RATE), 2), RATE)
    return np.asarray(samples[:, 0] / 32767)


def test_blocks_with_jittering_moments_join_without_a_seam(tmp_path: Path) -> None:
    tone = np.sin(np.arange(RATE) / 20).astype(np.float32)
    stereo = np.stack([tone, tone], axis=1)
    random = np.random.default_rng(1)
    blocks = [(stereo[k : k + 500], 10 + k / RATE + random.uniform(-0.008, 0.008)) for k in range(0, RATE, 500)]
    blocks[0] = (blocks[0][0], 10.0)
    np.testing.assert_allclose(track_of(tmp_path / "a.wav", 10.0, blocks), tone, atol=1 / 32767)


def test_a_block_that_replaces_another_overwrites_it(tmp_path: Path) -> None:
    one, two = np.full((2000, 2), 0.25, np.float32), np.full((1500, 2), 0.75, np.float32)
    moments = [0.0, 2000 / RATE, 4000 / RATE, 1000 / RATE, 2510 / RATE, 4000 / RATE, 5500 / RATE]
    blocks = [one] * 3 + [two] * 4
    sound = track_of(tmp_path / "a.wav", 0.0, list(zip(blocks, moments, strict=True)))
    assert len(sound) == 7000, "what replaces has no seam either"
    assert np.abs(sound[:1000] - 0.25).max() < 1e-3
    assert np.abs(sound[1000:] - 0.75).max() < 1e-3


@pytest.mark.parametrize("moment", [np.nan, np.inf, -np.inf, 1e9, -1e9])
def test_a_wrong_moment_does_no_harm(tmp_path: Path, moment: float) -> None:
    block = np.full((100, 2), 2.0, np.float32)  # too loud as well
    block[50] = np.nan
    sound = track_of(tmp_path / "a.wav", 0.0, [(block, moment), (block, 0.0)])
    assert len(sound) == 100
    assert sound.max() == 1.0
    assert sound[50] == 0.0


# What is refused


@pytest.mark.parametrize("name", ["take.avi", "take", "take.mp4.mov"])
def test_only_mp4(tmp_path: Path, name: str) -> None:
    with pytest.raises(KdanceError, match=r"\.mp4"):
        check_recording(tmp_path / name)


def test_a_recording_is_never_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "take.mp4"
    target.write_text("mine")
    with pytest.raises(KdanceError, match="exists already"), Recorder(target, *SIZE):
        pass
    assert target.read_text() == "mine"


def test_an_interrupted_recording_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "take.unfinished.mp4").write_text("mine")
    with pytest.raises(KdanceError, match="interrupted"):
        check_recording(tmp_path / "take.mp4")


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(KdanceError, match="no folder"):
        check_recording(tmp_path / "gone" / "take.mp4")


def test_a_good_name_is_taken(tmp_path: Path) -> None:
    check_recording(tmp_path / "TAKE.MP4")


def test_a_picture_of_another_size_is_a_mistake_of_ours(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="36, 64, 3"), Recorder(tmp_path / "take.mp4", *SIZE) as recorder:
        recorder.picture(plain(0, (10, 10)), 0.0)


# What goes wrong


@pytest.fixture
def fake_ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A script in place of ffmpeg, to be written by the test."""
    if sys.platform == "win32":
        pytest.skip("needs scripts that can be run")
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "ffmpeg"
    script.touch()
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(script))
    yield script


def dance_on(recorder: Recorder, second: int = 0) -> None:
    """Pictures and sound until the recorder notices that something is wrong."""
    moments = itertools.count(30 * second)

    def step() -> bool:
        moment = next(moments) / 30
        recorder.picture(plain(30), moment)
        recorder.sound(click(1 / 30), moment)
        return recorder.problem is not None

    until(step, "the problem was not noticed")


def test_a_full_disk_ends_the_recording_not_the_session(tmp_path: Path, fake_ffmpeg: Path) -> None:
    fake_ffmpeg.write_text("#!/bin/sh\nhead -c 9000 >/dev/null\necho 'x: No space left on device' >&2\nexit 1\n")
    with Recorder(tmp_path / "take.mp4", *SIZE) as recorder:
        dance_on(recorder)
        assert recorder.problem == "The recording stopped: the disk is full."
        recorder.picture(plain(30), 10.0)
        recorder.sound(click(100.0), 10.0)
    assert not (tmp_path / "take.mp4").exists()
    sound = tmp_path / "take.unfinished.wav"
    assert sound.stat().st_size < 100 * RATE * 4, "it goes on filling the disk"
    assert "take.unfinished.mp4 and take.unfinished.wav" in (recorder.problem or "")


def test_a_dying_ffmpeg_is_told(tmp_path: Path, fake_ffmpeg: Path) -> None:
    fake_ffmpeg.write_text("#!/bin/sh\nhead -c 9000 >/dev/null\necho 'Unknown encoder' >&2\nexit 1\n")
    with Recorder(tmp_path / "take.mp4", *SIZE) as recorder:
        dance_on(recorder)
    assert "Unknown encoder" in (recorder.problem or "")
    assert not recorder.saved


def test_what_was_recorded_before_ffmpeg_died_is_joined(tmp_path: Path) -> None:
    with Recorder(tmp_path / "take.mp4", *SIZE) as recorder:
        for k in range(300):
            wait_for_room(recorder)
            recorder.picture(plain(30), k / 30)
        assert recorder._pictures is not None
        part = tmp_path / "take.unfinished.mp4"
        until(lambda: part.stat().st_size > 3000, "no fragment was written")
        recorder._pictures._encoder.kill()
        dance_on(recorder, 10)
    assert "stopped" in (recorder.problem or "")
    assert recorder.saved
    assert len(brightness(tmp_path / "take.mp4")) >= 60


def test_a_missing_ffmpeg_is_told_and_the_session_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "gone"))
    recorder = record(tmp_path / "take.mp4", [(20, 0.0), (20, 1.0)], [(click(), 0.0)])
    assert "IMAGEIO_FFMPEG_EXE" in (recorder.problem or "")
    assert not recorder.saved
    assert list(tmp_path.iterdir()) == []


def test_an_ffmpeg_that_cannot_be_run_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform == "win32" or os.name != "posix":
        pytest.skip("needs file modes")
    program = tmp_path / "not-a-program"
    program.write_text("")
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(program))
    recorder = record(tmp_path / "take.mp4", [(20, 0.0), (20, 1.0)], [(click(), 0.0)])
    assert "not recorded" in (recorder.problem or "")
    assert [file.name for file in tmp_path.iterdir()] == ["not-a-program"]


def test_a_busy_encoder_drops_pictures_and_keeps_time(tmp_path: Path, fake_ffmpeg: Path) -> None:
    """It reads nothing for as long as the pictures come, and all of it afterwards."""
    go = tmp_path / "go"
    fake_ffmpeg.write_text(
        f"#!/bin/sh\nwhile [ ! -e {go} ]; do sleep 0.02; done\ncat >>{tmp_path}/raw\n"
        'for target; do :; done\ntouch "$target"\n'
    )
    size = (320, 240)
    with Recorder(tmp_path / "take.mp4", *size) as recorder:
        for k in range(90):
            recorder.picture(plain(30, size), k / 30)
        dropped = recorder.dropped
        go.touch()
        until(lambda: not recorder._pictures._waiting, "it did not go on")  # type: ignore[union-attr]
        recorder.picture(plain(30, size), 4.0)
    assert 50 < dropped < 90
    assert recorder._pictures is not None
    assert (tmp_path / "raw").stat().st_size == 121 * 320 * 240 * 3 // 2


def test_ctrl_c_in_the_terminal_does_not_reach_ffmpeg(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("needs process groups")
    with Recorder(tmp_path / "take.mp4", *SIZE) as recorder:
        assert recorder._pictures is not None
        assert os.getpgid(recorder._pictures._encoder.pid) != os.getpgid(0)


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize("with_encoder", [False, True], ids=["kdance alone", "and its encoder"])
def test_what_a_killed_session_recorded_can_be_played(tmp_path: Path, with_encoder: bool) -> None:
    script = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        import numpy as np
        from kdance.recording.recorder import Recorder
        with Recorder(Path(sys.argv[1]), 64, 36) as recorder:
            for k in range(300):
                recorder.picture(np.full((36, 64, 3), 30, np.uint8), k / 30)
                recorder.sound(np.full((1470, 2), 0.5, np.float32), k / 30)
                time.sleep(0.002)
            print(recorder._pictures._encoder.pid, flush=True)
            time.sleep(60)
    """)
    target = tmp_path / "take.mp4"
    with subprocess.Popen([sys.executable, "-c", script, str(target)], stdout=subprocess.PIPE, text=True) as session:
        assert session.stdout is not None
        encoder = int(session.stdout.readline())
        part = tmp_path / "take.unfinished.mp4"
        until(lambda: part.stat().st_size > 3000, "no fragment was written")
        session.kill()
        if with_encoder:
            os.kill(encoder, signal.SIGKILL)
    until(lambda: not is_alive(encoder), "ffmpeg did not end by itself")
    assert len(brightness(part)) >= (60 if with_encoder else 290)
    assert len(sound_of(tmp_path / "take.unfinished.wav")) / RATE > 9
    assert not target.exists()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
