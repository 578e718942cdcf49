"""Early and late: told in seconds, only where it stands out; and where a dance begins in a recording."""

from __future__ import annotations

import numpy as np
import pytest

from kdance.motion.alignment import LAGS, lag_path
from kdance.motion.pose_comparison import lag_similarities
from kdance.motion.pose_normalization import normalize
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.timing import (
    Lateness,
    Start,
    estimate_lateness,
    far_lateness,
    find_start,
    lateness_of_curve,
    movement_agreement,
)
from kdance.pose import FloatArray, PoseSequence
from tests.motion_factory import (
    LANKY,
    MOTIONS,
    SMALL,
    JointError,
    keep_frames,
    make_sequence,
    mean,
    mirror_take,
    nobody_for,
    reference,
    score,
    shuffle_frames,
)


def start_of(take: PoseSequence, *, motion: str = "dance", mirror: bool = False) -> Start:
    return find_start(normalize(take), take.times, reference(motion, mirror=mirror))


def lateness_of(take: PoseSequence) -> Lateness:
    similarities = lag_similarities(normalize(take), reference(), take.times)
    return estimate_lateness(similarities, LAGS[lag_path(similarities, take.times)])


@pytest.mark.parametrize("late", [-0.45, -0.3, -0.1, 0.0, 0.05, 0.133, 0.2, 0.3, 0.45, 0.5])
def test_a_perfect_dancers_lateness_is_known_within_a_frame(late: float) -> None:
    found = lateness_of(make_sequence(late=late, build=SMALL))
    assert found.seconds == pytest.approx(late, abs=0.033)
    assert found.confidence > 0.9


def test_to_a_fraction_of_a_frame() -> None:
    found = lateness_of(make_sequence("dance", late=0.1167)).seconds
    assert found == pytest.approx(0.1167, abs=0.01)


@pytest.mark.parametrize("fps", [15, 24, 60])
def test_lateness_does_not_depend_on_the_frame_rate(fps: int) -> None:
    assert lateness_of(make_sequence(late=0.25, fps=fps)).seconds == pytest.approx(0.25, abs=0.01)


def test_a_learners_lateness_is_known_as_well() -> None:
    errors = [JointError("left_elbow", -15), JointError("right_shoulder", 12), JointError("left_knee", -10)]
    found = lateness_of(make_sequence(late=0.2, errors=errors, jitter=0.02, build=LANKY))
    assert found.seconds == pytest.approx(0.2, abs=0.033)


@pytest.mark.parametrize(
    "take",
    [
        pytest.param(make_sequence("stand still"), id="standing still"),
        pytest.param(make_sequence(seed=1), id="another dance"),
        pytest.param(make_sequence(seed=2), id="a third dance"),
        pytest.param(shuffle_frames(make_sequence()), id="shuffled frames"),
        pytest.param(nobody_for(60), id="nobody"),
    ],
)
def test_where_no_lag_stands_out_nothing_is_said(take: PoseSequence) -> None:
    found = lateness_of(take)
    assert found.seconds is None
    assert found.confidence < 0.5


def test_beyond_the_lags_they_say_nothing_themselves() -> None:
    assert lateness_of(make_sequence(late=1.5)).seconds is None


def far_lateness_of(take: PoseSequence, motion: str = "dance") -> float:
    return far_lateness(normalize(take), take.times, reference(motion), take.times)


@pytest.mark.parametrize("motion", ["dance", "groove"])
@pytest.mark.parametrize("late", [-1.6, -1.0, -0.6, 0.55, 0.6, 0.8, 1.0, 1.5, 1.9])
def test_a_dance_that_is_far_late_is_found(late: float, motion: str) -> None:
    assert far_lateness_of(make_sequence(motion, late=late, build=SMALL), motion) == pytest.approx(late, abs=0.07)


@pytest.mark.parametrize("late", [-0.3, 0.0, 0.2, 0.4])
def test_a_dance_that_is_near_the_clock_is_left_to_the_lags(late: float) -> None:
    assert far_lateness_of(make_sequence(late=late)) == 0


@pytest.mark.parametrize(("late", "found"), [(0.0, 0.0), (0.3, 0.0), (0.6, 0.6), (0.8, 0.8)])
def test_a_step_that_comes_again_is_as_late_as_it_is_by_the_nearest_of_them(late: float, found: float) -> None:
    assert far_lateness_of(make_sequence("two-step", late=late), "two-step") == pytest.approx(found, abs=0.07)


def test_a_dance_too_short_to_look_that_far_is_left_to_the_lags() -> None:
    take = make_sequence(seconds=4, late=1.0)
    assert far_lateness(normalize(take), take.times, reference(seconds=4), take.times) == 0


