"""What the hands weigh in the whole of a dance, by what moves in its reference.

A dance of the hands, half a body with its fingers before the lens, is judged by them; a dance of the whole body, in
which they only follow, is not. docs/SCORING.md has the figures.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from kdance.motion.hands import hand_likeness, nearest_frames
from kdance.motion.pose_comparison import similarity
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.timeline import mean_known
from kdance.pose import FloatArray, Landmark, PoseSequence

# Movement is what changes over the first time; what changes over the second as well is the network's noise.
_CHANGE_S: Final = 0.5
_NOISE_S: Final = 0.1
# Movement of the limbs below which a dance counts as resting them.
_REST: Final = 0.02
# The hands' share of all movement up to which they only follow the arms, that from which the dance is theirs, and what
# they weigh then.
FOLLOWING: Final = 0.45
LEADING: Final = 0.65
MOST: Final = 0.6
_ARMS: Final = ((Landmark.LEFT_ELBOW, Landmark.LEFT_WRIST), (Landmark.RIGHT_ELBOW, Landmark.RIGHT_WRIST))


def hand_weights(sequence: PoseSequence, reference: ReferenceMotion) -> FloatArray:
    """(2,) 0..1 what the left and the right hand weigh in the whole of a dance; the body weighs the rest.

    By their share of what moves, ``hands / (hands + limbs)``: nothing up to :data:`FOLLOWING`, :data:`MOST` from
    :data:`LEADING` on, straight between; each hand its part of that by how much it moves.

    Args:
        sequence: The reference, with its hands.
        reference: The same, ready for comparison.
    """
    hands = hand_movement(sequence)
    if not hands.any():
        return hands
    limbs = limb_movement(reference) + _REST
    share = hands.mean() / (hands.mean() + limbs)
    both = MOST * np.clip((share - FOLLOWING) / (LEADING - FOLLOWING), 0.0, 1.0)
    return np.asarray(both * hands / max(hands.sum(), 1e-9))


def hand_movement(sequence: PoseSequence) -> FloatArray:
    """(2,) 0..1 how much the hands of a reference move by themselves, not with their arms.

    What a hand loses of its likeness in half a second, its forearm held still, by the share of the looks that found it.
    """
    moved = np.zeros(2)
    if sequence.hands is None or not len(sequence):
        return moved
    looks = min(float(len(sequence)), float(np.ptp(sequence.times)) / _NOISE_S + 1)
    for row, (elbow, wrist) in enumerate(_ARMS):
        found = np.flatnonzero(np.isfinite(sequence.hands[:, row, 0, 0]))
        forearm = sequence.landmarks[found, wrist, :2] - sequence.landmarks[found, elbow, :2]
        own = _turned(sequence.hands[found, row], -np.arctan2(forearm[:, 1], forearm[:, 0]))
        change, noise = (_change(own, sequence.times[found], span) for span in (_CHANGE_S, _NOISE_S))
        moved[row] = max(change - noise, 0.0) * min(len(found) / looks, 1.0)
    return moved


def limb_movement(reference: ReferenceMotion) -> float:
    """0..1 how much the limbs of a reference move: what its pose loses of its likeness in half a second."""
    half = _CHANGE_S / 2
    times = np.arange(half, max(reference.duration - half, half), _NOISE_S)
    before, after = reference.at(times - half), reference.at(times + half)
    return float(np.nan_to_num(1 - mean_known(similarity(before, after, reference.usual_length))))


def _turned(hands: FloatArray, angles: FloatArray) -> FloatArray:
    """(N, 21, 3) hands turned in the picture by (N,) radians."""
    cos, sin = np.cos(angles), np.sin(angles)
    turn = np.stack((np.stack((cos, sin), -1), np.stack((-sin, cos), -1)), -2)
    return np.concatenate((hands[..., :2] @ turn, hands[..., 2:]), -1)


def _change(hands: FloatArray, times: FloatArray, span: float) -> float:
    """0..1 what (N,) hands lose of their likeness in ``span`` seconds; 0 where that isn't known."""
    if len(times) < 2:
        return 0.0
    later = nearest_frames(times, times + span)
    apart = np.abs(times[later] - times - span) < _NOISE_S / 2
    return float(np.nan_to_num(1 - mean_known(hand_likeness(hands[apart], hands[later[apart]]))))
