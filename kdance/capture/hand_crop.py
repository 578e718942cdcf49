"""Where in the picture to look for a dancer's hand. Pure geometry."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kdance.pose import FloatArray, Landmark

# (elbow, wrist), the dancer's left first: the order of rows in every array of hands.
ARMS: Final = ((Landmark.LEFT_ELBOW, Landmark.LEFT_WRIST), (Landmark.RIGHT_ELBOW, Landmark.RIGHT_WRIST))

MIN_WRIST_VISIBILITY: Final = 0.5
MIN_SIDE_PX: Final = 24  # a hand in fewer pixels has no fingers to find
# Of the square around a hand, in lengths of the forearm. Of 1.2 to 3.2, the one in which most hands of the demo clip
# were found (left 87 %, right 90 %; at 3.2: 80 % and 84 %).
SIDE: Final = 1.6
FOREARM_OF_TORSO: Final = 0.5  # its length over that of the torso; for forearms that point at the camera
BEYOND_WRIST: Final = 0.2  # where the middle of a hand is, in lengths of the forearm as seen
MAX_WRIST_DISTANCE: Final = 0.4  # between the hand's wrist and the body's, in sides of the crop


class Crop(NamedTuple):
    """A square of a picture, clipped to it; pixels."""

    left: int
    top: int
    width: int
    height: int

    def of(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """This part of a picture, as a view."""
        return image[self.top : self.top + self.height, self.left : self.left + self.width]


def hand_crop(landmarks: FloatArray, row: int, *, width: int, height: int) -> Crop | None:
    """The square in which the hand of one arm is.

    Args:
        landmarks: (33, 4) x, y in pixels, z, visibility.
        row: 0 for the dancer's left hand, 1 for the right.
        width: Of the picture, pixels.
        height: Of the picture, pixels.

    Returns:
        The square around the hand, or ``None`` where the wrist is not seen or the hand is too small.
    """
    elbow, wrist = ARMS[row]
    if not landmarks[wrist, 3] >= MIN_WRIST_VISIBILITY:
        return None
    forearm = landmarks[wrist, :2] - landmarks[elbow, :2]
    shoulders = landmarks[[Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER], :2].mean(axis=0)
    hips = landmarks[[Landmark.LEFT_HIP, Landmark.RIGHT_HIP], :2].mean(axis=0)
    length = max(float(np.hypot(*forearm)), FOREARM_OF_TORSO * float(np.hypot(*(shoulders - hips))))
    center = landmarks[wrist, :2] + BEYOND_WRIST * forearm
    corners = np.rint([center - SIDE * length / 2, center + SIDE * length / 2])
    (left, top), (right, bottom) = np.clip(corners, 0, [width, height]).astype(int).tolist()
    if min(right - left, bottom - top) < MIN_SIDE_PX:
        return None
    return Crop(left, top, right - left, bottom - top)


def is_own_hand(wrist: FloatArray, landmarks: FloatArray, row: int, crop: Crop) -> bool:
    """Whether a hand found in the crop of one arm belongs to that arm and not to the other, or to somebody else.

    Args:
        wrist: (2,) the found hand's wrist in the whole picture, pixels.
        landmarks: (33, 4) the body.
        row: 0 for the dancer's left hand, 1 for the right.
        crop: Where it was found.
    """
    distances = np.linalg.norm(landmarks[[arm[1] for arm in ARMS], :2] - wrist, axis=1)
    return bool(distances[row] <= min(distances[1 - row], MAX_WRIST_DISTANCE * max(crop.width, crop.height)))
