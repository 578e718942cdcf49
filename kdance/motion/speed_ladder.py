"""Progressive practice: a loop that goes well gets faster, one that fails gets slower, until it is danced in full."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

# A pass from here goes well, one below the other fails; both are grades a dancer sees (0..1).
GOOD: Final = 0.8
FAILED: Final = 0.5
IN_A_ROW: Final = 2
STEP: Final = 0.1
# What the player plays.
SLOWEST: Final = 0.5
FASTEST: Final = 1.5
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class SpeedLadder:
    """How fast a loop is danced, and how the last passes went.

    Attributes:
        speed: Song seconds a second, ``SLOWEST`` to ``top``.
        top: The speed to arrive at.
        streak: Passes in a row that went well; negative: that failed.

    >>> ladder = SpeedLadder(0.7)
    >>> ladder, words = ladder.after(0.85)
    >>> words
    'Good! Once more like that, and it gets faster.'
    >>> ladder, words = ladder.after(0.9)
    >>> words, ladder.speed
    ('Good twice: faster now, 0.8x.', 0.8)
    """

    speed: float
    top: float = 1.0
    streak: int = 0

    def __post_init__(self) -> None:
        if not SLOWEST <= self.top <= FASTEST:
            raise ValueError(f"top must be {SLOWEST} to {FASTEST}, but is {self.top}")
        if not SLOWEST <= self.speed <= self.top:
            raise ValueError(f"speed must be {SLOWEST} to {self.top}, but is {self.speed}")

    def after(self, score: float | None) -> tuple[SpeedLadder, str]:
        """The speed of the next pass.

        Args:
            score: Of the pass that ended, 0..1; NaN or ``None`` where nobody was seen: it doesn't count.

        Returns:
            The ladder from here on, and what to tell the dancer ("" for nothing).
        """
        if score is None or math.isnan(score):
            return self, ""
        if score >= GOOD - _ROUNDING:
            return self._good()
        if score < FAILED - _ROUNDING:
            return self._failed()
        return replace(self, streak=0), ""

    def _good(self) -> tuple[SpeedLadder, str]:
        streak = max(self.streak, 0) + 1
        at_top = self.speed >= self.top - _ROUNDING
        if streak < IN_A_ROW:
            words = "Good! Once more like that." if at_top else "Good! Once more like that, and it gets faster."
            return replace(self, streak=streak), words
        if at_top:
            return replace(self, streak=0), f"Good twice at {_times(self.speed)}: you have it!"
        speed = min(round(self.speed + STEP, 2), self.top)
        words = f"Good twice: faster now, {_times(speed)}."
        if speed >= 1.0 - _ROUNDING > self.speed:
            words = "Good twice: full speed now!"
        return replace(self, speed=speed, streak=0), words

    def _failed(self) -> tuple[SpeedLadder, str]:
        streak = min(self.streak, 0) - 1
        if streak > -IN_A_ROW:
            return replace(self, streak=streak), ""
        if self.speed <= SLOWEST + _ROUNDING:
            return replace(self, streak=0), "This is as slow as it gets: try a shorter part."
        speed = max(round(self.speed - STEP, 2), SLOWEST)
        return replace(self, speed=speed, streak=0), f"Take your time: slower now, {_times(speed)}."


def _times(speed: float) -> str:
    return "full speed" if abs(speed - 1.0) < _ROUNDING else f"{speed:g}x"
