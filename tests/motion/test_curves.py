"""Between samples: a parabola's own peak is found, and bodies between frames are as they should be."""

from __future__ import annotations

import numpy as np
import pytest

from kdance.motion.curves import body_between, neighbours, peak_shift
from kdance.motion.pose_normalization import normalize
from tests.motion_factory import make_sequence


@pytest.mark.parametrize("peak", [-0.5, -0.2, 0.0, 0.31, 0.5])
def test_the_peak_of_a_parabola_is_exact(peak: float) -> None:
    assert peak_shift(*(3.0 - 2.0 * (at - peak) ** 2 for at in (-1, 0, 1))) == pytest.approx(peak)


@pytest.mark.parametrize("curve", [(1.0, 1.0, 1.0), (2.0, 1.0, 2.0), (np.nan, 1.0, 0.0)])
def test_what_does_not_bend_down_has_no_shift(curve: tuple[float, float, float]) -> None:
    assert peak_shift(*curve) == 0.0


def test_neighbours_lie_around_a_moment() -> None:
    times = np.array([0.0, 0.1, 0.3])
    before, after, share, span = neighbours(times, np.array([-1.0, 0.05, 0.1, 0.25, 9.0]))
    np.testing.assert_array_equal((before, after), ([0, 0, 0, 1, 1], [1, 1, 1, 2, 2]))
    np.testing.assert_allclose(share, [0, 0.5, 1, 0.75, 1])
    np.testing.assert_allclose(span, [0.1, 0.1, 0.1, 0.2, 0.2])


def test_a_body_between_two_frames_has_directions_of_length_one() -> None:
    body = normalize(make_sequence("dance", seconds=1.0))
    zero, one = np.array([0]), np.array([9])
    np.testing.assert_allclose(body_between(body, zero, one, np.array([0.0])).length, body[zero].length)
    middle = body_between(body, zero, one, np.array([0.5]))
    np.testing.assert_allclose(np.linalg.norm(middle.picture, axis=-1), 1.0, atol=1e-6)
    assert np.isnan(body_between(body, zero, one, np.array([np.nan])).space).all()
