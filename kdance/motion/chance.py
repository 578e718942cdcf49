"""The floor of a reference: what its own movements score at the wrong time."""

from __future__ import annotations

from typing import Final, get_args

import numpy as np

from kdance.choices import Strictness
from kdance.motion.alignment import LAGS, lag_path
from kdance.motion.formula import Chance
from kdance.motion.pose_comparison import agreement, lag_similarities_by_level
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.scoring import windowed_movement
from kdance.pose import FloatArray

LEVELS: Final[tuple[Strictness, ...]] = get_args(Strictness)

_HZ: Final = 10.0
_SHIFTS: Final = 8
_MOST_S: Final = 600.0  # of one dance; what is longer would take minutes and says nothing new
# Wrong times are spread by the golden ratio: even steps would meet a dance that repeats at one of its phases only.
_GOLDEN: Final = 0.618034


def calibrate_chance(reference: ReferenceMotion, *, strictness: Strictness = "normal") -> Chance:
    """The floor of a reference: what its own movements score at the wrong time, through the same alignment.

    Args:
        reference: The dance.
        strictness: As takes are scored.
    """
    return calibrate_chances(reference, (strictness,))[strictness]


def calibrate_chances(reference: ReferenceMotion, levels: tuple[Strictness, ...] = LEVELS) -> dict[Strictness, Chance]:
    """:func:`calibrate_chance` of several levels of strictness; the bodies are compared once for all of them."""
    times = np.arange(0.0, min(reference.duration, _MOST_S), 1 / _HZ)
    poses, motions = ({level: list[FloatArray]() for level in levels} for _ in range(2))
    shares = 0.15 + 0.7 * (np.arange(_SHIFTS) * _GOLDEN % 1.0)
    users = [reference.at((times + share * reference.duration) % reference.duration) for share in shares]
    alike = np.array([lag_similarities_by_level(user, reference, times, levels) for user in users])
    paths = lag_path(alike, times)  # (shifts, levels, T)
    for user, similarities_of, paths_of in zip(users, alike, paths, strict=True):
        for level, similarities, path in zip(levels, similarities_of, paths_of, strict=True):
            poses[level].append(similarities[np.arange(len(times)), path])
            moved = windowed_movement(user, times, reference, times - LAGS[path]).whole
            motions[level].append(np.clip(agreement(moved.shared, moved.user, moved.reference), 0.0, 1.0))
    return {level: Chance(_usual(poses[level]), _usual(motions[level])) for level in levels}


def _usual(shifts: list[FloatArray]) -> float:
    """What chance seldom exceeds: two standard deviations above the median of the shifts' means.

    The deviation is taken from the lower half alone, and limited: a shift by a whole chorus meets the same moves again,
    which is no chance, and a dance that repeats one move must leave room for a score. A reference that holds a single
    pose has no chance level at all: it stays below 1.
    """
    means = [float(values[np.isfinite(values)].mean()) for values in shifts if np.isfinite(values).any()]
    if not means:
        return 0.0
    median, low = np.percentile(means, (50, 16))
    return float(np.clip(median + min(2 * (median - low), 0.25 * (1 - median)), 0.0, 0.95))
