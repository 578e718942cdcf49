"""A scored take in half seconds: what a snapshot says, and what all of them say together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from kdance.motion.scoring import FrameScores
from kdance.motion.timing import MIN_CONTRAST
from kdance.pose import BONES, JOINT_NAMES, FloatArray

SNAPSHOT_S: Final = 0.5
# A limb is told as not seen when it was out of sight for most of the half second.
_VISIBLE: Final = 0.5
CONFIDENT: Final = 0.45
"""Joint errors below this confidence are not measured at all: 0.67 of visibility. Where half of the picture is blurred
beyond use, elbows that were right came out 70 to 120 degrees off at 0.6."""
# Of an elbow the change of the angle counts, which is twice what its direction in the picture is off.
_BANDS: Final = np.array([1.2 if name.endswith("elbow") else 1.0 for name in JOINT_NAMES])
# Less than this share of the reference's movement is standing still; below this movement the reference stands as well.
_STILL_SHARE: Final = 0.12
# Energies are means over some seconds: when dancing begins they are of a moment. While dancing they are of the past
# alone, so that is so again after every jump; but who comes back from one is dancing already.
STILL_AFTER_S: Final = 3.0
STILL_AGAIN_AFTER_S: Final = 1.5
_MOVING_ENERGY: Final = 1.0
_CHANCE_WINDOW_S: Final = 5.0
# Snapshots in a row of which nothing is known, beyond which an error is no neighbour of the one before them.
_GAP: Final = 2
_PLURAL: Final = {"arm": "arms", "leg": "legs", "foot": "feet"}
_FEET: Final = ("feet", "left foot", "right foot")  # who can't see a leg can't see its foot
CHANCE_SCORE: Final = 0.15


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """The half second that ends at ``timestamp``; NaN where nothing was measured.

    Attributes:
        timestamp: Seconds of the take.
        reference_time: Seconds of the reference by the clock; NaN outside of the dance.
        position: Seconds of the reference that the dancer's pose belongs to.
        pose: 0..1, likewise ``motion`` and ``combined``.
        motion: 0..1.
        combined: 0..1.
        errors: (8,) mean signed joint errors in degrees, NaN where not measured.
        spread: (8,) degrees by which they are uncertain, NaN likewise: how much the frames vary, and what is known of
            the network's noise.
        lag: Mean seconds late against the clock; NaN where it can't be told.
        unseen: What the camera doesn't see ("left arm", "legs").
        standing_still: The dancer hardly moves and the reference does.
        wrong_dance: Nothing better than chance for five seconds.
        hands_otherwise: The arms are right, and the hands, where they count, do something else.
    """

    timestamp: float
    reference_time: float
    position: float
    pose: float
    motion: float
    combined: float
    errors: FloatArray
    spread: FloatArray
    lag: float
    unseen: tuple[str, ...]
    standing_still: bool
    wrong_dance: bool
    hands_otherwise: bool = False


def timestamps(duration: float) -> FloatArray:
    """(R,) seconds at which snapshots end; a last one that is at least half full counts.

    >>> timestamps(1.3)
    array([0.5, 1. , 1.5])
    """
    return np.asarray(SNAPSHOT_S * np.arange(1, int(duration / SNAPSHOT_S + 0.5 + 1e-6) + 1))


def snapshot_index(time: float) -> int:
    """In which half second a frame is."""
    return int(time / SNAPSHOT_S + 1e-6)


def observe(
    frames: FrameScores, timestamp: float, *, still_from: float = STILL_AFTER_S, noise: FloatArray | float = 0.0
) -> Observation:
    """What was measured in the half second that ends at ``timestamp``.

    Args:
        frames: Scores of the take, or of its last five seconds; their times in seconds of the take.
        timestamp: Seconds of the take.
        still_from: Second of the take from which it can be told that somebody stands still.
        noise: (8,) degrees by which the joint errors are uncertain, beside what they vary.
    """
    now = frames[_inside(frames, timestamp - SNAPSHOT_S, timestamp)]
    recent = _inside(frames, timestamp - _CHANCE_WINDOW_S, timestamp)
    times, untimed = frames.times[recent], frames.untimed[recent]
    lag = mean_known(np.where(np.isfinite(now.pose), now.lag, np.nan))
    clock = float(now.clock[-1]) if len(now.clock) else np.nan
    errors, spread = mean_errors(now.errors, now.confidence)
    still = timestamp >= still_from and mean_known(now.user_energy) < _STILL_SHARE * mean_known(now.reference_energy)
    span = times[-1] - times[0] if len(times) else 0.0
    return Observation(
        timestamp=timestamp,
        reference_time=clock,
        position=clock - lag,  # a lag that is no sure lateness is still the best place
        pose=mean_known(now.pose),
        motion=mean_known(now.motion),
        combined=mean_known(now.combined),
        errors=errors,
        spread=spread + noise,
        lag=lag if mean_known(now.lag_sharpness) >= MIN_CONTRAST else float("nan"),
        unseen=unseen_parts(now.visibility),
        standing_still=still and mean_known(now.reference_energy) > _MOVING_ENERGY,
        # Who stands still dances another dance as well; as long as nobody can tell which, nothing is said.
        wrong_dance=timestamp >= still_from and span > 0.8 * _CHANCE_WINDOW_S and mean_known(untimed) < CHANCE_SCORE,
    )


def combined_until(frames: FrameScores, timestamp: float) -> float:
    """0..1 the score alone of :func:`observe`, which costs little."""
    return mean_known(frames.combined[_inside(frames, timestamp - SNAPSHOT_S, timestamp)])


def mean_errors(errors: FloatArray, confidence: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(8,) confidence-weighted mean and standard deviation of (N, 8) signed errors.

    NaN where less than half of it was measured.
    """
    measured = np.isfinite(errors) & (confidence >= CONFIDENT)
    weight, known = np.where(measured, confidence, 0.0), np.nan_to_num(errors)
    total = weight.sum(0)
    enough = measured.sum(0) >= max(0.5 * len(errors), 1)
    mean, square = (
        np.divide((weight * values).sum(0), total, out=np.full(8, np.nan), where=enough) for values in (known, known**2)
    )
    return np.asarray(mean), np.asarray(np.sqrt(np.maximum(square - mean**2, 0.0)))


