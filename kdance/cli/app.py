"""All commands, and the only place where errors for people are caught."""

from __future__ import annotations

import errno
import logging
import os
import signal
import sys
from types import FrameType
from typing import Annotated, NoReturn

import typer

from kdance.cli import output
from kdance.cli.ai import ai
from kdance.cli.camera_list import cameras
from kdance.cli.config import config
from kdance.cli.first_steps import show_first_steps
from kdance.cli.learn import learn, today
from kdance.cli.log import Log, describe, open_log
from kdance.cli.making import counts, preprocess
from kdance.cli.practice import calibrate, demo, doctor, train
from kdance.cli.progress import compare, progress
from kdance.cli.references import references
from kdance.cli.replay import replay
from kdance.cli.results import report, score
from kdance.cli.sessions import sessions
from kdance.cli.start import start
from kdance.errors import ExitCode, KdanceError
from kdance.practice.signals import ending_signals
from kdance.worker import end_process

_log = logging.getLogger(__name__)

app = typer.Typer(
    name="kdance",
    help="Dance in front of your webcam; see what was good, which limb was wrong, and whether you were early or late.",
    epilog="Examples:\nkdance preprocess magnetic.mp4\nkdance train magnetic\nkdance report last-session",
    invoke_without_command=True,
    context_settings={"help_option_names": ["--help", "-h"]},
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
for command in (
    preprocess,
    start,
    train,
    learn,
    today,
    score,
    report,
    replay,
    progress,
    compare,
    counts,
    cameras,
    calibrate,
    ai,
    doctor,
    demo,
):
    app.command()(command)
app.add_typer(config, name="config")
app.add_typer(references, name="references")
app.add_typer(sessions, name="sessions")


def run_process() -> NoReturn:
    """Be the program: run the command line, and end the process also where a camera's driver hangs."""
    try:
        main()
    except SystemExit as end:
        end_process(end.code if isinstance(end.code, int) else ExitCode.OK if end.code is None else ExitCode.ERROR)


def main() -> NoReturn:
    """Run the command line.

    Raises:
        SystemExit: Always, with the exit code.
    """
    for number in ending_signals():
        signal.signal(number, _interrupt)
    os.umask(0o077)  # sessions, recordings and pictures hold a person: for their owner's eyes alone
    output.prepare()
    with open_log() as log:
        try:
            try:
                code = app(standalone_mode=True, obj=log)
            finally:
                output.finish()
        except KdanceError as error:
            from kdance.cli import console

            _log.warning("%s", error.message)
            console.show_error(error)
            sys.exit(ExitCode.ERROR)
        except KeyboardInterrupt:
            _log.info("interrupted")
            sys.exit(ExitCode.INTERRUPTED)
        except Exception as error:  # noqa: BLE001 - a mistake of ours: a line for people, all of it for the log
            if isinstance(error, OSError) and output.is_refused(error):
                _tell_refused(error)
            elif not _tell_missing(error):
                _tell_mistake(error, log)
            sys.exit(ExitCode.ERROR)
    sys.exit(code)


def _tell_refused(error: OSError) -> None:
    from kdance.cli import console

    _log.warning("the output is gone: %s", error.strerror)
    if error.errno != errno.EPIPE:  # a reader that has seen enough, such as head, is no failure
        console.show_error(KdanceError(f"What kdance prints can't be written: {error.strerror}."))


def _tell_missing(error: Exception) -> bool:
    """Say which library of the system is missing, if that is it."""
    from kdance.cli import console
    from kdance.practice.system_libraries import explain

    missing = explain(error)
    if missing is not None:
        console.show_error(missing)
    return missing is not None


def _tell_mistake(error: Exception, log: Log) -> None:
    from kdance.cli import console

    _log.critical("a mistake of ours", exc_info=error)
    what = f"kdance had to stop: a mistake of its own ({type(error).__name__})."
    if log.path is None:
        console.show_error(KdanceError(f"{what} No log can be written, so here are the details:", describe(error)))
    else:
        console.show_error(KdanceError(f"{what} The log with the details lies at {log.path}"))


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    """SIGTERM, and SIGHUP of a terminal that is closed, clean up like Ctrl-C."""
    raise KeyboardInterrupt


def _version(wanted: bool) -> None:
    if wanted:
        from kdance import __version__

        typer.echo(f"kdance {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    _version_wanted: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Print the log to stderr as well.")] = False,
) -> None:
    if verbose and isinstance(context.obj, Log):
        context.obj.show()
    if context.invoked_subcommand is None:
        show_first_steps()
