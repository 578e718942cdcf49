"""What the commands put on the terminal. Results go to stdout; everything that is only for people goes to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from kdance.errors import KdanceError

if TYPE_CHECKING:
    from kdance.practice.doctor import Diagnosis
    from kdance.practice.take import Outcome
    from kdance.review.record import SessionReport


def show(what: RenderableType) -> None:
    """Print a result."""
    Console(highlight=False).print(what)


def tell(text: str) -> None:
    """Print a result that is one sentence."""
    Console(highlight=False).print(Text(_printable(text)))


def note(text: str) -> None:
    """Tell people something beside the result."""
    _stderr().print(Text(_printable(text), style="yellow"))


def show_error(error: KdanceError) -> None:
    """Tell what failed, and what mends it."""
    _stderr().print(Text(_printable(error.message), style="red"))
    if error.hint:
        _stderr().print(Text(_printable(error.hint)))


def show_diagnosis(diagnosis: Diagnosis) -> None:
    """Print what was found of one thing."""
    sign, style = {"good": ("+", "green"), "note": ("-", "yellow"), "broken": ("!", "bold red")}[diagnosis.state]
    row = Table.grid(padding=(0, 1))
    row.add_column(width=1)
    row.add_column(width=12, no_wrap=True)
    row.add_column(overflow="fold")
    said = Text(_printable(diagnosis.text))
    if diagnosis.hint:
        said.append(f"\n{_printable(diagnosis.hint)}", "dim" if diagnosis.state == "good" else "bold")
    row.add_row(Text(sign, style=style), Text(diagnosis.what), said)
    show(row)


def show_json(values: object) -> None:
    """Write one strict JSON object for programs: a dict, a dataclass or a record of pydantic's."""
    from pydantic_core import to_jsonable_python

    _write_json(json.dumps(to_jsonable_python(values), allow_nan=False, ensure_ascii=False, indent=2))


@contextmanager
def progress(
    text: str, *, before: float = 0.0, after: float = 0.0
) -> Iterator[Callable[[int, float, float | None], None]]:
    """A bar with frames, speed and time left; gives the function that moves it. Nothing without a terminal.

    Args:
        text: What is done.
        before: What was done before it, in what the bar counts: the bar goes on from there.
        after: What will be done after it: the bar ends there, and the time left is that of all.
    """
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[frames]} frames {task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    console = _stderr()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(_printable(text), total=None, completed=round(before), frames=0, rate="")

        def move(frames: int, done: float, total: float | None) -> None:
            elapsed = bar.tasks[task].elapsed or 0.0
            rate = f"{frames / elapsed:3.0f} fps" if elapsed > 0.5 else ""
            whole = None if total is None else before + total + after
            bar.update(task, completed=before + done, total=whole, frames=frames, rate=rate)

        yield move


@contextmanager
def spinner(text: str) -> Iterator[None]:
    """Something that moves while people wait; nothing without a terminal."""
    console = _stderr()
    if not console.is_terminal:
        yield
        return
    with console.status(Text(_printable(text))):
        yield


def show_outcome(outcome: Outcome, *, language: str, as_json: bool = False) -> None:
    """Print the report of a session that has just ended, if there is one."""
    if outcome.report is None:
        note("Nothing was danced, so nothing was kept.")
    else:
        show_report(outcome.report, as_json=as_json, language=language)


def show_report(report: SessionReport, *, language: str, as_json: bool) -> None:
    """Print a report, for people in their language or for programs."""
    if as_json:
        from kdance.report.json_report import to_json

        _write_json(to_json(report))
        return
    from kdance.report.terminal import render_report
    from kdance.words.phrases import load_phrases

    show(render_report(report, load_phrases(language)))


def _write_json(text: str) -> None:
    """Write JSON; where the encoding lacks letters, with JSON's own escapes, so that programs lose nothing."""
    if not (sys.stdout.encoding or "").lower().startswith("utf"):
        text = "".join(letter if letter.isascii() else json.dumps(letter)[1:-1] for letter in text)
    sys.stdout.write(f"{text}\n")


def _stderr() -> Console:
    return Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)


def _printable(text: str) -> str:
    """Without control characters: a file's name may hold some, and a terminal obeys them."""
    return "".join(character if character.isprintable() or character == "\n" else "?" for character in text)
