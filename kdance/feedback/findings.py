"""What a session's measurements and feedback amount to, before any words: what was good, what was wrong, and where.

The summary by rules words these findings; an AI summary can be given them as its facts and be held against them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean, median_high, median_low
from typing import Final

from kdance.languages import merged_parts
from kdance.records import FeedbackRecord, Measurements, Section, TimelineRow, Verdict

UNEVEN: Final = 0.1
"""Between the best and the worst section, from which telling them apart helps."""

TOLD_MS: Final = 40.0
"""Constant lateness that is worth mentioning: a little over one frame of a webcam."""

DELAY_MS: Final = 150.0
"""How far a section must be off the rest of the dance to be called early or late, as for live cues."""

LEVEL_MS: Final = 60.0
"""Constant lateness below which a section's own lateness is told as it is: two frames of a webcam."""

SEEN: Final = 0.5
"""Share of the time a limb must be seen to be judged, of the time of the limb that is seen best."""

ERROR_BAND_DEG: Final = 15.0
"""Mean error that needs no word, in a take too short for sections."""

ACCURATE_DEG: Final = 12.0
"""Mean error of a limb that deserves a compliment."""

LIMBS: Final = {
    "left arm": ("left_shoulder", "left_elbow"),
    "right arm": ("right_shoulder", "right_elbow"),
    "left leg": ("left_hip", "left_knee"),
    "right leg": ("right_hip", "right_knee"),
}


ROW_S: Final = 0.5
"""Seconds a row of the timeline describes, up to its reference time."""

