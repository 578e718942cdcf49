"""From similarities to scores: what chance gives is 0, the dance itself is 1. docs/SCORING.md has the reasons."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import partial
from typing import Final

import numpy as np

from kdance.choices import Strictness
from kdance.motion.alignment import LAGS, lag_path
from kdance.motion.angle_calculator import joint_errors
from kdance.motion.formula import (
    GRADES,
    Chance,
    Floor,
    Grade,
    GroupMovement,
    Parts,
    by_group,
    frame_similarity,
    grade,
    group_motion,
    group_similarity,
    pose_score,
    scored,
    timing_factor,
)
from kdance.motion.free_alignment import progress_factor
from kdance.motion.pose_comparison import (
    VELOCITY_SPAN_S,
    WEIGHTS,
    bone_movements,
    bone_similarity,
    lag_similarities,
    movements,
)
from kdance.motion.pose_normalization import Body, shown_visibility
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.timing import FORGIVEN_S, SAME_LAG_S, Lateness, contrast, estimate_lateness, far_lateness
from kdance.motion.viewpoint import estimate_yaw
from kdance.pose import FloatArray

__all__ = [  # the words of a score are named here too
    "GRADES",
    "Chance",
    "FrameScores",
    "Grade",
    "TakeScore",
    "fit",
    "grade",
    "lag_sharpness",
    "score_take",
    "windowed_mean",
]

POSE_WINDOW_S: Final = 1.0
MOTION_WINDOW_S: Final = 3.0
# A lag is believed that stands out over this time; less holds too few movements.
LAG_WINDOW_S: Final = 3.0
# The least mean score without timing from which it is this dance, whose lateness is told and forgiven, live as well; of
# movement alone where the dancer drives. Movement alone, at 0.5, took lateness from beginners who dance it small.
DANCED: Final = 0.3
# A shot of the reference of which less is danced is taken to be seen from where the rest is.
_VIEWED_S: Final = 2.0
# What a second of lateness costs where it is decided which side is danced, and the most that is looked for.
_LATE_PRICE: Final = 0.1
_LATEST_S: Final = 2.0
# The least :func:`fit` with which a mirror image is believed: the better of two sides of another dance reaches 0.2.
IMAGE_FITS: Final = 0.25
# What a dance fits better by is no reason to call it on time where its movement says that it is far late.
_FAR_AHEAD: Final = 0.05
_ENERGY_HZ: Final = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class FrameScores:
    """Frames of a take, scored; NaN where nothing could be measured.

    Attributes:
        times: (T,) seconds of the take, or of song time.
        clock: (T,) seconds of the reference, by the clock.
        lag: (T,) seconds late against the clock.
        pose: (T,) 0..1, likewise ``motion`` and ``combined``.
        motion: (T,) 0..1.
        combined: (T,) 0..1.
        groups: (T, G) 0..1 the same of each of :data:`kdance.motion.formula.GROUPS`.
        untimed: (T,) 0..1 what ``combined`` would be if timing didn't count: whether it is this dance at all.
        errors: (T, 8) signed joint errors in degrees.
        confidence: (T, 8) 0..1 of the errors.
        visibility: (T, B) 0..1 of the bones; NaN of those that the reference doesn't show either.
        user_energy: (T,) size of the dancer's movement around the frame.
        reference_energy: (T,) size of the reference's, where the frame belongs.
        lag_sharpness: (T,) how far the best lag of the seconds around the frame stands out, 0..1; 0 where the lag of
            the frame is another one.
    """

    times: FloatArray
    clock: FloatArray
    lag: FloatArray
    pose: FloatArray
    motion: FloatArray
    combined: FloatArray
    groups: FloatArray
    untimed: FloatArray
    errors: FloatArray
    confidence: FloatArray
    visibility: FloatArray
    user_energy: FloatArray
    reference_energy: FloatArray
    lag_sharpness: FloatArray

    def __getitem__(self, index: slice) -> FrameScores:
        """The scores of some frames."""
        return FrameScores(*(getattr(self, field.name)[index] for field in fields(self)))


@dataclass(frozen=True, slots=True, eq=False)
class TakeScore:
    """A whole take against the reference.

    Attributes:
        frames: The scores frame by frame.
        similarities: (T, L) before the floor, at each of ``LAGS`` around ``around``.
        around: Seconds late that the lags are counted from: 0, unless the dance is later than they reach.
        lateness: Of the take as a whole.
        yaw_deg: How far to the side the camera stood.
    """

    frames: FrameScores
    similarities: FloatArray
    around: float
    lateness: Lateness
    yaw_deg: float


def score_take(
    user: Body,
    times: FloatArray,
    reference: ReferenceMotion,
    clock: FloatArray,
    chance: Chance,
    *,
    strictness: Strictness = "normal",
    progress: FloatArray | None = None,
    forgiven: FloatArray | float = FORGIVEN_S,
) -> TakeScore:
    """Score a take against a reference, with all of it known.

    Args:
        user: (T, B) bodies.
        times: (T,) seconds of song time, increasing: of the take, where it was danced at full speed and in one run.
        reference: The dance, seen from its own camera, mirrored where the dancer danced it mirrored.
        clock: (T,) where the clock says the dance is, seconds of the reference; frames outside of it get no score.
        chance: The floor of the reference at this strictness.
        strictness: How fast an error costs points.
        progress: (T,) how fast the reference goes by, where the dancer drives and ``clock`` is where they are; by
            default a clock drives, and being off it costs.
        forgiven: () or (T,) constant lateness that costs nothing, seconds of song time.
    """
    floor = Floor.of(chance, strictness)
    at = partial(_score_around, user, times, reference, clock, floor, strictness, progress, forgiven)
    if progress is not None:
        return at(0.0)
    tried = [at(late) for late in dict.fromkeys((far_lateness(user, times, reference, clock), 0.0))]
    return max(tried, key=lambda score: fit(score) + _FAR_AHEAD * (score.around != 0.0))


def _score_around(
    user: Body,
    times: FloatArray,
    reference: ReferenceMotion,
    clock: FloatArray,
    floor: Floor,
    strictness: Strictness,
    progress: FloatArray | None,
    forgiven: FloatArray | float,
    around: float,
) -> TakeScore:
    """:func:`score_take` with the lags counted from ``around`` seconds late."""
    reference, similarities, yaw = _aligned(user, times, reference, clock - around, strictness)
    lag = around + LAGS[lag_path(similarities, times)]
    here = similarities[np.arange(len(times)), np.searchsorted(LAGS, lag - around - 1e-6)]
    dance = reference.at(clock - lag)
    position = clock - lag if progress is None else _inside(reference, clock - lag)
    moved = windowed_movement(user, times, reference, position)
    motion, body_motion = group_motion(moved, floor, rests_count=progress is None)
    user_energy, reference_energy = moved.whole.user, moved.whole.reference
    # Nobody can say how late a dance is that isn't this one: some lag always fits best.
    is_danced = bool(np.isfinite(body_motion).any()) and float(np.nanmean(body_motion)) >= DANCED
    if progress is not None and is_danced:
        motion, body_motion = group_motion(moved, floor)
    elif progress is not None:
        # Who stands there is found where the reference rests: only who dances may rest with it.
        reference_energy = np.maximum(reference_energy, _usual_energy(reference))
    danced = np.isfinite(here) & reference.is_on(clock)
    alike, weight = group_similarity(*bone_similarity(user, dance, reference.usual_length, strictness=strictness))
    seen = np.isfinite(here)[:, None]
    near = windowed_mean(frame_similarity(np.where(seen, alike, np.nan), floor), times, POSE_WINDOW_S)
    weight = windowed_mean(np.where(seen, weight, np.nan), times, POSE_WINDOW_S)
    parts = Parts(*(np.where(danced[:, None], part, np.nan) for part in (pose_score(near), motion, weight)))
    errors, confidence = joint_errors(user, dance, reference.usual_length)
    recent = windowed_mean(np.where(danced[:, None], similarities, np.nan), times, LAG_WINDOW_S)
    found = scored(parts)
    lateness = Lateness(None, 0.0)
    if progress is None and np.isfinite(found.whole).any() and float(np.nanmean(found.whole)) >= DANCED:
        lateness = estimate_lateness(similarities, lag, around=around)
    timing = timing_factor(lag, lateness, forgiven) if progress is None else progress_factor(progress)
    in_time = np.sqrt(timing)
    frames = FrameScores(
        times, clock, lag, found.pose, found.motion * timing, found.whole * in_time,
        found.groups * in_time[:, None], found.whole, errors, confidence,
        shown_visibility(user, dance), user_energy, reference_energy, lag_sharpness(recent, lag - around),
    )  # fmt: skip
    return TakeScore(frames, similarities, around, lateness, yaw)


def _aligned(
    user: Body, times: FloatArray, reference: ReferenceMotion, clock: FloatArray, strictness: Strictness
) -> tuple[ReferenceMotion, FloatArray, float]:
    """The reference from the camera's side, the (T, L) similarities at all lags then, and the yaw."""
    similarities = lag_similarities(user, reference, clock, strictness=strictness)
    position = clock - LAGS[lag_path(similarities, times)]
    yaw = _yaw(user, reference, position)
    view = _seen_from(user, times, reference, position, yaw)
    if view is not reference:
        similarities = lag_similarities(user, view, clock, strictness=strictness)
    return view, similarities, yaw


