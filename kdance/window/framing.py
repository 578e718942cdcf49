"""Which part of a picture is shown, so that the dancer fills the pane. Pure arithmetic.

A frame is steady: the reference's stands still, or pans slowly where its dancer crosses the stage; the dancer's own is
set by the set-up check and moves only when they have gone somewhere else.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from kdance.pose import SHOULDERS, FloatArray, Landmark
from kdance.window.ghost import MIN_VISIBILITY
from kdance.window.layout import Rect

AIR: Final = 0.03  # on each side, share of the box's height

_HEAD: Final = [Landmark.NOSE, Landmark.LEFT_EYE, Landmark.RIGHT_EYE, Landmark.LEFT_EAR, Landmark.RIGHT_EAR]
_FEET: Final = [
    Landmark.LEFT_ANKLE, Landmark.RIGHT_ANKLE, Landmark.LEFT_HEEL, Landmark.RIGHT_HEEL,
    Landmark.LEFT_FOOT_INDEX, Landmark.RIGHT_FOOT_INDEX,
]  # fmt: skip
_TOP_OF_HEAD: Final = 1.5  # times as far above the shoulders as the highest point of the face
_LEAST_PART: Final = 0.2  # of the picture's height: what is smaller would only be pixels

_BIN_S: Final = 0.25
_AROUND_S: Final = (2.0, 1.0, 0.5)  # a frame that pans holds all that is danced so long before and after
_SMOOTH: Final = 0.6  # of that time
_MOSTLY: Final = 0.98  # of the time a frame that stands still holds all of the body: one jump doesn't make it small
_LARGE: Final = 1.3  # times as large as the body itself a frame may be before one that pans faster is taken
_CUT: Final = 0.6  # heights of the body that its middle jumps in a quarter of a second where the camera changes

_FAR_ASIDE: Final = 0.1  # heights of the body that a dancer moves before the frame does
_RESIZED: Final = 1.12
_SETTLING_S: Final = 0.8
_WALKING: Final = 0.1  # heights of the body that a frame is behind at which it follows twice as fast
_REACHING_S: Final = 0.1  # a hand that leaves the frame
_BACK_S: Final = 2.0
_USUALLY: Final = 0.85  # of the time a dance reaches no farther than the frame does that stands still
_LOOKS_HZ: Final = 6.0  # looks a second are enough to know how far a dance reaches
_GROWING_S: Final = 0.7  # somebody who comes nearer, or straightens up
_SHRINKING_S: Final = 8.0  # mostly somebody who bows: they only look shorter
_LOST_S: Final = 2.0  # seconds after which a dancer who isn't seen may be anywhere


class Box(NamedTuple):
    """A part of a picture, pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels."""
        return self.bottom - self.top

    @property
    def aspect(self) -> float:
        """Width by height."""
        return self.width / self.height

    def scaled(self, scale: float) -> Box:
        """The same part of a picture of another size."""
        return Box(*(scale * side for side in self))

    def flipped(self, width: float) -> Box:
        """The same part of a picture of ``width`` pixels whose columns were turned round."""
        return Box(width - self.right, self.top, width - self.left, self.bottom)


def part_of_picture(box: Box | None, width: int, height: int, aspect: float) -> Rect:
    """The part of a picture to show in a pane: all of a box, in the pane's shape where the picture is large enough.

    Args:
        box: In pixels of the picture; ``None`` for the whole of it.
        width: Of the picture, pixels.
        height: Of the picture, pixels.
        aspect: Width of the pane by its height.

    >>> part_of_picture(Box(40, 20, 60, 100), 160, 120, 1.0)
    Rect(left=10, top=20, width=80, height=80)
    """
    if box is None or not all(map(np.isfinite, box)):
        return Rect(0, 0, width, height)
    tall = max(box.height, box.width / aspect, _LEAST_PART * height)
    across, down = min(width, round(tall * aspect)), min(height, round(tall))
    left = min(max(round((box.left + box.right - across) / 2), 0), width - across)
    top = min(max(round((box.top + box.bottom - down) / 2), 0), height - down)
    return Rect(left, top, max(1, across), max(1, down))


def extents(landmarks: FloatArray) -> FloatArray:
    """(..., 4) left, top, right and bottom of bodies from the top of the head on; NaN where none is seen.

    Args:
        landmarks: (..., 33, 4) x, y in pixels, z, visibility.
    """
    seen = (landmarks[..., 3] >= MIN_VISIBILITY) & np.isfinite(landmarks[..., :2]).all(-1)
    is_body = np.asarray(seen[..., SHOULDERS].all(-1))[..., None]
    points = np.where(seen[..., None], landmarks[..., :2], np.nan)
    low, high = np.fmin.reduce(points, axis=-2), np.fmax.reduce(points, axis=-2)
    top = np.fmin(low[..., 1], _top_of_head(landmarks))
    return np.where(is_body, np.stack([low[..., 0], top, high[..., 0], high[..., 1]], -1), np.nan)


def body_height(landmarks: FloatArray) -> FloatArray:
    """(...) pixels from the top of the head to the lower foot; NaN where they aren't seen.

    Args:
        landmarks: (..., 33, 4) x, y in pixels, z, visibility.
    """
    seen = (landmarks[..., [*SHOULDERS, *_FEET[:2]], 3] >= MIN_VISIBILITY).all(-1)
    return np.where(seen, landmarks[..., _FEET, 1].max(-1) - _top_of_head(landmarks), np.nan)


def _top_of_head(landmarks: FloatArray) -> FloatArray:
    shoulders = landmarks[..., SHOULDERS, 1].mean(-1)
    return np.asarray(shoulders - _TOP_OF_HEAD * (shoulders - landmarks[..., _HEAD, 1].min(-1)))


class ReferenceFraming:
    """The frame of a reference's dancer, from its poses: the same each time it is danced.

    Args:
        landmarks: (T, 33, 4) in pixels of the video.
        times: (T,) seconds.

    Attributes:
        aspect: Usual width of the frame by its height; ``None`` where nobody is seen.
    """

    def __init__(self, landmarks: FloatArray, times: FloatArray) -> None:
        found = extents(np.asarray(landmarks, np.float64))
        self._times, self._sides, self._is_cut = _slow_frames(found, np.asarray(times, np.float64))
        self.aspect = None if self.at(0.0) is None else float(np.median([Box(*s).aspect for s in self._sides.tolist()]))

    def at(self, time: float) -> Box | None:
        """The frame at a second of the reference; ``None`` where nobody is seen in all of it."""
        if not len(self._times):
            return None
        index = int(np.searchsorted(self._times, time))
        if 0 < index < len(self._times) and not self._is_cut[index]:
            share = (time - self._times[index - 1]) / (self._times[index] - self._times[index - 1])
            sides = self._sides[index - 1] + share * (self._sides[index] - self._sides[index - 1])
        else:
            sides = self._sides[min(index, len(self._times) - 1)]
        return Box(*sides.tolist())


def _slow_frames(found: FloatArray, times: FloatArray) -> tuple[FloatArray, FloatArray, list[bool]]:
    """Frames for some moments of a dance.

    Args:
        found: (T, 4) extents of the body, NaN where it isn't seen.
        times: (T,) seconds.

    Returns:
        (B,) seconds, (B, 4) sides, and for each whether the camera changed before it.
    """
    seen = np.isfinite(found).all(1)
    bins = np.floor(times / _BIN_S)
    moments = np.unique(bins[seen])
    if not len(moments):
        return np.empty(0), np.empty((0, 4)), []
    # The median of a few frames: where the network erred for one of them the frame doesn't follow.
    sides = np.array([np.median(found[seen & (bins == moment)], axis=0) for moment in moments])
    tall = float(np.median(sides[:, 3] - sides[:, 1]))
    jumps = np.abs(np.diff((sides[:, :2] + sides[:, 2:]) / 2, axis=0)).max(1)
    is_cut = [False, *(jumps > _CUT * tall * np.diff(moments))]
    first = 0
    for last in (*(index for index, cut in enumerate(is_cut) if cut), len(sides)):
        sides[first:last] = _frames_of_shot(sides[first:last], moments[first:last])
        first = last
    air = AIR * (sides[:, 3] - sides[:, 1])[:, None]
    return _BIN_S * (moments + 0.5), sides + air * [-1, -1, 1, 1], is_cut


def _frames_of_shot(sides: FloatArray, moments: FloatArray) -> FloatArray:
    """(B, 4) frames of one shot: the same throughout, or panning no faster than the dancer crosses the stage."""
    outward = np.array([-1, -1, 1, 1])
    frames = np.broadcast_to(outward * np.quantile(outward * sides, _MOSTLY, axis=0), sides.shape)
    enough = _LARGE * np.median(_needed(sides))
    apart = np.abs(moments[:, None] - moments) * _BIN_S
    for around in _AROUND_S:
        if np.median(_needed(frames)) <= enough:
            break
        widest = np.array([(outward * sides[row]).max(0) for row in apart <= around]) * outward
        weights = np.exp(-((apart / (_SMOOTH * around)) ** 2) / 2)
        frames = weights @ widest / weights.sum(1, keepdims=True)
    return np.asarray(frames)


def _needed(sides: FloatArray) -> FloatArray:
    """(...) height that a frame needs in a pane that is four fifths as wide as high."""
    return np.asarray(np.maximum(sides[..., 3] - sides[..., 1], 1.25 * (sides[..., 2] - sides[..., 0])))


class Reach(NamedTuple):
    """How far a dance reaches from a standing body, in heights of it.

    Attributes:
        beside: From the middle of the body to the farther hand.
        above: From the floor to the higher hand, or to the top of the head.
    """

    beside: float
    above: float

    @property
    def aspect(self) -> float:
        """Width by height of the frame that holds it."""
        return 2 * (self.beside + AIR) / (self.above + 2 * AIR)


ANY_DANCE: Final = Reach(0.45, 1.15)
"""What a dance is framed by that is not known; a frame grows where it reaches farther."""
_LEAST_REACH: Final = Reach(0.28, 1.05)
_MOST_REACH: Final = Reach(0.6, 1.3)  # hands of the longest arms; what goes farther is the network's error


def reach_of(landmarks: FloatArray, times: FloatArray) -> Reach:
    """How far a dance reaches nearly all of the time.

    Args:
        landmarks: (T, 33, 4) in pixels of the video.
        times: (T,) seconds.
    """
    following, reached = DancerFraming(), []
    step = max(1, round(len(times) / max(_LOOKS_HZ * float(times[-1] - times[0]), 1.0)))
    for body, time in zip(np.asarray(landmarks[::step], np.float64), times[::step].tolist(), strict=True):
        following.update(body if np.isfinite(body).any() else None, time, 1, 1)
        reached.append(following.reached(body))
    seen = np.array(reached)
    seen = seen[np.isfinite(seen).all(1)]
    if not len(seen):
        return ANY_DANCE
    return Reach(*np.clip(np.quantile(seen, _USUALLY, axis=0), _LEAST_REACH, _MOST_REACH).tolist())


class DancerFraming:
    """The frame of the dancer in front of the camera.

    It holds their standing body with its arms as far out as the dance takes them, so that no arm moves it; where they
    reach farther nevertheless it grows at once and comes back slowly. Where they go, it follows once they have gone a
    step aside.

    Args:
        reach: Of the dance.

    Attributes:
        box: Pixels of the camera's picture; ``None`` for the whole of it.
    """

    def __init__(self, reach: Reach = ANY_DANCE) -> None:
        self._usual, self._reach = reach, np.array(reach)
        self.box: Box | None = None
        self._size = (0, 0)
        self._body: FloatArray | None = None  # middle, floor and height as they are shown
        self._goal: FloatArray | None = None
        self._tall: float | None = None
        self._last = self._seen_at = -np.inf

    def update(self, landmarks: FloatArray | None, time: float, width: int, height: int) -> None:
        """Take in a frame.

        Args:
            landmarks: (33, 4) in pixels of the picture; ``None`` for nobody.
            time: Seconds of the frame.
            width: Of the picture, pixels; a camera that turns its picture begins anew.
            height: Of the picture, pixels.
        """
        if self._size != (width, height) or time < self._last:
            self.__init__(self._usual)  # type: ignore[misc]
            self._size = (width, height)
        elapsed, self._last = min(time - self._last, 1.0), time
        found = None if landmarks is None else self._body_of(landmarks, elapsed)
        if landmarks is None or found is None:
            if time - self._seen_at > _LOST_S:
                self._body = self._goal = self._tall = self.box = None
            return
        self._seen_at = time
        if self._body is None or self._goal is None:
            self._body = self._goal = found
        moved = np.abs(found - self._goal)[:2].max() > _FAR_ASIDE * found[2]
        if moved or not 1 / _RESIZED < found[2] / self._goal[2] < _RESIZED:
            self._goal = found
        behind = np.abs(self._goal - self._body)[:2].max() / self._body[2]
        settling = _SETTLING_S / (1 + behind / _WALKING)
        self._body = self._goal + (self._body - self._goal) * np.exp(-elapsed / settling)
        self._grow(landmarks, elapsed)
        middle, floor, tall = self._body.tolist()
        beside, above = (tall * self._reach).tolist()
        air = AIR * tall
        self.box = Box(middle - beside - air, floor - above - air, middle + beside + air, floor + air)

    def reached(self, landmarks: FloatArray) -> FloatArray:
        """(2,) how far (33, 4) landmarks reach beside and above the body as it is shown; NaN where nobody is."""
        if self._body is None:
            return np.full(2, np.nan)
        middle, floor, tall = self._body.tolist()
        left, top, right, _ = extents(landmarks).tolist()
        return np.array([max(middle - left, right - middle) / tall, (floor - top) / tall])

    def _grow(self, landmarks: FloatArray, elapsed: float) -> None:
        """Make room for hands that reach farther than the frame, and take it back slowly."""
        wanted = np.fmax(self._usual, np.fmin(self.reached(landmarks), _MOST_REACH))
        settling = np.where(wanted > self._reach, _REACHING_S, _BACK_S)
        self._reach = wanted + (self._reach - wanted) * np.exp(-elapsed / settling)

    def _body_of(self, landmarks: FloatArray, elapsed: float) -> FloatArray | None:
        """Middle, floor and standing height; ``None`` where head or feet aren't seen."""
        tall = float(body_height(landmarks))
        if not tall > 0:
            return None
        if self._tall is None:
            self._tall = tall
        settling = _GROWING_S if tall > self._tall else _SHRINKING_S
        self._tall = tall + (self._tall - tall) * float(np.exp(-elapsed / settling))
        middle = landmarks[[*SHOULDERS, *_FEET[:2]], 0].mean()
        return np.array([middle, landmarks[_FEET, 1].max(), self._tall])
