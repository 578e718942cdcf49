"""Smaller pictures: halving keeps what is there, wherever it is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from kdance.capture.pixels import halved, shrunk


@pytest.mark.parametrize(("width", "height"), [(64, 48), (65, 49), (3, 1), (1, 7)])
def test_a_picture_of_one_colour_stays_one(width: int, height: int) -> None:
    small = halved(np.full((height, width, 3), (10, 20, 30), np.uint8))
    assert small.shape == (max(1, height // 2), max(1, width // 2), 3)
    assert (small == (10, 20, 30)).all()


def test_halving_is_the_mean_of_four() -> None:
    picture = np.random.default_rng(4).integers(0, 255, (40, 60, 3)).astype(np.uint8)
    means = picture.reshape(20, 2, 30, 2, 3).mean((1, 3))
    np.testing.assert_allclose(halved(picture), means, atol=1)
    np.testing.assert_array_equal(halved(picture, 2), halved(halved(picture)))


@pytest.mark.parametrize("size", [(256, 144), (200, 120), (600, 337), (640, 360)])
def test_shrunk_is_shrunk_at_once(size: tuple[int, int]) -> None:
    rough = np.random.default_rng(5).integers(0, 255, (45, 80, 3)).astype(np.uint8)
    picture = np.asarray(cv2.resize(rough, (1280, 720), interpolation=cv2.INTER_CUBIC), np.uint8)
    small = shrunk(picture, size)
    assert small.shape == (size[1], size[0], 3)
    at_once = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(int) - at_once).mean() < 0.01 * 255
