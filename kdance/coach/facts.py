"""What every coach takes and gives: facts in, a tip or a summary out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Protocol

from kdance.review.record import FeedbackRecord, Measurements, SessionSummary, Severity


@dataclass(frozen=True, slots=True)
class Facts:
    """What was measured in the half second that ends at ``timestamp``; a coach says nothing that is not in here.

    Attributes:
        timestamp: Seconds of the take.
        pose_score: 0..1, ``None`` where nothing was measured; likewise ``motion_score`` and ``combined_score``.
        best_match_idx: The reference frame the dancer's pose belongs to.
        joint_errors: Signed errors in degrees (user minus reference; negative: more bent, or the limb nearer the body)
            of the joints whose error lies outside the error band and has lasted, worst first.
        lateness: Seconds late (positive) or early (negative) beyond the constant part that is forgiven; ``None``
            where it can't be told.
        seconds_per_count: Duration of a count of the song at its current speed; ``None`` where the beat is unknown.
        unseen: The parts of the body that the camera can't see, in words ("left arm", "legs").
        standing_still: Whether the dancer hardly moves where the reference does.
        wrong_dance: Whether the last seconds match no better than chance.
        phrase_end: Whether a phrase of four counts ends in this half second: the moment for a cue. Where the beat is
            unknown there are no phrases, and any moment will do.
    """

    timestamp: float
    pose_score: float | None
    motion_score: float | None
    combined_score: float | None
    best_match_idx: int | None
    joint_errors: dict[str, float] = field(default_factory=dict)
    lateness: float | None = None
    seconds_per_count: float | None = None
    unseen: tuple[str, ...] = ()
    standing_still: bool = False
    wrong_dance: bool = False
    phrase_end: bool = False


@dataclass(frozen=True, slots=True)
class Spot:
    """Where in the dance the dancer is.

    Attributes:
        run: Which uninterrupted stretch of the song.
        section: Which section of the reference; ``None`` outside of all.
        label: How a dancer calls it ("0:10-0:14").
    """

    run: int = 0
    section: int | None = None
    label: str = ""


NOWHERE: Final = Spot()


@dataclass(frozen=True, slots=True)
class Tip:
    """One sentence for the dancer.

    Attributes:
        text: At most a dozen words.
        severity: How much it matters.
        focus_areas: The joints it is about, by their names.
        is_positive: Whether it is praise.
    """

    text: str
    severity: Severity
    focus_areas: tuple[str, ...]
    is_positive: bool


class Coach(Protocol):
    """Turns facts into words."""

    def observe(self, facts: Facts) -> Tip | None:
        """The tip for these facts, or ``None`` when there is nothing new to say."""
        ...

    def summarise(
        self, reference: str, measurements: Measurements, feedback: tuple[FeedbackRecord, ...]
    ) -> SessionSummary:
        """The last word on a session, from all of its measurements and feedback."""
        ...
