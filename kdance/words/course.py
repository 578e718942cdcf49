"""A course in a dancer's words: what a step is of, how an 8-count goes, when it is due again."""

from __future__ import annotations

from datetime import date

from kdance.learning.cards import PartCard
from kdance.learning.course import Step
from kdance.learning.history import SAME_SPEED
from kdance.review.record import SongCounts
from kdance.words.loops import eights, stretch_of
from kdance.words.numbers import minutes, points
from kdance.words.phrases import Phrases


def step(what: Step, counts: SongCounts | None, phrases: Phrases) -> str:
    """What comes next.

    >>> from kdance.words.phrases import load_phrases
    >>> step(Step("new", 6.0, 10.0, 0.75, (6.0,)), SongCounts(seconds_per_count=0.5, first=2.0), load_phrases("en"))
    'New: 8-count 2 (0:06-0:10), from 0.75x on'
    """
    said = phrases.text(f"learn.step.{what.kind}", what=stretch_of(what.start, what.end, counts, phrases))
    if what.speed >= 1 - SAME_SPEED:
        return said
    return phrases.text("learn.at", step=said, speed=f"{what.speed:g}")


def how_well(speed: float | None, score: float | None, phrases: Phrases) -> str:
    """How an 8-count goes: its score, and at which speed where that isn't the song's."""
    if score is None:
        return phrases.text("learn.new")
    if speed is None or speed >= 1 - SAME_SPEED:
        return str(points(score))
    return phrases.text("learn.at_speed", points=points(score), speed=f"{speed:.2g}")


def due(card: PartCard, today: date, phrases: Phrases) -> str:
    """When an 8-count is due, by the dancer's own calendar; nothing for one that is new.

    >>> from datetime import UTC, datetime
    >>> from kdance.words.phrases import load_phrases
    >>> due(PartCard(0.0, 4.0, due=datetime(2026, 11, 25, 12, tzinfo=UTC)), date(2026, 11, 22), load_phrases("en"))
    'in 3 days'
    """
    if card.due is None:
        return ""
    days = (card.due.astimezone().date() - today).days
    if days <= 0:
        return phrases.text("learn.due.today")
    return phrases.text("learn.due.tomorrow" if days == 1 else "learn.due.days", days=days)


def repeats(card: PartCard, counts: SongCounts | None, phrases: Phrases) -> str:
    """Where else an 8-count is danced; nothing where it isn't."""
    if not card.repeats:
        return ""
    length = card.end - card.start
    where = [eights(start, start + length, counts, phrases) or minutes(start) for start in card.repeats]
    return phrases.text("learn.repeats", where=phrases.joined(where))
