from typing import Any, Self

import numpy as np
import pytest

from kdance.capture.member_pose import (
    MemberPose,
    are_whole,
    is_of,
    only_box,
    pose_distances,
    shown_box,
    without_doubtful,
)
from kdance.motion.people import KEYPOINT_LANDMARKS, People
from kdance.pose import NUM_LANDMARKS, Frame, Landmark, Pose
from tests.motion.people_factory import HEIGHT, people_on

IMAGE = np.full((720, 1280, 3), 200, np.uint8)


def two(apart: float = 250.0) -> People:
    """Two who stand beside one another, 300 pixels high, the first at the left."""
    people = people_on([lambda _: (400.0, 360.0), lambda _: (400.0 + apart, 360.0)], [0, 1], 0.04)[0][0]
    return people[np.argsort(people.boxes[:, 0])]


def pose_on(people: People, row: int, shift: tuple[float, float] = (0, 0)) -> Pose:
    """What the network would say of one of them."""
    landmarks = np.full((NUM_LANDMARKS, 4), 0.9, np.float32)
    landmarks[:, :2] = people.keypoints[row, :, :2].mean(0)
    landmarks[list(KEYPOINT_LANDMARKS), :2] = people.keypoints[row, :, :2]
    landmarks[:, :2] += np.array(shift, np.float32)
    return Pose(landmarks, np.zeros((NUM_LANDMARKS, 3), np.float32))


class FakeEstimator:
    """Says what it is told to, in pixels of the picture it is shown."""

    def __init__(self, says: list[Pose | None]) -> None:
        self.says = says
        self.shown: list[np.ndarray] = []
        self.starts = 0

    def __enter__(self) -> Self:
        self.starts += 1
        return self

    def close(self) -> None:
        pass

    def estimate(self, frame: Frame) -> Pose | None:
        self.shown.append(frame.image)
        return self.says.pop(0)


def corner(people: People, row: int, side: int) -> tuple[int, int]:
    box = shown_box(IMAGE, people.boxes[row])
    left, top = (box[:2] + box[2:] - side) // 2
    return int(left), int(top)


def estimate(says: list[Pose | None], people: People, row: int) -> tuple[list[Pose | None], FakeEstimator]:
    fake: Any = FakeEstimator(list(says))
    with MemberPose(fake) as member:
        return [member.estimate(Frame(IMAGE, 0.1 * index), people, row) for index in range(len(says))], fake


def test_only_the_box_is_shown() -> None:
    people = two()
    box = shown_box(IMAGE, people.boxes[0])
    shown = only_box(IMAGE, box, (int(box[0]) - 10, int(box[1]) - 20, 600))
    inside = (shown == 200).all(-1)
    assert inside.sum() == (box[2] - box[0]) * (box[3] - box[1])
    assert inside[20, 10] and not inside[19, 10] and not inside[20, 9]


def test_a_box_at_the_edge_is_shown_as_far_as_it_goes() -> None:
    box = shown_box(IMAGE, np.array([-50, 600, 100, 900], np.float32))
    assert box.tolist() == [0, 582, 118, 720]
    assert shown_box(IMAGE, np.array([2000, 900, 2100, 1000], np.float32))[2:].tolist() == [1280, 720]


def test_the_pose_is_in_pixels_of_the_whole_picture() -> None:
    people = two()
    side = estimate([None], people, 1)[1].shown[0].shape[0]
    left, top = corner(people, 1, side)
    (found,), _ = estimate([pose_on(people, 1, (-left, -top))], people, 1)
    assert found is not None
    np.testing.assert_allclose(found.landmarks[list(KEYPOINT_LANDMARKS), :2], people.keypoints[1, :, :2], atol=1e-3)


def test_a_neighbours_pose_is_refused_and_the_network_starts_anew() -> None:
    people = two(apart=90)
    side = estimate([None], people, 0)[1].shown[0].shape[0]
    left, top = corner(people, 0, side)
    wrong, right = pose_on(people, 1, (-left, -top)), pose_on(people, 0, (-left, -top))
    found, fake = estimate([wrong, wrong, wrong, right], people, 0)
    assert found[:3] == [None] * 3
    assert found[3] is not None
    assert fake.starts == 2


def test_nobody_is_asked_about_who_is_not_seen() -> None:
    people = two()
    found, fake = estimate([None], people, -1)
    assert found == [None]
    assert fake.shown == []


def test_no_pose_is_made_of_legs_alone() -> None:
    people = two()
    assert are_whole(people.keypoints[0])
    legs = people.keypoints[0].copy()
    legs[:11, 2] = 0.05
    assert not are_whole(legs)
    bust = people.keypoints[0].copy()
    bust[11:, 2] = 0.05
    assert not are_whole(bust)


def test_the_square_stays_while_it_fits() -> None:
    people = two()
    frames = estimate([None] * 5, people, 0)[1].shown
    assert len({image.shape for image in frames}) == 1
    assert frames[0].shape[0] >= 1.1 * HEIGHT


@pytest.mark.parametrize("swapped", [False, True])
def test_left_and_right_do_not_matter_for_whose_it_is(swapped: bool) -> None:
    people = two()
    pose = pose_on(people, 0)
    if swapped:
        order = np.arange(17)
        order[1:] = order[1:].reshape(-1, 2)[:, ::-1].ravel()
        pose.landmarks[list(KEYPOINT_LANDMARKS), :2] = people.keypoints[0, order, :2]
    assert pose_distances(pose, people)[0] == pytest.approx(0, abs=1e-6)
    assert is_of(pose, people, 0)
    assert not is_of(pose, people, 1)


def moved(pose: Pose, landmark: Landmark, shift: tuple[float, float]) -> Pose:
    landmarks = pose.landmarks.copy()
    landmarks[landmark, :2] += np.array(shift, np.float32)
    return Pose(landmarks, pose.world)


def test_an_arm_that_the_detector_surely_sees_elsewhere_is_not_seen() -> None:
    people = two()
    agreed = pose_on(people, 0)
    assert without_doubtful(agreed, people, 0) is agreed
    taken = without_doubtful(moved(agreed, Landmark.LEFT_WRIST, (0.3 * HEIGHT, 0.0)), people, 0)
    hidden = {Landmark(int(index)) for index in np.flatnonzero(taken.landmarks[:, 3] == 0)}
    assert hidden == {Landmark.LEFT_WRIST, Landmark.LEFT_PINKY, Landmark.LEFT_INDEX, Landmark.LEFT_THUMB}


def test_what_the_detector_is_not_sure_of_says_nothing_about_an_arm() -> None:
    people = two()
    elsewhere = moved(pose_on(people, 0), Landmark.LEFT_WRIST, (0.3 * HEIGHT, 0.0))
    people.keypoints[0, 9, 2] = 0.2
    assert without_doubtful(elsewhere, people, 0) is elsewhere


def test_sides_that_are_swapped_stay() -> None:
    people = two()
    pose = pose_on(people, 0)
    landmarks = pose.landmarks.copy()
    landmarks[[Landmark.LEFT_WRIST, Landmark.RIGHT_WRIST]] = landmarks[[Landmark.RIGHT_WRIST, Landmark.LEFT_WRIST]]
    swapped = Pose(landmarks, pose.world)
    assert without_doubtful(swapped, people, 0) is swapped
