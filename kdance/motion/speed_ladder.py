"""Progressive practice: a loop that goes well gets faster, one that fails gets slower, until it is danced in full."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final, Literal

from kdance.choices import FASTEST, SLOWEST

# A pass from here goes well, one below the other fails; both are grades a dancer sees (0..1).
GOOD: Final = 0.8
FAILED: Final = 0.5
IN_A_ROW: Final = 2
STEP: Final = 0.1
_ROUNDING: Final = 1e-9

# What there is to tell after a pass; each has its words in every language, under window.ladder.
News = Literal[
    "once_more", "once_more_for_faster", "faster", "full_speed", "mastered", "mastered_full_speed", "slower", "slowest"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class SpeedLadder:
    """How fast a loop is danced, and how the last passes went.

    Attributes:
        speed: Song seconds a second, ``SLOWEST`` to ``top``.
        top: The speed to arrive at.
        streak: Passes in a row that went well; negative: that failed.

    >>> ladder = SpeedLadder(0.7)
    >>> ladder, news = ladder.after(0.85)
    >>> news
    'once_more_for_faster'
    >>> ladder, news = ladder.after(0.9)
    >>> news, ladder.speed
    ('faster', 0.8)
    """

    speed: float
    top: float = 1.0
    streak: int = 0

    def __post_init__(self) -> None:
        if not SLOWEST <= self.top <= FASTEST:
            raise ValueError(f"top must be {SLOWEST} to {FASTEST}, but is {self.top}")
        if not SLOWEST <= self.speed <= self.top:
            raise ValueError(f"speed must be {SLOWEST} to {self.top}, but is {self.speed}")

    def after(self, score: float | None) -> tuple[SpeedLadder, News | None]:
        """The speed of the next pass.

        Args:
            score: Of the pass that ended, 0..1; NaN or ``None`` where nobody was seen: it doesn't count.

        Returns:
            The ladder from here on, and what to tell the dancer, if anything.
        """
        if score is None or math.isnan(score):
            return self, None
        if score >= GOOD - _ROUNDING:
            return self._good()
        if score < FAILED - _ROUNDING:
            return self._failed()
        return replace(self, streak=0), None

    def _good(self) -> tuple[SpeedLadder, News]:
        streak = max(self.streak, 0) + 1
        at_top = self.speed >= self.top - _ROUNDING
        if streak < IN_A_ROW:
            return replace(self, streak=streak), "once_more" if at_top else "once_more_for_faster"
        if at_top:
            is_full = abs(self.speed - 1.0) < _ROUNDING
            return replace(self, streak=0), "mastered_full_speed" if is_full else "mastered"
        speed = min(round(self.speed + STEP, 2), self.top)
        arrives = self.speed < 1.0 - _ROUNDING <= speed
        return replace(self, speed=speed, streak=0), "full_speed" if arrives else "faster"

    def _failed(self) -> tuple[SpeedLadder, News | None]:
        streak = min(self.streak, 0) - 1
        if streak > -IN_A_ROW:
            return replace(self, streak=streak), None
        if self.speed <= SLOWEST + _ROUNDING:
            return replace(self, streak=0), "slowest"
        return replace(self, speed=max(round(self.speed - STEP, 2), SLOWEST), streak=0), "slower"
