"""Signs that a dancer gives from three metres away: both hands up to start, forearms crossed over the head to end.

Where nobody dances, at the end and in a pause, one arm held up is a third.

Lengths are in trunks of the picture, so that neither the distance nor the size of the dancer matters; nothing asks
which arm is which, so mirroring doesn't either. An answer is 1, 0, or NaN where the arms were not seen.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from kdance.motion.hold import Hold
from kdance.pose import HIPS, SHOULDERS, FloatArray, Landmark

START_HOLD: Final = 1.0  # seconds both hands are up
END_HOLD: Final = 2.0  # seconds the forearms are crossed over the head
ONE_HOLD: Final = 1.0  # seconds one hand is up
AT_REST: Final = (
    0.5  # seconds without any sign, before the first counts: who has just crossed their arms is still at it
)
# Below this a landmark is a guess. Blurred wrists of dancers in real clips have 0.2 to 0.5.
SEEN: Final = 0.3
# Eyes to the top of the head is about a fifth of a trunk; hands that are clearly up are above it.
RAISED: Final = 0.25
# Forearms that are meant to be crossed have their wrists this far past each other; a heart over the head has them
# side by side. (In 27 clips of dancers no wrists came past each other over the head: at most 0.003.)
CROSSED: Final = 0.1
# A reference whose hands come this close over its head, for this share of the time, may lead a dancer to cross theirs.
TOGETHER: Final = -0.15
TOGETHER_SHARE: Final = 0.2
# The dancer may be that late or early with what the reference does, and hold on to it.
RECENT: Final = 2.5
AHEAD: Final = 0.5

_EYES_AND_NOSE: Final = [Landmark.LEFT_EYE, Landmark.RIGHT_EYE, Landmark.NOSE]
_WRISTS: Final = [Landmark.LEFT_WRIST, Landmark.RIGHT_WRIST]
_ELBOWS: Final = [Landmark.LEFT_ELBOW, Landmark.RIGHT_ELBOW]


def scale_px(landmarks: FloatArray) -> FloatArray:
    """(...) pixels of a trunk of (..., 33, 4) landmarks, or of the shoulders where a bow makes the trunk short."""
    points = landmarks[..., :2]
    trunk = points[..., SHOULDERS, :].mean(-2) - points[..., HIPS, :].mean(-2)
    shoulders = points[..., SHOULDERS[0], :] - points[..., SHOULDERS[1], :]
    return np.asarray(np.fmax(np.linalg.norm(trunk, axis=-1), np.linalg.norm(shoulders, axis=-1)))


def hands_over_head(landmarks: FloatArray) -> FloatArray:
    """(...) trunks that the lower wrist is above eyes and nose of (..., 33, 4) landmarks; NaN where not seen."""
    face = landmarks[..., _EYES_AND_NOSE, 1].min(-1)
    wrists = landmarks[..., _WRISTS, :]
    height = face - wrists[..., 1].max(-1)
    # NaN is not seen. A hand that left the picture at its upper edge is up, wherever exactly it is.
    seen = ((wrists[..., 3] >= SEEN) | (wrists[..., 1] < 0)).all(-1) & (landmarks[..., Landmark.NOSE, 3] >= SEEN)
    return np.asarray(np.where(seen, height / scale_px(landmarks), np.nan))


def wrists_past_each_other(landmarks: FloatArray) -> FloatArray:
    """(...) trunks that the wrists have passed each other, along the line of the elbows; negative while they are apart.

    Args:
        landmarks: (..., 33, 4) x, y in pixels, z, visibility.

    Returns:
        NaN where wrists or elbows were not seen.
    """
    elbows = landmarks[..., _ELBOWS[0], :2] - landmarks[..., _ELBOWS[1], :2]
    wrists = landmarks[..., _WRISTS[0], :2] - landmarks[..., _WRISTS[1], :2]
    width = np.fmax(np.linalg.norm(elbows, axis=-1), 1e-6)
    seen = landmarks[..., [*_WRISTS, *_ELBOWS], 3].min(-1) >= SEEN
    return np.asarray(np.where(seen, -(elbows * wrists).sum(-1) / width / scale_px(landmarks), np.nan))


def hands_raised(landmarks: FloatArray) -> FloatArray:
    """(...) whether both hands are clearly above the head of (..., 33, 4) landmarks: 1, 0, NaN where not seen."""
    height = hands_over_head(landmarks)
    return np.asarray(np.where(np.isnan(height), np.nan, height >= RAISED))


def one_hand_raised(landmarks: FloatArray) -> FloatArray:
    """(...) whether one hand is above the head of (..., 33, 4) landmarks, the other below its shoulder: 1, 0, NaN."""
    wrists, size = landmarks[..., _WRISTS, :], scale_px(landmarks)
    face = landmarks[..., _EYES_AND_NOSE, 1].min(-1)
    higher, lower = wrists[..., 1].min(-1), wrists[..., 1].max(-1)
    seen = ((wrists[..., 3] >= SEEN) | (wrists[..., 1] < 0)).all(-1) & (landmarks[..., Landmark.NOSE, 3] >= SEEN)
    shown = ((face - higher) / size >= RAISED) & (lower > landmarks[..., SHOULDERS, 1].max(-1))
    return np.asarray(np.where(seen, shown, np.nan))


def right_hand_is_higher(landmarks: FloatArray) -> bool:
    """Whether the dancer's right hand is the higher one, of (33, 4) landmarks of somebody who faces the camera.

    Told by where it is in the picture: the network takes a right arm that is alone in the air for a left one at times.
    """
    higher, lower = sorted(landmarks[_WRISTS], key=lambda wrist: float(wrist[1]))
    return bool(higher[0] < lower[0])


def forearms_crossed(landmarks: FloatArray) -> FloatArray:
    """(...) whether the forearms cross above eyes and nose of (..., 33, 4) landmarks: 1, 0, NaN where not seen."""
    height, past = hands_over_head(landmarks), wrists_past_each_other(landmarks)
    points = landmarks[..., :2]
    left, right = ((points[..., _ELBOWS[side], :], points[..., _WRISTS[side], :]) for side in (0, 1))
    # Two segments cross when each has its ends on two sides of the other.
    crossing = (_side(*left, right[0]) * _side(*left, right[1]) < 0) & (
        _side(*right, left[0]) * _side(*right, left[1]) < 0
    )
    shown = (height > 0) & (past >= CROSSED) & crossing
    # One of the two is enough to know that it is not shown.
    unknown = (np.isnan(height) & ~(past < CROSSED)) | (np.isnan(past) & ~(height <= 0))
    return np.asarray(np.where(unknown, np.nan, shown))


def _side(start: FloatArray, end: FloatArray, point: FloatArray) -> FloatArray:
    """(...) on which side of the line from ``start`` to ``end`` a (..., 2) point lies: the sign."""
    along, there = end - start, point - start
    return np.asarray(along[..., 0] * there[..., 1] - along[..., 1] * there[..., 0])


class StartGesture:
    """Both hands held up."""

    def __init__(self) -> None:
        self._hold = Hold(START_HOLD)

    @property
    def share(self) -> float:
        """0..1 how much of the time is done."""
        return self._hold.share

    def update(self, landmarks: FloatArray | None, time: float) -> bool:
        """Whether the dancer has given the sign; (33, 4) landmarks, ``None`` for nobody, seconds of the frame."""
        return self._hold.update(np.nan if landmarks is None else float(hands_raised(landmarks)), time)

    def reset(self) -> None:
        """Begin anew."""
        self._hold.reset()


class EndGesture:
    """Forearms held crossed over the head, where that is not part of the dance.

    Args:
        reference: (T, 33, 4) landmarks of the reference; those of nobody where there is none.
        times: (T,) seconds of the reference.
    """

    def __init__(self, reference: FloatArray, times: FloatArray) -> None:
        together = (hands_over_head(reference) > 0) & (wrists_past_each_other(reference) > TOGETHER)
        self._times = np.asarray(times)
        self._together: FloatArray = np.concatenate(([0.0], np.cumsum(together)))  # frames of it before each frame
        self._hold = Hold(END_HOLD)

    @property
    def share(self) -> float:
        """0..1 how much of the time is done."""
        return self._hold.share

    def is_danced(self, position: float) -> bool:
        """Whether the reference has its hands together over its head around second ``position``."""
        first, last = np.searchsorted(self._times, [position - RECENT, position + AHEAD])
        return bool(self._together[last] - self._together[first] > TOGETHER_SHARE * (last - first))

    def update(self, landmarks: FloatArray | None, time: float, position: float) -> bool:
        """Whether the dancer has given the sign.

        Args:
            landmarks: (33, 4), or ``None`` for nobody.
            time: Seconds of the frame.
            position: Second of the reference the music is at.
        """
        if self.is_danced(position):
            self._hold.reset()
            return False
        return self._hold.update(np.nan if landmarks is None else float(forearms_crossed(landmarks)), time)

    def reset(self) -> None:
        """Begin anew."""
        self._hold.reset()


Sign = Literal["both_up", "crossed", "one_up"]
"""What a dancer can show where nobody dances."""


class Signs:
    """All three signs, for when nobody dances: none of them is part of a dance then."""

    def __init__(self) -> None:
        self._rest = Hold(AT_REST)
        self._is_free = False
        self._holds: dict[Sign, Hold] = {
            "crossed": Hold(END_HOLD), "both_up": Hold(START_HOLD), "one_up": Hold(ONE_HOLD),
        }  # fmt: skip

    @property
    def share(self) -> float:
        """0..1 how much of the time is done of the sign that is held."""
        return max(hold.share for hold in self._holds.values()) if self._is_free else 0.0

    def update(self, landmarks: FloatArray | None, time: float) -> Sign | None:
        """The sign that the dancer has given, once they have shown none for a moment.

        Args:
            landmarks: (33, 4), or ``None`` for nobody.
            time: Seconds of the frame, later than the frame before.
        """
        shown: dict[Sign, float] = dict.fromkeys(self._holds, np.nan)
        if landmarks is not None:
            shown["crossed"] = float(forearms_crossed(landmarks))
            # Crossed forearms have both hands up, too; the way into both leads past one.
            shown["both_up"] = 0.0 if shown["crossed"] == 1 else float(hands_raised(landmarks))
            shown["one_up"] = float(one_hand_raised(landmarks))
        if not self._is_free:
            unknown = all(np.isnan(value) for value in shown.values())
            self._is_free = self._rest.update(np.nan if unknown else float(1 not in shown.values()), time)
            return None
        given = [sign for sign, hold in self._holds.items() if hold.update(shown[sign], time)]
        return given[0] if given else None

    def reset(self) -> None:
        """Begin anew."""
        self.__init__()  # type: ignore[misc]
