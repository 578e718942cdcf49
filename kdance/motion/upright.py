"""Is the picture upright? A camera on its side or upside down shows all of a dance turned by a quarter.

The pose network finds a turned body as well as an upright one, and so does the finder of people: what tells them apart
is the direction in which the bodies stand. Dancers bend, lie down and stand on their hands, but not all of the time.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np

from kdance.choices import Turn
from kdance.motion.picture_points import rotated
from kdance.pose import HIPS, SHOULDERS, FloatArray, Landmark, PoseSequence

MOSTLY: Final = 0.8
"""Share of the bodies that have to stand in one direction before the picture is called turned."""

_STRAIGHT_DEG: Final = 35.0  # of trunk and legs from the direction in which the body stands; a lean is less
_LEGS_DEG: Final = 50.0
_SEEN: Final = 0.4  # below this visibility the network guesses ankles
_FEWEST: Final = 10  # bodies
_ANKLES: Final = [Landmark.LEFT_ANKLE, Landmark.RIGHT_ANKLE]
_WATCHED_S: Final = 3.0
_AT_ONCE: Final = 8192  # pictures


def quarter_turns(landmarks: FloatArray) -> FloatArray:
    """(...) degrees, 0, 90, 180 or 270, by which to turn the picture clockwise so that its body stands upright.

    NaN where nobody is, or where the body does not stand straight: bent, sitting, or across a corner.

    Args:
        landmarks: (..., 33, 2 or more) in pixels, y down, visibility in the fourth column where there is one.
    """
    shoulders, hips, ankles = (landmarks[..., ends, :2].mean(-2) for ends in (SHOULDERS, HIPS, _ANKLES))
    trunk, legs = _degrees(hips - shoulders), _degrees(ankles - hips)
    quarter = np.round(trunk / 90) * 90
    is_straight = np.abs(trunk - quarter) <= _STRAIGHT_DEG
    bend = np.abs((legs - quarter + 180) % 360 - 180)
    shown = landmarks[..., _ANKLES, 3].min(-1) >= _SEEN if landmarks.shape[-1] > 3 else np.isfinite(legs)
    is_straight &= (bend <= _LEGS_DEG) | ~shown
    return np.asarray(np.where(is_straight, quarter % 360, np.nan))


def rotation_needed(landmarks: FloatArray) -> Turn:
    """Degrees by which to turn a film clockwise so that its dancer is upright; 0 unless nearly all of it is turned.

    Args:
        landmarks: (T, 33, 4) as in :class:`kdance.pose.PoseSequence`, NaN where nobody was seen.
    """
    is_seen = np.isfinite(landmarks[:, 0, 0])
    if is_seen.sum() < _FEWEST:
        return 0
    parts = [slice(first, first + _AT_ONCE) for first in range(0, len(landmarks), _AT_ONCE)]
    turns = np.concatenate([quarter_turns(landmarks[part]) for part in parts])[is_seen]
    turned: tuple[Turn, ...] = (90, 180, 270)
    for turn in turned:
        if np.mean(turns == turn) >= MOSTLY:
            return turn
    return 0


def upright(sequence: PoseSequence, turn: Turn) -> PoseSequence:
    """The bodies as they would be in the picture turned clockwise; its corner is no longer at 0, 0."""
    hands = None if sequence.hands is None else rotated(sequence.hands, turn)
    return PoseSequence(rotated(sequence.landmarks, turn), rotated(sequence.world, turn), sequence.times, hands)


class UprightWatch:
    """The same while a camera runs: a picture is turned when it was so for some seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, FloatArray]] = deque()

    def update(self, landmarks: FloatArray | None, time: float) -> Turn:
        """Degrees by which to turn the camera's pictures clockwise; 0 as long as nobody knows.

        Args:
            landmarks: (33, 4) of the frame; ``None`` for nobody.
            time: Seconds of the frame, later than the frame before.
        """
        if landmarks is not None:
            self._seen.append((time, landmarks))
        while self._seen and self._seen[0][0] < time - _WATCHED_S:
            self._seen.popleft()
        if not self._seen or self._seen[-1][0] - self._seen[0][0] < _WATCHED_S / 2:
            return 0
        return rotation_needed(np.stack([body for _, body in self._seen]))


def _degrees(vectors: FloatArray) -> FloatArray:
    """(...) angles of (..., 2) vectors from straight down, positive towards the right of the picture."""
    return np.asarray(np.degrees(np.arctan2(vectors[..., 0], vectors[..., 1])))
