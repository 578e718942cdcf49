"""What the practice window shows: one :class:`Scene` in, one picture out. What it keeps only saves time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal

import numpy as np

from kdance.choices import LayoutStyle
from kdance.config import DEFAULTS
from kdance.pose import Pose
from kdance.window.boxes import NO_SCORE, count_box, cue_box, score_box, top_rows
from kdance.window.framing import Box
from kdance.window.ghost import place_ghost
from kdance.window.hints import draw_hint
from kdance.window.layout import Layout, Rect, window_layout
from kdance.window.palette import ACCENT, BACKGROUND, INK, MUTED, SURFACE, WELL, WHITE, score_color
from kdance.window.panes import View, draw_dancer, draw_reference, view_of
from kdance.window.song_bar import Block, Loop, Spans, draw_song_bar
from kdance.window.text import BOLD, Image, fit_lines, line_height, text_width
from kdance.window.upcoming import Upcoming, draw_upcoming
from kdance.window.widgets import (
    HINT,
    RADIUS,
    blend_rounded,
    canvas_like,
    dim,
    draw_centered,
    fill_rounded,
    font_px,
    part,
)

CueKind = Literal["praise", "fix", "warning"]

DIMMED: Final = 0.34  # brightness of the pictures behind a count-in or a pause
COUNT_IN: Final = (5, 6, 7, 8)


@dataclass(frozen=True, slots=True)
class Labels:
    """Words of the window that stay as they are, in the dancer's language.

    Attributes:
        reference: Names the reference's picture.
        dancer: Names the dancer's picture.
        score: Stands below the score where it has no grade.
        paused: The key that goes on, as :func:`kdance.window.hints.draw_hint` takes it.
    """

    reference: str = ""
    dancer: str = ""
    score: str = ""
    paused: str = ""


@dataclass(frozen=True, slots=True)
class Flash:
    """The grade of what has just been danced.

    Attributes:
        grade: One word.
        score: That it stands for, 0..1: its colour.
        strength: 0..1: falls as it fades.
    """

    grade: str
    score: float
    strength: float


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Everything the window shows at one moment of the dance.

    Attributes:
        user_image: (H, W, 3) BGR, the dancer as the camera sees them.
        user_pose: In pixels of ``user_image``; ``None`` when nobody is seen.
        reference_image: (H, W, 3) BGR; ``None`` without pictures.
        reference_pose: In pixels of ``reference_image``, of any frame of its own without one.
        reference_aspect: Usual width of that part by its height: how the panes share their room.
        user_aspect: The same of the dancer's.
        reference_box: What of the reference's picture has to be seen, pixels of it; all of it when not given.
        user_box: The same of the dancer's.
        upcoming: The next poses of the reference; ``None`` where they aren't wanted.
        ghost_pose: The body that stands where the dancer stands, in pixels of any picture; ``None`` without a ghost.
        reference_trunk: Usual length of ``ghost_pose``'s trunk, pixels; measured in the frame without it.
        user_trunk: The same of the dancer's, pixels of ``user_image`` (``ghost.steady_trunk``).
        joint_errors: Signed degrees by joint name; a joint that was not compared is absent.
        error_band: Degrees within which a limb is right.
        score: 0..1; ``None`` when nothing could be measured.
        grade: One word for the score.
        flash: A grade shown large over the dancer, if any.
        cue: One sentence.
        cue_kind: What the sentence is.
        count: 1..8; ``None`` when the dance has no counts (then there is no place for it).
        counting_in: Whether ``count`` (5..8) leads to the start: it is written large over the pictures.
        countdown: Seconds left before it starts, for a dance without counts; large over the pictures, too.
        paused: Whether the dance stands still.
        progress: Where the music is, share of the song.
        sections: (first share, last share, score 0..1 or ``None``) of the song's parts, in order.
        eights: Shares of the song at which its 8-counts begin; empty where nobody knows them.
        missing: (first share, last share) of what the reference's video doesn't show.
        loop: Shares of the song where A and B are; ``None`` where not set.
        loop_on: Whether the loop is turned.
        speed: Of the music; shown when it is not 1.
        time_text: Such as "0:07 / 0:18".
        badges: Short facts, such as "AI on" or "30 fps", the most important first: what finds no room is left out.
        warnings: What is wrong with the dancer's picture, such as "not seen: legs"; in the picture.
        toast: What a key just did, such as "Speed 0.75x".
        flip: Whether the dancer's picture is shown like a mirror. Text never is.
        layout: How the panes are arranged.
        text: Size of the text, 1 as designed.
        title: The dance's name.
        labels: The words that stay.
    """

    user_image: Image
    user_pose: Pose | None = None
    reference_image: Image | None = None
    reference_pose: Pose | None = None
    reference_aspect: float | None = None
    user_aspect: float | None = None
    reference_box: Box | None = None
    user_box: Box | None = None
    upcoming: Upcoming | None = None
    ghost_pose: Pose | None = None
    reference_trunk: float | None = None
    user_trunk: float | None = None
    joint_errors: Mapping[str, float] = field(default_factory=dict)
    error_band: float = DEFAULTS.feedback.error_band
    score: float | None = None
    grade: str | None = None
    flash: Flash | None = None
    cue: str | None = None
    cue_kind: CueKind = "fix"
    count: int | None = None
    counting_in: bool = False
    countdown: int | None = None
    paused: bool = False
    progress: float = 0.0
    sections: tuple[Block, ...] = ()
    eights: tuple[float, ...] = ()
    missing: Spans = ()
    loop: Loop = (None, None)
    loop_on: bool = False
    speed: float = 1.0
    time_text: str = ""
    badges: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    toast: str | None = None
    flip: bool = True
    layout: LayoutStyle = "auto"
    text: float = 1.0
    title: str = ""
    labels: Labels = field(default_factory=Labels)


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
    layout = scene_layout(scene, width, height)
    canvas = canvas_like(out, width, height)
    np.copyto(canvas, _backdrop(width, height, layout))
    top = top_rows(scene.title, scene.time_text, scene.speed, scene.badges, width, layout)
    canvas[: len(top)] = top
    if layout.reference is not None:
        draw_reference(
            canvas, scene.reference_image, scene.reference_pose, layout.reference, layout.scale,
            box=scene.reference_box, label=scene.labels.reference,
        )  # fmt: skip
    if layout.upcoming is not None and scene.upcoming is not None:
        draw_upcoming(canvas, scene.upcoming, layout.upcoming, layout.scale)
    _draw_user(canvas, scene, layout)
    _paste(canvas, layout.score, score_box(*_score_words(scene), *layout.score[2:], layout.scale))
    if layout.count is not None and scene.count is not None:
        _paste(canvas, layout.count, count_box(scene.count, *layout.count[2:], layout.scale))
    if scene.cue and scene.cue.strip():
        _paste(canvas, layout.cue, cue_box(scene.cue, scene.cue_kind, *layout.cue[2:], layout.scale))
    draw_song_bar(
        canvas, layout.song, scene.progress,
        sections=scene.sections, eights=scene.eights, missing=scene.missing,
        loop=scene.loop, loop_on=scene.loop_on, scale=layout.scale,
    )  # fmt: skip
    _draw_over(canvas, scene, layout)
    return canvas


