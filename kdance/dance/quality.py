"""How well a dancer can be seen in a video: over all of it, and part of the body by part in each section."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kdance.choices import Turn
from kdance.dance.reference_info import Quality
from kdance.dance.shots import PRACTICE
from kdance.dance.stage import Member
from kdance.motion.pose_normalization import bone_visibility
from kdance.motion.upright import rotation_needed
from kdance.pose import BONES, FloatArray, PoseSequence

PRACTICE_BELOW: Final = 0.6
"""Share below which a video that shows all of it is recommended."""

OF_HANDS: Final = "It is a dance of the hands: they count in every score of it, unless you ask for --no-hands."

ENOUGH_PER_SECOND: Final = 10.0
"""Pictures a second below which a reference misses moves."""

_PARTS: Final = {"head": ("head",), "arms": ("left arm", "right arm"), "legs": ("left leg", "right leg"),
          "feet": ("left foot", "right foot")}  # fmt: skip
_AT_ONCE: Final = 8192  # pictures


@dataclass(frozen=True, slots=True, eq=False)
class SeenBody:
    """What a network saw of a dancer, as far as it is judged: of a long film its poses are too much to be kept.

    Attributes:
        times: (T,) seconds.
        measured: (T,) whether a body was measured.
        parts: (T,) whether it was, and each part of it seen.
        turn: Degrees by which the pictures are to be turned clockwise.
    """

    times: FloatArray
    measured: NDArray[np.bool_]
    parts: dict[str, NDArray[np.bool_]]
    turn: Turn

    @classmethod
    def of(cls, sequence: PoseSequence) -> SeenBody:
        """That of a sequence as the network saw it."""
        measured, parts = sequence.measured, {name: np.zeros(len(sequence), bool) for name in _PARTS}
        for first in range(0, len(sequence), _AT_ONCE):
            those = slice(first, first + _AT_ONCE)
            visibility = bone_visibility(sequence.landmarks[those])
            for name, its in _PARTS.items():
                parts[name][those] = _part_seen(visibility, its) & measured[those]
        return cls(sequence.times, measured, parts, rotation_needed(sequence.landmarks))


def judge(
    body: SeenBody,
    sections: Sequence[tuple[float, float]] = (),
    member: Member | None = None,
    *,
    rotate: Turn = 0,
    of_hands: bool = False,
) -> Quality:
    """How well the body and its parts can be seen, with warnings for what can be done better.

    Args:
        body: What was seen.
        sections: (start, end) of each, seconds.
        member: Whose dance it is, where others were told apart, or shots: what is doubtful is left out then.
        rotate: Degrees by which the pictures were turned clockwise before.
        of_hands: Whether its hands move so much that they are the dance: then nobody needs its legs.
    """
    share, seen = float(body.measured.mean()), body.parts
    visible = {name: float(found[body.measured].mean()) for name, found in seen.items()}
    inside = [np.searchsorted(body.times, section).tolist() for section in sections]
    return Quality(
        body_share=share,
        visible=visible,
        by_section=tuple(
            {name: round(float(found[first:end].mean()), 3) if first < end else 0.0 for name, found in seen.items()}
            for first, end in inside
        ),
        warnings=(
            *_turned(body.turn, rotate),
            *_few_pictures(body.times),
            *_little_seen(share, member),
            *((OF_HANDS,) if of_hands else ()),
            *_hidden({name: seen for name, seen in visible.items() if not (of_hands and name in ("legs", "feet"))}),
        ),
        of_hands=of_hands,
    )


def _turned(turn: Turn, rotate: Turn) -> tuple[str, ...]:
    if turn == 0:
        return ()
    return (
        "The picture is turned: the dancer stands on their side or upside down in it. Make it again with "
        f"--rotate {(rotate + turn) % 360} --force.",
    )


def _few_pictures(times: FloatArray) -> tuple[str, ...]:
    rate = 1 / float(np.median(np.diff(times))) if len(times) > 1 else np.inf
    if rate >= ENOUGH_PER_SECOND:
        return ()
    return (f"It has {rate:.2g} pictures a second: fast moves fall between them. 15 or more are better, 30 are usual.",)


def _little_seen(share: float, member: Member | None) -> tuple[str, ...]:
    percent = round(100 * (1 - share))
    if member is None:
        return () if share >= 0.9 else (f"Nobody is seen in {percent} % of it: cut it with --start and --end.",)
    if share >= PRACTICE_BELOW:
        return ()
    return (
        f"The dancer can't be followed in {percent} % of it: that part is not scored. "
        f"{PRACTICE[0].upper()}{PRACTICE[1:]}, shows more.",
    )


def _hidden(visible: dict[str, float]) -> tuple[str, ...]:
    return tuple(
        f"The dancer's {name} can't be seen in {round(100 * (1 - seen))} % of it: choose a video that shows the "
        "whole body."
        for name, seen in visible.items()
        if seen < 0.8 and not (name == "feet" and visible.get("legs", 1.0) < 0.8)
    )


def _part_seen(visibility: FloatArray, parts: tuple[str, ...]) -> NDArray[np.bool_]:
    bones = [index for index, bone in enumerate(BONES) if bone.part in parts]
    return np.asarray(np.nan_to_num(visibility[:, bones]).mean(-1) >= 0.5, bool)
