"""A finished session as the dancer sees it: one screen, the most important first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.constrain import Constrain
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from kdance.motion.gaps import share_within
from kdance.report.headline import Headline
from kdance.report.shapes import LatenessStrip, ScoreBar, ScoreStrip, emphasised, score_style
from kdance.review.findings import IN_VIDEO, Findings, find
from kdance.review.lateness import lateness_by_place
from kdance.review.loops import repeated
from kdance.review.record import Section, SessionReport
from kdance.words import loops
from kdance.words import report as words
from kdance.words.numbers import clock, points
from kdance.words.phrases import Phrases

MAX_WIDTH: Final = 120  # wider lines are hard to read
TWO_COLUMNS: Final = 100  # from this width strengths and advice stand side by side
TABLE_WIDTH: Final = 88  # a bar far longer than its number is hard to follow
MAX_STRETCHES: Final = 5  # practised over and over; the most often repeated
MAX_RUNS: Final = 12  # the newest of a stretch
MAX_SECTIONS: Final = 10  # rows of the table; a whole song has forty eight-counts

SIDE_BY_SIDE: Final = 68  # from this width the limbs of both sides stand in one row
NO_BARS: Final = 56  # below this width the sections have no bars: what they draw stands beside them as a number

SIDES: Final = ("left", "right")
_LIMBS: Final = {"shoulder": "arms", "elbow": "arms", "hip": "legs", "knee": "legs"}
_MOSTLY: Final = 0.5  # share of a section that has to be missing in the video for it to be called so
_GRADE_STYLES: Final = {"perfect": "green", "great": "green", "good": "yellow", "ok": "yellow", "miss": "red"}


def render_report(report: SessionReport, phrases: Phrases) -> RenderableType:
    """A finished session for a terminal of 80 columns or more.

    Where nothing was measured it says so in a sentence; there are no empty tables. Its summary, its warnings and all
    else that is words in the record stay in the language they were written in.
    """
    measured, findings = report.average_similarity is not None, find(report)
    parts: list[RenderableType] = [Headline(report, phrases), *_timing(report, findings, phrases)]
    parts += [*_prose(report.session_summary), _Advice(report, phrases)]
    if measured:
        parts += [*_sections(report, findings, phrases), *_runs(report, phrases)]
        if words.is_danced(report):  # of another dance no limb can be called wrong
            parts += [*_joints(report, phrases), *_hands(report, phrases), *_moments(report, phrases)]
    parts += _bullets(phrases.text("report.heading.warnings"), "!", "yellow", report.warnings)
    return Constrain(Group(*parts, _footer(report, phrases)), MAX_WIDTH)


class _Advice:
    """Strengths, what to improve and insights: side by side where there is room."""

    def __init__(self, report: SessionReport, phrases: Phrases) -> None:
        self.report = report
        self.phrases = phrases

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        report, phrases = self.report, self.phrases
        good = _bullets(phrases.text("report.heading.strengths"), "+", "green", report.strengths)
        better = _bullets(phrases.text("report.heading.areas"), ">", "yellow", report.improvement_areas)
        if good and better and options.max_width >= TWO_COLUMNS:
            columns = Table.grid(padding=(0, 2), expand=True)
            columns.add_column(ratio=1)
            columns.add_column(ratio=1)
            columns.add_row(Group(*good), Group(*better))
            yield columns
        else:
            yield from (*good, *better)
        yield from _bullets(phrases.text("report.heading.insights"), "-", "cyan", report.key_insights)


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


def _timing(report: SessionReport, findings: Findings, phrases: Phrases) -> list[RenderableType]:
    said = words.timing(report, findings, phrases)
    if not said:
        return []
    label = (phrases.text("report.timing.label"), "bold")
    return [Padding(Text.assemble(label, "  ", " ".join(said)), (1, 2, 0, 2))]


def _sections(report: SessionReport, findings: Findings, phrases: Phrases) -> list[RenderableType]:
    sections = report.sections
    if not sections:
        return []
    strip = ScoreStrip([section.score for section in sections], sections[0].start, sections[-1].end)
    shown, heading = _weakest(sections, phrases, counted=report.counts is not None)
    return [
        _heading(phrases.text("report.heading.dance")),
        _indented(strip, *_lateness(report, findings, phrases)),
        _heading(heading),
        Constrain(_indented(_SectionTable(shown, report, findings, phrases)), TABLE_WIDTH),
    ]


def _lateness(report: SessionReport, findings: Findings, phrases: Phrases) -> list[RenderableType]:
    """Where in the dance it came late, and where early; nothing where the sentences say all."""
    if not findings.late_stretches or not words.is_danced(report):
        return []
    edges = [section.start for section in report.sections] + [report.sections[-1].end]
    late = [None if value is None else value - findings.level_ms for value in lateness_by_place(report.timeline)]
    return [
        LatenessStrip(late, sign, edges, phrases.text(f"report.strip.{name}"))
        for name, sign in (("late", 1), ("early", -1))
        if any(value is not None and sign * value >= words.ON_TIME_MS for value in late)
    ]


@dataclass(frozen=True, slots=True)
class _SectionTable:
    """Some sections of a report, a row each; on a narrow terminal without bars."""

    shown: list[Section]
    report: SessionReport
    findings: Findings
    phrases: Phrases

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        report, phrases, has_bars = self.report, self.phrases, options.max_width >= NO_BARS
        table = Table(
            box=None, padding=(0, 2 if has_bars else 1, 0, 0), show_edge=False, header_style="dim", expand=has_bars
        )
        counted = any(loops.eights(section.start, section.end, report.counts) for section in report.sections)
        if counted:
            table.add_column(phrases.text("report.column.eight"), no_wrap=has_bars)
        table.add_column(phrases.text("report.column.time"), no_wrap=True)
        if has_bars:
            table.add_column("", ratio=1, min_width=12)
        table.add_column(phrases.text("report.column.score"), justify="right", no_wrap=True)
        table.add_column(phrases.text("report.column.worst"), no_wrap=has_bars)
        table.add_column(phrases.text("report.column.timing"), no_wrap=has_bars)
        for section in self.shown:
            name = loops.eights(section.start, section.end, report.counts, phrases)
            bar = [ScoreBar(section.score)] if has_bars else []
            table.add_row(*([name] if counted else []), clock(section, phrases), *bar, *self._said(section))
        yield table

    def _said(self, section: Section) -> tuple[Text, str, str]:
        """The score, the worst limb or why there is none, the timing."""
        report, phrases = self.report, self.phrases
        seen = section.score is not None
        score = Text(str(points(section.score)) if seen else "-", style=score_style(section.score))
        worst = words.joint(section.worst_joint, phrases) if section.worst_joint else "-"
        if not seen:
            unseen = [
                row.reference_time for row in report.timeline if row.reference_time and row.combined_score is None
            ]
            missing = "not_seen" if any(section.start < time <= section.end for time in unseen) else "not_danced"
            if share_within(section.start, section.end, report.in_video.missing) > _MOSTLY:
                missing = "not_in_video"
            worst = phrases.text(f"report.section.{missing}")
        late = words.section_lateness(section, self.findings, phrases) if words.is_danced(report) else ""
        return score, worst, late


def _weakest(sections: tuple[Section, ...], phrases: Phrases, *, counted: bool) -> tuple[list[Section], str]:
    """The sections worth a row, in the order of the dance, and what they are."""
    name = "eights" if counted else "sections"
    title = phrases.text(f"report.heading.{name}")
    scored = sorted((section.score, section.index) for section in sections if section.score is not None)
    if len(sections) <= MAX_SECTIONS:
        return list(sections), title
    if len(scored) <= MAX_SECTIONS:  # the rest of the song was not danced
        return [section for section in sections if section.score is not None], title
    weakest = {index for _, index in scored[:MAX_SECTIONS]}
    chosen = [section for section in sections if section.index in weakest]
    return chosen, phrases.text(f"report.heading.weakest_{name}", count=len(chosen), total=len(scored))


def _runs(report: SessionReport, phrases: Phrases) -> list[RenderableType]:
    """What was danced more than once: did it get better?"""
    stretches = repeated(report)[:MAX_STRETCHES]
    if not stretches:
        return []
    lines = []
    for runs in stretches:
        line = Text.assemble((f"{loops.stretch(runs[0], report.counts, phrases)}  ", "dim"))
        for run in runs[-MAX_RUNS:]:
            number = said = str(points(run.score))
            if run.speed != report.speed:
                said = phrases.text("report.round.at_speed", points=number, speed=f"{run.speed:g}")
            line.append_text(emphasised(said, number, score_style(run.score), rest="dim")).append(", ")
        line.right_crop(2)
        if progress := loops.progress(runs, phrases):
            line.append(f"  {progress}", "dim")
        lines.append(line)
    return [_heading(phrases.text("report.heading.rounds")), _indented(*lines)]


class _Joints:
    """The limbs with their errors: left and right side by side, for a learner compares the two; else a limb a row."""

    def __init__(self, report: SessionReport, phrases: Phrases) -> None:
        self.report = report
        self.phrases = phrases

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self._beside() if options.max_width >= SIDE_BY_SIDE else self._below()

    def _beside(self) -> Table:
        phrases = self.phrases
        table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
        table.add_column(phrases.text("report.column.error"))
        for side in SIDES:
            table.add_column(phrases.text(f"report.column.{side}"), justify="right", no_wrap=True)
            table.add_column("", min_width=18, no_wrap=True)
        for name in self._shown():
            cells = [cell for side in SIDES for cell in self._cells(f"{side}_{name}")]
            table.add_row(phrases.text(f"report.limb.{name}"), *cells)
        return table

    def _below(self) -> Table:
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        table.add_column(overflow="fold")
        for joint in (f"{side}_{name}" for name in self._shown() for side in SIDES):
            table.add_row(words.joint(joint, self.phrases), *self._cells(joint))
        return table

    def _shown(self) -> list[str]:
        """Without what the reference doesn't show."""
        return [name for name, limbs in _LIMBS.items() if limbs not in self.report.not_in_reference]

    def _cells(self, joint: str) -> tuple[str, Text]:
        error = self.report.joints[joint]
        shown = self.report.in_video.joints.get(joint, 1.0) >= IN_VIDEO
        said = words.direction(joint, error, self.phrases, in_video=shown)
        degrees = "" if error.mean_error_deg is None else f"{error.mean_error_deg:.0f}°"
        return degrees, Text(said, style="yellow" if words.is_off(error) else "dim")


