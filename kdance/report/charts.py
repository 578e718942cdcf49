"""Charts of a report as shapes in a box of 100 by 100, y down: the score through the dance, and over weeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kdance.review.record import SessionReport

GAP_S: Final = 1.6
"""Half seconds farther apart than this aren't joined by a line."""

LEAST_REACH_MS: Final = 300.0
"""Lateness at the edge of its chart, at least: what is on time must look so."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of the dance from ``left`` on, both in per cent of its length, with what it is called."""

    left: float
    width: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The score through the dance.

    Attributes:
        lines: The points of each unbroken line, as SVG's ``points`` takes them.
        areas: The same closed to the ground.
        eights: Where each section lies.
        best: Per cent from the left of the best half second, and from the top; ``None`` for none.
        worst: The same of the worst one.
    """

    lines: tuple[str, ...]
    areas: tuple[str, ...]
    eights: tuple[Mark, ...]
    best: tuple[float, float] | None
    worst: tuple[float, float] | None


def timeline(report: SessionReport) -> Timeline | None:
    """The timeline of a report over the song, each run a line; ``None`` where nothing was scored."""
    scored = [
        (row.reference_time, row.combined_score)
        for row in report.timeline
        if row.reference_time is not None and row.combined_score is not None
    ]
    if not scored:
        return None
    start, end = _span(report, [moment for moment, _ in scored])
    lines: list[list[tuple[float, float]]] = [[]]
    before = scored[0][0]
    for moment, score in scored:
        if not 0 <= moment - before <= GAP_S:
            lines.append([])
        lines[-1].append((_share(moment, start, end), 100 * (1 - score)))
        before = moment
    moments = [
        None
        if found is None
        else (_share(found.reference_time, start, end), round(100 * (1 - found.combined_score), 2))
        for found in (report.best_moment, report.worst_moment)
    ]
    return Timeline(
        lines=tuple(_points(line) for line in lines),
        areas=tuple(_points([(line[0][0], 100.0), *line, (line[-1][0], 100.0)]) for line in lines),
        eights=tuple(
            Mark(_share(section.start, start, end), round(100 * (section.end - section.start) / (end - start), 3))
            for section in report.sections
        ),
        best=moments[0],
        worst=moments[1],
    )


@dataclass(frozen=True, slots=True)
class LateCurve:
    """Lateness through the dance, late above, on time in the middle.

    Attributes:
        lines: The points of each unbroken line, as SVG's ``points`` takes them.
        reach_ms: What lies at the upper edge; the lower one is as early.
    """

    lines: tuple[str, ...]
    reach_ms: float


def late_curve(report: SessionReport, level_ms: float) -> LateCurve | None:
    """The lateness of each half second of a run, where it is known; ``None`` where it never is.

    Args:
        report: The session.
        level_ms: What counts as on time: the delay of camera and screen.
    """
    known = [
        (row.reference_time, row.offset_ms - level_ms)
        for row in report.timeline
        if row.reference_time is not None and row.offset_ms is not None
    ]
    if not known:
        return None
    start, end = span_of(report)
    reach = max(LEAST_REACH_MS, *(abs(late) for _, late in known))
    lines: list[list[tuple[float, float]]] = [[]]
    before = known[0][0]
    for moment, late in known:
        if not 0 <= moment - before <= GAP_S:
            lines.append([])
        lines[-1].append((_share(moment, start, end), 50 - 50 * late / reach))
        before = moment
    return LateCurve(tuple(_points(line) for line in lines if len(line) > 1), reach)


def marks(report: SessionReport, spans: Sequence[tuple[float, float]]) -> tuple[Mark, ...]:
    """Where something lies in the timeline of a report."""
    scored = [row.reference_time for row in report.timeline if row.reference_time is not None]
    if not scored:
        return ()
    start, end = _span(report, scored)
    return tuple(
        Mark(_share(first, start, end), max(round(100 * (last - first) / (end - start), 3), 0.8))
        for first, last in spans
    )


def progress_line(scores: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """Points of one score 0..1 after the other, evenly apart from the left to the right edge."""
    step = 100 / max(len(scores) - 1, 1)
    return tuple((round(index * step, 2), round(100 * (1 - score), 2)) for index, score in enumerate(scores))


def span_of(report: SessionReport) -> tuple[float, float]:
    """The seconds of the song at both ends of a report's timeline."""
    return _span(report, [row.reference_time for row in report.timeline if row.reference_time is not None])


def _span(report: SessionReport, moments: list[float]) -> tuple[float, float]:
    starts = [section.start for section in report.sections] + moments
    ends = [section.end for section in report.sections] + moments
    start, end = min(starts, default=0.0), max(ends, default=0.0)
    return start, max(end, start + 1.0)


def _share(moment: float, start: float, end: float) -> float:
    return round(100 * min(max((moment - start) / (end - start), 0.0), 1.0), 3)


def _points(line: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:.2f}" for x, y in line)
