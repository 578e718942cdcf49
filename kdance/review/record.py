"""The records of a session. Their names are the contract: they are the keys of ``kdance report --json``.

Scores are 0..1 or ``None`` where nothing could be measured; times are seconds. NaN never gets in here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from kdance.choices import Strictness, Turn
from kdance.review.asked import Asked

Score = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Severity = Literal["low", "medium", "high"]
Source = Literal["rules", "openai"]
Verdict = Literal[
    "danced", "standing_still", "wrong_dance", "too_short", "outside", "part", "nobody", "unscored",
    "turned", "few_pictures", "too_far",
]  # fmt: skip
Status = Literal["completed", "interrupted", "recovered"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Moment(_Record):
    """The best or the worst half second."""

    timestamp: Finite
    reference_time: Finite
    combined_score: Score


class Timing(_Record):
    """When the dancer danced, apart from how.

    Attributes:
        start_offset_ms: Where the reference begins in a recorded take.
        offset_ms: Lateness against the clock in use, positive when late.
        offset_counts: The same in counts of the song, where its beat is known.
        tempo: 1.1 when a tenth faster than the reference; known in free mode only.
        confidence: 0..1.
    """

    start_offset_ms: Finite
    offset_ms: Finite | None
    offset_counts: Finite | None
    tempo: Finite | None
    confidence: Score


class Distribution(_Record):
    """Snapshots by grade."""

    perfect: int
    great: int
    good: int
    ok: int
    miss: int


class JointReport(_Record):
    """One joint over the whole take; errors are user minus reference in degrees."""

    mean_error_deg: Finite | None
    signed_error_deg: Finite | None
    coverage: Score


class Pictures(_Record):
    """The pictures that a take was seen in.

    Attributes:
        per_second: How many there were, the usual distance apart.
        rotate: What ``--rotate`` has to be for its dancer to stand upright; ``None`` where they do.
        body_share: Height of a body that is too small to be followed, as a share of the picture's; ``None`` otherwise.
    """

    per_second: Finite | None = None
    rotate: Turn | None = None
    body_share: Score | None = None


class InVideo(_Record):
    """What of the dance its video shows; nobody is judged by the rest.

    Attributes:
        missing: (start, end) of what it doesn't show, seconds of the reference.
        joints: Share of what was danced in which it shows each joint, by name.
    """

    missing: tuple[tuple[Finite, Finite], ...] = ()
    joints: dict[str, Score] = {}


class Section(_Record):
    """A stretch of the reference; nobody danced it where its score is ``None``.

    Attributes:
        start: Seconds of the reference, likewise ``end``.
        offset_ms: Lateness in real milliseconds; ``None`` also where it is no single one, see the timeline.
    """

    index: int
    start: Finite
    end: Finite
    score: Score | None
    offset_ms: Finite | None
    worst_joint: str | None


class JointFault(_Record):
    """A joint that was wrong in one direction for a second or more.

    Attributes:
        joint: Its name.
        mean_error_deg: Mean signed error where it was wrong.
        spans: (start, end) of where, in order, seconds of the reference.
    """

    joint: str
    mean_error_deg: Finite
    spans: tuple[tuple[Finite, Finite], ...]


class Break(_Record):
    """Some seconds in which this dance was not danced.

    Attributes:
        kind: Whether the dancer stood still or did something else.
        start: Seconds of the reference, likewise ``end``.
        to_the_end: Whether the take ended with it.
    """

    kind: Literal["standing_still", "wrong_dance"]
    start: Finite
    end: Finite
    to_the_end: bool


class RunSection(_Record):
    """A section in one run that danced at least half of it: ``index`` among the report's sections."""

    index: int
    score: Score


class RunReport(_Record):
    """An uninterrupted stretch of the song, or a round of a dance that starts again at its end.

    Attributes:
        start: Seconds of the reference, likewise ``end``.
        speed: Of the music.
        score: Mean combined score.
        sections: Those it danced, in order.
    """

    start: Finite
    end: Finite
    speed: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    score: Score | None
    sections: tuple[RunSection, ...] = ()


class SongCounts(_Record):
    """How the song is counted: seconds of a count, and the first second of the reference at which a "1" falls."""

    seconds_per_count: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    first: Finite


class TimelineRow(_Record):
    """The half second that ends at ``timestamp``.

    Attributes:
        offset_ms: Lateness in real milliseconds, positive when late; ``None`` where it can't be told.
        offset_confidence: 0..1 of that; 0 where it can't be told.
    """

    timestamp: Finite
    reference_time: Finite | None
    best_match_idx: int | None
    pose_score: Score | None
    motion_score: Score | None
    combined_score: Score | None
    offset_ms: Finite | None = None
    offset_confidence: Score = 0.0
    worst_joint: str | None
    worst_error_deg: Finite | None


