"""A camera on its side: nearly all bodies stand in one wrong direction. Dancers who bend or lie down don't do so."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from kdance.choices import Turn
from kdance.motion.picture_points import rotated
from kdance.motion.upright import UprightWatch, quarter_turns, rotation_needed, upright
from tests.motion_factory import make_sequence

TURNS = get_args(Turn)


@pytest.mark.parametrize("turn", TURNS)
def test_what_a_picture_was_turned_by_is_what_turns_it_back(turn: Turn) -> None:
    sequence = make_sequence()
    lying = upright(sequence, turn)
    needed = rotation_needed(lying.landmarks)
    assert (turn + needed) % 360 == 0
    np.testing.assert_allclose(upright(lying, needed).landmarks, sequence.landmarks, atol=1e-3)


def test_turning_by_a_quarter_four_times_changes_nothing() -> None:
    points = make_sequence().landmarks
    turned = points
    for _ in range(4):
        turned = rotated(turned, 90)
    np.testing.assert_array_equal(turned, points)


def test_lying_down_for_two_thirds_of_a_dance_is_no_turned_picture() -> None:
    landmarks = make_sequence().landmarks.copy()
    floor = 2 * len(landmarks) // 3
    landmarks[:floor] = rotated(landmarks[:floor], 90)
    assert rotation_needed(landmarks) == 0


def test_rolling_on_the_floor_from_side_to_side_is_no_turned_picture() -> None:
    landmarks = make_sequence().landmarks.copy()
    half = len(landmarks) // 2
    landmarks[:half], landmarks[half:] = rotated(landmarks[:half], 90), rotated(landmarks[half:], 270)
    assert rotation_needed(landmarks) == 0


def test_a_body_bent_over_stands_on_its_legs() -> None:
    bent = make_sequence().landmarks[0].copy()
    hips = bent[[23, 24], :2].mean(0)
    upper = slice(0, 23)
    bent[upper, :2] = rotated(bent[upper, :2] - hips, 90) + hips
    assert np.isnan(quarter_turns(bent))


def test_nobody_says_nothing() -> None:
    assert rotation_needed(np.full((60, 33, 4), np.nan, np.float32)) == 0


def test_a_camera_is_called_turned_when_it_was_so_for_a_while() -> None:
    lying = upright(make_sequence(), 90)
    watch = UprightWatch()
    said = [watch.update(body, float(time)) for body, time in zip(lying.landmarks, lying.times, strict=True)]
    first = next(index for index, turn in enumerate(said) if turn)
    assert lying.times[first] >= 1.0
    assert set(said[first:]) == {270}


def test_a_glance_at_the_floor_is_no_turned_camera() -> None:
    sequence = make_sequence()
    watch = UprightWatch()
    for body, time in zip(sequence.landmarks, sequence.times, strict=True):
        lies = 1.0 <= time < 2.0
        assert watch.update(rotated(body, 90) if lies else body, float(time)) == 0
