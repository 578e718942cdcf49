"""The parts of a dance as a dancer calls them: 8-counts by their numbers, the loop to practise, what got better."""

from __future__ import annotations

import math
from collections.abc import Sequence
from shlex import quote
from typing import Final

from kdance.review import loops
from kdance.review.asked import Asked
from kdance.review.lateness import Span
from kdance.review.record import RunReport, SessionReport, SongCounts
from kdance.words.numbers import clock, minutes, points
from kdance.words.phrases import Phrases
from kdance.words.report import plain

PROGRESS: Final = 5
"""Points between the first and the last run of a stretch, from which it got better or worse."""


def eights(start: float, end: float, song: SongCounts | None, phrases: Phrases | None = None) -> str:
    """The 8-counts of a stretch as they are typed, or in a language; nothing where it has none.

    >>> song = SongCounts(seconds_per_count=0.5, first=2.0)
    >>> eights(6.0, 10.0, song), eights(6.0, 14.0, song)
    ('2', '2-3')
    """
    numbers = loops.eights(start, end, song)
    if numbers is None:
        return ""
    if len(numbers) == 1:
        return f"{numbers[0]}"
    if phrases is None:
        return f"{numbers[0]}-{numbers[-1]}"
    return phrases.text("list.range", first=numbers[0], last=numbers[-1])


def loop_command(report: SessionReport) -> str | None:
    """The command that loops the hardest part, if there is one, as fast, seen and judged as it was here."""
    part = loops.hardest_part(report)
    if part is None:
        return None
    number = eights(part.start, part.end, report.counts)
    where = f"--counts {number}" if number else f"--from {minutes(part.start)} --to {minutes(math.ceil(part.end))}"
    speed = f"--speed {round(report.speed, 2):g}" if round(report.speed, 2) != 1 else ""
    return " ".join(filter(None, ("kdance train", quote(plain(report.reference)), where, speed, *_asked(report.asked))))


def _asked(asked: Asked) -> list[str]:
    """Options as they were typed."""
    values = {"mirror": asked.mirror, "strictness": asked.strictness, "camera": asked.camera, "rotate": asked.rotate}
    hands = [] if asked.hands is None else ["--hands" if asked.hands else "--no-hands"]
    return hands + [f"--{name} {quote(plain(str(value)))}" for name, value in values.items() if value is not None]


def stretch(run: RunReport, song: SongCounts | None, phrases: Phrases) -> str:
    """The stretch of the song that a run was of."""
    return stretch_of(run.start, run.end, song, phrases)


def stretch_of(start: float, end: float, song: SongCounts | None, phrases: Phrases) -> str:
    """A stretch of the song by its 8-counts and its time."""
    where = clock(Span(start, end), phrases)
    numbers = eights(start, end, song, phrases)
    if not numbers:
        return where
    return phrases.text(f"report.stretch.{'one' if numbers.isdigit() else 'several'}", number=numbers, where=where)


def progress(runs: Sequence[RunReport], phrases: Phrases) -> str:
    """Whether a stretch got better from its first run to its last; nothing where it stayed as it was."""
    first, last = points(runs[0].score), points(runs[-1].score)
    if abs(last - first) < PROGRESS:
        return ""
    return phrases.text(f"report.round.{'better' if last > first else 'worse'}", points=abs(last - first))
