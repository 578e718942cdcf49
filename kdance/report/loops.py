"""The parts of a dance by the numbers of their 8-counts: what was danced again, and what to loop next."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from kdance.feedback.findings import Span
from kdance.feedback.wording import clock, minutes, points
from kdance.motion.counts import EIGHT
from kdance.records import RunReport, SessionReport, SongCounts

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


def eights(start: float, end: float, song: SongCounts | None) -> str:
    """The 8-counts of a stretch, numbered as ``--counts`` and ``kdance counts`` number them.

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
    return f"{begins + 1}" if ends == begins + 1 else f"{begins + 1}-{ends}"


def hardest(report: SessionReport) -> str | None:
    """The options of ``kdance train`` that loop the weakest section; ``None`` where all went well or nothing is known.

    A section that is no whole 8-count has no number there, and no loop.
    """
    if report.verdict != "danced":
        return None
    song, whole = report.counts, []
    for section in report.sections:
        is_whole = song is None or section.end - section.start > (EIGHT - 0.5) * song.seconds_per_count
        if section.score is not None and section.score < WELL and is_whole:
            whole.append((section.score, section.start, section.end))
    if not whole:
        return None
    _, start, end = min(whole)
    number = eights(start, end, song)
    return f"--counts {number}" if number else f"--from {minutes(start)} --to {minutes(math.ceil(end))}"


def repeated(report: SessionReport) -> list[tuple[str, list[RunReport]]]:
    """The stretches of the song that were danced more than once, by name and with their runs; the most often first."""
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
    often = sorted((found for found in stretches if len(found) > 1), key=lambda found: -len(found))
    return [(_stretch(found[0], report.counts), found) for found in often]


def _stretch(run: RunReport, song: SongCounts | None) -> str:
    where, numbers = clock(Span(run.start, run.end)), eights(run.start, run.end, song)
    return f"8-count{'s' if '-' in numbers else ''} {numbers} ({where})" if numbers else where


def progress(runs: Sequence[RunReport]) -> str:
    """Whether a stretch got better from its first run to its last; nothing where it stayed as it was."""
    first, last = points(runs[0].score), points(runs[-1].score)
    if abs(last - first) < 100 * PROGRESS:
        return ""
    return f"  {abs(last - first)} {'better' if last > first else 'worse'} than at first"
