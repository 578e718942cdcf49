"""A finished take beside its reference as one picture: both bodies, the angles that were wrong, where in the take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from kdance.pose import FloatArray
from kdance.window.bodies import Extent, draw_angle, draw_head, framing, in_pane
from kdance.window.hints import draw_hint
from kdance.window.layout import Rect
from kdance.window.palette import ACCENT, BACKGROUND, INK, MUTED, RED, SURFACE, WELL, WHITE, Color
from kdance.window.panes import place
from kdance.window.skeleton import draw_skeleton
from kdance.window.song_bar import Block, Loop, draw_song_bar
from kdance.window.text import BOLD, Image, draw_text, fit_lines, line_height, text_width
from kdance.window.widgets import RADIUS, canvas_like, draw_pill, draw_title, fill_rounded, font_px, part, round_corners

HEIGHT: Final = 720  # of a window of scale 1


@dataclass(frozen=True, slots=True, eq=False)
class ReplayPane:
    """One of the two bodies.

    Attributes:
        label: Whose it is.
        color: Of its skeleton where its limbs aren't compared.
        extent: What of its picture is shown where there is no image.
        landmarks: (33, 4) in pixels of ``image``, or of any picture; ``None`` when nobody is seen.
        image: (H, W, 3) BGR; ``None`` for a skeleton on plain ground.
        errors: Signed degrees by joint name, which colour the limbs; ``None`` for one colour.
        angles: Joints whose angle is written on it, and the degrees.
    """

    label: str
    color: Color
    extent: Extent
    landmarks: FloatArray | None = None
    image: Image | None = None
    errors: Mapping[str, float] | None = None
    angles: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ReplayScene:
    """Everything a moment of a replay shows.

    Attributes:
        panes: The reference and the dancer, or the dancer alone.
        title: The dance's name.
        time_text: Where in the take.
        badges: What is unusual, such as the speed.
        score: The score of this half second, such as ``83``; may be empty.
        caption: What is wrong at this moment; may be empty.
        blocks: The take in pieces with their scores.
        progress: Share of the take, 0..1.
        moments: Shares at which something is worth a look.
        loop: First and last share of the loop.
        hint: The line that names the keys; empty in a film.
        error_band: Degrees within which a limb is right.
    """

    panes: tuple[ReplayPane, ...]
    title: str
    time_text: str
    badges: tuple[str, ...] = ()
    score: str = ""
    caption: str = ""
    blocks: tuple[Block, ...] = ()
    progress: float = 0.0
    moments: tuple[float, ...] = ()
    loop: Loop = (None, None)
    hint: str = ""
    error_band: float = 15.0


def draw_replay(scene: ReplayScene, width: int, height: int, *, out: Image | None = None) -> Image:
    """The picture of a moment.

    Args:
        scene: What to show.
        width: Of the window, pixels.
        height: Of the window, pixels.
        out: The last picture, whose memory may be used again.
    """
    canvas = canvas_like(out, width, height)
    canvas[:] = BACKGROUND
    scale = min(height / HEIGHT, width / (HEIGHT * 16 / 9))
    pad = round(16 * scale)
    rows = Rect(pad, pad, width - 2 * pad, height - 2 * pad)
    top, rows = rows.split_rows(round(44 * scale), pad // 2)
    hint_height = round(26 * scale) if scene.hint else 1
    rows, hint = rows.split_rows(-hint_height, pad // 2)
    rows, bar = rows.split_rows(-round(64 * scale), pad // 2)
    panes, caption = rows.split_rows(-round(52 * scale), pad // 2)
    _draw_top(canvas, scene, top, scale)
    for pane, rect in zip(scene.panes, _columns(panes, len(scene.panes), pad), strict=True):
        _draw_pane(canvas, pane, rect, scale, scene.error_band)
    _draw_caption(canvas, scene.caption, caption, scale)
    looped = scene.loop != (None, None)
    draw_song_bar(canvas, bar, scene.progress, sections=scene.blocks, loop=scene.loop, loop_on=looped, scale=scale)
    _draw_moments(canvas, scene.moments, bar, scale)
    if scene.hint:
        draw_hint(canvas, scene.hint, hint, scale)
    return canvas


def encode_png(picture: Image) -> bytes:
    """A picture as a PNG file, without metadata."""
    _, data = cv2.imencode(".png", picture)
    return data.tobytes()


def _columns(rect: Rect, count: int, gap: int) -> list[Rect]:
    wide = (rect.width - gap * (count - 1)) // count
    return [rect._replace(left=rect.left + index * (wide + gap), width=wide) for index in range(count)]


def _draw_top(canvas: Image, scene: ReplayScene, rect: Rect, scale: float) -> None:
    """From the left the dance, from the right time, score and badges."""
    size, small = font_px(28, scale), font_px(20, scale)
    clock = text_width("00:00 / 00:00", size)  # the place stays as the digits change
    draw_text(canvas, scene.time_text, rect.right - clock, rect.baseline(size), size, WHITE)
    x = rect.right - clock - round(24 * scale)
    if scene.score:
        room = text_width("100", size, BOLD)
        draw_text(canvas, scene.score, x - room, rect.baseline(size), size, WHITE, BOLD)
        x -= room + round(24 * scale)
    top = rect.top + (rect.height - round(1.65 * small)) // 2
    for badge in scene.badges:
        pill = draw_pill(canvas, badge, x, top, small, anchor="right", ground=ACCENT, color=INK, widest=rect.width / 2)
        x = pill.left - round(8 * scale)
    draw_title(canvas, scene.title, rect._replace(width=max(x - rect.left, 1)), scale)


def _draw_pane(canvas: Image, pane: ReplayPane, rect: Rect, scale: float, error_band: float) -> None:
    fill_rounded(canvas, rect, SURFACE if pane.image is None else WELL, RADIUS * scale)
    inner, lines = rect, scale * min(max(rect.height / (400 * scale), 0.6), 1.4)
    points = None
    if pane.image is not None:
        view = place(canvas, pane.image, rect)
        inner, points = view.inner, None if pane.landmarks is None else view.points(pane.landmarks)
    elif pane.landmarks is not None:
        points = in_pane(pane.landmarks, framing(pane.extent, rect), rect)
    if points is not None:
        picture = part(canvas, inner)
        draw_skeleton(picture, points, joint_errors=pane.errors, error_band=error_band, color=pane.color, scale=lines)
        if pane.image is None:
            draw_head(picture, points, pane.color)
        for joint, degrees in pane.angles:
            draw_angle(picture, points, joint, degrees, font_px(30, scale))
    if pane.image is not None:
        round_corners(canvas, inner, RADIUS * scale)
    pad = round(10 * scale)
    draw_pill(canvas, pane.label, inner.left + pad, inner.top + pad, font_px(18, scale))


def _draw_caption(canvas: Image, caption: str, rect: Rect, scale: float) -> None:
    if not caption:
        return
    size, lines = fit_lines(caption, rect.width, rect.height, largest=font_px(30, scale), smallest=font_px(18, scale))
    for row, line in enumerate(lines):
        baseline = rect.top + 0.9 * size + row * line_height(size)
        draw_text(canvas, line, rect.left + (rect.width - text_width(line, size)) / 2, baseline, size, WHITE)


def _draw_moments(canvas: Image, moments: tuple[float, ...], bar: Rect, scale: float) -> None:
    """Diamonds above the bar."""
    reach = max(4, round(7 * scale))
    for share in moments:
        x, y = bar.left + round(share * (bar.width - 1)), bar.top + reach
        diamond = np.array([[x - reach, y], [x, y - reach], [x + reach, y], [x, y + reach]], np.int32)
        cv2.fillConvexPoly(canvas, diamond, RED, cv2.LINE_AA)
        cv2.polylines(canvas, [diamond], True, MUTED, 1, cv2.LINE_AA)
