"""The dancer against the reference while they dance: what :mod:`kdance.motion.scoring` does, from the past alone."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from itertools import takewhile
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
from kdance.motion.live_bodies import LiveBodies
from kdance.motion.live_lateness import LatenessSoFar
from kdance.motion.live_movement import last_movement
from kdance.motion.live_view import LiveView
from kdance.motion.pose_comparison import (
    bone_similarity,
    lag_similarities,
)
from kdance.motion.pose_normalization import Body, renamed_body, shown_visibility
from kdance.motion.recent_frames import SeenFrame, join_scores
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.scoring import (
    MOTION_WINDOW_S,
    POSE_WINDOW_S,
    FrameScores,
    lag_sharpness,
)
from kdance.motion.settled_scores import SETTLED_S, settle
from kdance.motion.timeline import STILL_AFTER_S, STILL_AGAIN_AFTER_S, Observation, observe
from kdance.motion.timing import FORGIVEN_S, Lateness
from kdance.motion.trail import Trail
from kdance.pose import FloatArray, Pose

# As far back as an observation looks; and as the first seconds, that are told when it is known what is danced.
_LOOKS_BACK_S: Final = 5.5
MEMORY_S: Final = 8.5
"""Seconds of the take that are remembered frame by frame."""
# A dance that is compared anew needs no more frames than one in so long.
_AGAIN_EVERY_S: Final = 0.09
# So much movement has to be seen before it is called right or wrong.
_FIRST_SCORE_S: Final = 1.5
# The demo's dancers begin to move in the second second: 4 after 1.5 s, 9 after 2 s, 15 and more while they dance.
_FIRST_ENERGY: Final = 6.0
# A change of lag has to be believed before half of a report's window is over, which looks ahead as well.
_LAG_WINDOW_S: Final = 2.0
_SCORE_EVERY_S: Final = 0.045  # of a fast camera
_NO_ERRORS: Final = np.full((1, 0), np.nan)
_UNSEEN: Final = np.full(2 * len(GROUPS), np.nan)


@dataclass(frozen=True, slots=True)
class _Moment:
    """When a frame is: song time, seconds of the take, of the clock; and what lateness is forgiven at its speed."""

    time: float
    taken: float
    clock: float
    forgiven: float


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
        around: Seconds late that the lags are counted from.

    Attributes:
        lateness_so_far: How late the dancer is, from all that was seen.
    """

    def __init__(
        self,
        reference: ReferenceMotion,
        chance: Chance,
        *,
        strictness: Strictness = "normal",
        free: bool = False,
        forgiven: float = FORGIVEN_S,
        around: float = 0.0,
    ) -> None:
        self._view = LiveView(reference, chance.pose)
        self._floor, self._strictness = Floor.of(chance, strictness), strictness
        self._forgiven, self._around = forgiven, around
        self._driver = PositionTracker(reference) if free else None
        self._memory: deque[SeenFrame] = deque()
        self._bodies = LiveBodies()
        self._run = -1
        self._begin_trails()
        self._ended: dict[int, FloatArray] = {}
        self.lateness_so_far = LatenessSoFar(around)
        self._still_from = STILL_AFTER_S

    def begin_run(self) -> None:
        """The music was interrupted: forget how the dancer moved, keep the view and the lateness they are known by."""
        self._ended = {self._run: self._lags_of(self._run, len(self._memory))}
        self.lateness_so_far.begin_run()
        self._bodies.begin_run()
        self._begin_trails()

    def _begin_trails(self) -> None:
        self._run += 1
        self._began: float | None = None
        self._tracker = LagTracker()
        self._similarities = Trail(2 * len(GROUPS))
        self._movements = Trail(3 * len(GROUPS))
        self._rows = Trail(len(LAGS))
        self._scored: tuple[float, FrameScores] | None = None

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
        since = self._bodies.mixed_up_since(pose, time)
        if since is not None and self._driver is None:
            before = self._rename_since(since)
        return self._compare(self._bodies.of(pose, time), _Moment(time, taken, clock, self._forgiven * speed), before)

    def take_over(self, other: LiveComparison) -> None:
        """Go on in the place of another one, from what it has seen of the run under way."""
        self._run, self._began, self._still_from = other._run, other._began, other._still_from
        self._bodies = other._bodies
        self._compare_again([seen for seen in other._memory if seen.run == self._run], None)
        self._view.look(self._memory)

    def _compare_again(self, frames: list[SeenFrame], before: SeenFrame | None) -> None:
        """Compare frames that come after ``before`` once more; fewer where the camera is fast."""
        for seen in frames:
            if before is None or seen.time - before.time >= _AGAIN_EVERY_S:
                taken, clock = float(seen.scores.times[0]), float(seen.scores.clock[0])
                self._compare(seen.body, _Moment(seen.time, taken, clock, seen.forgiven), before)
                before = seen

    def _rename_since(self, time: float) -> SeenFrame | None:
        """Left and right were mixed up from ``time`` on: compare those frames anew; gives the newest frame."""
        mixed_up: list[SeenFrame] = []
        while self._memory and self._memory[-1].run == self._run and self._memory[-1].time >= time - 1e-9:
            mixed_up.insert(0, self._memory.pop())
        for trail in (self._similarities, self._movements, self._rows):
            trail.forget_from(time)
        self._tracker.take_back(len(mixed_up))
        if mixed_up:
            self.lateness_so_far.take_back(len(mixed_up), float(mixed_up[0].scores.times[0]))
        self._scored = None
        before = self._memory[-1] if self._memory and self._memory[-1].run == self._run else None
        self._compare_again([replace(seen, body=renamed_body(seen.body)) for seen in mixed_up], before)
        return self._memory[-1] if self._memory and self._memory[-1].run == self._run else None

    def _compare(self, body: Body, moment: _Moment, before: SeenFrame | None) -> FrameScores:
        """Compare and remember a body; ``before`` is the frame before it in its run."""
        time, clock = moment.time, moment.clock
        if self._driver is not None:
            clock = self._driver.update(body, time)
        row = lag_similarities(body, self.reference, np.asarray(clock - self._around), strictness=self._strictness)
        best = self._tracker.update(row, time - before.time if before is not None else 1 / 30)
        place = _Place(time, moment.taken, clock, self._around + float(LAGS[best]), moment.forgiven)
        if self._driver is None:
            self.lateness_so_far.add(row, place.lag, place.taken, self._tracker)
        self._rows.append(time, row)
        scores = self._scores_of(body, float(row[best]), place)
        self._memory.append(SeenFrame(self._run, time, body, float(row[best]), moment.forgiven, scores))
        while self._memory[0].scores.times[0] < moment.taken - MEMORY_S:
            self._memory.popleft()
        self._view.update(self._memory, moment.taken)
        return scores

    def observe(self, timestamp: float) -> Observation:
        """The half second that ends at ``timestamp``, seconds of the take, from what came before it alone."""
        recent = [seen.scores for seen in self._memory if seen.scores.times[0] > timestamp - _LOOKS_BACK_S]
        return observe(join_scores(recent), timestamp, still_from=self._still_from)

    def settled(self, after: float) -> FrameScores:
        """The frames after ``after``, seconds of the take, as a report would score them that ended now.

        What came after a frame counts as much as what came before it: 1.75 s later its score is the report's. Where
        the dancer drives there is no such thing: these are the scores from the past alone.
        """
        if self._driver is not None:
            return join_scores([seen.scores for seen in self._memory])
        wanted = [seen for seen in self._memory if seen.scores.times[0] > after]
        since = {seen.run: seen.time - SETTLED_S for seen in reversed(wanted)}
        runs = {run: [seen for seen in self._memory if seen.run == run and seen.time > since[run]] for run in since}
        scored = [
            settle(
                frames, self._lags_of(run, len(frames)), self.reference, self._floor, self.lateness_so_far.counted,
                strictness=self._strictness,
            )
            for run, frames in reversed(runs.items())
        ]  # fmt: skip
        return scored[0] if len(scored) == 1 else join_scores(scored)

    @property
    def reference(self) -> ReferenceMotion:
        """The dance, from the camera's side."""
        return self._view.reference

    @property
    def lateness(self) -> Lateness:
        """The constant part of the dancer's lateness as far as it is known by now."""
        return self.lateness_so_far.known

    @property
    def newest(self) -> SeenFrame:
        """The frame that came last; there must have been one."""
        return self._memory[-1]

    def _lags_of(self, run: int, count: int) -> FloatArray:
        """(N,) seconds late of the newest ``count`` frames of a run, as they are known by now; fewer if forgotten."""
        if run != self._run:
            return self._ended.get(run, np.zeros(0))[-count:]
        return np.asarray(self._around + LAGS[self._tracker.path(count)])

    def _begin_at(self, time: float, taken: float) -> None:
        """Remember where a run begins."""
        if self._memory:
            self._still_from = taken + STILL_AGAIN_AFTER_S
            if taken <= self._memory[-1].scores.times[0]:  # only song time is known, and it begins anew
                self._memory.clear()
        self._view.begin_run(taken)
        self._began = time

    def _scores_of(self, body: Body, here: float, place: _Place) -> FrameScores:
        """The scores of a frame; of a fast camera's only every second one's are worked out, from means over seconds."""
        dance = self.reference.at(np.asarray(place.clock - place.lag))
        errors, confidence = joint_errors(body, dance, self.reference.usual_length)
        if self._scored is None or place.time - self._scored[0] >= _SCORE_EVERY_S or not isfinite(here):
            self._similarities.append(place.time, self._likeness(body, dance, known=isfinite(here)))
            before = takewhile(lambda seen: seen.run == self._run, reversed(self._memory))
            self._movements.append(place.time, last_movement(before, body, place.time, self.reference))
            self._scored = (place.time, self._score(here, place))
        return replace(
            self._scored[1], times=np.array([place.taken]), clock=np.array([place.clock]),
            lag=np.array([place.lag]), errors=errors[None], confidence=confidence[None],
            visibility=shown_visibility(body, dance)[None],
        )  # fmt: skip

    def _score(self, here: float, place: _Place) -> FrameScores:
        """What is worked out from the last seconds; limb errors are the frame's own and left out."""
        moved = GroupMovement(*self._movements.means_since(place.time - MOTION_WINDOW_S).reshape(3, 1, len(GROUPS)))
        mine, theirs = moved.whole.user, moved.whole.reference
        parts = Parts(*(np.full((1, len(GROUPS)), np.nan) for _ in range(3)))
        lag, timing = np.full(1, place.lag), np.full(1, 1.0)
        if isfinite(here) and self.reference.is_on(place.clock):
            near, weight = self._similarities.means_since(place.time - POSE_WINDOW_S).reshape(2, 1, len(GROUPS))
            motion = parts.motion
            if self._has_danced(place.time) and self._has_moved(place.time, float(theirs[0])):
                motion, whole = group_motion(moved, self._floor)
                self.lateness_so_far.add_motion(float(whole[0]))
            parts, timing = Parts(pose_score(near), motion, weight), self._timing(place)
        untimed, sharpness = whole_score(parts), lag_sharpness(self._recent_rows(place.time)[None], lag - self._around)
        return FrameScores(
            np.array([place.taken]), np.array([place.clock]), lag, by_weight(parts.pose, parts.weight),
            by_weight(parts.motion, parts.weight) * timing, untimed * np.sqrt(timing),
            group_scores(parts) * np.sqrt(timing), untimed, _NO_ERRORS, _NO_ERRORS, _NO_ERRORS, mine, theirs, sharpness,
        )  # fmt: skip

    def _likeness(self, body: Body, dance: Body, *, known: bool) -> FloatArray:
        """(2 G,) likeness of the groups, ready to be averaged, and their weights; NaN where too little is seen."""
        usual = self.reference.usual_length
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
        rows = self._rows.since(time - _LAG_WINDOW_S)
        known = rows[np.isfinite(rows).all(-1)]
        enough = self._has_danced(time) and len(known) > len(rows) / 2
        return np.asarray(known.mean(0)) if enough else np.full(len(LAGS), np.nan)

    def _timing(self, place: _Place) -> FloatArray:
        """(1,) what is left of the motion score for being off the clock, or for not getting on in free mode."""
        if self._driver is None:
            return timing_factor(np.array([place.lag]), self.lateness_so_far.counted, place.forgiven)
        recent = (seen for seen in self._memory if seen.run == self._run and seen.time > place.time - MOTION_WINDOW_S)
        before = next(recent, None)
        if before is None or place.time - before.time < 0.5 * MOTION_WINDOW_S:
            return np.ones(1)
        progress = (place.clock - before.scores.clock) / (place.time - before.time)
        return progress_factor(np.abs(progress))
