"""What a session was of, in a few words: all of a dance or a part, and how fast."""

from __future__ import annotations

from kdance.learning.history import SAME_SPEED, Practised
from kdance.review.lateness import Span
from kdance.review.record import SongCounts
from kdance.words.loops import eights
from kdance.words.numbers import clock
from kdance.words.phrases import Phrases


def practised(what: Practised, phrases: Phrases) -> str:
    """What of the dance a session was of.

    >>> from kdance.words.phrases import load_phrases
    >>> part = Practised(10.0, 14.0, whole=False, slowest=0.75, fastest=0.85, free=False, danced=True)
    >>> practised(part, load_phrases("en"))
    '0:10-0:14, 0.75-0.85x'
    """
    if what.start is None or what.end is None:
        return "-"
    said = phrases.text("practised.all") if what.whole else clock(Span(what.start, what.end), phrases)
    how = phrases.text("practised.free") if what.free else _speed(what, phrases)
    return phrases.text("practised.at", what=said, speed=how) if how else said


def _speed(what: Practised, phrases: Phrases) -> str:
    """How fast, where that isn't the song's own speed."""
    if not what.is_one_speed:
        return phrases.text("practised.speeds", slowest=f"{what.slowest:.2g}", fastest=f"{what.fastest:.2g}")
    return "" if abs(what.fastest - 1) <= SAME_SPEED else phrases.text("practised.speed", speed=f"{what.fastest:.2g}")


def part(start: float, end: float, counts: SongCounts | None, phrases: Phrases) -> str:
    """An 8-count by its number; by its time where it has none."""
    return eights(start, end, counts, phrases) or clock(Span(start, end), phrases)
