"""How the numbers of a summary are written: points, places in the song, lateness."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from kdance.review.findings import Fault
from kdance.review.lateness import Span
from kdance.review.record import Section
from kdance.words.phrases import Phrases

MAX_SPANS: Final = 3
"""More places than this in one sentence are not remembered; the longest are told."""


def points(score: float | None) -> int:
    """A score as the dancer sees it, 0-100.

    >>> points(0.806)
    81
    """
    return round(100 * (score or 0))


def clock(span: Span | Section, phrases: Phrases | None = None) -> str:
    """Where in the song, as a language writes it.

    >>> clock(Span(58.0, 62.4))
    '0:58-1:02'
    """
    start, end = minutes(span.start), minutes(span.end)
    if start == end:
        return start
    return f"{start}-{end}" if phrases is None else phrases.text("list.range", first=start, last=end)


def minutes(seconds: float) -> str:
    """A time in the song, to the second."""
    whole = math.floor(seconds + 0.5)
    return f"{whole // 60}:{whole % 60:02d}"


def where_in(spans: Sequence[Span], phrases: Phrases) -> str:
    """Several places in the song, in order; nothing for the whole of it."""
    if not spans:
        return ""
    longest = sorted(spans, key=lambda span: span.start - span.end)[:MAX_SPANS]
    return phrases.joined([clock(span, phrases) for span in sorted(longest, key=lambda span: span.start)])


def how_late(milliseconds: float, phrases: Phrases) -> str:
    """A lateness in words where they fit to a few hundredths of a second, else in seconds."""
    seconds = abs(milliseconds) / 1000
    if abs(seconds - 0.25) <= 0.03:
        return phrases.text("how_late.quarter")
    if abs(seconds - 0.5) <= 0.05:
        return phrases.text("how_late.half")
    return phrases.text("how_late.seconds", seconds=f"{seconds:.2f}")


def side(value: float, relative: bool = False) -> str:
    """The part of a key that says which way a lateness goes."""
    if relative:
        return "later" if value > 0 else "earlier"
    return "late" if value > 0 else "early"


def sign(fault: Fault) -> str:
    """The part of a key that says which way a joint was wrong."""
    return "negative" if fault.degrees < 0 else "positive"


def degrees(fault: Fault) -> int:
    """How wrong it was."""
    return math.floor(abs(fault.degrees) + 0.5)
