"""Points that move between pictures: what goes there comes back, and nothing else changes."""

from __future__ import annotations

import numpy as np
import pytest

from kdance.motion.picture_points import flipped, mirrored, placed

POINTS = np.random.default_rng(1).uniform(0, 640, (5, 33, 4)).astype(np.float32)


def test_what_is_placed_in_another_picture_comes_back() -> None:
    there = placed(POINTS, origin=(100, 50), scale=(0.5, 0.25), target=(7, 9))
    back = placed(there, origin=(7, 9), scale=(2, 4), target=(100, 50))
    np.testing.assert_allclose(back, POINTS, rtol=1e-5)
    np.testing.assert_array_equal(there[..., 3], POINTS[..., 3])
    np.testing.assert_array_equal(there[..., 2], 0.5 * POINTS[..., 2])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("dimensions", [2, 3, 4])
def test_shape_and_type_stay(dtype: type, dimensions: int) -> None:
    points = POINTS[..., :dimensions].astype(dtype)
    for moved in (placed(points, scale=np.float64(2)), flipped(points, 640), mirrored(points)):
        assert (moved.shape, moved.dtype) == (points.shape, points.dtype)
        assert moved is not points


def test_the_last_column_of_a_flipped_picture_is_its_first() -> None:
    picture = np.zeros((4, 6))
    picture[1, 5] = 1
    row, column = np.argwhere(picture[:, ::-1])[0]
    assert flipped(np.array([5.0, 1.0]), 6).tolist() == [column, row]
    np.testing.assert_allclose(flipped(flipped(POINTS, 640), 640), POINTS, atol=1e-4)


def test_a_missing_body_stays_missing() -> None:
    nobody = np.full((33, 4), np.nan, np.float32)
    for moved in (placed(nobody, origin=(1, 2), scale=3), flipped(nobody, 640), mirrored(nobody, width=640)):
        assert np.isnan(moved).all()
