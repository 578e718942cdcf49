"""The live cameras there are: a webcam of this computer and a stream, and what to say when one can't be opened."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

import cv2

from kdance.capture.addresses import without_secrets
from kdance.capture.camera import Camera
from kdance.capture.pixels import pixel_aspect
from kdance.config import CameraSettings
from kdance.errors import VideoError

STREAM_TIMEOUT_MS: Final = 3000  # FFmpeg's limit for opening and for one read; it would wait 30 s


class Webcam(Camera):
    """A camera of this computer, by its number.

    Args:
        index: 0 for the first.
        settings: Picture size and rate to ask for; the driver gives what it can.
    """

    def __init__(self, index: int, settings: CameraSettings) -> None:
        super().__init__(f"camera {index}", settings)
        self.index = index

    def _open(self) -> cv2.VideoCapture:
        if sys.platform == "linux":
            _require_device(self.index)
        capture = cv2.VideoCapture(self.index, cv2.CAP_V4L2 if sys.platform == "linux" else cv2.CAP_ANY)
        if not capture.isOpened():
            raise VideoError(f"Camera {self.index} can't be opened.", _camera_hint())
        # Before the size: uncompressed pictures limit most webcams to 10 fps or so at larger sizes.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, self.settings.width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self.settings.height)
        capture.set(cv2.CAP_PROP_FPS, self.settings.fps)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        return capture

    def _silent(self) -> VideoError:
        return VideoError(f"Camera {self.index} opens but sends no picture.", _camera_hint())


class Stream(Camera):
    """A stream, such as a phone's camera app or an IP camera.

    Args:
        url: Anything FFmpeg reads: http, https, rtsp, rtmp, udp.
        settings: How long to wait for pictures; size and rate are the stream's own.
    """

    def __init__(self, url: str, settings: CameraSettings) -> None:
        super().__init__(without_secrets(url), settings)
        self._url = url

    def _open(self) -> cv2.VideoCapture:
        capture = self._connect()
        if not capture.isOpened():
            raise VideoError(
                f"The stream {self.name} can't be opened.",
                "Is the camera app running, on the same network, and the address right? Try it in a browser.",
            )
        return capture

    def _reopen(self) -> cv2.VideoCapture | None:
        return self._connect()

    def _pixel_aspect(self, capture: cv2.VideoCapture) -> float:
        return pixel_aspect(capture)

    def _connect(self) -> cv2.VideoCapture:
        limit = min(STREAM_TIMEOUT_MS, int(1000 * self.settings.lost_after))
        options = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, limit, cv2.CAP_PROP_READ_TIMEOUT_MSEC, limit]
        return cv2.VideoCapture(self._url, cv2.CAP_FFMPEG, options)


def webcams() -> list[int] | None:
    """Numbers of the webcams of this computer; ``None`` where finding out means opening each one (not Linux)."""
    if sys.platform != "linux":
        return None
    devices = Path("/dev").glob("video*")
    return sorted(int(device.name[5:]) for device in devices if device.name[5:].isdigit())


def _require_device(index: int) -> None:
    """Say what is wrong with a Linux webcam before OpenCV tries six ways to open it.

    Raises:
        VideoError: There is no such device, or this user may not use it.
    """
    device = Path(f"/dev/video{index}")
    present = webcams() or []
    if not device.exists():
        found = f"Cameras here: {', '.join(map(str, present))}." if present else "No camera is plugged in."
        raise VideoError(f"There is no camera {index}.", f"{found} --camera takes a number, a video's path or a URL.")
    if not os.access(device, os.R_OK | os.W_OK):
        raise VideoError(f"You may not use camera {index}.", "Run: sudo usermod -aG video $USER, then log in again.")


def _camera_hint() -> str:
    """What to do about a camera that is there but doesn't work, on this system."""
    where = {
        "darwin": "Allow your terminal in System Settings > Privacy & Security > Camera, then restart it. ",
        "win32": "Allow it in Settings > Privacy & security > Camera. ",
    }.get(sys.platform, "")
    return f"{where}Close other programs that use it, or choose another with --camera NUMBER."
