"""The newest frames of a stream scored as a report scores them: from what came before and after each of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from kdance.choices import Strictness
from kdance.motion.curves import median
from kdance.motion.formula import (
    Floor,
    Parts,
    frame_similarity,
    group_motion,
    group_similarity,
    pose_score,
    scored,
    timing_factor,
)
from kdance.motion.pose_comparison import bone_similarity
from kdance.motion.recent_frames import SeenFrames
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.scoring import POSE_WINDOW_S, FrameScores, mean_movement, movement_by_group, windowed_mean
from kdance.motion.timing import Lateness
from kdance.pose import FloatArray

SETTLED_S: Final = 2.0
"""Seconds of song time after which a half second's score is the report's: half of a window, and of a velocity."""
# Means over a second or three need no more frames than that.
_LEAST_STEP_S: Final = 0.1


class Settling:
    """Scores frames of one run, with all of them known, in parts; some are left out where the camera is fast.

    Args:
        seen: T frames, oldest first.
        lags: (N,) seconds late of the newest of them.
        reference: The dance, from the camera's side.
        floor: What chance gives.
        lateness: The constant part of the dancer's.
        strictness: How fast an error costs points.
    """

    def __init__(
        self,
        seen: SeenFrames,
        lags: FloatArray,
        reference: ReferenceMotion,
        floor: Floor,
        lateness: Lateness,
        *,
        strictness: Strictness = "normal",
    ) -> None:
        count = min(len(seen), len(lags))
        seen, lags = seen[len(seen) - count :], lags[len(lags) - count :]
        usual = median(seen.time[1:] - seen.time[:-1]) if len(seen) > 1 else _LEAST_STEP_S
        step = slice(None, None, max(1, round(_LEAST_STEP_S / max(usual, 1e-3))))
        self._seen, self._lags = seen[step].copy(), lags[step]
        self._reference, self._floor, self._lateness = reference, floor, lateness
        self._strictness: Strictness = strictness

    def parts(self) -> Iterator[None]:
        """The work, in parts; what comes after the last of them goes with :meth:`scores`."""
        seen, position = self._seen, self._seen.scores.clock - self._lags
        if not len(seen):
            return
        yield
        dance = self._reference.at(position)
        bones = bone_similarity(seen.body, dance, self._reference.usual_length, strictness=self._strictness)
        self._poses = self._pose_scores(*group_similarity(*bones))
        yield
        movement = movement_by_group(seen.body, seen.time, self._reference, position)
        yield
        self._moved = mean_movement(movement, seen.time)

    def _pose_scores(self, alike: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(T, G) likeness of the groups, averaged, and their weights; NaN where too little is seen."""
        known = np.isfinite(self._seen.similarity)[:, None, None]
        both = np.where(known, np.stack((frame_similarity(alike, self._floor), weight), 1), np.nan)
        means = windowed_mean(both, self._seen.time, POSE_WINDOW_S)
        return means[:, 0], means[:, 1]

    def scores(self) -> FrameScores:
        """The last part.

        Returns:
            Their scores; limb errors and whatever else is of a single frame are those that it had when it came.
        """
        seen, scores, lags = self._seen, self._seen.scores, self._lags
        if not len(seen):
            return scores
        (near, weight), moved = self._poses, self._moved
        motion, _ = group_motion(moved, self._floor)
        danced = (np.isfinite(seen.similarity) & self._reference.is_on(scores.clock))[:, None]
        parts = Parts(*(np.where(danced, part, np.nan) for part in (pose_score(near), motion, weight)))
        timing = timing_factor(lags, self._lateness, seen.forgiven)
        found, in_time = scored(parts), np.sqrt(timing)
        return FrameScores(
            scores.times, scores.clock, lags, found.pose, found.motion * timing, found.whole * in_time,
            found.groups * in_time[:, None], found.whole, scores.errors, scores.confidence,
            scores.visibility, moved.whole.user, moved.whole.reference, scores.lag_sharpness,
        )  # fmt: skip
