"""The commands: parse, call one use case, print. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from kdance.errors import ExitCode, KdanceError

if TYPE_CHECKING:
    from rich.console import Console

    from kdance.config import Home, Settings
    from kdance.evaluation import TakeOptions
    from kdance.process_video import VideoPart
    from kdance.records import SessionReport
    from kdance.references import Reference
    from kdance.sessions import SessionStore
    from kdance.training import Outcome, TrainingOptions

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


class Mirror(StrEnum):
    """Whether left and right are swapped for the comparison."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


NameArgument = Annotated[str, typer.Argument(help="A reference's name, see `kdance references`.", show_default=False)]
MirrorOption = Annotated[
    Mirror | None,
    typer.Option(help="Compare with left and right swapped; auto decides by itself. \\[config: training.mirror]"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write one JSON object to stdout, and nothing else there.")]


def main() -> NoReturn:
    """Run the command line; the only place where errors for people are caught."""
    try:
        code = app(standalone_mode=True)
    except KdanceError as error:
        from rich.console import Console
        from rich.markup import escape

        hint = f"\n{escape(error.hint)}" if error.hint else ""
        Console(stderr=True, soft_wrap=True, highlight=False).print(f"[red]{escape(error.message)}[/red]{hint}")
        sys.exit(ExitCode.ERROR)
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    sys.exit(code)


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
    from kdance.process_video import VideoPart

    home, settings = _setup()
    changes = {key: value for key, value in (("model", model), ("hands", hands)) if value is not None}
    settings = settings.model_copy(update={"pose": settings.pose.model_copy(update=changes)})
    reference = _preprocess(VideoPart(video=video, name=name, start=start, end=end), home, settings, force=force)
    from kdance.report.listing import render_made_reference

    _console().print(render_made_reference(reference.info))


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
    free: Annotated[bool, typer.Option("--free", help="You drive: dance any part at your own tempo.")] = False,
    flip: Annotated[bool | None, typer.Option(help="Show yourself like in a mirror; never changes a number.")] = None,
    strictness: Annotated[
        str | None, typer.Option(help="easy, normal or strict. \\[config: scoring.strictness]")
    ] = None,
) -> None:
    """Dance it: q, Esc or the window's x ends the session and shows the summary, space dances again."""
    from kdance.references import load_reference
    from kdance.training import TrainingOptions
    from kdance.video.frames import open_source

    home, settings = _setup(strictness)
    reference = load_reference(home.references, name)
    source = settings.camera.source if camera is None else camera
    live = open_source(source, camera=settings.camera).is_live
    default_countdown = settings.training.countdown if live else 0.0
    windowed = _may_open_window(window, live=live)
    take = _take_options(settings, offset=0.0, mirror=mirror)
    changes = {"loop": settings.training.loop if loop is None else loop, "free": free}
    take = take.model_copy(update=changes)
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
    free: Annotated[bool, typer.Option("--free", help="You drive: dance any part at your own tempo.")] = False,
    strictness: Annotated[
        str | None, typer.Option(help="easy, normal or strict. \\[config: scoring.strictness]")
    ] = None,
) -> None:
    """Score a recorded take as fast as the machine can."""
    from kdance.evaluation import Dance
    from kdance.references import load_reference
    from kdance.score_video import score_video
    from kdance.training import StopSignals

    home, settings = _setup(strictness)
    take = _take_options(settings, offset=_offset(offset), mirror=mirror)
    take = take.model_copy(update={"free": free})
    dance = Dance.of(load_reference(home.references, name))
    with _open_store(home) as store, StopSignals() as signals:
        with _progress(f"Watching {video.name}") as progress:
            outcome = score_video(dance, video, take, settings, store, signals, progress)
        _show(outcome, as_json=as_json)
    _exit(outcome)


@app.command()
def report(
    session: Annotated[str, typer.Argument(help="A session's id or how it begins, or last-session.")] = "last-session",
    as_json: JsonOption = False,
) -> None:
    """Show a session again."""
    home, _ = _setup()
    with _open_store(home) as store:
        found = store.latest() if session == "last-session" else store.get(session)
    _print_report(found, as_json=as_json)


@references_app.callback()
def references() -> None:
    """List what you can dance to."""
    from kdance.references import ReferenceInfo, list_references
    from kdance.report.listing import ReferenceLine, render_references

    home, _ = _setup()
    found = list_references(home.references)
    lines = [
        ReferenceLine(info.name, info.duration, info.frames, info.quality.body_share, info.made_at, info.source)
        for info in found
        if isinstance(info, ReferenceInfo)
    ]
    _console().print(render_references(lines))
    for problem in found:
        if isinstance(problem, KdanceError):
            _console(stderr=True).print(str(problem), markup=False)


@sessions_app.callback()
def sessions() -> None:
    """List what you have danced, newest first."""
    from kdance.report.listing import render_sessions

    home, _ = _setup()
    with _open_store(home) as store:
        rows = store.list_sessions()
    _console().print(render_sessions(rows))


