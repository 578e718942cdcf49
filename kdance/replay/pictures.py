"""The pictures behind the skeletons: decoded ahead for a window that never waits, in order for a film that may."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from kdance.capture.video_file import VideoFile
from kdance.choices import Turn
from kdance.errors import KdanceError
from kdance.pose import Frame
from kdance.window.player import LEAD_S, ReferencePlayer

Image = NDArray[np.uint8]
BACK_S: Final = 0.2
"""A time this much before the picture that is shown means that the take was wound back."""


class Film(NamedTuple):
    """A video to be watched again.

    Attributes:
        path: The file.
        start: Its second that is 0.
        mirrored: Whether it is to be turned round.
        rotate: Degrees by which its pictures are turned clockwise.
    """

    path: Path
    start: float = 0.0
    mirrored: bool = False
    rotate: Turn = 0


class Pictures(Protocol):
    """The pictures of one video."""

    @property
    def scale(self) -> float:
        """Size of the pictures, as a share of the video's."""

    def at(self, time: float) -> Image | None:
        """The (H, W, 3) BGR picture due at a second; ``None`` where there is none (yet)."""

    def close(self) -> None:
        """Let go of the file."""


class FilmPictures:
    """Every picture of a video when it is due, waited for; for a film.

    Args:
        film: The video.
    """

    scale = 1.0

    def __init__(self, film: Film) -> None:
        self._source: VideoFile | None = VideoFile(
            film.path, start=film.start, mirrored=film.mirrored, rotate=film.rotate
        )
        self._shown: Frame | None = None
        self._next: Frame | None = None
        try:
            self._source.__enter__()
        except KdanceError:  # the film goes on without this picture, as the window does
            self._source = None

    def at(self, time: float) -> Image | None:
        """The picture due at a second; the last one where the video ends before."""
        if self._source is None:
            return None
        if self._shown is not None and time < self._shown.time - BACK_S:
            self._source.seek(max(time - LEAD_S, 0.0))
            self._shown = self._next = None
        while True:
            if self._next is None:
                self._next = self._source.read()
            if self._next is None or (self._shown is not None and self._next.time > time + 1e-6):
                break
            self._shown, self._next = self._next, None
        return None if self._shown is None else self._shown.image

    def close(self) -> None:
        """Close the file."""
        if self._source is not None:
            self._source.close()


class Both:
    """The pictures of the reference and of the take, as far as there are any; a context manager.

    Args:
        reference: The reference's video; ``None`` without one.
        take: The file the take was danced in; ``None`` for a webcam.
        waits: Whether pictures are waited for.
    """

    def __init__(self, reference: Film | None, take: Film | None, *, waits: bool) -> None:
        self._films = (reference, take)
        self._waits = waits
        self._stack = ExitStack()
        self._opened: list[Pictures | None] = [None, None]

    def __enter__(self) -> Self:
        for index, film in enumerate(self._films):
            if film is None or not film.path.is_file():
                continue
            if self._waits:
                pictures: Pictures = FilmPictures(film)
                self._stack.callback(pictures.close)
            else:
                pictures = self._stack.enter_context(ReferencePlayer(**film._asdict()))
            self._opened[index] = pictures
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def reference_at(self, time: float) -> tuple[Image | None, float]:
        """The reference's picture at one of its seconds, and its size as a share of the video's."""
        return self._at(0, time)

    def take_at(self, time: float) -> tuple[Image | None, float]:
        """The dancer's picture at a second of the take, likewise."""
        return self._at(1, time)

    def _at(self, index: int, time: float) -> tuple[Image | None, float]:
        pictures = self._opened[index]
        if pictures is None or not np.isfinite(time):
            return None, 1.0
        image = pictures.at(max(time, 0.0))
        return image, pictures.scale
