"""Text in pictures, in OpenCV's built-in TrueType font, which also has Hangul.

Rendering takes a millisecond or so and most text stays for many frames, so the rendered shapes are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from kdance.window.palette import Color

Image = NDArray[np.uint8]

REGULAR: Final = 400
BOLD: Final = 700
ELLIPSIS: Final = "…"
_HANGUL_GROWS: Final = 0.055  # of the size: makes its strokes as wide as those of bold Latin letters


class _Shape(NamedTuple):
    """A rendered line in its colour, ready to be blended: picture * clear / 256 + ink / 256.

    Attributes:
        ink: (H, W, 3) uint16, colour times coverage, 0..255 * 256.
        clear: (H, W, 3) uint16, what is seen of the picture behind, 0..256.
        left: Where it lies from its origin, pixels.
        top: Where it lies from its origin, pixels.
    """

    ink: NDArray[np.uint16]
    clear: NDArray[np.uint16]
    left: int
    top: int


def text_width(text: str, size: int, weight: int = REGULAR) -> int:
    """Width of one line, pixels.

    Args:
        text: One line.
        size: Height of the font, pixels.
        weight: 100..1000.
    """
    return _box(text, size, weight)[2] if text else 0


def draw_text(
    image: Image,
    text: str,
    left: float,
    baseline: float,
    size: int,
    color: Color,
    weight: int = REGULAR,
    *,
    opacity: float = 1.0,
) -> Image:
    """Draw one line into a picture and return it; what lies outside is cut off.

    Args:
        image: (H, W, 3) BGR, changed in place.
        text: One line.
        left: Where it begins, pixels.
        baseline: Where its letters stand, pixels.
        size: Height of the font, pixels.
        color: BGR.
        weight: 100..1000.
        opacity: 0..1.
    """
    if not text.strip() or not opacity > 0:
        return image
    shape = _render(text, size, color, weight)
    height, width = shape.ink.shape[:2]
    x, y = round(left) + shape.left, round(baseline) + shape.top
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + width, image.shape[1]), min(y + height, image.shape[0])
    if x0 >= x1 or y0 >= y1:
        return image
    rows, columns = slice(y0 - y, y1 - y), slice(x0 - x, x1 - x)
    part = image[y0:y1, x0:x1]
    ink, clear = shape.ink[rows, columns], shape.clear[rows, columns]
    if opacity < 1:
        share = min(255, round(256 * opacity))  # products stay below 2 ** 16
        ink = np.multiply(ink >> 8, share, dtype=np.uint16)
        clear = np.subtract(256, (256 - clear) * share >> 8, dtype=np.uint16)
    part[:] = (np.multiply(part, clear, dtype=np.uint16) + ink) >> 8
    return image


def shorten(text: str, size: int, width: float, weight: int = REGULAR) -> str:
    """The text, or as much of it as fits into ``width`` pixels with an ellipsis."""
    if text_width(text, size, weight) <= width:
        return text
    kept, cut = 0, len(text)
    while kept < cut:  # the longest prefix that fits
        middle = (kept + cut + 1) // 2
        if text_width(text[:middle].rstrip() + ELLIPSIS, size, weight) <= width:
            kept = middle
        else:
            cut = middle - 1
    return text[:kept].rstrip() + ELLIPSIS


@lru_cache(maxsize=256)
def fit_lines(
    text: str, width: int, height: int, *, largest: int, smallest: int, weight: int = REGULAR
) -> tuple[int, tuple[str, ...]]:
    """The largest size at which a text fits into a box, in one or more lines.

    Args:
        text: What to write.
        width: Of the box, pixels.
        height: Of the box, pixels.
        largest: Size to begin with, pixels.
        smallest: Size below which the text is cut instead.
        weight: 100..1000.

    Returns:
        The size and the lines.
    """
    for size in range(largest, smallest - 1, -1):
        lines = _wrap(text, size, width, weight)
        fits = all(text_width(line, size, weight) <= width for line in lines)
        if fits and (len(lines) - 1) * line_height(size) + size <= height:
            return size, lines
    room = 1 + max(0, int((height - smallest) // line_height(smallest)))
    lines = _wrap(text, smallest, width, weight)
    kept = (*lines[: room - 1], " ".join(lines[room - 1 :]))
    return smallest, tuple(shorten(line, smallest, width, weight) for line in kept)


def line_height(size: int) -> float:
    """Distance of two baselines, pixels."""
    return 1.15 * size


def _wrap(text: str, size: int, width: int, weight: int) -> tuple[str, ...]:
    lines: list[str] = []
    for word in text.split():
        if lines and text_width(f"{lines[-1]} {word}", size, weight) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return tuple(lines)


@lru_cache(maxsize=1)
def _font() -> cv2.FontFace:
    return cv2.FontFace("sans")


@lru_cache(maxsize=2048)
def _box(text: str, size: int, weight: int) -> tuple[int, int, int, int]:
    """Left, top, width and height of a line that begins at (0, 0)."""
    left, top, width, height = cv2.getTextSize((0, 0), text, (0, 0), _font(), size, weight)
    return left, top, width, height


@lru_cache(maxsize=256)
def _render(text: str, size: int, color: Color, weight: int) -> _Shape:
    left, top, width, height = _box(text, size, weight)
    margin = 2 + size // 8  # the box is that of the font's metrics, and some letters lean out of it
    canvas = np.zeros((height + 2 * margin, width + 2 * margin, 3), np.uint8)
    cv2.putText(canvas, text, (margin - left, margin - top), (255, 255, 255), _font(), size, weight)
    _correct(canvas, text, size, weight, margin - left)
    x, y, ink_width, ink_height = cv2.boundingRect(canvas[:, :, 0])
    coverage = canvas[y : y + ink_height, x : x + ink_width].astype(np.uint16)
    coverage += coverage > 127  # 0..256, so that a shift by 8 bits divides exactly
    return _Shape(coverage * np.array(color, np.uint16), 256 - coverage, left - margin + x, top - margin + y)


def _correct(canvas: Image, text: str, size: int, weight: int, origin: int) -> None:
    """Mend what the font lacks: its zero has a slash that looks like an 8 from afar, its Hangul has one thin weight."""
    for start, end in _stretches(text, _is_zero):
        for index in range(start, end):
            _open_zero(canvas, size, weight, origin + _width_until(text, index, size, weight))
    if weight < BOLD:
        return
    thick = max(2, round(_HANGUL_GROWS * size))
    for start, end in _stretches(text, _is_hangul):
        left, right = (origin + _width_until(text, index, size, weight) for index in (start, end))
        syllables = canvas[:, left:right]
        syllables[:] = cv2.dilate(syllables, np.ones((max(1, thick // 2 + 1), thick), np.uint8))


def _open_zero(canvas: Image, size: int, weight: int, left: int) -> None:
    """Put an O that is as narrow as a digit in the place of a zero."""
    advance = text_width("0", size, weight)
    letter = np.zeros((canvas.shape[0], text_width("O", size, weight), 3), np.uint8)
    _, top, _, _ = _box("O", size, weight)
    margin = 2 + size // 8
    cv2.putText(letter, "O", (0, margin - top), (255, 255, 255), _font(), size, weight)
    room = canvas[:, left : left + advance]
    room[:] = cv2.resize(letter, (room.shape[1], room.shape[0]), interpolation=cv2.INTER_AREA)


def _width_until(text: str, index: int, size: int, weight: int) -> int:
    return text_width(text[:index] + "|", size, weight) - text_width("|", size, weight)


def _stretches(text: str, belongs: Callable[[str], bool]) -> list[tuple[int, int]]:
    """(first, behind the last) of each stretch of characters that belong together."""
    edges = [
        index for index in range(len(text) + 1) if _belongs(text, index, belongs) != _belongs(text, index - 1, belongs)
    ]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _belongs(text: str, index: int, belongs: Callable[[str], bool]) -> bool:
    return 0 <= index < len(text) and belongs(text[index])


def _is_zero(character: str) -> bool:
    return character == "0"


def _is_hangul(character: str) -> bool:
    return "\uac00" <= character <= "\ud7a3" or "\u3131" <= character <= "\u318e"
