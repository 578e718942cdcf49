"""The numbers of a report, from a scored take."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from kdance.motion.hands import HandScore
from kdance.motion.pose_comparison import Strictness
from kdance.motion.reference_motion import EDGE_S
from kdance.motion.scoring import FrameScores, TakeScore, grade
from kdance.motion.timeline import CHANCE_SCORE, SNAPSHOT_S, Observation, mean_known, worst_joint
from kdance.motion.timing import Start, estimate_lateness
from kdance.pose import JOINT_NAMES, FloatArray
from kdance.records import (
    Distribution,
    HandReport,
    HandsReport,
    JointReport,
    Measurements,
    Moment,
    Section,
    TimelineRow,
    Timing,
    Verdict,
)

_CONFIDENT = 0.25
_MOSTLY = 0.5
# A take shorter than this can't be scored, seconds.
SHORTEST_S = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """A scored take with everything its report needs.

    Attributes:
        take: The scores.
        measured: (T,) whether a body was measured.
        seen: (T,) 0..1 share of the body that was seen, 0 without one.
        start: Where the reference begins in the take.
        tempo: Of the dancing, in free mode.
        free: Whether the dancer drove.
        offset_asked: Whether the dancer said where it begins.
        observations: R half seconds.
        verdict: What kind of take it was, see :func:`verdict_of`.
        errors: (R, 8) their joint errors that are worth a word, degrees, NaN elsewhere.
        sections: (start, end) of each section, seconds of the reference.
        times: (N,) seconds of the reference's frames.
        seconds_per_count: Of the song, where known.
        reference: Its name.
        strictness: At which it was scored.
        hands: Left and right hand, where they were asked for.
        mirrored: Whether it was compared with the mirror image.
        mirroring_fits_better: Whether the other setting of the mirror would fit better.
    """

    take: TakeScore
    measured: NDArray[np.bool_]
    seen: FloatArray
    start: Start
    tempo: float | None
    free: bool
    offset_asked: bool
    observations: list[Observation]
    verdict: Verdict
    errors: FloatArray
    sections: tuple[tuple[float, float], ...]
    times: FloatArray
    seconds_per_count: float | None
    reference: str
    strictness: Strictness
    hands: tuple[HandScore, HandScore] | None
    mirrored: bool
    mirroring_fits_better: bool


def verdict_of(
    frames: FrameScores, measured: NDArray[np.bool_], observations: list[Observation], duration: float
) -> Verdict:
    """What kind of take it was.

    Args:
        frames: The scores.
        measured: (T,) whether a body was measured.
        observations: The half seconds.
        duration: Of the reference, seconds.
    """
    scored = np.isfinite(frames.combined)
    if not measured.any():
        return "nobody"
    if not _on_the_clock(frames, duration).any():
        return "outside"
    if not scored.any():
        return "too_short" if frames.times[-1] - frames.times[0] < SHORTEST_S else "part"
    rows = [observation for observation in observations if np.isfinite(observation.combined)]
    still, other = (sum(getattr(row, name) for row in rows) for name in ("standing_still", "wrong_dance"))
    if still > _MOSTLY * len(rows):
        return "standing_still"
    is_other = other > _MOSTLY * len(rows) or float(np.nanmean(frames.untimed)) < CHANCE_SCORE
    return "wrong_dance" if is_other else "danced"


def _on_the_clock(frames: FrameScores, duration: float) -> NDArray[np.bool_]:
    return np.asarray((frames.clock >= -EDGE_S) & (frames.clock <= duration + EDGE_S))


def build_measurements(evidence: Evidence) -> Measurements:
    """All the numbers of the report; ``None`` wherever nothing was measured."""
    frames = evidence.take.frames
    duration = float(frames.times[-1] - frames.times[0]) if len(frames.times) else 0.0
    timeline = tuple(_row(evidence, index) for index in range(len(evidence.observations)))
    moments = [
        Moment(timestamp=row.timestamp, reference_time=row.reference_time, combined_score=row.combined_score)
        for row in timeline
        if row.combined_score is not None and row.reference_time is not None
    ]
    grades = Counter(grade(moment.combined_score) for moment in moments)
    return Measurements(
        total_poses=int(evidence.measured.sum()),
        total_duration=duration,
        average_similarity=_mean(frames.combined),
        average_pose_score=_mean(frames.pose),
        average_motion_score=_mean(frames.motion),
        coverage=_coverage(evidence),
        timing=_timing(evidence),
        best_moment=max(moments, key=lambda moment: moment.combined_score, default=None),
        worst_moment=min(moments, key=lambda moment: moment.combined_score, default=None),
        distribution=Distribution(**{name: grades[name] for name in ("perfect", "great", "good", "ok", "miss")}),
        joints={name: _joint(evidence, index) for index, name in enumerate(JOINT_NAMES)},
        sections=_sections(evidence) if evidence.sections else (),
        timeline=timeline,
        hands=_hands(evidence),
        verdict=evidence.verdict,
        strictness=evidence.strictness,
        warnings=tuple(_warnings(evidence)),
    )


def _row(evidence: Evidence, index: int) -> TimelineRow:
    observation = evidence.observations[index]
    scored = np.isfinite(observation.combined)
    worst = worst_joint(evidence.errors[index]) if scored else None
    inside = -EDGE_S <= observation.reference_time <= evidence.times[-1] + EDGE_S
    return TimelineRow(
        timestamp=observation.timestamp,
        reference_time=observation.reference_time if inside else None,
        best_match_idx=nearest(evidence.times, observation.position) if scored else None,
        pose_score=_known(observation.pose),
        motion_score=_known(observation.motion),
        combined_score=_known(observation.combined),
        worst_joint=worst[0] if worst else None,
        worst_error_deg=worst[1] if worst else None,
    )


def _timing(evidence: Evidence) -> Timing:
    lateness = evidence.take.lateness
    seconds, beat = lateness.seconds, evidence.seconds_per_count
    return Timing(
        start_offset_ms=1000 * evidence.start.seconds,
        offset_ms=None if seconds is None else 1000 * seconds,
        offset_counts=None if seconds is None or beat is None else seconds / beat,
        tempo=evidence.tempo,
        confidence=_timing_confidence(evidence),
    )


def _timing_confidence(evidence: Evidence) -> float:
    if evidence.free:
        return float(evidence.tempo is not None)
    return evidence.take.lateness.confidence if evidence.offset_asked else evidence.start.confidence


def _joint(evidence: Evidence, index: int) -> JointReport:
    frames = evidence.take.frames
    errors, confidence = frames.errors[:, index], frames.confidence[:, index]
    scored = np.isfinite(frames.combined)
    measured = scored & np.isfinite(errors) & (confidence >= _CONFIDENT)
    if not measured.any():
        return JointReport(mean_error_deg=None, signed_error_deg=None, coverage=0.0)
    return JointReport(
        mean_error_deg=float(np.average(np.abs(errors[measured]), weights=confidence[measured])),
        signed_error_deg=float(np.average(errors[measured], weights=confidence[measured])),
        coverage=float(measured.sum() / max(_inside(evidence).sum(), 1)),
    )


def _hands(evidence: Evidence) -> HandsReport | None:
    if evidence.hands is None:
        return None
    left, right = (HandReport(**asdict(hand)) for hand in evidence.hands)
    return HandsReport(left=left, right=right)


def _sections(evidence: Evidence) -> tuple[Section, ...]:
    take, frames = evidence.take, evidence.take.frames
    middles = np.array([observation.reference_time for observation in evidence.observations]) - SNAPSHOT_S / 2
    sections = []
    for index, (inside, rows) in enumerate(
        zip(_by_section(evidence, frames.clock), _by_section(evidence, middles), strict=True)
    ):
        start, end = evidence.sections[index]
        lateness = None if evidence.free else estimate_lateness(take.similarities[inside], frames.lag[inside]).seconds
        worst = worst_joint(_sum_of_errors(evidence.errors[rows]))
        sections.append(
            Section(
                index=index,
                start=start,
                end=end,
                score=_mean(frames.combined[inside]),
                offset_ms=None if lateness is None else 1000 * lateness,
                worst_joint=worst[0] if worst else None,
            )
        )
    return tuple(sections)


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


def _coverage(evidence: Evidence) -> float:
    inside = _inside(evidence)
    seen = evidence.seen[inside] if inside.any() else evidence.seen
    return float(seen.mean()) if len(seen) else 0.0


def _inside(evidence: Evidence) -> NDArray[np.bool_]:
    """(T,) whether the dance was on, by the clock."""
    return _on_the_clock(evidence.take.frames, float(evidence.times[-1]))


def _warnings(evidence: Evidence) -> list[str]:
    warnings = []
    rows = [observation for observation in evidence.observations if np.isfinite(observation.combined)]
    if not evidence.measured.any():
        return ["Nobody was seen: stand so that the camera sees you from head to feet."]
    hidden: Counter[str] = Counter(part for observation in rows for part in observation.unseen)
    for part, count in hidden.items():
        if count > 0.2 * len(rows):
            warnings.append(
                f"The camera couldn't see your {part} in {round(100 * count / len(rows))} % of it: step back."
            )
    if evidence.verdict == "wrong_dance":
        warnings.append(f"This does not look like {evidence.reference}: it matches no better than chance.")
    elif not (evidence.free or evidence.offset_asked) and evidence.start.confidence < _MOSTLY:
        warnings.append("Where the dance begins in this recording couldn't be found: compared from its first frame.")
    if evidence.hands is not None and all(hand.score is None for hand in evidence.hands):
        warnings.append("Your hands were too small or hidden to be judged: come closer, or show them to the camera.")
    if evidence.mirroring_fits_better:
        fitting = "off" if evidence.mirrored else "on"
        warnings.append(f"It fits better with left and right swapped the other way: try --mirror {fitting}.")
    return warnings


def nearest(times: FloatArray, time: float) -> int:
    """Index of the one of (N,) increasing times that is nearest.

    >>> nearest(np.array([0.0, 0.5, 1.0]), 0.7)
    1
    """
    after = min(int(np.searchsorted(times, time)), len(times) - 1)
    return after - 1 if after > 0 and time - times[after - 1] <= times[after] - time else after


def _mean(values: FloatArray) -> float | None:
    return _known(mean_known(values))


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