def _seen_from(
    user: Body, times: FloatArray, reference: ReferenceMotion, position: FloatArray, yaw: float
) -> ReferenceMotion:
    """The reference from the camera's side: of each shot its own, where enough of the shot was danced to tell."""
    if reference.shots is None:
        return reference.seen_from(yaw) if yaw else reference
    yaws = np.full(int(reference.shots.max()) + 1, yaw)
    shot = np.where(reference.is_on(position), reference.shot_at(position), -1)
    step = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    for number in range(len(yaws)):
        if (shot == number).sum() * step >= _VIEWED_S:
            yaws[number] = _yaw(user[shot == number], reference, position[shot == number])
    return reference.seen_by_shot(yaws) if yaws.any() else reference


def fit(score: TakeScore) -> float:
    """How well a take fits a dance or its mirror image, at most 1: each at its own best lateness.

    The score without its timing, less a tenth for a second of lateness: a step from left to right, danced mirrored,
    looks like the same step half a phrase off, and who is simply mirrored is likelier than who is that late.
    """
    frames = score.frames
    known = np.isfinite(frames.untimed)
    if not known.any():
        return 0.0
    late = min(abs(float(np.median(frames.lag[known]))), _LATEST_S)
    return float(frames.untimed[known].mean()) - _LATE_PRICE * late


