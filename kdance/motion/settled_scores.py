"""The newest frames of a stream scored as a report scores them: from what came before and after each of them."""

from __future__ import annotations

from typing import Final

import numpy as np

from kdance.choices import Strictness
from kdance.motion.formula import (
    Floor,
    Parts,
    by_weight,
    frame_similarity,
    group_motion,
    group_scores,
    group_similarity,
    pose_score,
    timing_factor,
    whole_score,
)
from kdance.motion.pose_comparison import bone_similarity
from kdance.motion.recent_frames import SeenFrames
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.scoring import POSE_WINDOW_S, FrameScores, windowed_mean, windowed_movement
from kdance.motion.timing import Lateness
from kdance.pose import FloatArray

SETTLED_S: Final = 2.0
"""Seconds of song time after which a half second's score is the report's: half of a window, and of a velocity."""
# Means over a second or three need no more frames than that.
_LEAST_STEP_S: Final = 0.1


def settle(
    seen: SeenFrames,
    lags: FloatArray,
    reference: ReferenceMotion,
    floor: Floor,
    lateness: Lateness,
    *,
    strictness: Strictness = "normal",
) -> FrameScores:
    """Score frames of one run, with all of them known; some are left out where the camera is fast.

    Args:
        seen: T frames, oldest first.
        lags: (N,) seconds late of the newest of them.
        reference: The dance, from the camera's side.
        floor: What chance gives.
        lateness: The constant part of the dancer's.
        strictness: How fast an error costs points.

    Returns:
        Their scores; limb errors and whatever else is of a single frame are those that it had when it came.
    """
    count = min(len(seen), len(lags))
    seen, lags = seen[len(seen) - count :], lags[len(lags) - count :]
    usual = float(np.median(np.diff(seen.time))) if len(seen) > 1 else _LEAST_STEP_S
    step = slice(None, None, max(1, round(_LEAST_STEP_S / max(usual, 1e-3))))
    seen, lags = seen[step], lags[step]
    user, times, scores = seen.body, seen.time, seen.scores
    if not len(seen):
        return scores
    position, known = scores.clock - lags, np.isfinite(seen.similarity)[:, None]
    alike, weight = group_similarity(
        *bone_similarity(user, reference.at(position), reference.usual_length, strictness=strictness)
    )
    both = np.where(known[..., None], np.stack((frame_similarity(alike, floor), weight), 1), np.nan)
    near, weight = windowed_mean(both, times, POSE_WINDOW_S).swapaxes(0, 1)
    moved = windowed_movement(user, times, reference, position)
    motion, _ = group_motion(moved, floor)
    danced = known & reference.is_on(scores.clock)[:, None]
    parts = Parts(*(np.where(danced, part, np.nan) for part in (pose_score(near), motion, weight)))
    timing = timing_factor(lags, lateness, seen.forgiven)
    untimed, in_time = whole_score(parts), np.sqrt(timing)
    return FrameScores(
        scores.times, scores.clock, lags, by_weight(parts.pose, parts.weight),
        by_weight(parts.motion, parts.weight) * timing, untimed * in_time, group_scores(parts) * in_time[:, None],
        untimed, scores.errors, scores.confidence, scores.visibility, moved.whole.user, moved.whole.reference,
        scores.lag_sharpness,
    )  # fmt: skip
