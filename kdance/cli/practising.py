"""From the options of a practice session to the session itself."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import typer

from kdance.cli.common import exit_with, may_open_window
from kdance.cli.options import parse_eights, parse_time
from kdance.errors import KdanceError

if TYPE_CHECKING:
    from kdance.audio.playback import Playback
    from kdance.coach.ai.server import AiServer
    from kdance.config import Home, Settings
    from kdance.practice.calibration import Calibration
    from kdance.practice.contract import CalibrationView, PracticeView
    from kdance.practice.options import TrainingOptions
    from kdance.practice.room import Room
    from kdance.practice.transport import Practice
    from kdance.recording.recorder import Recorder
    from kdance.review.evaluation import Dance
    from kdance.window.practice_window import WindowView


def is_live(settings: Settings) -> bool:
    """Whether the pictures come from a camera or a stream, and not from a file."""
    from kdance.capture.frames import open_source

    return open_source(settings.camera.source, camera=settings.camera).is_live


def practice_of(
    dance: Dance,
    settings: Settings,
    *,
    live: bool,
    free: bool,
    start: str | None,
    end: str | None,
    counts: str | None,
    loop: bool | None,
    speed: float | None,
    auto_speed: bool,
) -> Practice:
    """What of the song is practised, and how; a part of it is looped unless ``--no-loop`` says otherwise."""
    from kdance.practice.transport import Practice

    if free and (loop or auto_speed or any(part is not None for part in (speed, start, end, counts))):
        raise typer.BadParameter("has no meaning with loops and speeds: you drive", param_hint="--free")
    if auto_speed and loop is False:
        raise typer.BadParameter("has no meaning with --no-loop", param_hint="--auto-speed")
    first, last = _part(dance, start, end, counts)
    is_part = first > 0 or last is not None
    looped = not free and (settings.training.loop or auto_speed or is_part if loop is None else loop)
    counted = live and settings.training.count_in and not free
    return Practice(start=first, end=last, loop=looped, speed=speed or 1.0, count_in=counted)


def _part(dance: Dance, start: str | None, end: str | None, counts: str | None) -> tuple[float, float | None]:
    """Seconds of the song where practice begins and, unless at its end, ends."""
    from kdance.practice.transport import SHORTEST_LOOP_S
    from kdance.words.numbers import minutes

    duration = dance.plain.duration
    if counts is not None:
        if start or end:
            raise typer.BadParameter("has no meaning with --from and --to", param_hint="--counts")
        return _eights(dance, *parse_eights(counts))
    first = 0.0 if start is None else parse_time(start, "--from")
    last = None if end is None else parse_time(end, "--to")
    until = duration if last is None else min(last, duration)
    if until - first < SHORTEST_LOOP_S:
        if first >= duration:
            raise KdanceError(
                f"The song is over at {minutes(duration)}: there is nothing to dance from {minutes(first)}.",
                "Choose an earlier --from.",
            )
        raise KdanceError(
            f"There is less than a second to dance from {minutes(first)} to {minutes(until)}.",
            f"The song has {minutes(duration)}: check --from and --to.",
        )
    return first, until if last is not None else None


def _eights(dance: Dance, first: int, last: int) -> tuple[float, float]:
    info = dance.reference.info
    if info.grid is None:
        raise KdanceError(
            f"The counts of '{info.name}' are not known.",
            f"Tell them: kdance counts {quote(info.name)} --bpm 120 --first-beat 1.5",
        )
    eights = info.grid.eights(dance.plain.duration)
    if last > len(eights):
        raise KdanceError(
            f"'{info.name}' has {len(eights)} 8-counts, not {last}.", f"See them: kdance counts {quote(info.name)}"
        )
    return eights[first - 1][0], eights[last - 1][1]


def latency_of(home: Home, settings: Settings) -> float | None:
    """Seconds that the camera in use lags behind, where that was measured."""
    from kdance.capture.frames import open_source
    from kdance.cli import console
    from kdance.practice.calibration import load_calibration

    camera = open_source(settings.camera.source, camera=settings.camera).name
    try:
        found = load_calibration(home.calibration, camera)
    except KdanceError as error:  # no reason not to dance
        console.note(str(error))
        return None
    return None if found is None else found.delay


def practise(
    dance: Dance,
    options: TrainingOptions,
    home: Home,
    settings: Settings,
    *,
    live: bool,
    windowed: bool,
    record: Path | None,
    server: AiServer | None = None,
) -> None:
    """Sessions until the dancer has had enough; the reference stays loaded."""
    from kdance.cli import console
    from kdance.practice.recovery import open_recovered_store
    from kdance.practice.session import practise as sessions_of
    from kdance.practice.signals import StopSignals
    from kdance.recording.recorder import Recorder

    outcome = recorder = None
    with StopSignals() as signals, open_recovered_store(home, console.note) as store, ExitStack() as stack:
        if record is not None:
            recorder = stack.enter_context(Recorder(record, settings.window.width, settings.window.height))
        room = _room(
            stack, dance, options, settings, live=live, windowed=windowed, recorder=recorder, server=server
        )  # fmt: skip
        for outcome in sessions_of(dance, options, settings, store, room, signals):
            console.show_outcome(outcome, language=settings.feedback.language)
    if recorder is not None:
        for line in (recorder.problem, f"Recorded: {record}" if recorder.saved else None):
            if line is not None:
                console.note(line)
    if outcome is not None:
        exit_with(outcome)


def _room(
    stack: ExitStack,
    dance: Dance,
    options: TrainingOptions,
    settings: Settings,
    *,
    live: bool,
    windowed: bool,
    recorder: Recorder | None,
    server: AiServer | None,
) -> Room:
    """Window, sound, voice and recorder, as far as they are wanted; problems are told in a line each."""
    from kdance.audio.voice import open_voice
    from kdance.cli import console
    from kdance.coach.ai.setup import coach_maker
    from kdance.practice.contract import NoView
    from kdance.practice.room import Room
    from kdance.window.collages import CollageMaker, nothing_shown
    from kdance.words.phrases import load_phrases

    playback = None
    if (live or windowed or recorder is not None) and not options.take.free:
        playback = stack.enter_context(_playback(dance, settings))
        playback.tap = None if recorder is None else recorder.sound
    voice = stack.enter_context(open_voice(settings.feedback.language)) if settings.sound.voice else None
    view: PracticeView = NoView()
    shown = nothing_shown
    if windowed or recorder is not None:
        window = stack.enter_context(_window_view(stack, dance, settings, windowed=windowed, recorder=recorder))
        view, shown = window, window.reference_now
    may_leave = server is not None and settings.feedback.level == "picture"
    return Room(
        view,
        playback,
        voice,
        coach=coach_maker(settings.feedback, server),
        picture_maker=CollageMaker(shown) if may_leave else None,
        tell=console.note,
        waiting=console.spinner,
        phrases=load_phrases(settings.feedback.language),
    )


def _window_view(
    stack: ExitStack, dance: Dance, settings: Settings, *, windowed: bool, recorder: Recorder | None
) -> WindowView:
    """The practice window, or what would be in it where it is only recorded."""
    from kdance.window.practice_window import WindowView
    from kdance.window.window import NoWindow, Window, open_window

    title, size = f"kdance - {dance.reference.info.name}", (settings.window.width, settings.window.height)
    window: Window | NoWindow = open_window(title, *size) if windowed else NoWindow()
    stack.enter_context(window)
    return WindowView(dance.reference, settings, window=window, recorder=recorder)


def _playback(dance: Dance, settings: Settings) -> Playback:
    from kdance.audio.playback import open_playback

    return open_playback(dance.reference.sound, muted=not settings.sound.music)


def calibrate_camera(home: Home, settings: Settings, *, window: bool) -> Calibration | None:
    """Measure the delay of the camera in use and keep it; ``None`` when the dancer left."""
    from datetime import datetime

    from kdance.audio.playback import open_playback
    from kdance.capture.frames import open_source
    from kdance.capture.pose_extraction import open_pose_estimator
    from kdance.practice.calibration import calibrate, save_calibration
    from kdance.practice.contract import NoView
    from kdance.practice.signals import StopSignals
    from kdance.window.calibration_window import CalibrationWindow
    from kdance.window.window import open_window
    from kdance.words.phrases import load_phrases

    screen_wanted = may_open_window(window, live=True, command="kdance calibrate")
    phrases = load_phrases(settings.feedback.language)
    with ExitStack() as stack:
        signals = stack.enter_context(StopSignals())
        source = stack.enter_context(open_source(settings.camera.source, camera=settings.camera))
        estimator = stack.enter_context(
            open_pose_estimator(settings.pose.model, min_confidence=settings.pose.min_confidence)
        )
        sound = stack.enter_context(open_playback(None))
        if screen_wanted:
            size = settings.window.width, settings.window.height
            opened = stack.enter_context(open_window("kdance - calibrate", *size))
            view: CalibrationView = CalibrationWindow(opened, phrases, flip=settings.camera.flip)
        else:
            view = NoView()
        found = calibrate(source, estimator.estimate, sound, view, signals, now=datetime.now().astimezone())
    if found is not None:
        save_calibration(home.calibration, found)
    return found
