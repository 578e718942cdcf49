"""The people of one picture, as a detector found them, and what maths on their boxes needs. Pure geometry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kdance.pose import FloatArray, Landmark

IntArray = NDArray[np.integer[Any]]

NUM_KEYPOINTS: Final = 17
"""COCO's points: nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles; left before right."""

KEYPOINT_LANDMARKS: Final = (
    Landmark.NOSE,
    Landmark.LEFT_EYE,
    Landmark.RIGHT_EYE,
    Landmark.LEFT_EAR,
    Landmark.RIGHT_EAR,
    Landmark.LEFT_SHOULDER,
    Landmark.RIGHT_SHOULDER,
    Landmark.LEFT_ELBOW,
    Landmark.RIGHT_ELBOW,
    Landmark.LEFT_WRIST,
    Landmark.RIGHT_WRIST,
    Landmark.LEFT_HIP,
    Landmark.RIGHT_HIP,
    Landmark.LEFT_KNEE,
    Landmark.RIGHT_KNEE,
    Landmark.LEFT_ANKLE,
    Landmark.RIGHT_ANKLE,
)
"""The landmark of each of the detector's points."""

COLOUR_REGIONS: Final = ("head", "trunk", "thighs", "shins")
COLOUR_BINS: Final = 16
"""Twelve hues and four greys."""


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Everybody found in one picture.

    Attributes:
        boxes: (N, 4) float32; left, top, right, bottom of the body, pixels.
        keypoints: (N, 17, 3) float32; x, y in pixels and a score 0..1 of :data:`KEYPOINT_LANDMARKS`.
        scores: (N,) float32; how surely it is a person, 0..1.
        colours: (N, 4, 16) float16 or wider; share of each colour in :data:`COLOUR_REGIONS`, NaN where one isn't seen.
    """

    boxes: FloatArray
    keypoints: FloatArray
    scores: FloatArray
    colours: FloatArray

    def __post_init__(self) -> None:
        count = len(self.scores)
        for name, array, shape in (
            ("boxes", self.boxes, (count, 4)),
            ("keypoints", self.keypoints, (count, NUM_KEYPOINTS, 3)),
            ("scores", self.scores, (count,)),
            ("colours", self.colours, (count, len(COLOUR_REGIONS), COLOUR_BINS)),
        ):
            if array.shape != shape:
                raise ValueError(f"{name} must have shape {shape}, but got {array.shape}")

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, rows: slice | IntArray | NDArray[np.bool_]) -> People:
        """Some of them."""
        return People(self.boxes[rows], self.keypoints[rows], self.scores[rows], self.colours[rows])

    @classmethod
    def nobody(cls) -> People:
        """An empty picture."""
        return cls(
            np.zeros((0, 4), np.float32),
            np.zeros((0, NUM_KEYPOINTS, 3), np.float32),
            np.zeros(0, np.float32),
            np.zeros((0, len(COLOUR_REGIONS), COLOUR_BINS), np.float16),
        )


def box_overlap(first: FloatArray, second: FloatArray) -> FloatArray:
    """Intersection over union of boxes: (N, 4) and (M, 4) to (N, M)."""
    shared = _shared_area(first, second)
    both = box_area(first)[:, None] + box_area(second)[None] - shared
    return np.asarray(shared / np.maximum(both, 1e-6))


def box_covered(first: FloatArray, second: FloatArray) -> FloatArray:
    """Share of each of the (N, 4) first boxes that lies in each of the (M, 4) second ones: (N, M)."""
    return np.asarray(_shared_area(first, second) / np.maximum(box_area(first)[:, None], 1e-6))


def box_area(boxes: FloatArray) -> FloatArray:
    """(...) square pixels of boxes (..., 4)."""
    return np.asarray(np.prod(np.maximum(boxes[..., 2:] - boxes[..., :2], 0), axis=-1))


def _shared_area(first: FloatArray, second: FloatArray) -> FloatArray:
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    return np.asarray(np.prod(np.maximum(high - low, 0), axis=-1))
