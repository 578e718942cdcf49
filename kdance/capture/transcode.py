"""Films that OpenCV can't decode or jump about in (AV1, clocks that start over), made anew by ffmpeg as H.264."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from kdance.audio.ffmpeg import ffmpeg_path
from kdance.errors import VideoError

_LOOK_S: Final = 0.05


def transcode(video: Path, target: Path, stopped: Callable[[], bool] = lambda: False) -> bool:
    """Write a film with H.264 pictures that keep their times; where its clock starts over, it goes on instead.

    Args:
        video: The film.
        target: The Matroska file to write, which keeps times to the millisecond; replaced when it is there.
        stopped: Told that it shall give up, it ends ffmpeg and leaves nothing behind.

    Returns:
        Whether there is anything to see in what was written.
    """
    pictures = ["-map", "0:v:0", "-sn", "-dn", "-fps_mode", "passthrough", "-enc_time_base", "1:1000"]
    quality = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "16", "-pix_fmt", "yuv420p", "-bf", "0"]
    even = ["-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2"]  # H.264 wants even sides
    sound = ["-map", "0:a?", "-c:a", "pcm_s16le"]
    try:
        command = [
            ffmpeg_path(),
            "-v",
            "quiet",
            "-nostdin",
            "-i",
            f"file:{video.absolute()}",
            *pictures,
            *even,
            *quality,
        ]
        made = _ended(
            [*command, *sound, "-f", "matroska", "-y", f"file:{target.absolute()}"],
            stopped,
        )
    except (OSError, ValueError, VideoError):  # whoever opens the film says what it is
        return False
    if not made:
        target.unlink(missing_ok=True)
    return made and target.is_file() and target.stat().st_size > 0


def _ended(command: list[str], stopped: Callable[[], bool]) -> bool:
    """Run a program to its end, and say whether it ended well; it is killed where it or this one is stopped."""
    nothing = subprocess.DEVNULL
    # Ctrl-C reaches all of a terminal: killed by it, it would look like a film that can't be decoded.
    apart = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)  # Windows has that in place of sessions
    with subprocess.Popen(
        command, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True, creationflags=apart
    ) as running:
        try:
            while running.poll() is None and not stopped():
                with suppress(subprocess.TimeoutExpired):
                    running.wait(_LOOK_S)
        finally:
            if running.returncode is None:
                running.kill()
    return running.returncode == 0
