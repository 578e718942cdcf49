"""Not every picture is looked at, and what comes out is what looking at each would have found."""

from __future__ import annotations

import numpy as np
import pytest

from kdance.capture.crowd import CrowdFinder
from kdance.capture.people_looks import PeopleLooks
from kdance.capture.picture_difference import PictureDifference
from kdance.capture.video_file import VideoFile
from kdance.motion.people import People
from kdance.pose import Frame
from tests.conftest import DEMO_CLIPS


class CountingFinder(CrowdFinder):
    """Counts its looks."""

    def __init__(self) -> None:
        super().__init__()
        self.looks: list[float] = []

    def find(self, frame: Frame, *, is_other: bool) -> People:
        self.looks.append(frame.time)
        return super().find(frame, is_other=is_other)


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    with VideoFile(DEMO_CLIPS / "demo.mp4", start=3.0) as source:
        return [frame for frame, _ in zip(source, range(25), strict=False)]


def watched(frames: list[Frame]) -> tuple[list[People], list[float]]:
    finder, difference = CountingFinder(), PictureDifference()
    looks = PeopleLooks(finder)
    sights = [looks.see(frame, difference.of(frame.image)) for frame in frames]
    looks.finish()
    return [sight.known for sight in sights], finder.looks


def test_half_the_looks_find_the_same_people(frames: list[Frame]) -> None:
    people, looks = watched(frames)
    assert len(looks) <= 15
    finder = CrowdFinder()
    for frame, found in zip(frames, people, strict=True):
        looked = finder.find(frame, is_other=False)
        assert len(found) == len(looked) == 1
        apart = np.linalg.norm(found.keypoints[0, 5:, :2] - looked.keypoints[0, 5:, :2], axis=-1)
        assert np.median(apart) < 0.02 * (looked.boxes[0, 3] - looked.boxes[0, 1])


def test_slow_films_are_looked_at_in_every_picture(frames: list[Frame]) -> None:
    _, looks = watched([Frame(frame.image, frame.time * 1.6) for frame in frames[:8]])
    assert len(looks) == 8


@pytest.mark.parametrize("begin", [7, 8])
def test_at_a_cut_every_picture_is_looked_at_and_the_old_shot_first(frames: list[Frame], begin: int) -> None:
    """The other shot has the dancer of a later picture in the middle of noise."""
    width = frames[0].image.shape[1]
    noise = np.random.default_rng(1).integers(0, 255, (*frames[0].image.shape[:2], 3)).astype(np.uint8)
    noise[:, width // 3 : 2 * width // 3] = frames[20].image[:, width // 3 : 2 * width // 3]
    cut = [*frames[:begin], *(Frame(noise, frame.time) for frame in frames[begin : begin + 4])]
    people, looks = watched(cut)
    around = [time for time in looks if cut[begin - 2].time <= time <= cut[begin].time]
    assert around == sorted(around)
    assert {cut[begin - 1].time, cut[begin].time} <= set(around)
    looked = CrowdFinder().find(cut[begin], is_other=True)
    np.testing.assert_array_equal(people[begin].boxes, looked.boxes)
