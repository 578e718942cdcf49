"""Whether a video has a cut, told while it is watched for the first time."""

from __future__ import annotations

from typing import Final

import numpy as np

from kdance.motion.cuts import SHORTEST_SHOT_S, find_cuts, may_be_cut

_REMEMBERED_S: Final = 3.0
_LOOKED_AT_AFTER_S: Final = 2 * SHORTEST_SHOT_S  # what comes after a change decides whether it is a cut


class CutWatch:
    """Takes the changes from picture to picture in, in order; costs nothing where there is nothing like a cut."""

    def __init__(self) -> None:
        self._changes: list[tuple[float, float, float]] = []
        self._suspected: float | None = None

    def saw(self, time: float, difference: float, likeness: float) -> bool:
        """Whether there has been a cut for sure, by now.

        Args:
            time: Seconds of the picture.
            difference: As :func:`kdance.motion.cuts.find_cuts` takes it.
            likeness: Of the outlines, likewise.
        """
        self._changes.append((time, difference, likeness))
        if self._suspected is None and may_be_cut(difference, likeness):
            self._suspected = time
        if self._suspected is None or time < self._suspected + _LOOKED_AT_AFTER_S:
            return False
        return self.ended()

    def ended(self) -> bool:
        """The same at the end of the video."""
        if self._suspected is None:
            return False
        times, differences, likeness = np.array(self._changes).T
        found = find_cuts(differences, times, likeness)
        # What may be one too near the end of what was seen is looked at again.
        recent = (time for time, *change in self._changes if time > times[-1] - SHORTEST_SHOT_S and may_be_cut(*change))
        self._suspected = next(recent, None)
        self._changes = [change for change in self._changes if change[0] > times[-1] - _REMEMBERED_S]
        return bool(len(found))
