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
_HEAD: Final = np.array(
    [(up, side) for up in (0.0, 0.15, 0.3, 0.4) for side in (-0.25, -0.12, 0.0, 0.12, 0.25)], np.float32
)  # of the way from the shoulders to the ears: further on, and to the side
_TRUNK_ACROSS: Final = np.array([[0.2], [0.35], [0.5], [0.65], [0.8]], np.float32)
_FEWEST: Final = 8  # pixels of a region that is seen
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
    small = halved(image, times)
    points = keypoints.astype(np.float32)
    points[..., :2] *= 0.5**times
    for region, (places, seen) in enumerate(
        (_head(points), _trunk(points), _legs(points, _HIPS, _KNEES), _legs(points, _KNEES, _ANKLES))
    ):
        found[:, region] = _histograms(small, places, seen)
    return found


def _head(points: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """(N, P, 2) places around and above the ears, where hair is, and (N, P) whether they are known."""
    face = points[:, [_NOSE, *_EARS]]
    is_seen = face[..., 2] > _MIN_SCORE
    count = np.maximum(is_seen.sum(-1), 1)[:, None]
    middle = (face[..., :2] * is_seen[..., None]).sum(1) / count.astype(np.float32)
    up = middle - points[:, [*_SHOULDERS], :2].mean(1)
    side = np.stack([-up[:, 1], up[:, 0]], -1)
    places = middle[:, None] + _HEAD[:, :1] * up[:, None] + _HEAD[:, 1:] * side[:, None]
    known = np.asarray((points[:, [*_SHOULDERS], 2] > _MIN_SCORE).all(-1) & is_seen.any(-1))
    return places, np.repeat(known[:, None], places.shape[1], axis=1)


def _trunk(points: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Likewise, inside the four corners of the trunk; of a body seen from the side, along its middle."""
    corners = points[:, [*_SHOULDERS, *_HIPS]]
    ends = corners[:, :, None, :2]
    upper = ends[:, 0] + _TRUNK_ACROSS * (ends[:, 1] - ends[:, 0])
    lower = ends[:, 2] + _TRUNK_ACROSS * (ends[:, 3] - ends[:, 2])
    places = upper[:, None] + _ALONG[:, None, None] * (lower - upper)[:, None]
    places = places.reshape(len(points), -1, 2)
    known = np.asarray((corners[..., 2] > _MIN_SCORE).all(-1))
    return places, np.repeat(known[:, None], places.shape[1], axis=1)


def _legs(points: FloatArray, upper: tuple[int, int], lower: tuple[int, int]) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Likewise, along the two thighs or shins."""
    top, bottom = points[:, [*upper]], points[:, [*lower]]
    line = (bottom - top)[..., None, None, :2]
    side = np.stack([-line[..., 1], line[..., 0]], -1)
    places = top[..., None, None, :2] + _ALONG[:, None] * line + _ACROSS[:, None, None] * side
    known = np.minimum(top[..., 2], bottom[..., 2]) > _MIN_SCORE
    of_each = places.shape[2] * places.shape[3]
    return places.reshape(len(points), -1, 2), np.repeat(known, of_each, axis=1)


def _histograms(image: NDArray[np.uint8], places: FloatArray, known: NDArray[np.bool_]) -> FloatArray:
    """(N, 16) share of each colour at (N, P, 2) places; NaN where too few of them are known and in the picture."""
    height, width = image.shape[:2]
    pixels = np.rint(places).astype(int)
    read = known & ((pixels >= 0) & (pixels < (width, height))).all(-1)
    rows = np.nonzero(read)[0]
    found = np.zeros((len(places), COLOUR_BINS))
    if len(rows):
        pixels = pixels[read]
        hsv: NDArray[Any] = cv2.cvtColor(image[pixels[:, 1], pixels[:, 0]][None], cv2.COLOR_BGR2HSV)[0]
        hue, saturation, value = hsv.astype(np.float32).T / np.array([[180], [255], [255]], np.float32)
        # A dark pixel's hue is noise.
        chroma = np.clip(saturation * value * 2.5, 0, 1)
        _share_out(found[:, :_HUES], rows, hue * _HUES, chroma, wraps=True)
        _share_out(found[:, _HUES:], rows, value * (_GREYS - 1), 1 - chroma, wraps=False)
    found[read.sum(-1) < _FEWEST] = np.nan
    return np.asarray(found / np.maximum(found.sum(-1, keepdims=True), 1e-6), np.float32)


def _share_out(
    histograms: FloatArray, rows: NDArray[np.intp], place: FloatArray, weight: FloatArray, *, wraps: bool
) -> None:
    """Share weights out between the two bins around each place, in (N, bins) histograms."""
    count, bins = histograms.shape
    low = np.floor(place).astype(int)
    part = place - low
    high = (low + 1) % bins if wraps else np.minimum(low + 1, bins - 1)
    for bin_, share in ((low % bins, 1 - part), (high, part)):
        histograms += np.bincount(rows * bins + bin_, weight * share, count * bins).reshape(count, bins)
