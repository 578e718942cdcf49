"""A lesson: step by step through the same practice session as everything else; what each came to decides the next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from kdance.learning.course import Step
from kdance.pose import PoseSequence
from kdance.practice.lesson import Practised, course_of, gained, hold_lesson
from kdance.practice.options import TrainingOptions
from kdance.practice.room import Room
from kdance.practice.transport import Practice
from kdance.review.options import TakeOptions
from tests.motion_factory import make_sequence
from tests.practice.test_controls import looped
from tests.session_factory import FPS, SECONDS, ScriptedCamera, ScriptedView, Studio, empty_room, lost, the_dance

NOW = datetime(2026, 11, 22, 19, tzinfo=UTC)
LADDER = [0.75, 0.75, 0.85, 0.85, 0.95, 0.95, 1.0, 1.0]


@pytest.fixture
def studio(home: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    return Studio(home, monkeypatch, the_dance())


def hold(studio: Studio, take: PoseSequence, view: ScriptedView | None = None) -> tuple[list[Step], list[Practised]]:
    """A lesson in which each step is danced like this."""
    view = ScriptedView(is_open=False) if view is None else view
    told: list[Step] = []
    studio.script(take)
    options = TrainingOptions(
        source=str(studio.clip(take)),
        countdown=0.0,
        seconds=None,
        at_own_pace=False,
        judging=TakeOptions(mirror="off"),
    )
    studio.clock = replace(studio.clock, today=lambda: NOW)
    with studio.store() as store:
        session = studio.session(options, store, Room(view))
        course = course_of(studio.dance, store)
        until = NOW + timedelta(hours=5)
        return told, list(hold_lesson(session, course, seconds=300, until=until, announce=told.append))


def test_a_part_that_goes_well_ends_at_full_speed_and_comes_back_later(studio: Studio) -> None:
    length = studio.dance.plain.duration
    steps, done = hold(studio, looped(length, LADDER * 2))
    assert [(step.kind, step.speed) for step in steps] == [("new", 0.75)]
    report = done[0].outcome.report
    assert report is not None
    assert len(report.runs) == len(LADDER)
    card = done[-1].course.cards[0]
    assert card.is_clean
    assert card.due is not None
    assert card.due > NOW + timedelta(days=1)
    with studio.store() as store:
        assert store.cards("dance", studio.dance.reference.digest) == done[-1].course.cards
        assert store.all_cards() == {"dance": done[-1].course.cards}
        assert course_of(studio.dance, store).next_step(NOW + timedelta(hours=5)) is None
        assert course_of(studio.dance, store).known[0.0][0] == pytest.approx(1.0, abs=0.02)
        before = course_of(studio.dance, store).cards
    assert gained(before, done[-1].course.cards) == []
    assert gained((replace(before[0], due=None),), before) == [(replace(before[0], due=None), before[0])]


def test_what_is_not_this_dance_is_not_learnt_and_the_lesson_ends(studio: Studio) -> None:
    steps, done = hold(studio, empty_room(6.0))
    assert [step.kind for step in steps] == ["new"]
    assert done[0].course.cards[0].is_new


def test_the_dancer_who_quits_ends_the_lesson(studio: Studio) -> None:
    view = ScriptedView(quit_after=40)
    steps, done = hold(studio, looped(studio.dance.plain.duration, LADDER), view)
    assert len(steps) == len(done) == 1
    assert done[0].outcome.by_dancer


def test_a_loop_ends_after_its_rounds(studio: Studio) -> None:
    practice = Practice(end=2.0, loop=True)
    outcome = studio.train(looped(2.0, [1.0] * 6), practice=practice, rounds=2)
    assert outcome.report is not None
    assert [run.speed for run in outcome.report.runs] == pytest.approx([1.0, 1.0], abs=0.05)


def test_in_front_of_a_camera_a_loop_ends_after_its_rounds_and_the_last_frames(studio: Studio) -> None:
    take = looped(2.0, [1.0] * 4)
    camera = ScriptedCamera([*take.times, lost()])
    outcome = studio.train(take, camera=camera, practice=Practice(end=2.0, loop=True), rounds=1)
    assert outcome.error is None
    assert outcome.report is not None
    assert outcome.report.total_duration == pytest.approx(2.3, abs=0.2)


def test_a_ladder_that_is_climbed_ends_and_one_that_is_not_goes_on(studio: Studio) -> None:
    practice = Practice(end=SECONDS - 0.1, loop=True, speed=0.9)
    good = studio.train(
        looped(SECONDS - 0.1, [0.9, 0.9, 1.0, 1.0, 1.0, 1.0]), practice=practice, auto_speed=True, until_mastered=True
    ).report
    assert good is not None
    assert len(good.runs) == 4
    other = make_sequence("groove", times=np.arange(round(20 * FPS)) / FPS)
    bad = studio.train(other, practice=practice, auto_speed=True, until_mastered=True).report
    assert bad is not None
    assert bad.total_duration == pytest.approx(20.0, abs=0.2)


def test_between_steps_space_goes_on_at_once_and_q_ends_the_lesson(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    studio = Studio(home, monkeypatch, make_sequence("dance", seconds=8.0))
    view = ScriptedView(at_end=["space"])
    steps, done = hold(studio, empty_room(2.0), view)
    assert [step.kind for step in steps] == ["new", "new"]
    assert len(view.ends) == len(done) == 2
