"""The second pass: the stored frames of a take and its reference become numbers and findings, without words.

Nothing of what was said while dancing is needed, so a session that was killed gets the report it would have had.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kdance.dance.dance import Dance
from kdance.motion.angle_calculator import joints_shown
from kdance.motion.arm_lengths import arm_lengths, elbow_noise, usual_arm
from kdance.motion.course import Course, main_speed, phrase_ends
from kdance.motion.flicker import without_flicker
from kdance.motion.lateness_curve import LatenessCurve, lateness_curve
from kdance.motion.pose_comparison import WEIGHTS
from kdance.motion.pose_normalization import SHOWN, Body, normalize, normalize_arrays
from kdance.motion.side_swaps import unswap_sides
from kdance.motion.timeline import SNAPSHOT_S, lasting_errors, missed_parts, observe, timestamps
from kdance.pose import JOINT_NAMES, FloatArray, PoseSequence, joints_of
from kdance.review.evidence import FITS_NOWHERE, Evidence, Row
from kdance.review.findings import Findings, find, unseen_joints, unseen_limbs
from kdance.review.hands import TakenHands, score_hands
from kdance.review.measurements import build_measurements, verdict_of
from kdance.review.notices import Notice, notices_of
from kdance.review.options import TakeOptions
from kdance.review.passes import Pass, final_pass
from kdance.review.pictures import pictures_of
from kdance.review.record import Measurements, Verdict


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What a take came to, before any words.

    Attributes:
        evidence: The scored take, half second by half second: what the coach is told again.
        measurements: The numbers of the report.
        findings: What they amount to.
        notices: What keeps the score from saying all.
        speed: Of the music, for most of the take.
    """

    evidence: Evidence
    measurements: Measurements
    findings: Findings
    notices: tuple[Notice, ...]
    speed: float

    @property
    def mirrored(self) -> bool:
        """Whether it was compared with the mirror image."""
        return self.evidence.best.mirrored


def evaluate(take: PoseSequence, dance: Dance, options: TakeOptions, course: Course | None = None) -> Evaluation:
    """Score a take and draw its findings.

    Args:
        take: Every processed frame, times in seconds from the first.
        dance: The reference.
        options: What was asked for.
        course: Where the song was at each frame; ``None`` for a recording, whose own times are the clock.
    """
    evidence = _gather(take, dance, options, course)
    measurements = build_measurements(evidence)
    if unseen := unseen_limbs(measurements):  # what little was seen of them is a guess
        blameless = np.array([name in joints_of(unseen) for name in JOINT_NAMES])
        errors = np.where(blameless, np.nan, evidence.errors)
        evidence = replace(evidence, errors=errors, hidden=unseen_joints(measurements))
        measurements = build_measurements(evidence)
    return Evaluation(
        evidence=evidence,
        measurements=measurements,
        findings=find(measurements),
        notices=notices_of(evidence),
        speed=options.speed if options.free or course is None else main_speed(course, take.times),
    )


def _gather(take: PoseSequence, dance: Dance, options: TakeOptions, course: Course | None) -> Evidence:
    take = without_flicker(unswap_sides(take))
    course = None if options.free else course
    best, other_fits = final_pass(normalize(take), take.times, dance, options, course)
    seen = np.where(take.measured, _seen_share(best.score.frames.visibility), 0.0)
    pictures = pictures_of(take, dance, options, best, course)
    if pictures.rotate is not None:  # what matches in it is chance
        best, other_fits = final_pass(_unseen(take), take.times, dance, options, course)
    hands = score_hands(take, best, dance) if options.hands else None
    if hands is not None:
        best = hands.best
    rows = _rows(best, dance, hands, arm_lengths(take.world), free=options.free)
    observations = [row.observation for row in rows]
    verdict = verdict_of(best.score.frames, take.measured, observations, dance.plain.duration, pictures)
    return Evidence(
        dance=dance,
        options=options,
        best=best,
        pictures=pictures,
        measured=take.measured,
        seen=seen,
        shown=joints_shown(dance.motion(mirrored=best.mirrored).at(best.score.frames.clock - best.score.frames.lag)),
        offset_asked=options.offset is not None or course is not None,
        rows=rows,
        verdict=verdict,
        lateness=_lateness(best, rows, told=verdict == "danced" and not options.free and best.start.confidence > 0),
        errors=_errors_worth_a_word(rows, verdict, options.error_band),
        hands=hands,
        mirroring_fits_better=other_fits,
    )


