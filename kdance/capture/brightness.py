"""How light a picture is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_EVERY_PX = 8


def mean_brightness(image: NDArray[np.uint8]) -> float:
    """Mean of a (H, W, 3) picture, 0..255, from every eighth pixel: fast, and as good."""
    return float(image[::_EVERY_PX, ::_EVERY_PX].mean())
