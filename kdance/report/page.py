"""A finished session as one HTML page that needs nothing beside it: no network, no scripts, no fonts.

Everything in it goes through Jinja2's escaping; drawings are numbers that the template puts into SVG. So neither the
name of a reference nor a sentence of a model can become a part of the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from kdance.motion import scoring
from kdance.report import charts, figures
from kdance.review.earlier import Past
from kdance.review.findings import Findings, find
from kdance.review.loops import repeated
from kdance.review.record import SessionReport
from kdance.review.stills import Still
from kdance.words import loops, mistakes, numbers
from kdance.words import report as words
from kdance.words.phrases import Phrases

MOST_PAST: Final = 24
"""Sessions in the line of progress; dots nearer to each other can't be told apart on a phone."""
MOST_SAID: Final = 40
MOST_ROWS: Final = 10
"""Faults below the timeline; more hide the first."""
_RING: Final = 100.0


@dataclass(frozen=True, slots=True)
class PageParts:
    """What the page shows beside the report itself.

    Attributes:
        stills: Of the faults, the most important first.
        worst: The hardest half second; ``None`` where there is none to see.
        past: The session in the line of its earlier ones, itself last; see :func:`kdance.review.earlier.line_up`.
        error_band: Degrees of error that need no word.
    """

    stills: Sequence[Still] = ()
    worst: Still | None = None
    past: Sequence[Past] = ()
    error_band: float = 15.0


