"""A take by stretches: the sections of the reference, and the runs of the session."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from kdance.motion.course import FASTEST, SLOWEST, main_speed
from kdance.motion.timeline import mean_known, worst_joint
from kdance.motion.timing import estimate_lateness
from kdance.pose import FloatArray
from kdance.records import RunReport, Section
from kdance.report.evidence import Evidence

# A section of which less than this was danced was not danced, seconds of the song.
_LEAST_OF_SECTION_S = 0.25
# A frame lasts no longer than this, seconds.
_LONGEST_FRAME_S = 0.2


def sections_of(evidence: Evidence) -> tuple[Section, ...]:
    """Every section of the reference, the mean over all runs that danced it; without a score where none did."""
    if not evidence.sections:
        return ()
    take, frames = evidence.take, evidence.take.frames
    longest = _longest_in_a_run(evidence)
    middles = np.array([row.middle for row in evidence.rows])
    sections = []
    for index, (inside, rows) in enumerate(
        zip(_by_section(evidence, frames.clock), _by_section(evidence, middles), strict=True)
    ):
        start, end = evidence.sections[index]
        danced = longest(inside) >= min(_LEAST_OF_SECTION_S, (end - start) / 2)
        lateness = None if evidence.free else estimate_lateness(take.similarities[inside], frames.lag[inside]).seconds
        late = None if lateness is None or not danced else 1000 * lateness / float(np.median(evidence.speed[inside]))
        worst = worst_joint(_sum_of_errors(evidence.errors[rows])) if danced else None
        sections.append(
            Section(
                index=index,
                start=start,
                end=end,
                score=mean_score(frames.combined[inside]) if danced else None,
                offset_ms=late,
                worst_joint=worst[0] if worst else None,
            )
        )
    return tuple(sections)


def _longest_in_a_run(evidence: Evidence) -> Callable[[NDArray[np.intp]], float]:
    """How much of the song, in seconds, some of the frames cover at most in one of the runs: loops overshoot a bit."""
    times, rounds = evidence.take.frames.times, evidence.rounds
    lasted = np.diff(times, append=times[-1:])
    usual = float(np.median(lasted)) if len(lasted) else 0.0
    ends = np.append(np.diff(rounds) > 0, True) if len(rounds) else np.zeros(0, np.bool_)
    song = np.where(ends, usual, np.minimum(lasted, _LONGEST_FRAME_S)) * evidence.speed

    def longest(frames: NDArray[np.intp]) -> float:
        if not len(frames):
            return 0.0
        return float(np.bincount(rounds[frames] - rounds.min(), weights=song[frames]).max())

    return longest


def runs_of(evidence: Evidence) -> tuple[RunReport, ...]:
    """Every run, or nothing where there is but one."""
    cuts = np.flatnonzero(np.diff(evidence.rounds)) + 1
    if not len(cuts):
        return ()
    frames, duration = evidence.take.frames, float(evidence.times[-1])
    reports = []
    for run in np.split(np.arange(len(evidence.rounds)), cuts):
        position = np.clip(evidence.course.position[run], 0.0, duration)
        start, end = float(position.min()), float(position.max())
        speed = main_speed(evidence.course[slice(run[0], run[-1] + 1)], frames.times[run])
        reports.append(
            RunReport(
                start=start,
                end=end,
                speed=float(np.clip(speed, SLOWEST, FASTEST)),
                score=mean_score(frames.combined[run]),
            )
        )
    return tuple(reports)


def _by_section(evidence: Evidence, times: FloatArray) -> list[NDArray[np.intp]]:
    """For each section the indices of those of (N,) seconds of the reference that lie in it, in order."""
    starts = np.array([start for start, _ in evidence.sections])
    known = np.flatnonzero((times >= starts[0]) & (times <= evidence.sections[-1][1]))
    section = np.searchsorted(starts, times[known], side="right") - 1
    order = np.argsort(section, kind="stable")
    ends = np.cumsum(np.bincount(section, minlength=len(starts)))[:-1]
    return np.split(known[order], ends)


def _sum_of_errors(errors: FloatArray) -> FloatArray:
    """(8,) sums of (R, 8) errors, NaN where there is none."""
    known = np.isfinite(errors)
    return np.where(known.any(0), np.where(known, np.abs(errors), 0.0).sum(0), np.nan)


def mean_score(values: FloatArray) -> float | None:
    """Mean of what was measured; ``None`` of nothing."""
    mean = mean_known(values)
    return mean if np.isfinite(mean) else None
