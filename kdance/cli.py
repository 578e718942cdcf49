"""The commands: parse, call one use case, print. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from kdance.errors import ExitCode, KdanceError
from kdance.options import (
    FreeOption,
    HandsOption,
    JsonOption,
    MirrorOption,
    NameArgument,
    StrictnessOption,
    parse_offset,
    take_options,
)

if TYPE_CHECKING:
    from kdance.config import Home, Settings
    from kdance.process_video import VideoPart
    from kdance.references import Reference
    from kdance.take import Outcome
    from kdance.training import TrainingOptions

app = typer.Typer(
    name="kdance",
    help="Dance in front of your webcam; see what was good, which limb was wrong, and whether you were early or late.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
references_app = typer.Typer(help="What you can dance to.", invoke_without_command=True)
sessions_app = typer.Typer(help="What you have danced.", invoke_without_command=True)
app.add_typer(references_app, name="references")
app.add_typer(sessions_app, name="sessions")

DEMO = "demo"


def main() -> NoReturn:
    """Run the command line; the only place where errors for people are caught."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = app(standalone_mode=True)
    except KdanceError as error:
        from kdance import screen

        screen.show_error(error)
        sys.exit(ExitCode.ERROR)
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    sys.exit(code)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    """SIGTERM cleans up like Ctrl-C."""
    raise KeyboardInterrupt


