"""Use case: the second pass. The stored frames of a session and its reference become the report.

Nothing of what was said while dancing is needed, so a session that was killed gets the report it would have had.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from kdance.feedback.coach import Coach, Facts, Tip
from kdance.feedback.feedback_generation import count_severities
from kdance.feedback.limbs import joints_of
from kdance.feedback.rules import RulesCoach
from kdance.languages import load_phrases
from kdance.motion.course import Course, main_speed, phrase_ends
from kdance.motion.hands import HandScore, compare_hands, looked_frames
from kdance.motion.pose_comparison import seen_share
from kdance.motion.pose_normalization import mirrored_sequence, normalize
from kdance.motion.side_swaps import unswap_sides
from kdance.motion.timeline import SNAPSHOT_S, Observation, lasting_errors, observe, timestamps
from kdance.motion.timing import CALIBRATED_S, FORGIVEN_S, Lateness
from kdance.pose import JOINT_NAMES, FloatArray, PoseSequence
from kdance.records import FeedbackContext, FeedbackRecord, SessionHeader, SessionReport, Source, Verdict
from kdance.report.evidence import Evidence, Row
from kdance.report.measurements import build_measurements, verdict_of
from kdance.second_pass import Dance, Pass, TakeOptions, final_pass

__all__ = ["Dance", "TakeOptions", "evaluate", "facts_of", "feedback_record"]

FITS_NOWHERE: Final = 0.3
"""Pose score below which no limb is to blame: the dancer does something else. Both arms all wrong leave half of it."""


def evaluate(
    take: PoseSequence, dance: Dance, options: TakeOptions, header: SessionHeader, course: Course | None = None
) -> SessionReport:
    """The report of a take.

    Args:
        take: Every processed frame, times in seconds from the first.
        dance: The reference.
        options: What was asked for.
        header: The session; whether it was mirrored, and its speed, are found out here.
        course: Where the song was at each frame; ``None`` for a recording, whose own times are the clock.
    """
    take = unswap_sides(take)
    body = normalize(take)
    best, other_fits = final_pass(body, take.times, dance, options, None if options.free else course)
    rows = _rows(best, dance, free=options.free)
    observations = [row.observation for row in rows]
    verdict = verdict_of(best.score.frames, take.measured, observations, dance.plain.duration)
    errors = _errors_worth_a_word(rows, verdict, options.error_band)
    info = dance.reference.info
    evidence = Evidence(
        take=best.score,
        measured=take.measured,
        seen=np.where(take.measured, seen_share(body), 0.0),
        start=best.start,
        tempo=best.tempo,
        free=options.free,
        offset_asked=options.offset is not None or course is not None,
        course=best.course,
        rounds=best.rounds,
        speed=best.speed,
        forgiven=options.forgiven,
        rows=rows,
        verdict=verdict,
        errors=errors,
        sections=info.sections,
        times=np.asarray(dance.reference.sequence.times),
        grid=dance.grid,
        reference=header.reference,
        strictness=options.strictness,
        hands=_compare_hands(take, best, dance) if options.hands else None,
        mirrored=best.mirrored,
        mirroring_fits_better=other_fits,
    )
    measurements = build_measurements(evidence, load_phrases(options.language))
    coach = RulesCoach(options.cue_interval, language=options.language)
    matches = [row.best_match_idx for row in measurements.timeline]
    feedback = _feedback(coach, evidence, matches)
    summary = coach.summarise(header.reference, measurements, feedback)
    speed = header.speed if options.free else options.speed if course is None else main_speed(course, take.times)
    return SessionReport(
        **(header.model_dump() | {"mirrored": best.mirrored, "speed": speed}),
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
    fits, hidden = observation.pose >= FITS_NOWHERE, joints_of(observation.unseen)
    told = [
        (abs(error), name, float(error))
        for name, error in zip(JOINT_NAMES, errors, strict=True)
        if np.isfinite(error) and np.isfinite(observation.combined) and fits and name not in hidden
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
        phrase_end=phrase_end,
    )


def feedback_record(tip: Tip, facts: Facts, source: Source = "rules") -> FeedbackRecord:
    """What was said, what was measured when it was, and whose words it was said in."""
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
        source=source,
    )


def _rows(best: Pass, dance: Dance, *, free: bool) -> list[Row]:
    """The half seconds of a take."""
    frames, run = best.score.frames, best.course.run
    # Who leads the song has no phrases to wait for.
    ends = np.full(len(run), free) if free or dance.grid is None else phrase_ends(best.course, dance.grid)
    rows: list[Row] = []
    after = 0
    for end in timestamps(_duration(frames.times)):
        until = max(int(np.searchsorted(frames.times, end + 1e-6)), 1)
        last, again = until - 1, bool(run[until - 1] > run[0])
        began = int(np.searchsorted(run, run[last]))
        rows.append(
            Row(
                observe(frames, float(end)),
                run=int(run[last]),
                speed=float(best.speed[last]),
                earliest=float(best.course.position[began]) if again else -np.inf,
                phrase_end=bool(ends[after:until].any()),
            )
        )
        after = until
    return rows


def _compare_hands(take: PoseSequence, best: Pass, dance: Dance) -> tuple[HandScore, HandScore]:
    """Left and right hand, where the take and the reference both have them."""
    sequence = dance.reference.sequence
    reference = mirrored_sequence(sequence) if best.mirrored else sequence
    if take.hands is None or reference.hands is None:
        unseen = HandScore(None, None, None, 0.0)
        return unseen, unseen
    frames = best.score.frames
    looked = looked_frames(take.times, np.asarray(np.isfinite(take.hands[:, :, 0, 0]).any(-1)))
    looked = looked[np.isfinite(frames.combined[looked])]
    position = (frames.clock - frames.lag)[looked]
    return compare_hands(take.hands[looked], position, reference.hands, np.asarray(reference.times))


def _errors_worth_a_word(rows: list[Row], verdict: Verdict, band: float) -> FloatArray:
    """(R, 8) errors that last; none where the dance isn't this one or isn't danced: no limb is to blame for that."""
    errors = np.array([row.observation.errors for row in rows]).reshape(-1, len(JOINT_NAMES))
    if verdict != "danced":  # what matches here and there is chance
        return np.full_like(errors, np.nan)
    cuts = np.flatnonzero(np.diff([row.run for row in rows])) + 1
    lasting = np.concatenate([lasting_errors(run, band=band) for run in np.split(errors, cuts)])
    blameless = [
        seen.standing_still or seen.wrong_dance or not seen.pose >= FITS_NOWHERE
        for seen in (row.observation for row in rows)
    ]
    return np.where(np.array(blameless, bool)[:, None], np.nan, lasting)


def _feedback(coach: Coach, evidence: Evidence, matches: list[int | None]) -> tuple[FeedbackRecord, ...]:
    records = []
    for row, told, match in zip(evidence.rows, evidence.errors, matches, strict=True):
        facts = facts_of(
            row.observation,
            told,
            evidence.take.lateness,
            seconds_per_count=None if evidence.grid is None else evidence.grid.seconds_per_count,
            best_match_idx=match,
            speed=row.speed,
            forgiven=evidence.forgiven,
            phrase_end=row.phrase_end,
        )
        tip = coach.observe(facts)
        if tip is not None:
            records.append(feedback_record(tip, facts))
    return tuple(records)


def _duration(times: FloatArray) -> float:
    return float(times[-1] - times[0]) if len(times) else 0.0


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