class FeedbackContext(_Record):
    """What was measured when the feedback was given."""

    pose_score: Score | None
    motion_score: Score | None
    best_match_idx: int | None


class FeedbackRecord(_Record):
    """One sentence of the coach."""

    timestamp: Finite
    feedback_text: str
    severity: Severity
    focus_areas: tuple[str, ...]
    similarity_score: Score | None
    is_positive: bool
    context: FeedbackContext
    source: Source


class SeverityDistribution(_Record):
    """Feedback records by severity."""

    low: int
    medium: int
    high: int


class SessionSummary(_Record):
    """The coach's last word."""

    session_summary: str
    key_insights: tuple[str, ...]
    improvement_areas: tuple[str, ...]
    strengths: tuple[str, ...]
    summary_source: Source


class SessionHeader(_Record):
    """What is known of a session before its first frame, and how it ended."""

    session_id: str
    reference: str
    started_at: str
    source: str
    status: Status
    mode: Literal["follow", "free"]
    speed: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    mirrored: bool


class HandReport(_Record):
    """One hand against the reference's, over the snapshots; ``None`` where it was too small to see, or hidden."""

    score: Score | None
    shape_agreement: Score | None
    direction_error_deg: Finite | None
    coverage: Score


class HandsReport(_Record):
    """Both hands.

    Attributes:
        weight: What they weigh in the whole where they are seen, the body weighs the rest; 0 where they only follow it.
    """

    left: HandReport
    right: HandReport
    weight: Score = 0.0


class Measurements(_Record):
    """What was measured in a take: the numbers of a report.

    Attributes:
        verdict: What kind of take it was; only a danced one has limbs and timing worth a word. ``outside``: no frame
            of it lies within the dance; ``part``: too little of the body was seen;
            ``unscored``: its reference is gone; ``turned``, ``few_pictures``, ``too_far``: its pictures don't allow it.
        pictures: Those it was seen in.
        faults: What was wrong, the most important first; none in reports made before there were any.
        breaks: Where this dance was not danced, in order; likewise.
        runs: Every run of the song, where there was more than one.
        counts: How the song is counted, where that is known.
        not_in_reference: Limbs that the reference doesn't show ("legs"): nobody misses them.
        groups: Score of the arms, the legs and the trunk, each by itself, and of the ``hands`` where they were asked
            for; none in reports made before there were any.
        in_video: What the reference's video shows.
        asked: What was typed of how it is judged.
        forgiven_ms: How much constant lateness, either way, costs nothing: 250, or 40 where the delay of the camera is
            known and taken off.
    """

    total_poses: int
    total_duration: Finite
    average_similarity: Score | None
    average_pose_score: Score | None
    average_motion_score: Score | None
    coverage: Score
    timing: Timing
    best_moment: Moment | None
    worst_moment: Moment | None
    distribution: Distribution
    joints: dict[str, JointReport]
    sections: tuple[Section, ...]
    faults: tuple[JointFault, ...] = ()
    breaks: tuple[Break, ...] = ()
    runs: tuple[RunReport, ...] = ()
    counts: SongCounts | None = None
    timeline: tuple[TimelineRow, ...]
    hands: HandsReport | None = None
    not_in_reference: tuple[str, ...] = ()
    groups: dict[str, Score | None] = {}
    in_video: InVideo = InVideo()
    pictures: Pictures = Pictures()
    asked: Asked = Asked()
    forgiven_ms: Finite = 250.0
    verdict: Verdict
    strictness: Strictness


class Warnings(_Record):
    """What keeps the score from saying all, in sentences: who or what was not seen, and which option would fit."""

    warnings: tuple[str, ...]


class SessionReport(SessionSummary, Warnings, Measurements, SessionHeader):
    """A finished session: the object that ``kdance report --json`` writes, its fields in that order.

    pydantic collects the fields of the last base first: what was measured, then the words for it.
    """

    severity_distribution: SeverityDistribution
    detailed_feedback: tuple[FeedbackRecord, ...]


def count_severities(feedback: Iterable[FeedbackRecord]) -> SeverityDistribution:
    """How many feedback records there are of each severity."""
    counted = Counter(record.severity for record in feedback)
    return SeverityDistribution(low=counted["low"], medium=counted["medium"], high=counted["high"])
