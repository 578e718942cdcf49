"""How dances got better over sessions, on a terminal."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Final

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.constrain import Constrain
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from kdance.learning.history import SAME_SPEED, DancedSession
from kdance.learning.progress import PartCompared, PartProgress, Progress, Side
from kdance.report.shapes import ScorePlot, Sparkline, emphasised, score_style
from kdance.review.lateness import Span
from kdance.words import report as words
from kdance.words.loops import eights
from kdance.words.numbers import clock, points
from kdance.words.phrases import Phrases
from kdance.words.practised import part, practised

MAX_WIDTH: Final = 120
WIDE: Final = 100  # from this width an 8-count has its time and its first score
_TREND: Final = 8


def render_progress(progress: Progress, phrases: Phrases, *, course: RenderableType = "") -> RenderableType:
    """One dance over sessions: whole dances as a plot, then a row for each 8-count.

    Args:
        progress: What to show.
        phrases: In which language.
        course: How far its course has come, if there is one.
    """
    name = words.plain(progress.reference)
    lines: list[RenderableType] = [Text(name, style="bold"), _facts(progress, phrases)]
    lines += [course] if course else []
    if progress.earlier:
        earlier = phrases.text("progress.earlier", count=progress.earlier, name=name)
        lines.append(Text(earlier, style="dim"))
    if progress.whole:
        days = [words.day(danced.started_at, phrases) for danced in progress.whole]
        lines += [
            Text("\n" + phrases.text("progress.whole"), style="bold"),
            Padding(ScorePlot([danced.score for danced in progress.whole], days), (0, 2)),
            Padding(_ends(progress, phrases), (0, 2)),
        ]
    else:
        lines.append(Text("\n" + phrases.text("progress.no_whole")))
    if progress.parts:
        title = phrases.text(f"report.heading.{'sections' if progress.counts is None else 'eights'}")
        lines += [
            Text(f"\n{title}", style="bold"),
            Text(phrases.text("progress.parts"), style="dim"),
            _Parts(progress, phrases),
        ]
    command = "kdance compare SESSION last-session"
    hint = emphasised(phrases.text("progress.see_compare", command=command), command, rest="dim")
    return Constrain(Group(*lines, Text(), hint), MAX_WIDTH)


def _facts(progress: Progress, phrases: Phrases) -> Text:
    counts = {
        "sessions": progress.sessions,
        "days": progress.days,
        "streak": progress.streak,
        "whole": len(progress.whole),
        "drills": progress.drills,
        "slow": progress.slow,
        "not_danced": progress.not_danced,
    }
    told = [name for name, count in counts.items() if count or name in ("sessions", "whole")]
    return Text("   ").join(Text(phrases.text(f"progress.facts.{name}", count=counts[name])) for name in told)


def _ends(progress: Progress, phrases: Phrases) -> Text:
    first, last, best = progress.whole[0], progress.whole[-1], progress.best
    assert best is not None
    said = Text(
        phrases.text(
            "progress.ends",
            first=points(first.score),
            best=points(best.score),
            when=words.day(best.started_at, phrases),
            last=points(last.score),
        )
    )
    late = [words.lateness(danced.offset_ms, phrases) for danced in (first, last)]
    if all(late) and late[0] != late[1]:
        said.append(f"   {late[0]} > {late[1]}")
    return said


class _Parts:
    """A row for each 8-count."""

    def __init__(self, progress: Progress, phrases: Phrases) -> None:
        self.progress, self.phrases = progress, phrases

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        phrases, counts, wide = self.phrases, self.progress.counts, options.max_width >= WIDE
        has_time = wide or counts is None
        table = _table()
        if counts is not None:
            table.add_column(phrases.text("report.column.eight"), no_wrap=True)
        if has_time:
            table.add_column(phrases.text("report.column.time"), no_wrap=True)
        table.add_column(phrases.text("progress.column.trend"), min_width=_TREND, no_wrap=True)
        for name in ("first", "best", "last")[not wide :]:
            table.add_column(phrases.text(f"progress.column.{name}"), justify="right", no_wrap=True)
        table.add_column(phrases.text("report.column.timing"), no_wrap=True)
        table.add_column(phrases.text("progress.column.wrong"), no_wrap=True)
        table.add_column(phrases.text("progress.column.drilled"), no_wrap=True)
        for row in self.progress.parts:
            named = [] if counts is None else [eights(row.start, row.end, counts, phrases)]
            time = [clock(Span(row.start, row.end), phrases)] if has_time else []
            table.add_row(*named, *time, *_cells(row, phrases, wide=wide))
        yield table


def _cells(row: PartProgress, phrases: Phrases, *, wide: bool) -> list[RenderableType]:
    ends = (row.scores[0], max(row.scores), row.scores[-1]) if row.scores else (None, None, None)
    wrong = row.wrong
    return [
        Sparkline(row.scores, _TREND),
        *(Text("-" if score is None else str(points(score)), style=score_style(score)) for score in ends[not wide :]),
        words.lateness(row.offset_ms, phrases),
        ""
        if wrong is None
        else phrases.text("progress.wrong", joint=words.joint(wrong.joint, phrases), times=wrong.times, of=wrong.of),
        _drill(row, phrases),
    ]


def _drill(row: PartProgress, phrases: Phrases) -> str:
    if row.drill is None:
        return ""
    speed, score = row.drill
    key = "drill" if abs(speed - 1) <= SAME_SPEED else "drill_at"
    return phrases.text(f"progress.{key}", rounds=row.drilled, points=points(score), speed=f"{speed:.2g}")


def render_dances(dances: Sequence[Progress], phrases: Phrases) -> RenderableType:
    """Every dance in a row, the one danced last first."""
    if not dances:
        command = "kdance train NAME"
        return emphasised(phrases.text("report.sessions.none", command=command), command)
    table = _table()
    table.add_column(phrases.text("progress.column.dance"), overflow="fold")
    table.add_column(phrases.text("progress.column.sessions"), justify="right")
    table.add_column(phrases.text("progress.column.streak"), justify="right")
    table.add_column(phrases.text("progress.column.trend"), min_width=_TREND, no_wrap=True)
    for name in ("first", "best", "last"):
        table.add_column(phrases.text(f"progress.column.{name}"), justify="right")
    table.add_column(phrases.text("progress.column.when"), no_wrap=True)
    for row in dances:
        scores = [danced.score for danced in row.whole]
        ends = (scores[0], max(scores), scores[-1]) if scores else (None, None, None)
        table.add_row(
            Text(words.plain(row.reference), style="bold"),
            str(row.sessions),
            str(row.streak or "-"),
            Sparkline(scores, _TREND),
            *(Text("-" if score is None else str(points(score)), style=score_style(score)) for score in ends),
            words.date(row.last, phrases, year=False),
        )
    typed = f"kdance progress {shlex.quote(words.plain(dances[0].reference))}"
    hint = emphasised(phrases.text("progress.see", command=typed), typed, rest="dim")
    return Constrain(Group(table, Text(), hint), MAX_WIDTH)


def render_compared(
    first: DancedSession, second: DancedSession, rows: Sequence[PartCompared], phrases: Phrases
) -> RenderableType:
    """Two sessions of one dance, 8-count by 8-count."""
    head = _table(header=False)
    for letter, session in (("1", first), ("2", second)):
        said = phrases.text(
            "compare.is",
            when=words.date(session.started_at, phrases),
            what=practised(session.practised, phrases),
            points="-" if session.score is None else points(session.score),
        )
        head.add_row(Text(letter, style="bold"), Text(session.session_id, style="dim"), said)
    lines: list[RenderableType] = [Text(words.plain(first.reference), style="bold"), head]
    if not (first.practised.is_full and second.practised.is_full):
        lines.append(Text(phrases.text("compare.unlike"), style="yellow"))
    lines += [Text(), _compared(first, second, rows, phrases) if rows else Text(phrases.text("compare.nothing"))]
    return Constrain(Group(*lines), MAX_WIDTH)


def _compared(
    first: DancedSession, second: DancedSession, rows: Sequence[PartCompared], phrases: Phrases
) -> RenderableType:
    table = _table()
    counts = second.counts or first.counts
    table.add_column(phrases.text(f"report.column.{'time' if counts is None else 'eight'}"), no_wrap=True)
    for name in ("first", "second", "gain"):
        table.add_column(phrases.text(f"compare.column.{name}"), justify="right", no_wrap=True)
    table.add_column(phrases.text("compare.column.timing"))
    table.add_column(phrases.text("compare.column.wrong"))
    for row in rows:
        gain = None if row.gain is None else points(row.gain)
        sides = (row.first, row.second)
        late = [words.lateness(side.offset_ms, phrases) if side else "" for side in sides]
        limbs = [words.joint(side.worst_joint, phrases) if side and side.worst_joint else "-" for side in sides]
        table.add_row(
            part(row.start, row.end, counts, phrases),
            *(_score(side, phrases) for side in sides),
            Text("" if gain is None else f"{gain:+d}", style="dim" if not gain else "green" if gain > 0 else "red"),
            ", ".join(text or "-" for text in late),
            ", ".join(limbs),
        )
    return table


def _score(side: Side | None, phrases: Phrases) -> Text:
    if side is None:
        return Text("-", style="dim")
    said = number = str(points(side.score))
    if abs(side.speed - 1) > SAME_SPEED:
        said = phrases.text("compare.at_speed", points=number, speed=f"{side.speed:.2g}")
    return emphasised(said, number, score_style(side.score), rest="dim")


def _table(*, header: bool = True) -> Table:
    return Table(
        box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False, pad_edge=False, show_header=header
    )
