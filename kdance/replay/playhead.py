"""Where in a take the replay is, and what its keys do. No clock, no window."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Final

SPEEDS: Final = (1.0, 0.5, 0.25)
SEEK_S: Final = 2.0
SAME_S: Final = 0.05
"""A moment this near is the one that is shown, and not the next."""

Stretch = tuple[float, float]
"""First and last second of the take."""


class Playhead:
    """The position of a replay.

    Args:
        start: First second of the take; ``end`` its last.
        moments: Seconds of the take worth jumping to.
        stretch_at: The stretch of the take to be looped at a second of it.

    Attributes:
        now: Second of the take that is shown.
        speed: Seconds of the take a second.
        paused: Whether it stands still.
        loop: The stretch that is played over and over; ``None`` for none.
        over: Whether the dancer has seen enough.
    """

    def __init__(
        self, start: float, end: float, moments: Sequence[float], stretch_at: Callable[[float], Stretch]
    ) -> None:
        self.start, self.end = start, max(end, start)
        self.moments = sorted(min(max(moment, start), self.end) for moment in moments)
        self.now, self.speed, self.paused, self.over = start, SPEEDS[0], False, False
        self.loop: Stretch | None = None
        self._stretch_at = stretch_at

    def advance(self, elapsed: float) -> None:
        """Let so many real seconds pass; it stands still at the end."""
        if self.paused:
            return
        self.now += elapsed * self.speed
        if self.loop is not None and self.now >= self.loop[1]:
            first, last = self.loop
            self.now = first + (self.now - first) % max(last - first, 1e-3)
        elif self.now >= self.end:
            self.now, self.paused = self.end, True

    def press(self, key: str) -> None:
        """Do what a key stands for; keys without a meaning do nothing."""
        if key in ("q", "esc"):
            self.over = True
        elif key == "space":
            if self.paused and self.now >= self.end:
                self.now = self.start if self.loop is None else self.loop[0]
            self.paused = not self.paused
        elif key == "left":
            self._go(self.now - SEEK_S)
        elif key == "right":
            self._go(self.now + SEEK_S)
        elif key == "n":
            self._look_at(bisect_right(self.moments, self.now + SAME_S))
        elif key == "p":
            self._look_at(bisect_left(self.moments, self.now - SAME_S) - 1)
        elif key == "s":
            self.speed = SPEEDS[(SPEEDS.index(self.speed) + 1) % len(SPEEDS)]
        elif key == "l":
            self.loop = self._stretch_at(self.now) if self.loop is None else None

    def _go(self, moment: float) -> None:
        self.now = min(max(moment, self.start), self.end)
        if self.loop is not None and not self.loop[0] <= self.now <= self.loop[1]:
            self.loop = None  # who leaves the loop is done with it

    def _look_at(self, index: int) -> None:
        """Jump to a moment and stand still there; round at the ends."""
        if self.moments:
            self._go(self.moments[index % len(self.moments)])
            self.paused = True
