"""From where the camera looks while somebody dances: from all that has matched so far."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from kdance.motion.pose_comparison import WEIGHTS
from kdance.motion.recent_frames import RecentFrames, SeenFrames
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.viewpoint import SIDES, yaw_errors, yaw_of

# So often it is looked again; what has come is taken in more often, so that no frame waits long for it.
_EVERY_S: Final = 2.0
_TAKE_IN_EVERY_S: Final = 0.25
_MOST_FRAMES: Final = 10
# From so few sides at once: the rest with the frames that come.
_SIDES_AT_ONCE: Final = 7
# Fewer say nothing.
_FEWEST_FRAMES: Final = 20


class LiveView:
    """The reference from the camera's side.

    Args:
        reference: The dance, seen by its own camera.
        matches: Similarity from which a frame is of this dance at all.

    Attributes:
        reference: The dance as the dancer's camera would see it.
    """

    def __init__(self, reference: ReferenceMotion, matches: float) -> None:
        self._own, self.reference, self._matches = reference, reference, matches
        self._errors, self._weights = yaw_errors(reference.body[:0], reference.body[:0], WEIGHTS)
        self._frames = 0
        self._taken_in_at = -np.inf
        self._looked_at = 0.0
        self._work: Iterator[None] = iter(())

    def begin_run(self, taken: float) -> None:
        """A run begins, at seconds of the take that may begin anew."""
        if taken < self._looked_at:
            self._looked_at, self._taken_in_at = taken, -np.inf

    def update(self, memory: RecentFrames, now: float, *, is_busy: bool = False) -> None:
        """Take in what was seen until ``now``, seconds of the take, a part with each frame; look, if it is time to.

        A frame that ``is_busy`` with something else leaves its part to those after it.
        """
        if now - self._looked_at >= _EVERY_S:
            self._looked_at = now
            self.look(memory)
        elif now - self._taken_in_at >= _TAKE_IN_EVERY_S:
            self._begin(memory)
        if not is_busy:
            next(self._work, None)

    def look(self, memory: RecentFrames) -> None:
        """Find out from where the camera looks, from what has matched of the frames since the last time too."""
        self._begin(memory)
        self._finish()
        yaw = yaw_of(self._errors, self._weights)
        if self._frames >= _FEWEST_FRAMES and yaw != self.reference.yaw_deg:
            self.reference = self._own.seen_from(yaw)

    def _begin(self, memory: RecentFrames) -> None:
        """Begin to take in what was seen since the last time."""
        self._finish()
        fresh = memory[int(np.searchsorted(memory.taken, self._taken_in_at, side="right")) :]
        if not len(fresh):
            return
        self._taken_in_at = float(fresh.scores.times[-1])
        some = fresh[:: max(1, len(fresh) // _MOST_FRAMES)]
        matched = some[some.similarity > self._matches]
        if len(matched):
            self._work = self._take_in(matched)

    def _finish(self) -> None:
        for _ in self._work:
            pass

    def _take_in(self, matched: SeenFrames) -> Iterator[None]:
        """Compare frames with the dance from all sides, from a few at a time."""
        dance = self._own.at(matched.scores.clock - matched.scores.lag)
        for first in range(0, SIDES, _SIDES_AT_ONCE):
            sides = slice(first, first + _SIDES_AT_ONCE)
            errors, weights = yaw_errors(matched.body, dance, WEIGHTS, sides)
            self._errors[sides] += errors
            self._weights[sides] += weights
            if sides.stop < SIDES:
                yield
        self._frames += len(matched)
