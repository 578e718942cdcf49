"""What every coach takes and gives: facts in, a tip out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final, Protocol

from kdance.motion.timeline import SNAPSHOT_S, Observation
from kdance.motion.timing import CALIBRATED_S, FORGIVEN_S, Lateness
from kdance.pose import JOINT_NAMES, FloatArray, joints_of
from kdance.review.evidence import FITS_NOWHERE
from kdance.review.record import Severity


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
        hands_otherwise: Whether the arms are right and the hands, where they count, do something else.
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
    hands_otherwise: bool = False
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


def facts_of(
    observation: Observation,
    errors: FloatArray,
    lateness: Lateness,
    *,
    seconds_per_count: float | None,
    best_match_idx: int | None,
    speed: float = 1.0,
    forgiven: float = FORGIVEN_S,
    phrase_end: bool = False,
) -> Facts:
    """What a coach may speak about.

    Args:
        observation: The half second.
        errors: (8,) the errors of it that are worth a word, degrees, NaN elsewhere.
        lateness: The constant part of the dancer's lateness; untold where it is forgiven, else told whole.
        seconds_per_count: Of the song at full speed, where known.
        best_match_idx: The reference frame the pose belongs to.
        speed: Of the music: lags are in seconds of the song, and told in real ones.
        forgiven: Constant lateness that costs nothing, real seconds.
        phrase_end: Whether a phrase of four counts ends in this half second.
    """
    is_told = observation.pose >= FITS_NOWHERE and math.isfinite(observation.combined)
    hidden = joints_of(observation.unseen)
    told = [
        (abs(error), name, error)
        for name, error in zip(JOINT_NAMES, errors.tolist(), strict=True)
        if is_told and math.isfinite(error) and name not in hidden
    ]
    # By a calibrated clock the dancer is as late as it says: what is forgiven there is far below what is worth a cue.
    untold = forgiven * speed if forgiven > CALIBRATED_S else 0.0
    constant = lateness.seconds or 0.0
    if abs(constant) > untold:  # nothing of it is forgiven in words: cues and report give the same number
        constant = 0.0
    # Of a pose that fits nowhere nobody can say when it was danced.
    timed = _known(observation.lag) is not None and observation.pose > 0.5 and not observation.standing_still
    # Nobody can be later than the music is old: at its start a late dancer seems less late than they are.
    timed = timed and observation.reference_time - SNAPSHOT_S * speed >= abs(lateness.seconds or 0.0)
    return Facts(
        timestamp=observation.timestamp,
        pose_score=_known(observation.pose),
        motion_score=_known(observation.motion),
        combined_score=_known(observation.combined),
        best_match_idx=best_match_idx,
        joint_errors={name: error for _, name, error in sorted(told, reverse=True)},
        lateness=(observation.lag - constant) / speed if timed else None,
        seconds_per_count=None if seconds_per_count is None else seconds_per_count / speed,
        unseen=observation.unseen,
        standing_still=observation.standing_still,
        wrong_dance=observation.wrong_dance,
        hands_otherwise=observation.hands_otherwise,
        phrase_end=phrase_end,
    )


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
