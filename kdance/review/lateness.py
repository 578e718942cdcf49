"""Early and late: what the half seconds of a take say about its parts, and what of it is worth a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median
from typing import Final

import numpy as np

from kdance.motion.lateness_curve import LatenessCurve, steady_parts
from kdance.motion.timeline import SNAPSHOT_S
from kdance.pose import FloatArray
from kdance.review.record import Measurements, TimelineRow

TOLD_MS: Final = 40.0
"""Constant lateness that is worth mentioning: a little over one frame of a webcam."""

OFF_MS: Final = 150.0
"""How far a part must be off the rest of the dance to be called early or late, as for live cues."""

LEVEL_MS: Final = 60.0
"""Constant lateness below which a part's own lateness is told as it is: two frames of a webcam. A part that is
no farther off the clock is on time, whatever the rest is."""

SAME_MS: Final = 100.0
"""Parts whose lateness differs by no more are equally late."""

MOST: Final = 0.5
"""Share of the parts that has to be equally late for a lateness to be the dance's."""

JOINED_S: Final = 2.5
"""Parts that are both late, or both early, are one stretch if no more of the dance lies between them."""

LEAST_ROWS: Final = 2
"""Half seconds of a part that is worth a word: a single one is the alignment's own play."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the reference, in seconds."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class LatePart:
    """A part of the dance with one lateness.

    Attributes:
        milliseconds: How late (positive) or early.
        span: Where.
    """

    milliseconds: float
    span: Span

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.span.end - self.span.start


@dataclass(frozen=True, slots=True)
class LateStretch:
    """A stretch that came early or late.

    Attributes:
        milliseconds: How late (positive) or early.
        relative: Whether that is against the rest of the dance and not against the clock.
        span: Where.
    """

    milliseconds: float
    relative: bool
    span: Span


def by_place(timeline: Sequence[TimelineRow]) -> LatenessCurve:
    """Lateness of each half second of the reference, in ms: the median of all runs that danced it."""
    rows = [row for row in timeline if row.reference_time is not None and row.offset_ms is not None]
    places: dict[int, list[TimelineRow]] = {}
    for row in rows:
        middle = max((row.reference_time or 0.0) - SNAPSHOT_S / 2, 0.0)
        places.setdefault(int(middle / SNAPSHOT_S + 1e-6), []).append(row)
    late, confidence = np.full(max(places, default=-1) + 1, np.nan), np.zeros(max(places, default=-1) + 1)
    for place, some in places.items():
        late[place] = median(row.offset_ms for row in some if row.offset_ms is not None)
        confidence[place] = fmean(row.offset_confidence for row in some)
    return LatenessCurve(late, confidence)


def lateness_by_place(timeline: Sequence[TimelineRow]) -> list[float | None]:
    """Lateness in ms of each half second of the reference from its start on; ``None`` where it isn't known."""
    return [float(late) if np.isfinite(late) else None for late in by_place(timeline).seconds]


def parts_of(timeline: Sequence[TimelineRow]) -> tuple[LatePart, ...]:
    """The dance in parts of one lateness each."""
    curve = by_place(timeline)
    in_seconds = LatenessCurve(curve.seconds / 1000, curve.confidence)
    return tuple(
        LatePart(1000 * late, Span(SNAPSHOT_S * first, SNAPSHOT_S * after))
        for first, after, late in steady_parts(in_seconds)
        if after - first >= LEAST_ROWS
    )


def parts_within(parts: Sequence[LatePart], start: float, end: float) -> tuple[LatePart, ...]:
    """What of the parts lies in a stretch; what only its edge touches is left out."""
    within = (LatePart(part.milliseconds, Span(max(part.span.start, start), min(part.span.end, end))) for part in parts)
    return tuple(part for part in within if part.seconds > SNAPSHOT_S + 1e-6 or part.seconds >= 0.5 * (end - start))


def offset_between(curve: LatenessCurve, parts: Sequence[LatePart], start: float, end: float) -> float | None:
    """Lateness of a stretch of the reference in ms; ``None`` where it isn't known or is no single one."""
    within = parts_within(parts, start, end)
    if not within or max(part.milliseconds for part in within) - min(part.milliseconds for part in within) > SAME_MS:
        return None
    first, after = round(start / SNAPSHOT_S), max(round(end / SNAPSHOT_S), round(start / SNAPSHOT_S) + 1)
    known: FloatArray = curve.seconds[first:after]
    known = known[np.isfinite(known)]
    return float(np.median(known)) if len(known) else None


