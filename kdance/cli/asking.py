"""Questions before something is gone."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from kdance.errors import KdanceError

YesOption = Annotated[bool, typer.Option("--yes", help="Don't ask.")]


def make_sure(question: str, *, yes: bool) -> None:
    """Ask before something is removed; whoever says no is out.

    Raises:
        KdanceError: Nobody can answer.
    """
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise KdanceError(f"{question} Nobody is there to answer, so nothing was removed.", "Say it with --yes.")
    if not typer.confirm(question, default=False, err=True):
        raise KdanceError("Nothing was removed.")