def _version(wanted: bool) -> None:
    if wanted:
        from kdance import __version__

        typer.echo(f"kdance {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    _version_wanted: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


@app.command()
def preprocess(
    video: Annotated[Path, typer.Argument(help="A video of the dance, one dancer from head to feet.")],
    name: Annotated[str | None, typer.Option(help="What to call it; the file's name by default.")] = None,
    start: Annotated[float, typer.Option(min=0, help="Second of the video where the dance begins.")] = 0.0,
    end: Annotated[float | None, typer.Option(min=0, help="Second where it ends; the video's end by default.")] = None,
    model: Annotated[
        str | None, typer.Option(help="full, lite or the path of a pose .task file. \\[config: pose.model]")
    ] = None,
    hands: Annotated[bool | None, typer.Option(help="Find hands too. \\[config: pose.hands]")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a reference of that name.")] = False,
) -> None:
    """Make a reference of a dance video."""
    from kdance import screen
    from kdance.process_video import VideoPart

    home, settings = _setup()
    changes = {key: value for key, value in (("model", model), ("hands", hands)) if value is not None}
    settings = settings.model_copy(update={"pose": settings.pose.model_copy(update=changes)})
    reference = _preprocess(VideoPart(video=video, name=name, start=start, end=end), home, settings, force=force)
    from kdance.report.listing import render_made_reference

    screen.show(render_made_reference(reference.info))


@app.command()
def train(
    name: NameArgument,
    camera: Annotated[
        str | None, typer.Option(help="Webcam number, video file or stream URL. \\[config: camera.source]")
    ] = None,
    window: Annotated[bool, typer.Option("--window/--no-window", help="Show the practice window.")] = True,
    countdown: Annotated[
        float | None, typer.Option(min=0, help="Seconds to step back; a file has none. \\[config: training.countdown]")
    ] = None,
    seconds: Annotated[float | None, typer.Option(min=0.5, help="End after this many seconds.")] = None,
    loop: Annotated[bool | None, typer.Option("--loop/--no-loop", help="Start the dance again until you quit.")] = None,
    mirror: MirrorOption = None,
    free: FreeOption = False,
    hands: HandsOption = False,
    flip: Annotated[bool | None, typer.Option(help="Show yourself like in a mirror; never changes a number.")] = None,
    strictness: StrictnessOption = None,
) -> None:
    """Dance it: q, Esc or the window's x ends the session and shows the summary, space dances again."""
    from kdance.references import load_reference
    from kdance.training import TrainingOptions
    from kdance.video.frames import open_source

    if free and loop:
        raise typer.BadParameter("has no meaning with --free: dance any part as often as you like", param_hint="--loop")
    home, settings = _setup()
    reference = load_reference(home.references, name)
    source = settings.camera.source if camera is None else camera
    live = open_source(source, camera=settings.camera).is_live
    default_countdown = settings.training.countdown if live else 0.0
    windowed = _may_open_window(window, live=live)
    looped = not free and (settings.training.loop if loop is None else loop)
    take = take_options(settings, mirror=mirror, strictness=strictness, free=free, hands=hands, loop=looped)
    options = TrainingOptions(
        source=source,
        countdown=default_countdown if countdown is None else countdown,
        seconds=seconds,
        at_own_pace=windowed,
        take=take,
    )
    _practise(reference, options, home, settings, windowed=windowed, flip=flip)


@app.command()
def score(
    name: NameArgument,
    video: Annotated[Path, typer.Argument(help="A recording of you dancing it.", show_default=False)],
    as_json: JsonOption = False,
    offset: Annotated[
        str, typer.Option(help="Second of the recording at which the reference begins; auto finds it.")
    ] = "auto",
    mirror: MirrorOption = None,
    free: FreeOption = False,
    hands: HandsOption = False,
    strictness: StrictnessOption = None,
) -> None:
    """Score a recorded take as fast as the machine can."""
    from kdance import screen
    from kdance.evaluation import Dance
    from kdance.recovery import open_recovered_store
    from kdance.references import load_reference
    from kdance.score_video import score_video
    from kdance.take import StopSignals

    home, settings = _setup()
    asked = parse_offset(offset)
    if free and asked is not None:
        raise typer.BadParameter("has no meaning with --free: you drive", param_hint="--offset")
    take = take_options(settings, offset=asked, mirror=mirror, strictness=strictness, free=free, hands=hands)
    dance = Dance.of(load_reference(home.references, name))
    with open_recovered_store(home, screen.note) as store, StopSignals() as signals:
        with screen.progress(f"Watching {video.name}") as progress:
            outcome = score_video(dance, video, take, settings, store, signals, progress)
        if outcome.report is None:
            raise KdanceError("Nothing of this recording lies within the dance.", "Check --offset, or leave it out.")
        screen.show_outcome(outcome, as_json=as_json)
    _exit(outcome)


@app.command()
def report(
    session: Annotated[str, typer.Argument(help="A session's id or how it begins, or last-session.")] = "last-session",
    as_json: JsonOption = False,
) -> None:
    """Show a session again."""
    from kdance import screen
    from kdance.recovery import open_recovered_store

    home, _ = _setup()
    with open_recovered_store(home, screen.note) as store:
        found = store.latest() if session == "last-session" else store.get(session)
    screen.show_report(found, as_json=as_json)


@references_app.callback()
def references() -> None:
    """List what you can dance to."""
    from kdance import screen
    from kdance.references import ReferenceInfo, list_references
    from kdance.report.listing import ReferenceLine, render_references

    home, _ = _setup()
    found = list_references(home.references)
    lines = [
        ReferenceLine(info.name, info.duration, info.frames, info.quality.body_share, info.made_at, info.source)
        for info in found
        if isinstance(info, ReferenceInfo)
    ]
    screen.show(render_references(lines))
    for problem in found:
        if isinstance(problem, KdanceError):
            screen.note(str(problem))


@sessions_app.callback()
def sessions() -> None:
    """List what you have danced, newest first."""
    from kdance import screen
    from kdance.recovery import open_recovered_store
    from kdance.report.listing import render_sessions

    home, _ = _setup()
    with open_recovered_store(home, screen.note) as store:
        rows = store.list_sessions()
    screen.show(render_sessions(rows))


@app.command()
def demo(
    window: Annotated[bool, typer.Option("--window/--no-window", help="Watch it in the practice window.")] = False,
) -> None:
    """See it all without a webcam: the built-in dance, and a learner's take of it as if it were the webcam."""
    from importlib.resources import as_file, files

    from kdance.training import TrainingOptions

    home, settings = _setup()
    clips = files("kdance") / "demo"
    with as_file(clips / "demo.mp4") as video:
        reference = _demo_reference(video, home, settings)
    windowed = window and _may_open_window(wanted=True, live=False)
    with as_file(clips / "demo_take.mp4") as video:
        options = TrainingOptions(
            source=str(video),
            countdown=0.0,
            seconds=None,
            at_own_pace=windowed,
            take=take_options(settings),
        )
        _practise(reference, options, home, settings, windowed=windowed)


def _demo_reference(video: Path, home: Home, settings: Settings) -> Reference:
    """The built-in dance as a reference, made again when it is damaged or of another version of kdance."""
    from kdance.errors import DanceReferenceError
    from kdance.process_video import VideoPart, file_digest
    from kdance.references import load_reference

    try:
        found = load_reference(home.references, DEMO)
    except DanceReferenceError:
        found = None
    if found is not None and found.info.source_sha256 == file_digest(video):
        return found
    if found is not None and found.info.source != video.name:
        raise KdanceError(
            f"The reference '{DEMO}' is one of your own.", "Rename its folder, then start the demo again."
        )
    return _preprocess(VideoPart(video=video, name=DEMO), home, settings, force=True)


def _setup() -> tuple[Home, Settings]:
    from kdance.config import find_home, load_settings

    home = find_home()
    return home, load_settings(home.config)


def _may_open_window(wanted: bool, *, live: bool) -> bool:
    """Whether there will be a window; without a display a file goes on without one, and says so."""
    from kdance import screen

    if not wanted:
        return False
    from kdance.video.window import display_available

    if display_available():
        return True
    if live:
        raise KdanceError(
            "There is no display to open the practice window on.", "Dance without one: kdance train NAME --no-window"
        )
    screen.note("There is no display: going on without the practice window.")
    return False


def _preprocess(part: VideoPart, home: Home, settings: Settings, *, force: bool) -> Reference:
    from kdance import screen
    from kdance.process_video import process_video

    with screen.progress(f"Watching {part.video.name}") as progress:
        return process_video(part, home.references, settings=settings.pose, force=force, progress=progress)


def _practise(
    reference: Reference,
    options: TrainingOptions,
    home: Home,
    settings: Settings,
    *,
    windowed: bool,
    flip: bool | None = None,
) -> None:
    """Sessions until the dancer has had enough; the reference stays loaded."""
    from kdance import screen
    from kdance.evaluation import Dance
    from kdance.practice_view import NoView, WindowView
    from kdance.recovery import open_recovered_store
    from kdance.take import StopSignals
    from kdance.training import practise

    dance = Dance.of(reference)
    flipped = settings.camera.flip if flip is None else flip
    view = WindowView(reference, settings, flip=flipped) if windowed else NoView()
    outcome = None
    with StopSignals() as signals, open_recovered_store(home, screen.note) as store, view:
        for outcome in practise(dance, options, settings, store, view, signals):
            screen.show_outcome(outcome)
    if outcome is not None:
        _exit(outcome)


def _exit(outcome: Outcome) -> NoReturn:
    """The exit code of a session; what went wrong is told after its summary."""
    if outcome.error is not None:
        raise outcome.error
    raise typer.Exit(ExitCode.INTERRUPTED if outcome.by_signal else ExitCode.OK)
