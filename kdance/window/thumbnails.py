"""A picture of each dance, made by a worker: of its video, or its dancer as lines where the video is gone."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import cv2
import numpy as np

from kdance.capture.video_file import VideoFile
from kdance.dance.references import Reference, load_reference
from kdance.errors import KdanceError
from kdance.pose import FloatArray
from kdance.window.bodies import draw_head, extent, framing, in_pane
from kdance.window.framing import Box, extents
from kdance.window.layout import Rect
from kdance.window.palette import BLUE, WELL
from kdance.window.skeleton import draw_skeleton
from kdance.window.text import Image
from kdance.worker import Worker

HEIGHT_PX: Final = 480
"""Of a picture; a large window shows it a little larger."""
_LINES: Final = (360, 480)  # width and height of a dancer as lines, pixels
_AIR: Final = 0.12  # around the body, share of its height
_LIVELY: Final = 0.95  # of all moments the body takes up less room than at this one

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Thumbnail:
    """A dance at one moment.

    Attributes:
        image: (H, W, 3) BGR, the dancer with what is around; ``None`` for a reference that can't be read.
        box: Where the dancer is in it, pixels; ``None`` where nobody is.
    """

    image: Image | None
    box: Box | None = None


class Thumbnails:
    """The pictures of the dances in a folder; a context manager.

    Args:
        folder: Of all references.
        names: The dances, in the order in which they are wanted.
    """

    def __init__(self, folder: Path, names: list[str]) -> None:
        self._folder, self._names = folder, names
        self._made: dict[str, Thumbnail] = {}
        self._guard = threading.Lock()
        self._worker = Worker("kdance-thumbnails", self._make)

    def __enter__(self) -> Self:
        self._worker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._worker.close()

    def of(self, name: str) -> Thumbnail | None:
        """The picture of a dance; ``None`` while there is none yet. Never waits."""
        self._worker.check()
        with self._guard:
            return self._made.get(name)

    def _make(self, stop: threading.Event) -> None:
        for name in self._names:
            if stop.is_set():
                return
            try:
                made = thumbnail(load_reference(self._folder, name))
            except KdanceError as error:  # told when it is chosen
                _log.info("no picture of %s: %s", name, error)
                made = Thumbnail(None)
            with self._guard:
                self._made[name] = made


def thumbnail(reference: Reference) -> Thumbnail:
    """A lively moment of a dance: of its video, or as lines."""
    landmarks = np.asarray(reference.sequence.landmarks, np.float64)
    index = lively(landmarks)
    if index is None:
        return Thumbnail(None)
    time = float(reference.sequence.times[index])
    try:
        info = reference.info
        with VideoFile(reference.video, start=info.start, mirrored=info.mirrored) as video:
            video.seek(time)
            frame = video.read()
    except (KdanceError, cv2.error, OSError) as error:
        _log.info("a dancer as lines instead of a picture: %s", error)
        frame = None
    if frame is None:
        return _as_lines(landmarks[index])
    scale = min(1.0, 2 * HEIGHT_PX / frame.image.shape[0])
    image = cv2.resize(frame.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    box = Box(*extents(landmarks[index]).tolist()).scaled(scale)
    air = _AIR * box.height
    return Thumbnail(np.asarray(image, np.uint8), Box(box.left - air, box.top - air, box.right + air, box.bottom + air))


def lively(landmarks: FloatArray) -> int | None:
    """The frame of (T, 33, 4) landmarks in which the body needs more room than nearly always; ``None`` for nobody."""
    sides = extents(landmarks)
    room = (sides[:, 2] - sides[:, 0]) * (sides[:, 3] - sides[:, 1])
    seen = np.flatnonzero(np.isfinite(room))
    if not len(seen):
        return None
    order = seen[np.argsort(room[seen])]
    return int(order[int(_LIVELY * (len(order) - 1))])


def _as_lines(landmarks: FloatArray) -> Thumbnail:
    width, height = _LINES
    image: Image = np.full((height, width, 3), WELL, np.uint8)
    pane = Rect(0, 0, width, height)
    points = in_pane(landmarks, framing(extent(landmarks), pane), pane)
    draw_skeleton(image, points, color=BLUE, scale=2.0)
    draw_head(image, points, BLUE)
    return Thumbnail(image, Box(0, 0, width, height))
