"""A take by stretches: the sections of the reference, the runs of the session, what was wrong, what was not danced."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kdance.motion.course import FASTEST, SLOWEST, main_speed
from kdance.motion.timeline import CHANCE_SCORE, SNAPSHOT_S, mean_known, worst_joint
from kdance.pose import JOINT_NAMES, FloatArray
from kdance.review.evidence import Evidence, Row
from kdance.review.lateness import by_place, offset_between, parts_of
from kdance.review.record import Break, JointFault, RunReport, RunSection, Section, TimelineRow

LASTING_ROWS: Final = 2
"""Half seconds that a joint must be wrong in one direction to be told: a single one is the network's noise as well."""

JOINED_S: Final = 2.0
"""A fault that rests for less than this many seconds of the song goes on."""

PARENTS: Final = {
    f"{side}_{child}": f"{side}_{parent}"
    for side in ("left", "right")
    for child, parent in (("elbow", "shoulder"), ("knee", "hip"))
}
EXPLAINED: Final = 0.6
"""Share of a parent's error below which the child's is the network's echo of it: a low arm foreshortens its elbow."""

BREAK_ROWS: Final = 6
"""Half seconds without this dance that are worth a sentence."""

BESIDE_ROWS: Final = 2
"""Half seconds before and after a break in which the dancer stops or comes back: no limb is to blame there either."""

# A section of which less than this was danced was not danced, seconds of the song.
_LEAST_OF_SECTION_S = 0.25
# Share of a section that one run must have danced to have a score of its own there.
_LEAST_IN_A_RUN = 0.5
# A frame lasts no longer than this, seconds.
_LONGEST_FRAME_S = 0.2


def sections_of(evidence: Evidence, timeline: tuple[TimelineRow, ...]) -> tuple[Section, ...]:
    """Every section of the reference, the mean over all runs that danced it; without a score where none did."""
    if not evidence.dance.sections:
        return ()
    frames = evidence.best.score.frames
    late, parts = by_place(timeline), parts_of(timeline)
    longest = _longest_in_a_run(evidence)
    middles = np.array([row.middle for row in evidence.rows])
    sections = []
    for index, (inside, rows) in enumerate(
        zip(_by_section(evidence, frames.clock), _by_section(evidence, middles), strict=True)
    ):
        start, end = evidence.dance.sections[index]
        danced = longest(inside) >= min(_LEAST_OF_SECTION_S, (end - start) / 2)
        worst = worst_joint(_sum_of_errors(evidence.errors[rows])) if danced else None
        sections.append(
            Section(
                index=index,
                start=start,
                end=end,
                score=mean_score(frames.combined[inside]) if danced else None,
                offset_ms=offset_between(late, parts, start, end) if danced else None,
                worst_joint=worst[0] if worst else None,
            )
        )
    return tuple(sections)


def _longest_in_a_run(evidence: Evidence) -> Callable[[NDArray[np.intp]], float]:
    """How much of the song, in seconds, some of the frames cover at most in one of the runs: loops overshoot a bit."""
    times, rounds = evidence.best.score.frames.times, evidence.best.rounds
    lasted = np.diff(times, append=times[-1:])
    usual = float(np.median(lasted)) if len(lasted) else 0.0
    ends = np.append(np.diff(rounds) > 0, True) if len(rounds) else np.zeros(0, np.bool_)
    song = np.where(ends, usual, np.minimum(lasted, _LONGEST_FRAME_S)) * evidence.best.speed

    def longest(frames: NDArray[np.intp]) -> float:
        if not len(frames):
            return 0.0
        return float(np.bincount(rounds[frames] - rounds.min(), weights=song[frames]).max())

    return longest


def runs_of(evidence: Evidence) -> tuple[RunReport, ...]:
    """Every run, or nothing where there is but one."""
    cuts = np.flatnonzero(np.diff(evidence.best.rounds)) + 1
    if not len(cuts):
        return ()
    frames, duration = evidence.best.score.frames, float(evidence.dance.times[-1])
    longest = _longest_in_a_run(evidence)
    reports = []
    for run in np.split(np.arange(len(evidence.best.rounds)), cuts):
        position = np.clip(evidence.best.course.position[run], 0.0, duration)
        start, end = float(position.min()), float(position.max())
        speed = main_speed(evidence.best.course[slice(run[0], run[-1] + 1)], frames.times[run])
        reports.append(
            RunReport(
                start=start,
                end=end,
                speed=float(np.clip(speed, SLOWEST, FASTEST)),
                score=mean_score(frames.combined[run]),
                sections=_sections_of_run(evidence, run, longest),
            )
        )
    return tuple(reports)


def _sections_of_run(
    evidence: Evidence, run: NDArray[np.intp], longest: Callable[[NDArray[np.intp]], float]
) -> tuple[RunSection, ...]:
    """The sections that the frames of one run danced most of."""
    if not evidence.dance.sections:
        return ()
    frames, found = evidence.best.score.frames, []
    for index, inside in enumerate(_by_section(evidence, frames.clock[run])):
        start, end = evidence.dance.sections[index]
        score = mean_score(frames.combined[run[inside]])
        if score is not None and longest(run[inside]) >= _LEAST_IN_A_RUN * (end - start):
            found.append(RunSection(index=index, score=score))
    return tuple(found)


