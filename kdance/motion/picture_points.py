"""Points moved between pictures: a part of a picture, another size, a mirror. The one place that does it.

Points are (..., D): x to the right and y down in pixels, then, if D is 3 or more, z on the scale of x; whatever follows
(visibility) stays as it is, and so does the type of the numbers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from kdance.choices import Turn
from kdance.pose import FLIPPED, FloatArray


def placed(
    points: FloatArray, *, origin: ArrayLike = (0, 0), scale: ArrayLike = 1.0, target: ArrayLike = (0, 0)
) -> FloatArray:
    """(..., D) points of one picture in another that shows it, or a part of it, at another place and size.

    Args:
        points: (..., D) in pixels of the first picture.
        origin: Its x and y that come to lie on ``target``.
        scale: How much larger the second picture shows it: one number, or one for x and one for y.
        target: x and y in the second picture.

    >>> placed(np.array([110.0, 60.0, 5.0, 0.9]), origin=(100, 50), scale=2, target=(1, 2)).tolist()
    [21.0, 22.0, 10.0, 0.9]
    """
    start, grow, end = (np.broadcast_to(np.asarray(value, points.dtype), 2) for value in (origin, scale, target))
    moved = points.copy()
    moved[..., :2] = (points[..., :2] - start) * grow + end
    if points.shape[-1] > 2:
        moved[..., 2] = points[..., 2] * grow[0]
    return moved


def flipped(points: FloatArray, width: int) -> FloatArray:
    """(..., D) points in a picture of ``width`` pixels after its columns were turned round; names stay.

    >>> flipped(np.array([0.0, 7.0]), 640).tolist()
    [639.0, 7.0]
    """
    turned = points.copy()
    turned[..., 0] = width - 1 - points[..., 0]
    return turned


def mirrored(points: FloatArray, *, width: int = 1) -> FloatArray:
    """(..., 33, D) the pose as in a mirror: left and right names swapped and x turned round. Its own inverse.

    Args:
        points: (..., 33, D) in pixels or metres.
        width: Of the picture in which x is turned round, pixels; by default x only changes its sign.

    >>> points = np.arange(33 * 2.0).reshape(33, 2)
    >>> bool((mirrored(mirrored(points)) == points).all())
    True
    """
    return flipped(points[..., list(FLIPPED), :], width)


def rotated(points: FloatArray, turn: Turn) -> FloatArray:
    """(..., D) points in the picture turned clockwise by so many degrees about its corner.

    >>> rotated(np.array([2.0, 1.0, 5.0, 0.9]), 90).tolist()
    [-1.0, 2.0, 5.0, 0.9]
    """
    x, y = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[turn]
    moved = points.copy()
    moved[..., 0] = x * points[..., 0] - y * points[..., 1]
    moved[..., 1] = y * points[..., 0] + x * points[..., 1]
    return moved
