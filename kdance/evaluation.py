"""Use case: the second pass. The stored frames of a session and its reference become the report.

Nothing of what was said while dancing is needed, so a session that was killed gets the report it would have had.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from kdance.feedback.coach import Coach, Facts, Tip
from kdance.feedback.feedback_generation import count_severities
from kdance.feedback.rules import RulesCoach
from kdance.motion.free_alignment import align_freely
from kdance.motion.hands import HandScore, compare_hands
from kdance.motion.pose_comparison import Strictness, seen_share
from kdance.motion.pose_normalization import Body, mirrored_sequence, normalize
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.scoring import Chance, FrameScores, TakeScore, score_take
from kdance.motion.side_swaps import unswap_sides
from kdance.motion.timeline import Observation, first_frames, lasting_errors, observe, timestamps
from kdance.motion.timing import FORGIVEN_S, Lateness, Start, find_start
from kdance.pose import JOINT_NAMES, FloatArray, PoseSequence
from kdance.records import FeedbackContext, FeedbackRecord, Measurements, SessionHeader, SessionReport, Verdict
from kdance.references import Reference
from kdance.report.measurements import Evidence, build_measurements, verdict_of

MirrorSetting = Literal["auto", "on", "off"]
# A mirrored dance has to fit better by this much of the combined score before kdance believes it.
_MIRROR_MARGIN = 0.1
# From this combined score on somebody follows the reference.
_FOLLOWED = 0.3
# Deciding whether it is mirrored needs no more frames than this.
_MIRROR_FRAMES = 900


class TakeOptions(BaseModel):
    """What the dancer asked for; stored with the session.

    Attributes:
        offset: Second of the take at which the reference begins; ``None`` to find it.
        mirror: Whether left and right are swapped for the comparison.
        loop: Whether the reference starts again at its end.
        free: Whether the dancer drives; otherwise the clock does, from ``offset`` on.
        hands: Whether hands are looked for and compared, apart from the body.
        strictness: How fast an error costs points.
        error_band: Degrees of error that need no word.
        cue_interval: Seconds between two cues.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    offset: float | None = 0.0
    mirror: MirrorSetting = "auto"
    loop: bool = False
    free: bool = False
    hands: bool = False
    strictness: Strictness = "normal"
    error_band: float = 15.0
    cue_interval: float = 2.5


@dataclass(frozen=True, slots=True, eq=False)
class Dance:
    """A reference made ready for comparison.

    Attributes:
        reference: As it was loaded.
        plain: Its motion, as it is.
        period: Seconds after which it begins again when it goes round: to the end of its last frame.
    """

    reference: Reference
    plain: ReferenceMotion
    period: float

    @classmethod
    def of(cls, reference: Reference) -> Dance:
        """Prepare a reference."""
        plain = ReferenceMotion.from_sequence(reference.sequence)
        return cls(reference, plain, plain.duration + float(np.median(np.diff(reference.sequence.times))))

    def motion(self, *, mirrored: bool) -> ReferenceMotion:
        """The motion to compare with, or that of its mirror image."""
        return self.plain.mirrored() if mirrored else self.plain

    def chance(self, strictness: Strictness) -> Chance:
        """The floor at a strictness; a mirror image has the same."""
        level = self.reference.info.chance[strictness]
        return Chance(level.pose, level.motion)

    def clock(self, times: FloatArray, offset: float, *, loop: bool) -> FloatArray:
        """(T,) where the dance is at the times of a take that it begins in at ``offset``."""
        clock = times - offset
        return np.asarray(np.mod(clock, self.period) if loop else clock)


@dataclass(frozen=True, slots=True, eq=False)
class _Pass:
    mirrored: bool
    start: Start
    score: TakeScore
    tempo: float | None = None


