"""Everybody in the pictures of a film: one look a picture, at where they were in the one before.

There the network sees them larger than in the whole picture, and tells those apart who hide one another. The whole is
looked at again a few times a second, for who comes in, and wherever nobody can be sure.
"""

from __future__ import annotations

import math
from typing import Final

from kdance.capture.people import PeopleFinder, Tile, tiles_over
from kdance.motion.people import People
from kdance.pose import Frame

WHOLE_EVERY_S: Final = 0.3
"""Seconds between two looks at the whole picture, and the most by which somebody who comes in is seen late."""


class CrowdFinder:
    """Finds everybody in consecutive frames of a film."""

    def __init__(self) -> None:
        self._finder = PeopleFinder()
        self._tiles: list[Tile] = []
        self._whole_at = -math.inf

    def find(self, frame: Frame, *, is_other: bool) -> People:
        """Everybody in a frame.

        Args:
            frame: Of the film, in order; a picture or two of the past may come later.
            is_other: Whether it may begin another shot, in which they stand elsewhere.
        """
        if is_other or not self._tiles or frame.time >= self._whole_at + WHOLE_EVERY_S:
            self._whole_at = frame.time
            people = self._finder.find_closer(frame.image)
        else:
            people = self._finder.find_in(frame.image, self._tiles)
        height, width = frame.image.shape[:2]
        self._tiles = tiles_over(people, width, height)
        return people
