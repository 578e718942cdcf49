"""Everybody in a picture between two others, where nobody can be mistaken for somebody else. Pure geometry."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from kdance.motion.people import People, box_overlap
from kdance.pose import FloatArray

_BODY: Final = slice(5, 17)
_MOVED: Final = 0.12  # heights of a body: median by which its points may differ between the two pictures
_APART: Final = 2.0  # so much farther away is the next body
_TOGETHER: Final = 0.25  # intersection over union of two boxes from which one body may hide the other
_JUMPED: Final = 0.3  # heights of a body by which a point no longer moves: one of the pictures has it elsewhere
_MOST_JUMPED: Final = 2  # points of the body of which that may be so
_SURE: Final = 0.3  # score from which somebody is seen for sure, and a point


def people_between(before: People, after: People, share: float) -> People | None:
    """Everybody in a picture that nobody looked at.

    Args:
        before: Everybody in a picture a little before it.
        after: Everybody in one a little after it; the two are less than a tenth of a second apart.
        share: Of the time between the two that lies before it, 0..1.

    Returns:
        Everybody half way along; a point that the two have in different places isn't seen. ``None`` where only a look
        can tell: somebody came or went, isn't seen for sure, stands close to another one, or moved too far.
    """
    if len(before) != len(after):
        return None
    if not len(before):
        return before
    rows = _same_bodies(before, after)
    if rows is None or min(before.scores.min(), after.scores.min()) < _SURE or _anybody_close(before, after):
        return None
    after = after[rows]
    points = _along(before.keypoints, after.keypoints, share)
    points[..., 2] = np.minimum(before.keypoints[..., 2], after.keypoints[..., 2])
    jumps = np.linalg.norm(before.keypoints[..., :2] - after.keypoints[..., :2], axis=-1) > _JUMPED * _heights(before)
    if (jumps & (points[..., 2] >= _SURE))[:, _BODY].sum(-1).max() > _MOST_JUMPED:
        return None
    points[jumps, 2] = 0.0
    known = np.isfinite(before.colours), np.isfinite(after.colours)
    colours = np.where(known[0] & known[1], _along(before.colours, after.colours, share), before.colours)
    between = People(
        _along(before.boxes, after.boxes, share),
        points,
        np.minimum(before.scores, after.scores),
        np.where(known[0], colours, after.colours).astype(before.colours.dtype),
    )
    return between[np.argsort(-between.scores, kind="stable")]


def _same_bodies(before: People, after: People) -> NDArray[np.intp] | None:
    """(N,) the row after of each row before; ``None`` where that can be doubted."""
    apart = np.linalg.norm(before.keypoints[:, None, _BODY, :2] - after.keypoints[None, :, _BODY, :2], axis=-1)
    distances = np.median(apart, axis=-1) / _heights(before)
    rows = distances.argmin(1)
    nearest = distances.min(1)
    if len(set(rows.tolist())) < len(rows) or nearest.max() > _MOVED:
        return None
    others = distances.copy()
    others[np.arange(len(rows)), rows] = np.inf
    return rows if (others.min(1) > np.maximum(_APART * nearest, _MOVED)).all() else None


def _anybody_close(*pictures: People) -> bool:
    for people in pictures:
        overlap = box_overlap(people.boxes, people.boxes)
        np.fill_diagonal(overlap, 0.0)
        if overlap.max() > _TOGETHER:
            return True
    return False


def _heights(people: People) -> FloatArray:
    """(N, 1) pixels."""
    return np.maximum(people.boxes[:, 3] - people.boxes[:, 1], 1.0)[:, None]


def _along(before: FloatArray, after: FloatArray, share: float) -> FloatArray:
    return np.asarray(before + np.float32(share) * (after - before), np.float32)
