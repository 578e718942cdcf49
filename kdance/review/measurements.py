"""The numbers of a report, from a scored take."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from kdance.motion.formula import GROUPS
from kdance.motion.reference_motion import EDGE_S
from kdance.motion.scoring import FrameScores, grade
from kdance.motion.timeline import CHANCE_SCORE, Observation, worst_joint
from kdance.pose import JOINT_NAMES, FloatArray
from kdance.review.evidence import Evidence
from kdance.review.pictures import are_few
from kdance.review.record import (
    Distribution,
    HandReport,
    HandsReport,
    InVideo,
    JointReport,
    Measurements,
    Moment,
    Pictures,
    SongCounts,
    TimelineRow,
    Timing,
    Verdict,
)
from kdance.review.stretches import breaks_of, faults_of, lost_rows, mean_score, runs_of, sections_of

_CONFIDENT = 0.25
_MOSTLY = 0.5
# A take shorter than this says nothing of a dance, whatever it scores, seconds.
SHORTEST_S = 1.5


def verdict_of(
    frames: FrameScores,
    measured: NDArray[np.bool_],
    observations: list[Observation],
    duration: float,
    pictures: Pictures,
) -> Verdict:
    """What kind of take it was.

    Args:
        frames: The scores.
        measured: (T,) whether a body was measured.
        observations: The half seconds.
        duration: Of the reference, seconds.
        pictures: What it was seen in.
    """
    if not measured.any() or pictures.body_share is not None:
        return "nobody" if pictures.body_share is None else "too_far"
    if pictures.rotate is not None:
        return "turned"
    return _verdict_of_seen(frames, observations, duration, pictures)


def _verdict_of_seen(
    frames: FrameScores, observations: list[Observation], duration: float, pictures: Pictures
) -> Verdict:
    scored = np.isfinite(frames.combined)
    if not _on_the_clock(frames, duration).any():
        return "outside"
    if frames.times[-1] - frames.times[0] < min(SHORTEST_S, duration / 2):
        return "too_short"
    if not scored.any():
        return "few_pictures" if are_few(pictures) else "part"
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
    frames = evidence.best.score.frames
    duration = float(frames.times[-1] - frames.times[0]) if len(frames.times) else 0.0
    timeline = tuple(_row(evidence, index) for index in range(len(evidence.rows)))
    moments = [
        Moment(timestamp=row.timestamp, reference_time=row.reference_time, combined_score=row.combined_score)
        for row in timeline
        if row.combined_score is not None and row.reference_time is not None
    ]
    grades = Counter(grade(moment.combined_score) for moment in moments)
    lost = lost_rows(evidence)
    return Measurements(
        total_poses=int(evidence.measured.sum()),
        total_duration=duration,
        average_similarity=mean_score(frames.combined),
        average_pose_score=mean_score(frames.pose),
        average_motion_score=mean_score(frames.motion),
        coverage=coverage_of(evidence),
        timing=_timing(evidence),
        best_moment=max(moments, key=lambda moment: moment.combined_score, default=None),
        worst_moment=min(moments, key=lambda moment: moment.combined_score, default=None),
        distribution=Distribution(**{name: grades[name] for name in ("perfect", "great", "good", "ok", "miss")}),
        joints={name: _joint(evidence, index) for index, name in enumerate(JOINT_NAMES)},
        sections=sections_of(evidence, timeline),
        faults=faults_of(evidence, lost),
        breaks=breaks_of(evidence, lost),
        runs=runs_of(evidence),
        counts=_counts(evidence),
        timeline=timeline,
        hands=_hands(evidence),
        not_in_reference=evidence.dance.not_shown,
        groups=_groups(evidence),
        in_video=_in_video(evidence),
        pictures=evidence.pictures,
        asked=evidence.options.asked,
        forgiven_ms=1000 * evidence.options.forgiven,
        verdict=evidence.verdict,
        strictness=evidence.options.strictness,
    )


def _in_video(evidence: Evidence) -> InVideo:
    inside = _inside(evidence)
    shares = evidence.shown[inside].mean(0) if inside.any() else np.ones(len(JOINT_NAMES))
    return InVideo(
        missing=evidence.dance.missing, joints=dict(zip(JOINT_NAMES, map(float, shares.tolist()), strict=True))
    )


def _counts(evidence: Evidence) -> SongCounts | None:
    grid = evidence.dance.grid
    return None if grid is None else SongCounts(seconds_per_count=grid.seconds_per_count, first=grid.first)


def _row(evidence: Evidence, index: int) -> TimelineRow:
    observation = evidence.rows[index].observation
    scored = np.isfinite(observation.combined)
    worst = worst_joint(evidence.errors[index]) if scored else None
    inside = -EDGE_S <= observation.reference_time <= evidence.dance.times[-1] + EDGE_S
    return TimelineRow(
        timestamp=observation.timestamp,
        reference_time=observation.reference_time if inside else None,
        best_match_idx=nearest(evidence.dance.times, observation.position) if scored else None,
        pose_score=_known(observation.pose),
        motion_score=_known(observation.motion),
        combined_score=_known(observation.combined),
        offset_ms=_known(1000 * float(evidence.lateness.seconds[index])) if scored else None,
        offset_confidence=float(evidence.lateness.confidence[index]) if scored else 0.0,
        worst_joint=worst[0] if worst else None,
        worst_error_deg=worst[1] if worst else None,
    )


def _timing(evidence: Evidence) -> Timing:
    confidence, grid = _timing_confidence(evidence), evidence.dance.grid
    # Where nobody knows where the dance begins, nobody knows how late it is.
    seconds = evidence.best.score.lateness.seconds if confidence > 0 else None
    return Timing(
        start_offset_ms=1000 * evidence.best.start.seconds,
        offset_ms=None if seconds is None else 1000 * seconds / float(np.median(evidence.best.speed)),
        offset_counts=None if seconds is None or grid is None else seconds / grid.seconds_per_count,
        tempo=evidence.best.tempo,
        confidence=confidence,
    )


def _timing_confidence(evidence: Evidence) -> float:
    if evidence.options.free:
        return float(evidence.best.tempo is not None)
    return evidence.best.score.lateness.confidence if evidence.offset_asked else evidence.best.start.confidence


def _joint(evidence: Evidence, index: int) -> JointReport:
    frames = evidence.best.score.frames
    errors, confidence = frames.errors[:, index], frames.confidence[:, index]
    scored = np.isfinite(frames.combined)
    measured = scored & np.isfinite(errors) & (confidence >= _CONFIDENT)
    if not measured.any():
        return JointReport(mean_error_deg=None, signed_error_deg=None, coverage=0.0)
    could = _inside(evidence) & evidence.shown[:, index]
    coverage = float(min(measured.sum() / max(could.sum(), 1), 1.0))
    if JOINT_NAMES[index] in evidence.hidden:
        return JointReport(mean_error_deg=None, signed_error_deg=None, coverage=coverage)
    return JointReport(
        mean_error_deg=float(np.average(np.abs(errors[measured]), weights=confidence[measured])),
        signed_error_deg=float(np.average(errors[measured], weights=confidence[measured])),
        coverage=coverage,
    )


def _hands(evidence: Evidence) -> HandsReport | None:
    if evidence.hands is None:
        return None
    left, right = (HandReport(**asdict(hand)) for hand in evidence.hands.sides)
    return HandsReport(left=left, right=right, weight=evidence.hands.weight)


def _groups(evidence: Evidence) -> dict[str, float | None]:
    groups = evidence.best.score.frames.groups
    scores = {name: mean_score(values) for name, values in zip(GROUPS, groups.T, strict=True)}
    return scores if evidence.hands is None else scores | {"hands": mean_score(evidence.hands.score)}


def coverage_of(evidence: Evidence) -> float:
    """0..1 how much of the body was seen while the dance was on; of all frames where it never was."""
    inside = _inside(evidence)
    seen = evidence.seen[inside] if inside.any() else evidence.seen
    return float(seen.mean()) if len(seen) else 0.0


def _inside(evidence: Evidence) -> NDArray[np.bool_]:
    """(T,) whether the dance was on, by the clock."""
    return _on_the_clock(evidence.best.score.frames, float(evidence.dance.times[-1]))


def nearest(times: FloatArray, time: float) -> int:
    """Index of the one of (N,) increasing times that is nearest.

    >>> nearest(np.array([0.0, 0.5, 1.0]), 0.7)
    1
    """
    after = min(int(np.searchsorted(times, time)), len(times) - 1)
    return after - 1 if after > 0 and time - times[after - 1] <= times[after] - time else after


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
