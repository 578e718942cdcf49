"""The two pictures: the reference, and the dancer with skeleton and ghost."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from kdance.config import DEFAULTS
from kdance.motion.picture_points import flipped, placed
from kdance.pose import FloatArray, Pose
from kdance.window.layout import Rect
from kdance.window.palette import AMBER, BLUE, INK
from kdance.window.skeleton import draw_ghost, draw_skeleton
from kdance.window.text import Image
from kdance.window.widgets import RADIUS, draw_pill, font_px, part, pill_width, round_corners


def draw_reference(
    canvas: Image, image: Image | None, pose: Pose | None, pane: Rect, scale: float, *, label: str = ""
) -> None:
    """Draw the reference: its picture, its skeleton, or both.

    Args:
        canvas: The window's picture.
        image: (H, W, 3) BGR, or ``None`` without pictures.
        pose: In pixels of ``image``, of any frame of its own without one.
        pane: Where to.
        scale: Of the window.
        label: Names it; may be empty.
    """
    inner = pane
    if image is not None:
        inner = place(canvas, image, pane, flip=False)
        if pose is not None:
            landmarks = to_pane(pose.landmarks, image, inner, flip=False)
            draw_skeleton(part(canvas, inner), landmarks, color=BLUE, scale=_line_scale(inner, scale))
        round_corners(canvas, inner, RADIUS * scale)
    elif pose is not None:
        draw_skeleton(part(canvas, pane), _centered(pose.landmarks, pane), color=BLUE, scale=_line_scale(pane, scale))
    _label(canvas, label, inner, scale)


def draw_dancer(
    canvas: Image,
    image: Image,
    landmarks: FloatArray | None,
    pane: Rect,
    scale: float,
    *,
    flip: bool,
    ghost: FloatArray | None = None,
    joint_errors: Mapping[str, float] | None = None,
    error_band: float = DEFAULTS.feedback.error_band,
    warnings: tuple[str, ...] = (),
    label: str = "",
) -> Rect:
    """Draw the dancer, and return where the picture lies.

    Args:
        canvas: The window's picture.
        image: (H, W, 3) BGR.
        landmarks: (33, 4) in pixels of ``image``; ``None`` when nobody is seen.
        pane: Where to.
        scale: Of the window.
        flip: Whether the picture is shown like a mirror.
        ghost: (33, 4) the reference's body in pixels of ``image``.
        joint_errors: Signed degrees by joint name.
        error_band: Degrees within which a limb is right.
        warnings: What the dancer should know about their picture.
        label: Whose picture it is; may be empty.
    """
    inner = place(canvas, image, pane, flip=flip)
    picture = part(canvas, inner)
    if ghost is not None:
        draw_ghost(picture, to_pane(ghost, image, inner, flip=flip))
    if landmarks is not None:
        points, lines = to_pane(landmarks, image, inner, flip=flip), _line_scale(inner, scale)
        draw_skeleton(picture, points, joint_errors=joint_errors, error_band=error_band, scale=lines)
    round_corners(canvas, inner, RADIUS * scale)
    _draw_warnings(canvas, warnings, inner, _label(canvas, label, inner, scale), scale)
    return inner


def place(canvas: Image, image: Image, pane: Rect, *, flip: bool) -> Rect:
    """Scale a picture into the middle of a pane; returns where it lies."""
    inner = pane.fit(image.shape[1], image.shape[0])
    area = part(canvas, inner)
    cv2.resize(image, (inner.width, inner.height), dst=area, interpolation=cv2.INTER_LINEAR)
    if flip:
        cv2.flip(area, 1, dst=area)
    return inner


def to_pane(landmarks: FloatArray, image: Image, inner: Rect, *, flip: bool) -> FloatArray:
    """(33, 4) landmarks in pixels of a picture -> in pixels of where it was placed."""
    points = placed(landmarks, scale=(inner.width / image.shape[1], inner.height / image.shape[0]))
    return flipped(points, inner.width) if flip else points


def _centered(landmarks: FloatArray, pane: Rect) -> FloatArray:
    """(33, 4) landmarks of an unknown picture, as large as the pane allows."""
    points = landmarks[:, :2]
    if not np.isfinite(points).any():
        return landmarks
    low, high = np.nanmin(points, axis=0), np.nanmax(points, axis=0)
    scale = 0.8 * min(pane.width / max(high[0] - low[0], 1), pane.height / max(high[1] - low[1], 1))
    return placed(landmarks, origin=(low + high) / 2, scale=scale, target=(pane.width / 2, pane.height / 2))


def _label(canvas: Image, text: str, inner: Rect, scale: float) -> Rect:
    """Name a picture in its upper left corner; returns where the name is."""
    pad = round(10 * scale)
    if not text:
        return Rect(inner.left, inner.top + pad, 0, 0)
    return draw_pill(canvas, text, inner.left + pad, inner.top + pad, font_px(18, scale))


def _draw_warnings(canvas: Image, warnings: tuple[str, ...], inner: Rect, label: Rect, scale: float) -> None:
    """Draw the warnings below each other in the upper right corner; in a narrow picture below its name."""
    size, pad, top = font_px(22, scale), round(10 * scale), label.top
    for warning in filter(None, warnings):
        if top < label.bottom and pill_width(warning, size) > inner.right - label.right - 2 * pad:
            top = label.bottom + pad // 2
        room = inner.width - 2 * pad
        pill = draw_pill(
            canvas, warning, inner.right - pad, top, size, anchor="right", ground=AMBER, color=INK, widest=room
        )
        top = pill.bottom + pad // 2


def _line_scale(inner: Rect, scale: float) -> float:
    """Thinner lines in a small picture."""
    return scale * min(max(inner.height / (400 * scale), 0.5), 1.3)
