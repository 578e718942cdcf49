"""The room that a session is held in, built of what was asked for; and the sessions held in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kdance.cli.common import exit_with, told_window

if TYPE_CHECKING:
    from kdance.audio.playback import Playback
    from kdance.cli.first_picture import Guard
    from kdance.coach.ai.server import AiServer
    from kdance.config import Home, Settings
    from kdance.dance.dance import Dance
    from kdance.practice.contract import PracticeView
    from kdance.practice.options import TrainingOptions
    from kdance.practice.room import Room
    from kdance.practice.session import Session
    from kdance.practice.take import Outcome
    from kdance.recording.recorder import Recorder
    from kdance.window.window import NoWindow, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomPlan:
    """What is wanted in the room.

    Attributes:
        live: Whether somebody dances in front of a camera.
        windowed: Whether there is a window.
        record: Where what is seen and heard goes; ``None`` for nowhere.
        server: Of the model that words cues and summary; ``None`` for the rules alone.
        window: One that is open already; ``None`` to open one.
    """

    live: bool
    windowed: bool = True
    record: Path | None = None
    server: AiServer | None = None
    window: Window | None = None


def dance_in_room(dance: Dance, options: TrainingOptions, home: Home, settings: Settings, plan: RoomPlan) -> None:
    """Build the room, hold sessions in it until the dancer has had enough, and end with the last one's exit code."""
    outcome = hold_sessions(dance, options, home, settings, plan)
    if outcome is not None:
        exit_with(outcome)


def hold_sessions(
    dance: Dance, options: TrainingOptions, home: Home, settings: Settings, plan: RoomPlan
) -> Outcome | None:
    """The same, and give the last one's outcome."""
    from kdance.cli import console
    from kdance.practice.dancing import dance_until_enough

    outcome = None
    with open_session(dance, options, home, settings, plan) as session:
        for outcome in dance_until_enough(session):
            console.show_outcome(outcome, language=settings.feedback.language)
    return outcome


@contextmanager
def open_session(
    dance: Dance, options: TrainingOptions, home: Home, settings: Settings, plan: RoomPlan
) -> Iterator[Session]:
    """A room and a store to hold sessions in; at its end the recording is told of."""
    from kdance.cli import console
    from kdance.cli.first_picture import guarded_pictures
    from kdance.practice.recovery import open_recovered_store
    from kdance.practice.session import Session
    from kdance.practice.signals import StopSignals
    from kdance.recording.recorder import Recorder

    recorder = None
    with (
        guarded_pictures(home, settings, plan.server) as guard,
        StopSignals() as signals,
        open_recovered_store(home, console.note) as store,
        ExitStack() as stack,
    ):
        if plan.record is not None:
            recorder = stack.enter_context(Recorder(plan.record, settings.window.width, settings.window.height))
        room = _room(stack, dance, options, settings, plan, recorder, guard)
        yield Session(dance=dance, options=options, settings=settings, store=store, room=room, signals=signals)
    if recorder is not None:
        for line in (recorder.problem, f"Recorded: {plan.record}" if recorder.saved else None):
            if line is not None:
                console.note(line)


def _room(
    stack: ExitStack,
    dance: Dance,
    options: TrainingOptions,
    settings: Settings,
    plan: RoomPlan,
    recorder: Recorder | None,
    guard: Guard,
) -> Room:
    """Window, sound, voice and recorder, as far as they are wanted; problems are told in a line each."""
    from kdance.audio.voice import open_voice
    from kdance.cli import console
    from kdance.coach.ai.setup import coach_maker
    from kdance.practice.contract import NoView
    from kdance.practice.room import Room
    from kdance.window.collages import CollageMaker, nothing_shown
    from kdance.window.practice_window import WindowView
    from kdance.words.phrases import load_phrases

    playback = None
    if (plan.live or plan.windowed or recorder is not None) and not options.judging.free:
        playback = stack.enter_context(_playback(dance, settings))
        playback.tap = None if recorder is None else recorder.sound
    voice = stack.enter_context(open_voice(settings.feedback.language)) if settings.sound.voice else None
    view: PracticeView = NoView()
    shown = nothing_shown
    if plan.windowed or recorder is not None:
        opened = plan.window or _open_window(stack, dance, settings, windowed=plan.windowed)
        window = stack.enter_context(
            WindowView(
                dance.reference, settings, error_band=options.judging.error_band, window=opened, recorder=recorder
            )
        )
        view, shown = window, window.reference_now
    return Room(
        view,
        playback,
        voice,
        coach=coach_maker(settings.feedback, plan.server),
        picture_maker=guard(CollageMaker(shown)),
        tell=console.note,
        waiting=console.spinner,
        phrases=load_phrases(settings.feedback.language),
    )


def _open_window(stack: ExitStack, dance: Dance, settings: Settings, *, windowed: bool) -> Window | NoWindow:
    """The practice window, or none where it is only recorded."""
    from kdance.window.window import NoWindow

    if not windowed:
        return NoWindow()
    title = f"kdance - {dance.reference.info.name}"
    return stack.enter_context(told_window(title, settings, fullscreen=settings.window.fullscreen))


def _playback(dance: Dance, settings: Settings) -> Playback:
    from kdance.audio.playback import open_playback

    return open_playback(dance.reference.sound, muted=not settings.sound.music)
