"""A film made picture by picture, as fast as it can be encoded: for what is not live."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from kdance.audio.ffmpeg import ffmpeg_path
from kdance.audio.subprocesses import kill_group, own_group
from kdance.errors import KdanceError
from kdance.recording.picture_track import QUALITY, why_it_ended

ENDING_TIMEOUT: Final = 60.0
"""Seconds that ffmpeg may take for the end of a film."""


# apad and -shortest: the film is as long as its pictures, whichever of the two ends first.
_HEARD: Final = "-map 0:v -map 1:a -c:a aac -b:a 160k -af apad -shortest"


@dataclass(frozen=True, slots=True)
class FilmSound:
    """The sound of a film.

    Attributes:
        path: A sound file.
        start: Second of the film at which it begins; negative where the film begins in the middle of it.
    """

    path: Path
    start: float


def write_film(
    path: Path, pictures: Iterable[NDArray[np.uint8]], width: int, height: int, *, fps: int, sound: FilmSound | None
) -> None:
    """Write an MP4 (H.264, AAC); it is there when it is whole.

    Args:
        path: The file; one that is there is replaced.
        pictures: (height, width, 3) BGR each; the last column and row of odd numbers are cut off.
        width: Pixels.
        height: Pixels.
        fps: Pictures a second.
        sound: ``None`` for a silent one.

    Raises:
        KdanceError: It can't be written, says why.
    """
    unfinished = path.with_name(f"{path.stem}.unfinished.mp4")
    try:
        with tempfile.TemporaryFile() as complaints:
            encoder = _start(unfinished, width & ~1, height & ~1, fps, sound, complaints)
            try:
                failed = _encode(encoder, pictures) or encoder.wait(ENDING_TIMEOUT) != 0
            finally:
                kill_group(encoder)
            if failed:
                raise KdanceError(f"{path} can't be written: {why_it_ended(complaints)}.", "Choose another file.")
        unfinished.replace(path)
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise KdanceError(
            f"{path} can't be written: {reason}.", "Choose another folder, or free some space."
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)


def _start(
    path: Path, width: int, height: int, fps: int, sound: FilmSound | None, complaints: IO[bytes]
) -> subprocess.Popen[bytes]:
    source = (
        f"-f rawvideo -pix_fmt yuv420p -color_range tv -colorspace smpte170m -r {fps} -s {width}x{height} -i pipe:0"
    )
    heard: list[str] = []
    if sound is not None:
        place = ["-itsoffset", f"{sound.start:.6f}"] if sound.start >= 0 else ["-ss", f"{-sound.start:.6f}"]
        heard = [*place, "-i", str(sound.path), *shlex.split(_HEARD)]
    codec = f"-c:v libx264 -preset veryfast -crf {QUALITY} -pix_fmt yuv420p"
    colours = "-color_range tv -colorspace smpte170m -color_primaries smpte170m -movflags +faststart -f mp4 -y"
    command = [ffmpeg_path(), "-nostdin", "-loglevel", "error", *shlex.split(source), *heard]
    return subprocess.Popen(
        [*command, *shlex.split(codec), *shlex.split(colours), str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=complaints,
        **own_group(),
    )


def _encode(encoder: subprocess.Popen[bytes], pictures: Iterable[NDArray[np.uint8]]) -> bool:
    """Hand all pictures over; whether ffmpeg ended before."""
    assert encoder.stdin is not None
    try:
        with encoder.stdin as pipe:
            for picture in pictures:
                even = np.ascontiguousarray(picture[: picture.shape[0] & ~1, : picture.shape[1] & ~1])
                pipe.write(np.asarray(cv2.cvtColor(even, cv2.COLOR_BGR2YUV_I420)).data)
    except BrokenPipeError:  # what it complains of is the reason
        encoder.wait(ENDING_TIMEOUT)
        return True
    return False
