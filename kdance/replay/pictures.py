"""The pictures behind the skeletons: decoded ahead for a window that never waits, in order for a film that may.

The dancer's are those of the file the take was danced in or, of a webcam, of the film that the session was recorded to.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from kdance.capture.video_file import VideoFile
from kdance.choices import Turn
from kdance.errors import KdanceError
from kdance.motion.picture_points import flipped, placed
from kdance.pose import FloatArray, Frame
from kdance.recording.filmed import Filmed
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


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A picture and how the video's own pixels lie in it.

    Attributes:
        image: (H, W, 3) BGR; ``None`` where there is none (yet).
        origin: x and y of the video's pixel at its upper left corner.
        scale: How much larger it shows the video.
        flip: Whether it is shown like in a mirror.
    """

    image: Image | None
    origin: tuple[float, float] = (0.0, 0.0)
    scale: float = 1.0
    flip: bool = False

    def points(self, landmarks: FloatArray) -> FloatArray:
        """(33, 4) landmarks in pixels of the video, in pixels of the picture."""
        found = placed(landmarks, origin=self.origin, scale=self.scale)
        return flipped(found, self.image.shape[1]) if self.flip and self.image is not None else found


class Both:
    """The pictures of the reference and of the take, as far as there are any; a context manager.

    Args:
        reference: The reference's video; ``None`` without one.
        take: The file the take was danced in; ``None`` for a webcam.
        recorded: What the session was recorded to, and where the take is found in it; looked at without a ``take``.
        waits: Whether pictures are waited for.
    """

    def __init__(
        self, reference: Film | None, take: Film | None, recorded: tuple[Path, Filmed] | None = None, *, waits: bool
    ) -> None:
        self._filmed = None if take is not None or recorded is None else recorded[1]
        own = Film(recorded[0]) if take is None and recorded is not None else take
        self._films = (reference, own)
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

    def reference_at(self, time: float) -> Shown:
        """The reference's picture at one of its seconds."""
        return self._at(0, time)

    def take_at(self, time: float) -> Shown:
        """The dancer's picture at a second of the take."""
        if self._filmed is None:
            return self._at(1, time)
        return _from_film(self._at(1, self._filmed.at(time)), self._filmed, self._filmed.frame_at(time))

    def _at(self, index: int, time: float) -> Shown:
        pictures = self._opened[index]
        if pictures is None or not np.isfinite(time):
            return Shown(None)
        image = pictures.at(max(time, 0.0))
        return Shown(image, scale=pictures.scale)


def _from_film(shown: Shown, filmed: Filmed, frame: int) -> Shown:
    """The dancer's own picture out of one of the film."""
    if shown.image is None:
        return shown
    pane, part = filmed.panes[frame], filmed.parts[frame]
    left, top, right, bottom = (
        (shown.scale * np.array([*pane[:2], *(pane[:2] + pane[2:])])).round().astype(int).tolist()
    )
    image = shown.image[top:bottom, left:right]
    if not image.size:
        return Shown(None)
    return Shown(image, tuple(part[:2].astype(float).tolist()), shown.scale * float(pane[2] / part[2]), filmed.flip)
