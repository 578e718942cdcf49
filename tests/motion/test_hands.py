"""Hands against hands, and which frames of a take speak about them."""

from __future__ import annotations

import numpy as np
import pytest

from kdance.motion.hands import DancedHand, HandScore, compare_hand, looked_frames, palm_facing
from kdance.motion.timeline import snapshot_index
from kdance.pose import FloatArray

FPS = 30.0
TIMES: FloatArray = np.arange(round(10 * FPS)) / FPS


def looks(clock: FloatArray) -> FloatArray:
    """(M,) the frames in which :class:`kdance.practice.hand_look.HandLook` looks, by the seconds of a clock."""
    return np.unique([snapshot_index(float(second)) for second in clock], return_index=True)[1]


def found_in(frames: FloatArray, count: int = len(TIMES)) -> np.ndarray:
    found = np.zeros(count, bool)
    found[frames] = True
    return found


def open_hands(count: int) -> FloatArray:
    """(count, 2, 21, 3) flat hands that point up."""
    hand = np.zeros((21, 3))
    for finger in range(5):
        hand[1 + 4 * finger : 5 + 4 * finger, 0] = finger - 2
        hand[1 + 4 * finger : 5 + 4 * finger, 1] = -np.arange(2, 6)
    return np.tile(hand, (count, 2, 1, 1))


def compare_hands(
    user: FloatArray, position: FloatArray, reference: FloatArray, times: FloatArray
) -> tuple[HandScore, HandScore]:
    """Left and right hand of (M, 2, 21, 3) against those of a reference."""
    left, right = (compare_hand(user[:, row], position, DancedHand.of(reference[:, row], times)) for row in (0, 1))
    return left, right


@pytest.mark.parametrize("ahead", [0.0, 0.01, 0.17, 0.25, 0.4, 0.49, 12.3])
def test_hands_are_looked_for_by_the_camera_s_clock(ahead: float) -> None:
    """A session begins at any moment of the camera's own half seconds."""
    frames = looks(TIMES + ahead)
    np.testing.assert_array_equal(looked_frames(TIMES, found_in(frames)), frames)


@pytest.mark.parametrize("ahead", [0.0, 0.17, 0.25, 0.4])
def test_a_look_in_vain_counts_as_one(ahead: float) -> None:
    frames = looks(TIMES + ahead)
    frames = frames if ahead == 0 else frames[1:]  # the half second that the take begins in was looked at before
    looked = looked_frames(TIMES, found_in(frames[5:-5:3]))
    assert len(looked) == len(frames)
    np.testing.assert_allclose(TIMES[looked], TIMES[frames], atol=2.5 / FPS)


def test_a_pause_moves_the_looks_and_is_no_look_in_vain() -> None:
    """Song stopped after 4 s: the take's clock stands, the camera's goes on."""
    clock = np.where(TIMES < 4.0, TIMES, TIMES + 7.3)
    frames = looks(clock)
    assert np.ptp(np.diff(TIMES[frames])) > 0.1
    np.testing.assert_array_equal(looked_frames(TIMES, found_in(frames)), frames)


def test_at_any_frame_rate_every_hand_that_was_found_counts() -> None:
    times = np.cumsum(np.random.default_rng(1).uniform(0.02, 0.12, 200))
    frames = looks(times + 0.3)
    looked = looked_frames(times, found_in(frames, len(times)))
    assert set(frames) <= set(looked)
    assert len(looked) <= len(frames) + 1


def test_hands_that_were_never_found_were_looked_for_nowhere() -> None:
    assert len(looked_frames(TIMES, np.zeros(len(TIMES), bool))) == 0
    assert len(looked_frames(np.zeros(0), np.zeros(0, bool))) == 0


def test_the_same_hands_are_the_best_there_is() -> None:
    for hand in compare_hands(open_hands(20), TIMES[:20], open_hands(20), TIMES[:20]):
        assert (hand.shape_agreement, hand.coverage) == (1.0, 1.0)
        assert hand.score == pytest.approx(1.0)
        assert hand.direction_error_deg == pytest.approx(0.0, abs=1e-4)


def test_a_hand_that_points_elsewhere_costs_and_a_lost_one_does_not() -> None:
    user = open_hands(20)
    user[:, 0] = user[:, 0][..., [1, 0, 2]]  # the left one points to the side
    user[5:, 1] = np.nan
    left, right = compare_hands(user, TIMES[:20], open_hands(20), TIMES[:20])
    assert left.score is not None
    assert left.score < 0.2
    assert left.direction_error_deg == pytest.approx(90.0, abs=0.1)
    assert (right.score, right.coverage) == (None, 0.25)


def test_moments_in_which_the_reference_shows_no_hand_do_not_count() -> None:
    reference = open_hands(40)
    reference[10:] = np.nan
    left, _ = compare_hands(open_hands(40), TIMES[:40], reference, TIMES[:40])
    assert left.coverage == 1.0
    reference[:] = np.nan
    left, _ = compare_hands(open_hands(40), TIMES[:40], reference, TIMES[:40])
    assert (left.score, left.coverage) == (None, 0.0)


def test_hands_at_the_wrong_time_are_chance_and_the_hands_themselves_are_all() -> None:
    rng = np.random.default_rng(0)
    turns = np.repeat(rng.uniform(0, 2 * np.pi, 40), 5)  # each is held for half a second
    hands, times = open_hands(200), np.arange(200) / 10
    x, y = hands[..., 0] - hands[:, :, :1, 0], hands[..., 1] - hands[:, :, :1, 1]
    cosine, sine = np.cos(turns)[:, None, None], np.sin(turns)[:, None, None]
    turned = np.stack((cosine * x - sine * y, sine * x + cosine * y, hands[..., 2]), -1)
    itself, _ = compare_hands(turned, times, turned, times)
    wrong, _ = compare_hands(np.roll(turned, 65, axis=0), times, turned, times)
    assert itself.score == pytest.approx(1.0)
    assert wrong.score is not None
    assert wrong.score < 0.1


def test_the_back_of_the_hand_is_not_its_palm() -> None:
    hand = open_hands(1)[0, 0]
    back = hand.copy()
    back[:, 0] = 2 * hand[0, 0] - hand[:, 0]  # turned about its own axis
    assert palm_facing(hand) == pytest.approx(-palm_facing(back))
