"""The dancer's pose while others are in the room: who walks behind, a mirror, a poster.

Every second somebody looks who is there. As long as that is one person, the pose network sees the picture as it is, and
says what it would say without any of this. From the second look on that finds several, the network is shown the dancer
alone (:mod:`kdance.motion.following` says who that is) and everything else is grey; what it says is checked against the
looks. Where the dancer isn't seen there is no pose: nobody else's is taken for it.

When to look is decided by the time stamps of the frames alone, so a recording gives what the camera gave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kdance.capture.member_pose import pose_distances
from kdance.capture.people import PeopleFinder
from kdance.motion.following import Following, heights, places
from kdance.motion.people import People, box_covered, box_overlap
from kdance.pose import HIPS, SHOULDERS, FloatArray, Frame, Pose

Look = Callable[[NDArray[np.uint8]], People]
"""Finds everybody in a picture."""

ALONE_S: Final = 1.0
"""Seconds from look to look while one person is there: with 26 ms for a look, 0.9 ms a frame at 30 fps."""
SEVERAL_S: Final = 0.6
"""While several are there: 1.4 ms a frame."""
CLOSE_S: Final = 0.25
"""While another one is in front of the dancer or close behind, or holds a hand up."""

_SURE: Final = 0.3  # score from which somebody else counts
_TWICE: Final = 0.6  # overlap from which two boxes are one body
_CALM: Final = 3  # looks in a row at the dancer alone, after which the network sees the plain picture again
_ROOM: Final = 0.22  # of the body's height, shown around the pose of the frame before
_FIRST_ROOM: Final = 0.12  # around the finder's box, which has the arms in it
_TOUCH: Final = 0.1  # share of the dancer's box that another one may cover before it is close
_WRONG: Final = 0.12  # of the body's height: median by which the pose may differ from the dancer's points
_TRUNK_AWAY: Final = 0.25  # and by which the trunk may
_SEEN: Final = 0.3
_GREY: Final = 114
_ROUNDING: Final = 1e-6  # seconds


class DancerInRoom:
    """One dancer's pose in consecutive frames, whoever else is in the picture.

    Args:
        look: Finds everybody in a picture; by default the people finder.
    """

    def __init__(self, look: Look | None = None) -> None:
        self._look = look
        self._following = Following()
        self._next = -np.inf
        self._several = 0  # looks in a row that found several
        self._calm = 0  # looks in a row that found the dancer alone
        self._was_empty = False  # at the last look
        self._is_apart = False
        self._box: FloatArray | None = None
        self._others: FloatArray = np.zeros((0, 4), np.float32)
        self._trunk: FloatArray | None = None

    @property
    def has_others(self) -> bool:
        """Whether the dancer is being kept apart from others."""
        return self._is_apart

    @contextmanager
    def being_chosen(self) -> Iterator[None]:
        """While it lasts, before the dance, a hand held up chooses who is followed."""
        self._following.is_choosing = True
        try:
            yield
        finally:
            self._following.is_choosing = False

    def estimate(self, frame: Frame, network: Callable[[Frame], Pose | None]) -> Pose | None:
        """The dancer's pose in a frame.

        Args:
            frame: Times must not go back.
            network: The pose network; the same one, or a lighter one from some frame on.
        """
        people = self._look_around(frame) if frame.time >= self._next - _ROUNDING else None
        row = -1 if people is None else self._find_dancer(people, frame)
        if not self._is_apart:
            pose = network(frame)
            self._trunk = None if pose is None else _trunk(pose)
            return pose
        pose = network(Frame(self._only_dancer(frame.image), frame.time))
        if pose is None or self._box is None or self._is_wrong(pose, people, row):
            self._trunk = None
            return None
        self._trunk, self._box = _trunk(pose), _box_of(pose, self._box)
        return pose

    def _look_around(self, frame: Frame) -> People:
        if self._look is None:
            self._look = PeopleFinder().look
        found = self._look(frame.image)
        return _once(found[found.scores >= _SURE])

    def _find_dancer(self, people: People, frame: Frame) -> int:
        """Take in a look; the dancer's row, -1 where they aren't seen."""
        height, width = frame.image.shape[:2]
        is_other = len(people) == 1 and self._was_empty and self._following.is_somebody_else(people, 0)
        row = -1 if is_other else self._following.update(people, frame.time, (width, height), self._trunk)
        self._was_empty = not len(people) or is_other
        self._several = self._several + 1 if len(people) > 1 else 0
        self._calm = self._calm + 1 if len(people) == 1 and row == 0 else 0
        if self._several > 1 or is_other:
            self._is_apart = True
        elif self._calm >= _CALM:
            self._is_apart = False
        self._box = _grown(people.boxes[row], _FIRST_ROOM) if row >= 0 else None
        self._others = np.delete(people.boxes, row, 0) if row >= 0 else people.boxes
        self._next = frame.time + self._patience(people, row)
        return row

    def _patience(self, people: People, row: int) -> float:
        """Seconds until the next look."""
        if not self._is_apart:
            return 0.0 if len(people) > 1 else ALONE_S
        if self._following.is_hand_up:
            return CLOSE_S
        if row < 0:
            return SEVERAL_S
        covered = box_covered(people.boxes[row : row + 1], self._others)
        return CLOSE_S if (covered > _TOUCH).any() else SEVERAL_S

    def _only_dancer(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The picture with everything grey but the dancer."""
        shown = np.full_like(image, _GREY)
        if self._box is not None:
            left, top, right, bottom = _pixels(self._box, image)
            shown[top:bottom, left:right] = image[top:bottom, left:right]
            for other in self._others:
                if box_overlap(self._box[None], other[None])[0, 0] == 0:
                    continue
                self._hide(shown, other)
        return shown

    def _hide(self, shown: NDArray[np.uint8], other: FloatArray) -> None:
        """Grey the part of another one that lies beside the dancer's trunk."""
        if self._trunk is None or self._box is None:
            return
        left, top, right, bottom = _pixels(other, shown)
        half = 0.2 * float(self._box[3] - self._box[1])
        edge_left, edge_right = round(float(self._trunk[0]) - half), round(float(self._trunk[0]) + half)
        if left > edge_right or right < edge_left:
            shown[top:bottom, left:right] = _GREY

    def _is_wrong(self, pose: Pose, people: People | None, row: int) -> bool:
        """Whether a pose is not that of the dancer."""
        if people is None or row < 0:
            return False
        apart, tall = pose_distances(pose, people), heights(people)[row]
        is_others = apart[row] > _WRONG and apart.argmin() != row
        away = float(np.linalg.norm(places(people)[row] - _trunk(pose))) / tall
        return bool(is_others or away > _TRUNK_AWAY)