@pytest.mark.parametrize("on_time", [0.2, 0.4, 0.6])
def test_who_is_on_time_in_a_part_is_not_far_late(on_time: float) -> None:
    take = make_sequence(seconds=20, late=lambda times: 1.0 * (times >= 20 * on_time))
    assert far_lateness(normalize(take), take.times, reference(seconds=20), take.times) == 0


@pytest.mark.parametrize(
    "take",
    [
        pytest.param(make_sequence("stand still"), id="standing still"),
        pytest.param(make_sequence(seed=1), id="another dance"),
        pytest.param(make_sequence("groove", seed=1), id="another kind of dance"),
        pytest.param(shuffle_frames(make_sequence()), id="shuffled frames"),
        pytest.param(nobody_for(60), id="nobody"),
        pytest.param(nobody_for(0), id="nothing"),
        pytest.param(make_sequence(times=np.arange(1) / 30), id="one frame"),
    ],
)
def test_what_is_not_this_dance_is_not_late(take: PoseSequence) -> None:
    assert far_lateness_of(take) == 0


@pytest.mark.parametrize("motion", ["dance", "groove", "two-step"])
def test_a_weak_take_is_told_as_late_and_another_dance_is_not(motion: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def with_a_wrong_arm(moment: FloatArray, seed: int) -> dict[str, FloatArray]:
        other = MOTIONS[motion](moment, seed + 50)
        return MOTIONS[motion](moment, seed) | {name: other[name] for name in ("left_shoulder", "left_elbow")}

    def late(times: FloatArray) -> FloatArray:
        return 0.3 + 0.15 * np.sin(1.3 * times) + 0.09 * np.sin(3.1 * times + 1)

    monkeypatch.setitem(MOTIONS, "weak", with_a_wrong_arm)
    take = make_sequence("weak", fps=15, build=SMALL, late=late)
    assert score(take, motion=motion).lateness.seconds == pytest.approx(0.3, abs=0.08)
    for seed in (4, 7, 50):
        other = make_sequence(motion, seed=seed, fps=15, build=SMALL, late=late)
        assert score(other, motion=motion).lateness.seconds is None


def test_lateness_is_counted_from_where_the_lags_are() -> None:
    take = make_sequence(late=1.1)
    similarities = lag_similarities(normalize(take), reference(), take.times - 1.0)
    path = 1.0 + LAGS[lag_path(similarities, take.times)]
    found = estimate_lateness(similarities, path, around=1.0)
    assert found.seconds == pytest.approx(1.1, abs=0.02)
    assert found.confidence > 0.9


def test_frames_without_a_body_do_not_change_it() -> None:
    assert lateness_of(make_sequence(late=0.3, nobody=[(2, 5)])).seconds == pytest.approx(0.3, abs=0.02)


def test_half_of_it_late_and_half_early_is_neither() -> None:
    similarities = np.full((40, len(LAGS)), 0.5)
    path = np.repeat([-0.3, 0.3], 20)
    similarities[np.arange(40), np.abs(LAGS - path[:, None]).argmin(1)] = 0.95
    assert estimate_lateness(similarities, path) == Lateness(None, 0.0)


@pytest.mark.parametrize("peak", [-0.31, 0.0, 0.018, 0.2])
def test_a_parabola_finds_the_top_between_two_lags(peak: float) -> None:
    curve = 0.4 + 0.5 * np.exp(-(((LAGS - peak) / 0.15) ** 2))
    found = lateness_of_curve(curve)
    assert found.seconds == pytest.approx(peak, abs=0.002)
    assert found.confidence == 1


@pytest.mark.parametrize(
    "curve",
    [np.full(len(LAGS), 1.0), np.full(len(LAGS), 0.5), np.zeros(len(LAGS)), 0.5 + 0.3 * LAGS],
    ids=["all perfect", "flat", "nothing", "still rising at the end"],
)
def test_a_curve_without_a_top_says_nothing(curve: FloatArray) -> None:
    found = lateness_of_curve(curve)
    assert found.seconds is None
    assert 0 <= found.confidence < 0.5


@pytest.mark.parametrize("frames", [0, 1, 3])
def test_lateness_of_nothing(frames: int) -> None:
    assert estimate_lateness(np.full((frames, len(LAGS)), np.nan), np.zeros(frames)) == Lateness(None, 0.0)


@pytest.mark.parametrize("start", [-4.2, -2.0, -0.7, 0.0, 0.033, 0.5, 1.0, 3.37, 5.0, 9.9])
def test_the_start_is_found_anywhere_in_a_recording(start: float) -> None:
    found = start_of(make_sequence(late=start, seconds=20, build=SMALL))
    assert found.seconds == pytest.approx(start, abs=0.05)
    assert found.confidence > 0.8


@pytest.mark.parametrize("fps", [15, 24, 60])
def test_the_start_at_any_frame_rate(fps: int) -> None:
    assert start_of(make_sequence(late=2.4, seconds=14, fps=fps)).seconds == pytest.approx(2.4, abs=0.05)


def test_the_start_of_a_learners_take_with_gaps() -> None:
    errors = [JointError("left_elbow", -20), JointError("right_shoulder", 15)]
    take = make_sequence(late=3.1, seconds=14, errors=errors, jitter=0.02, nobody=[(5, 6), (9, 9.5)], hidden=["legs"])
    assert start_of(take).seconds == pytest.approx(3.1, abs=0.05)


def test_the_start_in_a_flowing_dance() -> None:
    found = start_of(make_sequence("groove", late=2.2, seconds=13), motion="groove")
    assert found.seconds == pytest.approx(2.2, abs=0.05)


def test_the_start_of_a_mirrored_take_against_the_mirrored_dance() -> None:
    take = mirror_take(make_sequence(late=2.0, seconds=13))
    assert start_of(take, mirror=True).seconds == pytest.approx(2.0, abs=0.05)
    assert start_of(take).confidence < 0.2


@pytest.mark.parametrize(
    "take",
    [
        pytest.param(make_sequence("stand still", seconds=15), id="standing still"),
        pytest.param(make_sequence(seed=1, seconds=15), id="another dance"),
        pytest.param(make_sequence(seed=2, seconds=15), id="a third dance"),
        pytest.param(make_sequence("groove", seed=1, seconds=15), id="another kind of dance"),
        pytest.param(shuffle_frames(make_sequence(seconds=15)), id="shuffled frames"),
        pytest.param(nobody_for(300), id="nobody"),
        pytest.param(nobody_for(1), id="one empty frame"),
        pytest.param(make_sequence("stand still", seconds=1), id="a second of standing"),
    ],
)
def test_where_the_dance_is_not_there_is_no_start(take: PoseSequence) -> None:
    found = start_of(take)
    assert found.seconds == 0
    assert found.confidence <= 0.1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_second_of_another_dance_has_no_start(seed: int) -> None:
    assert start_of(make_sequence(seed=seed, seconds=1)).confidence <= 0.1


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_a_recording_of_a_few_frames_has_no_start(frames: int) -> None:
    assert start_of(make_sequence(times=np.arange(frames) / 30)).confidence <= 0.1


def test_a_recording_without_frames_has_no_start() -> None:
    assert start_of(nobody_for(0)) == Start(0.0, 0.0)


def test_a_dance_that_holds_one_pose_has_no_start() -> None:
    held = ReferenceMotion.from_sequence(make_sequence("stand still"))
    take = make_sequence(seconds=12)
    assert find_start(normalize(take), take.times, held).confidence <= 0.1


def test_a_step_that_repeats_every_two_seconds_is_found_at_its_first_or_said_to_be_unsure() -> None:
    found = start_of(make_sequence("two-step", late=2.0, seconds=13), motion="two-step")
    assert abs(found.seconds - 2.0) < 0.05 or found.confidence < 0.5


def test_movement_agrees_with_the_dance_only_where_the_dance_is() -> None:
    take = make_sequence("groove", late=1.0, seconds=9)
    user, dance = normalize(take), reference("groove")
    here, beside = (movement_agreement(user, take.times, dance, take.times - start) for start in (1.0, 2.5))
    assert here > 0.9
    assert beside < 0.5
    assert movement_agreement(user, take.times, dance, take.times + 100) == 0


def test_finding_the_start_gives_the_same_number_twice_and_survives_dropped_frames() -> None:
    take = make_sequence(late=2.3, seconds=13, jitter=0.01)
    assert start_of(take) == start_of(take)
    dropped = keep_frames(take, np.random.default_rng(0).random(len(take)) < 0.7)
    assert start_of(dropped).seconds == pytest.approx(2.3, abs=0.05)


def test_the_take_scored_from_the_start_that_was_found_is_perfect() -> None:
    take = make_sequence(late=2.3, seconds=12)
    found = score(take, start=start_of(take).seconds)
    assert mean(found.frames.combined) > 0.98
    assert found.lateness.seconds == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("late", [0.2, 0.35])
def test_who_is_late_in_one_part_only_is_late_there_and_nowhere_else(late: float) -> None:
    take = make_sequence(late=lambda times: late * ((times >= 3) & (times < 6)), build=SMALL)
    similarities = lag_similarities(normalize(take), reference(), take.times)
    path = LAGS[lag_path(similarities, take.times)]

    def between(start: float, end: float) -> float | None:
        part = (take.times >= start) & (take.times < end)
        return estimate_lateness(similarities[part], path[part]).seconds

    assert between(0, 3) == pytest.approx(0, abs=0.033)
    assert between(3, 6) == pytest.approx(late, abs=0.05)
    assert between(6, 9) == pytest.approx(0, abs=0.05)
    # Most of it, and so the whole, is on time.
    assert between(0, 10) == pytest.approx(0, abs=0.033)