def scene_layout(scene: Scene, width: int, height: int) -> Layout:
    """Where everything of a scene stands."""
    picture, own, box = scene.reference_image, scene.user_image, scene.user_box
    aspect = scene.user_aspect or (own.shape[1] / own.shape[0] if box is None else box.aspect)
    return window_layout(
        width,
        height,
        with_reference=picture is not None or scene.reference_pose is not None,
        with_count=scene.count is not None,
        with_upcoming=scene.upcoming is not None,
        style=scene.layout,
        reference_aspect=scene.reference_aspect or (aspect if picture is None else picture.shape[1] / picture.shape[0]),
        dancer_aspect=aspect,
        text=scene.text,
    )


def dancer_view(scene: Scene, width: int, height: int) -> View:
    """How the dancer's picture lies in the window."""
    return view_of(scene.user_image, scene_layout(scene, width, height).dancer, flip=scene.flip, box=scene.user_box)


@lru_cache(maxsize=4)
def _backdrop(width: int, height: int, layout: Layout) -> Image:
    """The window with nothing in it; kept, because filling areas takes longer than copying them."""
    canvas: Image = np.empty((height, width, 3), np.uint8)
    canvas[:] = BACKGROUND
    grounds = {
        WELL: (layout.reference, layout.dancer, layout.upcoming),
        SURFACE: (layout.score, layout.count),
    }
    for color, boxes in grounds.items():
        for box in filter(None, boxes):
            fill_rounded(canvas, box, color, RADIUS * layout.scale)
    return canvas


def _paste(canvas: Image, rect: Rect, box: Image) -> None:
    part(canvas, rect)[:] = box


def _score_words(scene: Scene) -> tuple[str, str]:
    """The number and the word below it; a dash where nothing could be measured."""
    if scene.score is None or not np.isfinite(scene.score):
        return NO_SCORE, scene.labels.score
    return f"{100 * scene.score:.0f}", scene.grade or scene.labels.score


def _draw_user(canvas: Image, scene: Scene, layout: Layout) -> None:
    user = None if scene.user_pose is None else scene.user_pose.landmarks
    ghost = None
    if scene.ghost_pose is not None and user is not None:
        ghost = place_ghost(
            scene.ghost_pose.landmarks, user, reference_trunk=scene.reference_trunk, user_trunk=scene.user_trunk
        )
    draw_dancer(
        canvas, scene.user_image, user, layout.dancer, layout.scale, flip=scene.flip, box=scene.user_box, ghost=ghost,
        joint_errors=scene.joint_errors, error_band=scene.error_band, warnings=scene.warnings,
        label=scene.labels.dancer,
    )  # fmt: skip
    if scene.flash is not None and scene.flash.strength > 0:
        _draw_flash(canvas, scene.flash, layout)