def _joints(report: SessionReport, phrases: Phrases) -> list[RenderableType]:
    parts: list[RenderableType] = [*_groups(report, phrases), _Joints(report, phrases)]
    return [_heading(phrases.text("report.heading.joints")), _indented(*parts)]


def _groups(report: SessionReport, phrases: Phrases) -> list[Text]:
    """The score of arms, legs, trunk and hands, each by itself, in one line."""
    told = [
        Text(phrases.text(f"report.group.{name}", points=points(score)), style=score_style(score))
        for name, score in report.groups.items()
        if score is not None
    ]
    return [Text("   ").join(told)] if told else []


def _labelled(gap: int) -> Table:
    """Lines that begin with a label each, the rest below each other."""
    lines = Table.grid(padding=(0, gap))
    lines.add_column(style="dim", no_wrap=True)
    lines.add_column()
    return lines


def _hands(report: SessionReport, phrases: Phrases) -> list[RenderableType]:
    if report.hands is None:
        return []
    lines = _labelled(gap=1)
    for side, hand in (("left", report.hands.left), ("right", report.hands.right)):
        if hand.score is None or hand.shape_agreement is None or hand.direction_error_deg is None:
            said = Text(phrases.text("report.hand.unseen"), style="dim")
        else:
            share, degrees = words.percent(hand.shape_agreement, phrases), f"{hand.direction_error_deg:.0f}"
            said = Text(phrases.text("report.hand.scored", points=points(hand.score), share=share, degrees=degrees))
        lines.add_row(phrases.text(f"report.column.{side}"), said)
    share = words.percent(report.hands.weight, phrases)
    heading = phrases.text(
        "report.heading.hands_counted" if report.hands.weight else "report.heading.hands", share=share
    )
    return [_heading(heading), _indented(lines)]


