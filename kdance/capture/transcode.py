"""Films that OpenCV can't decode or jump about in (AV1, clocks that start over), made anew by ffmpeg as H.264."""

from __future__ import annotations

import subprocess
from pathlib import Path

from kdance.audio.ffmpeg import ffmpeg_path
from kdance.errors import VideoError


def transcode(video: Path, target: Path) -> bool:
    """Write a film with H.264 pictures that keep their times; where its clock starts over, it goes on instead.

    Args:
        video: The film.
        target: The Matroska file to write, which keeps times to the millisecond; replaced when it is there.

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
        done = subprocess.run(
            [*command, *sound, "-f", "matroska", "-y", f"file:{target.absolute()}"],
            stdin=subprocess.DEVNULL, capture_output=True, check=False,
        )  # fmt: skip
    except (OSError, ValueError, VideoError):  # whoever opens the film says what it is
        return False
    return done.returncode == 0 and target.is_file() and target.stat().st_size > 0
