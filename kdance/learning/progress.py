"""How a dance got better over sessions: whole dances by themselves, and each 8-count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from kdance.learning.history import SAME_SPEED, DancedSession, PartFault, PartRound, at_fastest, part_key
from kdance.review.record import SongCounts

LATELY: Final = 5
"""Sessions of an 8-count that say what keeps being wrong with it."""

KEEPS: Final = 2
"""Of those, in how many a limb must have been wrong to keep being wrong."""


# 8-counts of one grid share an edge; those of a corrected "1" overlap by a count or more.
_TOUCHING_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class WholeDance:
    """One whole dance at full speed: which session, when, its score 0..1 and its lateness."""

    session_id: str
    started_at: str
    score: float
    offset_ms: float | None


@dataclass(frozen=True, slots=True)
class Wrong:
    """The limb that keeps being wrong: in how many ``times`` of the last ``of`` sessions."""

    joint: str
    times: int
    of: int


@dataclass(frozen=True, slots=True)
class PartProgress:
    """One 8-count over sessions.

    Attributes:
        start: Seconds of the reference, likewise ``end``.
        scores: In whole dances at full speed, in order.
        offset_ms: Lateness the last time, where it is known.
        wrong: The limb that keeps being wrong.
        drilled: Rounds outside of whole dances at full speed.
        drill: Speed and score of the last session that drilled it, at its fastest.
    """

    start: float
    end: float
    scores: tuple[float, ...]
    offset_ms: float | None
    wrong: Wrong | None
    drilled: int
    drill: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Progress:
    """A dance over sessions.

    Attributes:
        reference: Its name.
        sessions: How many there were of it, as it is now.
        earlier: Sessions of an earlier reference of this name, which nothing here counts.
        not_danced: Sessions that were not this dance.
        whole: Whole dances at full speed, in order.
        drills: Sessions of a part of it.
        slow: Whole dances at another speed, or led by the dancer.
        days: On how many days it was danced; ``streak``: of these in a row, up to today or yesterday.
        last: When it was danced last, ISO 8601.
        counts: How its song is counted, where that is known.
        parts: Its 8-counts that were danced, in the order of the dance.
    """

    reference: str
    sessions: int
    earlier: int
    not_danced: int
    whole: tuple[WholeDance, ...]
    drills: int
    slow: int
    days: int
    streak: int
    last: str
    counts: SongCounts | None
    parts: tuple[PartProgress, ...]

    @property
    def best(self) -> WholeDance | None:
        """The best whole dance at full speed."""
        return max(self.whole, key=lambda danced: danced.score, default=None)


def progress_of(sessions: Sequence[DancedSession], today: date) -> Progress:
    """How a dance got better.

    Args:
        sessions: One at least, all of one name, oldest first.
        today: By the dancer's own calendar.
    """
    newest = sessions[-1]
    same = [session for session in sessions if session.digest == newest.digest]
    danced = [session for session in same if session.practised.danced]
    whole = [session for session in danced if session.practised.is_full]
    rest = [session.practised for session in danced if not session.practised.is_full]
    days = {datetime.fromisoformat(session.started_at).date() for session in same}
    return Progress(
        reference=newest.reference,
        sessions=len(same),
        earlier=len(sessions) - len(same),
        not_danced=len(same) - len(danced),
        whole=tuple(
            WholeDance(session.session_id, session.started_at, session.score, session.offset_ms)
            for session in whole
            if session.score is not None
        ),
        drills=sum(not practised.whole for practised in rest),
        slow=sum(practised.whole for practised in rest),
        days=len(days),
        streak=streak(days, today),
        last=newest.started_at,
        counts=next((session.counts for session in reversed(same) if session.counts is not None), None),
        parts=_parts(danced),
    )


def streak(days: Iterable[date], today: date) -> int:
    """Days in a row, up to today or yesterday.

    >>> streak([date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 18)], date(2026, 11, 22))
    2
    >>> streak([date(2026, 11, 20)], date(2026, 11, 22))
    0
    """
    known = set(days)
    day = today if today in known else today - timedelta(days=1)
    count = 0
    while day in known:
        count, day = count + 1, day - timedelta(days=1)
    return count


def _spans(sessions: Sequence[DancedSession]) -> list[tuple[float, float]]:
    """The 8-counts as the newest session cut the dance, and those only older ones danced."""
    found: list[tuple[float, float]] = []
    known: set[tuple[float, float]] = set()
    for session in reversed(sessions):
        danced = {(part.start, part.end) for part in session.rounds} - known
        known |= danced
        cut = list(found)
        found += [span for span in danced if not any(_overlap(span, other) for other in cut)]
    return sorted(found)


def _overlap(span: tuple[float, float], other: tuple[float, float]) -> bool:
    return max(span[0], other[0]) < min(span[1], other[1]) - _TOUCHING_S


def _parts(sessions: Sequence[DancedSession]) -> tuple[PartProgress, ...]:
    danced = [(session.practised.is_full, session.by_part(), session.faults_by_part()) for session in sessions]
    return tuple(_part(danced, *span) for span in _spans(sessions))


def _part(
    sessions: Sequence[tuple[bool, dict[float, list[PartRound]], dict[float, PartFault]]], start: float, end: float
) -> PartProgress:
    scores, faults, drilled, drill = [], [], 0, None
    key = part_key(start)
    for is_full, by_part, wrong in sessions:
        found = at_fastest(by_part.get(key, ()))
        if key in wrong:
            faults.append(wrong[key])
        if found is None:
            continue
        if is_full:
            scores.append(found[1])
        else:
            drilled, drill = drilled + len(by_part[key]), found
    return PartProgress(
        start=start,
        end=end,
        scores=tuple(scores),
        offset_ms=faults[-1].offset_ms if faults else None,
        wrong=keeps_being_wrong(faults),
        drilled=drilled,
        drill=drill,
    )


def keeps_being_wrong(faults: Sequence[PartFault]) -> Wrong | None:
    """The limb that was wrong in at least two, and at least half, of the last sessions of an 8-count.

    >>> low = PartFault(2.0, 6.0, None, "left_shoulder")
    >>> keeps_being_wrong([low, PartFault(2.0, 6.0, None, None), low])
    Wrong(joint='left_shoulder', times=2, of=3)
    """
    last = faults[-LATELY:]
    counted = Counter(fault.worst_joint for fault in last if fault.worst_joint is not None).most_common(1)
    if not counted or counted[0][1] < max(KEEPS, len(last) / 2):
        return None
    return Wrong(*counted[0], of=len(last))


@dataclass(frozen=True, slots=True)
class Side:
    """One of two sessions in an 8-count: at which speed, its score 0..1, its lateness, its most wrong limb."""

    speed: float
    score: float
    offset_ms: float | None
    worst_joint: str | None


@dataclass(frozen=True, slots=True)
class PartCompared:
    """An 8-count in two sessions; ``None`` where one of them did not dance it."""

    start: float
    end: float
    first: Side | None
    second: Side | None

    @property
    def gain(self) -> float | None:
        """How much better the second was, 0..1; ``None`` where they can't be compared."""
        if self.first is None or self.second is None or abs(self.first.speed - self.second.speed) > SAME_SPEED:
            return None
        return self.second.score - self.first.score


def compare(first: DancedSession, second: DancedSession) -> list[PartCompared]:
    """Two sessions of one dance, 8-count by 8-count, each at the fastest speed it was danced at."""
    return [
        PartCompared(start, end, _side(first, start), _side(second, start)) for start, end in _spans([first, second])
    ]


def _side(session: DancedSession, start: float) -> Side | None:
    key = part_key(start)
    found, fault = at_fastest(session.by_part().get(key, ())), session.faults_by_part().get(key)
    if found is None:
        return None
    return Side(*found, fault.offset_ms if fault else None, fault.worst_joint if fault else None)
