"""From the six heads of MoveNet MultiPose to people: peaks of the centres, points regressed from them and refined.

The network's own decoder stops at six people, and OpenCV runs it wrongly; this one has no limit. As in CenterNet
("Objects as Points", Zhou et al. 2019), a point is looked for in the heat map near the place where its body's centre
expects it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import cv2
import numpy as np

from kdance.motion.people import NUM_KEYPOINTS
from kdance.pose import FloatArray

STRIDE: Final = 4
HEADS: Final = ("center", "box_scale", "box_offset", "kpt_heatmap", "kpt_regress", "kpt_offset")
_NEAR: Final = 0.1  # standard deviation of a point around the place its centre expects, in sizes of the body
_FAR: Final = 0.35  # sizes of the body beyond which a point belongs to somebody else


class Bodies(NamedTuple):
    """What one run of the network found, in pixels of its input.

    Attributes:
        boxes: (N, 4) left, top, right, bottom.
        keypoints: (N, 17, 3) x, y and score 0..1.
        scores: (N,) 0..1.
    """

    boxes: FloatArray
    keypoints: FloatArray
    scores: FloatArray

    @classmethod
    def none(cls) -> Bodies:
        """Of nobody."""
        return cls(np.zeros((0, 4), np.float32), np.zeros((0, NUM_KEYPOINTS, 3), np.float32), np.zeros(0, np.float32))


def decode(heads: Mapping[str, FloatArray], *, min_score: float) -> Bodies:
    """The people in the network's outputs.

    Args:
        heads: (1, rows, columns, channels) of each of :data:`HEADS`; centres and heat maps before the sigmoid.
        min_score: Of a centre, 0..1.
    """
    centre = np.ascontiguousarray(heads["center"][0, ..., 0])
    # Two peaks within five cells of one another are one body at any size the network can see.
    is_peak = (centre == cv2.dilate(centre, np.ones((3, 3), np.uint8))) & (centre > _logit(min_score))
    rows, columns = np.nonzero(is_peak)
    cells = np.stack([rows, columns], -1).astype(np.float32)
    middle = cells + heads["box_offset"][0, rows, columns]
    size = np.maximum(heads["box_scale"][0, rows, columns], 1.0)
    boxes = np.concatenate([(middle - size / 2)[:, ::-1], (middle + size / 2)[:, ::-1]], -1) * STRIDE
    expected = cells[:, None] + heads["kpt_regress"][0, rows, columns].reshape(-1, NUM_KEYPOINTS, 2)
    keypoints = _refine(expected, size.max(-1), heads)
    return Bodies(boxes.astype(np.float32), keypoints, _sigmoid(centre[rows, columns]))


def _refine(expected: FloatArray, size: FloatArray, heads: Mapping[str, FloatArray]) -> FloatArray:
    """(N, 17, 3) the best place of each point near the (N, 17, 2) expected ones (row, column), for (N,) sizes."""
    heat = _sigmoid(heads["kpt_heatmap"][0])
    offsets = heads["kpt_offset"][0].reshape(*heat.shape, 2)
    height, width = heat.shape[:2]
    far = size[:, None, None]
    rows = (np.arange(height, dtype=np.float32) - expected[..., :1]) / far
    columns = (np.arange(width, dtype=np.float32) - expected[..., 1:]) / far
    near = np.exp(rows**2 / (-2 * _NEAR**2))[..., None] * np.exp(columns**2 / (-2 * _NEAR**2))[..., None, :]
    weighted = near * heat.transpose(2, 0, 1)
    best = weighted.reshape(*weighted.shape[:2], height * width).argmax(-1)
    row, column = best // width, best % width
    point = np.arange(NUM_KEYPOINTS)
    score = heat[row, column, point]
    found = np.stack([row, column], -1) + offsets[row, column, point]
    # Where the heat map knows nothing, the place the centre expects is the better guess.
    lost = (score < 0.02) | (np.linalg.norm(found - expected, axis=-1) > _FAR * size[:, None])
    found = np.where(lost[..., None], expected, found)
    score = np.where(lost, 0.0, score)
    return np.concatenate([found[..., ::-1] * STRIDE, score[..., None]], -1).astype(np.float32)


def _sigmoid(values: FloatArray) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-values)), np.float32)


def _logit(share: float) -> float:
    return float(np.log(share / (1 - share)))
