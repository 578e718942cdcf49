"""How many dance in each shot, so whether somebody may have been hidden since it began, or until it ends.

Who comes out of nowhere in the middle of a picture is somebody who was seen before, unless there was nobody to see:
hidden behind others from the first picture on. As many as are seen at once at some time are there all the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappush, heappushpop
from itertools import pairwise
from typing import Final

import numpy as np

from kdance.motion.people import IntArray
from kdance.motion.sightings import Sightings

_LEAST_S: Final = 1 / 3  # for which so many are seen at once: less may show somebody twice, and
_FEWEST: Final = 3  # pictures, likewise


class Census:
    """Who is missing when in a film.

    Args:
        sightings: Of the whole film.
        edges: The first frame of each shot, rising, and the number of frames.
    """

    def __init__(self, sightings: Sightings, edges: Sequence[int]) -> None:
        seen = np.bincount(sightings.frame, minlength=edges[-1])
        rate = float(np.ptp(sightings.frame)) / max(float(np.ptp(sightings.time)), 1e-3) if len(sightings) else 0.0
        least = max(round(_LEAST_S * rate), _FEWEST)
        self._all, self._before, self._after = (np.zeros(edges[-1], int) for _ in range(3))
        for first, end in pairwise(edges):
            part = seen[first:end]
            self._before[first:end] = _at_once(part, least)
            self._after[first:end] = _at_once(part[::-1], least)[::-1]
            self._all[first:end] = self._before[first:end].max(initial=0)

    def is_nobody_missing(self, last: int, first: int) -> bool:
        """Whether everybody was seen by the frame in which somebody is found, and is seen from where one was lost.

        In a shot too short to count in nobody knows.
        """
        everybody = self._all[first]
        return bool(everybody and self._before[first] == everybody and self._after[last] == everybody)


def _at_once(seen: IntArray, least: int) -> IntArray:
    """(T,) how many have been seen at once, in so many pictures at least, up to each of (T,) frames."""
    most, found = list[int](), np.zeros(len(seen), int)
    for frame, count in enumerate(seen.tolist()):
        (heappush if len(most) < least else heappushpop)(most, count)
        found[frame] = most[0] if len(most) == least else 0
    return found
