"""Where pictures come from: a video file, a webcam or a stream, behind one interface.

A file is decoded in order and never drops a frame (:mod:`kdance.capture.video_file`); of a camera the newest counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlsplit
from urllib.request import url2pathname

from kdance.capture.devices import Stream, Webcam
from kdance.capture.video_file import VideoFile
from kdance.config import CameraSettings
from kdance.errors import VideoError
from kdance.pose import Frame


class FrameSource(Protocol):
    """A source of frames; a context manager that opens in ``__enter__`` and closes idempotently.

    Iterating gives every frame of a file, and of a camera always the newest one, waiting for it. ``read`` is the same
    without a long wait, for loops that have something else to do meanwhile::

        while not source.ended:
            frame = source.read(timeout=0.01)
            window.poll()
    """

    @property
    def is_live(self) -> bool:
        """Whether frames come at their own pace and are lost when nobody takes them."""

    @property
    def name(self) -> str:
        """What is watched, for reports; never with a user name or password."""

    @property
    def width_px(self) -> int:
        """Width of the pictures."""

    @property
    def height_px(self) -> int:
        """Height of the pictures."""

    @property
    def fps(self) -> float:
        """Frames a second: nominal for a file, measured for a camera."""

    @property
    def duration(self) -> float | None:
        """Seconds as the file's header says, or ``None`` when unknown."""

    @property
    def dropped(self) -> int:
        """Frames replaced by newer ones before anybody took them; 0 for a file."""

    @property
    def ended(self) -> bool:
        """Whether there will be no more frames."""

    def moment_of(self, time: float) -> float:
        """When a frame of that time was taken: ``time.monotonic()`` then for a camera; for a file the time itself."""

    def read(self, timeout: float = 0.0) -> Frame | None:
        """The next frame, or ``None`` when none came within ``timeout`` seconds or the source has ended."""

    def __iter__(self) -> Iterator[Frame]: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def close(self) -> None:
        """Let go of the file or camera; calling it again does nothing."""


def open_source(source: int | str | Path, *, camera: CameraSettings) -> FrameSource:
    """A source for what the user named; it opens when entered with ``with``.

    Args:
        source: A webcam's number (also as digits, or ``/dev/videoN``), a stream's URL, or a video file's path or
            ``file://`` URL.
        camera: What to ask of a webcam, how long to wait for it, and how pictures are turned, a
            video's too that was named in words.

    Raises:
        VideoError: On entering: it can't be opened, or gives no picture.
    """
    if isinstance(source, Path):
        return VideoFile(source)
    if isinstance(source, int):
        return Webcam(source, camera)
    text = source.strip()
    if webcam := re.fullmatch(r"(?:/dev/video)?(\d{1,4})", text):
        return Webcam(int(webcam[1]), camera)
    if text.lower().startswith("file://"):
        return VideoFile(Path(url2pathname(_path_of(text))), rotate=camera.rotate)
    if "://" in text:
        return Stream(text, camera)
    if not text:
        raise VideoError("No camera or video was named.", "Give a webcam number such as 0, a path or a URL.")
    return VideoFile(Path(text), rotate=camera.rotate)


def _path_of(address: str) -> str:
    """The path in a ``file://`` URL."""
    try:
        return urlsplit(address).path
    except ValueError as error:
        raise VideoError(f"{address} is no file's address: {error}.", "Give the file's path instead.") from error
