"""A body as lines. What is wrong is told by colour and by the kind of line, so that nobody needs to see colours."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from kdance.config import DEFAULTS
from kdance.pose import BONES, HIPS, JOINTS, NUM_LANDMARKS, SHOULDERS, FloatArray, Landmark
from kdance.window.ghost import MIN_VISIBILITY
from kdance.window.palette import AMBER, BLUE, GREEN, INK, RED, WHITE, Color
from kdance.window.text import Image

WRONG_BANDS: Final = 2.0  # from so many error bands on, a limb is wrong rather than nearly right

_JOINT_OF_LIMB: Final = {joint.limb: joint.name for joint in JOINTS}
_DOTS: Final = tuple(
    landmark for landmark in Landmark if Landmark.LEFT_SHOULDER <= landmark <= Landmark.RIGHT_WRIST
) + tuple(landmark for landmark in Landmark if Landmark.LEFT_HIP <= landmark <= Landmark.RIGHT_ANKLE)

_EARS: Final = [Landmark.LEFT_EAR, Landmark.RIGHT_EAR]
_GHOST_WIDTH: Final = 0.18  # of a limb, in lengths of the trunk

_SHIFT: Final = 4  # bits after the point in OpenCV's coordinates: a slow limb glides instead of jumping
_ONE: Final = 1 << _SHIFT
_FAR: Final = 1 << 14


def _midpoints(groups: list[tuple[Landmark, ...]]) -> FloatArray:
    """(N, 33) matrix that takes the mean of N groups of landmarks."""
    matrix = np.zeros((len(groups), NUM_LANDMARKS))
    for row, group in enumerate(groups):
        matrix[row, list(group)] = 1 / len(group)
    return matrix


_STARTS: Final = _midpoints([bone.start for bone in BONES])
_ENDS: Final = _midpoints([bone.end for bone in BONES])
_NEEDS: Final[NDArray[np.bool_]] = (_STARTS + _ENDS) > 0  # (14, 33) landmarks without which a bone can't be drawn


class LimbStyle(NamedTuple):
    """How a limb is drawn."""

    color: Color
    width: float
    dashed: bool


def limb_style(error_deg: float | None, error_band: float) -> LimbStyle:
    """The look of a limb by the error of its joint: right, nearly right, wrong, or not compared.

    Args:
        error_deg: Signed degrees; ``None`` or NaN when not compared.
        error_band: Degrees within which a limb is right.
    """
    if error_deg is None or not np.isfinite(error_deg):
        return LimbStyle(WHITE, 3, False)
    if abs(error_deg) <= error_band:
        return LimbStyle(GREEN, 5, False)
    if abs(error_deg) <= WRONG_BANDS * error_band:
        return LimbStyle(AMBER, 7, False)
    return LimbStyle(RED, 10, True)


def draw_skeleton(
    image: Image,
    landmarks: FloatArray,
    *,
    joint_errors: Mapping[str, float] | None = None,
    error_band: float = DEFAULTS.feedback.error_band,
    color: Color = WHITE,
    scale: float = 1.0,
) -> Image:
    """Draw a body into a picture and return it.

    Args:
        image: (H, W, 3) BGR, changed in place.
        landmarks: (33, 4) x, y in pixels of this picture, z, visibility; what is not visible is left out.
        joint_errors: Signed degrees by joint name; ``None`` draws everything in ``color``.
        error_band: Degrees within which a limb is right.
        color: For everything when there are no errors.
        scale: Of the lines' width.
    """
    points, seen = _points(landmarks)
    starts, ends = (_fixed(midpoints @ points) for midpoints in (_STARTS, _ENDS))
    drawable = np.all(seen | ~_NEEDS, axis=1)  # (33,) against (14, 33) -> (14,)
    limbs = []
    for row, bone in enumerate(BONES):
        if drawable[row]:
            error = (joint_errors or {}).get(_JOINT_OF_LIMB.get(bone.name, ""))
            style = LimbStyle(color, 3, False) if joint_errors is None else limb_style(error, error_band)
            limbs.append((style, starts[row], ends[row]))
    limbs.sort(key=lambda limb: limb[0].width)  # what is wrong lies on top
    for style, start, end in limbs:
        _draw_limb(image, start, end, style, scale)
    dots = _fixed(points)
    for landmark in _DOTS:
        if seen[landmark]:
            for radius, shade in ((5, INK), (3, WHITE)):
                cv2.circle(image, dots[landmark], round(radius * scale * _ONE), shade, -1, cv2.LINE_AA, _SHIFT)
    return image


def draw_ghost(image: Image, landmarks: FloatArray) -> Image:
    """Draw a body into a picture, half transparent and as thick as a body, and return it.

    Args:
        image: (H, W, 3) BGR, changed in place.
        landmarks: (33, 4) as for :func:`draw_skeleton`.
    """
    points, seen = _points(landmarks)
    if not seen.any():
        return image
    trunk = float(np.hypot(*(points[SHOULDERS].mean(0) - points[HIPS].mean(0))))
    spread = np.ptp(points[seen], axis=0)
    width = int(np.clip(_GHOST_WIDTH * trunk if seen[SHOULDERS + HIPS].all() else 0.04 * spread.max(), 3, 80))
    low, high = points[seen].min(0) - 2 * width, points[seen].max(0) + 2 * width
    (left, top), (right, bottom) = (np.clip(edge, 0, image.shape[1::-1]).astype(int).tolist() for edge in (low, high))
    if left >= right or top >= bottom:
        return image
    part = image[top:bottom, left:right]
    body = _draw_body(part.copy(), points - (left, top), seen, BLUE, width)
    cv2.addWeighted(body, 0.5, part, 0.5, 0, dst=part)
    return image


def _draw_body(image: Image, points: FloatArray, seen: NDArray[np.bool_], color: Color, width: int) -> Image:
    """Draw a body as solid limbs: the casing of all of it first, so that they grow together."""
    starts, ends = (_fixed(midpoints @ points) for midpoints in (_STARTS, _ENDS))
    drawable = np.all(seen | ~_NEEDS, axis=1)
    torso = np.rint(points[[*SHOULDERS, *HIPS[::-1]]]).astype(np.int32)
    head = np.rint(points[_EARS].mean(0)).astype(int).tolist()
    for shade, edge in ((INK, max(2, width // 5)), (color, 0)):
        for row in np.flatnonzero(drawable):
            cv2.line(image, starts[row], ends[row], shade, width + 2 * edge, cv2.LINE_AA, _SHIFT)
        if seen[SHOULDERS + HIPS].all():
            cv2.fillConvexPoly(image, cv2.convexHull(torso), shade, cv2.LINE_AA)
        if seen[_EARS].all():
            cv2.circle(image, head, round(1.5 * width) + edge, shade, -1, cv2.LINE_AA)
    return image


def _points(landmarks: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """(33, 2) places in pixels, and (33,) whether they are seen.

    OpenCV's coordinates are whole 32-bit numbers in 1/16 pixels, so landmarks far outside are pulled in.
    """
    seen = np.isfinite(landmarks[:, :2]).all(axis=1) & (landmarks[:, 3] >= MIN_VISIBILITY)
    return np.clip(np.where(seen[:, None], landmarks[:, :2], 0), -_FAR, _FAR), seen


def _draw_limb(image: Image, start: tuple[int, int], end: tuple[int, int], style: LimbStyle, scale: float) -> None:
    """Draw one limb between two points in 1/16 pixels."""
    width = max(1, round(style.width * scale))
    border = WHITE if style.dashed else INK
    cv2.line(image, start, end, border, width + max(2, round(4 * scale)), cv2.LINE_AA, _SHIFT)
    if not style.dashed:
        cv2.line(image, start, end, style.color, width, cv2.LINE_AA, _SHIFT)
        return
    (x, y), (dx, dy) = start, (end[0] - start[0], end[1] - start[1])
    count = max(2, round(math.hypot(dx, dy) / _ONE / (2.4 * width)))
    for dash in range(count):
        a, b = dash / count, (dash + 0.55) / count
        ends = (round(x + a * dx), round(y + a * dy)), (round(x + b * dx), round(y + b * dy))
        cv2.line(image, *ends, style.color, width, cv2.LINE_AA, _SHIFT)


def _fixed(points: FloatArray) -> list[tuple[int, int]]:
    """(N, 2) pixels -> whole numbers of 1/16 pixel."""
    return [(x, y) for x, y in np.rint(points * _ONE).astype(int).tolist()]
