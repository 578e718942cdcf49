"""A session as CSV: a row for each frame, for spreadsheets and for one's own calculations."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Final

import numpy as np

from kdance.pose import JOINT_NAMES
from kdance.review.record import SessionReport, TimelineRow
from kdance.review.side_by_side import SideBySide

COLUMNS: Final = (
    *("time_s", "run", "song_s", "reference_s", "offset_ms", "score", "pose_score", "motion_score"),
    *(f"{who}_{joint}_deg" for joint in JOINT_NAMES for who in ("user", "reference")),
    *(f"error_{joint}_deg" for joint in JOINT_NAMES),
)
"""Seconds of the take; run of the song; seconds of the reference by the song, and those that the dancer was at; how
late that is in real milliseconds; scores 0..1 of the half second that the frame lies in; interior angles of both
bodies in degrees (180: straight) and signed errors. What wasn't measured is empty."""


def to_csv(report: SessionReport, pair: SideBySide) -> str:
    """A session as text with a header line; points as decimal marks, commas between.

    Args:
        report: The session.
        pair: Its take beside the reference, or alone.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_rows(report, pair))
    return text.getvalue()


def _rows(report: SessionReport, pair: SideBySide) -> Iterator[list[str]]:
    half_seconds = _half_seconds(report, pair)
    for frame, time in enumerate(pair.take.times.tolist()):
        song = run = late = None
        if pair.course is not None:
            song, run = float(pair.course.position[frame]), int(pair.course.run[frame])
            late = 1000 * (song - float(pair.position[frame])) / report.speed
        row = half_seconds[frame]
        scores = (None, None, None) if row is None else (row.combined_score, row.pose_score, row.motion_score)
        angles = zip(pair.user_angles[frame].tolist(), pair.reference_angles[frame].tolist(), strict=True)
        yield [
            _number(time, 3),
            "" if run is None else str(run),
            _number(song, 3),
            _number(float(pair.position[frame]), 3),
            _number(late, 1),
            *(_number(score, 4) for score in scores),
            *(_number(angle, 1) for both in angles for angle in both),
            *(_number(error, 1) for error in pair.errors[frame].tolist()),
        ]


def _half_seconds(report: SessionReport, pair: SideBySide) -> list[TimelineRow | None]:
    """The row of the report that each frame belongs to: the first that doesn't end before it."""
    ends = np.array([row.timestamp for row in report.timeline])
    places = np.searchsorted(ends, pair.take.times - 1e-6)
    return [report.timeline[place] if place < len(ends) else None for place in places.tolist()]


def _number(value: float | None, decimals: int) -> str:
    # + 0.0: no "-0.0" for a small negative number
    return "" if value is None or not np.isfinite(value) else f"{round(value, decimals) + 0.0:.{decimals}f}"