def lasting_errors(errors: FloatArray, spread: FloatArray, *, band: float) -> FloatArray:
    """(R, 8) errors of the snapshots that are worth a word, NaN elsewhere.

    An error is worth a word when it is outside of the band by more than it varies within the half second, and a
    neighbouring snapshot has at least half of the band in the same direction: what comes and goes within half a second
    is the network's noise, another encoding of the picture, or a passing move. A limb that is out of sight for up to a
    second is judged by where it is seen again. Where one is worth a word, those before and after it
    that are outside of the band in the same direction belong to it: a fault varies where it begins and ends.

    Args:
        errors: (R, 8) mean signed errors of consecutive snapshots, degrees.
        spread: (R, 8) their standard deviations inside of each.
        band: Degrees that need no word; an elbow, whose error counts double, has a wider one.

    >>> errors = np.tile(np.array([[30.0], [2.0], [20.0], [9.0]]), 8)
    >>> lasting_errors(errors, np.full((4, 8), 3.0), band=15)[:, JOINT_NAMES.index("left_knee")]
    array([nan, nan, 20., nan])
    >>> bool(np.isfinite(lasting_errors(errors, np.full((4, 8), 8.0), band=15)).any())
    False
    """
    known, bands = np.nan_to_num(errors), band * _BANDS
    before, after = _measured_before(errors), _measured_before(errors[::-1])[::-1]
    outside = np.abs(known) > bands
    lasts = np.maximum(np.sign(known) * before, np.sign(known) * after) >= bands / 2
    worth = lasts & (np.abs(known) > bands + np.nan_to_num(spread))
    for rows in (range(1, len(known)), range(len(known) - 2, -1, -1)):
        for row in rows:
            beside = row - rows.step
            worth[row] |= outside[row] & worth[beside] & (known[row] * known[beside] > 0)
    return np.where(worth, known, np.nan)


def _measured_before(errors: FloatArray) -> FloatArray:
    """(R, 8) the error measured last before each snapshot, over a gap of ``_GAP`` snapshots; 0 without one."""
    last = errors
    for _ in range(_GAP):
        last = np.where(np.isfinite(last), last, np.concatenate((np.full((1, 8), np.nan), last[:-1])))
    return np.asarray(np.nan_to_num(np.concatenate((np.zeros((1, 8)), last[:-1]))))


def worst_joint(errors: FloatArray) -> tuple[str, float] | None:
    """The joint with the largest of (8,) values, degrees or sums of them, and that value; ``None`` for NaN alone."""
    if not np.isfinite(errors).any():
        return None
    worst = int(np.nanargmax(np.abs(errors)))
    return JOINT_NAMES[worst], float(errors[worst])


def unseen_parts(visibility: FloatArray) -> tuple[str, ...]:
    """What was out of sight for most of a stretch, in a dancer's words; both sides together where both are.

    Args:
        visibility: (N, B) 0..1 of the bones, NaN in frames without a body and of bones that the reference doesn't
            show; those don't count.
    """
    measured = visibility[np.isfinite(visibility).any(-1)]
    if not len(measured):
        return ()
    known = np.isfinite(measured)
    hidden = known.any(0) & (np.where(known, measured - _VISIBLE, 0.0).sum(0) < 0)
    parts = [part for part in dict.fromkeys(bone.part for bone in BONES) if _hidden(part, hidden)]
    for limb, plural in (("arm", "arms"), ("leg", "legs"), ("foot", "feet")):
        if {f"left {limb}", f"right {limb}"} <= set(parts):
            parts = [part for part in parts if not part.endswith(f" {limb}")] + [plural]
    # Who can't see a leg can't see its foot.
    for leg, feet in (
        ("legs", ("feet", "left foot", "right foot")),
        ("left leg", ("left foot",)),
        ("right leg", ("right foot",)),
    ):
        if leg in parts:
            parts = [part for part in parts if part not in feet]
    return tuple(part for part in parts if part not in ("shoulders", "hips", "trunk"))


def missed_parts(unseen: Sequence[str], not_shown: Sequence[str]) -> tuple[str, ...]:
    """What of ``unseen`` a dancer is asked to show: nothing that the reference itself doesn't show for most of it.

    >>> missed_parts(("left arm", "right leg", "feet"), ("legs",))
    ('left arm',)
    """
    gone = {*not_shown, *(_FEET if "legs" in not_shown else ())}
    return tuple(part for part in unseen if not gone & {part, _PLURAL.get(part.split(" ")[-1])})


def _hidden(part: str, hidden: FloatArray) -> bool:
    return any(hidden[index] for index, bone in enumerate(BONES) if bone.part == part)


def _inside(frames: FrameScores, after: float, until: float) -> slice:
    """The frames in (after, until]; the very first frame of a take belongs to its first snapshot."""
    first = np.searchsorted(frames.times, after + 1e-6) if after > 1e-6 else 0
    return slice(int(first), int(np.searchsorted(frames.times, until + 1e-6)))


def mean_known(values: FloatArray) -> float:
    """Mean without NaN; NaN of nothing."""
    known = values[np.isfinite(values)]
    return float(np.add.reduce(known) / len(known)) if len(known) else float("nan")
