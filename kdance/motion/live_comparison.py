"""The dancer against the reference while they dance: what :mod:`kdance.motion.scoring` does, from the past alone."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from math import isfinite
from typing import Final

import numpy as np

from kdance.choices import Strictness
from kdance.motion.alignment import LAGS, LagTracker
from kdance.motion.angle_calculator import joint_errors
from kdance.motion.course import LEAST_STEP_S
from kdance.motion.formula import (
    GROUPS,
    Chance,
    Floor,
    GroupMovement,
    Parts,
    by_group,
    by_weight,
    frame_similarity,
    group_motion,
    group_scores,
    group_similarity,
    pose_score,
    timing_factor,
    whole_score,
)
from kdance.motion.free_alignment import PositionTracker, progress_factor
from kdance.motion.pose_comparison import (
    VELOCITY_SPAN_S,
    WEIGHTS,
    body_at,
    bone_movement,
    bone_similarity,
    lag_similarities,
)
from kdance.motion.pose_normalization import TRUNK, Body, normalize_arrays, shown_visibility
from kdance.motion.recent_frames import SeenFrame, join_bodies, join_scores
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.scoring import (
    LAG_WINDOW_S,
    MOTION_WINDOW_S,
    POSE_WINDOW_S,
    FrameScores,
    lag_sharpness,
)
from kdance.motion.timeline import STILL_AFTER_S, STILL_AGAIN_AFTER_S, Observation, mean_known, observe
from kdance.motion.timing import FORGIVEN_S, Lateness, lateness_of_curve
from kdance.motion.trail import Trail
from kdance.motion.viewpoint import estimate_yaw
from kdance.pose import NUM_LANDMARKS, FloatArray, Pose

# As far back as an observation looks.
_MEMORY_S: Final = 5.5
_VIEW_EVERY_S: Final = 2.0
_VIEW_FRAMES: Final = 40
# A view that is off by less than this costs less than looking again does.
_VIEW_STEP_DEG: Final = 10.0
# When it is decided whether a dance is danced mirrored: enough of it seen, and this much difference of the score.
_DECIDE_AFTER_S: Final = 4.0
_DECIDE_UNTIL_S: Final = 20.0
_DECIDE_MARGIN: Final = 0.15
# So much movement has to be seen before it is called right or wrong.
_FIRST_SCORE_S: Final = 1.5
# The demo's dancers begin to move in the second second: 4 after 1.5 s, 9 after 2 s, 15 to 28 while they dance.
_FIRST_ENERGY: Final = 6.0
_NO_MOVEMENT: Final = np.full(3 * len(GROUPS), np.nan)
_UNSEEN: Final = np.full(2 * len(GROUPS), np.nan)
_NOBODY: Final = (np.full((NUM_LANDMARKS, 4), np.nan), np.full((NUM_LANDMARKS, 3), np.nan))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a frame is: song time, seconds of the take, of the clock, late against the clock; and what is forgiven."""

    time: float
    taken: float
    clock: float
    lag: float
    forgiven: float