def evaluate(take: PoseSequence, dance: Dance, options: TakeOptions, header: SessionHeader) -> SessionReport:
    """The report of a take.

    Args:
        take: Every processed frame, times in seconds from the first.
        dance: The reference.
        options: What was asked for.
        header: The session; whether it was mirrored is found out here.
    """
    take = unswap_sides(take)
    body = normalize(take)
    best, other_fits = _final_pass(body, take.times, dance, options)
    observations = [observe(best.score.frames, float(end)) for end in timestamps(_duration(take.times))]
    verdict = verdict_of(best.score.frames, take.measured, observations, dance.plain.duration)
    errors = _errors_worth_a_word(observations, verdict, options.error_band)
    evidence = Evidence(
        take=best.score,
        measured=take.measured,
        seen=np.where(take.measured, seen_share(body), 0.0),
        start=best.start,
        tempo=best.tempo,
        free=options.free,
        offset_asked=options.offset is not None,
        observations=observations,
        verdict=verdict,
        errors=errors,
        sections=dance.reference.info.sections,
        times=np.asarray(dance.reference.sequence.times),
        seconds_per_count=dance.reference.info.seconds_per_count,
        reference=header.reference,
        strictness=options.strictness,
        hands=_compare_hands(take, best, dance) if options.hands else None,
        mirrored=best.mirrored,
        mirroring_fits_better=other_fits,
    )
    measurements = build_measurements(evidence)
    coach = RulesCoach(options.cue_interval)
    feedback = _feedback(
        coach,
        observations,
        errors,
        best.score.lateness,
        measurements,
        seconds_per_count=dance.reference.info.seconds_per_count,
    )
    summary = coach.summarise(header.reference, measurements, feedback)
    return SessionReport(
        **(header.model_dump() | {"mirrored": best.mirrored}),
        **dict(measurements),
        **dict(summary),
        severity_distribution=count_severities(feedback),
        detailed_feedback=feedback,
    )


def facts_of(
    observation: Observation,
    errors: FloatArray,
    lateness: Lateness,
    *,
    seconds_per_count: float | None,
    best_match_idx: int | None,
) -> Facts:
    """What a coach may speak about.

    Args:
        observation: The half second.
        errors: (8,) the errors of it that are worth a word, degrees, NaN elsewhere.
        lateness: The constant part of the dancer's lateness.
        seconds_per_count: Of the song, where known.
        best_match_idx: The reference frame the pose belongs to.
    """
    told = [
        (abs(error), name, float(error))
        for name, error in zip(JOINT_NAMES, errors, strict=True)
        if np.isfinite(error) and np.isfinite(observation.combined)
    ]
    constant = float(np.clip(lateness.seconds or 0.0, -FORGIVEN_S, FORGIVEN_S))
    # Of a pose that fits nowhere nobody can say when it was danced.
    timed = _known(observation.lag) is not None and observation.pose > 0.5 and not observation.standing_still
    return Facts(
        timestamp=observation.timestamp,
        pose_score=_known(observation.pose),
        motion_score=_known(observation.motion),
        combined_score=_known(observation.combined),
        best_match_idx=best_match_idx,
        joint_errors={name: error for _, name, error in sorted(told, reverse=True)},
        lateness=observation.lag - constant if timed else None,
        seconds_per_count=seconds_per_count,
        unseen=observation.unseen,
        standing_still=observation.standing_still,
        wrong_dance=observation.wrong_dance,
    )


def feedback_record(tip: Tip, facts: Facts) -> FeedbackRecord:
    """What was said, and what was measured when it was."""
    return FeedbackRecord(
        timestamp=facts.timestamp,
        feedback_text=tip.text,
        severity=tip.severity,
        focus_areas=tip.focus_areas,
        similarity_score=facts.combined_score,
        is_positive=tip.is_positive,
        context=FeedbackContext(
            pose_score=facts.pose_score, motion_score=facts.motion_score, best_match_idx=facts.best_match_idx
        ),
        source="rules",
    )


