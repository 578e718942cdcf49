"""Which earlier sessions a session can be held against: only those of the same dance, danced in the same way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kdance.review.record import SessionReport

SAME_SHARE: Final = 0.8
"""Of what was danced in either session, so much has to be danced in both."""


@dataclass(frozen=True, slots=True)
class Past:
    """One session of a dance in a line of them."""

    session_id: str
    started_at: str
    score: float


def line_up(report: SessionReport, others: Iterable[SessionReport]) -> tuple[Past, ...]:
    """A session and the earlier ones that can be compared with it, oldest first; none where it was not danced.

    A slow round, another part of the dance and a dance that the dancer drove have scores of another kind.

    Args:
        report: The session.
        others: Sessions, of any dance.
    """
    if report.verdict != "danced":
        return ()
    alike = [
        other
        for other in others
        if other.session_id != report.session_id
        and other.started_at <= report.started_at
        and (other.reference, other.mode, other.speed) == (report.reference, report.mode, report.speed)
        and other.verdict == "danced"
        and _same_parts(report, other)
    ]
    return tuple(
        Past(session.session_id, session.started_at, session.average_similarity)
        for session in (*sorted(alike, key=lambda session: session.started_at), report)
        if session.average_similarity is not None
    )


def _same_parts(one: SessionReport, other: SessionReport) -> bool:
    first, second = (
        {(round(part.start, 1), round(part.end, 1)) for part in session.sections if part.score is not None}
        for session in (one, other)
    )
    return len(first & second) >= SAME_SHARE * len(first | second)
