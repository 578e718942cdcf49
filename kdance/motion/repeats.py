"""Which parts of a dance are danced again later: a chorus is learnt once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from kdance.motion.pose_comparison import similarity
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.scoring import Chance

SAME: Final = 0.5
"""How alike two parts must be to be one, from 0 for chance on this dance to 1. Of 60 pairs of different parts by real
dancers the most alike had 0.28; of 40 of the same part by two people a fifth had 0.45 or more (shared/people). Repeats
by one and the same dancer were not measured. One that is missed is learnt twice; a wrong one would never be learnt."""

RATE_HZ: Final = 7.5
SHIFTS_S: Final = (-0.2, -0.1, 0.0, 0.1, 0.2)
LENGTHS: Final = 0.1
"""Parts whose lengths differ by a larger share are two."""


def first_times(
    reference: ReferenceMotion, parts: Sequence[tuple[float, float]], chance: Chance, *, same: float = SAME
) -> list[int]:
    """For each part the index of the first that dances the same; its own where it is danced for the first time.

    Two parts are compared pose by pose at the same time after their starts, up to 0.2 s shifted, and the mean is put on
    a scale on which chance on this dance is 0. Mirror images are two parts: a body learns them one by one.

    Args:
        reference: The dance.
        parts: (start, end) of each in seconds, in order.
        chance: The floor of its score.
        same: How alike, 0..1.

    >>> import numpy as np
    >>> from kdance.motion.pose_normalization import Body
    >>> turn = (np.arange(60) % 30 / 30 * 2 * np.pi)[:, None] + np.zeros(14)
    >>> picture = np.stack([np.cos(turn), np.sin(turn)], -1)
    >>> space = np.concatenate([picture, np.zeros((60, 14, 1))], -1)
    >>> body = Body(picture, space, np.ones((60, 14)), np.ones((60, 14)))
    >>> motion = ReferenceMotion(body, 59 / 30, np.ones(14))
    >>> first_times(motion, [(0.0, 0.5), (0.5, 1.0), (1.0, 1.5)], Chance(pose=0.3, motion=0.0))
    [0, 1, 0]
    """
    found: list[int] = []
    for index, (start, end) in enumerate(parts):
        earlier = [
            other
            for other in range(index)
            if found[other] == other and abs((parts[other][1] - parts[other][0]) / (end - start) - 1) <= LENGTHS
        ]
        alike = [_likeness(reference, parts[other][0], start, end - start, chance) for other in earlier]
        best = int(np.argmax(alike)) if alike else 0
        found.append(earlier[best] if alike and alike[best] >= same else index)
    return found


def _likeness(reference: ReferenceMotion, first: float, second: float, length: float, chance: Chance) -> float:
    """How alike two parts are: 0 for chance, 1 for the same; 0 where hardly anybody is seen in one of them."""
    moments = np.arange(0.0, length, 1 / RATE_HZ)
    before = reference.at(first + moments)
    alike = [similarity(reference.at(second + moments + shift), before, reference.usual_length) for shift in SHIFTS_S]
    known = [row for row in alike if np.isfinite(row).mean() > 0.5]
    best = max((float(np.nanmean(row)) for row in known), default=0.0)
    return max((best - chance.pose) / (1 - chance.pose), 0.0)
