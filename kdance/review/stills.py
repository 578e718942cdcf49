"""The moments of a take worth being looked at: each fault where it shows, and the hardest half second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kdance.motion.angle_calculator import MIN_VISIBILITY
from kdance.motion.timeline import SNAPSHOT_S
from kdance.pose import JOINT_NAMES, FloatArray
from kdance.review.findings import Fault, Findings
from kdance.review.lateness import Span
from kdance.review.record import Moment, SessionReport
from kdance.review.side_by_side import NOBODY, SideBySide

AS_GOOD: Final = 0.04
"""Below the best half second; nobody sees the difference."""
MOST: Final = 8
"""Stills of one report."""


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """Both bodies at one moment.

    Attributes:
        fault: What is wrong there; ``None`` for a moment that is shown as a whole.
        frame: Of the take.
        time: Seconds of the reference.
        user: (33, 4) landmarks of the dancer, in pixels of their picture.
        reference: (33, 4) those of the reference, in pixels of its own.
        user_angle: Interior angle of the joint in degrees; ``None`` for a whole moment.
        reference_angle: The same of the reference.
        errors: (8,) signed degrees of all joints, NaN where not compared.
    """

    fault: Fault | None
    frame: int
    time: float
    user: FloatArray
    reference: FloatArray
    user_angle: float | None
    reference_angle: float | None
    errors: FloatArray


def stills_of(pair: SideBySide, findings: Findings) -> tuple[Still, ...]:
    """A still of each fault, the most important first; none of one that no frame shows."""
    found = (_still_of(pair, fault) for fault in findings.faults)
    return tuple(still for still in found if still is not None)[:MOST]


def still_at(pair: SideBySide, moment: Moment | None) -> Still | None:
    """Both bodies in the middle of a half second of the report; ``None`` where one of them isn't seen."""
    if moment is None:
        return None
    wanted = moment.timestamp - SNAPSHOT_S / 2
    seen = np.flatnonzero(_both_seen(pair))
    if not len(seen):
        return None
    frame = int(seen[np.argmin(np.abs(pair.take.times[seen] - wanted))])
    return _still(pair, frame, None) if abs(pair.take.times[frame] - wanted) <= SNAPSHOT_S else None


def best_still(pair: SideBySide, report: SessionReport) -> Still | None:
    """Of the half seconds that are about as good as the best, the one in which the dancer's pose is the widest."""
    if report.best_moment is None:
        return None
    enough = report.best_moment.combined_score - AS_GOOD
    moments = [
        Moment(timestamp=row.timestamp, reference_time=row.reference_time, combined_score=row.combined_score)
        for row in report.timeline
        if row.combined_score is not None and row.reference_time is not None and row.combined_score >= enough
    ]
    found = [still for moment in moments if (still := still_at(pair, moment)) is not None]
    return max(found, key=lambda still: _width(still.user), default=None)


def _width(landmarks: FloatArray) -> float:
    """How far the limbs reach sideways, as a share of how high the body is; 0 where it isn't seen."""
    seen = landmarks[landmarks[:, 3] >= MIN_VISIBILITY, :2]
    if not len(seen):
        return 0.0
    width, height = np.ptp(seen, axis=0).tolist()
    return float(width / max(height, 1.0))


def _still_of(pair: SideBySide, fault: Fault) -> Still | None:
    """The frame in which the error and the difference of the two angles are nearest to what is told of the fault."""
    joint = JOINT_NAMES.index(fault.joint)
    sign = np.sign(fault.degrees)
    error = sign * pair.errors[:, joint]
    apart = sign * (pair.user_angles[:, joint] - pair.reference_angles[:, joint])
    wrong = _both_seen(pair) & _within(pair.position, fault.spans) & (error > 0) & np.isfinite(apart)
    candidates = np.flatnonzero(wrong)
    if not len(candidates):
        return None
    told = abs(fault.degrees)
    off = np.abs(error[candidates] - told) + np.abs(apart[candidates] - told)
    return _still(pair, int(candidates[np.argmin(off)]), fault)


def _still(pair: SideBySide, frame: int, fault: Fault | None) -> Still:
    assert pair.reference is not None
    index = None if fault is None else JOINT_NAMES.index(fault.joint)
    user_angle, reference_angle = (
        None if index is None else float(angles[frame, index]) for angles in (pair.user_angles, pair.reference_angles)
    )
    return Still(
        fault=fault,
        frame=frame,
        time=float(pair.position[frame]),
        user=pair.take.landmarks[frame],
        reference=np.asarray(pair.reference.landmarks[pair.shown[frame]]),
        user_angle=user_angle,
        reference_angle=reference_angle,
        errors=pair.errors[frame],
    )


def _both_seen(pair: SideBySide) -> NDArray[np.bool_]:
    """(T,) whether there are two bodies to look at."""
    there = pair.shown != NOBODY
    if pair.reference is not None:
        there = there & pair.reference.measured[pair.shown]
    return np.asarray(there & pair.take.measured)


def _within(position: FloatArray, spans: tuple[Span, ...]) -> NDArray[np.bool_]:
    """(T,) whether a position lies in one of some places."""
    return np.asarray(np.any([(position >= span.start) & (position <= span.end) for span in spans], axis=0))
