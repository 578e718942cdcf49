"""Where a session is found in the film that it was recorded to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Filmed:
    """Where each frame of a take is found in its film, in time and in the picture.

    A film may hold several sessions one after the other, and what stood still while the dancer paused.

    Attributes:
        taken: (N,) seconds of the take, rising: the frames that were shown.
        shown: (N,) seconds of the film at which each of them is seen first, rising.
        panes: (N, 4) left, top, width and height of the dancer's picture then, pixels of the film.
        parts: (N, 4) the same of what is shown there, pixels of the camera's picture: landmarks are in those.
        flip: Whether it is shown like in a mirror.
    """

    taken: NDArray[np.float64]
    shown: NDArray[np.float64]
    panes: NDArray[np.int32]
    parts: NDArray[np.int32]
    flip: bool

    def __post_init__(self) -> None:
        count = len(self.taken)
        shapes = (self.taken.shape, self.shown.shape, self.panes.shape, self.parts.shape)
        if not count or shapes != ((count,), (count,), (count, 4), (count, 4)):
            raise ValueError(f"arrays must be (N,), (N,), (N, 4), (N, 4) of at least one frame, but got {shapes}")
        if not (np.isfinite(self.taken).all() and np.isfinite(self.shown).all()):
            raise ValueError("times must be finite")
        if (np.diff(self.taken) <= 0).any() or (np.diff(self.shown) < 0).any():
            raise ValueError("times must rise from frame to frame")

    @property
    def pane(self) -> tuple[int, int, int, int] | None:
        """Left, top, width and height of the dancer's picture where it never moved; else ``None``."""
        if (self.panes != self.panes[0]).any():
            return None
        left, top, width, height = self.panes[0].tolist()
        return left, top, width, height

    def frame_at(self, taken: float) -> int:
        """The row of the frame that was shown at a second of the take."""
        return max(int(np.searchsorted(self.taken, taken + 1e-6, side="right")) - 1, 0)

    def at(self, taken: float) -> float:
        """The second of the film at which a second of the take is seen."""
        return float(np.interp(taken, self.taken, self.shown))


class FilmLog:
    """Notes frame by frame where the take lies in its film."""

    def __init__(self) -> None:
        self._times: list[tuple[float, float]] = []
        self._places: list[tuple[tuple[int, ...], tuple[int, ...]]] = []

    def add(self, taken: float, shown: float, pane: tuple[int, ...], part: tuple[int, ...]) -> None:
        """A frame was shown; one that was noted before, or has no place of its own, changes nothing.

        Args:
            taken: Its second of the take.
            shown: Its second of the film.
            pane: Left, top, width and height of the dancer's picture.
            part: The same of what of it is shown.
        """
        if not self._times or taken > self._times[-1][0]:
            self._times.append((taken, shown))
            self._places.append((pane, part))

    def end(self, *, flip: bool) -> Filmed | None:
        """All that was noted since the last end; ``None`` where nothing was."""
        times, places = self._times, self._places
        self.__init__()  # type: ignore[misc]
        if not times:
            return None
        taken, shown = np.array(times, np.float64).T
        panes, parts = (np.array([place[side] for place in places], np.int32) for side in (0, 1))
        return Filmed(taken.copy(), shown.copy(), panes, parts, flip)
