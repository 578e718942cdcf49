"""A course: what is due first, what is new slowly, what is too hard in halves, what is clean in one go."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kdance.learning.cards import PartCard, grade_of, practised, scheduled
from kdance.learning.course import NEW_IN_A_LESSON, Course, Step, cards_of, kept, planned
from kdance.learning.history import PartRound

NOW = datetime(2026, 11, 22, 19, tzinfo=UTC)
PARTS = [(4.0 * number, 4.0 * number + 4) for number in range(6)]


def course(*cards: PartCard, **changes: object) -> Course:
    return replace(Course(cards or cards_of(PARTS, range(len(PARTS)))), **changes)


def rounds(step: Step, *results: tuple[float, float]) -> list[PartRound]:
    """The 8-counts of a step, danced once for each (speed, score)."""
    starts = [start for start, _ in PARTS if step.start <= start < step.end]
    return [
        PartRound(run, start, start + 4, speed, score) for run, (speed, score) in enumerate(results) for start in starts
    ]


def danced(before: Course, *results: tuple[float, float], now: datetime = NOW) -> tuple[Step, Course]:
    """The next step of a course, danced."""
    step = before.next_step(now)
    assert step is not None
    return step, before.after(step, rounds(step, *results), now)


def known(start: float, due_in_days: float, score: float = 0.9) -> PartCard:
    """An 8-count that was learnt three days ago."""
    card = scheduled(practised(PartCard(start, start + 4), 1.0, score), "good", NOW - timedelta(days=3))
    return replace(card, due=NOW + timedelta(days=due_in_days))


def test_what_is_new_comes_in_the_order_of_the_dance_slowly_and_not_too_much_at_once() -> None:
    going, seen = course(), []
    while (step := going.next_step(NOW)) is not None and step.kind == "new":
        seen.append((step.start, step.speed))
        going = going.after(step, rounds(step, (0.75, 0.9), (1.0, 0.9), (1.0, 0.9)), NOW)
    assert seen == [(0.0, 0.75), (4.0, 0.75), (8.0, 0.75)]
    assert len(seen) == NEW_IN_A_LESSON


def test_what_earlier_sessions_know_decides_how_fast_it_begins() -> None:
    for result, speed in (((1.0, 0.9), 1.0), ((1.0, 0.6), 0.75), ((1.0, 0.2), 0.6), ((0.75, 0.95), 0.75)):
        step = course(known={0.0: result}).next_step(NOW)
        assert step is not None
        assert step.speed == speed


def test_what_is_due_comes_first_and_the_longest_due_before_the_rest() -> None:
    cards = (known(0.0, 2), known(4.0, -1, score=0.5), known(8.0, -3, score=0.5), PartCard(12.0, 16.0))
    going = course(*cards)
    order = []
    for _ in range(3):
        step, going = danced(going, (1.0, 0.7), (1.0, 0.7))
        order.append((step.kind, step.start))
    assert order == [("due", 8.0), ("due", 4.0), ("new", 12.0)]


def test_due_neighbours_that_were_clean_are_danced_in_one_go() -> None:
    step = course(known(0.0, -1), known(4.0, 0), known(8.0, 5)).next_step(NOW)
    assert step == Step("due", 0.0, 8.0, 1.0, (0.0, 4.0))


def test_what_is_too_hard_is_halved_once_and_then_danced_again() -> None:
    going, kinds = course(), []
    for _ in range(5):
        step, going = danced(going, (0.6, 0.3), (0.6, 0.3))
        kinds.append((step.kind, step.start, step.end))
    assert kinds == [
        ("new", 0.0, 4.0),
        ("half", 0.0, 2.0),
        ("half", 2.0, 4.0),
        ("again", 0.0, 4.0),
        ("new", 4.0, 8.0),
    ]


def test_a_half_says_nothing_about_the_whole() -> None:
    _, going = danced(course(), (0.6, 0.3), (0.6, 0.3))
    step, after = danced(going, (1.0, 1.0))
    assert step.kind == "half"
    assert after.cards == going.cards


def test_what_is_clean_beside_each_other_is_joined_and_in_the_end_it_is_the_whole_dance() -> None:
    going = course(*(known(start, 9) for start, _ in PARTS[:3]), PartCard(12.0, 16.0), known(20.0, 9))
    _, going = danced(going, (1.0, 0.9), (1.0, 0.9))
    step = going.next_step(NOW)
    assert step is not None
    assert (step.kind, step.start, step.end) == ("join", 0.0, 16.0)
    going = course(*(known(start, 9) for start, _ in PARTS[:-1]), known(20.0, -1))
    _, going = danced(going, (1.0, 0.9), (1.0, 0.9))
    step, going = danced(going, (1.0, 0.9))
    assert (step.kind, step.start, step.end) == ("whole", 0.0, 24.0)
    assert going.next_step(NOW) is None


def test_a_repeat_is_learnt_once_and_joined_where_it_is_danced() -> None:
    cards = cards_of(PARTS[:3], [0, 1, 0])
    assert [(card.start, card.repeats) for card in cards] == [(0.0, (8.0,)), (4.0, ())]
    going = course(*cards)
    for _ in range(2):
        _, going = danced(going, (1.0, 0.9), (1.0, 0.9))
    step = going.next_step(NOW)
    assert step is not None
    assert (step.kind, step.start, step.end, step.parts) == ("whole", 0.0, 12.0, (0.0, 4.0))


def test_a_repeat_that_does_not_sit_is_learnt_for_itself() -> None:
    cards = (replace(known(0.0, 3), repeats=(8.0, 16.0)), known(4.0, -1))
    going = course(*cards)
    step = Step("whole", 0.0, 20.0, 1.0, (0.0, 4.0))
    scores = {0.0: 0.9, 4.0: 0.9, 8.0: 0.4, 16.0: 0.9}
    after = going.after(step, [PartRound(0, start, start + 4, 1.0, score) for start, score in scores.items()], NOW)
    assert [(card.start, card.repeats) for card in after.cards] == [(0.0, (16.0,)), (4.0, ()), (8.0, ())]
    first, _, alone = after.cards
    assert first.score == 0.9
    assert (alone.end, alone.score, alone.due) == (12.0, 0.4, NOW + timedelta(days=1))
    assert kept(cards_of([*PARTS[:3], PARTS[4]], [0, 1, 0, 0]), after.cards) == after.cards


def test_where_the_8_count_itself_does_not_sit_its_repeats_stay_with_it() -> None:
    going = course(replace(known(0.0, 3, score=0.5), repeats=(8.0,)), known(4.0, -1))
    step = Step("whole", 0.0, 12.0, 1.0, (0.0, 4.0))
    after = going.after(step, [PartRound(0, start, start + 4, 1.0, 0.4) for start in (0.0, 4.0, 8.0)], NOW)
    assert [(card.start, card.repeats) for card in after.cards] == [(0.0, (8.0,)), (4.0, ())]


def test_a_lesson_that_nobody_was_seen_in_changes_nothing_and_ends() -> None:
    going, steps = course(), 0
    while (step := going.next_step(NOW)) is not None:
        going, steps = going.after(step, [], NOW), steps + 1
    assert steps == NEW_IN_A_LESSON
    assert going.cards == course().cards


def test_what_comes_back_is_graded_by_its_first_rounds() -> None:
    """Whoever has forgotten it and drills it up again in the same lesson has forgotten it."""
    _, forgotten = danced(course(known(0.0, -1)), (1.0, 0.5), (1.0, 0.6), (1.0, 0.97), (1.0, 0.97))
    _, kept_well = danced(course(known(0.0, -1)), (1.0, 0.97), (1.0, 0.97))
    assert forgotten.cards[0].score == kept_well.cards[0].score == pytest.approx(0.97)
    assert forgotten.cards[0].due == NOW + timedelta(days=1)
    assert kept_well.cards[0].due is not None
    assert kept_well.cards[0].due > NOW + timedelta(days=5)


def test_a_lesson_schedules_an_8_count_once() -> None:
    going = course(*(known(start, -1) for start, _ in PARTS))
    _, going = danced(going, (1.0, 0.97), (1.0, 0.97))
    due = [card.due for card in going.cards]
    again = going.after(
        Step("whole", 0.0, 24.0, 1.0, tuple(start for start, _ in PARTS)),
        rounds(Step("whole", 0.0, 24.0, 1.0, ()), (1.0, 0.4)),
        NOW,
    )
    assert [card.due for card in again.cards] == due
    assert not any(card.is_clean for card in again.cards)


@pytest.mark.parametrize("speed", [0.6, 0.75, 0.9, 1.0])
def test_a_better_score_is_never_graded_worse(speed: float) -> None:
    order = ["again", "hard", "good", "easy"]
    grades = [order.index(grade_of(speed, score / 100)) for score in range(101)]
    assert grades == sorted(grades)


def test_a_better_grade_never_comes_back_sooner_and_success_makes_the_wait_longer() -> None:
    for card in (PartCard(0.0, 4.0), known(0.0, 0)):
        due = [scheduled(card, grade, NOW).due for grade in ("again", "hard", "good", "easy")]
        assert due == sorted(due, key=lambda when: when or NOW)
    card, waits, now = PartCard(0.0, 4.0), [], NOW
    for _ in range(5):
        card = scheduled(card, "good", now)
        assert card.due is not None
        waits.append(card.due - now)
        now = card.due
    assert waits == sorted(waits)
    assert waits[-1] > 5 * waits[0]


def test_what_was_never_clean_at_full_speed_is_due_the_next_day() -> None:
    _, after = danced(course(), (0.75, 0.9), (0.85, 0.9))
    assert (after.cards[0].due, after.cards[0].speed) == (NOW + timedelta(days=1), 0.85)
    assert not after.cards[0].is_new
    assert not after.cards[0].is_clean


def test_cards_of_8_counts_that_are_cut_otherwise_now_are_forgotten() -> None:
    new = cards_of(PARTS, range(len(PARTS)))
    stored = [known(0.0, 3), replace(known(4.5, 3), end=8.5)]
    found = kept(new, stored)
    assert not found[0].is_new
    assert all(card.is_new for card in found[1:])


def test_a_plan_fits_its_time_but_for_its_first_step() -> None:
    cards = tuple(known(start, -1, score=0.5) for start, _ in PARTS)
    every = planned(cards, NOW, 3600)
    assert [step.start for step in every] == [start for start, _ in PARTS]
    some = planned(cards, NOW, 60)
    assert 1 <= len(some) < len(every)
    assert sum(step.seconds for step in some) <= 60
    assert len(planned(cards, NOW, 1)) == 1
