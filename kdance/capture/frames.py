"""Where pictures come from: a video file, a webcam or a stream, behind one interface.

A file is decoded in order and never drops a frame; its times are the presentation time stamps, which FFmpeg's backend
gives right after each grab, also for a variable frame rate. Phone clips come upright: OpenCV applies the rotation tag
by default (`CAP_PROP_ORIENTATION_AUTO`), and ``width_px`` and ``height_px`` are those of the upright picture.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlsplit
from urllib.request import url2pathname

import cv2
import numpy as np

from kdance.capture.devices import Stream, Webcam
from kdance.config import CameraSettings, expanded
from kdance.errors import VideoError
from kdance.pose import Frame

# A time stamp that does not increase is moved this far behind its predecessor: the pose network wants whole
# milliseconds that increase, and no clip has frames this close.
MIN_STEP = 0.001
# Seconds that are decoded rather than jumped: key frames are rarely closer.
NEAR_S = 2.0

# FFmpeg also "decodes" text files, as terminal art.
_TEXT_CODECS = {"ansi", "bintext", "xbin", "idf"}
_CODEC_NAMES = {"av01": "AV1", "hev1": "HEVC", "hvc1": "HEVC", "vp09": "VP9", "apcn": "ProRes"}


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
        camera: What to ask of a webcam and how long to wait for it.

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
        return VideoFile(Path(url2pathname(urlsplit(text).path)))
    if "://" in text:
        return Stream(text, camera)
    if not text:
        raise VideoError("No camera or video was named.", "Give a webcam number such as 0, a path or a URL.")
    return VideoFile(Path(text))


class VideoFile:
    """A video file, decoded in order, every frame.

    Args:
        path: The file.
        start: Seconds from the first frame where the part to read begins.
        end: Seconds from the first frame where it ends (not included); ``None`` for the end of the file.

    ``Frame.time`` counts from the first frame that is kept.
    """

    is_live = False
    dropped = 0

    def __init__(self, path: str | Path, *, start: float = 0.0, end: float | None = None) -> None:
        if not 0 <= start < (math.inf if end is None else end):  # written so that NaN is refused too
            until = "the end" if end is None else f"{end:g} s"
            raise VideoError(f"The part from {start:g} s to {until} is empty.", "The end must come after the start.")
        self.path = expanded(Path(path))
        self.name = str(path)
        self.fps = 0.0
        self.width_px = 0
        self.height_px = 0
        self.duration: float | None = None
        self._start = start
        self._end = end
        self._capture: cv2.VideoCapture | None = None
        self._next: Frame | None = None  # decoded one ahead, so that `ended` is known
        self._zero = 0.0  # the container's time of Frame.time 0, seconds

    @property
    def ended(self) -> bool:
        """Whether the last frame was read."""
        return self._next is None

    def moment_of(self, time: float) -> float:
        """The time itself: nobody knows when it was taken."""
        return time

    def __enter__(self) -> Self:
        self.close()
        _require_video_file(self.path)
        # An absolute path, because FFmpeg takes what comes before a colon for a protocol.
        self._capture = cv2.VideoCapture(str(self.path.resolve()), cv2.CAP_FFMPEG)
        try:
            self._open(self._capture)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[Frame]:
        while (frame := self.read()) is not None:
            yield frame

    def read(self, timeout: float = 0.0) -> Frame | None:
        """The next frame, or ``None`` at the end; a file never makes anybody wait."""
        frame = self._next
        if frame is not None:
            self._next = self._decode(after=frame.time)
        return frame

    def seek(self, time: float) -> None:
        """Go on with the first frame at or after ``time``.

        A far jump goes by way of a key frame. OpenCV lands anywhere in a file of variable frame rate, but the frames it
        gives from there on have their real times: so it jumps short of the goal and decodes up to it.
        """
        if self._capture is None:
            return
        if self._next is None or not self._next.time <= time <= self._next.time + NEAR_S:
            self._jump(self._capture, time)
        while self._next is not None and self._next.time < time:
            self._next = self._decode(after=self._next.time)

    def _jump(self, capture: cv2.VideoCapture, time: float) -> None:
        """Continue somewhere before ``time``; at the start of the part where the file can't be jumped in."""
        for target in (time - NEAR_S, 0.0):
            capture.set(cv2.CAP_PROP_POS_MSEC, 1000 * max(0.0, self._zero + target))
            if capture.grab() and (target <= 0 or _position(capture) - self._zero <= time):
                break
        while _position(capture) < self._zero - MIN_STEP and capture.grab():
            pass
        self._next = self._retrieve(_position(capture) - self._zero)

    def close(self) -> None:
        """Close the file; calling it again does nothing."""
        if self._capture is not None:
            self._capture.release()
        self._capture = None
        self._next = None

    def _open(self, capture: cv2.VideoCapture) -> None:
        codec = _codec(capture)
        if not capture.isOpened() or codec in _TEXT_CODECS:
            raise VideoError(
                f"{self.name} is not a video, or it is damaged.",
                "Does it play in a video player? Then try: " + self._remedy(),
            )
        if not capture.grab():
            raise VideoError(
                f"{self.name} can't be decoded here ({_CODEC_NAMES.get(codec, codec or 'unknown')} video).",
                f"Re-encode it: {self._remedy()}",
            )
        self._zero = _position(capture)
        last = self._zero
        while last - self._zero < self._start:
            if not capture.grab():
                raise VideoError(
                    f"{self.name} is only {last - self._zero:.1f} s long: nothing comes after {self._start:g} s.",
                    "Choose an earlier start.",
                )
            last = _position(capture)
        self._end = None if self._end is None else self._end - (last - self._zero)
        self._zero = last
        self._next = self._retrieve(0.0)
        if self._next is None:
            raise VideoError(f"{self.name} has no picture at {self._start:g} s.", f"Re-encode it: {self._remedy()}")
        self.height_px, self.width_px = self._next.image.shape[:2]
        self._read_header(capture)

    def _read_header(self, capture: cv2.VideoCapture) -> None:
        """Set the rate and duration, from the header and the part to read."""
        fps = capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if 0 < fps < 1000 else 30.0
        count = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        if not 0 < count < 1e8:
            return
        duration = count / self.fps - self._start
        self.duration = max(0.0, duration if self._end is None else min(duration, self._end))

    def _decode(self, *, after: float) -> Frame | None:
        """The frame that comes after the one at ``after``, or ``None``."""
        if self._capture is None or not self._capture.grab():
            return None
        time = max(_position(self._capture) - self._zero, after + MIN_STEP)
        if self._end is not None and time >= self._end:
            return None
        return self._retrieve(time)

    def _retrieve(self, time: float) -> Frame | None:
        assert self._capture is not None
        ok, image = self._capture.retrieve()
        return Frame(np.asarray(image, np.uint8), time) if ok else None

    def _remedy(self) -> str:
        return f'ffmpeg -i "{self.path}" -c:v libx264 "{self.path.with_name(self.path.stem + "-h264.mp4")}"'


