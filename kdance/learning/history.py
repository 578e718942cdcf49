"""What a session practised of a dance, and how well: the few numbers of a report that later sessions are held against.

Rounds of different speeds are never averaged with each other, nor a part with the whole dance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

from kdance.motion.timeline import SNAPSHOT_S
from kdance.review.findings import find
from kdance.review.record import SessionReport, SongCounts

WHOLE: Final = 0.9
"""Share of the dance from which a run was of all of it."""

MOST_OF_PART: Final = 0.5
"""Share of an 8-count that a round must have danced of it to count for it."""

SAME_SPEED: Final = 0.025
"""Speeds that differ by no more are one; a step of the speed ladder is four times as much."""


class PartRound(NamedTuple):
    """One 8-count danced once; a tuple, for there are tens of thousands of them.

    Attributes:
        run: Number of the run in its session, from 0.
        start: Seconds of the reference, likewise ``end``.
        speed: Of the music.
        score: 0..1.
    """

    run: int
    start: float
    end: float
    speed: float
    score: float


class PartFault(NamedTuple):
    """What a session found wrong in an 8-count.

    Attributes:
        start: Seconds of the reference, likewise ``end``.
        offset_ms: Lateness as a report's table has it; ``None`` where it isn't known.
        worst_joint: The limb that was most wrong, if one was.
    """

    start: float
    end: float
    offset_ms: float | None
    worst_joint: str | None


@dataclass(frozen=True, slots=True)
class Practised:
    """What of the dance a session was of.

    Attributes:
        start: Second of the reference where it began; ``None`` where nothing of it was danced. Likewise ``end``.
        whole: Whether a run was of all of it.
        slowest: Speed of its slowest round; likewise ``fastest``.
        free: Whether the dancer led the tempo.
        danced: Whether it was this dance at all, and danced.
    """

    start: float | None
    end: float | None
    whole: bool
    slowest: float
    fastest: float
    free: bool
    danced: bool

    @property
    def is_one_speed(self) -> bool:
        """Whether all of it went at one speed."""
        return self.fastest - self.slowest <= SAME_SPEED

    @property
    def is_full(self) -> bool:
        """Whether it was the whole dance at its own speed: what scores are compared by."""
        full_speed = abs(self.slowest - 1) <= SAME_SPEED and self.is_one_speed
        return self.danced and self.whole and full_speed and not self.free


@dataclass(frozen=True, slots=True)
class DancedSession:
    """A session as progress sees it.

    Attributes:
        session_id: Its id.
        reference: The dance's name.
        digest: Tells whether the dance is still the same.
        started_at: ISO 8601 with the offset from UTC.
        score: 0..1 over all of it; ``None`` where nothing was measured.
        offset_ms: Lateness throughout that is the dancer's own, 0 where it is forgiven; ``None`` where it isn't known.
        counts: How its song is counted, where that is known.
        practised: What of the dance it was of.
        rounds: Every 8-count each time it was danced.
        faults: What was wrong in each 8-count.
    """

    session_id: str
    reference: str
    digest: str
    started_at: str
    score: float | None
    offset_ms: float | None
    counts: SongCounts | None
    practised: Practised
    rounds: tuple[PartRound, ...] = ()
    faults: tuple[PartFault, ...] = ()

    def by_part(self) -> dict[float, list[PartRound]]:
        """The rounds of each 8-count, by :func:`part_key`."""
        found: dict[float, list[PartRound]] = defaultdict(list)
        for danced in self.rounds:
            found[part_key(danced.start)].append(danced)
        return dict(found)

    def faults_by_part(self) -> dict[float, PartFault]:
        """What was wrong in each 8-count, by :func:`part_key`."""
        return {part_key(fault.start): fault for fault in self.faults}


@cache
def part_key(start: float) -> float:
    """What tells an 8-count from the others of its dance: where it begins, as seconds survive being stored."""
    return round(start, 2)


def at_fastest(rounds: Sequence[PartRound]) -> tuple[float, float] | None:
    """Speed and mean score of the rounds at the fastest speed there was; ``None`` without a round.

    >>> at_fastest([PartRound(0, 2.0, 6.0, 0.75, 0.9), PartRound(1, 2.0, 6.0, 1.0, 0.6)])
    (1.0, 0.6)
    """
    if not rounds:
        return None
    if len(rounds) == 1:
        return rounds[0].speed, rounds[0].score
    fastest = max(found.speed for found in rounds)
    scores = [found.score for found in rounds if fastest - found.speed <= SAME_SPEED]
    return fastest, sum(scores) / len(scores)


def practised_in(report: SessionReport) -> Practised:
    """What of the dance a session was of."""
    spans = [(run.start, run.end) for run in report.runs] or _span_of(report)
    speeds = [run.speed for run in report.runs] or [report.speed]
    total = report.sections[-1].end - report.sections[0].start if report.sections else 0.0
    return Practised(
        start=min((start for start, _ in spans), default=None),
        end=max((end for _, end in spans), default=None),
        whole=total > 0 and any(end - start >= WHOLE * total for start, end in spans),
        slowest=min(speeds),
        fastest=max(speeds),
        free=report.mode == "free",
        danced=report.verdict == "danced",
    )


def rounds_in(report: SessionReport) -> tuple[PartRound, ...]:
    """Every 8-count each time it was danced; none of what was not this dance."""
    if report.verdict != "danced":
        return ()
    if report.runs:
        parts = report.sections
        return tuple(
            PartRound(number, parts[part.index].start, parts[part.index].end, run.speed, part.score)
            for number, run in enumerate(report.runs)
            for part in run.sections
        )
    return tuple(
        PartRound(0, part.start, part.end, report.speed, part.score)
        for part in report.sections
        if part.score is not None and _danced_share(report, part.start, part.end) >= MOST_OF_PART
    )


def faults_in(report: SessionReport) -> tuple[PartFault, ...]:
    """What was wrong in each 8-count that was danced."""
    if report.verdict != "danced":
        return ()
    level = find(report).level_ms
    return tuple(
        PartFault(part.start, part.end, None if part.offset_ms is None else part.offset_ms - level, part.worst_joint)
        for part in report.sections
        if part.score is not None
    )


def lateness_in(report: SessionReport) -> float | None:
    """Milliseconds of lateness throughout that count, 0 where they are forgiven; ``None`` where they aren't known."""
    if report.timing.offset_ms is None or report.verdict != "danced":
        return None
    return find(report).late_ms or 0.0


def _span_of(report: SessionReport) -> list[tuple[float, float]]:
    """Where a single run began and ended, by its half seconds."""
    times = [row.reference_time for row in report.timeline if row.reference_time is not None]
    return [(max(min(times) - SNAPSHOT_S * report.speed, 0.0), max(times))] if times else []


def _danced_share(report: SessionReport, start: float, end: float) -> float:
    """How much of an 8-count the half seconds that end in it cover."""
    seen = [row for row in report.timeline if row.reference_time is not None and row.combined_score is not None]
    inside = sum(start < row.reference_time <= end for row in seen if row.reference_time is not None)
    return inside * SNAPSHOT_S * report.speed / (end - start)
