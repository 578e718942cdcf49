"""What the hands weigh in the whole, and the score of body and hands together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from kdance.motion.hand_score import DancedHands, with_hands
from kdance.motion.hand_weight import MOST, hand_movement, hand_weights
from kdance.motion.hands import hand_shape
from kdance.motion.pose_normalization import mirrored_sequence
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.scoring import FrameScores
from kdance.pose import FloatArray, PoseSequence
from tests.gesture_factory import (
    GESTURES,
    HALF,
    as_reference,
    hand,
    looked_at,
    make_gestures,
    seen_by_network,
    with_gestures,
)
from tests.motion_factory import SMALL, make_sequence

SECONDS = 12.0


def weights_of(sequence: PoseSequence) -> FloatArray:
    return hand_weights(sequence, ReferenceMotion.from_sequence(sequence))


def danced_hands(sequence: PoseSequence) -> DancedHands:
    danced = DancedHands.of(sequence, ReferenceMotion.from_sequence(sequence))
    assert danced is not None
    return danced


def reference(**dance: Any) -> PoseSequence:
    return as_reference(seen_by_network(make_gestures(seconds=SECONDS, **dance)))


def frames_of(take: PoseSequence, combined: float = 0.9) -> FrameScores:
    """The scores of a take that is danced on time, of its body alone."""
    count = len(take)
    known = np.full(count, combined)
    fields = {name: np.full((count, width), np.nan) for name, width in (("errors", 8), ("confidence", 8))}
    return FrameScores(
        take.times, take.times, np.zeros(count), known, known, known, np.full((count, 3), combined), known,
        fields["errors"], fields["confidence"], np.ones((count, 14)), known, known, known,
    )  # fmt: skip


def together(take: PoseSequence, danced: DancedHands, combined: float = 0.9) -> tuple[FloatArray, FloatArray]:
    """(T,) combined scores and (T,) those of the hands."""
    assert take.hands is not None
    found = np.isfinite(take.hands[:, :, 0, 0]).any(-1)
    frames, hands = with_hands(frames_of(take, combined), take.times[found], take.hands[found], danced)
    return frames.combined, hands


@pytest.mark.parametrize(
    ("gesture", "shape"), [("open", "open"), ("fist", "closed"), ("point", "pointing"), ("V", "other")]
)
def test_a_gesture_is_the_shape_that_it_is_called(gesture: str, shape: str) -> None:
    assert hand_shape(hand(GESTURES[gesture])) == shape
    assert hand_shape(hand(GESTURES[gesture], side=-1.0)) == shape


def test_a_dance_of_the_hands_is_judged_by_them() -> None:
    assert weights_of(reference()).sum() == pytest.approx(MOST)


def test_hands_that_only_follow_their_arms_weigh_nothing() -> None:
    body = make_sequence("dance", seconds=SECONDS)
    assert not weights_of(as_reference(seen_by_network(with_gestures(body, 0, only="open")))).any()
    still = make_sequence("hands before the chest", seconds=SECONDS, hidden=HALF)
    assert not weights_of(as_reference(seen_by_network(with_gestures(still, 0, only="fist")))).any()


def test_the_more_the_body_moves_the_less_its_hands_weigh() -> None:
    found = [
        weights_of(reference(motion=motion, hidden=HALF)).sum()
        for motion in ("hands before the chest", "groove", "dance")
    ]
    assert found == sorted(found, reverse=True)
    assert found[0] > found[-1]


def test_each_hand_weighs_by_how_much_it_moves() -> None:
    one = reference()
    assert one.hands is not None
    held = with_gestures(make_gestures(seconds=SECONDS), 0, only="open").hands
    assert held is not None
    one.hands[:, 1] = np.where(np.isfinite(one.hands[:, 1]), held[:, 1], np.nan)
    left, right = weights_of(one)
    assert left > 10 * right


def test_the_network_s_noise_is_no_movement() -> None:
    still = with_gestures(make_sequence("stand still", seconds=SECONDS), 0, only="open")
    assert hand_movement(as_reference(seen_by_network(still, jitter=0.05))).max() < 0.05


def test_hands_that_are_hardly_ever_found_weigh_little() -> None:
    often, rarely = (
        hand_movement(as_reference(seen_by_network(make_gestures(seconds=SECONDS), missed=missed)))
        for missed in (0.1, 0.8)
    )
    assert (rarely < 0.5 * often).all()


def test_a_mirrored_dance_has_its_hands_exchanged() -> None:
    sequence = reference()
    mirrored = mirrored_sequence(sequence)
    np.testing.assert_allclose(weights_of(mirrored), weights_of(sequence)[::-1], atol=1e-3)
    take = looked_at(make_gestures(seconds=SECONDS, build=SMALL))
    plain, _ = together(take, danced_hands(sequence))
    flipped, _ = together(mirrored_sequence(take), danced_hands(mirrored))
    np.testing.assert_allclose(flipped, plain, atol=1e-3)


def test_a_reference_without_hands_has_none_to_compare_with() -> None:
    body = make_sequence(seconds=2.0)
    assert DancedHands.of(body, ReferenceMotion.from_sequence(body)) is None
    nothing = replace(body, hands=np.full((len(body), 2, 21, 3), np.nan, np.float32))
    assert not weights_of(nothing).any()
    combined, hands = together(looked_at(make_gestures(seconds=2.0)), danced_hands(nothing))
    assert np.isnan(hands).all()
    np.testing.assert_array_equal(combined, 0.9)


def test_other_gestures_are_told_apart_and_the_same_ones_of_another_body_are_not() -> None:
    danced = danced_hands(reference())
    same, hands = together(looked_at(seen_by_network(make_gestures(seconds=SECONDS, build=SMALL))), danced)
    other, others = together(
        looked_at(seen_by_network(make_gestures(seconds=SECONDS, gestures=7, build=SMALL))), danced
    )
    assert hands.mean() > 0.8
    assert same.mean() > 0.8
    assert others.mean() < 0.3
    assert other.mean() < 0.6


def test_hands_that_are_not_seen_are_not_wrong() -> None:
    danced = danced_hands(reference())
    take = looked_at(make_gestures(seconds=SECONDS, gestures=7))
    assert take.hands is not None
    take.hands[:] = np.nan
    combined, hands = together(take, danced)
    np.testing.assert_array_equal(combined, 0.9)
    assert np.isnan(hands).all()


def test_one_hand_out_of_sight_leaves_its_weight_to_the_body() -> None:
    """Wrong hands cost as much as they are seen."""
    danced = danced_hands(reference())
    both = looked_at(make_gestures(seconds=SECONDS, gestures=7))
    one = replace(both, hands=both.hands.copy() if both.hands is not None else None)
    assert one.hands is not None
    one.hands[:, 0] = np.nan
    none = replace(one, hands=np.full_like(one.hands, np.nan))
    means = [together(take, danced)[0].mean() for take in (both, one, none)]
    assert means == sorted(means)
    assert len(set(means)) == 3


def test_right_hands_alone_are_not_the_dance() -> None:
    combined, _ = together(looked_at(make_gestures(seconds=SECONDS)), danced_hands(reference()), combined=0.0)
    assert combined.max() <= MOST + 1e-9


def test_arms_in_place_by_luck_do_not_lift_other_hands_and_right_arms_do() -> None:
    danced, body = danced_hands(reference()), [0.0, 0.1, 0.2, 0.35, 0.5, 0.8, 1.0]
    take = looked_at(seen_by_network(make_gestures(seconds=SECONDS, gestures=7, build=SMALL)))
    combined, hands = (
        np.array(found) for found in zip(*(together(take, danced, score) for score in body), strict=True)
    )
    mean = (1 - MOST) * np.array(body)[:, None] + MOST * hands
    middle = slice(30, -30)  # where the window is full of looks at both hands
    assert (combined[:, middle] <= mean[:, middle] + 1e-9).all()
    assert (np.diff(combined, axis=0) >= 0).all()
    assert combined[4].mean() < 0.2 < mean[4].mean()
    assert combined[-1].mean() == pytest.approx(mean[-1].mean(), abs=0.01)


def test_frames_without_a_score_get_none_by_their_hands() -> None:
    danced, take = danced_hands(reference()), looked_at(make_gestures(seconds=SECONDS))
    assert take.hands is not None
    frames = frames_of(take)
    gone = np.where((take.times > 4) & (take.times < 6), np.nan, 0.9)
    found = np.isfinite(take.hands[:, :, 0, 0]).any(-1)
    scored, hands = with_hands(replace(frames, combined=gone), take.times[found], take.hands[found], danced)
    np.testing.assert_array_equal(np.isnan(scored.combined), np.isnan(gone))
    np.testing.assert_array_equal(np.isnan(hands), np.isnan(gone))
