"""A reference as one picture: its timeline, how well each part of the body is seen, and the pose of every 8-count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from kdance.dance.dance import Dance
from kdance.dance.reference_info import ReferenceInfo
from kdance.motion.sections import pose_speed
from kdance.window.bodies import draw_head, extent, framing, in_pane
from kdance.window.layout import Rect
from kdance.window.palette import ACCENT, BACKGROUND, BLUE, MUTED, RAISED, RED, SURFACE, WHITE
from kdance.window.skeleton import draw_skeleton
from kdance.window.text import BOLD, Image, draw_text, shorten
from kdance.window.widgets import draw_centered, fill, fill_rounded, part
from kdance.words import report as words
from kdance.words.numbers import minutes
from kdance.words.phrases import Phrases

WIDTH: Final = 1600
_PAD: Final = 56
_LABELS: Final = 120  # pixels left of the timeline
_CURVE: Final = Rect(_PAD + _LABELS, 176, WIDTH - 2 * _PAD - _LABELS, 150)
_ROW: Final = 30  # of one part of the body
_IN_ROW: Final = 8
_MOST: Final = 40
"""More poses than this are not looked at by anybody: of a longer dance every second or third 8-count is shown."""
_CELL: Final = (WIDTH - 2 * _PAD) // _IN_ROW
_CELL_HEIGHT: Final = 240
_NUMBER: Final = 24
_NUMBER_APART: Final = 40  # pixels from one number below the curve to the next, at least


@dataclass(frozen=True, slots=True)
class _Across:
    """Where a second of the dance lies on the timeline."""

    duration: float

    def x(self, second: float) -> int:
        return round(_CURVE.left + _CURVE.width * min(max(second / self.duration, 0.0), 1.0))


def make_reference_sheet(dance: Dance, song: str, phrases: Phrases) -> bytes:
    """Draw a reference.

    Args:
        dance: The reference, made ready.
        song: What is known of its sound and counts, one line.
        phrases: The language of its words.

    Returns:
        A PNG, 1600 pixels wide, as high as the dance is long; without metadata.
    """
    info = dance.reference.info
    rows = [name for name in ("head", "arms", "legs", "feet") if any(name in seen for seen in info.quality.by_section)]
    poses = _CURVE.bottom + 60 + _ROW * len(rows) + 40
    shown = info.sections[:: -(-len(info.sections) // _MOST)] if info.sections else ()
    height = poses + _CELL_HEIGHT * -(-len(shown) // _IN_ROW) + _PAD // 2
    sheet: Image = np.empty((height, WIDTH, 3), np.uint8)
    sheet[:] = BACKGROUND
    across = _Across(info.duration)
    _draw_title(sheet, info, song)
    _draw_curve(sheet, pose_speed(dance.plain), info, across)
    _draw_gaps(sheet, dance.missing, across)
    for row, name in enumerate(rows):
        label = phrases.text(f"reference.sheet.{name}")
        _draw_part(sheet, label, name, info, across, _CURVE.bottom + 60 + _ROW * row)
    for place, section in enumerate(shown):
        left, top = _PAD + _CELL * (place % _IN_ROW), poses + _CELL_HEIGHT * (place // _IN_ROW)
        _draw_pose(sheet, dance, section, Rect(left, top, _CELL - 12, _CELL_HEIGHT - 12))
    _, data = cv2.imencode(".png", sheet)
    return data.tobytes()


def _draw_title(sheet: Image, info: ReferenceInfo, song: str) -> None:
    fill_rounded(sheet, Rect(_PAD, 48, 10, 64), ACCENT, 5)
    draw_text(sheet, shorten(words.plain(info.name), 56, WIDTH - 2 * _PAD - 30, BOLD), _PAD + 30, 98, 56, WHITE, BOLD)
    draw_text(sheet, f"{minutes(info.duration)}  ·  {song}", _PAD + 30, 144, 26, MUTED)


def _draw_curve(sheet: Image, speed: NDArray[np.floating[Any]], info: ReferenceInfo, across: _Across) -> None:
    """How much the dance moves, from below; a line and a number where each 8-count begins."""
    fill_rounded(sheet, _CURVE, SURFACE, 8)
    eights = [] if info.grid is None else [start for start, _ in info.grid.eights(info.duration)]
    free = _CURVE.left - _NUMBER_APART
    for number, start in enumerate(eights, 1):
        x = across.x(start)
        fill(sheet, Rect(x, _CURVE.top, 1, _CURVE.height + 6), RAISED)
        if x - free >= _NUMBER_APART:
            draw_text(sheet, str(number), x + 4, _CURVE.bottom + 28, _NUMBER, WHITE)
            free = x
    known = speed[np.isfinite(speed)]
    most = max(float(np.quantile(known, 0.98)), 1e-6) if len(known) else 1.0
    for column, bit in enumerate(np.array_split(speed, _CURVE.width // 4)):
        seen = bit[np.isfinite(bit)]
        if len(seen):
            high = max(2, round(min(float(seen.mean()) / most, 1.0) * (_CURVE.height - 8)))
            fill(sheet, Rect(_CURVE.left + 4 * column, _CURVE.bottom - high, 3, high), BLUE)


def _draw_gaps(sheet: Image, missing: tuple[tuple[float, float], ...], across: _Across) -> None:
    """What the video doesn't show, as a line above the curve that colour-blind eyes can tell, too: it is dashed."""
    for start, end in missing:
        for x in range(across.x(start), max(across.x(end), across.x(start) + 6), 10):
            fill(sheet, Rect(x, _CURVE.top - 10, 6, 6), RED)