def _final_pass(body: Body, times: FloatArray, dance: Dance, options: TakeOptions) -> tuple[_Pass, bool]:
    """The pass that counts, and whether the other setting of the mirror fits better."""
    if len(times) == 0:
        return _pass(body, times, dance, options, mirrored=options.mirror == "on"), False
    step = max(1, len(times) // _MIRROR_FRAMES)
    fits = {
        mirrored: _overall(_pass(body[::step], times[::step], dance, options, mirrored=mirrored).score.frames)
        for mirrored in (False, True)
    }
    better = fits[True] > fits[False] + _MIRROR_MARGIN
    mirrored = better if options.mirror == "auto" else options.mirror == "on"
    other = fits[not mirrored] > fits[mirrored] + _MIRROR_MARGIN
    return _pass(body, times, dance, options, mirrored=mirrored), other


def _pass(body: Body, times: FloatArray, dance: Dance, options: TakeOptions, *, mirrored: bool) -> _Pass:
    motion = dance.motion(mirrored=mirrored)
    chance = dance.chance(options.strictness)
    if options.free:
        way = align_freely(body, times, motion)
        score = score_take(
            body, times, motion, way.position, chance, strictness=options.strictness, progress=way.progress
        )
        # Of another dance the way through this one has a tempo too, but it means nothing.
        tempo = way.tempo if _overall(score.frames) >= _FOLLOWED else None
        return _Pass(mirrored, Start(0.0, 1.0), score, tempo)
    if options.offset is not None:
        start = Start(options.offset, 1.0)
    elif len(times):
        start = find_start(body, times, motion, strictness=options.strictness)
    else:
        start = Start(0.0, 0.0)
    clock = dance.clock(times, start.seconds, loop=options.loop)
    score = score_take(body, times, motion, clock, chance, strictness=options.strictness)
    return _Pass(mirrored, start, score)


def _compare_hands(take: PoseSequence, best: _Pass, dance: Dance) -> tuple[HandScore, HandScore]:
    """Left and right hand, where the take and the reference both have them."""
    sequence = dance.reference.sequence
    reference = mirrored_sequence(sequence) if best.mirrored else sequence
    if take.hands is None or reference.hands is None:
        unseen = HandScore(None, None, None, 0.0)
        return unseen, unseen
    frames = best.score.frames
    looked = first_frames(take.times)
    looked = looked[np.isfinite(frames.combined[looked])]
    position = (frames.clock - frames.lag)[looked]
    return compare_hands(take.hands[looked], position, reference.hands, np.asarray(reference.times))


def _overall(frames: FrameScores) -> float:
    return float(np.nanmean(frames.combined)) if np.isfinite(frames.combined).any() else 0.0


def _errors_worth_a_word(observations: list[Observation], verdict: Verdict, band: float) -> FloatArray:
    """(R, 8) errors that last; none where the dance isn't this one or isn't danced: no limb is to blame for that."""
    errors = np.array([observation.errors for observation in observations]).reshape(-1, len(JOINT_NAMES))
    if verdict != "danced":  # what matches here and there is chance
        return np.full_like(errors, np.nan)
    idle = [observation.standing_still or observation.wrong_dance for observation in observations]
    return np.where(np.array(idle, bool)[:, None], np.nan, lasting_errors(errors, band=band))


def _feedback(
    coach: Coach,
    observations: list[Observation],
    errors: FloatArray,
    lateness: Lateness,
    measurements: Measurements,
    *,
    seconds_per_count: float | None,
) -> tuple[FeedbackRecord, ...]:
    records = []
    for observation, told, row in zip(observations, errors, measurements.timeline, strict=True):
        facts = facts_of(
            observation,
            told,
            lateness,
            seconds_per_count=seconds_per_count,
            best_match_idx=row.best_match_idx,
        )
        tip = coach.observe(facts)
        if tip is not None:
            records.append(feedback_record(tip, facts))
    return tuple(records)


def _duration(times: FloatArray) -> float:
    return float(times[-1] - times[0]) if len(times) else 0.0


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
