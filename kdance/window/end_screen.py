"""The end of a dance: the score large, what was best and what to work on, and how to dance again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np

from kdance.window.hints import draw_hint
from kdance.window.layout import Rect
from kdance.window.palette import BACKGROUND, MUTED, RAISED, SURFACE, WHITE, score_color
from kdance.window.screen_layouts import end_layout
from kdance.window.song_bar import Block, Spans, draw_song_bar
from kdance.window.text import BOLD, Image, fit_lines, line_height, shorten
from kdance.window.widgets import (
    RADIUS,
    Sign,
    canvas_like,
    draw_banner,
    draw_centered,
    draw_title,
    fill_rounded,
    font_px,
)

BEHIND: Final = 0.3  # brightness of the last picture behind


@dataclass(frozen=True, slots=True)
class EndLabels:
    """Words of the end screen that stay as they are, in the dancer's language.

    Attributes:
        best: Above what was best.
        work_on: Above what to work on.
        no_score: Stands where the grade would.
    """

    best: str = ""
    work_on: str = ""
    no_score: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class EndScene:
    """Everything the end of a dance shows.

    Attributes:
        image: (H, W, 3) BGR, the last picture of the dancer, dark behind ``working``; ``None`` for a plain ground.
        score: 0..1; ``None`` when nothing could be measured.
        grade: One word for it.
        best: What was best, one line; may be empty.
        work_on: What to work on, one line; may be empty.
        sections: As in ``Scene``; ``eights`` and ``missing`` likewise.
        hint: The line that names the keys.
        working: The sentence to show instead, while the summary is being worked out.
        flip: Whether the picture is shown like a mirror.
        text: Size of the text, 1 as designed.
        title: The dance's name.
        labels: The words that stay.
    """

    image: Image | None = None
    score: float | None = None
    grade: str | None = None
    best: str = ""
    work_on: str = ""
    sections: tuple[Block, ...] = ()
    eights: tuple[float, ...] = ()
    missing: Spans = ()
    hint: str = ""
    working: str | None = None
    flip: bool = True
    text: float = 1.0
    title: str = ""
    labels: EndLabels = field(default_factory=EndLabels)


def draw_end(scene: EndScene, width: int, height: int, *, out: Image | None = None) -> Image:
    """The picture at the end of a dance, or while its summary is being worked out.

    Args:
        scene: What to show.
        width: Of the window, pixels.
        height: Of the window, pixels.
        out: The last picture, when it is no longer needed.

    Returns:
        (height, width, 3) uint8 BGR; ``out`` where it was given and has that shape.
    """
    layout = end_layout(width, height, text=scene.text)
    canvas = canvas_like(out, width, height)
    canvas[:] = BACKGROUND
    if scene.working is not None and scene.image is not None:
        _draw_behind(canvas, scene.image, flip=scene.flip)
    draw_title(canvas, scene.title, layout.header, layout.scale)
    if scene.working is not None:
        _draw_working(canvas, scene.working, layout.scale)
        return canvas
    _draw_result(canvas, scene, layout.score, layout.scale)
    lines: list[tuple[str, str, Sign, Rect]] = [
        (scene.labels.best, scene.best, "praise", layout.best),
        (scene.labels.work_on, scene.work_on, "fix", layout.work_on),
    ]
    for heading, text, sign, rect in lines:
        fill_rounded(canvas, rect, SURFACE, RADIUS * layout.scale)
        if text.strip():
            draw_banner(canvas, text, sign, rect, layout.scale, heading=heading)
    if scene.sections:
        draw_song_bar(
            canvas, layout.song, None,
            sections=scene.sections, eights=scene.eights, missing=scene.missing, scale=layout.scale,
        )  # fmt: skip
    draw_hint(canvas, scene.hint, layout.hint, layout.scale)
    return canvas


def _draw_working(canvas: Image, text: str, scale: float) -> None:
    """Write one line into the middle, smaller where it is long."""
    height, width = canvas.shape[:2]
    largest = font_px(54, scale)
    room = max(1, round(0.9 * width)), round(line_height(largest))
    size, (line, *_) = fit_lines(text, *room, largest=largest, smallest=max(10, round(0.6 * largest)), weight=BOLD)
    draw_centered(canvas, line, width / 2, height / 2, size, WHITE)


def _draw_behind(canvas: Image, image: Image, *, flip: bool) -> None:
    """Fill the window with the middle of a picture, dark."""
    height, width = canvas.shape[:2]
    rows, columns = image.shape[:2]
    grow = max(width / columns, height / rows)
    across, down = (min(all_, max(1, int(side / grow))) for all_, side in ((columns, width), (rows, height)))
    left, top = (columns - across) // 2, (rows - down) // 2
    cv2.resize(image[top : top + down, left : left + across], (width, height), dst=canvas)
    if flip:
        cv2.flip(canvas, 1, dst=canvas)
    cv2.convertScaleAbs(canvas, canvas, BEHIND)


def _draw_result(canvas: Image, scene: EndScene, rect: Rect, scale: float) -> None:
    """Draw the score as a number, a ring as full as the score, and the grade."""
    score = scene.score
    fill_rounded(canvas, rect, SURFACE, RADIUS * scale)
    known = score is not None and np.isfinite(score)
    share = min(max(score, 0.0), 1.0) if known and score is not None else 0.0
    radius = round(0.36 * min(rect.width, rect.height))
    middle = (rect.left + rect.width // 2, rect.top + round(0.44 * rect.height))
    thick = max(3, round(0.13 * radius))
    cv2.circle(canvas, middle, radius, RAISED, thick, cv2.LINE_AA)
    if share > 0:  # of an empty arc OpenCV draws the centre
        cv2.ellipse(canvas, middle, (radius, radius), -90, 0, 360 * share, score_color(share), thick, cv2.LINE_AA)
    size = round(0.86 * radius)
    number = f"{100 * share:.0f}" if known else "–"
    draw_centered(canvas, number, middle[0], middle[1] + 0.36 * size, size, WHITE if known else MUTED)
    word_px = max(10, round(0.4 * radius))
    word = shorten(scene.grade if scene.grade and known else scene.labels.no_score, word_px, 0.94 * rect.width, BOLD)
    below = (rect.bottom + middle[1] + radius + thick) / 2
    draw_centered(canvas, word, middle[0], below + 0.3 * word_px, word_px, WHITE if known else MUTED)
