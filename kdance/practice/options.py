"""What was asked for on the command line, for a practice session."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from kdance.practice.transport import Practice
from kdance.review.lateness import Span
from kdance.review.options import TakeOptions

DRILL_SPEED: Final = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingOptions:
    """What a session depends on.

    Attributes:
        source: Webcam number, path or URL.
        countdown: Seconds in front of a webcam before the music: of a good picture where there is a window.
        seconds: End after this many of dancing; ``None`` for no limit.
        at_own_pace: Whether a file runs as a camera would have; otherwise as fast as it can.
        judging: What the score depends on besides what is practised, see :attr:`take`.
        practice: What of the song is practised, and how fast.
        auto_speed: Whether a loop gets faster when it goes well, and slower when it fails.
        rounds: End after so many rounds of a loop; ``None`` for no limit.
        until_mastered: End when a loop that gets faster went well at full speed.
        recording: Where what is seen and heard is written to, if anywhere.
        gestures: Whether raised hands start and crossed forearms end a session.
    """

    source: int | str
    countdown: float
    seconds: float | None
    at_own_pace: bool
    judging: TakeOptions
    practice: Practice = field(default_factory=Practice)
    auto_speed: bool = False
    rounds: int | None = None
    until_mastered: bool = False
    recording: Path | None = None
    gestures: bool = False

    @property
    def take(self) -> TakeOptions:
        """All that the score depends on; whether the song goes round and how fast is said by ``practice`` alone."""
        return self.judging.model_copy(update={"loop": self.practice.loop, "speed": self.practice.speed})

    def step(self, part: Span, *, speed: float, rounds: int) -> TrainingOptions:
        """The same, but one part over and over, faster as it goes well, until it goes well at full speed."""
        practice = replace(self.practice, start=part.start, end=part.end, loop=True, speed=speed)
        return replace(self, practice=practice, auto_speed=True, rounds=rounds, until_mastered=True)

    def drill(self, part: Span) -> TrainingOptions:
        """The same, but one part over and over: slowly at first, and faster as it goes well."""
        speed = min(DRILL_SPEED, self.practice.speed)
        return replace(
            self,
            practice=replace(self.practice, start=part.start, end=part.end, loop=True, speed=speed),
            auto_speed=True,
        )
