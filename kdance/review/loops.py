"""The parts of a dance by the numbers of their 8-counts: what was danced again, and what to loop next."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from kdance.motion.counts import EIGHT
from kdance.review.findings import Span
from kdance.review.record import RunReport, SessionReport, SongCounts
from kdance.words.numbers import clock, minutes, points
from kdance.words.phrases import Phrases

SAME_PLACE_S: Final = 1.0
"""Runs that begin and end this near to each other are of the same stretch of the song."""

PROGRESS: Final = 0.05
"""Between the first and the last run of a stretch, from which it got better or worse."""

SHORTEST_RUN_S: Final = 2.0
"""Of the song; a shorter run says nothing."""

ON_COUNT: Final = 0.25
"""A stretch begins with a "1" when it does to within so many counts."""

WELL: Final = 0.9
"""A section of this score needs no loop."""


def eights(start: float, end: float, song: SongCounts | None, phrases: Phrases | None = None) -> str:
    """The 8-counts of a stretch, numbered as ``--counts`` and ``kdance counts`` number them; typed, or in a language.

    Nothing where the song isn't counted, where the stretch lies before its first "1" and where it begins at none.

    >>> song = SongCounts(seconds_per_count=0.5, first=2.0)
    >>> eights(6.0, 10.0, song), eights(6.0, 14.0, song)
    ('2', '2-3')
    """
    if song is None:
        return ""
    first = max((start - song.first) / song.seconds_per_count, 0.0) / EIGHT
    begins, ends = round(first), math.ceil(round((end - song.first) / song.seconds_per_count) / EIGHT)
    if abs(first - begins) * EIGHT > ON_COUNT or ends <= begins:
        return ""
    if ends == begins + 1:
        return f"{ends}"
    return f"{begins + 1}-{ends}" if phrases is None else phrases.text("list.range", first=begins + 1, last=ends)


def hardest_part(report: SessionReport) -> Span | None:
    """The weakest section, worth being danced over and over; ``None`` where all went well or nothing is known.

    A section that is no whole 8-count has no number, and no loop.
    """
    if report.verdict != "danced":
        return None
    song, whole = report.counts, []
    for section in report.sections:
        is_whole = song is None or section.end - section.start > (EIGHT - 0.5) * song.seconds_per_count
        if section.score is not None and section.score < WELL and is_whole:
            whole.append((section.score, section.start, section.end))
    return Span(*min(whole)[1:]) if whole else None


def hardest(report: SessionReport) -> str | None:
    """The options of ``kdance train`` that loop the hardest part, if there is one."""
    part = hardest_part(report)
    if part is None:
        return None
    number = eights(part.start, part.end, report.counts)
    return f"--counts {number}" if number else f"--from {minutes(part.start)} --to {minutes(math.ceil(part.end))}"


def repeated(report: SessionReport) -> list[list[RunReport]]:
    """The runs of every stretch of the song that was danced more than once; the most often danced first."""
    stretches: list[list[RunReport]] = []
    for run in report.runs:
        if run.score is None or run.end - run.start < SHORTEST_RUN_S:
            continue
        same = [
            found
            for found in stretches
            if max(abs(found[0].start - run.start), abs(found[0].end - run.end)) <= SAME_PLACE_S
        ]
        if same:
            same[0].append(run)
        else:
            stretches.append([run])
    return sorted((found for found in stretches if len(found) > 1), key=lambda found: -len(found))


def stretch(run: RunReport, song: SongCounts | None, phrases: Phrases) -> str:
    """The stretch of the song that a run was of."""
    where = clock(Span(run.start, run.end), phrases)
    numbers = eights(run.start, run.end, song, phrases)
    if not numbers:
        return where
    return phrases.text(f"report.stretch.{'one' if numbers.isdigit() else 'several'}", number=numbers, where=where)


def progress(runs: Sequence[RunReport], phrases: Phrases) -> str:
    """Whether a stretch got better from its first run to its last; nothing where it stayed as it was."""
    first, last = points(runs[0].score), points(runs[-1].score)
    if abs(last - first) < 100 * PROGRESS:
        return ""
    return phrases.text(f"report.round.{'better' if last > first else 'worse'}", points=abs(last - first))
