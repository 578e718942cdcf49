"""How late somebody dances, from all that has been seen of it so far."""

from __future__ import annotations

from typing import Final

import numpy as np

from kdance.motion.alignment import LAGS, LagTracker
from kdance.motion.recent_frames import MeanSoFar
from kdance.motion.scoring import DANCED
from kdance.motion.timing import SAME_LAG_S, Lateness, estimate_lateness
from kdance.motion.trail import Trail
from kdance.pose import FloatArray

# So often it is worked out anew; and one frame in so long is enough for it.
_LEARN_EVERY_S: Final = 0.5
_REMEMBER_EVERY_S: Final = 0.09
# So many frames have to share another lateness than the one that was known.
_MOST: Final = 0.7
# What counts for a score is unknown only when it has been for so long: scores don't come and go.
_LOST_S: Final = 2.0


class LatenessSoFar:
    """The constant part of a dancer's lateness.

    Args:
        around: Seconds late that the lags are counted from.

    Attributes:
        known: As far as it is known by now, for the dancer.
        counted: What a report that ended now would say: who is late by two lags has now one of them, now the other.
        is_danced: Whether it is this dance, where somebody knows that better (by the score without timing, as a report
            asks it) than the movement from the past alone.
        is_new: Whether it was worked out anew with the newest frame.
    """

    def __init__(self, around: float) -> None:
        self._around = around
        self._ways = Trail(len(LAGS) + 3)  # similarities, lag, run, number in the run
        self._run = self._frames = 0
        self._remembered_at, self._learned_at = -np.inf, 0.0
        self._motion = MeanSoFar()
        self._lost_for = 0.0
        self.is_new = False
        self.is_danced: bool | None = None
        self.known = self.counted = Lateness(None, 0.0)

    def begin_run(self) -> None:
        """The music was interrupted."""
        self._run, self._frames, self._remembered_at = self._run + 1, 0, -np.inf

    def take_back(self, count: int, since: float) -> None:
        """Forget the newest ``count`` frames, those from ``since`` on, seconds of the take: they come again."""
        self._frames -= count
        self._ways.forget_from(since)
        self._remembered_at = -np.inf

    def add_motion(self, score: float) -> None:
        """Take in the motion score of the whole body in a frame, 0..1: of another dance nobody is late."""
        self._motion.add(score)

    def add(self, row: FloatArray, lag: float, taken: float, tracker: LagTracker) -> None:
        """Take in a frame.

        Args:
            row: (L,) its similarities at each of ``LAGS``.
            lag: Seconds late of it, from the past alone.
            taken: Seconds of the take.
            tracker: Has followed the run until now: what came later tells more of a frame.
        """
        self._frames += 1
        if taken - self._remembered_at >= _REMEMBER_EVERY_S:
            self._remembered_at = taken
            self._ways.append(taken, np.concatenate((row, (lag, self._run, self._frames))))
        self.is_new = taken - self._learned_at >= _LEARN_EVERY_S
        if not self.is_new:
            return
        self._learned_at = taken
        ways, way = self._ways.since(-np.inf), self._around + LAGS[tracker.path(self._frames)]
        back = (self._frames - ways[:, -1]).astype(np.intp)
        known = (ways[:, -2] == self._run) & (back < len(way))
        ways[known, -3] = way[len(way) - 1 - back[known]]
        is_danced = self._motion.mean >= DANCED if self.is_danced is None else self.is_danced
        if not is_danced:
            self.known = self.counted = Lateness(None, 0.0)
            return
        found = estimate_lateness(ways[:, :-3], ways[:, -3], around=self._around)
        # Who is late by two lags is not told now one of them, now the other.
        is_another = None not in (found.seconds, self.known.seconds) and (
            abs(found.seconds - self.known.seconds) > SAME_LAG_S  # type: ignore[operator]
        )
        if not is_another or found.confidence >= _MOST:
            self.known = found
        is_lost = found.seconds is None and self.counted.seconds is not None
        self._lost_for = self._lost_for + _LEARN_EVERY_S if is_lost else 0.0
        if not is_lost or self._lost_for >= _LOST_S:
            self.counted = found
