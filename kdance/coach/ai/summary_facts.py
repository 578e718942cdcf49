"""What a model is told of a whole session, and what it may then say about it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from kdance.coach.ai.checks import Truth, correction
from kdance.coach.ai.figures import Figures, clock_times
from kdance.coach.ai.prompts import WRONG
from kdance.pose import joints_of
from kdance.review.findings import Fault, Findings, accurate_limbs, both_sides, halves
from kdance.review.lateness import LateStretch, Span
from kdance.review.record import Measurements, Section, SessionReport, SessionSummary, Warnings
from kdance.words.correction_counts import count_corrections
from kdance.words.numbers import clock, minutes

MAX_CUES: Final = 12
"""Sentences of the coach that the model is told, the most frequent ones; each with how often."""

_NEAR_S: Final = 2.0
"""A place in the song belongs to a fault this near, as spans are joined."""

_BREAKS: Final = frozenset({"standing_still", "wrong_dance"})
_ROWS: Final = frozenset({"timeline", "sections", "faults", "breaks", "joints", "warnings", "verdict", "strictness"})
"""What is not simply a number for the whole session."""


@dataclass(frozen=True, slots=True)
class SummaryFacts:
    """A session's facts, told and to be held against.

    Attributes:
        told: What the model gets, ready for JSON.
        said_by_rules: The sentences of the summary by rules, which the model is told as well.
        has_areas: Whether there is anything to improve.
        truth: What may be said of the session as a whole.
        sections: What was measured in each section.
        findings: What it amounts to.
    """

    told: Mapping[str, Any]
    said_by_rules: frozenset[str]
    has_areas: bool
    truth: Truth
    sections: tuple[Section, ...]
    findings: Findings

    def truth_in(self, sentence: str) -> Truth:
        """What may be said in a sentence: where it names places in the song, what was measured there."""
        places = clock_times(sentence)
        if not places:
            sections = [section for section in (self.findings.best, self.findings.worst) if section is not None]
            return replace(self.truth, figures=self.truth.figures + _section_figures(sections))
        there = [row for row in self.sections if any(row.start - 1 <= at <= row.end + 1 for at in places)]
        faults = tuple(fault for fault in self.findings.faults if _is_at(fault.spans, places))
        breaks = [found for found in self.findings.breaks if _is_at((Span(found.start, found.end),), places)]
        late = [stretch for stretch in self.findings.late_stretches if _is_at((stretch.span,), places)]
        return replace(
            self.truth,
            wrong=_corrections(faults),
            topics=(self.truth.topics - _BREAKS) | _sides_of(late) | {found.kind for found in breaks},
            figures=self.truth.figures
            + _section_figures(there)
            + Figures(degrees=_degrees(faults), ms=tuple(stretch.milliseconds for stretch in late)),
        )


def summary_facts(report: SessionReport, findings: Findings, by_rules: SessionSummary) -> SummaryFacts:
    """Collect the facts of a session.

    Args:
        report: What was measured and said in it.
        findings: What that amounts to.
        by_rules: The summary by rules.
    """
    limbs, error = accurate_limbs(report, findings)
    return SummaryFacts(
        told=_told(report, findings, limbs, by_rules),
        said_by_rules=frozenset((*by_rules.key_insights, *by_rules.improvement_areas, *by_rules.strengths)),
        has_areas=bool(by_rules.improvement_areas),
        truth=Truth(
            wrong=_corrections(findings.faults),
            right=_joints_of(limbs),
            unseen=findings.unseen,
            topics=_topics(report, findings),
            praise=True,
            figures=_figures(report, findings) + Figures(degrees=(math.ceil(error),)),
            where=tuple(_where(findings)),
        ),
        sections=report.sections,
        findings=findings,
    )


def _told(
    report: SessionReport, findings: Findings, limbs: tuple[str, ...], by_rules: SessionSummary
) -> dict[str, Any]:
    said = Counter(record.feedback_text for record in report.detailed_feedback)
    # not the name, path and times of a whole report
    told = {*Measurements.model_fields, *Warnings.model_fields} - {"timeline", "sections", "faults", "breaks"}
    whole = report.model_dump(mode="json", include=told)
    sections = [
        {"at": clock(row), "points": _points(row.score), "late_ms": _rounded(row.offset_ms)}
        for row in report.sections
        if row.score is not None
    ]
    return {
        "measured_over_all": _short(whole),
        "sections": sections,
        "faults": [
            {
                "what": f"{fault.joint.replace('_', ' ')} {WRONG[correction(fault.joint, fault.degrees)[2]]}",
                "degrees": round(abs(fault.degrees)),
                "at": [clock(span) for span in fault.spans],
            }
            for fault in findings.faults
        ],
        "breaks": [
            {"what": found.kind.replace("_", " "), "at": clock(Span(found.start, found.end))}
            for found in findings.breaks
        ],
        "delays": [{"at": clock(late.span), "late_ms": round(late.milliseconds)} for late in findings.late_stretches],
        "forgiven_constant_lateness_ms": _rounded(findings.forgiven_ms),
        "own_constant_lateness_ms": _rounded(findings.late_ms),
        "accurate_limbs": list(limbs),
        "rarely_seen": list(findings.unseen),
        "tips_given": [{"text": text, "times": count} for text, count in said.most_common(MAX_CUES)],
        "number_of_tips": len(report.detailed_feedback),
        "best_moment": None if report.best_moment is None else minutes(report.best_moment.reference_time),
        "summary_by_rules": {
            "key_insights": by_rules.key_insights,
            "improvement_areas": by_rules.improvement_areas,
            "strengths": by_rules.strengths,
        },
    }


def _short(value: Any) -> Any:
    """Numbers with the digits that mean something."""
    if isinstance(value, float):
        return round(value, 2 if abs(value) < 10 else 1)
    if isinstance(value, dict):
        return {key: _short(item) for key, item in value.items()}
    return [_short(item) for item in value] if isinstance(value, list | tuple) else value


def _points(score: float | None) -> int | None:
    return None if score is None else round(100 * score)


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)


def _corrections(faults: tuple[Fault, ...]) -> frozenset[tuple[str, str, str]]:
    return frozenset(correction(fault.joint, fault.degrees) for fault in faults if fault.degrees)


def _where(findings: Findings) -> Iterator[tuple[str, float, float]]:
    """What was wrong from where to where, as in :class:`Truth`."""
    for fault in findings.faults:
        side, _, joint = fault.joint.partition("_")
        yield from ((f"{side} {joint}", span.start, span.end) for span in fault.spans)
    for stretch in findings.late_stretches:
        yield ("late" if stretch.milliseconds > 0 else "early"), stretch.span.start, stretch.span.end


def _joints_of(limbs: tuple[str, ...]) -> frozenset[tuple[str, str]]:
    """The joints of limbs such as ``left arm`` or ``legs``, as side and joint."""
    pairs = (joint.partition("_") for joint in joints_of(limbs))
    return frozenset((side, kind) for side, _, kind in pairs)


def _degrees(faults: tuple[Fault, ...]) -> tuple[float, ...]:
    """How wrong the joints were, each and both sides together."""
    return tuple(fault.degrees for fault in (*faults, *both_sides(faults)))


def _is_at(spans: tuple[Span, ...], places: list[int]) -> bool:
    return any(span.start - _NEAR_S <= at <= span.end + _NEAR_S for span in spans for at in places)


def _sides_of(stretches: Iterable[LateStretch]) -> frozenset[str]:
    return frozenset("late" if stretch.milliseconds > 0 else "early" for stretch in stretches)


def _topics(report: SessionReport, findings: Findings) -> frozenset[str]:
    topics = {*_sides_of(findings.late_stretches), *(found.kind for found in findings.breaks)}
    for milliseconds in (findings.forgiven_ms, findings.late_ms):
        if milliseconds is not None:
            topics.add("late" if milliseconds > 0 else "early")
    if report.timing.offset_ms is not None:
        topics.add("timing")
    if report.timing.tempo is not None:
        topics |= {"late", "early"}  # "faster" and "slower" are said of the tempo then
    if findings.unseen or report.coverage < 0.9:
        topics.add("unseen")
    return frozenset(topics)


def _section_figures(sections: list[Section]) -> Figures:
    return Figures(
        points=tuple(100 * row.score for row in sections if row.score is not None),
        ms=tuple(row.offset_ms for row in sections if row.offset_ms is not None),
    )


def _figures(report: SessionReport, findings: Findings) -> Figures:
    """Every number of the whole session by its unit, which its name tells."""
    found: dict[str, list[float]] = {name: [] for name in Figures.__dataclass_fields__}
    for name, value in _numbers(report.model_dump(mode="json", exclude=set(_ROWS))):
        found[_unit(name)].append(100 * value if _unit(name) in ("points", "percent") else value)
    for joint in report.joints.values():
        found["degrees"] += [value for value in (joint.mean_error_deg, joint.signed_error_deg) if value is not None]
    found["degrees"] += _degrees(findings.faults)
    found["ms"] += [stretch.milliseconds for stretch in findings.late_stretches]
    found["ms"] += [ms for ms in (findings.forgiven_ms, findings.late_ms) if ms is not None]
    if report.timing.tempo is not None:
        found["percent"].append(100 * abs(report.timing.tempo - 1))
    found["points"] += [100 * mean for mean in halves(report) or ()]
    found["clock"] += [at for row in report.sections for at in (row.start, row.end)]
    spans = [span for fault in findings.faults for span in fault.spans]
    spans += [stretch.span for stretch in findings.late_stretches]
    spans += [Span(row.start, row.end) for row in findings.breaks]
    found["clock"] += [at for span in spans for at in (span.start, span.end)]
    found["times"] += _how_often(report, findings)
    return Figures(**{name: tuple(values) for name, values in found.items()})


def _how_often(report: SessionReport, findings: Findings) -> Iterator[float]:
    feedback = report.detailed_feedback
    corrected = count_corrections(feedback, findings.unseen).total
    grades = report.distribution
    total = grades.perfect + grades.great + grades.good + grades.ok + grades.miss
    yield from (grades.perfect + grades.great, grades.perfect + grades.great + grades.good, total)
    yield from (len(feedback), corrected, len(feedback) - corrected, len(report.sections))
    yield from Counter(record.severity for record in feedback).values()
    yield from Counter(record.feedback_text for record in feedback).values()
    yield from Counter(joint for record in feedback for joint in record.focus_areas).values()


def _numbers(value: Any, name: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(value, bool):
        return
    if isinstance(value, int | float):
        yield name, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _numbers(item, key)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _numbers(item, name)


def _unit(name: str) -> str:
    """The unit of a field of the records, by the conventions of their names."""
    endings = {"_deg": "degrees", "_ms": "ms", "_counts": "counts", "coverage": "percent", "confidence": "percent"}
    endings |= {"score": "points", "similarity": "points", "agreement": "points", "duration": "seconds"}
    endings |= {"_time": "clock", "timestamp": "clock", "start": "clock", "end": "clock", "speed": "counts"}
    return next((unit for ending, unit in endings.items() if name.endswith(ending)), "times")
