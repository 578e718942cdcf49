"""Pictures set right: pixels that are not square (DVDs, old camcorders, some streams), and cameras on their side."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from kdance.choices import Turn

Image = NDArray[np.uint8]
"""(H, W, 3) BGR."""

_ROTATIONS: Final = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
_SQUARE: Final = 0.01  # pixels whose shape differs from a square by less look square


def pixel_aspect(capture: cv2.VideoCapture) -> float:
    """Width of a pixel of the upright picture by its height."""
    across, down = capture.get(cv2.CAP_PROP_SAR_NUM), capture.get(cv2.CAP_PROP_SAR_DEN)
    aspect = across / down if across > 0 and down > 0 else 1.0
    is_turned = round(capture.get(cv2.CAP_PROP_ORIENTATION_META)) % 180 == 90
    return 1 / aspect if is_turned else aspect


def square_pixels(image: Image, aspect: float) -> Image:
    """The picture with square pixels: the shorter side of a pixel is stretched, so nothing of it is lost."""
    if abs(aspect - 1) < _SQUARE:
        return image
    height, width = image.shape[:2]
    size = (round(width * aspect), height) if aspect > 1 else (width, round(height / aspect))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def halved(image: Image, times: int = 1) -> Image:
    """The picture at half its size, so many times; an odd row or column at the end is left out.

    Halving takes a tenth of the time of shrinking to a size of choice, which looks at every pixel on its own.
    """
    for _ in range(times):
        height, width = (max(1, side // 2) for side in image.shape[:2])
        even = image[: 2 * height, : 2 * width]
        image = np.asarray(cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return image


def shrunk(image: Image, size: tuple[int, int]) -> Image:
    """The picture at a smaller size, (width, height): halved as often as that leaves it larger, then to the size."""
    while image.shape[1] >= 2 * size[0] and image.shape[0] >= 2 * size[1]:
        image = halved(image)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def turned(image: Image, rotate: Turn) -> Image:
    """The picture turned clockwise by so many degrees.

    >>> turned(np.arange(6, dtype=np.uint8).reshape(2, 3), 90).tolist()
    [[3, 0], [4, 1], [5, 2]]
    """
    return image if rotate == 0 else np.asarray(cv2.rotate(image, _ROTATIONS[rotate]), np.uint8)
