"""A finished session as the dancer sees it: one screen, the most important first."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import Final

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.constrain import Constrain
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from kdance.feedback.wording import clock, minutes, points
from kdance.records import Section, SessionReport
from kdance.report import loops, words
from kdance.report.shapes import BigNumber, ScoreBar, ScoreStrip, score_style

MAX_WIDTH: Final = 120  # wider lines are hard to read
TWO_COLUMNS: Final = 100  # from this width strengths and advice stand side by side
TABLE_WIDTH: Final = 88  # a bar far longer than its number is hard to follow
MAX_STRETCHES: Final = 5  # practised over and over; the most often repeated
MAX_RUNS: Final = 12  # the newest of a stretch
MAX_SECTIONS: Final = 10  # rows of the table; a whole song has forty eight-counts

_GRADE_STYLES: Final = {"perfect": "green", "great": "green", "good": "yellow", "ok": "yellow", "miss": "red"}


def render_report(report: SessionReport) -> RenderableType:
    """A finished session for a terminal of 80 columns or more.

    Where nothing was measured it says so in a sentence; there are no empty tables.
    """
    measured = report.average_similarity is not None
    parts: list[RenderableType] = [_Headline(report), *_timing(report), *_prose(report.session_summary)]
    parts.append(_Advice(report))
    if measured:
        parts += [*_sections(report), *_runs(report)]
        if words.is_danced(report):  # of another dance no limb can be called wrong
            parts += [*_joints(report), *_hands(report)]
        parts += _moments(report) if words.is_danced(report) else []
    parts += [*_warnings(report.warnings), *_footer(report)]
    return Constrain(Group(*parts), MAX_WIDTH)


class _Headline:
    """The score, the grade and what they are made of."""

    def __init__(self, report: SessionReport) -> None:
        self.report = report

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        report = self.report
        score = report.average_similarity
        if score is None:
            body: RenderableType = Group(Text(words.no_score(report), style="bold yellow"), self._facts())
        else:
            style = f"bold {score_style(score)}"
            verdict = Text.assemble(("of 100", "dim"), "   ", (words.grade(score).upper(), style))
            body = Table.grid(padding=(0, 3), expand=True)
            body.add_column()
            body.add_column(ratio=1)
            body.add_column(width=max(30, options.max_width // 3))
            body.add_row(BigNumber(points(score), style), Group(verdict, self._facts()), self._bars())
        title = Text.assemble((words.plain(report.reference), "bold"))
        yield Panel(
            body,
            title=title,
            title_align="left",
            subtitle=Text(words.date(report.started_at), style="dim"),
            subtitle_align="right",
            box=box.ROUNDED,
            border_style="bright_black",
            padding=(1, 2),
        )

    def _facts(self) -> Text:
        report = self.report
        facts = Text(f"{minutes(report.total_duration)} danced")
        if report.speed != 1:
            facts.append(f", at {report.speed:g}x speed")
        facts.append("\n")
        facts.append("you led the tempo" if report.mode == "free" else "in step with the reference", "dim")
        if report.mirrored:
            facts.append(", mirrored", "dim")
        if ending := words.status(report):
            facts.append(f"\n{ending}", "yellow")
        return facts

    def _bars(self) -> Table:
        report = self.report
        bars = Table.grid(padding=(0, 1), expand=True)
        bars.add_column()
        bars.add_column(ratio=1)
        bars.add_column(justify="right")
        for name, score in (("poses", report.average_pose_score), ("motion", report.average_motion_score)):
            number = "not measured" if score is None else str(points(score))
            bars.add_row(Text(name, style="dim"), ScoreBar(score), Text(number))
        bars.add_row(Text("in view", style="dim"), ScoreBar(report.coverage), Text(words.percent(report.coverage)))
        return bars


class _Advice:
    """Strengths, what to improve and insights: side by side where there is room."""

    def __init__(self, report: SessionReport) -> None:
        self.report = report

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        report = self.report
        good = _bullets("What went well", "+", "green", report.strengths)
        better = _bullets("What to work on", ">", "yellow", report.improvement_areas)
        if good and better and options.max_width >= TWO_COLUMNS:
            columns = Table.grid(padding=(0, 2), expand=True)
            columns.add_column(ratio=1)
            columns.add_column(ratio=1)
            columns.add_row(Group(*good), Group(*better))
            yield columns
        else:
            yield from (*good, *better)
        yield from _bullets("Worth knowing", "-", "cyan", report.key_insights)


def _heading(text: str) -> Text:
    return Text(f"\n{text}", style="bold")


def _bullets(heading: str, mark: str, style: str, lines: Iterable[str]) -> list[RenderableType]:
    rows = Table.grid(padding=(0, 1))
    rows.add_column(width=3, justify="right", style=style)
    rows.add_column()
    for line in lines:
        rows.add_row(mark, Text(words.plain(line)))
    return [_heading(heading), rows] if rows.row_count else []


def _indented(*lines: RenderableType) -> Padding:
    return Padding(Group(*lines), (0, 2))


def _prose(text: str) -> list[RenderableType]:
    return [Padding(Text(words.plain(text)), (1, 2, 0, 2))] if text.strip() else []


def _timing(report: SessionReport) -> list[RenderableType]:
    said = words.timing(report)
    starts = report.timing.start_offset_ms
    if abs(starts) >= 50 and report.average_similarity is not None:
        where = "into the recording" if starts > 0 else "before the recording"
        said.append(f"The dance begins {words.seconds(starts)} {where}.")
    if not said:
        return []
    return [Padding(Text.assemble(("Timing  ", "bold"), " ".join(said)), (1, 2, 0, 2))]


def _sections(report: SessionReport) -> list[RenderableType]:
    sections = report.sections
    if not sections:
        return []
    strip = ScoreStrip([section.score for section in sections], sections[0].start, sections[-1].end)
    shown, heading = _weakest(sections, counted=report.counts is not None)
    forgiven, danced = words.forgiven_ms(report), words.is_danced(report)
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim", expand=True)
    names = {section.index: loops.eights(section.start, section.end, report.counts) for section in sections}
    counted = any(names.values())
    if counted:
        table.add_column("8-count", no_wrap=True)
    table.add_column("time", no_wrap=True)
    table.add_column("", ratio=1, min_width=12)
    table.add_column("score", justify="right")
    table.add_column("most wrong", no_wrap=True)
    table.add_column("timing", no_wrap=True)
    unseen = [row.reference_time for row in report.timeline if row.reference_time and row.combined_score is None]
    for section in shown:
        seen = section.score is not None
        missing = "not seen" if any(section.start < time <= section.end for time in unseen) else "not danced"
        table.add_row(
            *([names[section.index]] if counted else []),
            clock(section),
            ScoreBar(section.score),
            Text(str(points(section.score)) if seen else "-", style=score_style(section.score)),
            (words.joint(section.worst_joint) if section.worst_joint else "-") if seen else missing,
            words.lateness(None if not danced or section.offset_ms is None else section.offset_ms - forgiven),
        )
    return [
        _heading("Through the dance"),
        _indented(strip),
        _heading(heading),
        Constrain(_indented(table), TABLE_WIDTH),
    ]


def _weakest(sections: tuple[Section, ...], *, counted: bool) -> tuple[list[Section], str]:
    """The sections worth a row, in the order of the dance, and what they are."""
    title = "8-count by 8-count" if counted else "Section by section"
    scored = sorted((section.score, section.index) for section in sections if section.score is not None)
    if len(sections) <= MAX_SECTIONS:
        return list(sections), title
    if len(scored) <= MAX_SECTIONS:  # the rest of the song was not danced
        return [section for section in sections if section.score is not None], title
    weakest = {index for _, index in scored[:MAX_SECTIONS]}
    chosen = [section for section in sections if section.index in weakest]
    name = "8-counts" if counted else "sections"
    return chosen, f"The {len(chosen)} weakest of {len(scored)} {name}"


def _runs(report: SessionReport) -> list[RenderableType]:
    """What was danced more than once: did it get better?"""
    stretches = loops.repeated(report)[:MAX_STRETCHES]
    if not stretches:
        return []
    lines = []
    for where, runs in stretches:
        line = Text.assemble((f"{where}  ", "dim"))
        for run in runs[-MAX_RUNS:]:
            line.append(str(points(run.score)), score_style(run.score))
            line.append("" if run.speed == report.speed else f" at {run.speed:g}x", "dim").append(", ")
        line.right_crop(2)
        lines.append(line.append(loops.progress(runs), "dim"))
    return [_heading("Round by round"), _indented(*lines)]


def _joints(report: SessionReport) -> list[RenderableType]:
    """Left and right side by side: a learner compares the two."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    table.add_column("mean error")
    for side in ("left", "right"):
        table.add_column(side, justify="right", no_wrap=True)
        table.add_column("", min_width=18, no_wrap=True)
    for name, label in (("shoulder", "arm"), ("elbow", "elbow"), ("hip", "hip"), ("knee", "knee")):
        cells: list[RenderableType] = []
        for side in ("left", "right"):
            joint = report.joints[f"{side}_{name}"]
            mean, said = joint.mean_error_deg, words.direction(f"{side}_{name}", joint)
            cells.append("" if mean is None else f"{mean:.0f}°")
            cells.append(Text(said, style="yellow" if said[0].isdigit() else "dim"))
        table.add_row(label, *cells)
    return [_heading("Your limbs against the reference"), _indented(table)]


