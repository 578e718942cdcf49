"""Pictures to answer a doubtful join by: the stage before the doubt and after it, with who is meant in a frame."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import cv2
import numpy as np

from kdance.capture.contact_sheet import colour_of, read_frames, write_on
from kdance.capture.pixels import Image
from kdance.capture.video_file import VideoFile
from kdance.choices import Turn

_STAGE_PX: Final = 640  # width of each picture of the whole stage
_CLOSE_PX: Final = 300  # height of who is meant, below it
_AIR: Final = 0.1
_DARK: Final = 24


class Side(NamedTuple):
    """One of the two pictures of a doubt.

    Attributes:
        frame: Its number.
        box: Left, top, right, bottom of who is meant, pixels of the video.
        label: What stands in it, ASCII.
    """

    frame: int
    box: tuple[float, float, float, float]
    label: str


class DoubtPictures:
    """The pictures of some doubts, all read in one go through the video.

    Args:
        video: The file.
        frames: Seconds of all pictures that may be needed, by their numbers.
        start: Second of the video at which frame 0 is.
        mirrored: Whether the video shows the dance as in a mirror.
        rotate: Degrees by which its pictures are turned clockwise.

    Raises:
        VideoError: It can't be read.
    """

    def __init__(
        self,
        video: Path,
        frames: Mapping[int, float],
        *,
        start: float = 0.0,
        mirrored: bool = False,
        rotate: Turn = 0,
    ) -> None:
        with VideoFile(video, mirrored=mirrored, rotate=rotate) as source:
            images = read_frames(source, frames, start=start)
        self._images = {}
        for number, image in images.items():
            scale = min(2 * _STAGE_PX / image.shape[1], 1.0)  # hours of 4K would not fit
            self._images[number] = scale, _scaled(image, scale)

    def has(self, *frames: int) -> bool:
        """Whether the video could be read at all of some frames."""
        return all(frame in self._images for frame in frames)

    def draw(self, number: int, before: Side, after: Side) -> Image:
        """The two moments beside each other.

        Args:
            number: Of the dancer who is asked about, from 1.
            before: Who is seen last.
            after: Who is seen first.
        """
        halves = [self._half(side, number) for side in (before, after)]
        height = max(half.shape[0] for half in halves)
        padded = [cv2.copyMakeBorder(half, 0, height - half.shape[0], 3, 3, cv2.BORDER_CONSTANT, value=(_DARK,) * 3)
                  for half in halves]  # fmt: skip
        return np.asarray(np.hstack(padded), np.uint8)

    def _half(self, side: Side, number: int) -> Image:
        scale, image = self._images[side.frame]
        box = np.array(side.box) * scale
        smaller = _STAGE_PX / image.shape[1]
        stage = _scaled(image, smaller)
        left, top, right, bottom = np.round(box * smaller).astype(int).tolist()
        cv2.rectangle(stage, (left, top), (right, bottom), colour_of(number - 1), 2, cv2.LINE_AA)
        write_on(stage, side.label, (10, 28), 0.8, colour_of(number - 1))
        air = _AIR * float(box[3] - box[1])
        edges = np.round(box + np.array([-air, -air, air, air])).astype(int).clip(0).tolist()
        part = image[edges[1] : max(edges[3], edges[1] + 1), edges[0] : max(edges[2], edges[0] + 1)]
        close = np.full((_CLOSE_PX, _STAGE_PX, 3), _DARK, np.uint8)
        if part.size:
            small = _scaled(part, min(_CLOSE_PX / part.shape[0], _STAGE_PX / part.shape[1]))
            x = (_STAGE_PX - small.shape[1]) // 2
            close[: small.shape[0], x : x + small.shape[1]] = small[:_CLOSE_PX]
        return np.asarray(np.vstack([stage, close]), np.uint8)


def _scaled(image: Image, scale: float) -> Image:
    size = max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def write_png(target: Path, picture: Image) -> None:
    """Write a picture; its folder is made."""
    target.parent.mkdir(parents=True, exist_ok=True)
    done, data = cv2.imencode(".png", picture)
    assert done
    target.write_bytes(data.tobytes())
