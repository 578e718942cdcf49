"""Files as fans have them: what their headers say is wrong, their clocks start over, they are damaged or squeezed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from kdance.audio.decode import decode_mono
from kdance.audio.ffmpeg import ffmpeg_path
from kdance.capture.packets import count_packets
from kdance.capture.transcode import transcode
from kdance.capture.video_file import Damage, VideoFile
from kdance.errors import VideoError
from tests.video_factory import read_index, write_clip


def ffmpeg(*options: object) -> None:
    subprocess.run([ffmpeg_path(), "-v", "error", "-y", *map(str, options)], check=True, stdin=subprocess.DEVNULL)


def frames_of(path: Path) -> tuple[list[int], list[float], Damage]:
    with VideoFile(path) as source:
        frames = list(source)
        return [read_index(frame.image) for frame in frames], [frame.time for frame in frames], source.damage


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Two seconds of numbered pictures, a key frame every half second."""
    raw = write_clip(tmp_path / "raw.mp4", 60)
    ffmpeg("-i", raw, "-c:v", "libx264", "-crf", 12, "-g", 15, "-bf", 0, tmp_path / "clip.mp4")
    return tmp_path / "clip.mp4"


def test_a_rate_of_1000_in_the_header_is_not_believed(clip: Path, tmp_path: Path) -> None:
    ffmpeg("-i", clip, "-c", "copy", tmp_path / "plain.mkv")
    data = bytearray((tmp_path / "plain.mkv").read_bytes())
    place = data.find(b"\x23\xe3\x83")  # DefaultDuration, nanoseconds
    size = data[place + 3] & 0x7F
    data[place + 4 : place + 4 + size] = (1_000_000).to_bytes(size, "big")
    (tmp_path / "browser.mkv").write_bytes(data)
    with VideoFile(tmp_path / "browser.mkv") as source:
        assert source.duration == pytest.approx(2.0, abs=0.05)
        assert source.fps == 30
        assert len(list(source)) == 60


def test_a_clock_that_starts_over_is_shifted_once_and_told(clip: Path, tmp_path: Path) -> None:
    joined = tmp_path / "joined.ts"
    for start in (0, 1):
        ffmpeg("-ss", start, "-t", 1, "-i", clip, "-c:v", "libx264", "-crf", 12, tmp_path / f"{start}.ts")
    joined.write_bytes(b"".join((tmp_path / f"{start}.ts").read_bytes() for start in (0, 1)))
    indices, times, damage = frames_of(joined)
    assert damage.restarts == 1
    assert "starts over" in damage.sentences[0]
    assert len(indices) >= 58
    assert np.diff(times).max() < 0.1
    assert times[-1] == pytest.approx(59 / 30, abs=0.1)


