"""The one picture that an AI coach may be sent: reference and dancer side by side, and as little else as possible.

Only a crop around each body goes into it, and of that crop only the body is sharp. Everything else (other people, the
room, writing on the walls) is averaged over cells about as wide as half a head, and so is the dancer's own head. An
average can't be undone. Where nobody knows where a head would be, nothing of the picture is shown but the skeleton.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from kdance.motion.picture_points import placed
from kdance.pose import BONES, HIPS, SHOULDERS, FloatArray, Landmark, Pose
from kdance.window.ghost import MIN_VISIBILITY
from kdance.window.skeleton import draw_skeleton
from kdance.window.text import Image

MAX_SIDE: Final = 512
"""Pixels of the long side: what vision models take in one tile, or less."""

_GAP: Final = 8  # pixels between the two
_GROUND: Final = 48  # grey
_QUALITY: Final = 85
_LINE_SCALE: Final = 0.4

# Lengths of bones for a trunk (middle of the hips to middle of the shoulders) of 1: Winter, Biomechanics and Motor
# Control of Human Movement, 4th ed., fig. 4.1, with MediaPipe's shoulders, which are nearer to each other. Forearms and
# feet are left out: they point at the camera more often, and look longest then.
_OF_TRUNK: Final = {"trunk": 1.0, "shoulders": 0.78, "upper_arm": 0.65, "thigh": 0.85, "shin": 0.85}
# All in trunk lengths. By the same source a head is 0.45 high and its middle 0.41 above the shoulders, without hair.
_HEAD_ABOVE: Final = 0.42
_HEAD_RADIUS: Final = 0.42
_HEAD_MARGIN: Final = 0.25  # around the landmarks, which end at eyes, ears and mouth
_HEAD_ANYWHERE: Final = 0.9  # radius around the shoulders that has the head in it wherever it is turned
_LIMB_WIDTH: Final = 0.3
_MARGIN: Final = 0.2  # of the crop
_CELL: Final = 0.2  # a head is about 1.5 cells wide and 2 high
_MIN_CELL_PX: Final = 16.0  # 16 x 32 cells for a whole half of the collage: no face in them, whoever stands there

_FAR: Final = 1 << 14  # pixels; OpenCV's coordinates are limited

_HEAD: Final = slice(Landmark.NOSE, Landmark.MOUTH_RIGHT + 1)

_BONES: Final = tuple(bone for bone in BONES if bone.name != "neck")
# (13, 2, 2) the one or two landmarks of both ends of each bone.
_ENDS: Final = np.array([[(end[0], end[-1]) for end in (bone.start, bone.end)] for bone in _BONES])
_TRUNK: Final = [bone.name for bone in _BONES].index("trunk")
_PARTS: Final = np.array(
    [_OF_TRUNK.get(bone.name.removeprefix("left_").removeprefix("right_"), np.inf) for bone in _BONES]
)


class _Circle(NamedTuple):
    middle: FloatArray
    radius: float


class _Body(NamedTuple):
    """A body in its picture, in that picture's pixels.

    Attributes:
        landmarks: (33, 4) as in :class:`Pose`.
        bones: (13, 2, 2) x, y of both ends of each bone, NaN where it isn't seen.
        trunk: Length of the trunk as it would be seen from the front; > 0.
        head: Circles that have the head in them; none where nobody knows.
        box: Left, top, right, bottom of the crop, whole pixels.
    """

    landmarks: FloatArray
    bones: FloatArray
    trunk: float
    head: tuple[_Circle, ...]
    box: tuple[int, int, int, int]


def make_collage(
    reference_image: Image | None,
    reference_pose: Pose | None,
    user_image: Image | None,
    user_pose: Pose | None,
    *,
    joint_errors: Mapping[str, float],
    error_band: float,
    blur_faces: bool = True,
) -> bytes:
    """Put the reference (left) and the dancer (right) into one picture, their bodies cropped and equally large.

    Args:
        reference_image: (H, W, 3) BGR; ``None`` to show its skeleton on plain ground.
        reference_pose: Its body in that very picture, in pixels; ``None`` leaves its half empty.
        user_image: (H, W, 3) BGR, as the camera saw it; ``None`` likewise.
        user_pose: The dancer in that very picture (an older pose would blur where the head was); ``None`` likewise.
        joint_errors: Signed degrees by joint name, which colour the dancer's skeleton.
        error_band: Degrees within which a limb is right.
        blur_faces: Whether the two dancers' heads are made unrecognisable. Whatever is around the bodies always is.

    Returns:
        A JPEG of at most 512 x 512 pixels, without metadata.
    """
    sources = ((reference_image, reference_pose), (user_image, user_pose))
    bodies = [_body(pose, image) for image, pose in sources]
    scales, (width, height) = _fit(bodies)
    canvas = np.full((height, 2 * width + _GAP, 3), _GROUND, np.uint8)
    errors: tuple[Mapping[str, float] | None, ...] = (None, joint_errors)
    for half, (body, (image, _)) in enumerate(zip(bodies, sources, strict=True)):
        if body is None:
            continue
        panel = _panel(image, body, scales[half], blur_faces=blur_faces)
        moved = placed(body.landmarks.astype(np.float64), origin=body.box[:2], scale=scales[half])
        draw_skeleton(panel, moved, joint_errors=errors[half], error_band=error_band, scale=_LINE_SCALE)
        left = half * (width + _GAP) + (width - panel.shape[1]) // 2
        top = (height - panel.shape[0]) // 2
        canvas[top : top + panel.shape[0], left : left + panel.shape[1]] = panel
    _, data = cv2.imencode(".jpg", canvas, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return data.tobytes()


def _body(pose: Pose | None, image: Image | None) -> _Body | None:
    """The body of a pose; ``None`` where none of its larger bones is seen within the picture."""
    if pose is None:
        return None
    places = pose.landmarks[:, :2].astype(np.float64)  # (33, 2)
    places[~np.isfinite(places).all(axis=1)] = np.nan
    places = np.clip(places, -_FAR, _FAR)
    seen = np.isfinite(places[:, 0]) & (pose.landmarks[:, 3] >= MIN_VISIBILITY)
    bones = np.where(seen[_ENDS].all(axis=(1, 2))[:, None, None], places[_ENDS].mean(axis=2), np.nan)
    # A bone is seen at its full length at most, so the longest tells.
    trunk = float(np.nan_to_num(_lengths(bones) / _PARTS).max())
    if trunk < 1:
        return None
    head = _head(places, trunk, seen=bool(seen[_HEAD].any()))
    around = [(places[seen], _MARGIN * trunk)] + [(circle.middle[None], circle.radius) for circle in head]
    points = np.concatenate([middle + sign * reach for middle, reach in around for sign in (-1, 1)])
    low, high = np.floor(points.min(0)), np.ceil(points.max(0))
    if image is not None:
        size = np.array(image.shape[1::-1])
        low, high = np.clip(low, 0, size), np.clip(high, 0, size)
    if (high - low < 1).any():
        return None
    (left, top), (right, bottom) = low.astype(int).tolist(), high.astype(int).tolist()
    return _Body(pose.landmarks, bones, trunk, head, (left, top, right, bottom))


def _head(places: FloatArray, trunk: float, *, seen: bool) -> tuple[_Circle, ...]:
    """Circles that have the head in them, from its landmarks and, should those be wrong, from the shoulders."""
    circles = []
    landmarks = _known(places[_HEAD])
    if len(landmarks):
        middle = landmarks.mean(0)
        reach = float(np.linalg.norm(landmarks - middle, axis=1).max())
        circles.append(_Circle(middle, max(_HEAD_RADIUS * trunk, reach + _HEAD_MARGIN * trunk)))
    shoulders, hips = _known(places[SHOULDERS]), _known(places[HIPS])
    if len(shoulders):
        middle = shoulders.mean(0)
        up = middle - hips.mean(0) if len(hips) else np.zeros(2)
        length = float(np.linalg.norm(up))
        if seen and length > 0.5 * trunk:
            circles.append(_Circle(middle + up * (_HEAD_ABOVE * trunk / length), _HEAD_RADIUS * trunk))
        else:
            circles.append(_Circle(middle, _HEAD_ANYWHERE * trunk))
    return tuple(circles)


def _known(places: FloatArray) -> FloatArray:
    return places[np.isfinite(places[:, 0])]


def _lengths(bones: FloatArray) -> FloatArray:
    """(..., 2, 2) bones -> (...) pixels."""
    return np.asarray(np.linalg.norm(bones[..., 1, :] - bones[..., 0, :], axis=-1))


def _fit(bodies: list[_Body | None]) -> tuple[list[float], tuple[int, int]]:
    """Scales that make both bodies equally large, and the width and height of a half that holds either."""
    shapes = [None if body is None else np.subtract(body.box[2:], body.box[:2]) for body in bodies]
    relative = [1.0, 1.0]
    if bodies[0] is not None and bodies[1] is not None:
        relative[1] = _size(bodies[0], bodies[1]) / _size(bodies[1], bodies[0])
    sizes = [scale * shape for scale, shape in zip(relative, shapes, strict=True) if shape is not None]
    room = ((MAX_SIDE - _GAP) // 2, MAX_SIDE)
    if not sizes:
        return relative, room
    largest = np.max(sizes, axis=0)
    zoom = float(np.min(room / largest))
    width, height = (min(most, math.ceil(zoom * side)) for most, side in zip(room, largest.tolist(), strict=True))
    return [zoom * scale for scale in relative], (width, height)


def _size(body: _Body, other: _Body) -> float:
    """How large a body is in its picture, by the bones that are seen in both; in pixels."""
    lengths = _lengths(body.bones)
    length = float(lengths[np.isfinite(lengths + _lengths(other.bones))].sum())
    return length if length >= 1 else body.trunk


def _panel(image: Image | None, body: _Body, scale: float, *, blur_faces: bool) -> Image:
    """The crop around a body, scaled, of which all but the body is averaged."""
    left, top, right, bottom = body.box
    room = ((MAX_SIDE - _GAP) // 2, MAX_SIDE)
    sides = zip(room, (right - left, bottom - top), strict=True)
    width, height = (max(1, min(most, round(scale * side))) for most, side in sides)
    if image is None or not body.head:
        return np.full((height, width, 3), _GROUND, np.uint8)
    sharp = _resized(image[top:bottom, left:right], width, height)
    cell = max(_CELL * body.trunk * scale, _MIN_CELL_PX)
    cells = (max(1, round(width / cell)), max(1, round(height / cell)))
    averages = cv2.resize(sharp, cells, interpolation=cv2.INTER_AREA)
    panel = cv2.resize(averages, (width, height), interpolation=cv2.INTER_LINEAR)
    cv2.copyTo(sharp, _mask(body, scale, (height, width), blur_faces=blur_faces), panel)
    return np.asarray(panel, np.uint8)


def _resized(image: Image, width: int, height: int) -> Image:
    """Scale a picture; in whole halves as far as it goes, which is ten times as fast as averaging over fractions."""
    while image.shape[0] >= 2 * height and image.shape[1] >= 2 * width:
        half = image.shape[1] // 2, image.shape[0] // 2
        even = image[: 2 * half[1], : 2 * half[0]]
        image = np.asarray(cv2.resize(even, half, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _mask(body: _Body, scale: float, shape: tuple[int, int], *, blur_faces: bool) -> Image:
    """(H, W) 255 where the panel is sharp: on the body, and on the head only if it may be."""
    mask = np.zeros(shape, np.uint8)
    width = max(1, round(_LIMB_WIDTH * body.trunk * scale))

    def pixels(points: FloatArray) -> NDArray[np.intp]:
        return np.clip((points - body.box[:2]) * scale, -_FAR, _FAR).round().astype(int)

    for start, end in pixels(body.bones[np.isfinite(body.bones[:, 0, 0])]).tolist():
        cv2.line(mask, start, end, 255, width)
    trunk = body.landmarks[[*SHOULDERS, *HIPS[::-1]], :2]
    if np.isfinite(trunk).all() and np.isfinite(body.bones[_TRUNK]).all():
        cv2.fillPoly(mask, [pixels(trunk).astype(np.int32)], 255)
    for middle, radius in body.head:
        cv2.circle(mask, pixels(middle).tolist(), math.ceil(min(radius * scale, _FAR)), 0 if blur_faces else 255, -1)
    return mask
