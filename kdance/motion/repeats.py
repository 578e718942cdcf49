"""Which parts of a dance are danced again later: a chorus is learnt once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from kdance.motion.pose_comparison import WEIGHTS, similarity
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.scoring import Chance
from kdance.pose import FloatArray

SAME: Final = 0.5
"""How alike two parts must be to be one, from 0 for chance on this dance to 1. Of 60 pairs of different parts by real
dancers the most alike had 0.28; of 40 of the same part by two people a fifth had 0.45 or more (shared/people). Repeats
by one and the same dancer were not measured. One that is missed is learnt twice; a wrong one would never be learnt."""

RATE_HZ: Final = 7.5
SHIFTS_S: Final = np.array([-0.2, -0.1, 0.0, 0.1, 0.2])
LENGTHS: Final = 0.1
"""Parts whose lengths differ by a larger share are two."""

NEAREST: Final = 8
"""Earlier parts that are compared with one: those that look most like it. All of them would be a million pairs in an
hour of dance."""

_LOOKED: Final = 30  # poses of a part by which those are found: its first four seconds


def first_times(
    reference: ReferenceMotion, parts: Sequence[tuple[float, float]], chance: Chance, *, same: float = SAME
) -> list[int]:
    """For each part the index of the first that dances the same; its own where it is danced for the first time.

    Two parts are compared pose by pose at the same time after their starts, up to 0.2 s shifted, and the mean is put on
    a scale on which chance on this dance is 0. Of many parts only those are compared that look alike. Mirror images are
    two parts: a body learns them one by one.

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
    starts, lengths = np.array([(start, end - start) for start, end in parts]).reshape(-1, 2).T
    looks = np.array(
        [_looks(reference, start, length, np.zeros(1))[0] for start, length in zip(starts, lengths, strict=True)]
    )
    found = np.arange(len(parts))
    for index in range(1, len(parts)):
        start, length = float(starts[index]), float(lengths[index])
        is_first = found[:index] == np.arange(index)
        earlier = np.flatnonzero(is_first & (np.abs(lengths[:index] / length - 1) <= LENGTHS))
        near = (looks[:index] @ _looks(reference, start, length, SHIFTS_S).T).max(1)[earlier]
        earlier = np.sort(earlier[np.argsort(-near, kind="stable")[:NEAREST]])
        alike = _likeness(reference, starts[earlier], start, length, chance)
        if alike.max(initial=0.0) >= same:
            found[index] = earlier[alike.argmax()]
    return [int(first) for first in found]


def _looks(reference: ReferenceMotion, start: float, length: float, shifts: FloatArray) -> FloatArray:
    """(S, D) the directions of the bones of the first seconds of a part, shifted, each as one long direction.

    The product of two is 1 where all bones point alike. Who isn't seen points nowhere.
    """
    moments = np.arange(_LOOKED) / RATE_HZ
    body = reference.at(start + moments + shifts[:, None])
    bones = np.concatenate([body.picture, body.space], -1) * np.sqrt(WEIGHTS)[:, None]
    bones = np.where(np.isfinite(bones) & (moments < length)[:, None, None], bones, 0.0).reshape(len(shifts), -1)
    return np.asarray(bones / np.maximum(np.linalg.norm(bones, axis=-1, keepdims=True), 1e-9), np.float32)


def _likeness(
    reference: ReferenceMotion, firsts: FloatArray, second: float, length: float, chance: Chance
) -> FloatArray:
    """(N,) how alike parts that begin at (N,) seconds and another one are: 0 for chance, 1 for the same.

    0 where hardly anybody is seen in one of the two.
    """
    moments = np.arange(0.0, length, 1 / RATE_HZ)
    before = reference.at(firsts[:, None, None] + moments)
    alike = similarity(reference.at(second + moments + SHIFTS_S[:, None]), before, reference.usual_length)
    seen = np.isfinite(alike)
    mean = np.where(seen, alike, 0.0).sum(-1) / np.maximum(seen.sum(-1), 1)
    best = np.where(seen.mean(-1) > 0.5, mean, 0.0).max(-1)
    return np.asarray(np.maximum((best - chance.pose) / (1 - chance.pose), 0.0))
