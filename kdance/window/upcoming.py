"""What comes next: a strip of the reference's next poses with their counts, before they are due."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from kdance.motion.counts import CountGrid
from kdance.motion.picture_points import placed
from kdance.pose import FloatArray, PoseSequence
from kdance.window.framing import AIR, extents
from kdance.window.layout import Rect
from kdance.window.palette import ACCENT, BLUE, SURFACE, WELL, WHITE
from kdance.window.skeleton import draw_skeleton
from kdance.window.text import BOLD, Image, text_width
from kdance.window.widgets import RADIUS, draw_centered, font_px, part, round_corners
from kdance.words.numbers import minutes

SHOWN: Final = 3
"""Poses of the strip: the last is two to three counts ahead."""
STEP_S: Final = 0.75
"""Between two poses of a dance without counts."""
KNOWN: Final = (0.6, 0.9)
"""Scores of a part from which the strip fades, and at which it is faintest."""
FAINTEST: Final = 0.25
_BODY: Final = (2, 3)  # width and height of most bodies


class NextPoses:
    """The poses of a dance at its counts.

    Args:
        sequence: Of the reference.
        grid: Its counts; without them the poses are told apart by time.
    """

    def __init__(self, sequence: PoseSequence, grid: CountGrid | None) -> None:
        self._landmarks, self._times, self._grid = sequence.landmarks, np.asarray(sequence.times), grid
        self._first = 0.0 if grid is None else grid.first
        self._step = STEP_S if grid is None else grid.seconds_per_count
        self._last = float(self._times[-1])
        self._picture = lru_cache(maxsize=32)(self._draw)

    def at(self, position: float, score: float | None, *, flip: bool = False) -> Upcoming:
        """What comes after second ``position`` of the song, in a part that was scored ``score`` last."""
        steps = (position - self._first) / self._step
        first = int(np.floor(steps + 1e-9)) + 1
        return Upcoming(self, first, 1 - (first - steps), strength_at(score), flip)

    def picture(self, number: int, width: int, height: int, scale: float, *, flip: bool) -> Image:
        """(height, width, 3) the pose of a count with its number, or of a second with its time."""
        return self._picture(number, width, height, scale, flip)

    def _draw(self, number: int, width: int, height: int, scale: float, flip: bool) -> Image:
        cell: Image = np.empty((height, width, 3), np.uint8)
        cell[:] = SURFACE
        time = self._first + number * self._step
        if 0 <= time <= self._last:
            landmarks = np.array(self._landmarks[int(np.argmin(np.abs(self._times - time)))], np.float64)
            label = minutes(time) if self._grid is None else str(self._grid.number_at(time + 1e-6))
            whole, size = Rect(0, 0, width, height), min(font_px(44, scale), height // 3, width // 3)
            beside = whole.split_columns(-text_width(label, size, BOLD) - round(0.4 * size), 1)
            below = whole.split_rows(-round(1.1 * size), 1)
            body, word = max(beside, below, key=lambda rects: rects[0].fit(*_BODY).height)
            _draw_body(part(cell, body), landmarks, scale, flip=flip)
            middle = word.left + word.width / 2
            draw_centered(cell, label, middle, word.baseline(size), size, ACCENT if label == "1" else WHITE)
        round_corners(cell, Rect(0, 0, width, height), 0.6 * RADIUS * scale, WELL)
        return cell


@dataclass(frozen=True, slots=True, eq=False)
class Upcoming:
    """The next poses at one moment.

    Attributes:
        poses: Of the dance, drawn once each.
        first: Number of the first of them.
        ahead: How near it is, 0..1: 1 is due.
        strength: 0..1: falls as the part is known.
        flip: Whether the reference is shown like in a mirror.
    """

    poses: NextPoses
    first: int
    ahead: float
    strength: float
    flip: bool = False


def strength_at(score: float | None) -> float:
    """How strongly the next poses are shown: in full until a part is danced well, faint once it is known.

    >>> [strength_at(score) for score in (None, 0.3, 0.75, 1.0)]
    [1.0, 1.0, 0.6, 0.25]
    """
    if score is None or not np.isfinite(score):
        return 1.0
    low, high = KNOWN
    known = min(max((score - low) / (high - low), 0.0), 1.0)
    return round(1.0 - (1 - FAINTEST) * known, 1) if known < 1 else FAINTEST


def draw_upcoming(canvas: Image, upcoming: Upcoming, rect: Rect, scale: float) -> None:
    """Draw the strip, along the longer side of its place; the first pose's edge tells how soon it is due."""
    rect = rect.inset(max(1, round(6 * scale)))
    gap = max(1, round(6 * scale))
    is_row = rect.width >= rect.height
    side = ((rect.width if is_row else rect.height) - (SHOWN - 1) * gap) // SHOWN
    for index in range(SHOWN):
        along = index * (side + gap)
        cell = (
            rect._replace(left=rect.left + along, width=side)
            if is_row
            else rect._replace(top=rect.top + along, height=side)
        )
        picture = upcoming.poses.picture(upcoming.first + index, cell.width, cell.height, scale, flip=upcoming.flip)
        area = part(canvas, cell)
        if upcoming.strength < 1:
            cv2.addWeighted(picture, upcoming.strength, area, 1 - upcoming.strength, 0, dst=area)
        else:
            area[:] = picture
        if index == 0 and upcoming.strength == 1:
            thick = max(2, round(5 * scale))
            width = round(cell.width * min(max(upcoming.ahead, 0.0), 1.0))
            part(canvas, Rect(cell.left, cell.top, width, thick))[:] = ACCENT


def _draw_body(cell: Image, landmarks: FloatArray, scale: float, *, flip: bool) -> None:
    left, top, right, bottom = extents(landmarks)
    if not np.isfinite(left):
        return
    height, width = cell.shape[:2]
    size = (1 - 4 * AIR) * min(width / max(right - left, 1), height / max(bottom - top, 1))
    middle = np.array([(left + right) / 2, (top + bottom) / 2])
    points = placed(landmarks, origin=middle, scale=(-size if flip else size, size), target=(width / 2, height / 2))
    draw_skeleton(cell, points, color=BLUE, scale=max(0.5, 0.8 * scale))
