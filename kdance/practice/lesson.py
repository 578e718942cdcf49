"""Use case: a lesson of a course. Each step is a practice session like any other; what it came to decides the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from kdance.dance.dance import Dance
from kdance.learning.cards import PartCard
from kdance.learning.course import PAUSE_S, Course, Step, cards_of, kept
from kdance.learning.history import DancedSession, PartRound, at_fastest, part_key, rounds_in
from kdance.motion.repeats import first_times
from kdance.practice.dancing import dance_once
from kdance.practice.session import Session
from kdance.practice.take import Outcome
from kdance.review.lateness import Span
from kdance.review.record import SongCounts
from kdance.store import SessionStore

# How long the score of a step stays before the next begins; space begins it at once, q ends the lesson.
SHOWN_S: Final = 4.0


@dataclass(frozen=True, slots=True)
class Practised:
    """A step of a lesson that was practised: what it came to, and the course after it."""

    step: Step
    outcome: Outcome
    course: Course


def course_of(dance: Dance, store: SessionStore) -> Course:
    """The course through a dance, as it stands."""
    info, digest = dance.reference.info, dance.reference.digest
    parts = dance.sections
    new = cards_of(parts, first_times(dance.plain, parts, dance.chance("normal")))
    history = [session for session in store.history(info.name) if session.digest == digest]
    return Course(kept(new, store.cards(info.name, digest)), known_of(history))


def counts_of(dance: Dance) -> SongCounts | None:
    """How its song is counted, where that is known."""
    grid = dance.grid
    return None if grid is None else SongCounts(seconds_per_count=grid.seconds_per_count, first=grid.first)


def known_of(history: list[DancedSession]) -> dict[float, tuple[float, float]]:
    """Speed and score of each 8-count the last time it was danced."""
    known: dict[float, tuple[float, float]] = {}
    for session in history:
        for key, rounds in session.by_part().items():
            if (found := at_fastest(rounds)) is not None:
                known[key] = found
    return known


def hold_lesson(
    session: Session,
    course: Course,
    *,
    seconds: float,
    until: datetime,
    announce: Callable[[Step], None] = lambda step: None,
    dance: Callable[[Session], Outcome] = dance_once,
) -> Iterator[Practised]:
    """Practise step by step, until the time is over, nothing is left for today, or the dancer has had enough.

    Args:
        session: As for a practice session; what of the dance it practises is said by each step.
        course: As it stands.
        seconds: No step begins after so many of dancing and getting ready.
        until: What is due until then comes first.
        announce: Tells the dancer what comes.
        dance: Holds one session.
    """
    name, digest = session.dance.reference.info.name, session.dance.reference.digest
    spent = 0.0
    while spent < seconds and (step := course.next_step(until)) is not None:
        announce(step)
        session.room.view.renew()
        options = session.options.step(Span(step.start, step.end), speed=step.speed, rounds=step.rounds)
        outcome = dance(replace(session, options=options))
        report = outcome.report
        if report is None:
            yield Practised(step, outcome, course)
            return
        rounds: tuple[PartRound, ...] = rounds_in(report)
        course = course.after(step, rounds, session.clock.today())
        session.store.save_cards(name, digest, course.cards)
        spent += PAUSE_S + report.total_duration
        yield Practised(step, outcome, course)
        has_ended = outcome.error is not None or outcome.by_dancer or outcome.by_gesture or session.signals.received
        if has_ended or not _goes_on(session, outcome):
            return


def _goes_on(session: Session, outcome: Outcome) -> bool:
    """Show a step's score for a moment; whether the dancer goes on."""
    view, now = session.room.view, session.clock.now
    if not view.is_open or outcome.report is None:
        return True
    view.renew()
    view.show_end(outcome.report, goes_on=True)
    end = now() + SHOWN_S
    while now() < end and not (session.signals.received or view.wants_to_quit):
        view.poll(20)
        if "space" in view.take_keys():
            break
    return not (session.signals.received or view.wants_to_quit)


def gained(before: tuple[PartCard, ...], after: tuple[PartCard, ...]) -> list[tuple[PartCard, PartCard]]:
    """The cards that a lesson changed, before and after; a repeat that is learnt for itself now was none before."""
    known = {part_key(card.start): card for card in before}
    pairs = [(known.get(part_key(card.start)), card) for card in after]
    return [(old, new) for old, new in pairs if old is not None and replace(old, repeats=new.repeats) != new]
