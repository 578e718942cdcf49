"""The ghost: the reference's body where the dancer stands, as large as the dancer."""

from __future__ import annotations

import numpy as np
import pytest

from kdance.pose import Landmark
from kdance.window.ghost import place_ghost, steady_trunk, trunk_length
from tests.window.test_overlay import make_body

HIPS = [Landmark.LEFT_HIP, Landmark.RIGHT_HIP]
SHOULDERS = [Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER]


def body(*, scale: float = 1.0, move: tuple[float, float] = (0, 0), hidden: list[Landmark] | None = None) -> np.ndarray:
    landmarks = make_body().landmarks.astype(np.float64)
    landmarks[:, :3] *= scale
    landmarks[:, :2] += move
    landmarks[hidden or [], 3] = 0.1
    return landmarks


def placed(reference: np.ndarray, user: np.ndarray, **trunks: float) -> np.ndarray:
    ghost = place_ghost(reference, user, **trunks)
    assert ghost is not None
    return ghost


def test_the_same_body_elsewhere_and_of_another_size_lies_on_the_dancer() -> None:
    user = body(scale=0.7, move=(90, -20))
    np.testing.assert_allclose(placed(body(), user), user, atol=1e-9)


@pytest.mark.parametrize("scale", [0.2, 1.0, 3.0])
@pytest.mark.parametrize("move", [(0, 0), (400, -70)])
def test_the_size_and_place_of_the_reference_do_not_matter(scale: float, move: tuple[float, float]) -> None:
    user = body(scale=1.3, move=(5, 6))
    user[Landmark.LEFT_WRIST, :2] += 40
    reference = body(scale=scale, move=move)
    np.testing.assert_allclose(placed(reference, user), placed(body(), user), atol=1e-9)


def test_the_ghost_follows_the_dancer() -> None:
    here, there = placed(body(), body(scale=1.5)), placed(body(), body(scale=1.5, move=(33, 44)))
    np.testing.assert_allclose(there[:, :2] - here[:, :2], np.tile([33.0, 44.0], (33, 1)))


def test_a_lean_does_not_change_its_size_when_the_usual_lengths_are_given() -> None:
    leaning = body()
    leaning[SHOULDERS, 1] += 60  # a shorter trunk in the picture
    usual = float(trunk_length(body()))
    steady = placed(body(), leaning, reference_trunk=usual, user_trunk=usual)
    assert float(trunk_length(steady)) == pytest.approx(usual)
    assert float(trunk_length(placed(body(), leaning))) < usual - 30


@pytest.mark.parametrize("hidden", [[HIPS[0]], [HIPS[1]], HIPS, [SHOULDERS[0]], SHOULDERS], ids=str)
@pytest.mark.parametrize("whose", ["reference", "user"])
def test_with_the_usual_lengths_hips_or_shoulders_may_be_hidden(hidden: list[Landmark], whose: str) -> None:
    bodies = {"reference": body(), "user": body(scale=2, move=(10, 20))}
    expected = bodies["user"].copy()
    bodies[whose][hidden, 3] = 0.1
    bodies[whose][hidden, :2] += np.nan
    usual = float(trunk_length(body()))
    ghost = placed(bodies["reference"], bodies["user"], reference_trunk=usual, user_trunk=2 * usual)
    known = np.isfinite(ghost[:, 0])
    np.testing.assert_allclose(ghost[known, :2], expected[known, :2], atol=1e-9)
    assert known.sum() >= 31


@pytest.mark.parametrize("hidden", [HIPS, SHOULDERS, [HIPS[0]]], ids=str)
def test_without_a_length_there_is_no_ghost_of_a_guessed_size(hidden: list[Landmark]) -> None:
    assert place_ghost(body(), body(hidden=hidden)) is None
    assert place_ghost(body(hidden=hidden), body()) is None


def test_nobody_has_no_ghost() -> None:
    nobody = np.full((33, 4), np.nan)
    for reference, user in ((body(), nobody), (nobody, body()), (nobody, nobody)):
        assert place_ghost(reference, user) is None
        assert place_ghost(reference, user, reference_trunk=90, user_trunk=90) is None
    both_hidden = body(hidden=[*HIPS, *SHOULDERS])
    assert place_ghost(body(), both_hidden, reference_trunk=90, user_trunk=90) is None


@pytest.mark.parametrize("trunk", [0.0, -5.0, float("nan"), float("inf")])
def test_a_length_that_can_not_be_gives_no_ghost(trunk: float) -> None:
    assert place_ghost(body(), body(), reference_trunk=trunk, user_trunk=90) is None


def test_the_sources_stay_as_they_are() -> None:
    reference, user = body(), body(scale=2)
    place_ghost(reference, user)
    np.testing.assert_array_equal(reference, body())
    np.testing.assert_array_equal(user, body(scale=2))


def test_the_trunks_of_a_whole_dance_at_once() -> None:
    dance = np.stack([body(), body(scale=2), body(hidden=[HIPS[0]])])
    lengths = trunk_length(dance)
    assert lengths[1] == pytest.approx(2 * lengths[0])
    assert np.isnan(lengths[2])


def test_the_steady_length_holds_settles_and_prefers_the_longer() -> None:
    assert steady_trunk(None, float("nan"), 0.1) is None
    assert steady_trunk(None, 80.0, 0.1) == 80
    assert steady_trunk(80.0, float("nan"), 0.1) == 80
    length: float | None = 80.0
    for _ in range(600):
        length = steady_trunk(length, 60.0, 1 / 30)
    assert length == pytest.approx(60, abs=1)
    longer, shorter = steady_trunk(100.0, 110.0, 0.2), steady_trunk(100.0, 90.0, 0.2)
    assert longer is not None
    assert shorter is not None
    assert 0 < 100 - shorter < longer - 100 < 10


def test_the_steady_length_does_not_depend_on_the_frame_rate() -> None:
    length: float | None = 100.0
    for _ in range(10):
        length = steady_trunk(length, 60.0, 0.1)
    assert length == pytest.approx(steady_trunk(100.0, 60.0, 1.0))
