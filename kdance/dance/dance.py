"""A reference made ready to be danced to, and compared with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kdance.choices import Strictness
from kdance.dance.references import Reference
from kdance.motion.counts import CountGrid
from kdance.motion.hand_score import DancedHands
from kdance.motion.pose_normalization import mirrored_sequence
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.scoring import Chance
from kdance.motion.timeline import unseen_parts
from kdance.pose import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Dance:
    """A reference made ready for comparison.

    Attributes:
        reference: As it was loaded.
        plain: Its motion, as it is.
        period: Seconds after which it begins again when it goes round: to the end of its last frame.
    """

    reference: Reference
    plain: ReferenceMotion
    period: float

    @classmethod
    def of(cls, reference: Reference) -> Dance:
        """Prepare a reference."""
        plain = ReferenceMotion.from_sequence(reference.sequence, reference.info.cuts)
        return cls(reference, plain, plain.duration + float(np.median(np.diff(reference.sequence.times))))

    @property
    def times(self) -> FloatArray:
        """(N,) seconds of its frames."""
        return np.asarray(self.reference.sequence.times)

    @property
    def missing(self) -> tuple[tuple[float, float], ...]:
        """(start, end) in seconds of what the video doesn't show: nobody is scored there."""
        return self.plain.missing

    @property
    def sections(self) -> tuple[tuple[float, float], ...]:
        """(start, end) of each section, seconds of the reference."""
        return self.reference.info.sections

    @property
    def grid(self) -> CountGrid | None:
        """The counts of the song, where they are known."""
        return self.reference.info.grid

    @property
    def not_shown(self) -> tuple[str, ...]:
        """What it doesn't show for most of it ("legs"), as a half-body dance: nobody misses that."""
        return unseen_parts(self.plain.body.visibility)

    def motion(self, *, mirrored: bool) -> ReferenceMotion:
        """The motion to compare with, or that of its mirror image."""
        return self.plain.mirrored() if mirrored else self.plain

    def hands(self, *, mirrored: bool) -> DancedHands | None:
        """The hands to compare with, or those of the mirror image; ``None`` where nobody looked for them."""
        sequence = self.reference.sequence
        return DancedHands.of(mirrored_sequence(sequence) if mirrored else sequence, self.motion(mirrored=mirrored))

    def chance(self, strictness: Strictness) -> Chance:
        """The floor at a strictness; a mirror image has the same."""
        level = self.reference.info.chance[strictness]
        return Chance(level.pose, level.motion)

    def clock(self, times: FloatArray, offset: float, *, loop: bool, speed: float = 1.0) -> FloatArray:
        """(T,) where the dance is at the times of a take that it begins in at ``offset``, both in real seconds."""
        clock = (times - offset) * speed
        return np.asarray(np.mod(clock, self.period) if loop else clock)
