"""Every command of the command line with its own options, as Typer has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from kdance.cli import app

ROOT: Any = typer.main.get_command(app)


def every_command() -> dict[str, Any]:
    """Each command, also groups and their subcommands, by what is typed behind ``kdance``."""
    return dict(_below(ROOT, ()))


def _below(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    if path:
        yield " ".join(path), command
    for name, child in getattr(command, "commands", {}).items():
        yield from _below(child, (*path, name))


def options_of(command: Any) -> list[set[str]]:
    """The spellings of each option, ``--help`` left out."""
    return [
        {*parameter.opts, *parameter.secondary_opts}
        for parameter in command.params
        if parameter.param_type_name == "option" and parameter.name != "help"
    ]
