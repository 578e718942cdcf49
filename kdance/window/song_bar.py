"""The song as a bar: its sections with their last scores, where the music is, and the loop."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from kdance.window.layout import Rect
from kdance.window.palette import ACCENT, BACKGROUND, INK, RAISED, SURFACE, WHITE, score_color
from kdance.window.text import BOLD, Image, draw_text, text_width
from kdance.window.widgets import fill, fill_rounded, font_px, part

Block = tuple[float, float, float | None]  # first and last share of the song, score 0..1
Spans = tuple[tuple[float, float], ...]  # shares of the song
Loop = tuple[float | None, float | None]  # A and B as shares of the song

_FLAGS: Final = 0.32  # of the bar's height, above the sections
_LOWEST: Final = 0.12  # of a section's height, for the worst score


def draw_song_bar(
    canvas: Image,
    rect: Rect,
    progress: float | None,
    *,
    sections: tuple[Block, ...] = (),
    eights: tuple[float, ...] = (),
    loop: Loop = (None, None),
    loop_on: bool = False,
    missing: Spans = (),
    scale: float = 1.0,
) -> None:
    """Draw the bar.

    Args:
        canvas: The window's picture.
        rect: Where to.
        progress: Where the music is, share of the song; ``None`` when it doesn't play.
        sections: In order; a section's score is told by the colour and the height of its block.
        eights: Shares of the song at which its 8-counts begin, in order: numbered as ``--counts`` takes them.
        loop: Where A and B are.
        loop_on: Whether the loop is turned.
        missing: First and last shares of what the reference's video doesn't show: greyed, as nobody is scored there.
        scale: Of the window.
    """
    part(canvas, rect)[:] = _still(rect.width, rect.height, sections, eights, missing, loop, loop_on, scale)
    blocks = _blocks(Rect(0, 0, rect.width, rect.height))
    if progress is None:
        return
    x = rect.left + round((rect.width - 1) * _share(progress))
    base = max(2, round(5 * scale))
    fill(canvas, Rect(rect.left, rect.bottom - base, x - rect.left, base), ACCENT)
    head, thick, top = max(3, round(7 * scale)), max(2, round(4 * scale)), rect.top + blocks.top
    line = Rect(min(max(x - thick // 2, rect.left), rect.right - thick), top, thick, rect.bottom - top)
    fill(canvas, line._replace(left=max(line.left - 1, rect.left), width=thick + 2), INK)
    fill(canvas, line, WHITE)
    tip = np.array([[x - head, top - 2], [x + head, top - 2], [x, top + head]], np.int32)
    cv2.fillConvexPoly(canvas, tip, WHITE, cv2.LINE_AA)


@lru_cache(maxsize=4)
def _still(
    width: int,
    height: int,
    sections: tuple[Block, ...],
    eights: tuple[float, ...],
    missing: Spans,
    loop: Loop,
    loop_on: bool,
    scale: float,
) -> Image:
    """All of the bar that stays as it is for many frames."""
    canvas: Image = np.empty((height, width, 3), np.uint8)
    canvas[:] = BACKGROUND
    rect = Rect(0, 0, width, height)
    blocks = _blocks(rect)
    base = max(2, round(5 * scale))
    room = blocks._replace(height=blocks.height - base - max(1, round(2 * scale)))
    gap = max(1, round(2 * scale))
    for start, end, score in sections or ((0.0, 1.0, None),):
        left, right = round(width * _share(start)), round(width * _share(end))
        block = room._replace(left=left, width=max(1, right - left - gap))
        fill_rounded(canvas, block, SURFACE, 4 * scale)
        if score is not None and np.isfinite(score):
            tall = round(room.height * (_LOWEST + (1 - _LOWEST) * _share(score)))
            fill_rounded(canvas, block._replace(top=room.bottom - tall, height=tall), score_color(score), 4 * scale)
    for start, end in missing:
        _grey(canvas, room._replace(left=round(width * start), width=round(width * (end - start))), scale)
    fill(canvas, Rect(0, height - base, width, base), RAISED)
    _draw_numbers(canvas, room, eights, scale)
    _draw_loop(canvas, blocks, loop, scale, on=loop_on)
    return canvas


def _draw_numbers(canvas: Image, room: Rect, eights: tuple[float, ...], scale: float) -> None:
    """Number the 8-counts: each, or each second, fourth ... of them, as there is room."""
    size = min(font_px(24, scale), max(10, round(0.7 * room.height)))
    if not eights or size > room.height:
        return
    widest = text_width(str(len(eights)), size, BOLD) + size // 2
    apart = (eights[-1] - eights[0]) / max(len(eights) - 1, 1) * room.width if len(eights) > 1 else room.width
    step = 1
    while step * apart < widest:
        step *= 2
    for number in range(1, len(eights) + 1, step):
        left = room.width * _share(eights[number - 1]) + size // 4
        for away, color in (((1, 1), INK), ((0, 0), WHITE)):  # on green, amber and red as on an empty block
            draw_text(canvas, str(number), left + away[0], room.baseline(size) + away[1], size, color, BOLD)


def _grey(canvas: Image, rect: Rect, scale: float) -> None:
    """Strike a part of the bar out: dark, with slanted lines."""
    if rect.width <= 0:
        return
    area = part(canvas, rect)
    area[:] = BACKGROUND
    step = max(4, round(9 * scale))
    rows, columns = np.indices(area.shape[:2])
    area[(rows + columns) % step < max(1, round(scale))] = RAISED


def _draw_loop(canvas: Image, blocks: Rect, loop: Loop, scale: float, *, on: bool) -> None:
    """Draw A and B as flags, and a rail between them while the loop is on."""
    start, end = loop
    size, flag = font_px(19, scale), max(9, round(22 * scale))
    color, ground = (INK, ACCENT) if on else (WHITE, RAISED)
    thick = max(2, round(3 * scale))
    if on:
        first, last = (round(blocks.width * _share(share)) for share in (start or 0.0, 1.0 if end is None else end))
        fill(canvas, Rect(first, blocks.top - thick, max(0, last - first), thick), ACCENT)
    for name, share in (("A", start), ("B", end)):
        if share is None:
            continue
        x = min(round(blocks.width * _share(share)), blocks.width - thick)
        fill(canvas, Rect(x, 0, thick, blocks.bottom), ground)
        box = Rect(x if name == "A" else x + thick - flag, 0, flag, max(1, blocks.top - thick))
        box = box._replace(left=min(max(box.left, 0), max(0, blocks.width - flag)))
        fill(canvas, box, ground)
        left = box.left + (flag - text_width(name, size, BOLD)) / 2
        draw_text(canvas, name, left, box.baseline(size), size, color, BOLD)


def _blocks(rect: Rect) -> Rect:
    flags = min(max(round(_FLAGS * rect.height), 11), rect.height // 2)
    return rect._replace(top=rect.top + flags, height=rect.height - flags)


def _share(value: float) -> float:
    """0..1; NaN is the beginning."""
    return min(max(value, 0.0), 1.0) if value == value else 0.0  # noqa: PLR0124
