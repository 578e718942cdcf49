"""The sound of a video begins with its first picture, whatever the container says of both."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from kdance.audio.decode import SOUND_RATE_HZ, decode_mono, extract_sound, load_sound
from kdance.capture.video_file import VideoFile
from kdance.errors import KdanceError, VideoError
from tests.sound_factory import make_clicks, run_ffmpeg, write_wav
from tests.video_factory import write_clip

FPS = 30
FLASHES = (0.5, 1.5, 2.5, 3.5)


@pytest.fixture(scope="module")
def flashing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds; every second, half a second late, a flash and a click at the same moment."""
    folder = tmp_path_factory.mktemp("flashing")
    writer = cv2.VideoWriter(str(folder / "silent.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), FPS, (64, 48))
    for index in range(4 * FPS):
        writer.write(np.full((48, 64, 3), 255 if index % FPS == FPS // 2 else 0, np.uint8))
    writer.release()
    sound = make_clicks(60, 4, first=FLASHES[0])
    wav = write_wav(folder / "clicks.wav", sound)
    clip = folder / "clip.mp4"
    run_ffmpeg("-i", folder / "silent.mp4", "-i", wav, "-c:v", "mpeg4", "-bf", 2, "-c:a", "aac", clip)
    return clip


def flashes(clip: Path, start: float = 0.0) -> np.ndarray:
    with VideoFile(clip, start=start) as source:
        return np.array([frame.time for frame in source if frame.image.mean() > 128])


def clicks(sound: np.ndarray, rate: int) -> np.ndarray:
    """Seconds at which a click begins."""
    loud = np.flatnonzero(np.abs(sound) > 0.1 * np.abs(sound).max())
    return loud[np.diff(loud, prepend=-rate) > 0.3 * rate] / rate


def extracted(clip: Path, start: float = 0.0, duration: float = 4.0) -> np.ndarray:
    target = clip.with_name("out.wav")
    assert extract_sound(clip, target, start=start, duration=duration)
    return clicks(load_sound(target).samples[:, 0].astype(float), SOUND_RATE_HZ)


def remuxed(clip: Path, name: str, *, sound_late: float = 0.0, picture_late: float = 0.0, cut: float = 0.0) -> Path:
    """The same streams with other time stamps; a cut makes an edit list in an MP4."""
    target = clip.with_name(name)
    before = ["-ss", cut] if cut else []
    run_ffmpeg(*before, "-itsoffset", picture_late, "-i", clip, *before, "-itsoffset", sound_late, "-i", clip,
               "-map", "0:v", "-map", "1:a", "-c", "copy", target)  # fmt: skip
    return target


@pytest.mark.parametrize("start", [0.0, 0.2, 1.0, 1.05])
def test_sound_and_pictures_are_in_time(flashing: Path, start: float) -> None:
    seen, heard = flashes(flashing, start), extracted(flashing, start)
    np.testing.assert_allclose(heard, seen, atol=0.003)
    assert len(seen) == np.sum(np.array(FLASHES) >= start)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov"])
@pytest.mark.parametrize("late", [0.2, -0.2])
def test_streams_that_begin_at_different_times(flashing: Path, late: float, suffix: str) -> None:
    """Who moves a stream means it: the sound is so much later than the flash then."""
    clip = remuxed(flashing, f"late.{suffix}", sound_late=max(0.0, late), picture_late=max(0.0, -late))
    for start in (0.0, 0.3):
        seen = flashes(clip, start)
        np.testing.assert_allclose(extracted(clip, start)[: len(seen)], seen + late, atol=0.003)
    np.testing.assert_allclose(clicks(decode_mono(clip, 8000), 8000), flashes(clip) + late, atol=0.003)


def test_an_edit_list_and_a_late_container(flashing: Path) -> None:
    run_ffmpeg("-i", flashing, "-c", "copy", "-output_ts_offset", 5, moved := flashing.with_name("moved.mkv"))
    for clip in (remuxed(flashing, "cut.mp4", cut=1.2), moved):
        seen = flashes(clip)
        assert len(seen) >= 2
        np.testing.assert_allclose(extracted(clip)[: len(seen)], seen, atol=0.003)
        np.testing.assert_allclose(clicks(decode_mono(clip, 22050), 22050)[: len(seen)], seen, atol=0.003)


@pytest.mark.parametrize("start", [index / FPS for index in (1, 2, 7, 11, 29, 31, 33, 59)])
def test_a_start_on_a_frame_is_that_frame_for_both(flashing: Path, start: float) -> None:
    seen = flashes(flashing, start)
    np.testing.assert_allclose(extracted(flashing, start)[: len(seen)], seen, atol=0.003)


@pytest.mark.parametrize("duration", [0.5, 2.0, 3.999, 7.0])
def test_the_sound_is_as_long_as_asked(flashing: Path, duration: float) -> None:
    target = flashing.with_name("long.wav")
    assert extract_sound(flashing, target, duration=duration)
    sound = load_sound(target)
    assert sound.rate == SOUND_RATE_HZ
    assert sound.duration == pytest.approx(duration, abs=1 / SOUND_RATE_HZ)
    assert sound.samples.shape[1] == 2
    assert sound.samples.dtype == np.int16
    assert not sound.samples.flags.writeable


def test_of_unknown_length_the_sound_is_as_long_as_it_is(flashing: Path) -> None:
    """A browser's recording does not say how long it is; that must not become an hour of silence."""
    target = flashing.with_name("whole.wav")
    assert extract_sound(flashing, target, duration=None)
    whole = load_sound(target)
    assert whole.duration == pytest.approx(4.0, abs=0.05)
    np.testing.assert_allclose(clicks(whole.samples[:, 0].astype(float), SOUND_RATE_HZ), FLASHES, atol=0.003)
    assert extract_sound(flashing, target, start=1.0, duration=None)
    assert load_sound(target).duration == pytest.approx(whole.duration - 1.0, abs=0.05)


def test_a_video_without_sound(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "silent.mp4")
    assert extract_sound(clip, tmp_path / "sound.wav", duration=1) is False
    assert not (tmp_path / "sound.wav").exists()
    assert decode_mono(clip, 8000).shape == (0,)


def test_a_sound_alone(tmp_path: Path) -> None:
    sound = make_clicks(60, 3, first=0.5)
    decoded = decode_mono(write_wav(tmp_path / "-odd: name.wav", sound), 22050)
    assert decoded.dtype == np.float32
    np.testing.assert_allclose(decoded, sound, atol=1e-3)


def test_a_file_that_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_text("not a video " * 100)
    for use in (lambda: extract_sound(path, tmp_path / "x.wav", duration=1), lambda: decode_mono(path, 8000)):
        with pytest.raises(VideoError, match="neither pictures nor sound"):
            use()


def test_a_sound_that_can_t_be_written_leaves_nothing(flashing: Path, tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="can't be decoded"):
        extract_sound(flashing, tmp_path / "gone" / "sound.wav", duration=1)
    assert list(tmp_path.iterdir()) == []


def test_no_ffmpeg_says_what_to_do(flashing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "ffmpeg"))
    with pytest.raises(KdanceError) as error:
        decode_mono(flashing, 8000)
    assert error.value.hint


def test_an_ffmpeg_that_does_not_start(flashing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ffmpeg").write_text("no program")
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "ffmpeg"))
    with pytest.raises(VideoError, match="ffmpeg doesn't start"):
        decode_mono(flashing, 8000)


@pytest.mark.parametrize("damage", ["missing", "empty", "text", "mono", "cut in the header", "no samples"])
def test_a_sound_file_that_is_not_ours(tmp_path: Path, damage: str) -> None:
    path = write_wav(tmp_path / "sound.wav", make_clicks(60, 1))
    data = path.read_bytes()
    contents = {"empty": b"", "text": b"RIFF is no sound", "mono": data, "cut in the header": data[:30],
                "no samples": data[:44]}  # fmt: skip
    path.unlink()
    if damage in contents:
        path.write_bytes(contents[damage])
    with pytest.raises(VideoError, match="missing or damaged"):
        load_sound(path)
