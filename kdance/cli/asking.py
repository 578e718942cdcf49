"""Questions on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from kdance.errors import KdanceError

YesOption = Annotated[bool, typer.Option("--yes", help="Don't ask.")]


@contextmanager
def asking() -> Iterator[None]:
    """While something is asked: whoever calls it off ends the program as with Ctrl-C anywhere else.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed, or no answer can come any more.
    """
    try:
        yield
    except typer.Abort:
        typer.echo(err=True)  # the question's line ends
        raise KeyboardInterrupt from None


def make_sure(question: str, *, yes: bool) -> None:
    """Ask before something is removed; whoever says no is out.

    Raises:
        KdanceError: Nobody can answer.
    """
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise KdanceError(f"{question} Nobody is there to answer, so nothing was removed.", "Say it with --yes.")
    with asking():
        is_sure = typer.confirm(question, default=False, err=True)
    if not is_sure:
        raise KdanceError("Nothing was removed.")
