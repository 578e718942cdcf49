"""A camera to the side is found and forgiven; a lean is neither."""

from __future__ import annotations

import numpy as np
import pytest

from kdance.motion.angle_calculator import unit_angle
from kdance.motion.pose_comparison import WEIGHTS
from kdance.motion.pose_normalization import normalize
from kdance.motion.viewpoint import MAX_YAW_DEG, YAW_STEP_DEG, estimate_yaw, seen_from
from tests.motion_factory import SMALL, make_body, make_sequence, mean, nobody_for, reference, score

YAWS = [-40.0, -20.0, 0.0, 20.0, 40.0]


@pytest.mark.parametrize("depth", [0.0, 30.0], ids=["flat", "deep"])
@pytest.mark.parametrize("yaw", YAWS)
def test_the_yaw_is_found(yaw: float, depth: float) -> None:
    user = normalize(make_sequence(seconds=4, yaw=yaw, depth=depth, build=SMALL, jitter=0.01))
    front = normalize(make_sequence(seconds=4, depth=depth))
    assert estimate_yaw(user, front, WEIGHTS) == pytest.approx(yaw, abs=YAW_STEP_DEG)


@pytest.mark.parametrize("yaw", YAWS)
def test_the_reference_seen_from_there_is_what_the_camera_sees(yaw: float) -> None:
    user, front = (normalize(make_sequence(seconds=4, depth=20, yaw=angle)) for angle in (yaw, 0.0))
    view = seen_from(front, yaw)
    np.testing.assert_allclose(view.space, user.space, atol=1e-5)
    off, off_before = (unit_angle(user.picture, body.picture) for body in (view, front))
    long_enough = user.length > 0.5 * front.length
    assert np.median(off[long_enough]) < 0.1
    assert off[long_enough].mean() <= off_before[long_enough].mean()


def test_seen_from_the_front_is_the_body_itself() -> None:
    body = make_body(left_elbow=60)
    assert seen_from(body, 0.0) is body


def test_a_view_keeps_length_and_visibility_and_unit_directions() -> None:
    body = normalize(make_sequence(seconds=1, depth=30, hidden=["legs"]))
    view = seen_from(body, 35.0)
    np.testing.assert_array_equal(view.length, body.length)
    np.testing.assert_array_equal(view.visibility, body.visibility)
    np.testing.assert_allclose(np.linalg.norm(view.picture, axis=-1), 1, atol=1e-5)


@pytest.mark.parametrize("yaw", [20.0, 40.0, -40.0])
@pytest.mark.parametrize("depth", [0.0, 30.0], ids=["flat", "deep"])
def test_a_camera_to_the_side_costs_few_points(yaw: float, depth: float) -> None:
    take = make_sequence(yaw=yaw, depth=depth, build=SMALL, jitter=0.01)
    found = score(take, depth=depth)
    assert mean(found.frames.combined) > 0.9
    assert found.yaw_deg == pytest.approx(yaw, abs=YAW_STEP_DEG)


def test_a_lean_is_not_explained_by_the_camera() -> None:
    user = normalize(make_sequence("stand still", seconds=1))
    leaning = make_body(left_elbow=170, lean=25)
    assert abs(estimate_yaw(user, leaning[[0] * len(user.length)], WEIGHTS)) <= 2 * YAW_STEP_DEG


def test_another_dance_finds_no_view_that_makes_it_right() -> None:
    found = score(make_sequence(seed=2))
    assert mean(found.frames.combined) < 0.2


def test_never_farther_than_the_depth_can_be_believed() -> None:
    user = normalize(make_sequence(seconds=3, yaw=75, depth=30))
    assert abs(estimate_yaw(user, normalize(make_sequence(seconds=3, depth=30)), WEIGHTS)) <= MAX_YAW_DEG


@pytest.mark.parametrize("frames", [0, 1, 5])
def test_nobody_has_no_view(frames: int) -> None:
    nobody = normalize(nobody_for(frames))
    assert estimate_yaw(nobody, nobody, WEIGHTS) == 0


def test_missing_frames_and_hidden_legs_do_not_mislead_it() -> None:
    user = normalize(make_sequence(seconds=4, yaw=30, depth=20, nobody=[(1, 2)], hidden=["legs"]))
    assert estimate_yaw(user, normalize(make_sequence(seconds=4, depth=20)), WEIGHTS) == 30


def test_a_view_is_taken_of_the_references_own_camera_only() -> None:
    view = reference().seen_from(20.0)
    assert view.yaw_deg == 20.0
    with pytest.raises(ValueError, match="own camera"):
        view.seen_from(10.0)
