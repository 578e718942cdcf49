"""A scored take with everything that its report needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kdance.choices import Strictness
from kdance.motion.counts import CountGrid
from kdance.motion.course import Course, RunArray
from kdance.motion.hands import HandScore
from kdance.motion.scoring import TakeScore
from kdance.motion.timeline import SNAPSHOT_S, Observation
from kdance.motion.timing import Start
from kdance.pose import FloatArray
from kdance.review.record import Verdict


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
        take: The scores.
        measured: (T,) whether a body was measured.
        seen: (T,) 0..1 share of the body that was seen, 0 without one.
        start: Where the reference begins in the take.
        tempo: Of the dancing, in free mode.
        free: Whether the dancer drove.
        offset_asked: Whether the dancer said where it begins.
        course: Where the song was at each frame.
        rounds: (T,) number of the run, or of the round of a recording that goes round.
        speed: (T,) of the music.
        forgiven: Constant lateness that costs nothing, real seconds.
        rows: R half seconds.
        verdict: What kind of take it was, see :func:`kdance.review.measurements.verdict_of`.
        errors: (R, 8) their joint errors that are worth a word, degrees, NaN elsewhere.
        sections: (start, end) of each section, seconds of the reference.
        times: (N,) seconds of the reference's frames.
        grid: The counts of the song, where known.
        reference: Its name.
        strictness: At which it was scored.
        hands: Left and right hand, where they were asked for.
        mirrored: Whether it was compared with the mirror image.
        mirroring_fits_better: Whether the other setting of the mirror would fit better.
    """

    take: TakeScore
    measured: NDArray[np.bool_]
    seen: FloatArray
    start: Start
    tempo: float | None
    free: bool
    offset_asked: bool
    course: Course
    rounds: RunArray
    speed: FloatArray
    forgiven: float
    rows: list[Row]
    verdict: Verdict
    errors: FloatArray
    sections: tuple[tuple[float, float], ...]
    times: FloatArray
    grid: CountGrid | None
    reference: str
    strictness: Strictness
    hands: tuple[HandScore, HandScore] | None
    mirrored: bool
    mirroring_fits_better: bool
