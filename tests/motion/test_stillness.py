"""Who never moves is as still as a picture, however the camera moves; who dances isn't."""

from __future__ import annotations

import numpy as np
import pytest

from kdance.motion.stillness import never_moves, reach
from tests.motion.people_factory import HEIGHT, people_on


def points(middle: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    """(90, 17, 3) somebody on a poster in a noisy video, while the camera pans so many pixels a second."""
    people, _, _ = people_on([lambda time: (400 + middle[0] * time, 300 + middle[1] * time)], [0], 3)
    return np.stack([found.keypoints[0] for found in people])


@pytest.mark.parametrize("pan", [(0.0, 0.0), (80.0, 0.0), (-30.0, 20.0)])
def test_a_poster_never_moves(pan: tuple[float, float]) -> None:
    assert never_moves(points(pan), HEIGHT)


@pytest.mark.parametrize("point", [9, 10, 15, 16])
def test_one_hand_or_foot_that_dances_is_enough(point: int) -> None:
    dancing = points()
    dancing[:, point, 1] += 40 * np.sin(np.arange(90) / 8)
    assert not never_moves(dancing, HEIGHT)


def test_reach_does_not_depend_on_size() -> None:
    dancing = points()
    dancing[:, 9, 1] += 60 * np.sin(np.arange(90) / 8)
    larger = dancing * [3, 3, 1]
    assert reach(larger, 3 * HEIGHT) == pytest.approx(reach(dancing, HEIGHT))


def test_somebody_who_passes_in_front_changes_nothing() -> None:
    covered = points()
    covered[40:45, :, :2] += 90
    covered[40:45, 9, 1] += 200
    assert never_moves(covered, HEIGHT)


def test_whose_hands_and_feet_are_not_seen_may_move() -> None:
    unseen = points()
    unseen[:, [9, 10, 15, 16], 2] = 0.1
    assert np.isnan(reach(unseen, HEIGHT))
    assert not never_moves(unseen, HEIGHT)
