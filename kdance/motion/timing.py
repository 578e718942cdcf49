"""Early or late: when the dancer danced, apart from how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from kdance.choices import Strictness
from kdance.motion.alignment import LAG_STEP_S, LAGS, IntArray
from kdance.motion.curves import median, peak_shift
from kdance.motion.free_alignment import direction_features, fast_similarity
from kdance.motion.pose_comparison import (
    VELOCITY_SPAN_S,
    Velocities,
    agreement,
    body_at,
    bone_movement,
    movements,
    similarity,
)
from kdance.motion.pose_normalization import Body
from kdance.motion.reference_motion import ReferenceMotion
from kdance.pose import FloatArray

# A constant lateness up to this is camera, screen and sound; it is told and forgiven.
FORGIVEN_S: Final = 0.25
# The same where that delay was measured and taken off the clock: what is left of it is the measurement's own play.
CALIBRATED_S: Final = 0.04
# The best lag must stand out of the others by this share of what is missing to perfect, else nothing is said. Wrong
# dances and standing reach 0.08 on the takes measured (docs/SCORING.md), right ones have 0.33 and more.
MIN_CONTRAST: Final = 0.15
# Frames whose lags differ by no more are equally late, and more than this share of them has to be.
SAME_LAG_S: Final = 0.1
_MOST: Final = 0.5
# Whole takes are searched at this rate; the result is refined on the lags.
_COARSE_HZ: Final = 10.0
_MIN_OVERLAP_S: Final = 3.0
# Least agreement of movement where the recording is said to follow the reference: other dances and standing reach
# 0.13 on the takes measured, right ones have 0.44 and more.
_MIN_MOVEMENT: Final = 0.25
# A dance that is so late that the lags don't hold it, with the play it has, is looked for up to two seconds from the
# clock. Farther away it isn't late but not with the music.
FAR: Final = np.arange(-30, 31) / 15
_NEAR_S: Final = 0.45
# No more than a few of its pieces, each of which holds some moves, may clearly be nearer the clock, give or take this.
_FEW: Final = 0.1
_CLEARLY: Final = 0.1
_PIECE_S: Final = 3.0
_FAR_FRAMES: Final = 300
_ON_TIME_S: Final = 0.31
_AS_GOOD: Final = 0.1
# Another flowing dance has 0.39 by the best of its lags where only a few seconds can be compared; right ones 0.42.
_FAR_MOVEMENT: Final = 0.4
_LEAST_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Lateness:
    """A constant lateness.

    Attributes:
        seconds: Positive when late; ``None`` where no lag stands out.
        confidence: 0..1, how sharply it stands out.
    """

    seconds: float | None
    confidence: float


def estimate_lateness(similarities: FloatArray, path: FloatArray, *, around: float = 0.0) -> Lateness:
    """The lag of most of a stretch of the dance, to a fraction of a frame.

    The median of the warping path says which; the mean similarity over the lags of the frames that share it, with a
    parabola at its peak, says it exactly. The mean of all frames would lie between two lags where a dancer is late in a
    part only. Speeds are not correlated: that jumps to the neighbouring beat.

    Args:
        similarities: (T, L) similarity of each frame at each of ``LAGS``; NaN where unknown.
        path: (T,) seconds late of each frame, of :func:`kdance.motion.alignment.lag_path`.
        around: Seconds late that the lags are counted from, of :func:`far_lateness`.
    """
    path = path - around
    # Frames that miss a lag (the ends of the dance) would compare different frames at different lags.
    whole = np.isfinite(similarities).all(-1)
    if not whole.any():
        return Lateness(None, 0.0)
    usual = median(path[whole])
    alike = whole & (np.abs(path - usual) <= SAME_LAG_S + 1e-6)
    if not alike.any():  # half of it late, half early: the middle is neither
        return Lateness(None, 0.0)
    lateness = lateness_of_curve(similarities[alike].mean(0))
    share = float(alike.sum() / whole.sum())
    if lateness.seconds is None or abs(lateness.seconds - usual) > 2 * SAME_LAG_S or share < _MOST:
        return Lateness(None, min(lateness.confidence, 0.49))
    return Lateness(lateness.seconds + around, lateness.confidence * share)


def far_lateness(user: Body, times: FloatArray, reference: ReferenceMotion, clock: FloatArray) -> float:
    """The lateness, to a fifteenth of a second, of a dance that may be too late or early for ``LAGS``; 0 of any other.

    Movement tells it, not poses: one that is held fits everywhere. It is believed only where the movement agrees, more
    than on time, and where hardly any part is on time.

    Args:
        user: (T, B) bodies.
        times: (T,) seconds of song time.
        reference: The dance.
        clock: (T,) where the clock says the dance is, seconds of the reference.
    """
    step = max(1, len(times) // _FAR_FRAMES)
    spacing = step * float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    return far_lateness_of(_far_movements(user, times, reference, clock, step), spacing)


def far_lateness_of(moved: FloatArray, spacing: float) -> float:
    """:func:`far_lateness` from movement.

    Args:
        moved: (3, F, D) shared, user's and reference's movement of moments of the dance at each of :data:`FAR`; NaN
            where unknown.
        spacing: Seconds from one moment to the next.
    """
    whole = np.isfinite(moved).all((0, 2))
    if whole.sum() * spacing < _LEAST_S:
        return 0.0
    curve = agreement(*moved[:, whole].mean(1))
    best, near = _nearest_peak(curve), np.abs(FAR) <= _ON_TIME_S
    late = float(FAR[best])
    if abs(late) < _NEAR_S or curve[best] < max(_FAR_MOVEMENT, curve[near].max() + _CLEARLY):
        return 0.0
    compared = moved[:, :, np.append(np.flatnonzero(near), best)]
    compared = compared[:, np.isfinite(compared).all((0, 2))]
    pieces = np.array_split(compared, max(1, round(compared.shape[1] * spacing / _PIECE_S)), axis=1)
    means = np.array([agreement(*piece.mean(1)) for piece in pieces])
    on_time = means[:, :-1].max(-1) > means[:, -1] + _CLEARLY
    return 0.0 if on_time.mean() > _FEW else late


def _far_movements(
    user: Body, times: FloatArray, reference: ReferenceMotion, clock: FloatArray, step: int
) -> FloatArray:
    """(3, F, D) shared, user's and reference's movement of some frames at each of ``FAR``; NaN where unknown."""
    half = VELOCITY_SPAN_S / 2
    position = clock[::step, None] - FAR
    mine = Velocities.between(*(body_at(user, times, times[::step] + side)[:, None] for side in (-half, half)))
    theirs = Velocities.between(*(reference.at(position + side) for side in (-half, half)))
    products, known = bone_movement(mine, theirs)
    return np.array([np.where(known, product.sum(-1), np.nan) for product in products])


def _nearest_peak(curve: FloatArray) -> int:
    """The peak that is nearest the clock, of those as good as the best: a step may come again every two seconds."""
    beside = np.pad(curve, 1, constant_values=-np.inf)
    peaks = np.flatnonzero((curve >= beside[:-2]) & (curve >= beside[2:]))
    good = peaks[curve[peaks] >= curve.max() - _AS_GOOD]
    return int(good[np.abs(FAR[good]).argmin()])


def contrast(curve: FloatArray) -> FloatArray:
    """(...,) how far the best of (..., L) similarities stands out of the others, as a share of what they miss to 1.

    >>> float(contrast(np.array([0.5, 0.9, 0.4])).round(2))
    0.75
    """
    mean = curve.mean(-1)
    return np.asarray((curve.max(-1) - mean) / np.maximum(1.0 - mean, 1e-3))


def lateness_of_curve(curve: FloatArray) -> Lateness:
    """The lateness of (L,) mean similarities at each of ``LAGS``, see :func:`estimate_lateness`."""
    best, sharp = int(np.argmax(curve)), float(contrast(curve))
    confidence = min(max(sharp / (2 * MIN_CONTRAST), 0.0), 1.0)
    if sharp < MIN_CONTRAST or best in (0, len(LAGS) - 1):
        return Lateness(None, min(confidence, 0.49))
    return Lateness(float(LAGS[best] + peak_shift(*curve[best - 1 : best + 2]) * LAG_STEP_S), confidence)


@dataclass(frozen=True, slots=True)
class Start:
    """Where the reference begins in a recording.

    Attributes:
        seconds: Of the recording; negative when the recording begins after the reference does. 0 when not found.
        confidence: 0..1; near 0 when not found.
    """

    seconds: float
    confidence: float


def find_start(
    user: Body, times: FloatArray, reference: ReferenceMotion, *, strictness: Strictness = "normal"
) -> Start:
    """Find where the reference begins in a recording, from the poses, over the whole recording.

    Every pair of moments is compared at 10 Hz; each possible start is a diagonal of that matrix. The diagonal that
    stands out most, by its mean and its length, wins.

    Args:
        user: (T, B) bodies of the recording.
        times: (T,) seconds of the recording, or of song time where it was danced at another speed; so is the start.
        reference: The dance.
        strictness: As the take is scored.
    """
    if len(times) == 0:
        return Start(0.0, 0.0)
    mine = np.arange(times[0], times[-1] + 1e-6, 1 / _COARSE_HZ)
    theirs = np.arange(0.0, reference.duration + 1e-6, 1 / _COARSE_HZ)
    least = min(len(mine), len(theirs), round(_MIN_OVERLAP_S * _COARSE_HZ))
    # (R, U)
    matrix = fast_similarity(direction_features(reference.at(theirs)), direction_features(body_at(user, times, mine)))
    offsets = np.arange(-(len(theirs) - least), len(mine) - least + 1)
    means, strengths = _diagonals(matrix, offsets, least)
    if not np.isfinite(strengths).any():
        return Start(0.0, 0.0)
    best = int(np.nanargmax(strengths))
    usual = float(np.nanmedian(means))
    contrast = (means[best] - usual) / max(1.0 - usual, 1e-3)
    if contrast < 2 * MIN_CONTRAST:
        return Start(0.0, min(0.1, 0.1 * max(contrast, 0.0)))
    coarse = float(offsets[best] / _COARSE_HZ + times[0])
    fine = _refine(user, times, reference, coarse, strictness)
    # Somebody who stands there before the song looks like the dance's own still moments: only movement is proof.
    moving = movement_agreement(user, times, reference, times - fine)
    if moving < _MIN_MOVEMENT:
        return Start(0.0, min(0.1, max(moving, 0.0)))
    # A recording shorter than the least overlap fits by chance in many places.
    long_enough = min(1.0, (len(mine) / _COARSE_HZ / _MIN_OVERLAP_S) ** 2)
    return Start(fine, float(np.clip((contrast - MIN_CONTRAST) / 0.35, 0.0, 1.0)) * long_enough)


def movement_agreement(user: Body, times: FloatArray, reference: ReferenceMotion, position: FloatArray) -> float:
    """How far the user's movement is the reference's over a whole stretch, at most 1; 0 by chance.

    Args:
        user: (T, B) bodies.
        times: (T,) seconds of the bodies.
        reference: The dance.
        position: (T,) seconds of the reference that each frame belongs to; those outside of the dance don't count.
    """
    both = movements(user, times, reference, position)
    known = np.isfinite(both.shared)
    if not known.any():
        return 0.0
    return float(agreement(both.shared[known].mean(), both.user[known].mean(), both.reference[known].mean()))


def _diagonals(matrix: FloatArray, offsets: IntArray, least: int) -> tuple[FloatArray, FloatArray]:
    """Mean similarity along each diagonal, and how many standard errors it stands above chance."""
    known = np.isfinite(matrix)
    chance = float(matrix[known].mean()) if known.any() else 0.0
    means, strengths = np.full(len(offsets), np.nan), np.full(len(offsets), np.nan)
    for index, offset in enumerate(offsets):
        line = np.diagonal(matrix, offset)
        line = line[np.isfinite(line)]
        if len(line) >= 0.7 * least:
            means[index] = line.mean()
            strengths[index] = (line.mean() - chance) * np.sqrt(len(line))
    return means, strengths


def _refine(user: Body, times: FloatArray, reference: ReferenceMotion, start: float, strictness: Strictness) -> float:
    """The start to a fraction of a frame, by shifting the dance +-0.2 s around a coarse one."""
    near = LAGS[np.abs(LAGS) <= 0.2 + 1e-9]
    step = max(1, len(times) // 600)
    curve = []
    for shift in near:
        dance = reference.at(times[::step] - start - shift)
        alike = similarity(user[::step], dance, reference.usual_length, strictness=strictness)
        known = alike[np.isfinite(alike)]
        curve.append(float(known.mean()) if len(known) else 0.0)
    best = int(np.argmax(curve))
    if best in (0, len(near) - 1):
        return float(start + near[best])
    return float(start + near[best] + peak_shift(*curve[best - 1 : best + 2]) * LAG_STEP_S)
