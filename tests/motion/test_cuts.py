import numpy as np
import pytest

from kdance.motion.cuts import SHORTEST_SHOT_S, find_cuts

TIMES = np.arange(120) / 30


def quiet(level: float = 3.0) -> np.ndarray:
    differences = np.random.default_rng(0).normal(level, 0.3, len(TIMES))
    differences[0] = np.nan
    return differences


def test_another_place_is_a_cut() -> None:
    differences = quiet()
    differences[[40, 80]] = 60, 35
    assert find_cuts(differences, TIMES).tolist() == [40, 80]


def test_another_angle_in_one_room_is_a_cut() -> None:
    differences = quiet()
    differences[60] = 16
    assert find_cuts(differences, TIMES).tolist() == [60]


def test_a_cut_blended_over_two_frames_is_one() -> None:
    differences = quiet()
    differences[60:62] = 17, 16
    assert find_cuts(differences, TIMES).tolist() == [60]


@pytest.mark.parametrize("level", [0.0, 3.0, 9.0])
def test_dancing_has_no_cut(level: float) -> None:
    assert find_cuts(quiet(level), TIMES).tolist() == []


def test_lively_dancing_has_no_cut() -> None:
    assert find_cuts(8 + 6 * np.sin(9 * TIMES) ** 2, TIMES).tolist() == []


def test_a_change_of_light_over_many_frames_is_none() -> None:
    differences = quiet(1.0)
    differences[58:67] = 6, 7, 9, 6, 5, 13, 11, 5, 4
    assert find_cuts(differences, TIMES).tolist() == []


def test_a_flash_is_none_and_neither_is_a_sudden_change_of_light() -> None:
    differences, likeness = quiet(), np.full(len(TIMES), 0.95)
    differences[[40, 41, 80]] = 70, 65, 15
    assert find_cuts(differences, TIMES).tolist() == [40, 80]
    assert find_cuts(differences, TIMES, likeness).tolist() == []
    likeness[80] = 0.05  # at a cut the outlines are others
    assert find_cuts(differences, TIMES, likeness).tolist() == [80]


def test_shots_have_their_least_length() -> None:
    differences = quiet()
    differences[[5, 60, 63, 70, 117]] = 90, 50, 70, 60, 80
    cuts = find_cuts(differences, TIMES)
    assert cuts.tolist() == [63]
    assert (np.diff(TIMES[[0, *cuts, -1]]) >= SHORTEST_SHOT_S).all()


def test_very_short_videos() -> None:
    assert find_cuts(np.zeros(0), np.zeros(0)).tolist() == []
    assert find_cuts(np.array([np.nan]), np.zeros(1)).tolist() == []