@app.command()
def demo(
    window: Annotated[bool, typer.Option("--window/--no-window", help="Watch it in the practice window.")] = False,
) -> None:
    """See it all without a webcam: the built-in dance, and a learner's take of it as if it were the webcam."""
    from importlib.resources import as_file, files

    from kdance.process_video import VideoPart
    from kdance.references import load_reference
    from kdance.training import TrainingOptions

    home, settings = _setup()
    clips = files("kdance") / "demo"
    if not (home.references / DEMO).exists():
        with as_file(clips / "demo.mp4") as video:
            _preprocess(VideoPart(video=video, name=DEMO), home, settings, force=False)
    reference = load_reference(home.references, DEMO)
    windowed = window and _may_open_window(wanted=True, live=False)
    with as_file(clips / "demo_take.mp4") as video:
        options = TrainingOptions(
            source=str(video),
            countdown=0.0,
            seconds=None,
            at_own_pace=windowed,
            take=_take_options(settings, offset=0.0, mirror=None),
        )
        _practise(reference, options, home, settings, windowed=windowed)


def _setup(strictness: str | None = None) -> tuple[Home, Settings]:
    from kdance.config import find_home, load_settings

    home = find_home()
    settings = load_settings(home.config)
    if strictness is None:
        return home, settings
    if strictness not in ("easy", "normal", "strict"):
        raise typer.BadParameter("must be easy, normal or strict", param_hint="--strictness")
    return home, settings.model_copy(update={"scoring": settings.scoring.model_copy(update={"strictness": strictness})})


def _take_options(settings: Settings, *, offset: float | None, mirror: Mirror | None) -> TakeOptions:
    from kdance.evaluation import TakeOptions

    return TakeOptions(
        offset=offset,
        mirror=settings.training.mirror if mirror is None else mirror.value,
        strictness=settings.scoring.strictness,
        error_band=settings.feedback.error_band,
        cue_interval=settings.feedback.cue_interval,
    )


def _offset(text: str) -> float | None:
    if text == "auto":
        return None
    try:
        return float(text)
    except ValueError:
        raise typer.BadParameter("must be auto or a number of seconds", param_hint="--offset") from None


def _may_open_window(wanted: bool, *, live: bool) -> bool:
    """Whether there will be a window; without a display a file goes on without one, and says so."""
    if not wanted:
        return False
    from kdance.video.window import display_available

    if display_available():
        return True
    if live:
        raise KdanceError(
            "There is no display to open the practice window on.", "Dance without one: kdance train NAME --no-window"
        )
    _console(stderr=True).print("There is no display: going on without the practice window.", style="yellow")
    return False


def _preprocess(part: VideoPart, home: Home, settings: Settings, *, force: bool) -> Reference:
    from kdance.process_video import process_video

    with _progress(f"Watching {part.video.name}") as progress:
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
    from kdance.evaluation import Dance
    from kdance.practice_view import NoView, WindowView
    from kdance.training import StopSignals, practise

    dance = Dance.of(reference)
    flipped = settings.camera.flip if flip is None else flip
    view = WindowView(reference, settings, flip=flipped) if windowed else NoView()
    outcome = None
    with StopSignals() as signals, _open_store(home) as store, view:
        for outcome in practise(dance, options, settings, store, view, signals):
            _show(outcome)
    if outcome is not None:
        _exit(outcome)


@contextmanager
def _open_store(home: Home) -> Iterator[SessionStore]:
    """The session store, with what killed processes left in it finished first."""
    from kdance.recovery import recover_sessions
    from kdance.sessions import open_store

    with open_store(home.sessions) as store:
        try:
            for session_id in recover_sessions(store, home.references):
                note = f"Session {session_id} had been cut off; what was danced is kept: kdance report {session_id}"
                _console(stderr=True).print(note, style="yellow", markup=False)
        except KdanceError as error:  # the store as it is serves as well; it is tried again next time
            _console(stderr=True).print(str(error), style="yellow", markup=False)
        yield store


@contextmanager
def _progress(text: str) -> Iterator[Callable[[int, float, float | None], None]]:
    """A bar with frames, speed and time left, on stderr; gives the function that moves it."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[frames]} frames {task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=_console(stderr=True), transient=True) as bar:
        task = bar.add_task(text, total=None, frames=0, rate="")

        def move(frames: int, done: float, total: float | None) -> None:
            elapsed = bar.tasks[task].elapsed or 0.0
            rate = f"{frames / elapsed:3.0f} fps" if elapsed > 0.5 else ""
            bar.update(task, completed=done, total=total, frames=frames, rate=rate)

        yield move


def _show(outcome: Outcome, *, as_json: bool = False) -> None:
    if outcome.report is None:
        _console(stderr=True).print("Nothing was danced, so nothing was kept.")
        return
    _print_report(outcome.report, as_json=as_json)


def _exit(outcome: Outcome) -> NoReturn:
    """The exit code of a session; what went wrong is told after its summary."""
    if outcome.error is not None:
        raise outcome.error
    raise typer.Exit(ExitCode.INTERRUPTED if outcome.by_signal else ExitCode.OK)


def _print_report(report: SessionReport, *, as_json: bool) -> None:
    if as_json:
        from kdance.report.json_report import to_json

        sys.stdout.write(to_json(report) + "\n")
        return
    from kdance.report.terminal import render_report

    _console().print(render_report(report))


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)