def test_damage_in_the_middle_is_not_the_end(clip: Path, tmp_path: Path) -> None:
    """Nine of sixty pictures are made noise: those after them come, at their own times."""
    data = bytearray(clip.read_bytes())
    begin = data.index(b"mdat") + 4
    size = data.rindex(b"moov") - 8 - begin
    middle = begin + size * 45 // 100
    data[middle : middle + size // 6] = np.random.default_rng(2).bytes(size // 6)
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(data)
    indices, times, damage = frames_of(damaged)
    assert len(indices) >= 40
    assert indices[-1] == 59
    assert times[-1] == pytest.approx(59 / 30, abs=0.01)
    assert np.all(np.diff(times) > 0)
    assert damage.lost == pytest.approx((60 - len(indices)) / 30, abs=0.05)
    assert damage.missing == 0


def test_a_file_cut_off_is_told(tmp_path: Path, clip: Path) -> None:
    ffmpeg("-i", clip, "-c", "copy", "-movflags", "+faststart", tmp_path / "fast.mp4")
    data = (tmp_path / "fast.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: data.index(b"mdat") + (len(data) - data.index(b"mdat")) * 6 // 10])
    indices, times, damage = frames_of(tmp_path / "cut.mp4")
    assert 15 < len(indices) < 55
    assert damage.missing == pytest.approx(2 - len(indices) / 30, abs=0.1)
    assert "cut off" in damage.sentences[-1]
    assert times[-1] < 1.9


def test_what_an_edit_list_hides_is_not_missing(clip: Path, tmp_path: Path) -> None:
    ffmpeg("-ss", 0.8, "-i", clip, "-c", "copy", tmp_path / "edited.mp4")
    packets = count_packets(tmp_path / "edited.mp4")
    indices, _, damage = frames_of(tmp_path / "edited.mp4")
    assert packets is not None
    assert packets.hidden > 0
    assert packets.shown == len(indices)
    assert damage == Damage()


@pytest.mark.parametrize(("scale", "aspect"), [("120:120", "4/3"), ("160:60", "1/2")], ids=["narrow", "flat"])
def test_pixels_that_are_not_square_are_shown_square(clip: Path, tmp_path: Path, scale: str, aspect: str) -> None:
    ffmpeg("-i", clip, "-vf", f"scale={scale},setsar={aspect}", "-c:v", "libx264", "-crf", 8, tmp_path / "squeezed.mp4")
    with VideoFile(tmp_path / "squeezed.mp4") as source:
        assert (source.width_px, source.height_px) == (160, 120)
        indices = [read_index(frame.image) for frame in source]
    assert indices == list(range(60))


def test_the_default_sound_track_is_the_one_that_is_heard(clip: Path, tmp_path: Path) -> None:
    tones = [option for hertz in (300, 900) for option in ("-f", "lavfi", "-i", f"sine=f={hertz}:d=2")]
    ffmpeg(
        "-i", clip, *tones, "-map", 0, "-map", 1, "-map", 2, "-c:v", "copy", "-c:a", "aac",
        "-disposition:a:0", 0, "-disposition:a:1", "default", tmp_path / "two.mp4",
    )  # fmt: skip
    spectrum = np.abs(np.fft.rfft(decode_mono(tmp_path / "two.mp4", 8000)[:8000]))
    assert int(spectrum.argmax()) == pytest.approx(900, abs=3)


def test_sides_in_opposite_phase_do_not_cancel(clip: Path, tmp_path: Path) -> None:
    ffmpeg(
        "-i", clip, "-f", "lavfi", "-i", "sine=f=440:d=2", "-c:v", "copy",
        "-af", "pan=stereo|c0=c0|c1=-1*c0", "-c:a", "pcm_s16le", tmp_path / "opposite.mov",
    )  # fmt: skip
    heard = decode_mono(tmp_path / "opposite.mov", 8000)
    assert float(np.sqrt(np.mean(heard**2))) > 0.05


def test_a_codec_that_opencv_lacks_is_made_anew(clip: Path, tmp_path: Path) -> None:
    """AV1, where this ffmpeg can write it."""
    try:
        ffmpeg("-i", clip, "-c:v", "libaom-av1", "-cpu-used", 8, "-crf", 20, tmp_path / "av1.mp4")
    except subprocess.CalledProcessError:
        pytest.skip("this ffmpeg writes no AV1")
    with VideoFile(tmp_path / "av1.mp4") as source:
        indices = [read_index(frame.image) for frame in source]
        copy = source.copy
    assert indices == list(range(60))
    assert copy is None or not copy.exists()


@pytest.mark.parametrize("address", ["https://youtu.be/AbC-123", "http://videos.example/magnetic?v=1&t=2"])
def test_an_address_is_answered_with_the_command_that_fetches_it(address: str) -> None:
    with pytest.raises(VideoError) as caught, VideoFile(Path(address)):
        pass
    assert address in caught.value.hint
    assert "yt-dlp" in caught.value.hint


def test_packets_and_pictures_agree_on_the_limits_of_a_part(clip: Path, tmp_path: Path) -> None:
    late = tmp_path / "late.mkv"
    ffmpeg("-i", clip, "-r", 25, "-output_ts_offset", 0.3, late)
    packets = count_packets(late)
    assert packets is not None
    for start in np.arange(10) * 0.16:
        with VideoFile(late, start=start, end=start + 0.4) as source:
            times = [frame.time for frame in source]
        assert len(times) == 10
        assert packets.times_within(start, start + 0.4) == pytest.approx(times, abs=1e-6)


@pytest.mark.parametrize("looks", [0, 2])
def test_a_film_is_given_up_while_it_is_made_anew(looks: int, clip: Path, tmp_path: Path) -> None:
    long, copy, asked = tmp_path / "long.mkv", tmp_path / "copy.mkv", []
    ffmpeg("-stream_loop", -1, "-i", clip, "-t", 600, "-c", "copy", long)

    def stopped() -> bool:
        asked.append(copy.exists())
        return len(asked) > looks

    assert not transcode(long, copy, stopped)
    assert len(asked) == looks + 1
    assert not copy.exists()
    assert transcode(clip, copy, lambda: False)
    assert copy.exists()
