"""The dancer fills the pane: the frame holds the body, is steady, and goes where the dancer goes."""

from __future__ import annotations

import numpy as np
import pytest

from kdance.pose import FloatArray
from kdance.window.framing import (
    ANY_DANCE,
    Box,
    DancerFraming,
    Reach,
    ReferenceFraming,
    body_height,
    extents,
    part_of_picture,
    reach_of,
)
from tests.motion_factory import make_sequence

BODY = np.asarray(make_sequence(seconds=0.2).landmarks[0], np.float64)


def moved(landmarks: FloatArray, *, scale: float = 1.0, by: tuple[float, float] = (0.0, 0.0)) -> FloatArray:
    points = np.array(landmarks)
    points[..., :2] = scale * points[..., :2] + by
    return points


def walk(far: float, seconds: float = 12.0) -> tuple[FloatArray, FloatArray]:
    """A body that crosses the picture by ``far`` of its heights and stays there."""
    times = np.arange(0, seconds, 1 / 30)
    share = np.clip((times - 4) / 4, 0, 1)
    tall = float(body_height(BODY))
    return np.array([moved(BODY, by=(far * tall * s, 0.0)) for s in share]), times


@pytest.mark.parametrize("aspect", [0.4, 0.75, 1.0, 16 / 9])
@pytest.mark.parametrize("picture", [(640, 480), (360, 640), (1920, 1080)])
@pytest.mark.parametrize("box", [Box(100, 50, 200, 400), Box(-50, 20, 60, 900), Box(0, 100, 340, 160)])
def test_the_part_lies_in_the_picture_and_holds_what_of_the_box_does(
    box: Box, picture: tuple[int, int], aspect: float
) -> None:
    width, height = picture
    part = part_of_picture(box, width, height, aspect)
    assert 0 <= part.left < part.right <= width
    assert 0 <= part.top < part.bottom <= height
    assert part.left <= max(box.left, 0) + 1
    assert part.right >= min(box.right, width) - 1
    assert part.top <= max(box.top, 0) + 1
    assert part.bottom >= min(box.bottom, height) - 1


@pytest.mark.parametrize("box", [None, Box(np.nan, 0, 1, 1)])
def test_without_a_box_all_is_shown(box: Box | None) -> None:
    assert part_of_picture(box, 640, 480, 0.5) == (0, 0, 640, 480)


def test_a_dancer_on_the_spot_has_a_frame_that_stands_still_and_holds_them() -> None:
    sequence = make_sequence(seconds=8)
    framing = ReferenceFraming(np.asarray(sequence.landmarks), np.asarray(sequence.times))
    boxes = {framing.at(float(time)) for time in sequence.times}
    assert len(boxes) == 1
    (box,) = boxes
    assert box is not None
    left, top, right, bottom = np.quantile(extents(np.asarray(sequence.landmarks)), 0.5, axis=0)
    assert box.left <= left
    assert box.top <= top
    assert box.right >= right
    assert box.bottom >= bottom


def test_who_crosses_the_stage_stays_large_and_in_the_frame_and_it_pans_slowly() -> None:
    landmarks, times = walk(4.0)
    framing, tall = ReferenceFraming(landmarks, times), float(body_height(BODY))
    boxes = [framing.at(float(time)) for time in times]
    middles = np.array([(box.left + box.right) / 2 for box in boxes if box is not None])
    assert len(middles) == len(times)
    found = extents(landmarks)
    assert all(
        box is not None and box.left < body[0] and box.right > body[2] for box, body in zip(boxes, found, strict=True)
    )
    assert np.median([tall / max(box.height, box.width) for box in boxes if box is not None]) > 0.5
    assert np.abs(np.diff(middles)).max() < 1.5 * tall / 30  # the walk itself is a height a second


def test_a_cut_moves_the_frame_at_once() -> None:
    near, times = walk(0.0, 4.0)
    far = moved(near, scale=0.4, by=(500.0, 40.0))
    framing = ReferenceFraming(np.concatenate([near, far]), np.concatenate([times, times + 4.0]))
    before, after = framing.at(3.7), framing.at(4.3)
    assert before is not None
    assert after is not None
    assert after.height == pytest.approx(0.4 * before.height, rel=0.05)


def test_a_frame_is_that_of_its_picture_whatever_its_size_and_side() -> None:
    box = Box(10, 20, 40, 80)
    assert box.scaled(0.5) == (5, 10, 20, 40)
    assert box.flipped(100) == (60, 20, 90, 80)
    assert box.flipped(100).flipped(100) == box


def test_a_reference_in_which_nobody_is_seen_has_no_frame() -> None:
    framing = ReferenceFraming(np.full((5, 33, 4), np.nan), np.arange(5.0))
    assert framing.at(1.0) is None
    assert framing.aspect is None


def follow(framing: DancerFraming, landmarks: FloatArray | None, start: float, seconds: float) -> list[Box | None]:
    boxes = []
    for time in np.arange(start, start + seconds, 1 / 30):
        framing.update(landmarks, float(time), 640, 480)
        boxes.append(framing.box)
    return boxes


