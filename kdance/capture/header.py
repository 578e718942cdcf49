"""What a film's header promises, which costs nothing to read and need not be true."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2

_MOST_FRAMES: Final = 1e10  # a count beyond it is none


def promised_seconds(path: Path) -> float:
    """The length of a film by its header, without decoding any of it; 0 where it doesn't say, or is none."""
    capture = cv2.VideoCapture(str(path.resolve()), cv2.CAP_FFMPEG)
    fps, count = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
    capture.release()
    return count / fps if fps > 0 and 0 < count < _MOST_FRAMES else 0.0
