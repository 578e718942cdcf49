"""The dancer against the reference while they dance: what :mod:`kdance.motion.scoring` does, from the past alone."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from kdance.choices import Strictness
from kdance.motion.alignment import LAGS, LagTracker
from kdance.motion.course import LEAST_STEP_S
from kdance.motion.formula import Chance, Floor
from kdance.motion.free_alignment import PositionTracker
from kdance.motion.live_bodies import LiveBodies, Mend
from kdance.motion.live_lateness import LatenessSoFar
from kdance.motion.live_view import LiveView
from kdance.motion.past_scores import PastScores, Place
from kdance.motion.pose_comparison import lag_likeness
from kdance.motion.pose_normalization import Body, concatenated
from kdance.motion.recent_frames import RecentFrames, SeenFrames, join_scores
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.scoring import FrameScores
from kdance.motion.settled_scores import SETTLED_S, Settling
from kdance.motion.timeline import SNAPSHOT_S, STILL_AFTER_S, STILL_AGAIN_AFTER_S, Observation, observe
from kdance.motion.timing import FORGIVEN_S, Lateness
from kdance.pose import FloatArray, Pose

# As far back as an observation looks; and as the first seconds, that are told when it is known what is danced.
_LOOKS_BACK_S: Final = 5.5
MEMORY_S: Final = 8.5
"""Seconds of the take that are remembered frame by frame."""
# A dance that is compared anew needs no more frames than one in so long.
_AGAIN_EVERY_S: Final = 0.09


@dataclass(frozen=True, slots=True)
class _Moment:
    """When a frame is: song time, seconds of the take, of the clock; and what lateness is forgiven at its speed."""

    time: float
    taken: float
    clock: float
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
        self._memory = RecentFrames()
        self._bodies = LiveBodies()
        self._ended: dict[int, FloatArray] = {}
        self.lateness_so_far = LatenessSoFar(around)
        self._run = -1
        self._follow_run()
        self._still_from = STILL_AFTER_S

    def begin_run(self) -> None:
        """The music was interrupted: forget how the dancer moved, keep the view and the lateness they are known by."""
        self._ended = {self._run: self._lags_of(self._run, len(self._memory))}
        self.lateness_so_far.begin_run()
        self._bodies.begin_run()
        self._follow_run()

    def _follow_run(self) -> None:
        self._run += 1
        self._tracker = LagTracker()
        self._past = PastScores(
            self._floor, self.lateness_so_far, around=self._around, is_free=self._driver is not None
        )  # fmt: skip

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
        before = float(self._memory.time[-1]) if len(self._memory) and self._past.began is not None else None
        if before is not None:
            time = max(time, before + LEAST_STEP_S)
        else:
            self._begin_at(time, taken)
        mends = list(self._bodies.mend(pose, time, taken))
        if mends and self._driver is None:
            before = self._mend(mends)
        body = self._bodies.of(pose, time, taken)
        scores = self._compare(body, _Moment(time, taken, clock, self._forgiven * speed), before)
        self._view.update(self._memory, taken, is_busy=self.is_busy)
        return scores

    def take_over(self, other: LiveComparison) -> None:
        """Go on in the place of another one, from what it has seen of the run under way."""
        self._run, self._past.began, self._still_from = other._run, other._past.began, other._still_from
        self._bodies = other._bodies
        self._compare_again(other._memory[other._memory.of_run(self._run)], None)
        self._view.look(self._memory)

    def _compare_again(self, frames: SeenFrames, before: float | None) -> None:
        """Compare frames that come after song time ``before`` once more; fewer where the camera is fast."""
        for index, time in enumerate(frames.time.tolist()):
            if before is None or time - before >= _AGAIN_EVERY_S:
                taken, clock = float(frames.scores.times[index]), float(frames.scores.clock[index])
                self._compare(frames.body[index], _Moment(time, taken, clock, float(frames.forgiven[index])), before)
                self._view.update(self._memory, taken)
                before = time

    def _mend(self, mends: list[Mend]) -> float | None:
        """The bodies of some frames were others: compare from there on anew; gives the newest frame's song time."""
        start = min(mend.start for mend in mends)
        run = self._memory.of_run(self._run)
        first = run.start + int(np.searchsorted(self._memory.time[run], start - 1e-9))
        again = self._memory[first:].copy()
        self._memory.forget_newest(len(again))
        self._past.forget_from(start)
        self._tracker.take_back(len(again))
        if len(again):
            self.lateness_so_far.take_back(len(again), float(again.scores.times[0]))
        before = float(self._memory.time[-1]) if first > run.start else None
        body = again.body
        for mend in mends:
            begin, end = (int(np.searchsorted(again.time, time - 1e-9)) for time in (mend.start, mend.end))
            body = concatenated([body[:begin], mend.of(body[begin:end]), body[end:]])
        self._compare_again(replace(again, body=body), before)
        return float(self._memory.time[-1]) if len(self._memory.time[self._memory.of_run(self._run)]) else None

    def _compare(self, body: Body, moment: _Moment, before: float | None) -> FrameScores:
        """Compare and remember a body; ``before`` is the song time of the frame before it in its run."""
        time, clock = moment.time, moment.clock
        if self._driver is not None:
            clock = self._driver.update(body, time)
        beside = lag_likeness(body, self.reference, clock - self._around, strictness=self._strictness)
        row = beside.similarity
        best = self._tracker.update(row, time - before if before is not None else 1 / 30)
        place = Place(time, moment.taken, clock, self._around + float(LAGS[best]), moment.forgiven)
        if self._driver is None:
            self.lateness_so_far.add(row, place.lag, place.taken, self._tracker)
        seen = self._memory[self._memory.of_run(self._run)]
        scores = self._past.score(body, beside, best, place, seen, self.reference)
        self._memory.append(self._run, time, float(row[best]), moment.forgiven, body, scores)
        self._memory.forget_before(moment.taken - MEMORY_S)
        return scores

    def observe(self, timestamp: float) -> Observation:
        """The half second that ends at ``timestamp``, seconds of the take, from what came before it alone."""
        recent = self._memory.scores_after(timestamp - _LOOKS_BACK_S)
        noise = self._bodies.arms.noise_since(timestamp - SNAPSHOT_S)
        return observe(recent, timestamp, still_from=self._still_from, noise=noise)

    def settled(self, after: float) -> FrameScores:
        """The frames after ``after``, seconds of the take, as a report would score them that ended now.

        What came after a frame counts as much as what came before it: 1.75 s later its score is the report's. Where
        the dancer drives there is no such thing: these are the scores from the past alone.
        """
        work = self.settling(after)
        while True:
            try:
                next(work)
            except StopIteration as done:
                return done.value  # type: ignore[no-any-return]

    def settling(self, after: float) -> Generator[None, None, FrameScores]:
        """The same in parts, of what is known when the first of them is done."""
        if self._driver is not None:
            return self._memory[:].copy().scores
        runs = [self._settling_of(run, after) for run in self._memory.runs_after(after)]
        for run in runs:
            yield from run.parts()
        return runs[0].scores() if len(runs) == 1 else join_scores([run.scores() for run in runs])

    def _settling_of(self, run: int, after: float) -> Settling:
        """Of a run that has frames after ``after``."""
        frames = self._memory.of_run(run)
        times, taken = self._memory.time[frames], self._memory.taken[frames]
        since = times[np.searchsorted(taken, after, side="right")] - SETTLED_S
        seen = self._memory[frames][int(np.searchsorted(times, since, side="right")) :]
        return Settling(
            seen, self._lags_of(run, len(seen)), self.reference, self._floor, self.lateness_so_far.counted,
            strictness=self._strictness,
        )  # fmt: skip

    @property
    def reference(self) -> ReferenceMotion:
        """The dance, from the camera's side."""
        return self._view.reference

    @property
    def lateness(self) -> Lateness:
        """The constant part of the dancer's lateness as far as it is known by now."""
        return self.lateness_so_far.known

    @property
    def is_busy(self) -> bool:
        """Whether the newest frame has had more work than its neighbours: what can wait, waits for the next one."""
        return self._past.is_busy or self.lateness_so_far.is_new

    @property
    def newest_body(self) -> Body:
        """(B,) who was seen last; there must have been a frame."""
        return self._memory.newest_body

    @property
    def newest_time(self) -> float:
        """Song time of it, seconds."""
        return float(self._memory.time[-1])

    def _lags_of(self, run: int, count: int) -> FloatArray:
        """(N,) seconds late of the newest ``count`` frames of a run, as they are known by now; fewer if forgotten."""
        if run != self._run:
            return self._ended.get(run, np.zeros(0))[-count:]
        return np.asarray(self._around + LAGS[self._tracker.path(count)])

    def _begin_at(self, time: float, taken: float) -> None:
        """Remember where a run begins."""
        if len(self._memory):
            self._still_from = taken + STILL_AGAIN_AFTER_S
            if taken <= self._memory.taken[-1]:  # only song time is known, and it begins anew
                self._memory.clear()
        self._view.begin_run(taken)
        self._past.began = time