def _hands(report: SessionReport) -> list[RenderableType]:
    if report.hands is None:
        return []
    lines = []
    for side, hand in (("left", report.hands.left), ("right", report.hands.right)):
        if hand.score is None:
            said = Text("too small or hidden to judge", style="dim")
        else:
            angle = "" if hand.direction_error_deg is None else f"{hand.direction_error_deg:.0f}° off in direction"
            shape = words.percent(hand.shape_agreement or 0.0)
            said = Text(f"{points(hand.score)} of 100, the right shape in {shape}, {angle}")
        lines.append(Text.assemble((f"{side:6}", "dim"), said))
    return [_heading("Your hands, scored apart"), _indented(*lines)]


def _moments(report: SessionReport) -> list[RenderableType]:
    lines: list[RenderableType] = []
    if report.best_moment is not None:
        lines.append(Text.assemble(("Best half second   ", "dim"), words.moment(report.best_moment)))
    if report.worst_moment is not None:
        lines.append(Text.assemble(("Hardest            ", "dim"), words.moment(report.worst_moment)))
    counts = report.distribution.model_dump()
    line = Text.assemble(("Half seconds       ", "dim"))
    for name, count in counts.items():
        line.append(f"{count} {name}", _GRADE_STYLES[name] if count else "dim").append("   ")
    if any(counts.values()):
        line.rstrip()
        lines.append(line)
    return [Padding(Group(*lines), (1, 2, 0, 2))] if lines else []


def _warnings(warnings: Iterable[str]) -> list[RenderableType]:
    return _bullets("Please note", "!", "yellow", warnings)


def _footer(report: SessionReport) -> list[RenderableType]:
    lines = []
    if report.summary_source != "rules":
        lines.append(Text("Worded by the AI coach; its numbers and limbs were checked against yours.", style="dim"))
    elif words.is_danced(report):
        lines.append(Text("Worded by rules. A model can word it more warmly: kdance ai on", style="dim"))
    if (part := loops.hardest(report)) is not None:
        again = f"kdance train {shlex.quote(words.plain(report.reference))} {part}"
        lines.append(Text.assemble("Loop the hardest part: ", (again, "bold")))
    lines.append(Text.assemble("See it again: ", (f"kdance report {words.plain(report.session_id)}", "bold")))
    return [Padding(Group(*lines), (1, 2, 0, 2))]
