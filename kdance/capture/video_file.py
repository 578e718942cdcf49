"""A video file as a source of frames, with its real times and square pixels, whatever its header says.

It is decoded in order and never drops a frame; times are the presentation time stamps, which FFmpeg's backend gives
right after each grab, also for a variable frame rate. Phone clips come upright: OpenCV applies the rotation tag by
default (`CAP_PROP_ORIENTATION_AUTO`), and ``width_px`` and ``height_px`` are those of the upright picture.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from kdance.capture.addresses import require_video_file
from kdance.capture.packets import count_packets
from kdance.capture.pixels import pixel_aspect, square_pixels, turned
from kdance.capture.transcode import transcode
from kdance.choices import Turn
from kdance.config import expanded
from kdance.errors import VideoError
from kdance.pose import ROUNDING_S, Frame

# A time stamp that does not increase is moved this far behind its predecessor: the pose network wants whole
# milliseconds that increase, and no clip has frames this close.
MIN_STEP = 0.001
# Seconds that are decoded rather than jumped: key frames are rarely closer.
NEAR_S = 2.0
# A rate that no camera has: the container's ticks, not its pictures.
FASTEST_FPS = 400

# A clock that goes back by more than this starts over: pieces of a film that were put together with cat.
RESTART_S = 0.25
# Pictures in a row that can't be decoded before it is the end of the file: 10 s of a film of 30 a second.
PATIENCE = 300
# Seconds of a film that are worth telling when they are missing.
WORTH_TELLING_S = 0.3

# FFmpeg also "decodes" text files, as terminal art.
_NO_PICTURE = np.empty((0, 0, 3), np.uint8)
_TEXT_CODECS = {"ansi", "bintext", "xbin", "idf"}
_CODEC_NAMES = {"av01": "AV1", "hev1": "HEVC", "hvc1": "HEVC", "vp09": "VP9", "apcn": "ProRes"}


@dataclass(frozen=True, slots=True)
class Damage:
    """What is wrong with a file, as far as it has been read.

    Attributes:
        restarts: How often its clock started over; each piece was put behind the one before.
        lost: Seconds in the middle that can't be decoded.
        missing: Seconds at the end that its header promises and that never came.
    """

    restarts: int = 0
    lost: float = 0.0
    missing: float = 0.0

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a dancer should know of it; none of a sound file."""
        told = []
        if self.restarts:
            told.append("Its clock starts over in the middle: the pieces were put one behind the other.")
        if self.lost >= WORTH_TELLING_S:
            told.append(f"It is damaged: {self.lost:.1f} s in the middle of it can't be decoded, and were left out.")
        if self.missing >= WORTH_TELLING_S:
            told.append(f"It is cut off: {self.missing:.1f} s that it should have at the end are not there.")
        return tuple(told)


