"""The pose of one dancer, whoever else is in the picture."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import islice

import cv2
import numpy as np
from numpy.typing import NDArray

from kdance.capture.dancer_in_room import ALONE_S, DancerInRoom
from kdance.capture.people import PeopleFinder
from kdance.capture.pose_extraction import open_pose_estimator
from kdance.capture.video_file import VideoFile
from kdance.motion.people import People
from kdance.pose import Frame, Pose
from tests.session_factory import DEMO_TAKE

Image = NDArray[np.uint8]


@cache
def danced() -> tuple[Frame, ...]:
    """Two seconds of the demo's take."""
    with VideoFile(DEMO_TAKE) as source:
        return tuple(islice(source, 60))


@cache
def finder() -> PeopleFinder:
    return PeopleFinder()


def beside(left: Image | None, right: Image | None) -> Image:
    """Two pictures of people side by side, the right one smaller; without one, its half is a bare wall."""
    wall = np.median(danced()[0].image, axis=1).astype(np.uint8)[:, None]
    halves = [np.repeat(wall, 320, axis=1) for _ in range(2)]
    if left is not None:
        halves[0] = left[:, 150:470]
    if right is not None:
        small = cv2.resize(right[:, 150:470], None, fx=0.8, fy=0.8)
        halves[1][60 : 60 + len(small), 20 : 20 + small.shape[1]] = small
    return np.ascontiguousarray(np.hstack(halves))


class Network:
    """Keeps what it is shown, and sees nobody."""

    def __init__(self) -> None:
        self.shown: list[Frame] = []

    def __call__(self, frame: Frame) -> Pose | None:
        self.shown.append(frame)
        return None


def test_of_a_dancer_alone_the_network_sees_every_frame_as_it_is() -> None:
    network, looks = Network(), []

    def look(image: Image) -> People:
        looks.append(image)
        return finder().look(image)

    room = DancerInRoom(look)
    for frame in danced():
        room.estimate(frame, network)
    assert all(shown is frame for shown, frame in zip(network.shown, danced(), strict=True))
    assert len(looks) <= danced()[-1].time / ALONE_S + 1
    assert not room.has_others


def test_of_an_empty_room_the_network_sees_every_frame_as_it_is() -> None:
    network = Network()
    room = DancerInRoom(lambda _: People.nobody())
    for frame in danced():
        room.estimate(frame, network)
    assert all(shown is frame for shown, frame in zip(network.shown, danced(), strict=True))


def two_then_one() -> Iterator[Frame]:
    """The dancer at the left, a smaller one at the right; after a second the dancer is gone."""
    for number, frame in enumerate(danced()):
        yield Frame(beside(frame.image if number < 30 else None, frame.image[:, ::-1]), frame.time)


def test_nobody_else_is_taken_for_a_dancer_who_leaves() -> None:
    room = DancerInRoom(finder().look)
    with open_pose_estimator("lite") as estimator:
        poses = [room.estimate(frame, estimator.estimate) for frame in two_then_one()]
    with open_pose_estimator("lite") as estimator:
        alone = [estimator.estimate(frame) for frame in two_then_one()]
    assert room.has_others
    there = [pose.landmarks[:, 0].mean() for pose in poses[2:30] if pose is not None]
    assert len(there) == 28
    assert max(there) < 320
    assert poses[40:] == [None] * 20
    assert alone[-1] is not None  # this is what the network says when nobody tells it who dances
    assert alone[-1].landmarks[:, 0].mean() > 320


def test_frames_and_their_times_alone_decide() -> None:
    """A second run over the same frames shows the network the same pictures."""
    runs = []
    for _ in range(2):
        network, room = Network(), DancerInRoom(finder().look)
        for frame in islice(two_then_one(), 20, 40):
            room.estimate(frame, network)
        runs.append([shown.image for shown in network.shown])
    for first, second in zip(*runs, strict=True):
        np.testing.assert_array_equal(first, second)
