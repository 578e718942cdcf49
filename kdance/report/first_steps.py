"""What ``kdance`` alone says: what to do first, and what there is already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from shlex import quote
from typing import Final

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from kdance.report.shapes import emphasised, score_style
from kdance.words import report as words
from kdance.words.numbers import points
from kdance.words.phrases import Phrases

MOST: Final = 7
"""Dances that are listed; a wall of them helps nobody to begin."""

_INDENT: Final = 2
_GAP: Final = 3
_NARROWEST: Final = 24  # columns that are left for a sentence beside its command


@dataclass(frozen=True, slots=True)
class DanceLine:
    """A dance in one line; scores are 0..1.

    Attributes:
        name: Its name.
        last: Its last score, if any.
        best: The best of the whole dances at full speed, if any.
        danced_at: When it was danced last, ISO 8601; empty where it never was.
        due: How many of its 8-counts are due today.
    """

    name: str
    last: float | None = None
    best: float | None = None
    danced_at: str = ""
    due: int = 0


def render_first_steps(dances: Sequence[DanceLine], phrases: Phrases) -> RenderableType:
    """Three commands that fit to what there is, and the dances.

    Args:
        dances: In the order in which they are listed; the first is the one to go on with.
        phrases: Of the dancer's language.
    """
    title = Text(phrases.text("first.again" if dances else "first.welcome"), style="bold")
    parts: list[RenderableType] = [title, Text(), _Steps(_first_of(dances, phrases)), Text()]
    if dances:
        parts.append(_listed(dances[:MOST], phrases))
        if len(dances) > MOST:
            parts.append(_hint("first.more", "kdance references", phrases, count=len(dances) - MOST))
        parts += [Text(), _hint("first.window", "kdance start", phrases)]
    return Group(*parts, _hint("first.all", "kdance --help", phrases))


def _first_of(dances: Sequence[DanceLine], phrases: Phrases) -> list[tuple[str, str]]:
    """Three commands, and what each is for."""
    if not dances:
        commands = {"demo": "kdance demo", "preprocess": "kdance preprocess VIDEO.mp4", "doctor": "kdance doctor"}
        return [(command, phrases.text(f"first.{key}")) for key, command in commands.items()]
    due = sum(dance.due for dance in dances)
    has_danced = any(dance.danced_at for dance in dances)
    name = quote(words.plain(dances[0].name))
    learn = ("kdance today", phrases.text("first.today", count=due)) if due else (f"kdance learn {name}", "")
    look = ("kdance report", "first.report") if has_danced else ("kdance doctor", "first.doctor")
    return [
        (f"kdance train {name}", phrases.text("first.train" if has_danced else "first.train_new")),
        (learn[0], learn[1] or phrases.text("first.learn")),
        (look[0], phrases.text(look[1])),
    ]


@dataclass(frozen=True, slots=True)
class _Steps:
    """Commands with what each is for beside them; below them where the terminal is narrow."""

    steps: Sequence[tuple[str, str]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        beside = max(cell_len(command) for command, _ in self.steps) + _INDENT + _GAP
        for command, what in self.steps:
            name = Text(command, style="bold cyan")
            if options.max_width - beside < _NARROWEST:
                yield Padding(name, (0, 0, 0, _INDENT), expand=False)
                yield Padding(Text(what, style="dim"), (0, 0, 0, 2 * _INDENT), expand=False)
                continue
            row = Table.grid()
            row.add_column(min_width=beside)
            row.add_row(Padding(name, (0, 0, 0, _INDENT)), Text(what, style="dim"))
            yield row


def _listed(dances: Sequence[DanceLine], phrases: Phrases) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False, pad_edge=False)
    table.add_column(phrases.text("first.dances"), overflow="fold")
    table.add_column(phrases.text("progress.column.last"), justify="right", no_wrap=True)
    table.add_column(phrases.text("progress.column.best"), justify="right", no_wrap=True)
    table.add_column(phrases.text("progress.column.when"), overflow="fold")
    for dance in dances:
        scores = (Text("-" if s is None else str(points(s)), style=score_style(s)) for s in (dance.last, dance.best))
        when = words.day(dance.danced_at, phrases) if dance.danced_at else phrases.text("first.never")
        table.add_row(Text(f"  {words.plain(dance.name)}"), *scores, Text(when, style="dim"))
    return table


def _hint(key: str, command: str, phrases: Phrases, count: int = 0) -> Text:
    return emphasised(phrases.text(key, command=command, count=count), command, rest="dim")