def _moments(report: SessionReport, phrases: Phrases) -> list[RenderableType]:
    lines = _labelled(gap=3)
    best, worst = report.best_moment, report.worst_moment
    if best is not None and worst is not None and points(best.combined_score) == points(worst.combined_score):
        worst = None  # nothing was harder than anything else
    for name, moment in (("best", best), ("worst", worst)):
        if moment is not None:
            lines.add_row(phrases.text(f"report.moment.{name}"), words.moment(moment, phrases))
    counts: dict[str, int] = report.distribution.model_dump()
    if any(counts.values()):
        line = Text("   ").join(
            Text(phrases.text(f"report.moment.{name}", count=count), style=_GRADE_STYLES[name] if count else "dim")
            for name, count in counts.items()
        )
        lines.add_row(phrases.text("report.moment.all"), line)
    return [Padding(lines, (1, 2, 0, 2))] if lines.row_count else []


def _footer(report: SessionReport, phrases: Phrases) -> RenderableType:
    lines = []
    if report.summary_source != "rules":
        lines.append(Text(phrases.text("report.footer.by_ai"), style="dim"))
    elif words.is_danced(report):
        lines.append(Text(phrases.text("report.footer.by_rules", command="kdance ai on"), style="dim"))
    if (loop := loops.loop_command(report)) is not None:
        lines.append(emphasised(phrases.text("report.footer.loop", command=loop), loop))
    if words.is_danced(report):
        watch = f"kdance replay {words.plain(report.session_id)}"
        lines.append(emphasised(phrases.text("report.footer.watch", command=watch), watch))
    again = f"kdance report {words.plain(report.session_id)}"
    lines.append(emphasised(phrases.text("report.footer.again", command=again), again))
    return Padding(Group(*lines), (1, 2, 0, 2))
