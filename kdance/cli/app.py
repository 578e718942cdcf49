"""All commands, and the only place where errors for people are caught."""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import Annotated, NoReturn

import typer

from kdance.cli.ai import ai
from kdance.cli.making import counts, preprocess
from kdance.cli.practice import calibrate, demo, doctor, train
from kdance.cli.results import references, report, score, sessions
from kdance.errors import ExitCode, KdanceError

app = typer.Typer(
    name="kdance",
    help="Dance in front of your webcam; see what was good, which limb was wrong, and whether you were early or late.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
for command in (preprocess, train, score, report, counts, calibrate, ai, references, sessions, doctor, demo):
    app.command()(command)


def main() -> NoReturn:
    """Run the command line."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = app(standalone_mode=True)
    except KdanceError as error:
        from kdance.cli import console

        console.show_error(error)
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
