"""The start screen: the chosen dance large, with its scores, and all others as small pictures beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import cv2

from kdance.window.framing import part_of_picture
from kdance.window.hints import draw_hint
from kdance.window.layout import Rect
from kdance.window.palette import ACCENT, AMBER, BACKGROUND, INK, MUTED, RAISED, SURFACE, WELL, WHITE, score_color
from kdance.window.screen_layouts import StartLayout, start_layout
from kdance.window.text import BOLD, Image, draw_text, fit_lines, line_height, shorten, text_width
from kdance.window.thumbnails import Thumbnail
from kdance.window.widgets import (
    RADIUS,
    canvas_like,
    draw_banner,
    draw_centered,
    draw_pill,
    draw_title,
    fill,
    fill_rounded,
    font_px,
    part,
    round_corners,
)

_BARS: Final = 12
"""Of the trend, the newest whole dances."""
_SMALLER: Final = 0.6  # the best than the last


@dataclass(frozen=True, slots=True, eq=False)
class DanceTile:
    """A dance to choose; scores are 0..1.

    Attributes:
        name: Its name.
        picture: ``None`` while it is being made.
        last: Its last score, if any.
        best: Of the whole dances at full speed, if any.
        trend: All of these, oldest first.
        due: How many of its 8-counts are due today.
    """

    name: str
    picture: Thumbnail | None = None
    last: float | None = None
    best: float | None = None
    trend: tuple[float, ...] = ()
    due: int = 0


@dataclass(frozen=True, slots=True)
class StartLabels:
    """Words of the start screen, in the dancer's language; ``{points}`` and ``{count}`` are put in by who draws.

    Attributes:
        title: What to do.
        last: Above the last score.
        best: Above the best score.
        due: What is due of the chosen dance, with its number.
        never: Stands where the score would.
        page: Which of how many pages.
    """

    title: str = ""
    last: str = ""
    best: str = ""
    due: str = ""
    never: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class StartScene:
    """Everything the start screen shows.

    Attributes:
        tiles: All dances of this page.
        chosen: Which of them.
        dances: How many there are on all pages.
        hint: The line that names keys and signs.
        note: What went wrong with the last one, if anything.
        held: How much of the time that a sign is to be held is over, 0..1.
        text: Size of the text, 1 as designed.
        labels: Its words.
    """

    tiles: Sequence[DanceTile]
    chosen: int
    dances: int
    hint: str = ""
    note: str = ""
    held: float = 0.0
    text: float = 1.0
    labels: StartLabels = field(default_factory=StartLabels)


def draw_start(scene: StartScene, width: int, height: int, *, out: Image | None = None) -> Image:
    """The picture of the start screen.

    Args:
        scene: What to show.
        width: Of the window, pixels.
        height: Of the window, pixels.
        out: The last picture, when it is no longer needed.

    Returns:
        (height, width, 3) uint8 BGR; ``out`` where it was given and has that shape.
    """
    layout = start_layout(width, height, scene.dances, text=scene.text)
    canvas = canvas_like(out, width, height)
    canvas[:] = BACKGROUND
    header = layout.header
    if scene.labels.page:
        size = font_px(28, layout.scale)
        left = header.right - text_width(scene.labels.page, size)
        draw_text(canvas, scene.labels.page, left, header.baseline(size), size, MUTED)
        header = header._replace(width=max(1, left - header.left - size))
    draw_title(canvas, scene.labels.title, header, layout.scale)
    _draw_chosen(canvas, scene.tiles[scene.chosen], scene.labels, layout)
    for index, (tile, rect) in enumerate(zip(scene.tiles, layout.tiles, strict=False)):
        _draw_tile(canvas, tile, rect, layout.scale, number=index + 1, is_chosen=index == scene.chosen)
    if scene.note:
        banner = layout.chosen.split_rows(-round(110 * layout.scale), 0)[1]
        fill_rounded(canvas, banner, SURFACE, RADIUS * layout.scale)
        draw_banner(canvas, scene.note, "warning", banner, layout.scale)
    if scene.held > 0:
        bar = layout.hint._replace(height=max(4, round(10 * layout.scale)))
        fill_rounded(canvas, bar, RAISED, bar.height / 2)
        held = max(bar.height, round(min(scene.held, 1.0) * bar.width))
        fill_rounded(canvas, bar._replace(width=held), ACCENT, bar.height / 2)
    draw_hint(canvas, scene.hint, layout.hint, layout.scale)
    return canvas


def _draw_chosen(canvas: Image, tile: DanceTile, labels: StartLabels, layout: StartLayout) -> None:
    """Draw the chosen dance: its picture, beside it name, scores, trend and what is due."""
    rect, scale = layout.chosen, layout.scale
    fill_rounded(canvas, rect, SURFACE, RADIUS * scale)
    pad = round(20 * scale)
    picture, words = rect.split_columns(min(round(0.46 * rect.width), round(0.8 * rect.height)), 0)
    _draw_picture(canvas, tile, picture, scale)
    words = words.inset(pad)
    room, below = words.split_rows(round(0.36 * words.height), pad // 2)
    largest = font_px(54, scale)
    size, lines = fit_lines(
        tile.name, room.width, room.height, largest=largest, smallest=max(10, largest // 2), weight=BOLD
    )
    for row, line in enumerate(lines):
        draw_text(canvas, line, room.left, room.top + 0.8 * size + row * line_height(size), size, WHITE, BOLD)
    if tile.due:
        due, below = below.split_rows(-min(round(68 * scale), below.height // 4), pad // 2)[::-1]
        fill_rounded(canvas, due, AMBER, RADIUS * scale)
        size, (line, *_) = fit_lines(
            labels.due, due.width - pad, due.height, largest=font_px(40, scale), smallest=10, weight=BOLD
        )
        draw_centered(canvas, line, due.left + due.width / 2, due.baseline(size), size, INK)
    _draw_scores(canvas, tile, labels, below, scale)


def _draw_scores(canvas: Image, tile: DanceTile, labels: StartLabels, rect: Rect, scale: float) -> None:
    """Draw the last score large, the best beside it, and the trend below."""
    small = font_px(30, scale)
    if tile.last is None:
        text = shorten(labels.never, small, rect.width)
        draw_text(canvas, text, rect.left, rect.top + 1.2 * small, small, MUTED)
        return
    numbers, bars = rect.split_rows(round(0.6 * rect.height), round(10 * scale))
    # Three digits of the last and of the smaller best fit beside each other.
    gap = round(24 * scale)
    digits = (1 + _SMALLER) * text_width("100", 100, BOLD) / 100
    largest = max(10, min(font_px(150, scale), numbers.height - small, int((numbers.width - gap) / digits)))
    left, baseline = numbers.left, numbers.top + 1.2 * small + 0.78 * largest
    for label, score, size, color in (
        (labels.last, tile.last, largest, WHITE), (labels.best, tile.best, round(_SMALLER * largest), MUTED),
    ):  # fmt: skip
        if score is not None:
            wide = text_width("100", size, BOLD)
            draw_text(canvas, shorten(label, small, wide), left, numbers.top + 0.8 * small, small, MUTED)
            draw_text(canvas, f"{100 * score:.0f}", left, baseline, size, color, BOLD)
            left += wide + gap
    if len(tile.trend) > 1:
        _draw_trend(canvas, tile.trend[-_BARS:], bars, scale)


def _draw_trend(canvas: Image, trend: Sequence[float], rect: Rect, scale: float) -> None:
    """Draw a bar for each whole dance, the newest on the right, from 0 to 100."""
    gap = max(1, round(6 * scale))
    wide = min((rect.width - gap * (len(trend) - 1)) // len(trend), round(48 * scale))
    if wide < 2 or rect.height < 8:
        return
    fill(canvas, Rect(rect.left, rect.bottom - 2, len(trend) * (wide + gap) - gap, 2), RAISED)
    for index, score in enumerate(trend):
        high = max(3, round(min(max(score, 0.0), 1.0) * rect.height))
        bar = Rect(rect.left + index * (wide + gap), rect.bottom - high, wide, high)
        fill_rounded(canvas, bar, score_color(score), min(wide / 4, RADIUS * scale / 2))


def _draw_tile(canvas: Image, tile: DanceTile, rect: Rect, scale: float, *, number: int, is_chosen: bool) -> None:
    """Draw a small picture with the key that starts it, the name, the last score, and whether something is due."""
    size = min(font_px(28, scale), max(10, rect.height // 6))
    fill_rounded(canvas, rect, SURFACE, RADIUS * scale)
    picture, band = rect.split_rows(-round(1.5 * size), 0)
    _draw_picture(canvas, tile, picture, scale)
    name = shorten(tile.name, size, band.width - size, BOLD)
    draw_text(canvas, name, band.left + size / 2, band.baseline(size), size, WHITE, BOLD)
    edge = max(2, round(6 * scale))
    draw_pill(canvas, str(number), rect.left + edge, rect.top + edge, size, ground=RAISED)
    if tile.last is not None:
        draw_pill(canvas, f"{100 * tile.last:.0f}", rect.right - edge, rect.top + edge, size, anchor="right")
    if tile.due:
        radius = max(4, size // 3)
        middle = (rect.right - edge - 2 * radius, band.top - 2 * radius)
        cv2.circle(canvas, middle, radius + 2, INK, -1, cv2.LINE_AA)
        cv2.circle(canvas, middle, radius, AMBER, -1, cv2.LINE_AA)
    if is_chosen:
        cv2.rectangle(canvas, (rect.left, rect.top), (rect.right - 1, rect.bottom - 1), ACCENT, edge, cv2.LINE_AA)
    else:
        round_corners(canvas, rect, RADIUS * scale)


def _draw_picture(canvas: Image, tile: DanceTile, rect: Rect, scale: float) -> None:
    """Fill a rectangle with the dancer; while there is no picture it stays dark."""
    fill_rounded(canvas, rect, WELL, RADIUS * scale)
    made = tile.picture
    if made is None or made.image is None:
        return
    height, width = made.image.shape[:2]
    shown = part_of_picture(made.box, width, height, rect.width / rect.height)
    inner = rect.fit(shown.width, shown.height)
    target = part(canvas, inner)
    target[:] = cv2.resize(part(made.image, shown), (inner.width, inner.height), interpolation=cv2.INTER_AREA)
    round_corners(canvas, inner, RADIUS * scale, WELL)


def is_same(first: StartScene | None, second: StartScene) -> bool:
    """Whether two scenes look the same, so that nothing has to be drawn."""
    if first is None or replace(first, tiles=()) != replace(second, tiles=()):
        return False
    return [(tile.name, id(tile.picture)) for tile in first.tiles] == [
        (tile.name, id(tile.picture)) for tile in second.tiles
    ]