def _typical_ms(measurements: Measurements, parts: Sequence[LatePart]) -> float | None:
    """The lateness that parts are held against: that of most of the dance, or the clock where 0 is told.

    It is the clock where most of it shares no lateness, as with a dancer who gets ever later, and where more lateness
    than a camera's is missing in a part: that was on time.
    """
    offset = measurements.timing.offset_ms
    if not parts:
        return offset
    typical = _most_frequent(parts)
    same = sum(part.seconds for part in parts if abs(part.milliseconds - typical) <= SAME_MS)
    is_shared = offset is not None or same >= MOST * sum(part.seconds for part in parts)
    is_everywhere = not any(_is_on_time(part.milliseconds, typical) for part in parts)
    return typical if is_shared and (is_everywhere or abs(typical) <= measurements.forgiven_ms) else 0.0


def _most_frequent(parts: Sequence[LatePart]) -> float:
    """The lateness of most of the dance, the median by length; of two that are as frequent the one nearer zero."""
    ordered = sorted(parts, key=lambda part: part.milliseconds)
    half, passed = sum(part.seconds for part in parts) / 2, 0.0
    for part, following in pairwise([*ordered, ordered[-1]]):
        passed += part.seconds
        if abs(passed - half) < SNAPSHOT_S / 2:
            return min(part.milliseconds, following.milliseconds, key=abs)
        if passed > half:
            return part.milliseconds
    return ordered[-1].milliseconds


def level_ms(parts: Sequence[LatePart]) -> float:
    """The lateness of most of the dance, where it is more than what is told as it is; else 0."""
    typical = _most_frequent(parts) if parts else 0.0
    return typical if abs(typical) >= LEVEL_MS else 0.0


def _is_on_time(offset: float, typical: float) -> bool:
    """Whether a part isn't late where most are, or isn't early where most are that."""
    towards = offset if typical > 0 else -offset
    return towards < LEVEL_MS and abs(offset - typical) >= OFF_MS


def constant_lateness(measurements: Measurements, parts: Sequence[LatePart]) -> tuple[float | None, float | None]:
    """Constant lateness as (forgiven, the dancer's own), in ms; ``None`` for what there is not."""
    offset, typical = measurements.timing.offset_ms, _typical_ms(measurements, parts)
    if offset is None or typical is None or abs(offset) < TOLD_MS:
        return None, None
    limit = measurements.forgiven_ms
    if abs(offset) > limit:
        return (None, offset) if abs(typical) > min(OFF_MS, 2 * limit) else (None, None)
    # An average that only some late parts make is not constant.
    is_constant = abs(typical) >= TOLD_MS and abs(offset - typical) < LEVEL_MS
    return (offset, None) if is_constant else (None, None)


def late_stretches(measurements: Measurements, parts: Sequence[LatePart]) -> tuple[LateStretch, ...]:
    """Parts that came early or late, in order; those of one side that follow each other as one."""
    typical = _typical_ms(measurements, parts) or 0.0
    relative = abs(typical) >= LEVEL_MS

    def side(part: LatePart) -> int:
        offset = part.milliseconds
        if abs(offset - typical) < OFF_MS:
            return 0
        if abs(offset) < LEVEL_MS and abs(typical) >= OFF_MS:  # early against the rest, and on the beat
            return 0
        return 1 if offset > typical else -1

    groups: list[list[LatePart]] = []
    for part in parts:
        last = groups[-1][-1] if groups else None
        near = last is not None and part.span.start - last.span.end <= JOINED_S
        if last is not None and near and side(last) == side(part):
            groups[-1].append(part)
        else:
            groups.append([part])
    stretches = []
    for group in groups:
        if side(group[0]):
            mean = sum(part.milliseconds * part.seconds for part in group) / sum(part.seconds for part in group)
            span = Span(group[0].span.start, group[-1].span.end)
            stretches.append(LateStretch(mean - (typical if relative else 0.0), relative, span))
    return tuple(stretches)
