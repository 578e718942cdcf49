"""Joint angles, and that the wrong joint is the one that is named, with the right sign."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from kdance.motion.angle_calculator import angle_between, joint_angles, joint_errors, unit_angle
from kdance.motion.pose_normalization import Body, normalize, usual_lengths
from kdance.motion.timeline import mean_errors
from kdance.pose import BONE_NAMES, JOINT_NAMES, FloatArray
from tests.motion_factory import (
    LANKY,
    SMALL,
    STOCKY,
    TEACHER,
    Build,
    JointError,
    make_body,
    make_pose,
    make_sequence,
    mirror_take,
    score,
)

# Every joint has room to both sides: a standing leg can't be straighter, an arm at the side can't be nearer to it.
OPEN = {
    "left_elbow": 100.0, "right_elbow": 100.0, "left_shoulder": 80.0, "right_shoulder": 80.0,
    "left_hip": 145.0, "right_hip": 145.0, "left_knee": 135.0, "right_knee": 135.0,
}  # fmt: skip
OTHER_POSES = {
    "arms up": OPEN | {"left_shoulder": 140.0, "right_shoulder": 130.0, "left_elbow": 120.0},
    "arms low": OPEN | {"left_shoulder": 40.0, "right_shoulder": 35.0, "right_elbow": 140.0},
    "leaning": OPEN | {"lean": 15.0},
    "lunge": OPEN | {"left_hip": 110.0, "left_knee": 100.0},
}


def errors_of(user: Body, reference: Body) -> dict[str, float]:
    errors, _ = joint_errors(user, reference, usual_lengths(reference))
    return dict(zip(JOINT_NAMES, errors[0].tolist(), strict=True))


def of(errors: dict[str, float], *, without: str = "") -> list[float]:
    return [abs(error) for name, error in errors.items() if name != without]


@pytest.mark.parametrize("build", [TEACHER, LANKY, STOCKY], ids=["teacher", "lanky", "stocky"])
@pytest.mark.parametrize("joint", JOINT_NAMES)
def test_a_joint_has_the_angle_it_was_made_with(joint: str, build: Build) -> None:
    for degrees in (15.0, 60.0, 90.0, 135.0, 179.0):
        pose = make_pose(**OPEN | {joint: degrees}, build=build)
        for points in (pose.world, pose.landmarks[:, :2]):
            assert joint_angles(points)[JOINT_NAMES.index(joint)] == pytest.approx(degrees, abs=0.01)


def test_joint_angles_do_not_depend_on_the_camera_in_space() -> None:
    front, side = (make_pose(**OPEN, yaw=yaw) for yaw in (0.0, 70.0))
    np.testing.assert_allclose(joint_angles(front.world), joint_angles(side.world), atol=1e-3)


@pytest.mark.parametrize("shape", [(), (4,), (2, 3)], ids=str)
def test_joint_angles_of_any_shape(shape: tuple[int, ...]) -> None:
    points = np.broadcast_to(make_pose(**OPEN).world, (*shape, 33, 3))
    np.testing.assert_allclose(joint_angles(points), np.broadcast_to(list(OPEN.values()), (*shape, 8)), atol=0.01)


def test_joint_angles_of_a_limb_without_length_or_a_missing_body_are_nan() -> None:
    points = make_pose(**OPEN).world.copy()
    points[15] = points[13]  # the left wrist on the elbow
    angles = joint_angles(points)
    assert np.isnan(angles[0])
    assert np.isfinite(angles[1:]).all()
    assert np.isnan(joint_angles(np.full((33, 3), np.nan))).all()


@pytest.mark.parametrize("degrees", [0.0, 1e-5, 0.5, 30.0, 90.0, 179.5, 180.0 - 1e-5, 180.0])
def test_angle_between_is_exact_at_both_ends(degrees: float) -> None:
    angle = np.radians(degrees)
    v = 1e3 * np.array([np.cos(angle), np.sin(angle), 0.0])
    assert angle_between(np.array([2.0, 0.0, 0.0]), v) == pytest.approx(degrees, abs=1e-9)


def test_unit_angle_is_angle_between_for_unit_vectors() -> None:
    body, other = (normalize(make_sequence(seed=seed, seconds=2, depth=40)) for seed in (1, 2))
    expected = angle_between(body.space.astype(float), other.space.astype(float))
    np.testing.assert_allclose(unit_angle(body.space, other.space), expected, atol=0.1)
    assert not unit_angle(body.space, body.space).any()


@pytest.mark.parametrize("degrees", [-25.0, 25.0], ids=["more bent", "less bent"])
@pytest.mark.parametrize("joint", JOINT_NAMES)
def test_the_wrong_joint_is_named_with_its_sign_and_size(joint: str, degrees: float) -> None:
    errors = errors_of(make_body(**OPEN | {joint: OPEN[joint] + degrees}), make_body(**OPEN))
    assert errors[joint] == pytest.approx(degrees, abs=0.1)
    assert max(of(errors, without=joint)) < 0.1


@pytest.mark.parametrize("build", [LANKY, STOCKY, SMALL], ids=["lanky", "stocky", "small"])
@pytest.mark.parametrize("pose", OTHER_POSES.values(), ids=OTHER_POSES)
def test_in_any_pose_and_any_body(pose: dict[str, float], build: Build) -> None:
    for joint, degrees in product(JOINT_NAMES, (-30.0, 25.0)):
        errors = errors_of(make_body(**pose | {joint: pose[joint] + degrees}, build=build), make_body(**pose))
        assert errors[joint] == pytest.approx(degrees, abs=6), joint
        assert max(of(errors, without=joint)) < 6, joint


@pytest.mark.parametrize("degrees", [-25.0, 25.0], ids=["more bent", "less bent"])
@pytest.mark.parametrize("joint", JOINT_NAMES)
def test_in_a_mirror_it_is_the_other_side(joint: str, degrees: float) -> None:
    mirror = joint.replace("left", "#").replace("right", "left").replace("#", "right")
    wrong, right = (
        normalize(mirror_take(make_sequence("low dance", seconds=1, errors=error)))
        for error in ([JointError(joint, degrees)], [])
    )
    errors = mean_errors(*joint_errors(wrong, right, usual_lengths(right)))[0]
    assert JOINT_NAMES[int(np.argmax(np.abs(errors)))] == mirror
    assert np.sign(errors[JOINT_NAMES.index(mirror)]) == np.sign(degrees)


@pytest.mark.parametrize("degrees", [-30.0, 30.0], ids=["more bent", "less bent"])
@pytest.mark.parametrize("joint", JOINT_NAMES)
def test_in_a_dance_by_another_body_in_the_seconds_in_which_it_is_wrong(joint: str, degrees: float) -> None:
    take = make_sequence("low dance", seconds=8, build=SMALL, errors=[JointError(joint, degrees, 3.0, 6.0)])
    frames = score(take, motion="low dance", seconds=8).frames
    wrong = (frames.times >= 3) & (frames.times < 6)
    inside = mean_errors(frames.errors[wrong], frames.confidence[wrong])[0]
    outside = mean_errors(frames.errors[~wrong], frames.confidence[~wrong])[0]
    at = JOINT_NAMES.index(joint)
    assert inside[at] == pytest.approx(degrees, abs=10)
    # a child's hips are wider for its shoulders: 3 degrees are its build, not its mistake
    assert np.abs(np.delete(inside, at)).max() < 5
    assert np.abs(outside).max() < 5


def test_an_error_of_the_parent_is_not_the_childs() -> None:
    errors = errors_of(make_body(**OPEN | {"left_shoulder": 40.0, "left_hip": 125.0}), make_body(**OPEN))
    assert errors["left_shoulder"] == pytest.approx(-40, abs=0.1)
    assert errors["left_hip"] == pytest.approx(-20, abs=0.1)
    assert abs(errors["left_elbow"]) < 0.1
    assert abs(errors["left_knee"]) < 0.1


def test_leaning_is_no_limbs_fault() -> None:
    assert max(of(errors_of(make_body(**OPEN, lean=20), make_body(**OPEN)))) < 3


def test_two_joints_at_once_keep_their_own_signs() -> None:
    errors = errors_of(make_body(**OPEN | {"left_shoulder": 110.0, "left_elbow": 60.0}), make_body(**OPEN))
    assert errors["left_shoulder"] == pytest.approx(30, abs=0.1)
    assert errors["left_elbow"] == pytest.approx(-40, abs=0.1)


@pytest.mark.parametrize("side", ["left", "right"])
def test_an_arm_across_the_body_that_is_not_across_enough_is_too_high(side: str) -> None:
    # -80: the upper arm is far across; towards -50 it sinks to the body
    across, lower = ({f"{side}_shoulder": shoulder} for shoulder in (-80.0, -55.0))
    assert errors_of(make_body(**lower), make_body(**across))[f"{side}_shoulder"] == pytest.approx(-25, abs=0.1)


@pytest.mark.parametrize("side", ["left", "right"])
def test_an_arm_a_little_across_the_body_is_nearer_than_one_beside_it(side: str) -> None:
    across, beside = ({f"{side}_shoulder": shoulder} for shoulder in (-15.0, 15.0))
    assert errors_of(make_body(**across), make_body(**beside))[f"{side}_shoulder"] == pytest.approx(-30, abs=0.1)


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_limb_bent_to_the_wrong_side_is_not_called_too_straight(side: str) -> None:
    joint = f"{side}_elbow"
    error = errors_of(make_body(**OPEN | {joint: 200.0}), make_body(**OPEN | {joint: 165.0}))[joint]
    assert -35 <= error <= 35


@pytest.mark.parametrize("degrees", [20.0, 40.0])
def test_a_bend_towards_the_lens_is_left_unsaid_and_no_other_limb_is_blamed(degrees: float) -> None:
    straight = OPEN | {"left_elbow": 178.0}
    errors = errors_of(make_body(**straight, toward_camera={"left_forearm": degrees}), make_body(**straight))
    assert max(of(errors)) < 1


def test_where_a_limb_points_at_the_lens_half_of_its_depth_is_believed() -> None:
    straight = OPEN | {"left_elbow": 178.0}
    errors = errors_of(make_body(**straight, toward_camera={"left_forearm": 85.0}), make_body(**straight))
    assert -50 < errors["left_elbow"] < -30
    assert max(of(errors, without="left_elbow")) < 1


def test_a_limb_that_points_exactly_at_the_lens_is_known_by_its_depth() -> None:
    straight = OPEN | {"left_elbow": 178.0}
    user = make_body(**straight, toward_camera={"left_forearm": 90.0})
    assert np.isnan(user.picture[0, BONE_NAMES.index("left_forearm")]).all()
    assert -50 < errors_of(user, make_body(**straight))["left_elbow"] < -30


@pytest.mark.parametrize(
    ("part", "joints"),
    [
        ("left arm", {"left_elbow", "left_shoulder"}),
        ("right arm", {"right_elbow", "right_shoulder"}),
        ("legs", {"left_hip", "right_hip", "left_knee", "right_knee"}),
        ("right leg", {"right_hip", "right_knee"}),
    ],
)
def test_what_is_not_seen_is_not_believed(part: str, joints: set[str]) -> None:
    for user, reference in (({"hidden": [part]}, {}), ({}, {"hidden": [part]})):
        dance = make_body(**OPEN, **reference)
        _, confidence = joint_errors(make_body(**OPEN, **user), dance, usual_lengths(dance))
        assert {name for name, sure in zip(JOINT_NAMES, confidence[0], strict=True) if sure == 0} == joints


def test_somebody_who_turned_round_is_not_told_about_limbs() -> None:
    dance = make_body(**OPEN)
    errors, confidence = joint_errors(make_body(**OPEN, yaw=180), dance, usual_lengths(dance))
    assert np.isnan(errors).all()
    assert not confidence.any()


def test_nobody_has_no_errors() -> None:
    take, gone = make_sequence(seconds=1), make_sequence(seconds=1, nobody=[(0.3, 0.5)])
    errors, confidence = joint_errors(normalize(gone), normalize(take), usual_lengths(normalize(take)))
    missing = ~gone.measured
    assert np.isnan(errors[missing]).all()
    assert not confidence[missing].any()
    assert np.isfinite(errors[~missing]).all()


def test_errors_are_within_half_a_turn() -> None:
    body, other = (normalize(make_sequence(seed=seed, seconds=6, depth=60)) for seed in (3, 4))
    errors, confidence = joint_errors(body, other, usual_lengths(other))
    known: FloatArray = errors[np.isfinite(errors)]
    assert (np.abs(known) <= 180).all()
    assert ((confidence >= 0) & (confidence <= 1)).all()


@pytest.mark.parametrize("shape", [(), (1,), (2, 3)], ids=str)
def test_errors_of_any_shape(shape: tuple[int, ...]) -> None:
    def repeated(**pose: Any) -> Body:
        body = make_body(**pose)[0]
        return Body(*(np.broadcast_to(getattr(body, f), (*shape, *getattr(body, f).shape)) for f in Body.__slots__))

    errors, confidence = joint_errors(
        repeated(**OPEN | {"left_knee": 110.0}), repeated(**OPEN), usual_lengths(make_body(**OPEN))
    )
    assert errors.shape == confidence.shape == (*shape, 8)
    np.testing.assert_allclose(errors[..., JOINT_NAMES.index("left_knee")], -25, atol=0.1)
