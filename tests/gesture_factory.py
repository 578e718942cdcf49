"""Hands that form gestures, on the bodies of :mod:`tests.motion_factory`: 21 landmarks each, made on the spot.

A hand is drawn from how far its fingers are curled, which side of it is seen and how it is bent at the wrist; it hangs
on the forearm of its body. What the network does to it is jitter, and hands that it doesn't find.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kdance.dance.dancer_eyes import HANDS_EVERY_S
from kdance.motion.timeline import SNAPSHOT_S
from kdance.pose import NUM_HAND_LANDMARKS, FloatArray, Landmark, PoseSequence
from tests.motion_factory import make_sequence

# A half body, as the camera of a short video has it.
HALF: tuple[str, ...] = ("legs", "feet")
_ARMS = ((Landmark.LEFT_ELBOW, Landmark.LEFT_WRIST), (Landmark.RIGHT_ELBOW, Landmark.RIGHT_WRIST))
_HAND_OF_FOREARM = 0.4  # from the wrist to the root of the middle finger, in lengths of the forearm
# Along the hand and across it, index to little finger: the fingers' roots; and the lengths of a finger's bones.
_ROOTS = np.array([[0.95, -0.26], [1.0, -0.04], [0.94, 0.17], [0.83, 0.36]])
_BONES = np.array([0.45, 0.28, 0.22])
_FAN_DEG = np.array([-12.0, -3.0, 6.0, 16.0])  # of straight fingers
_THUMB = np.array([[0.25, -0.3], [0.45, -0.5], [0.65, -0.62], [0.8, -0.7]])
_BEND_DEG = 85.0  # of each of the joints of a curled finger


@dataclass(frozen=True)
class Gesture:
    """One hand: 0..1 how curled index, middle, ring and little finger are; degrees turned about its own axis.

    0 shows one side of it, 90 its edge, 180 the other side; ``bend`` is in the picture, away from the forearm.
    """

    curls: tuple[float, float, float, float]
    roll: float = 0.0
    bend: float = 0.0


GESTURES = {
    "open": Gesture((0, 0, 0, 0)),
    "fist": Gesture((1, 1, 1, 1), roll=180),
    "point": Gesture((0, 1, 1, 1), roll=180),
    "V": Gesture((0, 0, 1, 1)),
    "heart": Gesture((0.5, 0.5, 0.5, 0.5), roll=60, bend=40),
    "wave": Gesture((0, 0, 0, 0), bend=-45),
    "back": Gesture((0, 0, 0, 0), roll=180, bend=20),
    "call": Gesture((1, 1, 1, 0), roll=180, bend=-30),
}


def hand(gesture: Gesture, *, side: float = 1.0) -> FloatArray:
    """(21, 3) one hand of length 1 that points along x; ``side`` is -1 for the other hand."""
    return _hands(_numbers([gesture]), np.zeros(1), side)[0]


def make_gestures(
    *,
    gestures: int = 0,
    arms: int = 0,
    motion: str = "hands before the chest",
    hidden: tuple[str, ...] = HALF,
    **take: Any,
) -> PoseSequence:
    """A gesture dance, with the hands of every frame.

    Args:
        gestures: Which gestures, one after the other.
        arms: Which movements of the arms.
        motion: A name of ``MOTIONS``.
        hidden: ``PARTS`` out of the picture.
        take: As of :func:`tests.motion_factory.make_sequence`; ``late`` holds for the hands too.
    """
    body = make_sequence(motion, seed=arms, hidden=hidden, **take)
    return with_gestures(body, gestures, late=take.get("late", 0.0))


def with_gestures(body: PoseSequence, gestures: int, *, late: float = 0.0, only: str | None = None) -> PoseSequence:
    """A body with hands in every frame that form a sequence of gestures.

    Args:
        body: Whose forearms they hang on.
        gestures: Which sequence.
        late: Seconds.
        only: One gesture instead, throughout.
    """
    hands = np.full((len(body), 2, NUM_HAND_LANDMARKS, 3), np.nan)
    moment = np.maximum(body.times - late, 0.0)
    for row, (elbow, wrist) in enumerate(_ARMS):
        forearm = (body.landmarks[:, wrist] - body.landmarks[:, elbow])[:, :2]
        at = np.arctan2(forearm[:, 1], forearm[:, 0])
        # Of the usual length: a forearm that points at the lens has a hand as large as any.
        length = _HAND_OF_FOREARM * np.nanmedian(np.linalg.norm(forearm, axis=-1))
        numbers = _sequence(moment, gestures, row) if only is None else _numbers([GESTURES[only]] * len(moment))
        hands[:, row] = _hands(numbers, at, 1.0 - 2.0 * row) * length
        hands[:, row, :, :2] += body.landmarks[:, None, wrist, :2]
    return replace(body, hands=hands.astype(np.float32))


def hands_in(moments: FloatArray, angles: FloatArray, gestures: int, *, swapped: bool = False) -> FloatArray:
    """(T, 2, 21, 3) hands of length 1 with their wrists at 0 that form a sequence of gestures.

    Args:
        moments: (T,) seconds.
        angles: (T, 2) radians of the forearms in the picture.
        gestures: Which sequence.
        swapped: Whether left and right change theirs.
    """
    return np.stack(
        [
            _hands(_sequence(moments, gestures, 1 - row if swapped else row), angles[:, row], 1.0 - 2.0 * row)
            for row in (0, 1)
        ],
        1,
    )


def seen_by_network(
    sequence: PoseSequence, *, jitter: float = 0.05, missed: float = 0.2, seed: int = 0
) -> PoseSequence:
    """The hands as a network finds them: each landmark off by ``jitter`` hands, a share of ``missed`` not found."""
    rng = np.random.default_rng([seed, 5])
    assert sequence.hands is not None
    size = np.linalg.norm(sequence.hands[:, :, 9] - sequence.hands[:, :, 0], axis=-1)[..., None, None]
    hands = sequence.hands + rng.normal(0.0, 1.0, sequence.hands.shape) * jitter * size
    hands[rng.uniform(size=hands.shape[:2]) < missed] = np.nan
    return replace(sequence, hands=hands.astype(np.float32))


def looked_at(sequence: PoseSequence, every: float = SNAPSHOT_S) -> PoseSequence:
    """The hands of the frames alone in which they are looked for: a take's, or with ``HANDS_EVERY_S`` a reference's."""
    assert sequence.hands is not None
    looks = np.unique(np.floor(sequence.times / every + 1e-6), return_index=True)[1]
    hands = np.full_like(sequence.hands, np.nan)
    hands[looks] = sequence.hands[looks]
    return replace(sequence, hands=hands)


def as_reference(sequence: PoseSequence) -> PoseSequence:
    """The sequence with its hands as a reference has them."""
    return looked_at(sequence, HANDS_EVERY_S)


def _numbers(gestures: list[Gesture]) -> FloatArray:
    return np.array([[*gesture.curls, gesture.roll, gesture.bend] for gesture in gestures], float)


def _sequence(moment: FloatArray, seed: int, row: int) -> FloatArray:
    """(T, 6) curls, roll and bend of one hand: a gesture, a short hold, the next one."""
    rng = np.random.default_rng([seed, row, 11])
    known = _numbers(list(GESTURES.values()))
    order = np.zeros(200, int)
    for index in range(1, len(order)):  # never the same one twice
        order[index] = (order[index - 1] + rng.integers(1, len(known))) % len(known)
    at = np.cumsum(rng.uniform(0.5, 1.0, len(order)))
    after = np.clip(np.searchsorted(at, moment, side="right"), 0, len(order) - 1)
    before = np.maximum(after - 1, 0)
    share = np.clip((moment - at[before]) / 0.25, 0.0, 1.0) * (after > 0)
    eased = (share * share * (3 - 2 * share))[:, None]
    return known[order[before]] + eased * (known[order[after]] - known[order[before]])


def _hands(numbers: FloatArray, at: FloatArray, side: float) -> FloatArray:
    """(T, 21, 3) hands of length 1 with the wrist at 0 from (T, 6) numbers; (T,) radians of the forearm."""
    curls, roll = numbers[:, :4], np.radians(numbers[:, 4])
    turn = at + side * np.radians(numbers[:, 5])
    along = np.stack((np.cos(turn), np.sin(turn), np.zeros_like(turn)), -1)
    flat = side * np.stack((-np.sin(turn), np.cos(turn), np.zeros_like(turn)), -1)
    depth = np.broadcast_to([0.0, 0.0, 1.0], flat.shape)
    across = np.cos(roll)[:, None] * flat + np.sin(roll)[:, None] * depth
    palm = -np.sin(roll)[:, None] * flat + np.cos(roll)[:, None] * depth

    def place(where: FloatArray) -> FloatArray:
        return where[..., :1] * along + where[..., 1:] * across

    points = np.zeros((len(turn), NUM_HAND_LANDMARKS, 3))
    for joint, where in enumerate(_THUMB, 1):
        points[:, joint] = place(where)
    for finger, root in enumerate(_ROOTS):
        here, bend = place(root), np.zeros(len(turn))
        fan = np.radians(_FAN_DEG[finger]) * (1 - curls[:, finger, None])
        ahead = np.cos(fan) * along + np.sin(fan) * across
        points[:, 5 + 4 * finger] = here
        for joint, bone in enumerate(_BONES, 1):
            bend = bend + np.radians(_BEND_DEG) * curls[:, finger] * (1.0 if joint > 1 else 0.5)
            here = here + bone * (np.cos(bend)[:, None] * ahead + np.sin(bend)[:, None] * palm)
            points[:, 5 + 4 * finger + joint] = here
    return points