class LiveComparison:
    """Compares one frame after the other; every number is of the past alone.

    Args:
        reference: The dance, mirrored where the dancer dances it mirrored.
        chance: The floor of the reference.
        strictness: How fast an error costs points.
        free: Whether the dancer drives, and not the clock.
        forgiven: Constant lateness that costs nothing, real seconds.
    """

    def __init__(
        self,
        reference: ReferenceMotion,
        chance: Chance,
        *,
        strictness: Strictness = "normal",
        free: bool = False,
        forgiven: float = FORGIVEN_S,
    ) -> None:
        self._own_view = reference
        self.reference = reference
        self._chance = chance
        self._floor, self._strictness = Floor.of(chance, strictness), strictness
        self._forgiven = forgiven
        self._driver = PositionTracker(reference) if free else None
        self._memory: deque[SeenFrame] = deque()
        self._run = -1
        self.begin_run()
        self._curve = np.zeros(len(LAGS))
        self._curve_frames = 0
        self._lateness = Lateness(None, 0.0)
        self._viewed_at = 0.0
        self._still_from = STILL_AFTER_S

    def begin_run(self) -> None:
        """The music was interrupted: forget how the dancer moved, keep the view and the lateness they are known by."""
        self._run += 1
        self._began: float | None = None
        self._tracker = LagTracker()
        self._trunks = Trail(1)
        self._similarities = Trail(2 * len(GROUPS))
        self._movements = Trail(3 * len(GROUPS))
        self._rows = Trail(len(LAGS))

    def update(
        self, pose: Pose | None, time: float, clock: float, *, taken: float | None = None, speed: float = 1.0
    ) -> FrameScores:
        """Take a frame in.

        Args:
            pose: Who was seen, or ``None``.
            time: Song time in seconds, see :mod:`kdance.motion.course`: of the take, or the position within a run. It
                may begin anew with every run; within one a clock that stands or steps back does no harm.
            clock: Where the dance is by the clock, seconds of the reference; in free mode it is found out.
            taken: Seconds of the take, later than the frame before: the times of the scores and of :meth:`observe`. By
                default ``time``.
            speed: Of the music.

        Returns:
            The scores of this one frame (arrays of length 1).
        """
        taken = time if taken is None else taken
        before = self._memory[-1] if self._memory and self._began is not None else None
        if before is not None:
            time = max(time, before.time + LEAST_STEP_S)
        else:
            self._begin_at(time, taken)
        landmarks, world = _NOBODY if pose is None else (pose.landmarks, pose.world)
        body = normalize_arrays(landmarks, world, trunk_px=1.0)
        trunk = float(body.length[TRUNK])
        self._trunks.append(time, np.array([trunk]))
        body = replace(body, length=body.length / self._usual_trunk(time))
        elapsed = time - before.time if before is not None else 1 / 30
        if self._driver is not None:
            clock = self._driver.update(body, time)
        row = lag_similarities(body, self.reference, np.asarray(clock), strictness=self._strictness)
        best = self._tracker.update(row, elapsed)
        self._learn_lateness(row)
        place = _Place(time, taken, clock, float(LAGS[best]), self._forgiven * speed)
        self._rows.append(time, row)
        self._similarities.append(time, self._likeness(body, place, known=isfinite(row[best])))
        self._movements.append(time, self._movement(body, time))
        scores = self._score(body, float(row[best]), place)
        self._memory.append(SeenFrame(self._run, time, body, float(row[best]), scores))
        while self._memory[0].scores.times[0] < taken - _MEMORY_S:
            self._memory.popleft()
        if taken - self._viewed_at >= _VIEW_EVERY_S:
            self._viewed_at = taken
            self._look_from_the_side()
        return scores

    def observe(self, timestamp: float) -> Observation:
        """The half second that ends at ``timestamp``, seconds of the take."""
        frames = join_scores([seen.scores for seen in self._memory])
        return observe(frames, timestamp, still_from=self._still_from)

    @property
    def lateness(self) -> Lateness:
        """The constant part of the dancer's lateness as far as it is known by now."""
        return self._lateness

    def _begin_at(self, time: float, taken: float) -> None:
        """Remember where a run begins."""
        if self._memory:
            self._still_from = taken + STILL_AGAIN_AFTER_S
            if taken <= self._memory[-1].scores.times[0]:  # only song time is known, and it begins anew
                self._memory.clear()
        self._viewed_at = min(self._viewed_at, taken) if self._run else self._viewed_at
        self._began = time

    def _usual_trunk(self, time: float) -> float:
        """Median length of the trunk over the last second, pixels: a single frame's breathes with every lean."""
        lengths = self._trunks.since(time - 1.0)
        known = lengths[lengths > 0]
        return float(np.median(known)) if len(known) else 1.0

    def _learn_lateness(self, row: FloatArray) -> None:
        if np.isfinite(row).all():
            self._curve += row
            self._curve_frames += 1
            self._lateness = lateness_of_curve(self._curve / self._curve_frames)

    def _score(self, body: Body, here: float, place: _Place) -> FrameScores:
        moved = GroupMovement(*self._movements.means_since(place.time - MOTION_WINDOW_S).reshape(3, 1, len(GROUPS)))
        mine, theirs = moved.whole.user, moved.whole.reference
        parts = Parts(*(np.full((1, len(GROUPS)), np.nan) for _ in range(3)))
        lag, timing = np.full(1, place.lag), np.full(1, 1.0)
        if isfinite(here) and self.reference.is_on(place.clock):
            near, weight = self._similarities.means_since(place.time - POSE_WINDOW_S).reshape(2, 1, len(GROUPS))
            motion = parts.motion
            if self._has_danced(place.time) and self._has_moved(place.time, float(theirs[0])):
                motion, _ = group_motion(moved, self._floor)
            parts, timing = Parts(pose_score(near), motion, weight), self._timing(place)
        dance = self.reference.at(np.asarray(place.clock - place.lag))
        errors, confidence = joint_errors(body, dance, self.reference.usual_length)
        untimed, sharpness = whole_score(parts), lag_sharpness(self._recent_rows(place.time)[None], lag)
        return FrameScores(
            np.array([place.taken]), np.array([place.clock]), lag, by_weight(parts.pose, parts.weight),
            by_weight(parts.motion, parts.weight) * timing, untimed * np.sqrt(timing),
            group_scores(parts) * np.sqrt(timing), untimed, errors[None], confidence[None],
            shown_visibility(body, dance)[None], mine, theirs, sharpness,
        )  # fmt: skip

    def _likeness(self, body: Body, place: _Place, *, known: bool) -> FloatArray:
        """(2 G,) likeness of the groups, ready to be averaged, and their weights; NaN where too little is seen."""
        dance, usual = self.reference.at(np.asarray(place.clock - place.lag)), self.reference.usual_length
        alike, weight = group_similarity(*bone_similarity(body, dance, usual, strictness=self._strictness))
        return np.concatenate((frame_similarity(alike, self._floor), weight)) if known else _UNSEEN

    def _has_danced(self, time: float) -> bool:
        """Whether enough movement of this run was seen."""
        return self._began is not None and time - self._began >= _FIRST_SCORE_S - 1e-6

    def _has_moved(self, time: float, energy: float) -> bool:
        """Whether the reference moved enough by now: who starts a tenth late would else begin with a zero."""
        return energy >= _FIRST_ENERGY or (self._began is not None and time - self._began >= MOTION_WINDOW_S)

    def _recent_rows(self, time: float) -> FloatArray:
        """(L,) mean similarity at each lag over the last seconds; NaN as long as there are too few."""
        rows = self._rows.since(time - LAG_WINDOW_S)
        known = rows[np.isfinite(rows).all(-1)]
        enough = self._has_danced(time) and len(known) > len(rows) / 2
        return np.asarray(known.mean(0)) if enough else np.full(len(LAGS), np.nan)

    def _timing(self, place: _Place) -> FloatArray:
        """(1,) what is left of the motion score for being off the clock, or for not getting on in free mode."""
        if self._driver is None:
            return timing_factor(np.array([place.lag]), self._lateness, place.forgiven)
        recent = (seen for seen in self._memory if seen.run == self._run and seen.time > place.time - MOTION_WINDOW_S)
        before = next(recent, None)
        if before is None or place.time - before.time < 0.5 * MOTION_WINDOW_S:
            return np.ones(1)
        progress = (place.clock - before.scores.clock) / (place.time - before.time)
        return progress_factor(np.abs(progress))

    def _movement(self, body: Body, time: float) -> FloatArray:
        """(3 G,) the movement by group around the moment half a velocity span ago, the latest that has a future."""
        then, centre = time - VELOCITY_SPAN_S, time - VELOCITY_SPAN_S / 2
        earlier, later, middle = None, None, None
        for seen in reversed(self._memory):
            if seen.run != self._run:
                break
            if seen.time <= then:
                earlier = seen
                break
            later = seen
            middle = seen if seen.time >= centre else middle
        if earlier is None or later is None or middle is None:
            return _NO_MOVEMENT
        pair = join_bodies([earlier.body, later.body])
        before = body_at(pair, np.array([earlier.time, later.time]), np.array([then]))
        position = middle.scores.clock - middle.scores.lag + (centre - middle.time)
        half = VELOCITY_SPAN_S / 2
        products, known = bone_movement(
            before, body[None], self.reference.at(position - half), self.reference.at(position + half)
        )
        return np.concatenate([by_group(product[0]) for product in products]) if known[0] else _NO_MOVEMENT

    def _look_from_the_side(self) -> None:
        """Find out from where the camera looks, from what has matched in the last seconds."""
        step = max(1, len(self._memory) // _VIEW_FRAMES)
        matched = [seen for seen in list(self._memory)[::step] if seen.similarity > self._chance.pose]
        if len(matched) < _VIEW_FRAMES // 2:
            return
        position = np.array([(seen.scores.clock - seen.scores.lag)[0] for seen in matched])
        yaw = estimate_yaw(join_bodies([seen.body for seen in matched]), self._own_view.at(position), WEIGHTS)
        if abs(yaw - self.reference.yaw_deg) >= _VIEW_STEP_DEG:
            self.reference = self._own_view.seen_from(yaw)


class MirrorChoice:
    """Compares with a dance and, every second frame, with its mirror image, until it is clear which one is danced.

    Args:
        plain: Against the reference as it is.
        mirrored: Against its mirror image; ``None`` when there is nothing to choose.
    """

    def __init__(self, plain: LiveComparison, mirrored: LiveComparison | None = None) -> None:
        self.best = plain
        self._mirrored = mirrored
        self._is_odd = False
        self._lead: list[float] = []
        self._danced = 0.0
        self._last: float | None = None
        self.is_mirrored = False

    @property
    def is_decided(self) -> bool:
        """Whether it is clear by now."""
        return self._mirrored is None

    def begin_run(self) -> None:
        """The music was interrupted, see :meth:`LiveComparison.begin_run`; what speaks for either side is kept."""
        self._last = None
        for comparison in (self.best, self._mirrored):
            if comparison is not None:
                comparison.begin_run()

    def update(
        self, pose: Pose | None, time: float, clock: float, *, taken: float | None = None, speed: float = 1.0
    ) -> FrameScores:
        """Take a frame in, see :meth:`LiveComparison.update`; decides once there is enough to decide on."""
        scores = self.best.update(pose, time, clock, taken=taken, speed=speed)
        self._danced += 0.0 if self._last is None else max(0.0, time - self._last)
        self._last = time
        self._is_odd = not self._is_odd
        if self._mirrored is not None and self._is_odd:
            other = self._mirrored.update(pose, time, clock, taken=taken, speed=speed)
            lead = float(other.combined[0] - scores.combined[0])
            if isfinite(lead):
                self._lead.append(lead)
            self._decide(self._mirrored)
        return scores

    def _decide(self, mirrored: LiveComparison) -> None:
        if self._danced < _DECIDE_AFTER_S or not self._lead:
            return
        lead = mean_known(np.array(self._lead))
        if abs(lead) > _DECIDE_MARGIN or self._danced > _DECIDE_UNTIL_S:
            self.is_mirrored = lead > _DECIDE_MARGIN
            self.best = mirrored if self.is_mirrored else self.best
            self._mirrored = None
