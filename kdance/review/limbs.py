"""The limbs a dancer is spoken to about, and the joints by which they are judged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

LIMBS: Final = {
    "left arm": ("left_shoulder", "left_elbow"),
    "right arm": ("right_shoulder", "right_elbow"),
    "left leg": ("left_hip", "left_knee"),
    "right leg": ("right_hip", "right_knee"),
}


def joints_of(parts: Iterable[str]) -> frozenset[str]:
    """The joints of parts of the body such as ``left arm`` or ``legs``; a foot or the head has none.

    >>> sorted(joints_of(("left arm", "head")))
    ['left_elbow', 'left_shoulder']
    """
    pairs = {f"{limb}s": (*LIMBS[f"left {limb}"], *LIMBS[f"right {limb}"]) for limb in ("arm", "leg")}
    return frozenset(joint for part in parts for joint in (LIMBS | pairs).get(part, ()))
