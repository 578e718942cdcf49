"""What to press, with the keys drawn as keys."""

from __future__ import annotations

from functools import lru_cache

from kdance.window.layout import Rect
from kdance.window.palette import RAISED, WHITE
from kdance.window.text import BOLD, Image, draw_text, text_width
from kdance.window.widgets import draw_pill, font_px, pill_width

Part = tuple[str, str]  # a key, and what it does
_SMALLEST = 10


def draw_hint(canvas: Image, hint: str, rect: Rect, scale: float) -> None:
    """Draw what to press, in the middle of a rectangle, in as many rows as it takes.

    Args:
        canvas: The picture.
        hint: "key: what it does", with three spaces between one and the next.
        rect: Where to.
        scale: Of the window.
    """
    size, rows = _arrange(hint, rect.width, rect.height, font_px(30, scale))
    step = _step(size)
    top = rect.top + (rect.height - step * len(rows)) // 2
    for row in rows:
        x = rect.left + (rect.width - _row_width(row, size)) / 2
        for key, what in row:
            if key:
                draw_pill(canvas, key_cap(key), x, top, size, ground=RAISED)
            draw_text(canvas, what, x + _indent(key, size), top + 1.14 * size, size, WHITE, BOLD)
            x += _row_width(((key, what),), size) + _gap(size)
        top += step


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
    return pill_width(key_cap(key), size) + 0.4 * size if key else 0.0


def _gap(size: int) -> float:
    return 1.5 * size


def _step(size: int) -> int:
    return round(1.9 * size)