def _require_video_file(path: Path) -> None:
    """Refuse what can't be a video before FFmpeg sees it.

    Raises:
        VideoError: It doesn't exist, is no file, is empty, may not be read, or has a name OpenCV can't take.
    """
    try:
        if path.is_dir():
            raise VideoError(f"{path} is a folder, not a video.", "Name a video file in it.")
        if not path.exists():
            raise VideoError(f"There is no video {path}.", "Check the path, or put it in quotes if it has spaces.")
        if not path.is_file():  # opening a pipe would wait for ever
            raise VideoError(f"{path} is not a file.", "Name a video file, a webcam's number or a URL.")
        with path.open("rb") as file:
            empty = not file.read(1)
        str(path).encode()
    except OSError as error:
        raise VideoError(f"{path} can't be read: {error.strerror}.", "Check the path and who may read it.") from error
    except UnicodeEncodeError as error:
        readable = str(path).encode(errors="replace").decode()
        raise VideoError(f"The file name {readable} is not UTF-8.", "Rename the file.") from error
    if empty:
        raise VideoError(f"{path} is an empty file.", "Was the download or the recording interrupted?")


def _position(capture: cv2.VideoCapture) -> float:
    """Presentation time of the frame just grabbed, seconds in the container's time."""
    return float(capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000


def _codec(capture: cv2.VideoCapture) -> str:
    """The four letters of the codec, lower case."""
    return (
        int(capture.get(cv2.CAP_PROP_FOURCC))
        .to_bytes(4, "little", signed=True)
        .decode("ascii", "replace")
        .strip("\0 ")
        .lower()
    )
