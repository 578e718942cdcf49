"""A window with one picture, in which something is chosen: by a click on it, or by a key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from kdance.window.window import open_window

_LARGEST: Final = (1200, 820)  # width and height that fit a laptop's screen
_POLL_MS: Final = 30

Choice = TypeVar("Choice")


def pick(
    title: str,
    picture: NDArray[np.uint8],
    keys: Mapping[str, Choice],
    at: Callable[[float, float], Choice | None] | None = None,
) -> Choice | None:
    """Show a picture until something is chosen; ``None`` on Esc, or when the window is closed.

    Args:
        title: In its title bar: what is asked.
        picture: (H, W, 3) BGR.
        keys: What each key chooses, by the names of :meth:`kdance.window.window.Window.poll`.
        at: Gives what a click at x, y of the picture chooses.

    Raises:
        KdanceError: There is no display.
    """
    height, width = picture.shape[:2]
    scale = min(_LARGEST[0] / width, _LARGEST[1] / height, 1.0)
    shown = np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    with open_window(title, shown.shape[1], shown.shape[0]) as window:
        while not window.closed:
            window.show(shown)
            key, click = window.poll(_POLL_MS), window.take_click()
            chosen = None if click is None or at is None else at((click[0] + 0.5) / scale, (click[1] + 0.5) / scale)
            if chosen is not None:
                return chosen
            if key is not None and key in keys:
                return keys[key]
            if key == "esc":
                return None
    return None
