"""The two pictures: the reference, and the dancer with skeleton and ghost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import cv2
import numpy as np

from kdance.config import DEFAULTS
from kdance.motion.picture_points import flipped, placed
from kdance.pose import FloatArray, Pose
from kdance.window.framing import Box, part_of_picture
from kdance.window.layout import Rect
from kdance.window.palette import AMBER, BLUE, INK
from kdance.window.skeleton import draw_ghost, draw_skeleton
from kdance.window.text import Image
from kdance.window.widgets import RADIUS, draw_pill, font_px, part, pill_width, round_corners


class View(NamedTuple):
    """How a part of a picture lies in the window.

    Attributes:
        part: What is shown, pixels of the picture.
        inner: Where it lies, pixels of the window.
        flip: Whether it is shown like in a mirror.
    """

    part: Rect
    inner: Rect
    flip: bool

    def points(self, landmarks: FloatArray) -> FloatArray:
        """(33, 4) landmarks in pixels of the picture -> in pixels of where it lies, from its left and top."""
        scale = (self.inner.width / self.part.width, self.inner.height / self.part.height)
        points = placed(landmarks, origin=(self.part.left, self.part.top), scale=scale)
        return flipped(points, self.inner.width) if self.flip else points


def draw_reference(
    canvas: Image,
    image: Image | None,
    pose: Pose | None,
    pane: Rect,
    scale: float,
    *,
    box: Box | None = None,
    label: str = "",
) -> None:
    """Draw the reference: its picture, its skeleton, or both.

    Args:
        canvas: The window's picture.
        image: (H, W, 3) BGR, or ``None`` without pictures.
        pose: In pixels of ``image``, of any frame of its own without one.
        pane: Where to.
        scale: Of the window.
        box: What of the picture has to be seen; all of it when not given.
        label: Names it; may be empty.
    """
    inner = pane
    if image is not None:
        view = place(canvas, image, pane, box=box)
        inner = view.inner
        if pose is not None:
            draw_skeleton(part(canvas, inner), view.points(pose.landmarks), color=BLUE, scale=_line_scale(inner, scale))
        round_corners(canvas, inner, RADIUS * scale)
    elif pose is not None:
        points = _centered(pose.landmarks, pane, box)
        draw_skeleton(part(canvas, pane), points, color=BLUE, scale=_line_scale(pane, scale))
    _label(canvas, label, inner, scale)


def draw_dancer(
    canvas: Image,
    image: Image,
    landmarks: FloatArray | None,
    pane: Rect,
    scale: float,
    *,
    flip: bool,
    box: Box | None = None,
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
        box: What of the picture has to be seen; all of it when not given.
        ghost: (33, 4) the reference's body in pixels of ``image``.
        joint_errors: Signed degrees by joint name.
        error_band: Degrees within which a limb is right.
        warnings: What the dancer should know about their picture.
        label: Whose picture it is; may be empty.
    """
    view = place(canvas, image, pane, flip=flip, box=box)
    inner, picture = view.inner, part(canvas, view.inner)
    if ghost is not None:
        draw_ghost(picture, view.points(ghost))
    if landmarks is not None:
        points, lines = view.points(landmarks), _line_scale(inner, scale)
        draw_skeleton(picture, points, joint_errors=joint_errors, error_band=error_band, scale=lines)
    round_corners(canvas, inner, RADIUS * scale)
    _draw_warnings(canvas, warnings, inner, _label(canvas, label, inner, scale), scale)
    return inner


def place(canvas: Image, image: Image, pane: Rect, *, flip: bool = False, box: Box | None = None) -> View:
    """Scale a picture, or the part of it around a box, into the middle of a pane; returns how it lies there."""
    view = view_of(image, pane, flip=flip, box=box)
    area = part(canvas, view.inner)
    size = view.inner.width, view.inner.height
    cv2.resize(part(image, view.part), size, dst=area, interpolation=cv2.INTER_LINEAR)
    if flip:
        cv2.flip(area, 1, dst=area)
    return view


def view_of(image: Image, pane: Rect, *, flip: bool = False, box: Box | None = None) -> View:
    """How a picture lies in a pane."""
    shown = part_of_picture(box, image.shape[1], image.shape[0], pane.width / pane.height)
    return View(shown, pane.fit(shown.width, shown.height), flip)


def _centered(landmarks: FloatArray, pane: Rect, box: Box | None) -> FloatArray:
    """(33, 4) landmarks of a picture that isn't there, as large as the pane allows."""
    points = landmarks[:, :2]
    if not np.isfinite(points).any():
        return landmarks
    low, high = np.nanmin(points, axis=0), np.nanmax(points, axis=0)
    left, top, right, bottom = (*low, *high) if box is None else box
    room = 0.8 if box is None else 1.0
    scale = room * min(pane.width / max(right - left, 1), pane.height / max(bottom - top, 1))
    middle = (left + right) / 2, (top + bottom) / 2
    return placed(landmarks, origin=middle, scale=scale, target=(pane.width / 2, pane.height / 2))


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
