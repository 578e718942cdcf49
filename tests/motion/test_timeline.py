"""Half seconds: what one says, and what all of them say together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kdance.motion.formula import GROUPS
from kdance.motion.pose_normalization import normalize
from kdance.motion.scoring import FrameScores
from kdance.motion.timeline import (
    SNAPSHOT_S,
    lasting_errors,
    mean_errors,
    observe,
    timestamps,
    unseen_parts,
    worst_joint,
)
from kdance.pose import BONES, JOINT_NAMES, FloatArray
from tests.motion_factory import JointError, make_sequence, nobody_for, score

NAN = np.nan


def make_frames(seconds: float = 6.0, fps: float = 10.0, **columns: Any) -> FrameScores:
    """Frames with a perfect score and nothing wrong, where nothing else is said; first one at 0."""
    times = np.arange(round(seconds * fps)) / fps
    count = len(times)
    ones, zeros = np.ones(count), np.zeros(count)
    defaults: dict[str, FloatArray] = {
        "times": times, "clock": times, "lag": zeros, "pose": ones, "motion": ones, "combined": ones,
        "errors": np.zeros((count, 8)), "confidence": np.ones((count, 8)), "visibility": np.ones((count, len(BONES))),
        "user_energy": 20 * ones, "reference_energy": 20 * ones, "untimed": ones, "lag_sharpness": ones,
        "groups": np.ones((count, len(GROUPS))),
    }  # fmt: skip
    return FrameScores(**{
        name: np.broadcast_to(columns[name], default.shape).astype(float) if name in columns else default
        for name, default in defaults.items()
    })  # fmt: skip


@pytest.mark.parametrize(
    ("duration", "rows"),
    [
        (0.0, 0),
        (0.2, 0),
        (0.3, 1),
        (0.5, 1),
        (0.74, 1),
        (0.76, 2),
        (10.0, 20),
        (9.97, 20),
        (0.75, 2),
        (1.75, 4),
        pytest.param(1.25, 3),
    ],
)
def test_a_last_snapshot_counts_that_is_half_full(duration: float, rows: int) -> None:
    np.testing.assert_allclose(timestamps(duration), SNAPSHOT_S * np.arange(1, rows + 1))


def test_a_snapshot_is_of_the_half_second_that_ends_there() -> None:
    scores = np.arange(60.0) / 100
    frames = make_frames(combined=scores, pose=scores, motion=scores)
    assert observe(frames, 2.0).combined == pytest.approx(scores[16:21].mean())  # 1.6 .. 2.0 s
    assert observe(frames, 0.5).combined == pytest.approx(scores[0:6].mean())  # with the very first frame


@pytest.mark.parametrize("fps", [15.0, 24.0, 29.97, 30.0, 60.0])
def test_every_frame_belongs_to_exactly_one_snapshot(fps: float) -> None:
    count = len(make_frames(fps=fps).times)
    for index in {0, 1, *range(7, count, 11), count - 1}:
        pose = np.where(np.arange(count) == index, 0.7, NAN)
        frames = make_frames(fps=fps, pose=pose)
        assert sum(np.isfinite(observe(frames, float(t)).pose) for t in timestamps(6.0)) == 1


def test_clock_lag_and_position() -> None:
    frames = make_frames(lag=0.3, clock=np.arange(60) / 10 - 1.0)
    seen = observe(frames, 3.0)
    assert seen.timestamp == 3.0
    assert seen.reference_time == pytest.approx(2.0)
    assert seen.lag == pytest.approx(0.3)
    assert seen.position == pytest.approx(1.7)


def test_frames_without_a_number_are_left_out_of_the_means() -> None:
    pose = np.where(np.arange(60) % 2, 0.8, NAN)
    lag = np.where(np.arange(60) % 2, 0.2, 0.6)
    seen = observe(make_frames(pose=pose, lag=lag), 3.0)
    assert seen.pose == pytest.approx(0.8)
    assert seen.lag == pytest.approx(0.2)


def test_nothing_measured_is_nan() -> None:
    frames = score(nobody_for(60)).frames
    seen = observe(frames, 1.0)
    assert all(np.isnan(number) for number in (seen.pose, seen.motion, seen.combined, seen.lag, seen.position))
    assert np.isnan(seen.errors).all()
    assert seen.unseen == ()
    assert not seen.standing_still
    assert not seen.wrong_dance


@pytest.mark.parametrize("timestamp", [0.5, 100.0])
def test_no_frames_at_all(timestamp: float) -> None:
    frames = make_frames()
    for empty in (frames[:0], frames if timestamp == 100 else frames[:0]):
        seen = observe(empty, timestamp)
        assert np.isnan(seen.combined)
        assert np.isnan(seen.reference_time)
        assert not seen.wrong_dance


@pytest.mark.parametrize(
    ("user", "reference", "still"),
    [(0.0, 20.0, True), (2.0, 20.0, True), (4.0, 20.0, False), (0.0, 0.5, False), (20.0, 20.0, False)],
    ids=["still", "fidgeting", "small", "both still", "dancing"],
)
def test_standing_still_while_the_dance_moves(user: float, reference: float, still: bool) -> None:
    seen = observe(make_frames(user_energy=user, reference_energy=reference), 3.0)
    assert seen.standing_still is still


def test_a_real_one_who_stands_still_and_one_who_dances() -> None:
    still, dancing = (score(make_sequence(name)).frames for name in ("stand still", "dance"))
    assert all(observe(still, t).standing_still for t in (3.0, 6.0, 9.0))
    assert not any(observe(dancing, t).standing_still for t in (3.0, 6.0, 9.0))


def test_the_wrong_dance_is_said_after_five_seconds_and_not_earlier() -> None:
    frames = make_frames(8.0, untimed=0.05)
    assert not observe(frames, 2.0).wrong_dance
    assert observe(frames, 6.0).wrong_dance
    better = np.where(np.arange(80) < 55, 0.05, 0.9)
    assert not observe(make_frames(8.0, untimed=better), 7.5).wrong_dance


def test_a_half_second_needs_the_last_five_seconds_only() -> None:
    frames = score(make_sequence(errors=[JointError("left_elbow", -30)], late=0.2)).frames
    whole, recent = observe(frames, 9.0), observe(frames[100:], 9.0)
    for name in ("combined", "pose", "motion", "lag", "position", "unseen", "wrong_dance", "standing_still"):
        assert getattr(whole, name) == getattr(recent, name), name
    np.testing.assert_array_equal(whole.errors, recent.errors)


def test_mean_errors_are_weighted_by_confidence() -> None:
    errors, confidence = np.full((4, 8), 10.0), np.ones((4, 8))
    errors[0], confidence[0] = 40.0, 0.5
    mean, spread = mean_errors(errors, confidence)
    np.testing.assert_allclose(mean, (40 * 0.5 + 30) / 3.5)
    np.testing.assert_allclose(spread, np.sqrt((0.5 * (40 - mean) ** 2 + 3 * (10 - mean) ** 2) / 3.5))


def test_mean_errors_need_half_of_the_frames() -> None:
    errors, confidence = np.full((4, 8), 10.0), np.ones((4, 8))
    errors[:2, 0] = NAN  # half is enough
    errors[:3, 1] = NAN
    confidence[:3, 2] = 0.1  # as good as not seen
    confidence[:, 3] = 0.0
    means, spread = mean_errors(errors, confidence)
    assert (np.isnan(means) == np.isnan(spread)).all()
    assert means[0] == 10
    assert np.isnan(means[1:4]).all()
    assert (means[4:] == 10).all()


def test_mean_errors_of_nothing() -> None:
    assert np.isnan(mean_errors(np.zeros((0, 8)), np.zeros((0, 8)))).all()


SHOULDER = JOINT_NAMES.index("left_shoulder")


@pytest.mark.parametrize(
    ("errors", "lasting"),
    [
        pytest.param([0, 30, 0], [NAN, NAN, NAN], id="a moment"),
        pytest.param([0, 30, 20, 0], [NAN, 30, 20, NAN], id="two in a row"),
        pytest.param([0, 30, 8, 0], [NAN, 30, NAN, NAN], id="a neighbour of half the band"),
        pytest.param([0, 30, 7, 0], [NAN, NAN, NAN, NAN], id="a neighbour of less"),
        pytest.param([0, 30, -30, 0], [NAN, NAN, NAN, NAN], id="to and fro"),
        pytest.param([-30, -20, 0], [-30, -20, NAN], id="at the beginning"),
        pytest.param([0, -20, -30], [NAN, -20, -30], id="at the end"),
        pytest.param([30], [NAN], id="alone"),
        pytest.param([30, NAN, NAN, 20, 0], [30, NAN, NAN, 20, NAN], id="around a second out of sight"),
        pytest.param([30, NAN, 0, 30], [NAN, NAN, NAN, NAN], id="around a second in which it was right"),
        pytest.param([30, NAN, -30], [NAN, NAN, NAN], id="to and fro out of sight"),
        pytest.param([30, NAN, NAN, NAN, 30], [NAN] * 5, id="around a longer gap"),
        pytest.param([30, 30, NAN], [30, 30, NAN], id="before a gap"),
        pytest.param([15, 15, 15], [NAN, NAN, NAN], id="at the edge of the band"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_lasting_errors(errors: list[float], lasting: list[float]) -> None:
    rows = np.tile(np.array(errors, float).reshape(-1, 1), 8)
    found = lasting_errors(rows, np.zeros(rows.shape), band=15)
    np.testing.assert_array_equal(found[:, SHOULDER], lasting)


@pytest.mark.parametrize("joint", range(8))
@pytest.mark.parametrize("sign", [-1, 1])
def test_what_varies_has_to_be_farther_outside_of_the_band(joint: int, sign: int) -> None:
    """Law: more spread never makes an error worth a word, more error always in the end."""
    told = [
        [bool(np.isfinite(lasting_errors(np.full((3, 8), sign * error), np.full((3, 8), spread), band=15)[1, joint]))
         for error in np.arange(0.0, 91.0)]
        for spread in (0.0, 5.0, 20.0, 60.0)
    ]  # fmt: skip
    first = [row.index(True) for row in told]
    assert first == sorted(first)
    assert all(row == sorted(row) for row in told)
    assert first[0] == (19 if JOINT_NAMES[joint].endswith("elbow") else 16)


def test_where_a_fault_begins_and_ends_it_may_vary() -> None:
    errors = np.tile(np.array([[20.0], [30.0], [20.0], [20.0], [-20.0], [14.0]]), 8)
    spread = np.tile(np.array([[9.0], [3.0], [9.0], [9.0], [9.0], [0.0]]), 8)
    found = lasting_errors(errors, spread, band=15)[:, SHOULDER]
    np.testing.assert_array_equal(found, [20, 30, 20, 20, NAN, NAN])
    spread[1] = 20.0  # nothing of it is sure
    assert np.isnan(lasting_errors(errors, spread, band=15)).all()


def test_lasting_errors_look_at_each_joint_by_itself() -> None:
    errors = np.zeros((3, 8))
    errors[0, 0], errors[1, 1], errors[1, 2], errors[2, 2] = 30, 30, -30, -25
    found = lasting_errors(errors, np.zeros((3, 8)), band=15)
    assert np.isfinite(found).sum() == 2
    assert found[1, 2] == -30
    assert found[2, 2] == -25


@pytest.mark.parametrize("joint", range(8))
@pytest.mark.parametrize("degrees", [-40.0, 40.0])
def test_worst_joint_is_the_largest_with_its_sign(joint: int, degrees: float) -> None:
    errors = np.linspace(-9, 9, 8)
    errors[joint] = degrees
    assert worst_joint(errors) == (JOINT_NAMES[joint], degrees)


def test_worst_joint_of_some_and_of_none() -> None:
    errors = np.full(8, NAN)
    assert worst_joint(errors) is None
    errors[5] = -3
    assert worst_joint(errors) == ("right_hip", -3.0)


@pytest.mark.parametrize(
    ("hidden", "said"),
    [
        ([], ()),
        (["left arm"], ("left arm",)),
        (["arms"], ("arms",)),
        (["legs"], ("legs",)),
        (["feet", "arms"], None),
        (["head"], ("head",)),
        (["legs", "hips", "left arm"], ("left arm", "legs")),
        pytest.param(["left leg"], ("left leg",)),
    ],
    ids=lambda value: "+".join(value) or "nothing" if isinstance(value, list) else "",
)
def test_unseen_parts_in_a_dancers_words(hidden: list[str], said: tuple[str, ...] | None) -> None:
    found = unseen_parts(normalize(make_sequence(seconds=0.5, hidden=hidden)).visibility)
    if said is None:  # without ankles there are no shins: the feet are told as legs
        assert set(found) == {"arms", "legs"}
    else:
        assert set(found) == set(said)


def test_what_is_out_of_sight_for_a_moment_is_not_told() -> None:
    visibility = np.ones((10, len(BONES)))
    visibility[:4] = 0
    assert unseen_parts(visibility) == ()
    visibility[:6] = 0
    assert "arms" in unseen_parts(visibility)


def test_nobody_is_not_an_unseen_part() -> None:
    visibility = np.full((10, len(BONES)), NAN)
    assert unseen_parts(visibility) == ()
    visibility[0] = 1
    assert unseen_parts(visibility) == ()
    assert unseen_parts(np.zeros((0, len(BONES)))) == ()
