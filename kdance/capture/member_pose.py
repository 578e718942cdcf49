"""The pose of one member of a group: hers and nobody else's.

The pose network takes whoever is largest in its picture, or whom it followed before. So it is shown the member's own
box and nothing of the rest, and what it says is compared with the detector's points of the same body in every frame.
Where the two disagree there is no pose, and the network starts anew.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from kdance.capture.pose_extraction import PoseEstimator, is_outside, open_pose_estimator
from kdance.motion.people import KEYPOINT_LANDMARKS, People
from kdance.pose import FloatArray, Frame, Landmark, Pose

MARGIN: Final = 0.06
"""Of the box's larger side, shown around it."""

_GREY: Final = 114
_SEEN: Final = 0.25  # score from which one of the detector's points counts
_FEWEST_POINTS: Final = 6
_TRUNK: Final = [5, 6, 11, 12]
_LEGS: Final = [13, 14, 15, 16]
_BODY: Final = [*range(5, 17)]
_OF_POINT: Final = {  # what hangs on a point of the detector's, of one side after the other
    7: (Landmark.LEFT_ELBOW,), 8: (Landmark.RIGHT_ELBOW,),
    9: (Landmark.LEFT_WRIST, Landmark.LEFT_PINKY, Landmark.LEFT_INDEX, Landmark.LEFT_THUMB),
    10: (Landmark.RIGHT_WRIST, Landmark.RIGHT_PINKY, Landmark.RIGHT_INDEX, Landmark.RIGHT_THUMB),
    13: (Landmark.LEFT_KNEE,), 14: (Landmark.RIGHT_KNEE,),
    15: (Landmark.LEFT_ANKLE, Landmark.LEFT_HEEL, Landmark.LEFT_FOOT_INDEX),
    16: (Landmark.RIGHT_ANKLE, Landmark.RIGHT_HEEL, Landmark.RIGHT_FOOT_INDEX),
}  # fmt: skip
_SWAPPED: Final = [6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]
_AWAY: Final = 0.12  # of the body's height: median by which points may differ
_TRUNK_AWAY: Final = 0.12  # and by which the middle of the trunk may
_SURE: Final = 0.4  # score from which a point of the detector's can say that a limb is elsewhere
_ELSEWHERE: Final = 0.14  # of the body's height: farther apart, one of the two took another limb, or another's
_PATIENCE: Final = 3  # frames in a row that disagree before the network starts anew
_ROOM: Final = 1.25  # side of the square over the body's, when it is chosen
_LOOSEST: Final = 2.2  # from which another one is chosen
_SIDE_STEP_PX: Final = 32


class MemberPose:
    """The pose of one member through consecutive frames; it loads when entered with ``with``.

    Args:
        estimator: Of one body's pose, not yet entered.
    """

    def __init__(self, estimator: PoseEstimator) -> None:
        self._estimator = estimator
        self._disagreed = 0
        self._side = 0

    def __enter__(self) -> Self:
        self._estimator.__enter__()
        self._disagreed = self._side = 0
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._estimator.close()

    def estimate(self, frame: Frame, people: People, row: int) -> Pose | None:
        """The member's pose in a frame.

        Args:
            frame: Times must not go back.
            people: Everybody in it.
            row: Which of them the member is; -1 when she isn't seen.

        Returns:
            Landmarks in pixels of the whole picture; ``None`` where she isn't seen, only in part, or where it can't be
            told that the pose is hers.
        """
        if row < 0 or not is_whole(people.keypoints[row]):
            return None
        shown = shown_box(frame.image, people.boxes[row])
        side = self._fitting_side(shown)
        left, top = (shown[:2] + shown[2:] - side) // 2
        canvas = only_box(frame.image, shown, (int(left), int(top), side))
        pose = self._estimator.estimate(Frame(canvas, frame.time))
        if pose is None:
            return None
        pose = _moved(pose, (int(left), int(top)), frame.image.shape[1], frame.image.shape[0])
        if is_of(pose, people, row):
            self._disagreed = 0
            return without_doubtful(pose, people, row)
        self._disagreed += 1
        if self._disagreed >= _PATIENCE:
            self.restart()
        return None

    def _fitting_side(self, shown: NDArray[np.integer[Any]]) -> int:
        """Side of the square shown to the network: the same for as long as it fits, as the network follows in it."""
        longest = int(max(shown[2] - shown[0], shown[3] - shown[1]))
        if not longest <= self._side <= _LOOSEST * longest:
            if self._side:
                self.restart()
            self._side = int(np.ceil(_ROOM * longest / _SIDE_STEP_PX)) * _SIDE_STEP_PX
        return self._side

    def restart(self) -> None:
        """Begin anew, as at a cut: what was followed so far is somewhere else now."""
        self._estimator.__enter__()
        self._disagreed = 0


def open_member_pose(model: str = "full", *, min_confidence: float = 0.5) -> MemberPose:
    """A member's pose in consecutive frames; it loads when entered with ``with``.

    Args:
        model: As for :func:`kdance.capture.pose_extraction.model_path`.
        min_confidence: Below this the network sees nobody, 0..1.

    Raises:
        KdanceError: There is no such model; on entering: it is not a pose model.
    """
    return MemberPose(open_pose_estimator(model, min_confidence=min_confidence))


