"""The set-up check: the dancer large, where the body should be, and a list of what is right and what is not yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from kdance.pose import Pose
from kdance.window.hints import draw_hint
from kdance.window.layout import Rect
from kdance.window.palette import AMBER, BACKGROUND, GREEN, INK, MUTED, RAISED, SURFACE, WELL, WHITE
from kdance.window.panes import draw_dancer
from kdance.window.screen_layouts import SetupLayout, setup_layout
from kdance.window.text import BOLD, REGULAR, Image, draw_text, fit_lines, line_height
from kdance.window.widgets import (
    RADIUS,
    SIGN_COLORS,
    Sign,
    canvas_like,
    dim,
    draw_banner,
    draw_pill,
    draw_sign,
    draw_title,
    fill_rounded,
    font_px,
)

MARK_ROOM: Final = 0.04  # of the picture, around who is followed
OUTSIDE: Final = 0.55  # brightness of the picture outside the frame
# Left, top, right and bottom of where the body should be, as shares of the picture; the same in a mirror.
FRAME: Final = (0.22, 0.05, 0.78, 0.97)


@dataclass(frozen=True, slots=True)
class SetupItem:
    """One line of the list.

    Attributes:
        text: What is looked at, such as "Head to feet in the picture".
        ok: Whether it is right; ``None`` while it isn't known.
        advice: What to do when it is not.
    """

    text: str
    ok: bool | None
    advice: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class SetupScene:
    """Everything the set-up check shows.

    Attributes:
        user_image: (H, W, 3) BGR, the dancer as the camera sees them.
        user_pose: In pixels of ``user_image``; ``None`` when nobody is seen.
        items: What is looked at, in the order of the list.
        headline: The one thing to do now, or that it looks good.
        ready: How much of the time until it starts by itself is over, 0..1; 0 while something isn't right.
        hint: The line that names the keys.
        flip: Whether the picture is shown like a mirror.
        text: Size of the text, 1 as designed.
        title: The dance's name.
        followed: Said beside the mark around the dancer, where there are others; ``""`` where there are none.
    """

    user_image: Image
    user_pose: Pose | None = None
    items: tuple[SetupItem, ...] = ()
    headline: str = ""
    ready: float = 0.0
    hint: str = ""
    flip: bool = True
    text: float = 1.0
    title: str = ""
    followed: str = ""

    @property
    def all_ok(self) -> bool:
        """Whether nothing is wrong or unknown."""
        return all(item.ok for item in self.items)


def draw_setup(scene: SetupScene, width: int, height: int, *, out: Image | None = None) -> Image:
    """The picture of the set-up check.

    Args:
        scene: What to show.
        width: Of the window, pixels.
        height: Of the window, pixels.
        out: The last picture, when it is no longer needed.

    Returns:
        (height, width, 3) uint8 BGR; ``out`` where it was given and has that shape.
    """
    layout = setup_layout(width, height, text=scene.text)
    canvas = canvas_like(out, width, height)
    canvas[:] = BACKGROUND
    for box, color in ((layout.picture, WELL), (layout.checks, SURFACE), (layout.headline, SURFACE)):
        fill_rounded(canvas, box, color, RADIUS * layout.scale)
    draw_title(canvas, scene.title, layout.header, layout.scale)
    if scene.headline.strip():
        draw_banner(canvas, scene.headline, "praise" if scene.all_ok else "fix", layout.headline, layout.scale)
    _draw_picture(canvas, scene, layout)
    _draw_checks(canvas, scene.items, layout)
    draw_hint(canvas, scene.hint, layout.hint, layout.scale)
    return canvas


def _draw_picture(canvas: Image, scene: SetupScene, layout: SetupLayout) -> None:
    landmarks = None if scene.user_pose is None else scene.user_pose.landmarks
    inner = draw_dancer(canvas, scene.user_image, landmarks, layout.picture, layout.scale, flip=scene.flip)
    left, top, right, bottom = FRAME
    frame = Rect(
        inner.left + round(left * inner.width),
        inner.top + round(top * inner.height),
        max(1, round((right - left) * inner.width)),
        max(1, round((bottom - top) * inner.height)),
    )
    for beside in (
        inner._replace(height=frame.top - inner.top),
        inner._replace(top=frame.bottom, height=inner.bottom - frame.bottom),
        Rect(inner.left, frame.top, frame.left - inner.left, frame.height),
        Rect(frame.right, frame.top, inner.right - frame.right, frame.height),
    ):
        dim(canvas, beside, OUTSIDE)
    _draw_brackets(canvas, frame, layout.scale, good=scene.all_ok)
    if scene.followed:
        _draw_followed(canvas, scene, inner, layout.scale)
    thick = max(3, round(14 * layout.scale))
    bar = Rect(inner.left, inner.bottom - thick, inner.width, thick)
    if scene.ready > 0:
        fill_rounded(canvas, bar, RAISED, 0)
        fill_rounded(canvas, bar._replace(width=round(inner.width * min(scene.ready, 1.0))), GREEN, 0)


def _draw_followed(canvas: Image, scene: SetupScene, inner: Rect, scale: float) -> None:
    """Draw a thin box around who is followed, and what that means; ``inner`` is where the whole picture lies."""
    pad = round(10 * scale)
    draw_pill(
        canvas, scene.followed, inner.left + inner.width // 2, inner.top + pad, font_px(22, scale),
        anchor="middle", ground=AMBER, color=INK, widest=inner.width - 2 * pad,
    )  # fmt: skip
    points = np.zeros((0, 2)) if scene.user_pose is None else scene.user_pose.landmarks[:, :2].astype(float)
    if not len(points) or not np.isfinite(points).all():
        return
    height, width = scene.user_image.shape[:2]
    share = points / (width, height)
    if scene.flip:
        share[:, 0] = 1 - share[:, 0]
    low, high = np.clip(share.min(0) - MARK_ROOM, 0, 1), np.clip(share.max(0) + MARK_ROOM, 0, 1)
    ends = np.array([low, high]) * (inner.width - 1, inner.height - 1) + np.array([inner.left, inner.top])
    (x0, y0), (x1, y1) = np.rint(ends).astype(int).tolist()
    cv2.rectangle(canvas, (x0, y0), (x1, y1), WHITE, max(1, round(2 * scale)), cv2.LINE_AA)


def _draw_brackets(canvas: Image, frame: Rect, scale: float, *, good: bool) -> None:
    """Draw the corners of the frame: dashes while something isn't right, a whole line when all is."""
    thick = max(2, round(6 * scale))
    arm = round(0.16 * min(frame.width, frame.height))
    x0, y0, x1, y1 = frame.left, frame.top, frame.right - 1, frame.bottom - 1
    if good:
        cv2.rectangle(canvas, (x0, y0), (x1, y1), GREEN, thick, cv2.LINE_AA)
        return
    for x, y, dx, dy in ((x0, y0, arm, arm), (x1, y0, -arm, arm), (x0, y1, arm, -arm), (x1, y1, -arm, -arm)):
        corner = np.array([[x + dx, y], [x, y], [x, y + dy]], np.int32)
        cv2.polylines(canvas, [corner], False, WHITE, thick, cv2.LINE_AA)


