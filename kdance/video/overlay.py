"""What the practice window shows: one :class:`Scene` in, one picture out. Nothing here remembers anything but text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal

import cv2
import numpy as np

from kdance.pose import FloatArray, Pose
from kdance.video.layout import Layout, Rect, window_layout
from kdance.video.skeleton import AMBER, BLUE, GREEN, RED, WHITE, draw_skeleton
from kdance.video.text import BOLD, Color, Image, draw_text, fit_lines, line_height, shorten, text_width

CueKind = Literal["praise", "fix", "warning"]

BACKGROUND: Final[Color] = (24, 18, 17)
SURFACE: Final[Color] = (44, 35, 33)
MUTED: Final[Color] = (176, 164, 158)
ACCENT: Final[Color] = (176, 106, 232)  # pink, for the title and the progress: the only colour without a meaning
DIMMED: Final = 0.4  # brightness behind a countdown
CUE_COLORS: Final[dict[CueKind, Color]] = {"praise": GREEN, "fix": AMBER, "warning": RED}


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Everything the window shows at one moment.

    Attributes:
        user_image: (H, W, 3) BGR, the dancer as the camera sees them.
        user_pose: In pixels of ``user_image``; ``None`` when nobody is seen.
        reference_image: (H, W, 3) BGR; ``None`` without pictures.
        reference_pose: In pixels of ``reference_image``, of any frame of its own without one.
        joint_errors: Signed degrees by joint name; a joint that was not compared is absent.
        error_band: Degrees within which a limb is right.
        score: 0..1; ``None`` when nothing could be measured.
        grade: One word for the score.
        cue: One sentence.
        cue_kind: What the sentence is.
        progress: Of the dance, 0..1.
        time_text: Such as "0:07 / 0:18".
        badges: Short notes, such as "not seen: legs".
        countdown: Seconds left before it starts.
        flip: Whether the dancer's picture is shown like a mirror. Text never is.
        title: The dance's name.
    """

    user_image: Image
    user_pose: Pose | None = None
    reference_image: Image | None = None
    reference_pose: Pose | None = None
    joint_errors: Mapping[str, float] = field(default_factory=dict)
    error_band: float = 15.0
    score: float | None = None
    grade: str | None = None
    cue: str | None = None
    cue_kind: CueKind = "fix"
    progress: float = 0.0
    time_text: str = ""
    badges: tuple[str, ...] = ()
    countdown: int | None = None
    flip: bool = True
    title: str = ""


def draw_scene(scene: Scene, width: int, height: int, *, out: Image | None = None) -> Image:
    """The window's picture.

    Args:
        scene: What to show.
        width: Of the window, pixels.
        height: Of the window, pixels.
        out: The last picture, when it is no longer needed: fresh memory costs a loop some milliseconds a frame.

    Returns:
        (height, width, 3) uint8 BGR; ``out`` where it was given and has that shape.
    """
    with_reference = scene.reference_image is not None or scene.reference_pose is not None
    layout = window_layout(width, height, with_reference=with_reference)
    canvas: Image = (
        out if out is not None and out.shape == (height, width, 3) else np.empty((height, width, 3), np.uint8)
    )
    np.copyto(canvas, _backdrop(width, height, with_reference=with_reference))
    _draw_header(canvas, scene, layout)
    if layout.reference is not None:
        _draw_reference(canvas, scene, layout.reference, layout.scale)
    _draw_dancer(canvas, scene, layout)
    _draw_score(canvas, scene, layout)
    _draw_cue(canvas, scene, layout)
    _draw_progress(canvas, scene.progress, layout.progress)
    if scene.countdown is not None:
        _draw_countdown(canvas, scene.countdown)
    return canvas


@lru_cache(maxsize=4)
def _backdrop(width: int, height: int, *, with_reference: bool) -> Image:
    """The window with nothing in it; kept, because filling areas takes longer than copying them."""
    canvas: Image = np.empty((height, width, 3), np.uint8)
    canvas[:] = BACKGROUND
    layout = window_layout(width, height, with_reference=with_reference)
    for pane in (layout.reference, layout.dancer, layout.score, layout.cue, layout.progress):
        if pane is not None:
            _fill(canvas, pane, SURFACE)
    return canvas