def faults_of(evidence: Evidence, lost: list[list[int]]) -> tuple[JointFault, ...]:
    """Every joint that was wrong in one direction for a second or more, not only the worst of a section.

    The most important first, by how long they were wrong and how much; ``lost`` as of :func:`lost_rows`.
    """
    spans = [_span(row, float(evidence.dance.times[-1])) for row in evidence.rows]
    inside = np.array([end > start for start, end in spans], dtype=bool)
    faults: list[tuple[float, JointFault]] = []
    for joint, errors in zip(JOINT_NAMES, _own_errors(evidence, lost).T, strict=True):
        for sign in (-1, 1):
            wrong = np.flatnonzero(inside & (sign * errors > 0))
            lasting = [part for part in _joined(wrong.tolist(), spans) if len(part) >= LASTING_ROWS]
            if not lasting:
                continue
            total = sum(abs(float(errors[index])) for part in lasting for index in part)
            fault = JointFault(
                joint=joint,
                mean_error_deg=sign * total / sum(len(part) for part in lasting),
                spans=tuple((spans[part[0]][0], max(spans[index][1] for index in part)) for part in lasting),
            )
            faults.append((total, fault))
    return tuple(fault for _, fault in sorted(faults, key=lambda row: -row[0]))


def _own_errors(evidence: Evidence, lost: list[list[int]]) -> FloatArray:
    """(R, 8) errors, without those beside a break, and without an elbow's or knee's that its limb's error explains."""
    own = evidence.errors.copy()
    for indices in lost:
        own[max(indices[0] - BESIDE_ROWS, 0) : indices[-1] + 1 + BESIDE_ROWS] = np.nan
    for joint, parent in PARENTS.items():
        child, above = JOINT_NAMES.index(joint), JOINT_NAMES.index(parent)
        own[np.abs(own[:, child]) < EXPLAINED * np.abs(own[:, above]), child] = np.nan
    return own


def _span(row: Row, duration: float) -> tuple[float, float]:
    """Seconds of the reference that a half second is of; empty outside of it."""
    end = row.observation.reference_time
    start = max(end - SNAPSHOT_S * row.speed, row.earliest, 0.0)
    return (start, min(end, duration)) if np.isfinite(end) else (0.0, 0.0)


def _joined(rows: list[int], spans: list[tuple[float, float]]) -> list[list[int]]:
    """Rows that follow each other in the song, whichever run they are of."""
    parts: list[list[int]] = []
    for row in sorted(rows, key=lambda row: spans[row]):
        if parts and spans[row][0] - max(spans[index][1] for index in parts[-1]) < JOINED_S:
            parts[-1].append(row)
        else:
            parts.append([row])
    return parts


def breaks_of(evidence: Evidence, lost: list[list[int]]) -> tuple[Break, ...]:
    """Where a take that is this dance stops being it for some seconds, in order; ``lost`` as of :func:`lost_rows`."""
    duration, rows = float(evidence.dance.times[-1]), evidence.rows
    scored = [index for index, row in enumerate(rows) if np.isfinite(row.observation.combined)]
    breaks = []
    for indices in lost:
        seen = [rows[index].observation for index in indices]
        still, other = (sum(getattr(row, name) for row in seen) for name in ("standing_still", "wrong_dance"))
        breaks.append(
            Break(
                kind="standing_still" if still and still >= other / 2 else "wrong_dance",
                start=_span(rows[indices[0]], duration)[0],
                end=_span(rows[indices[-1]], duration)[1],
                to_the_end=indices[-1] == scored[-1],
            )
        )
    return tuple(sorted(breaks, key=lambda found: found.start))


def lost_rows(evidence: Evidence) -> list[list[int]]:
    """The half seconds of each break: scored, and no better than chance even if timing didn't count."""
    if evidence.verdict != "danced":
        return []
    frames, ends = evidence.best.score.frames, np.array([row.observation.timestamp for row in evidence.rows])
    spans = np.searchsorted(frames.times, [ends - SNAPSHOT_S + 1e-6, ends + 1e-6]).T
    is_lost = [mean_known(frames.untimed[first:after]) < CHANCE_SCORE for first, after in spans]
    rows = [(lost, row.run) for lost, row in zip(is_lost, evidence.rows, strict=True)]
    groups = [(key, list(group)) for key, group in groupby(range(len(rows)), key=lambda index: rows[index])]
    return [indices for (lost, _), indices in groups if lost and len(indices) >= BREAK_ROWS]


def _by_section(evidence: Evidence, times: FloatArray) -> list[NDArray[np.intp]]:
    """For each section the indices of those of (N,) seconds of the reference that lie in it, in order."""
    starts = np.array([start for start, _ in evidence.dance.sections])
    known = np.flatnonzero((times >= starts[0]) & (times <= evidence.dance.sections[-1][1]))
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
