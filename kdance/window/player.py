"""The reference's own pictures, decoded ahead by a worker so that showing them never waits for the disk."""

from __future__ import annotations

import queue
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from kdance.capture.video_file import VideoFile
from kdance.choices import Turn
from kdance.errors import KdanceError
from kdance.pose import Frame
from kdance.worker import Worker

AHEAD: Final = 12
"""Frames decoded ahead: less than half a second, a few tens of megabytes."""
MAX_HEIGHT_PX: Final = 720
"""Larger pictures are made smaller as they come: no pane is larger."""
BACK_S: Final = 0.5
"""A time that is this much earlier than the last picture's means that the song was wound back."""
STILL_S: Final = 0.05
"""The same for a song that stands still, as in a pause or before its first count: then even this much is seen."""
JUMP_S: Final = 1.0
"""A time that is this much later than the last one asked for means that it was wound on."""
LEAD_S: Final = 0.5
"""Decoding begins this much before a time that is wound to: the picture due may have come up some time ago."""
JOIN_TIMEOUT_S: Final = 2.0
"""Closing waits no longer for a read that hangs, such as one from a network drive; it ends with the process."""
_WAIT_S: Final = 0.1


class ReferencePlayer:
    """Gives the picture that is due at a time of the reference; a context manager.

    Args:
        path: The reference's copy of its video.
        start: Seconds of the video where the reference begins.
        mirrored: Whether the video is to be turned round.
        rotate: Degrees by which its pictures are turned clockwise.

    Attributes:
        scale: Size of the pictures, as a share of the video's.
        problem: Why there are no (more) pictures, for the dancer; ``None`` while there are.
    """

    def __init__(self, path: Path, *, start: float, mirrored: bool = False, rotate: Turn = 0) -> None:
        self._video, self._start, self._mirrored, self._rotate = path, start, mirrored, rotate
        # Pictures carry the number of the winding they belong to; what an earlier one left over is not shown.
        self._ahead: queue.Queue[tuple[int, Frame]] = queue.Queue(AHEAD)
        self._winding = 0
        self._goal = 0.0
        self._asked = 0.0
        self._first = 0.0  # time of the first picture since the last winding: there may be no earlier one
        self._due: Frame | None = None
        self._is_due_new = False
        self._next: Frame | None = None
        self._worker = Worker("kdance-reference", self._decode, join_timeout=JOIN_TIMEOUT_S)
        self.scale = 1.0
        self.problem: str | None = None

    def __enter__(self) -> Self:
        self._worker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def at(self, time: float) -> NDArray[np.uint8] | None:
        """The (H, W, 3) BGR picture due at ``time`` seconds of the reference; ``None`` before the first is decoded.

        Times run forward; one that is earlier than the last picture, or far ahead, winds the video. Never waits: while
        the video can't keep up, is being wound, or has a ``problem``, it gives the last picture there was.
        """
        self._worker.check()
        shown = self._due.time if self._due is not None and self._is_due_new else self._goal
        stands_still = time == self._asked and shown > self._first
        if time < shown - (STILL_S if stands_still else BACK_S) or time > self._asked + JUMP_S:
            self._wind(time)
        self._asked = time
        while (following := self._following()) is not None:
            if following.time > time and self._is_due_new:
                break
            if not self._is_due_new:
                self._first = following.time
            self._due, self._is_due_new, self._next = following, True, None
        return None if self._due is None else self._due.image

    def close(self) -> None:
        """Stop decoding; calling it again does nothing."""
        self._worker.close()

    def _wind(self, time: float) -> None:
        """From now on pictures from ``time`` on are wanted."""
        self._goal, self._next, self._is_due_new = time, None, False
        self._winding += 1  # last: the worker looks at this

    def _following(self) -> Frame | None:
        """The picture after the one that is shown, where it has been decoded."""
        while self._next is None:
            try:
                winding, frame = self._ahead.get_nowait()
            except queue.Empty:
                return None
            if winding == self._winding:
                self._next = frame
        return self._next

    def _decode(self, stop: Event) -> None:
        try:
            with VideoFile(self._video, start=self._start, mirrored=self._mirrored, rotate=self._rotate) as source:
                winding = 0
                while not stop.is_set():
                    if winding != self._winding:
                        winding = self._winding
                        source.seek(max(0.0, self._goal - LEAD_S))
                    frame = source.read()
                    if frame is None:
                        stop.wait(_WAIT_S / 5)
                    else:
                        self._put(winding, self._shrunk(frame), stop)
        except (KdanceError, cv2.error, OSError, MemoryError) as error:  # the dance goes on without its picture
            self.problem = str(error)

    def _shrunk(self, frame: Frame) -> Frame:
        height = frame.image.shape[0]
        self.scale = min(1.0, MAX_HEIGHT_PX / height)
        if self.scale == 1.0:
            return frame
        small = cv2.resize(frame.image, None, fx=self.scale, fy=self.scale, interpolation=cv2.INTER_AREA)
        return Frame(np.asarray(small, np.uint8), frame.time)

    def _put(self, winding: int, frame: Frame, stop: Event) -> None:
        while not stop.is_set() and winding == self._winding:
            try:
                self._ahead.put((winding, frame), timeout=_WAIT_S)
            except queue.Full:
                continue
            return