def lag_sharpness(similarities: FloatArray, lag: FloatArray) -> FloatArray:
    """(...,) how far a lag stands out, as :func:`kdance.motion.timing.contrast` of the seconds around it.

    Args:
        similarities: (..., L) mean similarity at each of ``LAGS`` over those seconds.
        lag: (...,) seconds late, of the warping path; another one than the best of ``similarities`` is not sharp.
    """
    known = np.asarray(np.isfinite(similarities).all(-1))
    curve = np.where(known[..., None], similarities, 0.0)
    agrees = np.abs(LAGS[curve.argmax(-1)] - lag) <= SAME_LAG_S + 1e-6
    return np.asarray(np.where(known & agrees, contrast(curve), 0.0))


def windowed_mean(values: FloatArray, times: FloatArray, span: float) -> FloatArray:
    """(T, ...) mean over the ``span`` seconds around each frame; NaN is left out, and stays where there is nothing.

    >>> windowed_mean(np.array([1.0, np.nan, 3.0]), np.array([0.0, 0.1, 0.2]), 1.0)
    array([2., 2., 2.])
    """
    known = np.isfinite(values)
    sums = np.zeros((2, len(values) + 1, *values.shape[1:]))  # of the values until each frame, and of how many
    np.where(known, values, 0.0).cumsum(0, out=sums[0, 1:])
    known.cumsum(0, out=sums[1, 1:])
    first = times.searchsorted(times - span / 2 - 1e-9)
    last = times.searchsorted(times + span / 2 + 1e-9, side="right")
    total, number = sums[:, last] - sums[:, first]
    return np.asarray(np.divide(total, number, out=np.full(values.shape, np.nan), where=number > 0))


def movement_by_group(user: Body, times: FloatArray, reference: ReferenceMotion, position: FloatArray) -> FloatArray:
    """(T, 3, G) the products of :class:`GroupMovement` around each frame, NaN where unknown; as :func:`movements`."""
    products, known = bone_movements(user, times, reference, position)
    by_groups = np.stack([by_group(product) for product in products], 1)
    return np.where(known[:, None, None], by_groups, np.nan)


def windowed_movement(user: Body, times: FloatArray, reference: ReferenceMotion, position: FloatArray) -> GroupMovement:
    """(T, G) the movement over the seconds around each frame; arguments as of :func:`movements`."""
    return mean_movement(movement_by_group(user, times, reference, position), times)


def mean_movement(movement: FloatArray, times: FloatArray) -> GroupMovement:
    """(T, G) :func:`windowed_movement` from (T, 3, G) of :func:`movement_by_group`."""
    means = windowed_mean(movement, times, MOTION_WINDOW_S)
    return GroupMovement(means[:, 0], means[:, 1], means[:, 2])


def _inside(reference: ReferenceMotion, position: FloatArray) -> FloatArray:
    """Positions moved to where the reference's movement around them is known."""
    half = VELOCITY_SPAN_S / 2
    return np.asarray(np.clip(position, half, max(reference.duration - half, half)))


def _usual_energy(reference: ReferenceMotion) -> float:
    """The size of the reference's movement over all of the dance; 0 where nothing is known of it."""
    times = np.arange(0.0, reference.duration, 1 / _ENERGY_HZ)
    energy = movements(reference.at(times), times, reference, times).reference
    return float(np.nanmean(energy)) if np.isfinite(energy).any() else 0.0


def _yaw(user: Body, reference: ReferenceMotion, position: FloatArray) -> float:
    step = max(1, len(position) // 200)
    return estimate_yaw(user[::step], reference.at(position[::step]), WEIGHTS)
