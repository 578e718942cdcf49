"""Left and right mixed up for a moment are changed back; who really turns round is left alone."""

from __future__ import annotations

import numpy as np
import pytest

from kdance.motion.side_swaps import find_swaps, paired, unswap_sides
from kdance.pose import FLIPPED, FloatArray, PoseSequence
from tests.gesture_factory import make_gestures
from tests.motion_factory import make_sequence, nobody_for

PX_PER_M = 200.0


def swapped(take: PoseSequence, *spans: tuple[float, float]) -> PoseSequence:
    """A take in which the network names the sides the other way round for some seconds."""
    landmarks, world = take.landmarks.copy(), take.world.copy()
    hands = None if take.hands is None else take.hands.copy()
    for start, end in spans:
        wrong = (take.times > start - 1e-6) & (take.times < end - 1e-6)
        landmarks[wrong], world[wrong] = landmarks[wrong][:, list(FLIPPED)], world[wrong][:, list(FLIPPED)]
        if hands is not None:
            hands[wrong] = hands[wrong][:, ::-1]
    return PoseSequence(landmarks, world, take.times, hands)


def turning(yaw: FloatArray, *, seed: int = 0, fps: float = 30.0, jitter: float = 0.0) -> PoseSequence:
    """A dance in which the body turns about the vertical by (T,) degrees, seen rightly all the time."""
    take = make_sequence(times=np.arange(len(yaw)) / fps, seed=seed, jitter=jitter)
    cos, sin = np.cos(np.radians(yaw))[:, None], np.sin(np.radians(yaw))[:, None]
    world = take.world.copy()
    world[..., 0] = cos * take.world[..., 0] + sin * take.world[..., 2]
    world[..., 2] = cos * take.world[..., 2] - sin * take.world[..., 0]
    landmarks = take.landmarks.copy()
    landmarks[..., :2] = PX_PER_M * world[..., :2] + [320, 240]
    return PoseSequence(landmarks, world, take.times)


@pytest.mark.parametrize("frames", [1, 5, 15, 16, 20, 30, 44])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_swapped_sides_are_changed_back_to_the_last_bit(frames: int, seed: int) -> None:
    take = make_sequence(seed=seed)
    mended = unswap_sides(swapped(take, (2.0, 2.0 + frames / 30), (6.0, 6.0 + frames / 30)))
    np.testing.assert_array_equal(mended.landmarks, take.landmarks)
    np.testing.assert_array_equal(mended.world, take.world)


def test_a_jump_that_has_no_other_shifts_no_swap() -> None:
    take = swapped(make_sequence(), (-1.0, 1.7))  # faces away at first
    mended = unswap_sides(swapped(take, (2.0, 2.1), (2.3, 2.33)))
    np.testing.assert_array_equal(mended.landmarks, take.landmarks)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 8, 13, 31])
def test_of_an_odd_number_of_jumps_the_one_is_left_out_that_leaves_least_renamed(count: int) -> None:
    for seed in range(20):
        times = np.cumsum(np.random.default_rng([seed, count]).uniform(0.03, 1.5, count)).tolist()
        pairs = paired(times)
        ways = [[i for i in range(count) if i != left_out] for left_out in range(0, count, 2)] if count % 2 else []
        each = [list(zip(way[::2], way[1::2], strict=True)) for way in ways or [list(range(count))]]
        assert pairs in each
        assert renamed_s(times, pairs) == pytest.approx(min(renamed_s(times, way) for way in each))


def renamed_s(times: list[float], pairs: list[tuple[int, int]]) -> float:
    return sum(times[end] - times[begin] for begin, end in pairs)


def test_sides_that_stay_swapped_are_a_body_that_faces_away() -> None:
    take = swapped(make_sequence(), (2.0, 5.0))
    assert not find_swaps(take.landmarks[..., :2], take.times).any()


@pytest.mark.parametrize("back_s", [0.5, 0.8, 1.1])
@pytest.mark.parametrize("turn_s", [0.2, 0.3, 0.5])
def test_who_turns_round_and_back_is_left_alone(turn_s: float, back_s: float) -> None:
    for seed in range(6):
        times = np.arange(300) / 30
        moments = np.cumsum([0.3, turn_s, back_s, turn_s])
        take = turning(np.interp(times % 3, moments, [0, 180, 180, 360]), seed=seed, jitter=0.005)
        assert not find_swaps(take.landmarks[..., :2], take.times).any()


@pytest.mark.parametrize("frames", [0, 1, 30])
def test_nobody_has_no_sides(frames: int) -> None:
    room = nobody_for(frames)
    assert unswap_sides(room) is room


def test_a_gap_inside_a_swap_stays_a_gap() -> None:
    take = make_sequence(nobody=[(2.2, 2.4)])
    mended = unswap_sides(swapped(take, (2.0, 2.7)))
    np.testing.assert_array_equal(mended.landmarks, take.landmarks)


def test_hands_go_with_the_arms_they_were_looked_for_at() -> None:
    take = make_gestures(seconds=6.0)
    mended = unswap_sides(swapped(take, (2.0, 2.4), (4.0, 5.0)))
    np.testing.assert_array_equal(mended.hands, take.hands)
    np.testing.assert_array_equal(mended.landmarks, take.landmarks)
