"""What a lesson came to, and what is due today, on a terminal."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from rich.console import Group, RenderableType
from rich.constrain import Constrain
from rich.table import Table
from rich.text import Text

from kdance.learning.cards import PartCard
from kdance.learning.course import Step
from kdance.report.shapes import emphasised, score_style
from kdance.review.record import SongCounts
from kdance.words import course as words
from kdance.words.phrases import Phrases
from kdance.words.practised import part
from kdance.words.report import plain

MAX_WIDTH: Final = 120


@dataclass(frozen=True, slots=True)
class DanceToday:
    """What of one dance is for today.

    Attributes:
        name: Of the dance.
        counts: How its song is counted, where that is known.
        steps: What there is to practise, in order.
    """

    name: str
    counts: SongCounts | None
    steps: tuple[Step, ...]

    @property
    def seconds(self) -> float:
        """How long that takes."""
        return sum(step.seconds for step in self.steps)


def render_lesson(
    gained: Sequence[tuple[PartCard, PartCard]], counts: SongCounts | None, today: date, phrases: Phrases
) -> RenderableType:
    """What a lesson changed: each of its 8-counts before and now, and when it comes again."""
    table = _table()
    table.add_column(phrases.text(f"report.column.{'time' if counts is None else 'eight'}"), no_wrap=True)
    for name in ("before", "now"):
        table.add_column(phrases.text(f"learn.column.{name}"), justify="right")
    table.add_column(phrases.text("learn.column.due"))
    table.add_column("")
    for before, now in gained:
        table.add_row(
            part(now.start, now.end, counts, phrases),
            Text(words.how_well(before.speed, before.score, phrases), style="dim"),
            Text(words.how_well(now.speed, now.score, phrases), style=score_style(now.score)),
            words.due(now, today, phrases),
            Text(words.repeats(now, counts, phrases), style="dim"),
        )
    title = Text(phrases.text("learn.improved"), style="bold")
    return Constrain(Group(title, table), MAX_WIDTH)


def render_course(cards: Sequence[PartCard], today: date, phrases: Phrases) -> RenderableType:
    """How far a course has come, in a line."""
    due = sum(card.due is not None and card.due.astimezone().date() <= today for card in cards)
    clean, new = sum(card.is_clean for card in cards), sum(card.is_new for card in cards)
    return Text(phrases.text("learn.course", clean=clean, all=len(cards), new=new, due=due))


def render_today(dances: Sequence[DanceToday], minutes: float, gone: Sequence[str], phrases: Phrases) -> RenderableType:
    """What is for today, a row for each step; or how to begin."""
    lines: list[RenderableType] = []
    if dances:
        table = _table()
        table.add_column(phrases.text("progress.column.dance"), overflow="fold")
        table.add_column(phrases.text("learn.column.what"))
        table.add_column(phrases.text("learn.column.minutes"), justify="right", no_wrap=True)
        for dance in dances:
            for number, step in enumerate(dance.steps):
                table.add_row(
                    Text("" if number else plain(dance.name), style="bold"),
                    words.step(step, dance.counts, phrases),
                    f"{step.seconds / 60:.1f}",
                )
        total = round(sum(dance.seconds for dance in dances) / 60)
        command = f"kdance learn {shlex.quote(plain(dances[0].name))}"
        lines += [table, Text(), Text(phrases.text("learn.today.total", minutes=max(total, 1), all=f"{minutes:g}"))]
        lines.append(emphasised(phrases.text("learn.today.go", command=command), command, rest="dim"))
    else:
        command = "kdance learn REFERENCE"
        lines.append(Text(phrases.text("learn.today.none")))
        lines.append(emphasised(phrases.text("learn.today.begin", command=command), command, rest="dim"))
    if gone:
        lines.append(Text(phrases.text("learn.today.gone", names=", ".join(map(plain, gone))), style="dim"))
    return Constrain(Group(*lines), MAX_WIDTH)


def _table() -> Table:
    return Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False, pad_edge=False)
