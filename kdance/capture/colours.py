"""What colours somebody wears: a small histogram of head, trunk, thighs and shins, read at points of the body.

Sampled at the points of the skeleton rather than over the box, so that the wall and the neighbour stay out of it.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from kdance.capture.pixels import halved
from kdance.motion.people import COLOUR_BINS, COLOUR_REGIONS
from kdance.pose import FloatArray

_HUES: Final = 12
_GREYS: Final = COLOUR_BINS - _HUES
_MIN_SCORE: Final = 0.15
_NOSE, _EARS, _SHOULDERS, _HIPS, _KNEES, _ANKLES = 0, (3, 4), (5, 6), (11, 12), (13, 14), (15, 16)
_ALONG: Final = np.linspace(0.1, 0.9, 8, dtype=np.float32)
_ACROSS: Final = np.array([-0.06, 0.0, 0.06], np.float32)  # of the length of a thigh or shin, to both sides
_SAMPLE_HEIGHT: Final = 200.0  # about; a larger body is read in a smaller picture: the same cloth, less noise


def clothing_colours(image: NDArray[np.uint8], keypoints: FloatArray) -> FloatArray:
    """The colours of everybody in a picture.

    Args:
        image: (H, W, 3) BGR.
        keypoints: (N, 17, 3) x, y in pixels and score.

    Returns:
        (N, 4, 16) float32 share of each colour, NaN for a region that isn't seen.
    """
    found = np.full((len(keypoints), len(COLOUR_REGIONS), COLOUR_BINS), np.nan, np.float32)
    if not len(keypoints):
        return found
    tall = float(np.median(np.ptp(keypoints[..., 1], axis=1)))
    times = max(0, round(np.log2(max(tall, 1.0) / _SAMPLE_HEIGHT)))
    scale, small = 0.5**times, halved(image, times)
    for row, points in enumerate(keypoints):
        scaled = points * np.array([scale, scale, 1], np.float32)
        for region, places in enumerate((_head(scaled), _trunk(scaled), _legs(scaled, _HIPS, _KNEES),
                                         _legs(scaled, _KNEES, _ANKLES))):  # fmt: skip
            found[row, region] = _histogram(small, places)
    return found


def _head(points: FloatArray) -> FloatArray:
    """(P, 2) around and above the ears, where hair is."""
    if not (points[[*_SHOULDERS], 2] > _MIN_SCORE).all() or points[[_NOSE, *_EARS], 2].max() < _MIN_SCORE:
        return np.zeros((0, 2), np.float32)
    seen = points[[_NOSE, *_EARS], 2] > _MIN_SCORE
    middle = points[[_NOSE, *_EARS], :2][seen].mean(0)
    up = middle - points[[*_SHOULDERS], :2].mean(0)
    side = np.array([-up[1], up[0]], np.float32)
    grid = [(a, b) for a in (0.0, 0.15, 0.3, 0.4) for b in (-0.25, -0.12, 0.0, 0.12, 0.25)]
    return np.array([middle + a * up + b * side for a, b in grid], np.float32)


def _trunk(points: FloatArray) -> FloatArray:
    """(P, 2) inside the four corners of the trunk; of a body seen from the side, along its middle."""
    corners = points[[*_SHOULDERS, *_HIPS]]
    if not (corners[:, 2] > _MIN_SCORE).all():
        return np.zeros((0, 2), np.float32)
    across = np.array([0.2, 0.35, 0.5, 0.65, 0.8], np.float32)[:, None]
    upper = corners[0, :2] + across * (corners[1, :2] - corners[0, :2])
    lower = corners[2, :2] + across * (corners[3, :2] - corners[2, :2])
    return np.concatenate([upper + along * (lower - upper) for along in _ALONG])


def _legs(points: FloatArray, upper: tuple[int, int], lower: tuple[int, int]) -> FloatArray:
    """(P, 2) along the two thighs or shins."""
    places = [np.zeros((0, 2), np.float32)]
    for top, bottom in zip(upper, lower, strict=True):
        if points[[top, bottom], 2].min() > _MIN_SCORE:
            line = points[bottom, :2] - points[top, :2]
            side = np.array([-line[1], line[0]], np.float32)
            places += [points[top, :2] + _ALONG[:, None] * line + across * side for across in _ACROSS]
    return np.concatenate(places)


def _histogram(image: NDArray[np.uint8], places: FloatArray) -> FloatArray:
    """(16,) share of each colour at the (P, 2) places; NaN when too few of them are in the picture."""
    height, width = image.shape[:2]
    pixels = np.rint(places).astype(int)
    inside = ((pixels >= 0) & (pixels < (width, height))).all(-1)
    if inside.sum() < 8:
        return np.full(COLOUR_BINS, np.nan, np.float32)
    pixels = pixels[inside]
    colours = image[pixels[:, 1], pixels[:, 0]][None]
    hsv: NDArray[Any] = cv2.cvtColor(np.ascontiguousarray(colours), cv2.COLOR_BGR2HSV)[0].astype(np.float32)
    value = hsv[:, 2] / 255
    # A dark pixel's hue is noise.
    chroma = np.clip(hsv[:, 1] / 255 * value * 2.5, 0, 1)
    hues = _shared_out(hsv[:, 0] / 180 * _HUES, chroma, _HUES, wraps=True)
    greys = _shared_out(value * (_GREYS - 1), 1 - chroma, _GREYS, wraps=False)
    histogram = np.concatenate([hues, greys])
    return np.asarray(histogram / max(float(histogram.sum()), 1e-6), np.float32)


def _shared_out(place: FloatArray, weight: FloatArray, bins: int, *, wraps: bool) -> FloatArray:
    """(bins,) weights shared out between the two bins around each place."""
    low = np.floor(place).astype(int)
    part = place - low
    high = (low + 1) % bins if wraps else np.minimum(low + 1, bins - 1)
    shared = np.bincount(low % bins, weight * (1 - part), bins) + np.bincount(high, weight * part, bins)
    return np.asarray(shared, np.float64)
