"""Use case: a finished session is looked at again, beside its reference where that is still there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from kdance.dance.dance import Dance
from kdance.dance.references import load_reference
from kdance.errors import DanceReferenceError, StoreError
from kdance.recording.filmed import Filmed
from kdance.review.earlier import Past, line_up
from kdance.review.findings import find
from kdance.review.options import TakeOptions
from kdance.review.record import SessionReport
from kdance.review.side_by_side import SideBySide, side_by_side
from kdance.review.stills import Still, best_still, still_at, stills_of
from kdance.store import SessionStart, SessionStore

MOST_EARLIER = 30
"""Sessions of the same dance that are looked at for progress, the newest."""


@dataclass(frozen=True, slots=True, eq=False)
class LookBack:
    """A finished session with all that can be shown of it.

    Attributes:
        report: The session.
        options: What was asked for.
        pair: The take beside the reference, or alone.
        dance: The reference; ``None`` where it is gone.
        missing: What is missing and why, a sentence for the dancer; ``None`` where nothing is.
        film: What the session was recorded to, and where the take is found in it; ``None`` where it wasn't.
    """

    report: SessionReport
    options: TakeOptions
    pair: SideBySide
    dance: Dance | None
    missing: str | None
    film: tuple[Path, Filmed] | None = None

    @property
    def stills(self) -> tuple[Still, ...]:
        """The faults of the report, where they can be seen."""
        return stills_of(self.pair, find(self.report))

    @property
    def worst(self) -> Still | None:
        """The hardest half second, where it can be seen."""
        return still_at(self.pair, self.report.worst_moment)

    @property
    def best(self) -> Still | None:
        """One of the best half seconds, and of those the one that looks most like dancing, where it can be seen."""
        return best_still(self.pair, self.report)


def look_back(store: SessionStore, references: Path, report: SessionReport) -> LookBack:
    """Lay a session beside its reference.

    Args:
        store: Where its frames are.
        references: The folder of all references.
        report: The session.

    Raises:
        StoreError: What is stored of it is damaged.
    """
    start = store.started(report.session_id)
    take, course = store.take(report.session_id)
    try:
        options = TakeOptions.model_validate(start.settings)
    except ValidationError as error:
        raise StoreError(f"What is stored of session {report.session_id} is damaged.") from error
    film = _film(store, start)
    if not len(take):
        missing = f"Nothing of session {report.session_id} can be watched: no frames of it are stored."
        return LookBack(report, options, SideBySide.alone(take), None, missing, film)
    try:
        reference = load_reference(references, start.reference)
    except DanceReferenceError as error:
        return LookBack(
            report, options, SideBySide.alone(take, course), None, f"{error.message} The take stands alone.", film
        )
    if reference.digest != start.reference_digest:
        missing = f"The reference '{start.reference}' was made anew since this session. The take stands alone."
        return LookBack(report, options, SideBySide.alone(take, course), None, missing, film)
    dance = Dance.of(reference)
    return LookBack(report, options, side_by_side(take, course, dance, report, options), dance, None, film)


def _film(store: SessionStore, start: SessionStart) -> tuple[Path, Filmed] | None:
    """What a session was recorded to, where that is still there."""
    if start.recording is None or not (path := Path(start.recording)).is_file():
        return None
    filmed = store.film(start.session_id)
    return None if filmed is None else (path, filmed)


def earlier(store: SessionStore, report: SessionReport) -> tuple[Past, ...]:
    """A session in the line of the earlier ones that it can be held against, itself last."""
    rows = [
        row for row in store.list_sessions() if row.reference == report.reference and row.average_similarity is not None
    ]
    return line_up(report, [store.get(row.session_id) for row in rows[:MOST_EARLIER]])
