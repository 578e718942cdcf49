"""The head of a report: the score, the grade and what they are made of."""

from __future__ import annotations

from typing import Final

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from kdance.report.shapes import BigNumber, ScoreBar, score_style
from kdance.review.record import SessionReport
from kdance.words import report as words
from kdance.words.numbers import minutes, points
from kdance.words.phrases import Phrases

_THREE_COLUMNS: Final = 74
"""Columns below which the bars stand under the score."""


class Headline:
    """The score, the grade and what they are made of; why there is none where there is none."""

    def __init__(self, report: SessionReport, phrases: Phrases) -> None:
        self.report = report
        self.phrases = phrases

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        report, phrases = self.report, self.phrases
        score = report.average_similarity
        if score is None:
            body: RenderableType = Group(Text(words.no_score(report, phrases), style="bold yellow"), self._facts())
        else:
            style = f"bold {score_style(score)}"
            of_100 = (phrases.text("report.of_100"), "dim")
            grade = "" if report.verdict == "too_short" else words.grade(score, phrases)
            verdict = Text.assemble(of_100, "   ", (grade, style))
            body = self._body(BigNumber(points(score), style), Group(verdict, self._facts()), options.max_width)
        yield Panel(
            body,
            title=Text.assemble((words.plain(report.reference), "bold")),
            title_align="left",
            subtitle=Text(words.date(report.started_at, phrases), style="dim"),
            subtitle_align="right",
            box=box.ROUNDED,
            border_style="bright_black",
            padding=(1, 2),
        )

    def _body(self, score: BigNumber, facts: Group, width: int) -> RenderableType:
        """The score, what it is of and the bars: beside each other, or below where there is no room."""
        beside = Table.grid(padding=(0, 3), expand=True)
        beside.add_column()
        beside.add_column(ratio=1)
        if width < _THREE_COLUMNS:
            beside.add_row(score, facts)
            return Group(beside, "", self._bars())
        beside.add_column(width=max(30, width // 3))
        beside.add_row(score, facts, self._bars())
        return beside

    def _facts(self) -> Text:
        report, phrases = self.report, self.phrases
        time = minutes(report.total_duration)
        if report.speed == 1:
            facts = Text(phrases.text("report.danced", time=time))
        else:
            facts = Text(phrases.text("report.danced_at_speed", time=time, speed=f"{report.speed:g}"))
        how = f"{report.mode}_mirrored" if report.mirrored else report.mode
        facts.append("\n").append(phrases.text(f"report.mode.{how}"), "dim")
        if ending := words.ending(report, phrases):
            facts.append(f"\n{ending}", "yellow")
        return facts

    def _bars(self) -> Table:
        report, phrases = self.report, self.phrases
        bars = Table.grid(padding=(0, 1), expand=True)
        bars.add_column()
        bars.add_column(ratio=1)
        bars.add_column(justify="right")
        for name, score in (("poses", report.average_pose_score), ("motion", report.average_motion_score)):
            number = phrases.text("report.bar.not_measured") if score is None else str(points(score))
            bars.add_row(Text(phrases.text(f"report.bar.{name}"), style="dim"), ScoreBar(score), Text(number))
        share = words.percent(report.coverage, phrases)
        bars.add_row(Text(phrases.text("report.bar.in_view"), style="dim"), ScoreBar(report.coverage), Text(share))
        return bars
