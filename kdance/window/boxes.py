"""The boxes around the panes, each a picture of its own.

What they show stays for many frames, so they are drawn once and kept: pasting one takes a tenth of the time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np

from kdance.window.layout import Layout, Rect
from kdance.window.palette import ACCENT, BACKGROUND, INK, MUTED, RAISED, SURFACE, WHITE
from kdance.window.text import BOLD, Image, draw_text, shorten, text_width
from kdance.window.widgets import (
    RADIUS,
    Sign,
    draw_banner,
    draw_centered,
    draw_pill,
    draw_title,
    fill_rounded,
    font_px,
    pill_width,
)

COUNTS: Final = 8
NO_SCORE: Final = "–"


@lru_cache(maxsize=8)
def top_rows(title: str, time_text: str, speed: float, badges: tuple[str, ...], width: int, layout: Layout) -> Image:
    """The rows above the panes: title, and from the right to the left time, speed and badges."""
    rect, scale = layout.status, layout.scale
    canvas: Image = np.empty((max(layout.header.bottom, rect.bottom), width, 3), np.uint8)
    canvas[:] = BACKGROUND
    draw_title(canvas, title, layout.header, scale)
    size, badge_size, gap = font_px(28, scale), font_px(20, scale), round(8 * scale)
    # Digits have different widths: the place is that of zeros, so that the clock stands still.
    clock = text_width("".join("0" if letter.isdigit() else letter for letter in time_text), size)
    draw_text(canvas, time_text, rect.right - clock, rect.baseline(size), size, WHITE)
    x = rect.right - clock - (2 * gap if clock else 0)
    if speed != 1.0:
        top = rect.top + (rect.height - round(1.65 * size)) // 2
        x = draw_pill(canvas, f"{speed:.2f}x", x, top, size, anchor="right", ground=ACCENT, color=INK).left - gap
    top = rect.top + (rect.height - round(1.65 * badge_size)) // 2
    for number, badge in enumerate(filter(None, badges)):
        room = x - rect.left
        # Only the first is cut where it has no room; one more is left out.
        if room < (5 * badge_size if number == 0 else pill_width(badge, badge_size) + badge_size):
            break
        pill = draw_pill(canvas, badge, x, top, badge_size, anchor="right", ground=SURFACE, color=MUTED, widest=room)
        x = pill.left - gap
    return canvas


def _empty_box(width: int, height: int, scale: float) -> Image:
    box: Image = np.empty((height, width, 3), np.uint8)
    box[:] = BACKGROUND
    fill_rounded(box, Rect(0, 0, width, height), SURFACE, RADIUS * scale)
    return box


@lru_cache(maxsize=4)
def cue_box(cue: str, kind: Sign, width: int, height: int, scale: float) -> Image:
    """The sentence with its sign."""
    box = _empty_box(width, height, scale)
    draw_banner(box, cue, kind, Rect(0, 0, width, height), scale)
    return box


def score_px(width: int, height: int) -> int:
    """The size of the number in a box for the score, pixels: three digits fit."""
    return max(10, round(min(0.74 * height, 0.46 * width)))


@lru_cache(maxsize=32)
def score_box(number: str, word: str, width: int, height: int, scale: float) -> Image:
    """The score and its grade."""
    box = _empty_box(width, height, scale)
    size = score_px(width, height)
    small = max(10, round(0.3 * size))
    baseline = (height - 0.72 * size - 1.25 * small) / 2 + 0.72 * size
    draw_centered(box, number, width / 2, baseline, size, MUTED if number == NO_SCORE else WHITE)
    draw_centered(box, shorten(word, small, width, BOLD), width / 2, baseline + 1.25 * small, small, MUTED)
    return box


@lru_cache(maxsize=2 * COUNTS)
def count_box(count: int, width: int, height: int, scale: float) -> Image:
    """The number, and where it is among the eight."""
    box = _empty_box(width, height, scale)
    size = max(10, round(min(0.74 * height, 0.58 * width)))
    tick, gap = max(2, round(0.1 * size)), max(1, round(0.05 * size))
    baseline = (height - 0.72 * size - 3 * tick) / 2 + 0.72 * size
    draw_centered(box, str(count), width / 2, baseline, size, ACCENT if count == 1 else WHITE)
    step = round(0.84 * width / COUNTS)
    left = (width - COUNTS * step) // 2
    for number in range(1, COUNTS + 1):
        color = ACCENT if number == count else MUTED if number < count else RAISED
        place = Rect(left + (number - 1) * step, round(baseline + 2 * tick), step - gap, tick)
        fill_rounded(box, place, color, tick / 2)
    return box
