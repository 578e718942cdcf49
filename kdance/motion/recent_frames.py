"""The newest frames of a stream as they are remembered, and many of them as one piece."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from kdance.motion.formula import GROUPS
from kdance.motion.pose_normalization import Body
from kdance.motion.scoring import FrameScores
from kdance.pose import BONES


@dataclass(frozen=True, slots=True, eq=False)
class SeenFrame:
    """One frame.

    Attributes:
        run: Number of the run of the song it belongs to.
        time: Seconds of song time.
        body: (B,) who was seen.
        similarity: With the reference, where the dancer is; NaN where unknown.
        forgiven: Constant lateness that costs nothing, seconds of song time.
        scores: Of this one frame; their time in seconds of the take.
    """

    run: int
    time: float
    body: Body
    similarity: float
    forgiven: float
    scores: FrameScores


@dataclass(slots=True)
class MeanSoFar:
    """The mean of all that was added; 0 of nothing."""

    _sum: float = 0.0
    _count: int = 0

    def add(self, value: float) -> None:
        """Take a number in; NaN doesn't count."""
        if np.isfinite(value):
            self._sum, self._count = self._sum + value, self._count + 1

    @property
    def mean(self) -> float:
        """Of what was added."""
        return self._sum / max(self._count, 1)


def join_bodies(bodies: list[Body]) -> Body:
    """(T, B) of T single bodies."""
    return Body(*(np.stack([getattr(body, field.name) for body in bodies]) for field in fields(Body)))


def join_scores(scores: list[FrameScores]) -> FrameScores:
    """One piece of several, in the order given."""
    if not scores:
        empty = np.zeros(0)
        widths = {"errors": 8, "confidence": 8, "visibility": len(BONES), "groups": len(GROUPS)}
        return FrameScores(*(
            np.zeros((0, widths[field.name])) if field.name in widths else empty for field in fields(FrameScores)
        ))  # fmt: skip
    return FrameScores(*(np.concatenate([getattr(one, field.name) for one in scores]) for field in fields(FrameScores)))