def _draw_flash(canvas: Image, flash: Flash, layout: Layout) -> None:
    """Write the grade large over the dancer's feet, on a ground of its colour, both as strong as the flash."""
    pane, opacity = layout.dancer, min(flash.strength, 1.0)
    largest = min(font_px(76, layout.scale), pane.height // 4)
    room = round(0.9 * pane.width - 1.1 * largest)
    size, (text, *_) = fit_lines(flash.grade, room, round(1.2 * largest), largest=largest, smallest=10, weight=BOLD)
    width, height = text_width(text, size, BOLD) + round(1.1 * size), round(1.45 * size)
    middle = pane.left + pane.width / 2
    box = Rect(round(middle - width / 2), pane.bottom - height - round(0.25 * size), width, height)
    blend_rounded(canvas, box, score_color(flash.score), height / 2, opacity)
    draw_centered(canvas, text, middle, box.top + 0.68 * height, size, INK, opacity=opacity)


def _draw_over(canvas: Image, scene: Scene, layout: Layout) -> None:
    """Draw what lies over the pictures: a count-in, a pause, a toast."""
    if scene.counting_in or scene.countdown is not None or scene.paused:
        for pane in (layout.reference, layout.dancer, layout.upcoming):
            if pane is not None:
                dim(canvas, pane, DIMMED)
    stage, scale = layout.stage, layout.scale
    if scene.paused:
        _draw_pause(canvas, scene.labels.paused, stage, scale)
    elif scene.counting_in and scene.count is not None:
        _draw_count_in(canvas, scene.count, stage)
    elif scene.countdown is not None:
        size = round(min(0.62 * stage.height, 0.45 * stage.width))
        middle, baseline = stage.left + stage.width / 2, stage.top + (stage.height + 0.72 * size) / 2
        draw_centered(canvas, str(scene.countdown), middle, baseline, size, WHITE)
    if scene.toast and scene.toast.strip():
        _draw_toast(canvas, scene.toast, stage, scale)


def _draw_toast(canvas: Image, toast: str, stage: Rect, scale: float) -> None:
    """Draw what has just been done, in as many lines as it takes to be read from afar."""
    size, pad = font_px(HINT, scale), round(20 * scale)
    widest = round(0.96 * stage.width) - 2 * pad
    size, lines = fit_lines(
        toast, widest, stage.height // 2, largest=size, smallest=max(10, round(0.6 * size)), weight=BOLD
    )
    step = line_height(size)
    width = max(text_width(line, size, BOLD) for line in lines) + 2 * pad
    middle, top = stage.left + stage.width / 2, stage.top + round(40 * scale)
    plate = Rect(round(middle - width / 2), top, width, round(step * (len(lines) - 1) + size + 1.2 * pad))
    fill_rounded(canvas, plate, INK, RADIUS * scale)
    for row, line in enumerate(lines):
        draw_centered(canvas, line, middle, top + 0.6 * pad + 0.85 * size + row * step, size, WHITE)


def _draw_count_in(canvas: Image, count: int, stage: Rect) -> None:
    """Draw the number as large as a hand, and below it all four."""
    size = round(min(0.66 * stage.height, 0.5 * stage.width))
    middle = stage.left + stage.width / 2
    small, step = max(10, round(0.2 * size)), 0.34 * size
    baseline = stage.top + (stage.height - 0.72 * size - 2 * small) / 2 + 0.72 * size
    draw_centered(canvas, str(count), middle, baseline, size, WHITE)
    plate = Rect(round(middle - 2 * step), round(baseline + 0.4 * small), round(4 * step), round(1.8 * small))
    fill_rounded(canvas, plate, INK, 0.3 * small)
    for index, number in enumerate(COUNT_IN):
        x = middle + (index - 1.5) * step
        color = ACCENT if number == count else WHITE if number < count else MUTED
        draw_centered(canvas, str(number), x, baseline + 1.5 * small, small, color)
        if number == count:
            width, height = round(0.8 * step), max(2, round(0.12 * small))
            fill_rounded(canvas, Rect(round(x - width / 2), round(baseline + 1.8 * small), width, height), ACCENT)


def _draw_pause(canvas: Image, hint: str, stage: Rect, scale: float) -> None:
    bar = Rect(0, 0, max(3, round(0.07 * min(stage.width, stage.height))), round(0.2 * min(stage.width, stage.height)))
    middle, top = stage.left + stage.width // 2, stage.top + round(0.2 * stage.height)
    for left in (middle - round(1.5 * bar.width), middle + round(0.5 * bar.width)):
        fill_rounded(canvas, bar._replace(left=left, top=top), WHITE, 0.2 * bar.width)
    below = top + bar.height + round(20 * scale)
    draw_hint(canvas, hint, Rect(stage.left, below, stage.width, stage.bottom - below), scale)
