"""The sound of a video, in time with its pictures: decoded by the ffmpeg program, in a process of its own.

Second 0 of what is decoded is the moment of the first picture that is kept, as in the video file that is
watched. Each stream of a file begins at a time stamp of its own: a sound that begins later starts with silence here,
what comes before the picture is left out, and holes are filled.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kdance.audio.ffmpeg import ffmpeg_path
from kdance.errors import VideoError
from kdance.pose import ROUNDING_S

SOUND_RATE_HZ: Final = 44100
_HEARD: Final = re.compile(r"^\s+Stream #0:\d+\S*: Audio:.*$", re.MULTILINE)
_SEEN: Final = re.compile(r"^\s+Stream #0:\d+\S*: Video:", re.MULTILINE)
_TIME_BASE: Final = re.compile(r"config in time_base: (\d+)/(\d+)")
_PTS: Final = re.compile(r"\] n: *\d+ pts: *(-?\d+) ")
# Frames are looked at from so long before the start on, to tell the first one after it by the arithmetic of OpenCV.
_BEFORE_START_S: Final = 0.01
FAINT: Final = 0.003
"""Root mean square of a mixed sound, of 1, below which its sides may have cancelled each other out."""
_CANCELLED: Final = 4.0  # times as loud as the mix: a side that it has lost


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """A decoded sound.

    Attributes:
        samples: (N, 2) int16, left and right; not to be written to.
        rate: Samples a second.
    """

    samples: NDArray[np.int16]
    rate: int

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.samples) / self.rate


@dataclass(frozen=True, slots=True)
class _Streams:
    """What is heard and seen in a file.

    Attributes:
        track: Number of the sound track that players play: the first that is marked as the default, else the first;
            ``None`` without one.
        zero: The container's time of the first picture that is kept, seconds.
    """

    track: int | None
    zero: float


def extract_sound(video: Path, target: Path, *, start: float = 0.0, duration: float | None) -> bool:
    """Write the sound of a part of a video as 16-bit stereo PCM of 44.1 kHz.

    Args:
        video: The file.
        target: The WAV file to write; replaced when it is there.
        start: Seconds from the first frame where the part begins; second 0 is the first frame from there on.
        duration: Seconds to write, silence where the sound is shorter; ``None`` for all that there is.

    Returns:
        Whether the video has a sound; nothing is written when it hasn't.

    Raises:
        VideoError: There is no ffmpeg, or it can't decode the sound.
    """
    streams = _streams(video, start)
    if streams.track is None:
        return False
    filters = _from(streams.zero, SOUND_RATE_HZ)
    if duration is not None:
        filters += f",apad,atrim=end_sample={round(duration * SOUND_RATE_HZ)}"
    options = [
        "-map",
        f"0:a:{streams.track}",
        "-af",
        filters,
        "-ac",
        "2",
        "-c:a",
        "pcm_s16le",
        "-bitexact",
        "-f",
        "wav",
        "-y",
    ]
    try:
        _run([*_input(video), *options, _url(target)], video)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return True


def decode_mono(path: Path, rate: int, *, longest: float | None = None) -> NDArray[np.float32]:
    """The sound of a video or sound file, both sides mixed.

    Args:
        path: The file.
        rate: Samples a second to convert to.
        longest: Seconds after which it is left; ``None`` for all of it.

    Returns:
        (N,) samples from the moment of the first picture on, -1..1; none where the file has no sound.

    Raises:
        VideoError: There is no ffmpeg, or it can't decode the sound.
    """
    streams = _streams(path, 0.0)
    if streams.track is None:
        return np.zeros(0, np.float32)

    def decoded(channels: int) -> NDArray[np.float32]:
        options = ["-map", f"0:a:{streams.track}", "-af", _from(streams.zero, rate), "-ac", f"{channels}"]
        options += [] if longest is None else ["-t", f"{longest:g}"]
        done = _run([*_input(path), *options, "-c:a", "pcm_f32le", "-f", "f32le", "pipe:1"], path)
        return np.frombuffer(done.stdout, "<f4")

    mixed = decoded(1)
    if _loudness(mixed) > FAINT:
        return mixed
    left, right = decoded(2).reshape(-1, 2).T
    side = max(left, right, key=_loudness)
    return np.ascontiguousarray(side) if _loudness(side) > _CANCELLED * _loudness(mixed) else mixed


def load_sound(path: Path) -> Sound:
    """Read a WAV file that :func:`extract_sound` wrote.

    Raises:
        VideoError: It can't be read, or is anything but 16-bit stereo PCM.
    """
    try:
        import soundfile  # an OSError where its library is missing

        with soundfile.SoundFile(path) as file:
            kind = (file.format, file.subtype, file.channels)
            if kind != ("WAV", "PCM_16", 2) or not 8000 <= file.samplerate <= 192000 or not file.frames:
                raise ValueError("not 16-bit stereo PCM")
            samples = np.asarray(file.read(dtype="int16"))
            samples.flags.writeable = False
            return Sound(samples, file.samplerate)
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: soundfile's own are of that kind
        raise VideoError(
            f"The sound {path} can't be read: it is missing or damaged.", "Make the reference again: kdance preprocess"
        ) from error


def _streams(path: Path, start: float) -> _Streams:
    """Look at a file's streams, and at the time stamps of its frames around ``start``."""
    # The first frame is passed on too, and the first ones from `start` on; `start_t` is the first frame's time.
    choose = f"select='eq(n,0)+gte(t-start_t,{max(0.0, start - _BEFORE_START_S):.6f})',showinfo=checksum=0"
    done = _run([*_input(path), "-map", "0:v:0", "-vf", choose, "-frames:v", "8", "-f", "null", "-"], path, probe=True)
    told = done.stderr.decode(errors="replace")
    heard = [line.group() for line in _HEARD.finditer(told)]
    track = next((number for number, line in enumerate(heard) if "(default)" in line), 0) if heard else None
    if track is None and not _SEEN.search(told):
        raise VideoError(f"{path} can't be decoded: it holds neither pictures nor sound.", "Is it damaged?")
    time_base = _TIME_BASE.search(told)
    stamps = [int(stamp) for stamp in _PTS.findall(told)]
    if time_base is None or not stamps:
        return _Streams(track, 0.0)  # a sound alone
    tick = int(time_base[1]) / int(time_base[2])
    limit = start - ROUNDING_S
    kept = next((stamp for stamp in stamps if 1000.0 * ((stamp - stamps[0]) * tick) / 1000 >= limit), stamps[-1])
    return _Streams(track, kept * tick)


def _loudness(samples: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0


def _from(zero: float, rate: int) -> str:
    """The filter that makes ``zero`` of the container's time the first sample; holes become silence."""
    # Two filters, because `first_pts` counts samples of what comes in.
    return f"aresample={rate},aresample={rate}:async=1:first_pts={round(zero * rate)}"


def _input(path: Path) -> list[str]:
    """Options that open a file, with its own time stamps."""
    return ["-copyts", "-i", _url(path)]


def _url(path: Path) -> str:
    return f"file:{path.absolute()}"  # what comes before a colon would be taken for a protocol, "-x" for an option


def _run(options: list[str], path: Path, *, probe: bool = False) -> subprocess.CompletedProcess[bytes]:
    """Run ffmpeg to its end; what it says is kept. A probe may fail, for it says what is there all the same."""
    command: list[Any] = [ffmpeg_path(), "-hide_banner", "-nostdin", "-nostats", "-v", "info", *options]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except (OSError, ValueError) as error:
        raise VideoError(f"The sound of {path} can't be read: ffmpeg doesn't start ({error}).") from error
    if done.returncode and not probe:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise VideoError(f"The sound of {path} can't be decoded: {lines[-1].strip()}", "Re-encode it with ffmpeg.")
    return done