def _draw_checks(canvas: Image, items: tuple[SetupItem, ...], layout: SetupLayout) -> None:
    rect = layout.checks.inset(round(16 * layout.scale))
    if not items:
        return
    height = min(rect.height // len(items), round(108 * layout.scale))
    top = rect.top
    for item in items:
        _draw_item(canvas, item, rect._replace(top=top, height=height), layout.scale)
        top += height


def _draw_item(canvas: Image, item: SetupItem, rect: Rect, scale: float) -> None:
    side = min(round(46 * scale), round(0.7 * rect.height))
    badge = Rect(rect.left, rect.top + (rect.height - side) // 2, side, side)
    if item.ok is None:
        middle = (badge.left + side // 2, badge.top + side // 2)
        cv2.circle(canvas, middle, side // 2 - 2, MUTED, max(2, round(3 * scale)), cv2.LINE_AA)
    else:
        # A disc with a tick, or a square with a cross.
        sign: Sign = "praise" if item.ok else "cross"
        radius = side / 2 if item.ok else side / 6
        fill_rounded(canvas, badge, SIGN_COLORS[sign], radius)
        draw_sign(canvas, sign, badge)
    left = badge.right + round(16 * scale)
    room = rect.right - left
    advice = item.advice if item.ok is False else ""
    size = min(font_px(30, scale), max(10, round(0.36 * rect.height)))
    text_px, lines = fit_lines(
        item.text, room, round(1.3 * size), largest=size, smallest=max(10, size // 2), weight=BOLD
    )
    text = " ".join(lines)
    if not advice:
        draw_text(canvas, text, left, rect.baseline(text_px), text_px, WHITE, BOLD)
        return
    small = max(10, round(0.78 * size))
    advice_px, advice_lines = fit_lines(
        advice, room, round(2.6 * small), largest=small, smallest=max(10, round(0.7 * small)), weight=REGULAR
    )
    block = 0.7 * text_px + line_height(advice_px) * len(advice_lines) + 0.2 * advice_px
    baseline = rect.top + (rect.height - block) / 2 + 0.7 * text_px
    draw_text(canvas, text, left, baseline, text_px, WHITE, BOLD)
    for line in advice_lines:
        baseline += line_height(advice_px) + (0.2 * advice_px if line is advice_lines[0] else 0)
        draw_text(canvas, line, left, baseline, advice_px, WHITE)
