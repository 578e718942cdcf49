"""Live pictures: a webcam or a stream, of which only the newest frame counts.

One worker grabs and keeps the newest frame with the time it was grabbed; ``read`` hands it over. A stream's own
time stamps are not used: OpenCV gives a 30 fps MJPEG stream steps of 40 ms. A read that hangs inside a driver can't be
interrupted, so the reader, not the worker, decides that a camera is lost.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from kdance.capture.pixels import square_pixels, turned
from kdance.config import CameraSettings
from kdance.errors import CameraLostError, VideoError
from kdance.pose import Frame
from kdance.worker import Worker

JOIN_TIMEOUT: Final = 2.0  # seconds a closing camera may take; a hanging read ends by itself later
STALL: Final = 0.5  # seconds; a read that failed later than this ran into its time limit
FAILED_READS: Final = 10  # a webcam misses single frames; so many in a row mean that it is gone
FAILED_READ_PAUSE: Final = 0.05  # seconds between failed reads
MIN_STEP: Final = 1e-4  # seconds between two frames on a clock too coarse to tell them apart
BACKLOG_READ: Final = 0.003  # seconds; a read this short did not wait for the camera
BACKLOG_TIME: Final = 0.5  # seconds after opening in which there may be a backlog
RATE_WINDOW: Final = 60  # grabbed frames over which the rate is measured

_log = logging.getLogger(__name__)


class Camera:
    """A live source; :class:`Webcam` and :class:`Stream` say how it is opened.

    Args:
        name: What is watched, without user name and password.
        settings: What to ask of it and how long to wait for a picture.
    """

    is_live = True
    duration = None

    def __init__(self, name: str, settings: CameraSettings) -> None:
        self.name = name
        self.settings = settings
        self.width_px = 0
        self.height_px = 0
        self.dropped = 0
        self._news = threading.Condition()
        self._worker: Worker[None] | None = None
        # Everything below is shared with the worker and guarded by `_news`.
        self._newest: tuple[NDArray[np.uint8], float] | None = None
        self._grabbed: deque[float] = deque(maxlen=RATE_WINDOW)
        self._zero: float | None = None  # monotonic time of the first delivered frame
        self._last = -1.0  # Frame.time of the last delivered frame

    @property
    def ended(self) -> bool:
        """Whether it was closed; a camera that is lost raises instead."""
        return self._worker is None

    @property
    def fps(self) -> float:
        """Measured frames a second; what was asked for until two frames have come."""
        with self._news:
            if len(self._grabbed) < 2 or self._grabbed[-1] <= self._grabbed[0]:
                return float(self.settings.fps)
            return (len(self._grabbed) - 1) / (self._grabbed[-1] - self._grabbed[0])

    def moment_of(self, time: float) -> float:
        """``time.monotonic()`` when the frame of that time was grabbed."""
        with self._news:
            return time + (self._zero or 0.0)

    def __enter__(self) -> Self:
        self.close()
        capture = self._open()
        self._newest = self._zero = None
        self._last = -1.0
        self._grabbed.clear()
        self.dropped = 0
        self._worker = Worker(
            f"kdance-camera {self.name}",
            lambda stop: self._grab(capture, stop),
            news=self._news,
            join_timeout=JOIN_TIMEOUT,
        )
        self._worker.start()
        try:
            self._await_first(self._worker)
        except BaseException:
            self.close()
            raise
        _log.info("%s opened: %d x %d", self.name, self.width_px, self.height_px)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[Frame]:
        while not self.ended:
            frame = self.read(timeout=self.settings.lost_after)
            if frame is not None:
                yield frame

    def read(self, timeout: float = 0.0) -> Frame | None:
        """The newest frame that was not handed out yet.

        Args:
            timeout: Seconds to wait for one.

        Returns:
            The frame; ``None`` when none came in time or the camera was closed.

        Raises:
            CameraLostError: The stream ended, the camera is gone, or it has sent nothing for
                ``settings.lost_after`` seconds.
        """
        worker = self._worker
        if worker is None:
            return None
        with self._news:
            patience = max(0.0, min(timeout, self._grabbed[-1] + self.settings.lost_after - time.monotonic()))
            self._news.wait_for(lambda: self._newest is not None or worker.has_ended, patience)
            if self._newest is None:
                self._require_alive(worker)
                return None
            image, grabbed = self._newest
            self._newest = None
            if self._zero is None:
                self._zero = grabbed
            self._last = max(grabbed - self._zero, self._last + MIN_STEP)
        self.height_px, self.width_px = image.shape[:2]
        return Frame(image, self._last)

    def close(self) -> None:
        """Stop watching; calling it again does nothing. Waits for the worker unless a read hangs."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()
            _log.info("%s closed: %.1f fps at last, %d frames not taken", self.name, self.fps, self.dropped)

    def _open(self) -> cv2.VideoCapture:
        """Open the device.

        Raises:
            VideoError: It can't be opened; says what to do.
        """
        raise NotImplementedError

    def _reopen(self) -> cv2.VideoCapture | None:
        """A fresh capture after a stall, or ``None`` where that makes no sense."""
        return None

    def _pixel_aspect(self, capture: cv2.VideoCapture) -> float:
        """Width of a pixel by its height; a webcam's are square."""
        return 1.0

    def _silent(self) -> VideoError:
        """The error for a device that opened but sent no picture."""
        return VideoError(f"{self.name} sends no picture.", "Close other programs that use it, and try again.")

    def _require_alive(self, worker: Worker[None]) -> None:
        """Raise what the worker met, or that nothing has come for too long. Call with the lock held."""
        worker.check()
        silence = time.monotonic() - self._grabbed[-1]
        if silence >= self.settings.lost_after:
            raise _lost(self.name)

    def _await_first(self, worker: Worker[None]) -> None:
        """Wait for the first picture, which alone tells that a camera works and how large its pictures are."""
        with self._news:
            self._news.wait_for(lambda: self._newest is not None or worker.has_ended, self.settings.lost_after)
            if self._newest is not None:
                self.height_px, self.width_px = self._newest[0].shape[:2]
            elif worker.crash is None or isinstance(worker.crash, CameraLostError):
                raise self._silent()
            else:
                raise worker.crash

    def _grab(self, capture: cv2.VideoCapture, stop: threading.Event) -> None:
        """The worker: keep the newest frame until told to stop; what goes wrong is for the reader."""
        failed = 0
        is_broken = caught_up = False
        opened, aspect = time.monotonic(), self._pixel_aspect(capture)
        try:
            while not stop.is_set():
                begin = time.monotonic()
                ok, image = capture.read()
                now = time.monotonic()
                if ok:
                    failed, is_broken = 0, False
                    # FFmpeg hands out at once what it collected while opening: those frames were taken earlier.
                    caught_up = caught_up or now - begin > BACKLOG_READ or now - opened > BACKLOG_TIME
                    if caught_up:
                        upright = turned(square_pixels(np.asarray(image, np.uint8), aspect), self.settings.rotate)
                        self._keep(upright, now, stop)
                    continue
                is_broken = is_broken or now - begin > STALL
                fresh = self._reopen() if is_broken and not stop.is_set() else None
                if fresh is not None:  # again and again: the reader says when it has waited long enough
                    capture.release()
                    capture, opened, caught_up = fresh, time.monotonic(), False
                else:
                    failed += 1
                    if failed >= FAILED_READS:
                        raise _lost(self.name)
                stop.wait(FAILED_READ_PAUSE)
        finally:
            capture.release()

    def _keep(self, image: NDArray[np.uint8], grabbed: float, stop: threading.Event) -> None:
        with self._news:
            if stop.is_set():
                return
            if self._newest is not None and self._zero is not None:
                self.dropped += 1
            self._newest = (image, grabbed)
            self._grabbed.append(grabbed)
            self._news.notify_all()


def _lost(name: str) -> CameraLostError:
    return CameraLostError(
        f"The camera {name.removeprefix('camera ')} stopped sending pictures.",
        "Is it still plugged in, awake and in reach?",
    )