def test_no_step_moves_the_dancers_frame_but_another_place_does() -> None:
    framing, tall = DancerFraming(), float(body_height(BODY))
    (first, *_) = follow(framing, BODY, 0.0, 1.0)
    assert follow(framing, moved(BODY, by=(0.06 * tall, 0)), 1.0, 2.0)[-1] == first
    there = follow(framing, moved(BODY, by=(0.5 * tall, 0)), 3.0, 6.0)
    assert first is not None
    assert there[-1] is not None
    assert there[-1].left - first.left == pytest.approx(0.5 * tall, rel=0.05)
    lefts = [first.left, *(box.left for box in there if box is not None)]
    assert np.abs(np.diff(lefts)).max() < 0.08 * tall  # it glides


HANDS = [15, 16, 17, 18, 19, 20, 21, 22]


def reaching(*, up: float = 0.0, out: float = 0.0) -> FloatArray:
    """The body with its hands moved by so many of its heights: up, and away from the body."""
    body, tall = np.array(BODY), float(body_height(BODY))
    body[HANDS, 1] -= up * tall
    body[HANDS, 0] += np.sign(body[HANDS, 0] - body[:, 0].mean()) * out * tall
    return body


def is_in(box: Box | None, landmarks: FloatArray) -> bool:
    left, top, right, bottom = extents(landmarks).tolist()
    return box is not None and box.left <= left and box.top <= top and box.right >= right and box.bottom >= bottom


def dance_with(*bodies: FloatArray) -> Reach:
    """The reach of a dance in which each of these is shown for two seconds."""
    landmarks = np.repeat(np.array(bodies), 60, axis=0)
    return reach_of(landmarks, np.arange(len(landmarks)) / 30)


@pytest.mark.parametrize("body", [reaching(up=0.7), reaching(out=0.25)], ids=["up", "out"])
def test_no_arm_moves_the_dancers_frame_as_far_as_the_dance_goes(body: FloatArray) -> None:
    framing = DancerFraming(dance_with(BODY, body))
    first = follow(framing, BODY, 0.0, 1.0)[-1]
    there = follow(framing, body, 1.0, 3.0)
    assert set(there) == {first}
    assert is_in(first, body)


@pytest.mark.parametrize("body", [reaching(up=0.75), reaching(out=0.3)], ids=["up", "out"])
def test_a_hand_that_reaches_farther_is_in_the_frame_soon_and_it_comes_back_slowly(body: FloatArray) -> None:
    framing = DancerFraming(dance_with(BODY))
    first = follow(framing, BODY, 0.0, 1.0)[-1]
    assert not is_in(first, body)
    there = follow(framing, body, 1.0, 1.0)
    assert all(is_in(box, body) for box in there[10:])
    back = follow(framing, BODY, 2.0, 12.0)
    widths = np.array([(box.width, box.height) for box in back if box is not None])
    assert np.abs(np.diff(widths, axis=0)).max() < 0.02 * float(body_height(BODY))
    assert back[-1] == pytest.approx(first, abs=0.01 * float(body_height(BODY)))


@pytest.mark.parametrize("glitch", [reaching(out=5.0), reaching(up=5.0)], ids=["out", "up"])
def test_no_error_of_the_network_makes_the_dancer_small(glitch: FloatArray) -> None:
    framing = DancerFraming()
    first = follow(framing, BODY, 0.0, 1.0)[-1]
    last = follow(framing, glitch, 1.0, 2.0)[-1]
    assert first is not None
    assert last is not None
    assert last.height < 1.2 * first.height
    assert last.width < 1.5 * first.width


def test_the_reach_of_a_dance_is_that_of_its_picture_whatever_its_size_and_side() -> None:
    bodies = np.repeat([reaching(out=0.2), BODY, reaching(up=0.7)], 40, axis=0)
    times = np.arange(len(bodies)) / 30
    found = reach_of(bodies, times)
    assert reach_of(moved(bodies, scale=0.3, by=(50.0, 9.0)), times) == pytest.approx(found)
    mirrored = np.array(bodies)
    mirrored[..., 0] = 640 - mirrored[..., 0]
    assert reach_of(mirrored, times) == pytest.approx(found)
    assert found.beside > dance_with(BODY).beside
    assert reach_of(np.full((9, 33, 4), np.nan), times[:9]) == ANY_DANCE
    assert reach_of(bodies[:1], times[:1]) == pytest.approx(dance_with(bodies[0]))


def test_who_is_lost_may_be_anywhere_and_a_camera_that_turns_begins_anew() -> None:
    framing = DancerFraming()
    first = follow(framing, BODY, 0.0, 1.0)[-1]
    assert follow(framing, None, 1.0, 1.0)[-1] == first
    assert follow(framing, None, 2.0, 3.0)[-1] is None
    assert follow(framing, BODY, 5.0, 1.0)[-1] is not None
    framing.update(None, 6.1, 480, 640)
    assert framing.box is None
