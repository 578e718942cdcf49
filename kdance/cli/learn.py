"""Commands of a course: a lesson, and what is due today."""

from __future__ import annotations

from datetime import datetime
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from kdance.cli.cameras import is_live, latency_of, turned_camera
from kdance.cli.common import end_of_day, exit_with, may_open_window, set_up
from kdance.cli.common import today as this_day
from kdance.cli.options import (
    HandsOption,
    JsonOption,
    MirrorOption,
    NameArgument,
    RotateOption,
    StrictnessOption,
    take_options,
)
from kdance.cli.practice_options import (
    CameraOption,
    CountdownOption,
    CountInOption,
    RecordOption,
    SoundOption,
    VoiceOption,
    WindowOption,
)
from kdance.cli.rooms import RoomPlan, open_session

if TYPE_CHECKING:
    from kdance.config import Home
    from kdance.learning.cards import PartCard
    from kdance.practice.session import Session
    from kdance.practice.take import Outcome
    from kdance.report.course import DanceToday
    from kdance.store import SessionStore

MinutesOption = Annotated[float, typer.Option(min=1, max=240, help="About how long.")]


def learn(
    name: NameArgument,
    minutes: MinutesOption = 15,
    camera: CameraOption = None,
    countdown: CountdownOption = None,
    count_in: CountInOption = None,
    mirror: MirrorOption = None,
    hands: HandsOption = None,
    rotate: RotateOption = None,
    strictness: StrictnessOption = None,
    window: WindowOption = True,
    record: RecordOption = None,
    sound: SoundOption = None,
    voice: VoiceOption = None,
) -> None:
    """Learn a dance 8-count by 8-count, slow to full speed, with what is due again first.

    Too hard parts come in halves, clean ones are joined; each 8-count comes back when it would begin to fade.

    Example:
    kdance learn magnetic --minutes 30
    """
    from kdance.cli import console
    from kdance.dance.dance import Dance
    from kdance.dance.references import load_reference
    from kdance.practice.options import TrainingOptions
    from kdance.practice.transport import Practice

    home, settings = set_up()
    settings = settings.changed(
        camera={"source": camera},
        training={"countdown": countdown, "count_in": count_in},
        sound={"music": sound, "voice": voice},
    )
    dance = Dance.of(load_reference(home.references, name))
    settings, live = turned_camera(settings, rotate), is_live(settings)
    windowed = may_open_window(window, live=live, command="kdance learn NAME")
    latency = latency_of(home, settings) if live else None
    judging = take_options(
        settings, dance.reference.info, mirror=mirror, strictness=strictness, hands=hands, latency=latency,
        rotate=rotate, camera=camera, live=live,
    )  # fmt: skip
    options = TrainingOptions(
        source=settings.camera.source,
        countdown=settings.training.countdown if live or countdown is not None else 0.0,
        seconds=None,
        at_own_pace=windowed or record is not None,
        judging=judging,
        practice=Practice(count_in=live and settings.training.count_in),
        recording=record,
        gestures=settings.training.gestures,
    )
    outcome = None
    with open_session(dance, options, home, settings, RoomPlan(live=live, windowed=windowed, record=record)) as session:
        outcome = _lesson(session, 60 * minutes, settings.feedback.language)
    if outcome is None:
        console.note("Nothing was danced, so nothing was kept.")
    else:
        exit_with(outcome)


def _lesson(session: Session, seconds: float, language: str) -> Outcome | None:
    """Hold a lesson and tell of it; gives its last session."""
    from kdance.cli import console
    from kdance.practice.lesson import counts_of, course_of, gained, hold_lesson
    from kdance.report.course import render_course, render_lesson
    from kdance.words import course as words
    from kdance.words.phrases import load_phrases

    phrases, info = load_phrases(language), session.dance.reference.info
    counts = counts_of(session.dance)
    before = course = course_of(session.dance, session.store)
    if course.next_step(end_of_day()) is None:
        next_due = min(course.cards, key=lambda card: card.due or end_of_day())
        when, command = words.due(next_due, this_day(), phrases), f"kdance train {quote(info.name)}"
        console.tell(phrases.text("learn.complete", name=info.name, when=when, command=command))
        raise typer.Exit
    outcome = None
    for done in hold_lesson(
        session,
        course,
        seconds=seconds,
        until=end_of_day(),
        announce=lambda step: console.tell(words.step(step, counts, phrases)),
    ):
        outcome, course = done.outcome, done.course
        result = done.course.done[-1].result if done.course.done else None
        if outcome.report is not None and result is not None:
            console.tell(f"  {words.how_well(*result, phrases)}")
    if changed := gained(before.cards, course.cards):
        console.tell("")
        console.show(render_lesson(changed, counts, this_day(), phrases))
        console.show(render_course(course.cards, this_day(), phrases))
    return outcome


def today(minutes: MinutesOption = 15, as_json: JsonOption = False) -> None:
    """See what is due today over all dances you learn, as much as fits into a quarter of an hour.

    Examples:
    kdance today
    kdance today --minutes 30
    """
    from kdance.cli import console
    from kdance.practice.recovery import open_recovered_store
    from kdance.report.course import render_today
    from kdance.words.phrases import load_phrases

    home, settings = set_up()
    with open_recovered_store(home, console.note) as store:
        dances, gone = _due(home, store, 60 * minutes)
    if as_json:
        console.show_json({"minutes": minutes, "dances": dances, "gone": gone})
    else:
        console.show(render_today(dances, minutes, gone, load_phrases(settings.feedback.language)))


def _due(home: Home, store: SessionStore, seconds: float) -> tuple[list[DanceToday], list[str]]:
    """What there is to practise in so much time, what was due first before the rest; and dances that are gone."""
    from kdance.learning.course import planned
    from kdance.report.course import DanceToday

    until = end_of_day()
    every = store.all_cards()
    gone = [name for name in every if not (home.references / name).is_dir()]
    dances: list[DanceToday] = []
    for name in sorted(every.keys() - gone, key=lambda name: _first_due(every[name], until)):
        steps = planned(every[name], until, seconds) if seconds > 0 else []
        if steps:
            dances.append(DanceToday(name, store.counts(name), tuple(steps)))
            seconds -= dances[-1].seconds
    return dances, gone


def _first_due(cards: tuple[PartCard, ...], otherwise: datetime) -> datetime:
    return min((card.due for card in cards if card.due is not None), default=otherwise)