def _draw_header(canvas: Image, scene: Scene, layout: Layout) -> None:
    rect, size = layout.header, _size(26, layout)
    baseline = rect.top + (rect.height + 0.7 * size) / 2
    time_width = text_width(scene.time_text, size)
    draw_text(canvas, scene.time_text, rect.right - time_width, baseline, size, MUTED)
    stripe = max(2, round(6 * layout.scale))
    _fill(canvas, Rect(rect.left, round(baseline - 0.8 * size), stripe, round(0.9 * size)), ACCENT)
    left = rect.left + 3 * stripe
    title = shorten(scene.title, size, rect.right - time_width - left - 2 * size, BOLD)
    draw_text(canvas, title, left, baseline, size, WHITE, BOLD)


def _draw_reference(canvas: Image, scene: Scene, pane: Rect, scale: float) -> None:
    if scene.reference_image is not None:
        inner = _place(canvas, scene.reference_image, pane, flip=False)
        if scene.reference_pose is not None:
            landmarks = _to_pane(scene.reference_pose.landmarks, scene.reference_image, inner, flip=False)
            draw_skeleton(_part(canvas, inner), landmarks, color=BLUE, scale=scale)
    elif scene.reference_pose is not None:
        draw_skeleton(_part(canvas, pane), _centered(scene.reference_pose.landmarks, pane), color=BLUE, scale=scale)
    _draw_pill(canvas, "Reference", pane.left, pane.top, scale)


def _draw_dancer(canvas: Image, scene: Scene, layout: Layout) -> None:
    pane, scale = layout.dancer, layout.scale
    inner = _place(canvas, scene.user_image, pane, flip=scene.flip)
    if scene.user_pose is not None:
        landmarks = _to_pane(scene.user_pose.landmarks, scene.user_image, inner, flip=scene.flip)
        draw_skeleton(
            _part(canvas, inner), landmarks, joint_errors=scene.joint_errors, error_band=scene.error_band, scale=scale
        )
    _draw_pill(canvas, "You", pane.left, pane.top, scale)
    top = pane.top
    for badge in scene.badges:
        top = _draw_pill(canvas, badge, pane.right, top, scale, from_right=True)


def _draw_score(canvas: Image, scene: Scene, layout: Layout) -> None:
    rect = layout.score
    number = "–" if scene.score is None else f"{100 * scene.score:.0f}"
    size, grade_size = _size(96, layout), _size(26, layout)
    color = MUTED if scene.score is None else WHITE
    middle = rect.left + rect.width / 2
    baseline = rect.top + 0.64 * rect.height if scene.grade else rect.top + (rect.height + 0.7 * size) / 2
    draw_text(canvas, number, middle - text_width(number, size, BOLD) / 2, baseline, size, color, BOLD)
    if scene.grade:
        grade = shorten(scene.grade, grade_size, rect.width, BOLD)
        left = middle - text_width(grade, grade_size, BOLD) / 2
        draw_text(canvas, grade, left, rect.bottom - 0.5 * grade_size, grade_size, MUTED, BOLD)


def _draw_cue(canvas: Image, scene: Scene, layout: Layout) -> None:
    rect = layout.cue
    if not scene.cue:
        return
    color = CUE_COLORS[scene.cue_kind]
    badge = rect._replace(width=round(82 * layout.scale))
    _fill(canvas, badge, color)
    _draw_icon(canvas, scene.cue_kind, badge)
    pad = round(24 * layout.scale)
    room = rect.width - badge.width - 2 * pad
    sizes = {"largest": _size(56, layout), "smallest": _size(26, layout)}
    size, lines = fit_lines(scene.cue, room, rect.height - pad, **sizes, weight=BOLD)
    block = line_height(size) * (len(lines) - 1) + 0.7 * size
    baseline = rect.top + (rect.height - block) / 2 + 0.7 * size
    for row, line in enumerate(lines):
        draw_text(canvas, line, badge.right + pad, baseline + row * line_height(size), size, WHITE, BOLD)