def shown_box(image: NDArray[np.uint8], box: FloatArray) -> NDArray[np.integer[Any]]:
    """(4,) whole pixels of a (H, W, 3) picture: a body's box (4,) and a margin around it."""
    height, width = image.shape[:2]
    margin = MARGIN * float(max(box[2] - box[0], box[3] - box[1]))
    low = np.floor(np.clip(box[:2] - margin, 0, (width - 1, height - 1)))
    high = np.ceil(np.clip(box[2:] + margin, low + 1, (width, height)))
    return np.concatenate([low, high]).astype(int)


def only_box(
    image: NDArray[np.uint8], box: NDArray[np.integer[Any]], square: tuple[int, int, int]
) -> NDArray[np.uint8]:
    """A square of a picture in which everything is grey but a box.

    Args:
        image: (H, W, 3).
        box: (4,) left, top, right, bottom, whole pixels within the picture and the square.
        square: Left, top and side; it may go beyond the picture.
    """
    (left, top, right, bottom), (x, y, side) = box.tolist(), square
    shown = np.full((side, side, 3), _GREY, np.uint8)
    shown[top - y : bottom - y, left - x : right - x] = image[top:bottom, left:right]
    return shown


def _moved(pose: Pose, shift: tuple[int, int], width: int, height: int) -> Pose:
    """A pose of a part of a picture in pixels of the whole; what lies outside the picture isn't seen."""
    landmarks = pose.landmarks.copy()
    landmarks[:, :2] += np.array(shift, np.float32)
    landmarks[is_outside(landmarks[:, :2] / (width, height)), 3] = 0.0
    return Pose(landmarks, pose.world, pose.hands)


def is_whole(points: FloatArray) -> NDArray[np.bool_]:
    """Whether (..., 17, 3) points of bodies show a trunk and legs: no pose is made of legs alone, or of a bust."""
    seen = points[..., 2] > _SEEN
    return np.asarray((seen[..., _TRUNK].sum(-1) >= 3) & (seen[..., _BODY].sum(-1) >= _FEWEST_POINTS))


def is_of(pose: Pose, people: People, row: int) -> bool:
    """Whether a pose is that of one of the people, and fits nobody else better.

    Args:
        pose: In pixels of the picture in which the people were found.
        people: Everybody in it.
        row: Whose it should be.
    """
    apart = pose_distances(pose, people)
    trunk = pose.landmarks[np.array(KEYPOINT_LANDMARKS)[_TRUNK], :2].mean(0)
    height = max(float(people.boxes[row, 3] - people.boxes[row, 1]), 1.0)
    away = float(np.linalg.norm(people.keypoints[row, _TRUNK, :2].mean(0) - trunk)) / height
    return bool(apart[row] <= _AWAY and away <= _TRUNK_AWAY and apart[row] <= apart.min() + 1e-6)


def without_doubtful(pose: Pose, people: People, row: int) -> Pose:
    """A pose in which a limb isn't seen that the detector surely sees elsewhere: it may be the neighbour's arm.

    A limb that one of the two networks calls by the other side's name stays: that is put right later.

    Args:
        pose: In pixels of the picture in which the people were found.
        people: Everybody in it.
        row: Whose pose it is.
    """
    height = max(float(people.boxes[row, 3] - people.boxes[row, 1]), 1.0)
    points = people.keypoints[row]
    own = pose.landmarks[list(KEYPOINT_LANDMARKS), :2]
    other = dict(zip(_BODY, _SWAPPED, strict=True))
    hidden = [
        landmark
        for point, landmarks in _OF_POINT.items()
        if points[point, 2] >= _SURE
        and min(np.linalg.norm(points[point, :2] - own[k]) for k in (point, other[point])) > _ELSEWHERE * height
        for landmark in landmarks
    ]
    if not hidden:
        return pose
    landmarks = pose.landmarks.copy()
    landmarks[hidden, 3] = 0.0
    return Pose(landmarks, pose.world, pose.hands)


def pose_distances(pose: Pose, people: People) -> FloatArray:
    """(N,) median distance of a pose's points from those of each of the people, in heights of the body.

    Both networks take left for right at times, in different frames: whose body it is doesn't hang on that.
    """
    landmarks = pose.landmarks[list(KEYPOINT_LANDMARKS), :2]
    seen = people.keypoints[:, _BODY, 2] > _SEEN
    best = np.full(len(people), np.inf)
    for order in (_BODY, _SWAPPED):
        apart = np.linalg.norm(people.keypoints[:, _BODY, :2] - landmarks[order], axis=-1)
        best = np.minimum(best, _median_of(apart, seen))
    return np.asarray(best / np.maximum(people.boxes[:, 3] - people.boxes[:, 1], 1.0))


def _median_of(values: FloatArray, chosen: NDArray[np.bool_]) -> FloatArray:
    """(N,) median of the chosen ones of each row of (N, K); infinity where none is.

    >>> _median_of(np.array([[3.0, 1.0, 2.0], [3.0, 1.0, 9.0]]), np.array([[True, True, True], [True, True, False]]))
    array([2., 2.])
    """
    ordered = np.sort(np.where(chosen, values, np.inf), axis=-1)
    last = np.maximum(chosen.sum(-1) - 1, 0)
    rows = np.arange(len(values))
    return np.asarray((ordered[rows, last // 2] + ordered[rows, (last + 1) // 2]) / 2)
