"""Size, place and distance leave no trace in a normalised body; a mirror image is its own inverse."""

from __future__ import annotations

import numpy as np
import pytest

from kdance.motion.picture_points import mirrored
from kdance.motion.pose_normalization import (
    Body,
    bone_vectors,
    common_confidence,
    mirrored_sequence,
    normalize,
    normalize_arrays,
    space_confidence,
    turned,
    unit,
    usual_lengths,
)
from kdance.pose import BONE_NAMES, BONES, PoseSequence
from tests.motion_factory import (
    OTHER_BODIES,
    TEACHER,
    Build,
    make_body,
    make_pose,
    make_sequence,
    mirror_take,
    nobody_for,
    reference,
)

FIELDS = ("picture", "space", "length", "visibility")


def assert_same_body(one: Body, other: Body, *, atol: float = 1e-5) -> None:
    for field in FIELDS:
        np.testing.assert_allclose(getattr(one, field), getattr(other, field), atol=atol, err_msg=field)


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(Build(px_per_m=400, x_px=640, y_px=480), id="twice the pixels"),
        pytest.param(Build(x_px=95, y_px=410), id="elsewhere"),
        pytest.param(Build(height=0.7), id="a child"),
        pytest.param(Build(px_per_m=2e-3, x_px=3e-3, y_px=2e-3), id="tiny pixels"),
        pytest.param(Build(px_per_m=2e7, x_px=3e7, y_px=2e7), id="huge pixels"),
    ],
)
def test_size_place_and_distance_leave_no_trace(build: Build) -> None:
    assert_same_body(normalize(make_sequence(build=build, seconds=2)), normalize(make_sequence(seconds=2)))


def test_pixels_times_two_and_a_shift_give_the_same_numbers() -> None:
    take = make_sequence(seconds=2)
    landmarks = take.landmarks.copy()
    landmarks[..., :2] = 2 * landmarks[..., :2] + [512, -256]
    # a power of two and a shift that float32 holds exactly up to its last bits
    assert_same_body(normalize(PoseSequence(landmarks, take.world, take.times)), normalize(take), atol=1e-5)


def test_float32_stays_float32_and_is_as_good_as_float64() -> None:
    take = make_sequence(seconds=1)
    single = normalize(take)
    double = normalize(PoseSequence(take.landmarks.astype(float), take.world.astype(float), take.times))
    assert {getattr(single, field).dtype for field in FIELDS} == {np.dtype(np.float32)}
    assert_same_body(single, double, atol=2e-6)


def test_directions_have_length_one_and_point_down_the_limb() -> None:
    body = make_body(left_shoulder=90, left_elbow=180)
    np.testing.assert_allclose(np.linalg.norm(body.picture, axis=-1), 1, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(body.space, axis=-1), 1, atol=1e-6)
    # hips are narrower than shoulders: 90 degrees to the side of the body is 8 degrees under the horizontal
    forearm = body.picture[0, BONE_NAMES.index("left_forearm")]
    np.testing.assert_allclose(forearm, [np.cos(np.radians(7.97)), np.sin(np.radians(7.97))], atol=1e-3)
    np.testing.assert_allclose(body.picture[0, BONE_NAMES.index("trunk")], [0, -1], atol=1e-6)


def test_scale_is_that_of_the_sequence_not_of_the_frame() -> None:
    take = make_sequence("stand still", seconds=1)
    crouched = take.landmarks.copy()
    crouched[10, :, :2] = 100 + 0.5 * (crouched[10, :, :2] - 100)  # one frame in which the body looks half as large
    body = normalize(PoseSequence(crouched, take.world, take.times))
    np.testing.assert_allclose(body.length[10], 0.5 * body.length[9], rtol=1e-5)


@pytest.mark.parametrize("shape", [(), (5,), (4, 3)], ids=str)
def test_one_function_for_a_frame_and_a_sequence(shape: tuple[int, ...]) -> None:
    pose = make_pose(left_elbow=70)
    many = normalize_arrays(
        np.broadcast_to(pose.landmarks, (*shape, 33, 4)), np.broadcast_to(pose.world, (*shape, 33, 3))
    )
    one = normalize_arrays(pose.landmarks, pose.world)
    for field in FIELDS:
        expected = np.broadcast_to(getattr(one, field), getattr(many, field).shape)
        np.testing.assert_array_equal(getattr(many, field), expected)
    assert many.picture.shape == (*shape, len(BONES), 2)


@pytest.mark.parametrize("frames", [0, 1, 2, 3])
def test_an_empty_room_is_nan_not_an_exception(frames: int) -> None:
    body = normalize(nobody_for(frames))
    assert all(np.isnan(getattr(body, field)).all() for field in FIELDS)
    assert not space_confidence(body).any()


def test_a_missing_frame_does_not_touch_the_others() -> None:
    whole, holed = (normalize(make_sequence(seconds=2, nobody=gap)) for gap in ([], [(0.5, 0.8)]))
    gone = np.isnan(holed.length[:, 0])
    assert gone.sum() == 9
    np.testing.assert_array_equal(holed.picture[~gone], whole.picture[~gone])
    np.testing.assert_array_equal(holed.space[~gone], whole.space[~gone])