def _draw_part(sheet: Image, label: str, name: str, info: ReferenceInfo, across: _Across, top: int) -> None:
    """How much of each section a part of the body is seen: the fuller the bar, the more."""
    draw_text(sheet, shorten(label, 22, _LABELS - 12), _PAD, top + 20, 22, MUTED)
    for (start, end), seen in zip(info.sections, info.quality.by_section, strict=False):
        left, right = across.x(start), across.x(end)
        whole = Rect(left, top + 4, max(right - left - 2, 2), _ROW - 10)
        fill(sheet, whole, RAISED)
        high = round(whole.height * seen.get(name, 0.0))
        if high:
            fill(sheet, Rect(whole.left, whole.bottom - high, whole.width, high), BLUE)


def _draw_pose(sheet: Image, dance: Dance, section: tuple[float, float], cell: Rect) -> None:
    """The pose with which an 8-count begins, its number and its time."""
    fill_rounded(sheet, cell, SURFACE, 10)
    draw_text(sheet, _name(dance, section), cell.left + 12, cell.top + 34, 28, WHITE, BOLD)
    draw_text(sheet, minutes(section[0]), cell.right - 66, cell.top + 32, 22, MUTED)
    sequence = dance.reference.sequence
    inside = (sequence.times >= section[0]) & (sequence.times < section[1]) & sequence.measured
    if not inside.any():
        draw_centered(sheet, "?", cell.left + cell.width / 2, cell.top + cell.height / 2, 48, MUTED)
        return
    body = sequence.landmarks[int(np.flatnonzero(inside)[0])]
    pane = Rect(cell.left + 8, cell.top + 40, cell.width - 16, cell.height - 48)
    here = in_pane(body, framing(extent(body), pane), pane)
    draw_skeleton(part(sheet, pane), here, color=BLUE)
    draw_head(part(sheet, pane), here, BLUE)


def _name(dance: Dance, section: tuple[float, float]) -> str:
    """The number that ``--counts`` takes; before the first 1 there is none. Without counts, that of the section."""
    if dance.grid is None:
        return str(dance.sections.index(section) + 1)
    middle = sum(section) / 2
    eights = enumerate(dance.grid.eights(dance.reference.info.duration), 1)
    return next((str(number) for number, (start, end) in eights if start <= middle < end), "")