def _draw_icon(canvas: Image, kind: CueKind, rect: Rect) -> None:
    """A tick, an arrow or an exclamation mark: the kind of cue without its colour."""
    unit = 0.22 * rect.width
    middle = np.array([rect.left + rect.width / 2, rect.top + rect.height / 2])
    strokes: dict[CueKind, list[list[tuple[float, float]]]] = {
        "praise": [[(-1.1, 0.1), (-0.3, 0.9), (1.2, -0.8)]],
        "fix": [[(-1.1, 0), (1.1, 0)], [(0.2, -0.9), (1.1, 0), (0.2, 0.9)]],
        "warning": [[(0, -1.2), (0, 0.3)], [(0, 1.1), (0, 1.15)]],
    }
    for stroke in strokes[kind]:
        points = np.rint(middle + unit * np.array(stroke)).astype(np.int32)
        cv2.polylines(canvas, [points], False, WHITE, max(2, round(0.45 * unit)), cv2.LINE_AA)


def _draw_progress(canvas: Image, progress: float, rect: Rect) -> None:
    _fill(canvas, rect._replace(width=round(rect.width * min(max(progress, 0.0), 1.0))), ACCENT)


def _draw_countdown(canvas: Image, seconds: int) -> None:
    height, width = canvas.shape[:2]
    cv2.convertScaleAbs(canvas, canvas, DIMMED)
    number, size = str(seconds), round(0.55 * min(height, width))
    left = (width - text_width(number, size, BOLD)) / 2
    draw_text(canvas, number, left, (height + 0.7 * size) / 2, size, WHITE, BOLD)


def _draw_pill(canvas: Image, text: str, x: int, top: int, scale: float, *, from_right: bool = False) -> int:
    """A label in a corner of a pane; returns the row below it."""
    size, pad = max(11, round(19 * scale)), round(10 * scale)
    width, height = text_width(text, size) + 2 * pad, round(1.6 * size)
    left = x - pad - width if from_right else x + pad
    _fill(canvas, Rect(left, top + pad, width, height), BACKGROUND)
    draw_text(canvas, text, left + pad, top + pad + 0.68 * height, size, WHITE)
    return top + pad // 2 + height


def _place(canvas: Image, image: Image, pane: Rect, *, flip: bool) -> Rect:
    """Scale a picture into the middle of a pane; returns where it lies."""
    inner = pane.fit(image.shape[1], image.shape[0])
    part = _part(canvas, inner)
    cv2.resize(image, (inner.width, inner.height), dst=part, interpolation=cv2.INTER_LINEAR)
    if flip:
        cv2.flip(part, 1, dst=part)
    return inner


def _to_pane(landmarks: FloatArray, image: Image, inner: Rect, *, flip: bool) -> FloatArray:
    """(33, 4) landmarks in pixels of a picture -> in pixels of where it was placed."""
    placed = landmarks.copy()
    placed[:, 0] *= inner.width / image.shape[1]
    placed[:, 1] *= inner.height / image.shape[0]
    if flip:
        placed[:, 0] = inner.width - 1 - placed[:, 0]
    return placed


def _centered(landmarks: FloatArray, pane: Rect) -> FloatArray:
    """(33, 4) landmarks of an unknown picture, as large as the pane allows."""
    points = landmarks[:, :2]
    if not np.isfinite(points).any():
        return landmarks
    low, high = np.nanmin(points, axis=0), np.nanmax(points, axis=0)
    scale = 0.8 * min(pane.width / max(high[0] - low[0], 1), pane.height / max(high[1] - low[1], 1))
    placed = landmarks.copy()
    placed[:, :2] = (points - (low + high) / 2) * scale + np.array([pane.width, pane.height]) / 2
    return placed


def _part(canvas: Image, rect: Rect) -> Image:
    return canvas[rect.top : rect.bottom, rect.left : rect.right]


def _fill(canvas: Image, rect: Rect, color: Color) -> None:
    if rect.width > 0 and rect.height > 0:  # OpenCV's corners are both inside, so nothing would be drawn as two pixels
        cv2.rectangle(canvas, (rect.left, rect.top), (rect.right - 1, rect.bottom - 1), color, -1)


def _size(size: float, layout: Layout) -> int:
    return max(10, round(size * layout.scale))
