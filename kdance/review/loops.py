"""The parts of a dance by the numbers of their 8-counts: what was danced again, and what to loop next."""

from __future__ import annotations

import math
from typing import Final

from kdance.motion.counts import EIGHT
from kdance.review.lateness import Span
from kdance.review.record import RunReport, SessionReport, SongCounts

SAME_PLACE_S: Final = 1.0
"""Runs that begin and end this near to each other are of the same stretch of the song."""

SHORTEST_RUN_S: Final = 2.0
"""Of the song; a shorter run says nothing."""

ON_COUNT: Final = 0.25
"""A stretch begins with a "1" when it does to within so many counts."""

WELL: Final = 0.95
"""A section of this score in which no limb was wrong needs no loop."""


def eights(start: float, end: float, song: SongCounts | None) -> range | None:
    """The 8-counts of a stretch, numbered from 1 as ``--counts`` and ``kdance counts`` number them.

    ``None`` where the song isn't counted, where the stretch lies before its first "1" and where it begins at none.

    >>> song = SongCounts(seconds_per_count=0.5, first=2.0)
    >>> eights(6.0, 10.0, song), eights(6.0, 14.0, song)
    (range(2, 3), range(2, 4))
    """
    if song is None:
        return None
    first = max((start - song.first) / song.seconds_per_count, 0.0) / EIGHT
    begins, ends = round(first), math.ceil(round((end - song.first) / song.seconds_per_count) / EIGHT)
    if abs(first - begins) * EIGHT > ON_COUNT or ends <= begins:
        return None
    return range(begins + 1, ends + 1)


def hardest_part(report: SessionReport) -> Span | None:
    """The weakest section, worth being danced over and over; ``None`` where all went well or nothing is known.

    A section that is no whole 8-count has no number, and no loop.
    """
    if report.verdict != "danced":
        return None
    song, whole = report.counts, []
    for section in report.sections:
        is_whole = song is None or section.end - section.start > (EIGHT - 0.5) * song.seconds_per_count
        if section.score is None or not is_whole:
            continue
        if section.score < WELL or section.worst_joint is not None:
            whole.append((section.score, section.start, section.end))
    return Span(*min(whole)[1:]) if whole else None


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
