"""A scored take with everything that its report needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kdance.dance.dance import Dance
from kdance.motion.lateness_curve import LatenessCurve
from kdance.motion.timeline import SNAPSHOT_S, Observation
from kdance.pose import FloatArray
from kdance.review.hands import TakenHands
from kdance.review.options import TakeOptions
from kdance.review.passes import Pass
from kdance.review.record import Pictures, Verdict

FITS_NOWHERE: Final = 0.3
"""Pose score below which no limb is to blame: the dancer does something else."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A half second of the take.

    Attributes:
        observation: What was measured in it.
        run: Number of the run that it ends in.
        speed: Of the music.
        earliest: Second of the reference at which that run began; -inf for the first.
        phrase_end: Whether a phrase of four counts ends in it.
    """

    observation: Observation
    run: int
    speed: float
    earliest: float
    phrase_end: bool

    @property
    def middle(self) -> float:
        """Second of the reference in the middle of it; NaN outside of the dance."""
        return max(self.observation.reference_time - SNAPSHOT_S / 2 * self.speed, self.earliest)


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """A scored take with everything its report needs.

    Attributes:
        dance: The reference.
        options: What was asked for.
        best: The pass that counts: start, scores, course.
        pictures: What the take was seen in.
        measured: (T,) whether a body was measured.
        seen: (T,) 0..1 share of the body that was seen, 0 without one.
        shown: (T, 8) whether the reference shows the joints where the frame belongs.
        offset_asked: Whether the dancer, or the song of a live session, said where the reference begins.
        rows: R half seconds.
        verdict: What kind of take it was, see :func:`kdance.review.measurements.verdict_of`.
        lateness: How late they were, real seconds; NaN in a take that is not this dance.
        errors: (R, 8) their joint errors that are worth a word, degrees, NaN elsewhere.
        hands: The hands, where they were asked for; their part is in ``best`` already.
        mirroring_fits_better: Whether the other setting of the mirror would fit better.
        hidden: Joints that were seen too rarely to have an error.
    """

    dance: Dance
    options: TakeOptions
    best: Pass
    pictures: Pictures
    measured: NDArray[np.bool_]
    seen: FloatArray
    shown: NDArray[np.bool_]
    offset_asked: bool
    rows: list[Row]
    verdict: Verdict
    lateness: LatenessCurve
    errors: FloatArray
    hands: TakenHands | None
    mirroring_fits_better: bool
    hidden: frozenset[str] = frozenset()
