"""The reference's own pictures, decoded ahead in a thread so that showing them never waits for the disk."""

from __future__ import annotations

import queue
import threading
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from kdance.errors import KdanceError
from kdance.pose import Frame
from kdance.video.frames import VideoFile

AHEAD: Final = 12
"""Frames decoded ahead: less than half a second, a few tens of megabytes."""
MAX_HEIGHT_PX: Final = 720
"""Larger pictures are made smaller as they come: no pane is larger."""
BACK_S: Final = 0.5
"""A time that is this much earlier than the last picture's means that the dance began again."""
JOIN_TIMEOUT_S: Final = 2.0
"""Closing waits no longer for a read that hangs, such as one from a network drive; it ends with the process."""


class ReferencePlayer:
    """Gives the picture that is due at a time of the reference; a context manager.

    Args:
        video: The reference's copy of its video.
        start: Seconds of the video where the reference begins.

    Attributes:
        scale: Size of the pictures, as a share of the video's.
        problem: Why there are no (more) pictures, for the dancer; ``None`` while there are.
    """

    def __init__(self, video: Path, *, start: float) -> None:
        self._video, self._start = video, start
        self._ahead: queue.Queue[Frame] = queue.Queue(AHEAD)
        self._due: deque[Frame] = deque(maxlen=1)
        self._next: Frame | None = None
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self.scale = 1.0
        self.problem: str | None = None

    def __enter__(self) -> Self:
        self._begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def at(self, time: float) -> NDArray[np.uint8] | None:
        """The (H, W, 3) BGR picture due at ``time`` seconds of the reference; ``None`` before the first is decoded.

        Times run forward; an earlier one than the last starts the video again. Never waits: while the video can't
        keep up, or has a ``problem``, it gives the newest picture there is.
        """
        if self._due and time < self._due[0].time - BACK_S:
            self._begin()
        while True:
            if self._next is None:
                try:
                    self._next = self._ahead.get_nowait()
                except queue.Empty:
                    break
            if self._next.time > time and self._due:
                break
            self._due.append(self._next)
            self._next = None
        return self._due[0].image if self._due else None

    def close(self) -> None:
        """Stop decoding; calling it again does nothing."""
        self._stop.set()
        for thread in self._threads:
            thread.join(JOIN_TIMEOUT_S)
        self._threads = []

    def _begin(self) -> None:
        """Decode from the start, without waiting for the thread that decoded until now."""
        self._stop.set()
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        self._ahead, self._next = queue.Queue(AHEAD), None
        self._due.clear()
        self._stop = threading.Event()
        thread = threading.Thread(
            target=self._decode, args=(self._ahead, self._stop), name="kdance-reference", daemon=True
        )
        self._threads.append(thread)
        thread.start()

    def _decode(self, ahead: queue.Queue[Frame], stop: threading.Event) -> None:
        try:
            with VideoFile(self._video, start=self._start) as source:
                for frame in source:
                    self._put(self._shrunk(frame), ahead, stop)
                    if stop.is_set():
                        return
        except (KdanceError, cv2.error, OSError, MemoryError) as error:  # the dance goes on without its picture
            self.problem = str(error)

    def _shrunk(self, frame: Frame) -> Frame:
        height = frame.image.shape[0]
        self.scale = min(1.0, MAX_HEIGHT_PX / height)
        if self.scale == 1.0:
            return frame
        small = cv2.resize(frame.image, None, fx=self.scale, fy=self.scale, interpolation=cv2.INTER_AREA)
        return Frame(np.asarray(small, np.uint8), frame.time)

    @staticmethod
    def _put(frame: Frame, ahead: queue.Queue[Frame], stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                ahead.put(frame, timeout=0.1)
            except queue.Full:
                continue
            return