def test_a_body_that_collapsed_to_a_point_has_no_directions() -> None:
    landmarks, world = np.full((2, 33, 4), 0.5, np.float32), np.zeros((2, 33, 3), np.float32)
    body = normalize(PoseSequence(landmarks, world, np.array([0.0, 0.1])))
    assert np.isnan(body.picture).all()


def test_mirrored_is_an_exact_involution() -> None:
    take = make_sequence(seconds=1, depth=30)
    for points in (take.landmarks, take.world):
        np.testing.assert_array_equal(mirrored(mirrored(points)), points)
    twice = mirrored_sequence(mirrored_sequence(take))
    np.testing.assert_array_equal(twice.landmarks, take.landmarks)
    np.testing.assert_array_equal(twice.times, take.times)


def test_mirrored_leaves_its_input_alone() -> None:
    take = make_sequence(seconds=0.2)
    before = take.landmarks.copy()
    mirrored_sequence(take)
    np.testing.assert_array_equal(take.landmarks, before)


def test_mirrored_exchanges_the_sides() -> None:
    left_up = make_pose(left_shoulder=150, left_elbow=100, lean=10)
    right_up = make_pose(right_shoulder=150, right_elbow=100, lean=-10)
    np.testing.assert_allclose(mirrored(left_up.world), right_up.world, atol=1e-6)


def test_a_mirrored_sequence_is_the_mirror_image_in_the_picture() -> None:
    take = make_sequence(seconds=1, depth=20)
    assert_same_body(normalize(mirrored_sequence(take)), normalize(mirror_take(take)), atol=2e-5)


@pytest.mark.parametrize("yaw", [-140, -30, 0, 45, 90])
def test_turning_there_and_back_changes_nothing(yaw: float) -> None:
    directions = normalize(make_sequence(seconds=0.5, depth=40)).space
    np.testing.assert_allclose(turned(turned(directions, yaw), -yaw), directions, atol=1e-6)
    np.testing.assert_array_equal(turned(directions, yaw)[..., 1], directions[..., 1])


def test_turned_is_what_a_camera_to_the_side_sees() -> None:
    front, side = (make_body(left_shoulder=80, right_elbow=60, yaw=yaw) for yaw in (0.0, 30.0))
    np.testing.assert_allclose(turned(front.space, 30.0), side.space, atol=1e-6)


def test_unit_of_nothing_is_nan() -> None:
    values = np.array([[0.0, 0.0], [np.nan, 1.0], [0.0, -2.0]])
    np.testing.assert_array_equal(unit(values), [[np.nan, np.nan], [np.nan, np.nan], [0, -1]])


def test_trunk_and_neck_run_between_the_middles() -> None:
    points = make_pose(lean=0).world
    vectors = dict(zip(BONE_NAMES, bone_vectors(points), strict=True))
    np.testing.assert_allclose(vectors["trunk"], [0, -0.5, 0], atol=1e-6)
    np.testing.assert_allclose(vectors["neck"], [0, -0.2, 0], atol=1e-6)


def test_confidence_falls_where_the_picture_stops_showing_a_bone() -> None:
    usual = usual_lengths(make_body())
    forearm = BONE_NAMES.index("left_forearm")
    bodies = [make_body(toward_camera={"left_forearm": degrees}) for degrees in (0.0, 60.0, 75.0, 90.0)]
    shown = [common_confidence(body, make_body(), usual)[0][0, forearm] for body in bodies]
    assert shown[:2] == [1.0, 1.0]
    assert 0.3 < shown[2] < 0.5
    assert shown[3] == pytest.approx(0.0, abs=1e-6)
    assert space_confidence(make_body(toward_camera={"left_forearm": 90.0}))[0, forearm] == 1


def test_confidence_is_that_of_the_less_visible_end() -> None:
    body = make_body(hidden=["left arm"])
    hidden = [name for name, seen in zip(BONE_NAMES, space_confidence(body)[0], strict=True) if not seen]
    assert hidden == ["left_upper_arm", "left_forearm"]


def test_usual_lengths_forget_gaps_and_outliers() -> None:
    whole, holed = (make_sequence("stand still", seconds=2, nobody=gap) for gap in ([], [(0.5, 1.2)]))
    np.testing.assert_array_equal(usual_lengths(normalize(holed)), usual_lengths(normalize(whole)))
    assert not usual_lengths(normalize(nobody_for(3))).any()


def test_a_bone_that_the_reference_never_shows_has_no_confidence() -> None:
    confidence, _ = common_confidence(make_body(), make_body(), np.zeros(len(BONES)))
    assert np.isfinite(confidence).all()


@pytest.mark.parametrize("build", OTHER_BODIES.values(), ids=OTHER_BODIES)
def test_other_bodies_are_within_a_few_degrees(build: Build) -> None:
    mine, teacher = (normalize(make_sequence(build=b, seconds=3)) for b in (build, TEACHER))
    cosine = np.clip((mine.space * teacher.space).sum(-1), -1, 1)
    assert np.degrees(np.arccos(cosine)).max() < 6


def test_indexing_a_body_picks_frames() -> None:
    body = reference().body
    assert body[3].picture.shape == (len(BONES), 2)
    assert body[2:5].length.shape == (3, len(BONES))
    assert body[::10, None].space.shape[1:] == (1, len(BONES), 3)
