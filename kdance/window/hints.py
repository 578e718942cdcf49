"""What to press, with the keys drawn as keys."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from kdance.window.layout import Rect
from kdance.window.palette import ACCENT, RAISED, WHITE
from kdance.window.text import BOLD, Image, draw_text, text_width
from kdance.window.widgets import HINT, draw_pill, font_px, pill_width

Stroke = list[tuple[float, float]]
# In sixteenths of the height, from the middle of the upper edge.
_BODY: Final[list[Stroke]] = [[(-2.2, 6), (2.2, 6)], [(0, 6), (0, 10.5)], [(-2, 15.5), (0, 10.5), (2, 15.5)]]
_ARMS: Final[dict[str, list[Stroke]]] = {
    "both_up": [[(-2.2, 6), (-3.6, 3.4), (-3.2, 0.2)], [(2.2, 6), (3.6, 3.4), (3.2, 0.2)]],
    "one_up": [[(-2.2, 6), (-3, 8.5), (-3, 11)], [(2.2, 6), (3.6, 3.4), (3.2, 0.2)]],
    "right_up": [[(-2.2, 6), (-3, 8.5), (-3, 11)], [(2.2, 6), (3.6, 3.4), (3.2, 0.2)]],
    "left_up": [[(2.2, 6), (3, 8.5), (3, 11)], [(-2.2, 6), (-3.6, 3.4), (-3.2, 0.2)]],
    "crossed": [[(-2.2, 6), (-4, 3), (2.2, 0.2)], [(2.2, 6), (4, 3), (-2.2, 0.2)]],
}

Part = tuple[str, str]  # a key, and what it does
_SMALLEST = 10


def draw_hint(canvas: Image, hint: str, rect: Rect, scale: float) -> None:
    """Draw what to press, in the middle of a rectangle, in as many rows as it takes.

    Args:
        canvas: The picture.
        hint: "key: what it does", with three spaces between one and the next; "key|sign" also draws how to show it.
        rect: Where to.
        scale: Of the window.
    """
    size, rows = _arrange(hint, rect.width, rect.height, font_px(HINT, scale))
    step = _step(size)
    top = rect.top + (rect.height - step * len(rows)) // 2
    for row in rows:
        x = rect.left + (rect.width - _row_width(row, size)) / 2
        for key, what in row:
            cap, _, sign = key.partition("|")
            if cap:
                draw_pill(canvas, key_cap(cap), x, top, size, ground=RAISED)
            if sign:
                draw_figure(
                    canvas, sign, Rect(round(x + _indent(cap, size)), top, round(1.2 * size), round(1.6 * size))
                )
            draw_text(canvas, what, x + _indent(key, size), top + 1.14 * size, size, WHITE, BOLD)
            x += _row_width(((key, what),), size) + _gap(size)
        top += step


def hint_size(hint: str, rect: Rect, scale: float) -> int:
    """Height of the letters that a hint is drawn in, pixels; arguments as for :func:`draw_hint`."""
    return _arrange(hint, rect.width, rect.height, font_px(HINT, scale))[0]


def key_cap(label: str) -> str:
    """A key's label as it is printed on a keyboard."""
    return " ".join(part.upper() if len(part) == 1 else part for part in label.split())


@lru_cache(maxsize=16)
def _arrange(hint: str, width: int, height: int, largest: int) -> tuple[int, tuple[tuple[Part, ...], ...]]:
    """The largest size at which a hint fits, and its rows."""
    parts = [(key if colon else "", what if colon else key) for key, colon, what in map(_halves, hint.split("   "))]
    size, rows = largest, _rows(parts, largest, width)
    while size > _SMALLEST and (len(rows) * _step(size) > height or any(_row_width(r, size) > width for r in rows)):
        size -= 1
        rows = _rows(parts, size, width)
    return size, rows


def _halves(part: str) -> tuple[str, str, str]:
    return part.strip().partition(": ")


def _rows(parts: list[Part], size: int, width: int) -> tuple[tuple[Part, ...], ...]:
    rows: list[tuple[Part, ...]] = []
    for part in parts:
        if rows and _row_width((*rows[-1], part), size) <= width:
            rows[-1] = (*rows[-1], part)
        else:
            rows.append((part,))
    return tuple(rows)


def _row_width(row: tuple[Part, ...], size: int) -> float:
    return sum(_indent(key, size) + text_width(what, size, BOLD) for key, what in row) + _gap(size) * (len(row) - 1)


def _indent(key: str, size: int) -> float:
    cap, _, sign = key.partition("|")
    return (pill_width(key_cap(cap), size) + 0.4 * size if cap else 0.0) + (1.6 * size if sign else 0.0)


def without_signs(hint: str) -> str:
    """A hint that names keys alone; what has no key is left out.

    >>> without_signs("Space|both_up: go on   |one_up: next   q: end")
    'Space: go on   q: end'
    """
    parts = (re.sub(r"\|\w+", "", part) for part in hint.split("   "))
    return "   ".join(part for part in parts if not part.startswith(":"))


def draw_figure(canvas: Image, sign: str, rect: Rect) -> None:
    """Draw a little dancer, as in a mirror, who shows a sign: one of ``_ARMS``."""
    unit, middle = rect.height / 16, (rect.left + rect.width / 2, rect.top)
    thick = max(2, round(1.1 * unit))
    for stroke in (*_BODY, *_ARMS[sign]):
        points = np.rint(16 * (np.array(middle) + unit * np.array(stroke))).astype(np.int32)
        cv2.polylines(canvas, [points], False, WHITE if stroke in _BODY else ACCENT, thick, cv2.LINE_AA, 4)
    head = (round(middle[0]), round(middle[1] + 3.6 * unit))
    cv2.circle(canvas, head, max(2, round(1.5 * unit)), WHITE, -1, cv2.LINE_AA)


def _gap(size: int) -> float:
    return 1.5 * size


def _step(size: int) -> int:
    return round(1.75 * size)
