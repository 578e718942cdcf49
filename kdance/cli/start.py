"""``kdance start``: choose a dance in a window, dance it, choose the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from kdance.cli.ai import chosen_server
from kdance.cli.cameras import is_live, latency_of
from kdance.cli.common import required, set_up, told_window
from kdance.cli.first_steps import known_dances
from kdance.cli.options import take_options
from kdance.cli.parts import AskedPart, practice_of
from kdance.cli.practice_options import CameraOption
from kdance.cli.rooms import RoomPlan, hold_sessions
from kdance.errors import ExitCode, KdanceError

if TYPE_CHECKING:
    from contextlib import ExitStack

    from kdance.config import Home, Settings
    from kdance.practice.sign_watch import SignWatch


def start(camera: CameraOption = None) -> None:
    """Choose a dance in a window, by keys, a click or a raised hand; dance it as with train, and choose again.

    Example:
    kdance start
    """
    from kdance.practice.sign_watch import SignWatch
    from kdance.practice.signals import StopSignals
    from kdance.window.start_window import SIGN_KEYS, StartWindow
    from kdance.window.thumbnails import Thumbnails
    from kdance.window.window import display_available
    from kdance.words.phrases import load_phrases

    home, settings = set_up()
    settings = settings.changed(camera={"source": camera})
    dances = known_dances(home)
    if not dances:
        required(None, "start")
    if not display_available():
        raise KdanceError(
            "There is no display to open the start window on.", "Dance without one: kdance train NAME --no-window"
        )
    server = chosen_server(home, settings, None)
    source = settings.camera.source
    watched = settings.training.gestures and is_live(settings)

    def open_signs(stack: ExitStack) -> SignWatch:
        return SignWatch(stack, source, settings, SIGN_KEYS)

    with (
        StopSignals() as signals,
        told_window("kdance", settings, fullscreen=settings.window.fullscreen) as window,
        Thumbnails(home.references, list(dances)) as thumbnails,
    ):
        plan = RoomPlan(window=window, server=server, live=is_live(settings))
        view = StartWindow(window, load_phrases(settings.feedback.language), thumbnails, text=settings.window.text)
        while (name := view.choose(dances, signals, open_signs if watched else None)) is not None:
            window.rename(f"kdance - {name}")
            view.note = _danced(name, home, settings, plan, camera)
            window.rename("kdance")
            now = known_dances(home)
            dances = {name: now.get(name, glance) for name, glance in dances.items()}
    if signals.received:
        raise typer.Exit(ExitCode.INTERRUPTED)


def _danced(name: str, home: Home, settings: Settings, plan: RoomPlan, camera: str | None) -> str:
    """Hold sessions of a dance as train does; gives what went wrong, if anything."""
    from kdance.cli import console
    from kdance.dance.dance import Dance
    from kdance.dance.references import load_reference
    from kdance.practice.options import TrainingOptions

    try:
        dance = Dance.of(load_reference(home.references, name))
        options = TrainingOptions(
            source=settings.camera.source,
            countdown=settings.training.countdown if plan.live else 0.0,
            seconds=None,
            at_own_pace=True,
            judging=take_options(
                settings,
                dance.reference.info,
                latency=latency_of(home, settings) if plan.live else None,
                camera=camera,
                live=plan.live,
            ),
            practice=practice_of(AskedPart(), dance, settings, live=plan.live),
            gestures=settings.training.gestures,
        )
        outcome = hold_sessions(dance, options, home, settings, plan)
        if outcome is not None and outcome.by_signal:
            raise typer.Exit(ExitCode.INTERRUPTED)
        if outcome is not None and outcome.error is not None:
            raise outcome.error
    except KdanceError as error:
        console.show_error(error)
        return error.message
    return ""
