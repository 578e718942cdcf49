"""A realistic finished session: a learner who is half a second late in one section and keeps the left arm low."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kdance.pose import JOINT_NAMES
from kdance.review.record import (
    Distribution,
    FeedbackContext,
    FeedbackRecord,
    JointFault,
    JointReport,
    Moment,
    Section,
    SessionReport,
    SeverityDistribution,
    TimelineRow,
    Timing,
)

# mean and signed error in degrees
_ERRORS = {
    "left_elbow": (14.2, -9.61),
    "right_elbow": (8.4, 3.2),
    "left_shoulder": (22.734, -18.4321),
    "right_shoulder": (9.9, -4.1),
    "left_hip": (7.5, 1.2),
    "right_hip": (8.8, -6.4),
    "left_knee": (17.3, 15.2),
    "right_knee": (10.1, 6.9),
}
# score, offset in ms, worst joint; one 8-count each
_SECTIONS = (
    (0.91234567, 110.0, None),
    (0.78, 130.0, "left_shoulder"),
    (0.42, 370.0, "left_shoulder"),
    (0.55, 250.0, "left_knee"),
    (0.83, 100.0, None),
    (None, None, None),
    (0.88, -40.0, "left_elbow"),
)
SECTION_SECONDS = 4.0


def make_joints(**changes: tuple[float, float] | None) -> dict[str, JointReport]:
    """The eight joints; a change is (mean, signed) in degrees or ``None`` for a joint nobody saw."""
    errors = {**_ERRORS, **changes}
    return {
        name: JointReport(mean_error_deg=None, signed_error_deg=None, coverage=0.0)
        if (error := errors[name]) is None
        else JointReport(mean_error_deg=error[0], signed_error_deg=error[1], coverage=0.93)
        for name in JOINT_NAMES
    }


def make_sections() -> tuple[Section, ...]:
    return tuple(
        Section(
            index=index,
            start=index * SECTION_SECONDS,
            end=(index + 1) * SECTION_SECONDS,
            score=score,
            offset_ms=offset,
            worst_joint=joint,
        )
        for index, (score, offset, joint) in enumerate(_SECTIONS)
    )


def make_faults() -> tuple[JointFault, ...]:
    """The worst joints of the sections, as what was wrong there."""
    return (
        JointFault(joint="left_shoulder", mean_error_deg=-24.26, spans=((4.0, 12.0),)),
        JointFault(joint="left_knee", mean_error_deg=-24.26, spans=((12.0, 16.0),)),
        JointFault(joint="left_elbow", mean_error_deg=-24.26, spans=((24.0, 28.0),)),
    )


def make_timeline(offsets: Sequence[float | None] | None = None) -> tuple[TimelineRow, ...]:
    """A row each half second, null where nobody was seen; so many milliseconds late in each section."""
    rows = []
    for index in range(int(len(_SECTIONS) * SECTION_SECONDS * 2)):
        reference_time = (index + 1) / 2
        section = min(int(index / 2 / SECTION_SECONDS), len(_SECTIONS) - 1)
        score, offset, joint = _SECTIONS[section]
        offset = offset if offsets is None else offsets[section]
        rows.append(
            TimelineRow(
                timestamp=reference_time + 0.1 + 1 / 3000,
                reference_time=reference_time,
                best_match_idx=None if score is None else int(reference_time * 30),
                pose_score=score and min(1, score + 0.04),
                motion_score=score and score - 0.04,
                combined_score=score,
                offset_ms=offset,
                offset_confidence=0.0 if offset is None else 0.9,
                worst_joint=joint,
                worst_error_deg=-24.26 if joint else None,
            )
        )
    return tuple(rows)


def make_feedback() -> tuple[FeedbackRecord, ...]:
    def record(timestamp: float, text: str, severity: Any, joints: tuple[str, ...], positive: bool) -> FeedbackRecord:
        return FeedbackRecord(
            timestamp=timestamp,
            feedback_text=text,
            severity=severity,
            focus_areas=joints,
            similarity_score=0.61803398,
            is_positive=positive,
            context=FeedbackContext(pose_score=0.7, motion_score=0.54, best_match_idx=int(timestamp * 30)),
            source="rules",
        )

    return (
        record(2.5, "Great, keep it like that.", "low", (), True),
        record(6.0, "Lift your left arm higher.", "medium", ("left_shoulder",), False),
        record(9.5, "You are half a beat late.", "high", (), False),
        record(14.0, "Bend your left knee more.", "medium", ("left_knee",), False),
    )


def make_report(**changes: Any) -> SessionReport:
    """A finished session, with some of its fields changed."""
    fields: dict[str, Any] = {
        "session_id": "20261122-141503-4f2a",
        "reference": "magnetic",
        "started_at": "2026-11-22T14:15:03+01:00",
        "source": "webcam 0",
        "status": "completed",
        "mode": "follow",
        "speed": 1.0,
        "mirrored": True,
        "total_poses": 742,
        "total_duration": 28.4667,
        "average_similarity": 0.72836,
        "average_pose_score": 0.76123,
        "average_motion_score": 0.68,
        "coverage": 0.8833,
        "timing": Timing(start_offset_ms=0.0, offset_ms=118.44, offset_counts=0.2567, tempo=None, confidence=0.87654),
        "best_moment": Moment(timestamp=3.1003, reference_time=3.0, combined_score=0.95),
        "worst_moment": Moment(timestamp=10.6003, reference_time=10.5, combined_score=0.31),
        "distribution": Distribution(perfect=14, great=11, good=9, ok=9, miss=5),
        "joints": make_joints(),
        "sections": make_sections(),
        "faults": make_faults(),
        "timeline": make_timeline(),
        "strictness": "normal",
        "verdict": "danced",
        "warnings": ("Your feet were out of the picture for 3 s.",),
        "session_summary": "A solid take: the shapes are right most of the time, and the chorus needs another round.",
        "key_insights": ("You were about 0.25 s late from 0:08 to 0:16.", "The first eight count was your best."),
        "improvement_areas": ("Lift your left arm higher, most of all at 0:08.", "Bend your left knee more at 0:12."),
        "strengths": ("Your right arm was within 10° of the reference.",),
        "summary_source": "rules",
        "severity_distribution": SeverityDistribution(low=1, medium=2, high=1),
        "detailed_feedback": make_feedback(),
    }
    return SessionReport(**{**fields, **changes})


def make_empty_report(**changes: Any) -> SessionReport:
    """A session with nobody in it."""
    nobody = [
        row.model_copy(
            update=dict.fromkeys(
                ("best_match_idx", "pose_score", "motion_score", "combined_score", "worst_joint", "worst_error_deg")
            )
        )
        for row in make_timeline()
    ]
    fields: dict[str, Any] = {
        "verdict": "nobody",
        "total_poses": 0,
        "average_similarity": None,
        "average_pose_score": None,
        "average_motion_score": None,
        "coverage": 0.0,
        "timing": Timing(start_offset_ms=0.0, offset_ms=None, offset_counts=None, tempo=None, confidence=0.0),
        "best_moment": None,
        "worst_moment": None,
        "distribution": Distribution(perfect=0, great=0, good=0, ok=0, miss=0),
        "joints": make_joints(**dict.fromkeys(JOINT_NAMES)),
        "sections": tuple(
            section.model_copy(update={"score": None, "offset_ms": None, "worst_joint": None})
            for section in make_sections()
        ),
        "faults": (),
        "timeline": tuple(nobody),
        "warnings": (),
        "session_summary": "Nobody was seen, so there is nothing to say about this dance.",
        "key_insights": (),
        "improvement_areas": ("Step back until your whole body is in the picture.",),
        "strengths": (),
        "severity_distribution": SeverityDistribution(low=0, medium=0, high=0),
        "detailed_feedback": (),
    }
    return make_report(**{**fields, **changes})
