"""The small things the screens are made of: boxes, pills, signs, centred text. All change a picture in place."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from kdance.window.layout import Rect
from kdance.window.palette import ACCENT, AMBER, BACKGROUND, GREEN, INK, MUTED, RED, WHITE, Color
from kdance.window.text import BOLD, Image, draw_text, fit_lines, line_height, shorten, text_width

Sign = Literal["praise", "fix", "warning", "cross"]

# Sizes at scale 1. A capital letter is three quarters as high. On a 13-inch screen (286 mm wide) seen from 2.5 m, in a
# picture of 1280 pixels, the capitals of a font of 87 pixels have 20 arc minutes, those of 52 have 12.
CUE: Final = 92
HINT: Final = 54
RADIUS: Final = 12  # of corners, at scale 1
SIGN_COLORS: Final[dict[Sign, Color]] = {"praise": GREEN, "fix": AMBER, "warning": RED, "cross": RED}
# A tick, an arrow, an exclamation mark and a cross: told apart without their colours.
_STROKES: Final[dict[Sign, list[list[tuple[float, float]]]]] = {
    "praise": [[(-1.1, 0.1), (-0.3, 0.9), (1.2, -0.8)]],
    "fix": [[(-1.1, 0), (1.1, 0)], [(0.2, -0.9), (1.1, 0), (0.2, 0.9)]],
    "warning": [[(0, -1.2), (0, 0.3)], [(0, 1.1), (0, 1.15)]],
    "cross": [[(-0.9, -0.9), (0.9, 0.9)], [(0.9, -0.9), (-0.9, 0.9)]],
}


def canvas_like(out: Image | None, width: int, height: int) -> Image:
    """The last picture's memory where it has the size; fresh memory costs a loop some milliseconds a frame."""
    if out is not None and out.shape == (height, width, 3):
        return out
    return np.empty((height, width, 3), np.uint8)


def part(canvas: Image, rect: Rect) -> Image:
    """A view of a rectangle."""
    return canvas[rect.top : rect.bottom, rect.left : rect.right]


def font_px(size: float, scale: float) -> int:
    """A font's height in a window of this scale, pixels."""
    return max(10, round(size * scale))


def fill(canvas: Image, rect: Rect, color: Color) -> None:
    """A filled rectangle."""
    if rect.width > 0 and rect.height > 0:  # OpenCV's corners are both inside, so nothing would be drawn as two pixels
        cv2.rectangle(canvas, (rect.left, rect.top), (rect.right - 1, rect.bottom - 1), color, -1)


def fill_rounded(canvas: Image, rect: Rect, color: Color, radius: float = RADIUS) -> None:
    """A filled rectangle with round corners of ``radius`` pixels; square ones where it leaves the picture."""
    r = _radius(rect, radius)
    height, width = canvas.shape[:2]
    if r < 2 or rect.left < 0 or rect.top < 0 or rect.right > width or rect.bottom > height:
        fill(canvas, rect, color)
        return
    fill(canvas, rect._replace(left=rect.left + r, width=rect.width - 2 * r), color)
    fill(canvas, rect._replace(top=rect.top + r, height=rect.height - 2 * r), color)
    _blend_corners(canvas, rect, r, color, inside=True)


def blend_rounded(canvas: Image, rect: Rect, color: Color, radius: float, opacity: float) -> None:
    """A rectangle with round corners that can be seen through; what lies outside the picture is cut off."""
    left, top = max(rect.left, 0), max(rect.top, 0)
    area = canvas[top : max(rect.bottom, 0), left : max(rect.right, 0)]
    if area.size:
        layer = area.copy()
        fill_rounded(layer, rect._replace(left=rect.left - left, top=rect.top - top), color, radius)
        cv2.addWeighted(layer, opacity, area, 1 - opacity, 0, dst=area)


def round_corners(canvas: Image, rect: Rect, radius: float, color: Color = BACKGROUND) -> None:
    """Cut a rectangle's corners off in the colour of what it lies on."""
    _blend_corners(canvas, rect, _radius(rect, radius), color, inside=False)


def _radius(rect: Rect, radius: float) -> int:
    return int(min(radius, rect.width / 2, rect.height / 2))


def _blend_corners(canvas: Image, rect: Rect, radius: int, color: Color, *, inside: bool) -> None:
    left, right = slice(rect.left, rect.left + radius), slice(rect.right - radius, rect.right)
    top, bottom = slice(rect.top, rect.top + radius), slice(rect.bottom - radius, rect.bottom)
    for turn, (rows, columns) in enumerate(((top, left), (bottom, left), (bottom, right), (top, right))):
        ink, clear = _corner(radius, turn, color, inside)
        corner = canvas[rows, columns]
        corner[:] = (np.multiply(corner, clear, dtype=np.uint16) + ink) >> 8


@lru_cache(maxsize=128)
def _corner(radius: int, turn: int, color: Color, inside: bool) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """What is inside or outside a circle in the upper left corner, turned to the left; to be blended like text."""
    away = np.arange(radius - 0.5, -0.5, -1)
    near = np.clip(radius - np.hypot(away[:, None], away) + 0.5, 0, 1)
    share = np.rot90(near if inside else 1 - near, turn)[..., None]
    cover = np.rint(256 * share).astype(np.uint16)
    return cover * np.array(color, np.uint16), (256 - cover).astype(np.uint16)


def dim(canvas: Image, rect: Rect, brightness: float) -> None:
    """Darken a rectangle."""
    area = part(canvas, rect)
    if area.size:
        cv2.convertScaleAbs(area, area, brightness)


