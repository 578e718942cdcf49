"""How much a picture differs from the one before it, for finding cuts."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH_PX: Final = 256


class PictureDifference:
    """Compares each picture with the one before; remembers that one alone, small."""

    def __init__(self) -> None:
        self._before: NDArray[Any] | None = None

    def of(self, image: NDArray[np.uint8]) -> float:
        """The difference to the picture before: mean over hue, saturation and value, 0..255; NaN for the first.

        Args:
            image: (H, W, 3) BGR; another shape than before is another shot, 255.
        """
        height, width = image.shape[:2]
        size = WIDTH_PX, max(1, round(height * WIDTH_PX / width))
        small = cv2.cvtColor(cv2.resize(image, size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2HSV)
        before, self._before = self._before, small
        if before is None:
            return float("nan")
        if before.shape != small.shape:
            return 255.0
        return float(cv2.absdiff(before, small).mean())