def render_page(report: SessionReport, phrases: Phrases, parts: PageParts) -> str:
    """The page, as UTF-8 text to be written into a file.

    Args:
        report: The session. Its own sentences stay in the language they were written in.
        phrases: The language of all else.
        parts: What is shown beside it.
    """
    findings = find(report)
    danced = words.is_danced(report)
    has_score = report.average_similarity is not None
    return _template().render(
        t=phrases.text,
        lang=phrases.language,
        plain=words.plain,
        r=report,
        name=words.plain(report.reference),
        when=words.date(report.started_at, phrases),
        head=_head(report, phrases),
        timing=words.timing(report, findings, phrases),
        timeline=_timeline(report, findings, phrases) if has_score else None,
        sections=_sections(report, findings, phrases) if has_score else (),
        counted=report.counts is not None,
        figure=_figure(report, findings, parts.error_band, phrases) if has_score and danced else None,
        stills=_stills(report, parts, phrases),
        rounds=_rounds(report, phrases) if has_score else (),
        progress=_progress(parts.past[-MOST_PAST:], phrases),
        said=_said(report),
        loop=loops.loop_command(report),
        replay=f"kdance replay {words.plain(report.session_id)}",
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("kdance.report", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html")


def look_of(score: float | None) -> str:
    """The class of a score's colour; the number always stands beside it."""
    if score is None:
        return "unknown"
    return {"perfect": "right", "great": "right", "good": "nearly", "ok": "nearly", "miss": "wrong"}[
        scoring.grade(score)
    ]


def _head(report: SessionReport, phrases: Phrases) -> dict[str, Any]:
    """The score in its ring, what it is made of, and how the dance was danced."""
    score = report.average_similarity
    how = f"{report.mode}_mirrored" if report.mirrored else report.mode
    time = numbers.minutes(report.total_duration)
    speed = f"{report.speed:g}"
    named = (
        (phrases.text("report.bar.poses"), report.average_pose_score),
        (phrases.text("report.bar.motion"), report.average_motion_score),
        *((phrases.text(f"report.page.group.{name}"), value) for name, value in report.groups.items()),
    )
    return {
        "score": None if score is None else numbers.points(score),
        "ring": 0.0 if score is None else round(_RING * score, 1),
        "look": look_of(score),
        "grade": "" if score is None or report.verdict == "too_short" else words.grade(score, phrases),
        "no_score": words.no_score(report, phrases) if score is None else "",
        "danced": phrases.text("report.danced", time=time)
        if report.speed == 1
        else phrases.text("report.danced_at_speed", time=time, speed=speed),
        "mode": phrases.text(f"report.mode.{how}"),
        "ending": words.ending(report, phrases),
        "bars": [(label, numbers.points(value), look_of(value)) for label, value in named if value is not None],
        "in_view": words.percent(report.coverage, phrases),
    }


def _timeline(report: SessionReport, findings: Findings, phrases: Phrases) -> dict[str, Any] | None:
    """The score through the dance, with what was wrong below it."""
    chart = charts.timeline(report)
    if chart is None:
        return None
    start, end = charts.span_of(report)
    rows = [
        (
            mistakes.fault_name(fault, phrases),
            figures.limb_look(fault.degrees, 0.0),
            charts.marks(report, [(span.start, span.end) for span in fault.spans]),
        )
        for fault in findings.faults[:MOST_ROWS]
    ]
    breaks = charts.marks(report, [(found.start, found.end) for found in report.breaks])
    numbered = [loops.eights(section.start, section.end, report.counts) for section in report.sections]
    step = max(1, len(numbered) // 12)  # more numbers than this don't fit beside each other on a phone
    return {
        "chart": chart,
        "start": numbers.minutes(start),
        "end": numbers.minutes(end),
        "eights": [
            (mark, number if index % step == 0 else "")
            for index, (mark, number) in enumerate(zip(chart.eights, numbered, strict=True))
        ],
        "rows": rows,
        "breaks": breaks,
        "late": _late_curve(report, findings, phrases),
    }


def _late_curve(report: SessionReport, findings: Findings, phrases: Phrases) -> dict[str, Any] | None:
    """How late each moment was, where it is not the same throughout: else the sentences say all."""
    if not findings.late_stretches or not words.is_danced(report):
        return None
    curve = charts.late_curve(report, findings.level_ms)
    if curve is None:
        return None
    return {"lines": curve.lines, "reach": words.seconds(curve.reach_ms, phrases)}


def _sections(report: SessionReport, findings: Findings, phrases: Phrases) -> list[dict[str, Any]]:
    """Every 8-count or section with its score, its worst joint and its timing."""
    danced = words.is_danced(report)
    rows = []
    for section in report.sections:
        late = None if not danced or section.offset_ms is None else section.offset_ms - findings.level_ms
        rows.append(
            {
                "number": loops.eights(section.start, section.end, report.counts, phrases),
                "time": numbers.clock(section, phrases),
                "points": None if section.score is None else numbers.points(section.score),
                "look": look_of(section.score),
                "worst": words.joint(section.worst_joint, phrases) if section.worst_joint and danced else "",
                "timing": words.lateness(late, phrases) if section.score is not None else "",
            }
        )
    return rows


def _figure(report: SessionReport, findings: Findings, error_band: float, phrases: Phrases) -> dict[str, Any]:
    """The limbs on a body, and beside it how each was wrong."""
    lines = figures.figure_lines(report, error_band)
    looks = {line.name: line.look for line in lines}
    rows = []
    for kind in ("shoulder", "elbow", "hip", "knee"):
        sides = []
        for side in ("right", "left"):  # as they lie on the body that faces the reader
            joint = report.joints[f"{side}_{kind}"]
            error = "" if joint.mean_error_deg is None else f"{joint.mean_error_deg:.0f}°"
            told = [
                mistakes.fault_place(fault, phrases) for fault in findings.faults if fault.joint == f"{side}_{kind}"
            ]
            sides.append((error, told or [words.direction(f"{side}_{kind}", joint, phrases)], looks[f"{side}_{kind}"]))
        rows.append((phrases.text(f"report.limb.{kind}"), sides))
    size = figures.FIGURE_SIZE
    return {"lines": lines, "rows": rows, "box": f"0 0 {size[0]} {size[1]}"}


def _stills(report: SessionReport, parts: PageParts, phrases: Phrases) -> list[dict[str, Any]]:
    """The faults and the hardest moment, both bodies beside each other."""
    shown = []
    for still in parts.stills:
        assert still.fault is not None
        shown.append((still, mistakes.fault_area(still.fault, phrases), False))
    if parts.worst is not None and report.worst_moment is not None and words.is_danced(report):
        told = words.moment(report.worst_moment, phrases)
        shown.append((parts.worst, f"{phrases.text('report.moment.worst')}: {told}", True))
    return [
        {
            "drawing": figures.draw_still(still, parts.error_band),
            "title": title,
            "time": numbers.minutes(still.time),
            "angles": still_angles(still, phrases),
            "whole": whole,
        }
        for still, title, whole in shown
    ]


def still_angles(still: Still, phrases: Phrases) -> str:
    """``teacher 171°, you 142°``; nothing for a still that is shown as a whole."""
    if still.reference_angle is None or still.user_angle is None or still.fault is None:
        return ""
    joint = words.joint(still.fault.joint, phrases)
    teacher, you = round(still.reference_angle), round(still.user_angle)
    return phrases.text("report.page.angles", joint=joint, reference=teacher, user=you)


def _rounds(report: SessionReport, phrases: Phrases) -> list[dict[str, Any]]:
    """What was danced more than once."""
    return [
        {
            "where": loops.stretch(runs[0], report.counts, phrases),
            "runs": [(numbers.points(run.score), look_of(run.score), f"{run.speed:g}") for run in runs[-12:]],
            "told": loops.progress(runs, phrases),
        }
        for runs in repeated(report)[:5]
    ]


def _progress(past: Sequence[Past], phrases: Phrases) -> dict[str, Any] | None:
    """The scores of this dance until now; ``None`` for a first time."""
    if len(past) < 2:
        return None
    scores = [session.score for session in past]
    first, last, best = numbers.points(scores[0]), numbers.points(scores[-1]), numbers.points(max(scores))
    spots = charts.progress_line(scores)
    return {
        "points": " ".join(f"{x:g},{y:g}" for x, y in spots),
        "dots": [
            (x, y, numbers.points(session.score), look_of(session.score), words.date(session.started_at, phrases))
            for (x, y), session in zip(spots, past, strict=True)
        ],
        "first": words.date(past[0].started_at, phrases),
        "last": words.date(past[-1].started_at, phrases),
        "told": phrases.text("report.page.progress_told", count=len(past), first=first, last=last, best=best),
    }


def _said(report: SessionReport) -> list[tuple[str, str, bool]]:
    """What the coach said, and when in the take."""
    return [
        (numbers.minutes(record.timestamp), words.plain(record.feedback_text), record.is_positive)
        for record in report.detailed_feedback[:MOST_SAID]
    ]
