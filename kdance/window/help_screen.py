"""All keys, large, over whatever the window shows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from kdance.window.hints import key_cap
from kdance.window.layout import Rect, window_scale
from kdance.window.palette import INK, MUTED, RAISED, SURFACE, WHITE
from kdance.window.text import BOLD, Image, draw_text, fit_lines, text_width
from kdance.window.widgets import RADIUS, dim, draw_centered, fill_rounded, font_px, part, round_corners

BEHIND: Final = 0.3  # brightness of the picture behind
_ARROWS: Final = {"←": -1, "→": 1}  # the font has none, so they are drawn


@dataclass(frozen=True, slots=True)
class HelpScene:
    """Everything the help shows.

    Attributes:
        keys: What is printed on each key, and what it does.
        title: Above all.
        close: Which key closes it.
        note: One line more, such as what can be done without keys; may be empty.
    """

    keys: tuple[tuple[str, str], ...]
    title: str = ""
    close: str = ""
    note: str = ""


def draw_help(picture: Image, scene: HelpScene) -> Image:
    """Darken a picture of the window, write all keys over it, and return it.

    Args:
        picture: (H, W, 3) BGR, changed in place.
        scene: What to write.
    """
    height, width = picture.shape[:2]
    panel = _panel(scene, width, height)
    rect = Rect((width - panel.shape[1]) // 2, (height - panel.shape[0]) // 2, panel.shape[1], panel.shape[0])
    dim(picture, Rect(0, 0, width, height), BEHIND)
    part(picture, rect)[:] = panel
    return picture


@lru_cache(maxsize=2)
def _panel(scene: HelpScene, width: int, height: int) -> Image:
    scale, tall = window_scale(width, height), height > width
    panel: Image = np.empty((max(1, round(0.94 * height)), max(1, round(0.96 * width)), 3), np.uint8)
    panel[:] = SURFACE
    whole = Rect(0, 0, panel.shape[1], panel.shape[0])
    title, body = whole.inset(round(24 * scale)).split_rows(round(64 * scale), 1)
    size = font_px(40, scale)
    draw_text(panel, scene.title, title.left, title.top + 0.85 * size, size, WHITE, BOLD)
    small = font_px(24, scale)
    draw_text(panel, scene.close, title.right - text_width(scene.close, small), title.top + 0.85 * size, small, MUTED)
    if scene.note:
        body, line = body.split_rows(-round(44 * scale), 1)
        note_px, lines = fit_lines(scene.note, line.width, line.height, largest=small, smallest=max(10, small // 2))
        for row, words in enumerate(lines):
            draw_text(panel, words, line.left, line.top + (row + 1) * 1.2 * note_px, note_px, WHITE)
    cells = _cells(body, len(scene.keys), 1 if tall else 2, scale)
    for rect, (label, what) in zip(cells, scene.keys, strict=True):
        _draw_key(panel, label, what, rect, scale)
    round_corners(panel, whole, 2 * RADIUS * scale, INK)
    return panel


def _cells(rect: Rect, count: int, columns: int, scale: float) -> list[Rect]:
    """One place for each key: down the first column, then down the second."""
    rows = -(-count // columns)
    gap = round(28 * scale)
    width, height = (rect.width - gap * (columns - 1)) // columns, rect.height // rows
    return [
        Rect(rect.left + index // rows * (width + gap), rect.top + index % rows * height, width, height)
        for index in range(count)
    ]


def _draw_key(panel: Image, label: str, what: str, rect: Rect, scale: float) -> None:
    size = min(font_px(28, scale), max(10, round(0.45 * rect.height)))
    cap = Rect(rect.left, rect.top + round(0.1 * rect.height), round(4.2 * size), round(0.8 * rect.height))
    fill_rounded(panel, cap, RAISED, 0.7 * RADIUS * scale)
    baseline = cap.baseline(size)
    if label in _ARROWS:
        _draw_arrow(panel, cap, _ARROWS[label])
    else:
        draw_centered(panel, key_cap(label), cap.left + cap.width / 2, baseline, size, WHITE)
    left = cap.right + round(0.7 * size)
    room = Rect(left, rect.top, max(1, rect.right - left), rect.height)
    text_px, lines = fit_lines(what, room.width, room.height, largest=size, smallest=max(10, round(0.6 * size)))
    step = 1.15 * text_px
    baseline = room.top + (room.height - step * (len(lines) - 1) + 0.7 * text_px) / 2
    for line in lines:
        draw_text(panel, line, left, baseline, text_px, WHITE)
        baseline += step


def _draw_arrow(panel: Image, rect: Rect, direction: int) -> None:
    middle = np.array([rect.left + rect.width / 2, rect.top + rect.height / 2])
    unit = 0.13 * rect.height * np.array([direction, 1])
    for stroke in ([(-2, 0), (2, 0)], [(0.4, -1.6), (2, 0), (0.4, 1.6)]):
        points = np.rint(16 * (middle + unit * np.array(stroke))).astype(np.int32)
        cv2.polylines(panel, [points], False, WHITE, max(2, round(0.07 * rect.height)), cv2.LINE_AA, 4)
