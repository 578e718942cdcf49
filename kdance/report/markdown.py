"""A finished session as Markdown: for notes, a wiki or a message to a teacher."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from kdance.report.page import still_angles
from kdance.review.findings import find
from kdance.review.record import SessionReport
from kdance.review.stills import Still
from kdance.words import loops, mistakes
from kdance.words import report as words
from kdance.words.numbers import clock, points
from kdance.words.phrases import Phrases

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#|~])")


def to_markdown(report: SessionReport, phrases: Phrases, stills: Sequence[Still] = ()) -> str:
    """The report as Markdown, with a line break at the end.

    Args:
        report: The session. Its own sentences stay in the language they were written in.
        phrases: The language of all else.
        stills: Its faults with their angles.
    """
    score, findings = report.average_similarity, find(report)
    said = words.no_score(report, phrases)
    if score is not None:
        grade = "" if report.verdict == "too_short" else f" {words.grade(score, phrases)}"
        said = f"**{points(score)}** {phrases.text('report.of_100')}{grade}"
    parts = [
        f"# {_plain(report.reference)}",
        words.date(report.started_at, phrases),
        said,
        _plain(report.session_summary),
        " ".join(words.timing(report, findings, phrases)),
        *_list("strengths", report.strengths, phrases),
        *_list("areas", report.improvement_areas, phrases),
        *_list("insights", report.key_insights, phrases),
        *_list("warnings", report.warnings, phrases),
    ]
    if score is not None:
        parts += [*_groups(report, phrases), *_sections(report, phrases), *_stills(stills, phrases)]
    return "\n\n".join(part for part in parts if part.strip()) + "\n"


def _plain(text: str) -> str:
    """Text in which nothing is a sign of Markdown's or HTML's."""
    return _SPECIAL.sub(r"\\\1", words.plain(text))


def _list(name: str, lines: Sequence[str], phrases: Phrases) -> list[str]:
    if not lines:
        return []
    return [f"## {phrases.text(f'report.heading.{name}')}", "\n".join(f"- {_plain(line)}" for line in lines)]


def _groups(report: SessionReport, phrases: Phrases) -> list[str]:
    told = [
        phrases.text(f"report.group.{name}", points=points(score))
        for name, score in report.groups.items()
        if score is not None
    ]
    return [", ".join(told)] if told else []


def _sections(report: SessionReport, phrases: Phrases) -> list[str]:
    if not report.sections:
        return []
    counted, danced, findings = report.counts is not None, words.is_danced(report), find(report)
    columns = (["eight"] if counted else []) + ["time", "score", "worst", "timing"]
    lines = [[phrases.text(f"report.column.{name}") for name in columns], ["---"] * len(columns)]
    for section in report.sections:
        late = None if not danced or section.offset_ms is None else section.offset_ms - findings.level_ms
        number = [loops.eights(section.start, section.end, report.counts, phrases)] if counted else []
        worst = words.joint(section.worst_joint, phrases) if section.worst_joint and danced else ""
        score = "-" if section.score is None else str(points(section.score))
        lines.append([*number, clock(section, phrases), score, worst, words.lateness(late, phrases)])
    heading = phrases.text(f"report.heading.{'eights' if counted else 'sections'}")
    return [f"## {heading}", "\n".join(f"| {' | '.join(map(_plain, line))} |" for line in lines)]


def _stills(stills: Sequence[Still], phrases: Phrases) -> list[str]:
    told = [
        f"- {_plain(mistakes.fault_area(still.fault, phrases))} **{still_angles(still, phrases)}**"
        for still in stills
        if still.fault is not None
    ]
    return [f"## {phrases.text('report.page.stills')}", "\n".join(told)] if told else []
