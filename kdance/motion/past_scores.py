"""The score of a frame from the seconds before it: what is shown while somebody dances."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Final

import numpy as np

from kdance.motion.alignment import LAGS
from kdance.motion.angle_calculator import joint_errors_by
from kdance.motion.formula import (
    GROUPS,
    Floor,
    GroupMovement,
    Parts,
    frame_similarity,
    group_motion,
    group_similarity,
    pose_score,
    scored,
    timing_factor,
)
from kdance.motion.free_alignment import progress_factor
from kdance.motion.live_lateness import LatenessSoFar
from kdance.motion.live_movement import last_movement
from kdance.motion.pose_comparison import LagLikeness
from kdance.motion.pose_normalization import Body, shown_visibility
from kdance.motion.recent_frames import SeenFrames
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.scoring import MOTION_WINDOW_S, POSE_WINDOW_S, FrameScores, lag_sharpness
from kdance.motion.trail import MeanTrail, Trail
from kdance.pose import FloatArray

# So much movement has to be seen before it is called right or wrong.
_FIRST_SCORE_S: Final = 1.5
# The demo's dancers begin to move in the second second: 4 after 1.5 s, 9 after 2 s, 15 and more while they dance.
_FIRST_ENERGY: Final = 6.0
# A change of lag has to be believed before half of a report's window is over, which looks ahead as well.
_LAG_WINDOW_S: Final = 2.0
_SCORE_EVERY_S: Final = 0.045  # of a fast camera
_NO_ERRORS: Final = np.full((1, 0), np.nan)
_UNSEEN: Final = np.full(2 * len(GROUPS), np.nan)
_NO_PARTS: Final = Parts(*np.full((3, 1, len(GROUPS)), np.nan))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a frame is: song time, seconds of the take, of the clock, late against the clock; and what is forgiven."""

    time: float
    taken: float
    clock: float
    lag: float
    forgiven: float


