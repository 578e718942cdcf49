"""How alike two poses and two movements are, before chance is taken off."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kdance.motion.alignment import LAGS
from kdance.motion.pose_comparison import (
    MIN_SEEN,
    TOLERANCE_DEG,
    VELOCITY_SPAN_S,
    WEIGHTS,
    WIDTH_DEG,
    agreement,
    body_at,
    lag_likeness,
    lag_similarities,
    movements,
    seen_share,
    similarity,
)
from kdance.motion.pose_normalization import normalize, usual_lengths
from kdance.motion.reference_motion import RATE_HZ, ReferenceMotion
from kdance.pose import BONES, JOINT_NAMES
from tests.motion_factory import (
    OTHER_BODIES,
    Build,
    make_body,
    make_sequence,
    nobody_for,
    reference,
)

OPEN = {"left_shoulder": 80.0, "right_shoulder": 80.0, "left_elbow": 110.0, "right_elbow": 110.0}
ZERO = int(np.argmin(np.abs(LAGS)))


def alike(user: dict[str, Any], dance: dict[str, Any] | None = None, *, strictness: str = "normal") -> float:
    body = make_body(**(OPEN if dance is None else dance))
    return float(similarity(make_body(**user), body, usual_lengths(body), strictness=strictness)[0])


def test_a_pose_is_like_itself() -> None:
    assert alike(OPEN) == 1


@pytest.mark.parametrize("build", OTHER_BODIES.values(), ids=OTHER_BODIES)
def test_a_pose_by_another_body_is_the_pose(build: Build) -> None:
    assert alike(OPEN | {"build": build}) > 0.999


@pytest.mark.parametrize("joint", JOINT_NAMES)
@pytest.mark.parametrize("sign", [-1, 1], ids=["more bent", "less bent"])
def test_more_error_is_never_more_alike(joint: str, sign: int) -> None:
    start = {"left_hip": 130.0, "right_hip": 130.0, "left_knee": 110.0, "right_knee": 110.0} | OPEN
    values = [alike(start | {joint: start[joint] + sign * degrees}, start) for degrees in (0, 10, 20, 40, 60)]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) == 5


def test_what_is_within_the_tolerance_costs_nothing() -> None:
    assert alike(OPEN | {"left_elbow": OPEN["left_elbow"] - TOLERANCE_DEG + 1}) == 1
    assert alike(OPEN | {"left_elbow": OPEN["left_elbow"] - TOLERANCE_DEG - 1}) < 1


def test_the_formula_on_one_bone() -> None:
    forearm = 1.5 / WEIGHTS.sum()
    expected = 1 - forearm * (1 - np.exp(-(((40 - TOLERANCE_DEG) / WIDTH_DEG["normal"]) ** 2)))
    assert alike(OPEN | {"left_elbow": OPEN["left_elbow"] - 40}) == pytest.approx(expected, abs=1e-4)


def test_strictness_orders_the_same_error() -> None:
    wrong = OPEN | {"left_elbow": 70.0}
    easy, normal, strict = (alike(wrong, strictness=strictness) for strictness in ("easy", "normal", "strict"))
    assert easy > normal > strict


@pytest.mark.parametrize(
    ("hidden", "seen"),
    [
        ([], True),
        (["legs"], True),
        (["legs", "hips"], True),
        (["right arm", "legs"], True),
        (["arms", "legs", "hips"], False),
        (["arms", "legs", "head"], False),
    ],
    ids=lambda value: "+".join(value) or "nothing" if isinstance(value, list) else "",
)
def test_too_little_of_the_body_is_no_number(hidden: list[str], seen: bool) -> None:
    assert np.isfinite(alike(OPEN | {"hidden": hidden})) == seen
    assert (seen_share(make_body(**OPEN, hidden=hidden))[0] >= MIN_SEEN) == seen


def test_what_is_hidden_does_not_count() -> None:
    assert alike(OPEN | {"left_knee": 90.0, "hidden": ["legs"]}) == 1
    assert alike(OPEN, OPEN | {"left_knee": 90.0, "hidden": ["legs"]}) == 1
    assert alike(OPEN | {"left_elbow": 60.0, "hidden": ["legs"]}) < alike(OPEN | {"left_elbow": 60.0})


def test_nobody_is_nan_and_not_zero() -> None:
    take, dance = normalize(nobody_for(3)), make_body(**OPEN)
    assert np.isnan(similarity(take, dance, usual_lengths(dance))).all()
    assert np.isnan(similarity(dance, take, usual_lengths(dance))).all()
    assert not seen_share(take).any()


def test_it_does_not_matter_who_is_compared_with_whom() -> None:
    one, other = (normalize(make_sequence(seed=seed, seconds=2)) for seed in (1, 2))
    usual = usual_lengths(one)
    np.testing.assert_array_equal(similarity(one, other, usual), similarity(other, one, usual))


def test_broadcast_is_the_frame_by_frame_comparison() -> None:
    user, dance = (normalize(make_sequence(seed=seed, seconds=0.3)) for seed in (1, 2))
    usual = usual_lengths(dance)
    matrix = similarity(user[:, None], dance[None], usual)
    assert matrix.shape == (9, 9)
    np.testing.assert_allclose(np.diag(matrix), similarity(user, dance, usual), atol=1e-7)
    assert matrix[2, 7] == pytest.approx(float(similarity(user[2], dance[7], usual)), abs=1e-7)


def test_similarity_is_a_share() -> None:
    values = similarity(
        normalize(make_sequence(seed=1, depth=60)), normalize(make_sequence(seed=2, depth=60)), np.ones(len(BONES))
    )
    assert ((values >= 0) & (values <= 1)).all()


def test_single_frames_give_the_rows_of_the_batch() -> None:
    take = make_sequence(seconds=3, seed=1, jitter=0.01, nobody=[(1.0, 1.3)])
    user, dance = normalize(take), reference()
    batch = lag_similarities(user, dance, take.times)
    single = np.stack([lag_likeness(user[i], dance, t).similarity for i, t in enumerate(take.times)])
    np.testing.assert_allclose(single, batch, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(np.isnan(single), np.isnan(batch))
    assert batch.shape == (90, len(LAGS))


@pytest.mark.parametrize("cut", [1, 31, 32, 33, 77])
def test_rows_do_not_depend_on_their_neighbours(cut: int) -> None:
    take = make_sequence(seconds=3, seed=1)
    user = normalize(take)
    whole = lag_similarities(user, reference(), take.times)
    np.testing.assert_array_equal(lag_similarities(user[:cut], reference(), take.times[:cut]), whole[:cut])


@pytest.mark.parametrize("late", [-0.4, 0.0, 0.3])
def test_the_best_lag_is_the_lateness(late: float) -> None:
    take = make_sequence(seconds=8, late=late)
    middle = (take.times > 1) & (take.times < 7)
    rows = lag_similarities(normalize(take), reference(), take.times)[middle]
    assert LAGS[np.argmax(rows.mean(0))] == pytest.approx(late, abs=1e-6)
    assert rows.mean(0).max() > 0.999


def test_outside_of_the_dance_there_is_nothing_to_compare() -> None:
    take = make_sequence(seconds=0.1)
    rows = lag_similarities(normalize(take), reference(), np.array([-1.0, 5.0, 11.0]))
    assert np.isnan(rows[0]).all()
    assert np.isfinite(rows[1]).all()
    assert np.isnan(rows[2]).all()


def test_the_reference_can_be_looked_up_anywhere() -> None:
    dance = reference("groove")
    frames = dance.body
    here = dance.at(np.arange(len(frames.length)) / RATE_HZ)
    np.testing.assert_allclose(here.picture, frames.picture, atol=1e-5)
    assert dance.at(np.asarray(1.0)).picture.shape == (len(BONES), 2)
    assert dance.at(np.zeros((4, 5))).space.shape == (4, 5, len(BONES), 3)
    assert np.isnan(dance.at(np.array([-0.1, dance.duration + 0.1])).length).all()


@pytest.mark.parametrize("fps", [15, 24, 29.97, 60])
def test_a_reference_is_the_same_dance_at_any_frame_rate(fps: float) -> None:
    other = ReferenceMotion.from_sequence(make_sequence("groove", fps=fps))
    times = np.arange(0.1, 9.8, 0.01)
    off = other.at(times).picture - reference("groove").at(times).picture
    assert np.median(np.abs(off)) < 0.003


def test_a_gap_in_the_reference_stays_a_gap_and_does_not_spread() -> None:
    holed = ReferenceMotion.from_sequence(make_sequence(nobody=[(3.0, 4.0)]))
    known = np.isfinite(holed.at(np.arange(300) / 30).length[:, 0])
    gone = (np.arange(300) >= 90) & (np.arange(300) < 120)
    assert not known[gone].any()
    near = np.abs(np.arange(300) - 105) <= 16
    assert known[~near].all()


@pytest.mark.parametrize("late", [0.0, 0.1, 0.3])
def test_the_same_movement_agrees_at_the_right_place(late: float) -> None:
    take = make_sequence("groove", late=late)
    both = movements(normalize(take), take.times, reference("groove"), take.times - late)
    inner = (take.times > 1) & (take.times < 9)
    agree = agreement(both.shared[inner].mean(), both.user[inner].mean(), both.reference[inner].mean())
    assert agree == pytest.approx(1, abs=0.01)


def test_too_much_and_too_little_movement_cost_as_well() -> None:
    values = agreement(np.array([1.0, 2.0, 0.5]) * 9, np.array([1.0, 4.0, 0.25]) * 9, np.array([9.0] * 3))
    assert values[0] == pytest.approx(1)
    assert (values[1:] < 0.9).all()


def test_standing_still_together_is_agreement_and_alone_is_not() -> None:
    assert agreement(np.array(0.0), np.array(0.0), np.array(0.0)) == 1
    assert agreement(np.array(0.0), np.array(0.0), np.array(20.0)) < 0.05
    assert agreement(np.array(-10.0), np.array(10.0), np.array(10.0)) < -0.9


def test_movement_is_unknown_where_either_end_is() -> None:
    take = make_sequence(nobody=[(4.0, 5.0)])
    both = movements(normalize(take), take.times, reference(), take.times)
    unknown = np.isnan(both.shared)
    half, near = VELOCITY_SPAN_S / 2, 0.15  # a moment is known where a frame is near
    assert unknown[(take.times > 4 - half + near) & (take.times < 5 + half - near)].all()
    assert not unknown[(take.times > 1) & (take.times < 4 - half - 0.04)].any()
    assert not unknown[(take.times > 5 + half + 0.04) & (take.times < 9)].any()


def test_body_at_is_linear_between_frames_and_unknown_far_from_them() -> None:
    take = make_sequence("raise left arm", seconds=1, fps=10)
    body = normalize(take)
    moved = body_at(body, take.times, np.array([0.0, 0.45, 0.9, 1.0, 1.2, -0.2]))
    np.testing.assert_allclose(moved.length[0], body.length[0])
    np.testing.assert_allclose(moved.length[1], (body.length[4] + body.length[5]) / 2, rtol=1e-5)
    np.testing.assert_allclose(moved.length[3], body.length[9])
    assert np.isnan(moved.length[4:]).all()
    np.testing.assert_allclose(np.linalg.norm(moved.space[:4], axis=-1), 1, atol=1e-6)


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_body_at_of_very_short_takes(frames: int) -> None:
    take = make_sequence(times=np.arange(frames) / 30)
    there = body_at(normalize(take), take.times, np.array([0.0, 5.0]))
    assert np.isfinite(there.length[0]).all()
    assert np.isnan(there.length[1]).all()


def test_a_reference_that_shows_too_little_gives_no_number() -> None:
    """A close-up: what is left of the body matches everything."""
    whole, close_up = make_body(), make_body(hidden=["arms", "legs", "hips"])
    usual = np.ones(len(BONES))
    assert np.isfinite(similarity(whole, whole, usual))
    assert np.isnan(similarity(whole, close_up, usual))
    assert np.isnan(similarity(close_up, whole, usual))
