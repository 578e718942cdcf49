"""How much a picture differs from the one before it, for finding cuts."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from kdance.capture.pixels import halved

LONGEST_PX: Final = 256
"""Longer side, at most, of the small picture in which colours are compared; at least half of it, of larger pictures."""

_OUTLINES_PX: Final = 64  # and of the smaller one in which outlines are


class Change(NamedTuple):
    """From one picture to the next.

    Attributes:
        difference: Mean over hue, saturation and value, 0..255; NaN for the first picture.
        likeness: Of the outlines, correlation -1..1: 1 where only the light changes, about 0 between two shots.
    """

    difference: float
    likeness: float


class PictureDifference:
    """Compares each picture with the one before; remembers that one alone, small."""

    def __init__(self) -> None:
        self._before: tuple[NDArray[Any], NDArray[Any]] | None = None

    def of(self, image: NDArray[np.uint8]) -> Change:
        """The change from the picture before.

        Args:
            image: (H, W, 3) BGR; another shape than before is another shot.
        """
        small = image
        while max(small.shape[:2]) > LONGEST_PX:
            small = halved(small)
        colours = cv2.cvtColor(small, cv2.COLOR_BGR2HSV)
        grey = cv2.cvtColor(_shrunk(small, _OUTLINES_PX), cv2.COLOR_BGR2GRAY)
        outlines = np.stack([cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)])
        before, self._before = self._before, (colours, outlines)
        if before is None:
            return Change(float("nan"), 1.0)
        if before[0].shape != colours.shape:
            return Change(255.0, 0.0)
        size = float(np.sqrt((outlines**2).sum() * (before[1] ** 2).sum()))
        likeness = float((outlines * before[1]).sum()) / size if size > 0 else 0.0
        return Change(cv2.norm(before[0], colours, cv2.NORM_L1) / colours.size, likeness)


def _shrunk(image: NDArray[Any], longest: int) -> NDArray[Any]:
    height, width = image.shape[:2]
    scale = longest / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