class PastScores:
    """The scores of the frames of one run, one after the other.

    Args:
        floor: What chance gives.
        lateness: The dancer's; is told how they move.
        around: Seconds late that the lags are counted from.
        is_free: Whether the dancer drives, and not the clock.

    Attributes:
        began: Song time at which the run began; ``None`` before its first frame.
        is_busy: Whether the newest frame was scored in full, and the one before it was not.
    """

    def __init__(self, floor: Floor, lateness: LatenessSoFar, *, around: float, is_free: bool) -> None:
        self._floor, self._lateness, self._around, self._is_free = floor, lateness, around, is_free
        self.began: float | None = None
        self._similarities = MeanTrail(2 * len(GROUPS))
        self._movements = MeanTrail(3 * len(GROUPS))
        self._rows = Trail(len(LAGS))
        self._scored: tuple[float, FrameScores] | None = None
        self.is_busy = self._is_full = False

    def forget_from(self, time: float) -> None:
        """Forget the frames at song time ``time`` and after it: they come again."""
        for trail in (self._similarities, self._movements, self._rows):
            trail.forget_from(time)
        self._scored = None

    def score(
        self, body: Body, beside: LagLikeness, best: int, place: Place, seen: SeenFrames, reference: ReferenceMotion
    ) -> FrameScores:
        """The scores of a frame; of a fast camera's only every second one's are worked out, from means over seconds.

        Args:
            body: (B,) who is seen in it.
            beside: How that is like the reference at all lags.
            best: Index of its lag.
            place: Where it is.
            seen: The frames of the run before it.
            reference: The dance, from the camera's side.
        """
        dance, here = beside.dance[best], float(beside.similarity[best])
        self._rows.append(place.time, beside.similarity)
        errors, confidence = joint_errors_by(body, dance, beside.shown[best], beside.seen[best])
        was_full = self._is_full
        self._is_full = self._scored is None or place.time - self._scored[0] >= _SCORE_EVERY_S or not isfinite(here)
        self.is_busy = self._is_full and not was_full
        if self._is_full:
            alike, weight = group_similarity(beside.value[best], beside.weight[best])
            likeness = np.concatenate((frame_similarity(alike, self._floor), weight))
            self._similarities.append(place.time, likeness if isfinite(here) else _UNSEEN)
            self._movements.append(place.time, last_movement(seen, body, place.time, reference))
            is_on = isfinite(here) and bool(reference.is_on(place.clock))
            self._scored = (place.time, self._from_means(place, seen, is_on=is_on))
        assert self._scored is not None
        means = self._scored[1]
        return FrameScores(
            np.array([place.taken]), np.array([place.clock]), np.array([place.lag]), means.pose, means.motion,
            means.combined, means.groups, means.untimed, errors[None], confidence[None],
            shown_visibility(body, dance)[None], means.user_energy, means.reference_energy, means.lag_sharpness,
        )  # fmt: skip

    def _from_means(self, place: Place, seen: SeenFrames, *, is_on: bool) -> FrameScores:
        """What is worked out from the last seconds; limb errors are the frame's own and left out."""
        moved = GroupMovement(*self._movements.means_since(place.time - MOTION_WINDOW_S).reshape(3, 1, len(GROUPS)))
        mine, theirs = moved.whole.user, moved.whole.reference
        parts, lag = _NO_PARTS, np.array([place.lag])
        timing: FloatArray = np.ones(1)
        if is_on:
            near, weight = self._similarities.means_since(place.time - POSE_WINDOW_S).reshape(2, 1, len(GROUPS))
            motion = parts.motion
            if self._has_danced(place.time) and self._has_moved(place.time, float(theirs[0])):
                motion, whole = group_motion(moved, self._floor)
                self._lateness.add_motion(float(whole[0]))
            parts, timing = Parts(pose_score(near), motion, weight), self._timing(place, seen)
        found, in_time = scored(parts), np.sqrt(timing)
        sharpness = lag_sharpness(self._recent_rows(place.time)[None], lag - self._around)
        return FrameScores(
            np.array([place.taken]), np.array([place.clock]), lag, found.pose, found.motion * timing,
            found.whole * in_time, found.groups * in_time, found.whole,
            _NO_ERRORS, _NO_ERRORS, _NO_ERRORS, mine, theirs, sharpness,
        )  # fmt: skip

    def _has_danced(self, time: float) -> bool:
        """Whether enough movement of this run was seen."""
        return self.began is not None and time - self.began >= _FIRST_SCORE_S - 1e-6

    def _has_moved(self, time: float, energy: float) -> bool:
        """Whether the reference moved enough by now: who starts a tenth late would else begin with a zero."""
        return energy >= _FIRST_ENERGY or (self.began is not None and time - self.began >= MOTION_WINDOW_S)

    def _recent_rows(self, time: float) -> FloatArray:
        """(L,) mean similarity at each lag over the last seconds; NaN as long as there are too few."""
        rows = self._rows.since(time - _LAG_WINDOW_S)
        whole = np.isfinite(rows).all(-1)
        known = rows if whole.all() else rows[whole]
        enough = self._has_danced(time) and len(known) > len(rows) / 2
        return np.asarray(known.mean(0)) if enough else np.full(len(LAGS), np.nan)

    def _timing(self, place: Place, seen: SeenFrames) -> FloatArray:
        """(1,) what is left of the motion score for being off the clock, or for not getting on in free mode."""
        if not self._is_free:
            return timing_factor(np.array([place.lag]), self._lateness.counted, place.forgiven)
        first = int(np.searchsorted(seen.time, place.time - MOTION_WINDOW_S, side="right"))
        if first == len(seen) or place.time - seen.time[first] < 0.5 * MOTION_WINDOW_S:
            return np.ones(1)
        progress = (place.clock - seen.scores.clock[first]) / (place.time - seen.time[first])
        return progress_factor(np.abs(np.array([progress])))