JOINED_S: Final = 2.0
"""A fault that rests for less than this many seconds goes on."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the reference, in seconds."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Fault:
    """A joint that was wrong in one direction.

    Attributes:
        joint: Its name.
        degrees: Mean signed error where it was wrong.
        spans: Where, in order; empty for the whole take.
    """

    joint: str
    degrees: float
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Delay:
    """A stretch that came early or late.

    Attributes:
        milliseconds: How late (positive) or early.
        relative: Whether that is against the rest of the dance and not against the clock.
        span: Where.
    """

    milliseconds: float
    relative: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Findings:
    """What there is to say about a take.

    Attributes:
        verdict: What kind of take it was.
        unseen: Limbs seen too rarely to judge ("left arm", "legs").
        best: The best section; ``worst`` likewise, ``None`` where all are about as good.
        faults: Worst first.
        forgiven_ms: Constant lateness that costs nothing; ``None`` where there is none worth telling.
        late_ms: Lateness throughout that is the dancer's own.
        delays: Sections that came early or late, in order.
        frequent_cue: The correction given most often and how often; ``frequent_joint`` the joint, where no sentence
            came twice.
        corrections: How many corrections were given.
    """

    verdict: Verdict
    unseen: tuple[str, ...]
    best: Section | None
    worst: Section | None
    faults: tuple[Fault, ...]
    forgiven_ms: float | None
    late_ms: float | None
    delays: tuple[Delay, ...]
    frequent_cue: tuple[str, int] | None
    frequent_joint: tuple[str, int] | None
    corrections: int


def find(measurements: Measurements, feedback: tuple[FeedbackRecord, ...]) -> Findings:
    """Draw the findings from all measurements and everything the coach said."""
    counted = Counter(record.feedback_text for record in feedback if not record.is_positive)
    joints = Counter(joint for record in feedback if not record.is_positive for joint in record.focus_areas)
    scored = [section for section in measurements.sections if section.score is not None]
    best = max(scored, key=_score, default=None)
    worst = min(scored, key=_score, default=None)
    if best is None or worst is None or _score(best) - _score(worst) < UNEVEN:
        worst = None
    forgiven_ms, late_ms = _constant_lateness(measurements)
    return Findings(
        verdict=measurements.verdict,
        unseen=_unseen(measurements),
        best=best,
        worst=worst,
        faults=_faults(measurements),
        forgiven_ms=forgiven_ms,
        late_ms=late_ms,
        delays=_delays(measurements),
        frequent_cue=_most_common(counted),
        frequent_joint=_most_common(joints),
        corrections=counted.total(),
    )


def accurate_limbs(measurements: Measurements, faults: tuple[Fault, ...]) -> tuple[tuple[str, ...], float]:
    """Limbs without a fault that were right nearly always, and the largest mean error of their joints in degrees."""
    wrong = {fault.joint for fault in faults}
    errors: dict[str, float] = {}
    for limb, names in LIMBS.items():
        if wrong.intersection(names):
            continue
        reports = [measurements.joints[name] for name in names if name in measurements.joints]
        means = [r.mean_error_deg for r in reports if r.mean_error_deg is not None and r.coverage >= SEEN]
        if len(means) == len(names) and max(means) <= ACCURATE_DEG:
            errors[limb] = max(means)
    return merged_parts(tuple(errors)), max(errors.values(), default=0.0)


def halves(measurements: Measurements) -> tuple[float, float] | None:
    """Mean score of the first and of the second half of the take; ``None`` where that says little."""
    scores = [row.combined_score for row in measurements.timeline if row.combined_score is not None]
    if len(scores) < 8:
        return None
    middle = len(scores) // 2
    return fmean(scores[:middle]), fmean(scores[middle:])


def _score(section: Section) -> float:
    assert section.score is not None
    return section.score


def _most_common(counted: Counter[str]) -> tuple[str, int] | None:
    top = counted.most_common(1)
    return top[0] if top and top[0][1] > 1 else None


def _unseen(measurements: Measurements) -> tuple[str, ...]:
    """Limbs seen much less than the others; a dancer who left the picture is another matter."""
    joints = measurements.joints
    most = max((report.coverage for report in joints.values()), default=0.0)
    coverage = {
        limb: min((joints[name].coverage for name in names if name in joints), default=most)
        for limb, names in LIMBS.items()
    }
    return merged_parts(tuple(limb for limb, share in coverage.items() if share < SEEN * most))


def _faults(measurements: Measurements) -> tuple[Fault, ...]:
    if not measurements.sections:
        means = {name: report.signed_error_deg for name, report in measurements.joints.items()}
        faults = [
            Fault(name, mean, ()) for name, mean in means.items() if mean is not None and abs(mean) >= ERROR_BAND_DEG
        ]
        return tuple(sorted(faults, key=lambda fault: -abs(fault.degrees)))
    found: dict[tuple[str, bool], list[TimelineRow]] = defaultdict(list)
    for section, rows in zip(measurements.sections, _rows_by_section(measurements), strict=True):
        named = [row for row in rows if row.worst_joint == section.worst_joint and row.worst_error_deg]
        same_sign = max(
            [row for row in named if _degrees(row) > 0], [row for row in named if _degrees(row) < 0], key=len
        )
        if section.worst_joint is not None and same_sign:
            found[section.worst_joint, _degrees(same_sign[0]) > 0] += same_sign
    weights = {key: sum(abs(_degrees(row)) for row in rows) for key, rows in found.items()}
    return tuple(
        Fault(key[0], fmean(_degrees(row) for row in found[key]), _spans(found[key]))
        for key in sorted(found, key=lambda key: -weights[key])
    )


def _degrees(row: TimelineRow) -> float:
    return row.worst_error_deg or 0.0


def _rows_by_section(measurements: Measurements) -> list[list[TimelineRow]]:
    """The rows of each section; sections lie in order."""
    ends = [section.end for section in measurements.sections]
    rows: list[list[TimelineRow]] = [[] for _ in ends]
    for row in measurements.timeline:
        if row.reference_time is None:
            continue
        # A row describes the half second before it: one at a section's end is that section's.
        index = bisect_left(ends, row.reference_time)
        if index < len(ends) and row.reference_time > measurements.sections[index].start:
            rows[index].append(row)
    return rows


def _spans(rows: Iterable[TimelineRow]) -> tuple[Span, ...]:
    """Where rows lie in the reference; those with less than two seconds between them are one stretch."""
    spans: list[Span] = []
    for end in sorted(row.reference_time for row in rows if row.reference_time is not None):
        start = max(end - ROW_S, 0.0)
        if spans and start - spans[-1].end < JOINED_S:
            spans[-1] = Span(spans[-1].start, end)
        else:
            spans.append(Span(start, end))
    return tuple(spans)


def _typical_ms(measurements: Measurements) -> float | None:
    """The lateness of most sections, the one nearer zero where two are as frequent."""
    offsets = [section.offset_ms for section in measurements.sections if section.offset_ms is not None]
    if len(offsets) < 2:
        return measurements.timing.offset_ms
    return min(median_low(offsets), median_high(offsets), key=abs)


def _constant_lateness(measurements: Measurements) -> tuple[float | None, float | None]:
    """Constant lateness as (forgiven, the dancer's own), in ms; ``None`` for what there is not."""
    offset, typical = measurements.timing.offset_ms, _typical_ms(measurements)
    if offset is None or typical is None or abs(offset) < TOLD_MS:
        return None, None
    limit = measurements.forgiven_ms
    if abs(offset) > limit:
        return (None, offset) if abs(typical) > min(DELAY_MS, 2 * limit) else (None, None)
    # An average that only some late sections make is not constant.
    is_constant = abs(typical) >= TOLD_MS and abs(offset - typical) < LEVEL_MS
    return (offset, None) if is_constant else (None, None)


def _delays(measurements: Measurements) -> tuple[Delay, ...]:
    typical = _typical_ms(measurements) or 0.0
    relative = abs(typical) >= LEVEL_MS

    def side(section: Section) -> int:
        if section.offset_ms is None or abs(section.offset_ms - typical) < DELAY_MS:
            return 0
        return 1 if section.offset_ms > typical else -1

    delays = []
    for sign, group in groupby(measurements.sections, key=side):
        sections = list(group)
        if sign == 0:
            continue
        lengths = [section.end - section.start for section in sections]
        late = [(section.offset_ms or 0.0) - (typical if relative else 0.0) for section in sections]
        mean = sum(a * b for a, b in zip(late, lengths, strict=True)) / sum(lengths)
        delays.append(Delay(mean, relative, Span(sections[0].start, sections[-1].end)))
    return tuple(delays)
