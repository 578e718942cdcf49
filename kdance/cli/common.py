"""What several commands do."""

from __future__ import annotations

import logging
import platform
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final, NoReturn

import typer

from kdance.errors import ExitCode, KdanceError

if TYPE_CHECKING:
    from kdance.cli.several import Turn
    from kdance.config import Home, Settings
    from kdance.dance.process_video import VideoPart
    from kdance.dance.references import Reference
    from kdance.errors import VideoError
    from kdance.practice.take import Outcome
    from kdance.window.window import Window


_SHOWN: Final = 20

_log = logging.getLogger(__name__)


def set_up() -> tuple[Home, Settings]:
    """The folders, and the settings in use."""
    from kdance import __version__
    from kdance.config import find_home, load_settings

    home = find_home()
    _log.info("kdance %s, Python %s, %s", __version__, platform.python_version(), platform.platform())
    return home, load_settings(home.config)


def required(name: str | None, command: str) -> str:
    """The name of a dance; without one those that there are.

    Raises:
        KdanceError: None was named.
    """
    if name is not None:
        return name
    from kdance.cli.completion import dances

    found = dances()
    if not found:
        raise KdanceError("There is no dance yet.", "Make one of a video: kdance preprocess VIDEO, or see kdance demo")
    shown = ", ".join(found[:_SHOWN]) + (f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else "")
    raise KdanceError(f"Which dance? There is {shown}.", f"Dance one: kdance {command} {shlex.quote(found[0])}")


def today() -> date:
    """By the dancer's own calendar."""
    return datetime.now().astimezone().date()


def end_of_day() -> datetime:
    """What is due until then is for today."""
    return datetime.combine(today() + timedelta(days=1), time()).astimezone()


def may_open_window(wanted: bool, *, live: bool, command: str = "kdance train NAME") -> bool:
    """Whether there will be a window; without a display a file goes on without one, and says so."""
    from kdance.cli import console

    if not wanted:
        return False
    from kdance.window.window import display_available

    if display_available():
        return True
    if live:
        raise KdanceError(
            "There is no display to open the practice window on.", f"Go on without one: {command} --no-window"
        )
    console.note("There is no display: going on without the practice window.")
    return False


@contextmanager
def told_window(title: str, settings: Settings, *, fullscreen: bool = False) -> Iterator[Window]:
    """A window of the size in ``config.yaml``; why it closed by itself, if it did, is told behind it.

    Raises:
        KdanceError: There is no display.
    """
    from kdance.cli import console
    from kdance.window.window import open_window

    with open_window(title, settings.window.width, settings.window.height, fullscreen=fullscreen) as window:
        try:
            yield window
        finally:
            if window.problem is not None:
                console.note(window.problem)


@contextmanager
def watching(
    text: str, *, before: float = 0.0, after: float = 0.0
) -> Iterator[Callable[[int, float, float | None], None]]:
    """A progress bar that ends with Ctrl-C; ``before`` and ``after`` as for :func:`kdance.cli.console.progress`."""
    from kdance.cli import console
    from kdance.practice.signals import StopSignals

    with StopSignals() as signals, console.progress(text, before=before, after=after) as progress:

        def watched(frames: int, done: float, total: float | None) -> None:
            # Raised here and not wherever Ctrl-C happens to fall: inside of a library's callback it would be lost.
            if signals.received:
                raise KeyboardInterrupt
            progress(frames, done, total)

        yield watched


def make_reference(part: VideoPart, home: Home, settings: Settings, *, force: bool, jobs: int) -> Reference:
    """Make a reference, with a progress bar.

    Args:
        part: The video and what of it.
        home: The folders.
        settings: Model, confidence, hands.
        force: Whether a reference of that name may be replaced.
        jobs: Processes that share the work.
    """
    from kdance.dance.process_video import process_video

    with watching(f"Watching {part.video.name}") as progress:
        return process_video(part, home.references, settings=settings.pose, force=force, progress=progress, jobs=jobs)


def make_members(
    parts: list[VideoPart], home: Home, settings: Settings, *, force: bool, jobs: int, turn: Turn
) -> list[Reference | VideoError]:
    """Make a reference of each member of a video, with a progress bar; in rounds where they are many.

    Args:
        parts: As for :func:`kdance.dance.process_video.process_members`, like what comes back.
        home: The folders.
        settings: Model, confidence, hands.
        force: Whether references of those names may be replaced.
        jobs: Processes that share the work.
        turn: Where the video stands among several.
    """
    from kdance.dance.all_eyes import in_rounds
    from kdance.dance.process_video import process_members
    from kdance.dance.watching import one_pass

    made: list[Reference | VideoError] = []
    member, name = parts[0].member, parts[0].video.name
    looked = int(member is not None)  # the film was watched for them before
    rounds = in_rounds(parts, jobs, frames=0 if member is None else len(member.people))
    for number, members in enumerate(rounds, 1):
        what = f"{turn.which}Watching {name}" + (f" ({number}/{len(rounds)})" if len(rounds) > 1 else "")
        with watching(what, before=turn.before, after=turn.after) as progress:
            made += process_members(
                members,
                home.references,
                settings=settings.pose,
                force=force,
                progress=one_pass(progress, looked + number, looked + len(rounds)),
                jobs=jobs,
            )
    return made


def exit_with(outcome: Outcome) -> NoReturn:
    """The exit code of a session; what went wrong is told after its summary."""
    if outcome.error is not None:
        raise outcome.error
    raise typer.Exit(ExitCode.INTERRUPTED if outcome.by_signal else ExitCode.OK)
