"""From where the camera looks while somebody dances: from all that has matched so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from kdance.motion.pose_comparison import WEIGHTS
from kdance.motion.recent_frames import SeenFrame, join_bodies
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.viewpoint import yaw_errors, yaw_of

# So often it is looked again, at so many of the frames that have come since.
_EVERY_S: Final = 2.0
_MOST_FRAMES: Final = 40
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
        self._seen_until = -np.inf
        self._looked_at = 0.0

    def begin_run(self, taken: float) -> None:
        """A run begins, at seconds of the take that may begin anew."""
        if taken < self._looked_at:
            self._looked_at, self._seen_until = taken, -np.inf

    def update(self, memory: Sequence[SeenFrame], now: float) -> None:
        """Look, if it is time to, at what was seen until ``now``, seconds of the take."""
        if now - self._looked_at >= _EVERY_S:
            self._looked_at = now
            self.look(memory)

    def look(self, memory: Sequence[SeenFrame]) -> None:
        """Find out from where the camera looks, from what has matched of the frames since the last time too."""
        fresh = [seen for seen in memory if seen.scores.times[0] > self._seen_until]
        matched = [seen for seen in fresh[:: max(1, len(fresh) // _MOST_FRAMES)] if seen.similarity > self._matches]
        if not matched:
            return
        self._seen_until = float(fresh[-1].scores.times[0])
        self._frames += len(matched)
        position = np.array([(seen.scores.clock - seen.scores.lag)[0] for seen in matched])
        errors, weights = yaw_errors(join_bodies([seen.body for seen in matched]), self._own.at(position), WEIGHTS)
        self._errors, self._weights = self._errors + errors, self._weights + weights
        yaw = yaw_of(self._errors, self._weights)
        if self._frames >= _FEWEST_FRAMES and yaw != self.reference.yaw_deg:
            self.reference = self._own.seen_from(yaw)
