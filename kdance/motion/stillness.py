"""Who never moves: a poster, a figure of cardboard, a still on a screen. Pure maths."""

from __future__ import annotations

from typing import Final

import numpy as np

from kdance.pose import FloatArray

STILL: Final = 0.03
"""Body heights. Hands and feet reach 0.3 and more in three seconds, of small dancers 0.07, on a poster 0.01."""

_TRUNK: Final = (5, 6, 11, 12)
_ENDS: Final = (9, 10, 15, 16)  # wrists and ankles
_SEEN: Final = 0.3
_MOST: Final = 0.9  # of the frames: the rest may be somebody who passes in front


def reach(keypoints: FloatArray, height: float) -> float:
    """How far the wrists and ankles get from where they usually are beside the trunk, body heights; NaN where unseen.

    A camera that moves, and a body that is carried, don't count.

    Args:
        keypoints: (T, 17, 3) x, y in pixels and a score 0..1 of one person.
        height: Of the body, pixels.

    >>> standing = np.ones((30, 17, 3)); panned = standing + np.arange(30)[:, None, None] * [5, 0, 0]
    >>> reach(standing, 100.0), reach(panned, 100.0)
    (0.0, 0.0)
    >>> waving = standing.copy(); waving[::2, 9, 1] = 61.0; reach(waving, 100.0)
    0.3
    """
    points = np.where(keypoints[..., 2:] >= _SEEN, keypoints[..., :2], np.nan)
    beside = points[:, _ENDS] - points[:, _TRUNK].mean(1, keepdims=True)  # (T, 4, 2)
    known = np.isfinite(beside).all(-1).sum(0) >= max(len(points) / 4, 1)
    if not known.any():
        return float("nan")
    beside = beside[:, known]
    away = np.linalg.norm(beside - np.nanmedian(beside, axis=0), axis=-1)
    return float(np.nanquantile(away, _MOST, axis=0).max() / height)


def never_moves(keypoints: FloatArray, height: float) -> bool:
    """Whether somebody is as still as a picture; who can't be judged may move.

    Args:
        keypoints: (T, 17, 3) of one person.
        height: Of the body, pixels.
    """
    return bool(reach(keypoints, height) < STILL)