def _once(people: People) -> People:
    """Everybody once, where the finder saw somebody twice; the surest first."""
    overlap = box_overlap(people.boxes, people.boxes)
    kept: list[int] = []
    for row in range(len(people)):
        if not (overlap[row, kept] > _TWICE).any():
            kept.append(row)
    return people[np.array(kept, int)]


def _trunk(pose: Pose) -> FloatArray:
    """(2,) middle of a pose's trunk, pixels."""
    return np.asarray(pose.landmarks[[*SHOULDERS, *HIPS], :2].mean(0))


def _box_of(pose: Pose, box: FloatArray) -> FloatArray:
    """(4,) what to show in the next frame: around the points of a pose that are seen; the box where too few are."""
    points = pose.landmarks[pose.landmarks[:, 3] >= _SEEN, :2]
    if len(points) < 4:
        return box
    return _grown(np.concatenate([points.min(0), points.max(0)]), _ROOM)


def _grown(box: FloatArray, share: float) -> FloatArray:
    """(4,) a box with room around it, a share of its height."""
    room = share * float(box[3] - box[1])
    return np.asarray(box + np.array([-room, -room, room, room], np.float32))


def _pixels(box: FloatArray, image: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of a box within a picture, whole pixels."""
    height, width = image.shape[:2]
    left, top, right, bottom = np.clip(np.rint(box), 0, (width, height, width, height)).astype(int).tolist()
    return left, top, right, bottom
