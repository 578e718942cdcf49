import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kdance.motion.likeness import Likeness, Look

AXES = np.eye(64)[:, :2]
LIKENESS = Likeness(AXES, np.array([20.0, 20.0]))


def look(first: float, second: float) -> Look:
    return Look(first * AXES[:, 0] + second * AXES[:, 1], is_sure=True)


def test_the_same_clothes_speak_for_one_person_and_others_for_two() -> None:
    assert LIKENESS.evidence(look(0, 0), look(0, 0)) > 2
    assert LIKENESS.evidence(look(0, 0), look(7, 7)) < -4


@given(st.floats(1, 30), st.floats(0, 30))
def test_a_direction_says_no_more_than_it_tells_people_apart(far: float, farther: float) -> None:
    """In the third people hardly differ: whatever lies there, the clothes are the same."""
    axes = np.eye(64)[:, :3]
    likeness = Likeness(axes, np.array([20.0, 20.0, 3.0]))
    one, other = Look(np.zeros(64), is_sure=True), Look((far + farther) * axes[:, 2], is_sure=True)
    nearer = Look(far * axes[:, 2], is_sure=True)
    assert likeness.evidence(one, other) <= likeness.evidence(one, nearer) + 1e-9
    assert likeness.evidence(one, other) > 0


@given(st.floats(-9, 9), st.floats(-9, 9))
def test_it_is_the_same_both_ways(first: float, second: float) -> None:
    one, other = look(first, 0), look(0, second)
    assert LIKENESS.evidence(one, other) == LIKENESS.evidence(other, one)
