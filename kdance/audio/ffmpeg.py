"""Where the ffmpeg program is: it reads the sound of videos and writes recordings."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from kdance.errors import VideoError


def ffmpeg_path() -> str:
    """The ffmpeg program to run: ``IMAGEIO_FFMPEG_EXE``, the one of ``imageio-ffmpeg``, or one on the ``PATH``.

    Raises:
        VideoError: There is none; says how to get one.
    """
    chosen = os.environ.get("IMAGEIO_FFMPEG_EXE")
    if chosen and not Path(chosen).is_file():
        raise VideoError(f"There is no ffmpeg at {chosen}.", "Correct or unset the variable IMAGEIO_FFMPEG_EXE.")
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        return str(get_ffmpeg_exe())
    except (ImportError, RuntimeError):  # not installed, or without a program for this system
        found = shutil.which("ffmpeg")
    if found is None:
        raise VideoError("Sound and recordings need ffmpeg, which is missing.", "Run: pip install imageio-ffmpeg")
    return found