def _unseen(take: PoseSequence) -> Body:
    """(T, B) the bodies of a take as if nobody had been seen."""
    return normalize_arrays(np.full_like(take.landmarks, np.nan), np.full_like(take.world, np.nan))


def _rows(best: Pass, dance: Dance, hands: TakenHands | None, arms: FloatArray, *, free: bool) -> list[Row]:
    """The half seconds of a take whose arms are (T, 2, 2) long."""
    frames, run = best.score.frames, best.course.run
    # Who leads the song has no phrases to wait for.
    ends = np.full(len(run), free) if free or dance.grid is None else phrase_ends(best.course, dance.grid)
    rows: list[Row] = []
    usual, after, not_shown = usual_arm(arms), 0, dance.not_shown
    for end in timestamps(_duration(frames.times)):
        until = max(int(np.searchsorted(frames.times, end + 1e-6)), 1)
        seen = observe(frames, float(end), noise=elbow_noise(arms[after:until], usual))
        otherwise = hands is not None and hands.are_otherwise(after, until)
        last, again = until - 1, bool(run[until - 1] > run[0])
        began = int(np.searchsorted(run, run[last]))
        rows.append(
            Row(
                replace(seen, unseen=missed_parts(seen.unseen, not_shown), hands_otherwise=otherwise),
                run=int(run[last]),
                speed=float(best.speed[last]),
                earliest=float(best.course.position[began]) if again else -np.inf,
                phrase_end=bool(ends[after:until].any()),
            )
        )
        after = until
    return rows


def _seen_share(visibility: FloatArray) -> FloatArray:
    """(T,) 0..1 the share of the body, by weight, that is seen of what the reference shows; 0 where that is nothing."""
    shown = (WEIGHTS * np.isfinite(visibility)).sum(-1)
    seen = (WEIGHTS * (visibility >= SHOWN)).sum(-1)
    return np.asarray(np.divide(seen, shown, out=np.zeros(len(visibility)), where=shown > 0))


def _lateness(best: Pass, rows: list[Row], *, told: bool) -> LatenessCurve:
    """How late each half second was, real seconds."""
    take, speeds = best.score, np.array([row.speed for row in rows])
    middles = np.array([row.observation.timestamp for row in rows]) - SNAPSHOT_S / 2
    if not told:
        return LatenessCurve(np.full(len(rows), np.nan), np.zeros(len(rows)))
    curve = lateness_curve(take.similarities, take.frames.lag, take.frames.times, middles, around=take.around)
    return LatenessCurve(curve.seconds / speeds, curve.confidence)


def _errors_worth_a_word(rows: list[Row], verdict: Verdict, band: float) -> FloatArray:
    """(R, 8) errors that last; none where the dance isn't this one or isn't danced: no limb is to blame for that."""
    errors = np.array([row.observation.errors for row in rows]).reshape(-1, len(JOINT_NAMES))
    spread = np.array([row.observation.spread for row in rows]).reshape(errors.shape)
    if verdict != "danced":  # what matches here and there is chance
        return np.full_like(errors, np.nan)
    cuts = np.flatnonzero(np.diff([row.run for row in rows])) + 1
    runs = zip(np.split(errors, cuts), np.split(spread, cuts), strict=True)
    lasting = np.concatenate([lasting_errors(*run, band=band) for run in runs])
    blameless = [
        seen.standing_still or seen.wrong_dance or not seen.pose >= FITS_NOWHERE
        for seen in (row.observation for row in rows)
    ]
    return np.where(np.array(blameless, bool)[:, None], np.nan, lasting)


def _duration(times: FloatArray) -> float:
    return float(times[-1] - times[0]) if len(times) else 0.0
