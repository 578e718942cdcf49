"""What is remembered of an 8-count, and when it is due again: one flashcard each, and FSRS for its schedule.

The schedule is that of the ``fsrs`` package (Free Spaced Repetition Scheduler) with its default weights. Its grades
come from what was measured, see :func:`grade_of`. Days are its unit, so it has no learning steps within a day: what
went wrong is danced again in the same lesson anyway.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from kdance.learning.history import SAME_SPEED
from kdance.motion.speed_ladder import GOOD

SITS: Final = 0.875
"""A score from which an 8-count sits."""

EASY: Final = 0.95
"""A score from which it needs no more thought."""

RETENTION: Final = 0.9
"""How sure it shall be that an 8-count is still known when it comes back; FSRS's default."""

LONGEST_DAYS: Final = 90

Grade = Literal["again", "hard", "good", "easy"]
_RATINGS: Final[dict[Grade, int]] = {"again": 1, "hard": 2, "good": 3, "easy": 4}


@dataclass(frozen=True, slots=True)
class PartCard:
    """An 8-count of a dance as it is learnt.

    Attributes:
        start: Seconds of the reference, likewise ``end``.
        repeats: Where the same is danced again later: learnt with this one.
        speed: The fastest it was clean at; ``None`` where it never was.
        score: When it was last learnt, 0..1; ``None`` where it is new.
        due: When it is due again; ``None`` where it is new.
        memory: The scheduler's own record of it, JSON.
    """

    start: float
    end: float
    repeats: tuple[float, ...] = ()
    speed: float | None = None
    score: float | None = None
    due: datetime | None = None
    memory: str | None = None

    @property
    def is_new(self) -> bool:
        """Whether it was never learnt."""
        return self.due is None

    @property
    def is_clean(self) -> bool:
        """Whether it was clean at full speed, the last time too."""
        return self.speed is not None and self.speed >= 1 - SAME_SPEED and (self.score or 0.0) >= GOOD

    def is_due(self, now: datetime) -> bool:
        """Whether it is due by now."""
        return self.due is not None and self.due <= now


def grade_of(speed: float, score: float, *, learnt: bool = True) -> Grade:
    """The grade of an 8-count, from the score at the fastest speed it was danced at.

    What comes back is graded by its first rounds: whether it was still known, not whether it could be drilled again.
    What is new is graded by its last rounds, and *good* at best: nobody knows yet whether it stays.

    At full speed: from 0.95 on *easy*, from 0.875 on *good*, from 0.8 on, where the speed ladder calls a round good,
    *hard*, below that *again*. What was danced slower is not known yet: *again*.

    Args:
        speed: Of the music.
        score: 0..1.
        learnt: Whether it was learnt before.

    >>> grade_of(1.0, 0.85), grade_of(1.0, 0.9), grade_of(1.0, 0.97), grade_of(1.0, 0.97, learnt=False)
    ('hard', 'good', 'easy', 'good')
    >>> grade_of(1.0, 0.6), grade_of(0.9, 0.97)
    ('again', 'again')
    """
    if score < GOOD or speed < 1 - SAME_SPEED:
        return "again"
    if score < SITS:
        return "hard"
    return "good" if score < EASY or not learnt else "easy"


def practised(card: PartCard, speed: float, score: float) -> PartCard:
    """The card with how its 8-count went: at the fastest speed it was danced at, by the last rounds."""
    clean = [known for known in (card.speed, speed if score >= GOOD else None) if known is not None]
    return replace(card, speed=max(clean, default=None), score=score)


def scheduled(card: PartCard, grade: Grade, now: datetime) -> PartCard:
    """The card with the day on which its 8-count is due again.

    Until it was clean at full speed it is being learnt, and due on the next day; from then on FSRS says when.

    Args:
        card: As it was.
        grade: Of its 8-count.
        now: With its offset from UTC.
    """
    moment = now.astimezone(UTC)
    if card.memory is None and grade == "again":
        return replace(card, due=moment + timedelta(days=1))
    from fsrs import Card, Rating, Scheduler  # here alone: what only looks at cards has no need of it

    scheduler = Scheduler(
        desired_retention=RETENTION,
        learning_steps=(),
        relearning_steps=(),
        maximum_interval=LONGEST_DAYS,
        enable_fuzzing=False,
    )
    before = Card(card_id=0, due=moment) if card.memory is None else Card.from_json(card.memory)
    after, _ = scheduler.review_card(before, Rating(_RATINGS[grade]), moment)
    return replace(card, due=after.due, memory=after.to_json())