class VideoFile:
    """A video file, decoded in order, every frame.

    Args:
        path: The file.
        start: Seconds from the first frame where the part to read begins.
        end: Seconds from the first frame where it ends (not included); ``None`` for the end of the file.
        mirrored: Whether the film is a mirror image: its pictures are turned round, here and nowhere else.
        rotate: Degrees by which its pictures are turned clockwise to be upright, before that.
        stopped: Told that it shall give up, it makes nothing anew.

    ``Frame.time`` counts from the first frame that is kept.

    Attributes:
        damage: What is wrong with the file, as far as it has been read.
        copy: What is read in place of a file that only ffmpeg decodes, as long as it is open.
    """

    is_live = False
    dropped = 0

    def __init__(
        self,
        path: str | Path,
        *,
        start: float = 0.0,
        end: float | None = None,
        mirrored: bool = False,
        rotate: Turn = 0,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
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
        self._mirrored, self._rotate, self._stopped = mirrored, rotate, stopped
        self.copy: Path | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._capture: cv2.VideoCapture | None = None
        self._next: Frame | None = None  # decoded one ahead, so that `ended` is known
        self._zero = 0.0  # the container's time of Frame.time 0, seconds
        self._step = MIN_STEP  # the usual time from frame to frame
        self._decoded = 0
        self._promised: int | None = None  # frames of the whole file, by a header that counts them
        self._aspect = 1.0
        self.damage = Damage()

    @property
    def ended(self) -> bool:
        """Whether the last frame was read."""
        return self._next is None

    @property
    def next_time(self) -> float | None:
        """Of the frame that is read next; ``None`` at the end."""
        return None if self._next is None else self._next.time

    def moment_of(self, time: float) -> float:
        """The time itself: nobody knows when it was taken."""
        return time

    def __enter__(self) -> Self:
        self.close()
        require_video_file(self.path)
        try:
            self._capture = self._decodable()
            self._open(self._capture)
        except BaseException:
            self.close()
            raise
        return self

    def _decodable(self) -> cv2.VideoCapture:
        """The file opened at its first frame; what OpenCV has no decoder for (AV1) ffmpeg makes anew in a folder."""
        # An absolute path, because FFmpeg takes what comes before a colon for a protocol.
        capture = cv2.VideoCapture(str(self.path.resolve()), cv2.CAP_FFMPEG)
        codec = _codec(capture)
        if not capture.isOpened() or codec in _TEXT_CODECS:
            raise VideoError(
                f"{self.name} is not a video, or it is damaged.",
                "Does it play in a video player? Then try: " + self._remedy(),
            )
        if capture.grab():
            return capture
        capture.release()
        self._folder = tempfile.TemporaryDirectory(prefix="kdance-")
        self.copy = Path(self._folder.name) / "video.mkv"
        if transcode(self.path, self.copy, self._stopped):
            capture = cv2.VideoCapture(str(self.copy), cv2.CAP_FFMPEG)
            if capture.grab():
                return capture
        raise VideoError(
            f"{self.name} can't be decoded here ({_CODEC_NAMES.get(codec, codec or 'unknown')} video).",
            f"Re-encode it: {self._remedy()}",
        )

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
        self.forward(time)

    def forward(self, time: float) -> int:
        """Go on with the first frame at or after ``time``, decoding all before it without making pictures of them.

        Returns:
            How many frames were passed over.
        """
        passed = 0
        while self._next is not None and self._next.time < time:
            self._next = self._decode(after=self._next.time, shown_from=time)
            passed += 1
        return passed

    def note_passed(self, frames: int) -> None:
        """So many frames of the file lie before the next one, whoever read them: what is missing is told by that."""
        self._decoded = frames + 1

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
        if self._folder is not None:
            self._folder.cleanup()
        self._folder = self.copy = None

    def _open(self, capture: cv2.VideoCapture) -> None:
        self._aspect = pixel_aspect(capture)
        self._zero = _position(capture)
        last = self._zero
        while last - self._zero < self._start - ROUNDING_S:
            if not self._grab(capture):
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
        """Set the rate and duration, from the header and the part to read.

        Browsers write rates of 1000 and songs with a cover 90000, and the count that belongs to them: only the ratio of
        the two is a duration.
        """
        fps, count = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.fps = fps if 0 < fps <= FASTEST_FPS else 30.0
        self._step = 1 / self.fps
        self._decoded, self.damage = 1, Damage()
        self._promised = round(count) if self._start == 0 and self._end is None and _counts_frames(self.path) else None
        if not (0 < count < 1e10 and fps > 0):
            return
        duration = count / fps - self._start
        self.duration = max(0.0, duration if self._end is None else min(duration, self._end))

    def _grab(self, capture: cv2.VideoCapture) -> bool:
        """Go on to the next frame that can be decoded; whether there is one. Damage is no end of the file."""
        return any(capture.grab() for _ in range(PATIENCE))

    def _decode(self, *, after: float, shown_from: float = 0.0) -> Frame | None:
        """The frame that comes after the one at ``after``, or ``None``; without its picture before ``shown_from``."""
        if self._capture is None:
            return None
        is_next = self._capture.grab()
        if not is_next and not self._grab(self._capture):
            self._notice_end(after)
            return None
        time = _position(self._capture) - self._zero
        if time < after - RESTART_S:
            self._zero -= after + self._step - time
            time = after + self._step
            self.damage = replace(self.damage, restarts=self.damage.restarts + 1)
        elif not is_next:
            gap = max(time - after - self._step, 0.0)
            self.damage = replace(self.damage, lost=self.damage.lost + gap)
        time = max(time, after + MIN_STEP)
        if self._end is not None and time >= self._end - ROUNDING_S:
            return None
        self._decoded += 1
        return self._retrieve(time) if time >= shown_from else Frame(_NO_PICTURE, time)

    def _notice_end(self, last: float) -> None:
        """Compare what came with what the header promised, where that is a count; edit lists hide some of it."""
        if self._promised is None or self._promised - self._decoded <= WORTH_TELLING_S / self._step:
            return
        packets = count_packets(self.path)
        if packets is None:
            return
        missing = self._promised - packets.hidden - self._decoded
        lost = round(self.damage.lost / self._step)
        if (seconds := (missing - lost) * self._step) >= WORTH_TELLING_S:
            self.damage = replace(self.damage, missing=seconds)

    def _retrieve(self, time: float) -> Frame | None:
        assert self._capture is not None
        ok, image = self._capture.retrieve()
        if not ok:
            return None
        image = turned(square_pixels(np.asarray(image, np.uint8), self._aspect), self._rotate)
        return Frame(np.asarray(cv2.flip(image, 1), np.uint8) if self._mirrored else image, time)

    def _remedy(self) -> str:
        return f'ffmpeg -i "{self.path}" -c:v libx264 "{self.path.with_name(self.path.stem + "-h264.mp4")}"'


def _counts_frames(path: Path) -> bool:
    """Whether a container counts its frames; others guess from the length of the film."""
    return path.suffix.lower() in {".mp4", ".mov", ".m4v"}


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