def draw_centered(
    canvas: Image, text: str, middle: float, baseline: float, size: int, color: Color, *, opacity: float = 1.0
) -> None:
    """Draw one bold line around a column."""
    left = middle - text_width(text, size, BOLD) / 2
    draw_text(canvas, text, left, baseline, size, color, BOLD, opacity=opacity)


def draw_lines(canvas: Image, text: str, rect: Rect, *, largest: int, smallest: int) -> None:
    """Draw a bold text as large as it fits into a rectangle, from its left, in the middle of its height."""
    size, lines = fit_lines(text, rect.width, rect.height, largest=largest, smallest=smallest, weight=BOLD)
    block = line_height(size) * (len(lines) - 1) + 0.7 * size
    baseline = rect.top + (rect.height - block) / 2 + 0.7 * size
    for row, line in enumerate(lines):
        draw_text(canvas, line, rect.left, baseline + row * line_height(size), size, WHITE, BOLD)


def draw_pill(
    canvas: Image,
    text: str,
    x: float,
    top: int,
    size: int,
    *,
    anchor: Literal["left", "middle", "right"] = "left",
    ground: Color = BACKGROUND,
    color: Color = WHITE,
    widest: float = np.inf,
) -> Rect:
    """Draw a label on a ground of its own, and return where it lies.

    Args:
        canvas: The picture.
        text: One line.
        x: Where its left, middle or right is, pixels.
        top: Its first row.
        size: Height of the font, pixels.
        anchor: What ``x`` is.
        ground: Colour behind the text.
        color: Of the text.
        widest: Width at which the text is cut, pixels.
    """
    text = shorten(text, size, widest - 2.1 * size)
    width = pill_width(text, size)
    height = round(1.65 * size)
    left = round(x - width * {"left": 0, "middle": 0.5, "right": 1}[anchor])
    rect = Rect(left, top, width, height)
    fill_rounded(canvas, rect, ground, height / 2)
    draw_text(canvas, text, left + (width - text_width(text, size)) / 2, top + 0.68 * height, size, color)
    return rect


def pill_width(text: str, size: int) -> int:
    """Of a label with its ground, pixels; in steps, so that a digit more or less moves nothing."""
    return -(-(text_width(text, size) + round(1.1 * size)) // size) * size


def draw_sign(canvas: Image, sign: Sign, rect: Rect) -> None:
    """Draw a tick, an arrow, an exclamation mark or a cross into the middle of a rectangle."""
    unit = 0.22 * min(rect.width, rect.height)
    middle = np.array([rect.left + rect.width / 2, rect.top + rect.height / 2])
    for stroke in _STROKES[sign]:
        points = np.rint(16 * (middle + unit * np.array(stroke))).astype(np.int32)
        cv2.polylines(canvas, [points], False, INK, max(2, round(0.45 * unit)), cv2.LINE_AA, 4)


def draw_banner(canvas: Image, text: str, sign: Sign, rect: Rect, scale: float, *, heading: str = "") -> None:
    """Draw a sentence beside its sign, as large as it fits, and a word above it."""
    if 2 * rect.height > rect.width and not heading:
        _draw_upright_banner(canvas, text, sign, rect, scale)
        return
    badge = rect._replace(width=min(round(84 * scale), rect.width // 4))
    fill_rounded(canvas, badge, SIGN_COLORS[sign], RADIUS * scale)
    half = badge.width // 2
    fill(canvas, badge._replace(left=badge.left + half, width=badge.width - half), SIGN_COLORS[sign])
    draw_sign(canvas, sign, badge)
    pad = round(24 * scale)
    room = Rect(badge.right + pad, rect.top + pad // 2, rect.width - badge.width - 2 * pad, rect.height - pad)
    if heading:
        size = font_px(28, scale)
        draw_text(canvas, shorten(heading, size, room.width, BOLD), room.left, room.top + size, size, MUTED, BOLD)
        room = room.split_rows(round(1.5 * size), 1)[1]
    draw_lines(canvas, text, room, largest=font_px(CUE, scale), smallest=font_px(26, scale))


def _draw_upright_banner(canvas: Image, text: str, sign: Sign, rect: Rect, scale: float) -> None:
    """Draw a sentence below its sign: in a column every pixel of the width is for the words."""
    band = rect._replace(height=min(round(36 * scale), rect.height // 5))
    fill_rounded(canvas, band, SIGN_COLORS[sign], RADIUS * scale)
    half = band.height // 2
    fill(canvas, band._replace(top=band.top + half, height=band.height - half), SIGN_COLORS[sign])
    draw_sign(canvas, sign, band)
    pad = round(12 * scale)
    room = Rect(rect.left + pad, band.bottom + pad // 4, rect.width - 2 * pad, rect.bottom - band.bottom - pad // 2)
    draw_lines(canvas, text, room, largest=font_px(CUE, scale), smallest=font_px(26, scale))


def draw_title(canvas: Image, title: str, rect: Rect, scale: float) -> None:
    """Draw the dance's name behind a stripe."""
    size = font_px(30, scale)
    baseline = rect.baseline(size)
    stripe = max(2, round(6 * scale))
    fill_rounded(canvas, Rect(rect.left, round(baseline - 0.82 * size), stripe, round(0.95 * size)), ACCENT, stripe / 2)
    left = rect.left + 3 * stripe
    draw_text(canvas, shorten(title, size, rect.right - left, BOLD), left, baseline, size, WHITE, BOLD)
