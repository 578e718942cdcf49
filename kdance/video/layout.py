"""Where things stand in the practice window. Pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Rect(NamedTuple):
    """A rectangle; whole pixels."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column that is outside."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row that is outside."""
        return self.top + self.height

    def fit(self, width: float, height: float) -> Rect:
        """The largest rectangle of the shape ``width`` by ``height`` in the middle of this one."""
        scale = min(self.width / width, self.height / height)
        inner_width, inner_height = max(1, int(width * scale)), max(1, int(height * scale))
        left = self.left + (self.width - inner_width) // 2
        return Rect(left, self.top + (self.height - inner_height) // 2, inner_width, inner_height)


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts of the window.

    Attributes:
        scale: Size of text and lines; 1 in a window of 1280 x 720.
        header: Title and time.
        reference: The reference's pane, or ``None`` without one.
        dancer: The dancer's pane.
        score: The score and grade.
        cue: The cue's banner.
        progress: The progress bar.
    """

    scale: float
    header: Rect
    reference: Rect | None
    dancer: Rect
    score: Rect
    cue: Rect
    progress: Rect


def window_layout(width: int, height: int, *, with_reference: bool) -> Layout:
    """Divide a window: panes side by side in a wide one, one above the other in a tall one.

    Args:
        width: Of the window, pixels.
        height: Of the window, pixels.
        with_reference: Whether there are two panes.
    """
    tall = height > width
    scale = min(width / 720, height / 1280) if tall else min(width / 1280, height / 720)
    gap, header_height, footer_height, bar = (max(1, round(scale * part)) for part in (20, 56, 180 if tall else 132, 8))
    header = Rect(gap, 0, width - 2 * gap, header_height)
    progress = Rect(0, height - bar, width, bar)
    footer_top = height - bar - gap - footer_height
    panes = Rect(gap, header_height, width - 2 * gap, footer_top - gap - header_height)
    score = Rect(gap, footer_top, round(232 * scale), footer_height)
    cue = Rect(score.right + gap, footer_top, width - score.right - 2 * gap, footer_height)
    first, second = _halves(panes, gap, tall) if with_reference else (None, panes)
    return Layout(scale, header, first, second, score, cue, progress)


def _halves(rect: Rect, gap: int, tall: bool) -> tuple[Rect, Rect]:
    if tall:
        half = (rect.height - gap) // 2
        return rect._replace(height=half), rect._replace(top=rect.top + half + gap, height=half)
    half = (rect.width - gap) // 2
    return rect._replace(width=half), rect._replace(left=rect.left + half + gap, width=half)
