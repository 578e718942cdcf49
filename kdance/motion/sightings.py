"""All that a detector found in a whole video, one row a body, with what following people needs to know of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kdance.motion.film_people import FilmPeople
from kdance.motion.people import COLOUR_BINS, COLOUR_REGIONS, IntArray, People, box_covered
from kdance.pose import FloatArray

_CORE: Final = [5, 6, 11, 12, 13, 14]  # shoulders, hips, knees: where the clothes are, without the arms' reach
_TRUNK: Final = [5, 6, 11, 12]
_CORE_MARGIN: Final = 0.04  # of the body's height, on both sides
_EDGE: Final = 0.03  # of the picture's width
_ALONE: Final = 0.15  # share of the core that another core may cover


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """Every body found in a video.

    Attributes:
        frame: (D,) index of its frame, not falling.
        row: (D,) its row among the people of that frame.
        time: (D,) seconds.
        place: (D, 2) middle of the trunk, pixels.
        height: (D,) of its box, pixels.
        points: (D, 17, 3) x, y in pixels and score; a film's own, no copy.
        alone: (D,) whether nobody else's trunk or thighs are in front of or behind its own.
        colours: (D, 4, 16) shares of colours, NaN where a region isn't seen; a film's own, no copy.
        core: (D, 4) box of trunk and thighs, pixels.
        inside: (D,) whether it is away from the sides of the picture, by which people come and go.
    """

    frame: NDArray[np.integer[Any]]
    row: NDArray[np.integer[Any]]
    time: FloatArray
    place: FloatArray
    height: FloatArray
    points: FloatArray
    alone: NDArray[np.bool_]
    colours: FloatArray
    core: FloatArray
    inside: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.frame)

    @classmethod
    def of(cls, people: Sequence[People], times: FloatArray, width: float = np.inf) -> Sightings:
        """Those of frames at (T,) seconds, in pictures of a width in pixels; without one nobody is inside."""
        film = FilmPeople.of(people)
        bodies = film.bodies
        frame = np.repeat(np.arange(len(film)), film.counts)
        row = np.arange(len(frame)) - film.starts[frame]
        boxes, points = bodies.boxes, bodies.keypoints
        height = np.maximum(boxes[:, 3] - boxes[:, 1], 1.0)
        margin = _CORE_MARGIN * height[:, None]
        core_points = points[:, _CORE, :2]
        core = np.concatenate(
            [core_points.min(1, initial=np.inf) - margin, core_points.max(1, initial=-np.inf) + margin], 1
        )
        alone = np.zeros(len(frame), bool)
        for first, last in pairwise(film.starts.tolist()):
            covered = box_covered(core[first:last], core[first:last])
            np.fill_diagonal(covered, 0.0)
            alone[first:last] = covered.max(1, initial=0.0) < _ALONE
        return cls(
            frame=frame,
            row=row,
            time=np.asarray(times, float)[frame],
            place=points[:, _TRUNK, :2].mean(1).astype(float),
            height=height.astype(float),
            points=points,
            alone=alone,
            colours=bodies.colours,
            core=core,
            inside=(boxes[:, 0] > _EDGE * width) & (boxes[:, 2] < (1 - _EDGE) * width) & np.isfinite(width),
        )

    def looks(self, rows: slice | IntArray | list[int]) -> FloatArray:
        """(N, 64) float32; square roots of the shares of colours of some, NaN where a region isn't seen."""
        found = self.colours[rows].astype(np.float32)
        return np.sqrt(found, out=found).reshape(len(found), len(COLOUR_REGIONS) * COLOUR_BINS)
