"""While dancing: what the batch says, from the past alone."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from kdance.motion.alignment import LAGS, lag_path
from kdance.motion.arm_lengths import LiveArms
from kdance.motion.course import Course, runs_of, song_times
from kdance.motion.live_comparison import LiveComparison
from kdance.motion.live_fit import LiveFit
from kdance.motion.pose_comparison import lag_similarities
from kdance.motion.pose_normalization import normalize
from kdance.motion.recent_frames import join_bodies, join_scores
from kdance.motion.scoring import FrameScores
from kdance.motion.timeline import SNAPSHOT_S, Observation, observe, worst_joint
from kdance.motion.timing import CALIBRATED_S
from kdance.pose import BONES, PoseSequence
from tests.course_factory import course_of, danced_along
from tests.motion_factory import (
    SMALL,
    STOCKY,
    JointError,
    chance,
    keep_frames,
    make_sequence,
    mean,
    mirror_take,
    nobody_for,
    poses_of,
    reference,
    score,
)

ELBOW = [JointError("left_elbow", -35, 2.0, 4.0)]
# A slow camera and five seconds: enough of everything here, and quick.
FPS, SECONDS = 12, 5


def watch(take: PoseSequence, *, live: LiveComparison | LiveFit | None = None) -> FrameScores:
    """The frames of a take, one after the other."""
    live = live or comparison()
    return join_scores(
        [live.update(pose, float(t), float(t)) for pose, t in zip(poses_of(take), take.times, strict=True)]
    )


def comparison(*, mirror: bool = False, strictness: str = "normal") -> LiveComparison:
    floor = chance(mirror=mirror, strictness=strictness)
    return LiveComparison(reference(mirror=mirror), floor, strictness=strictness)  # type: ignore[arg-type]


def fit(*, mirrored: bool | None = None, free: bool = False) -> LiveFit:
    return LiveFit(reference(), chance(), mirrored=mirrored, free=free)


def take_of(motion: str = "dance", **options: Any) -> PoseSequence:
    """A take of five seconds by a slow camera."""
    return make_sequence(motion, **{"fps": FPS, "seconds": SECONDS} | options)


def assert_same_scores(one: FrameScores, other: FrameScores) -> None:
    for field in fields(FrameScores):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name), err_msg=field.name)


def assert_same_observation(one: Observation, other: Observation) -> None:
    for field in fields(Observation):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name), err_msg=field.name)


@pytest.mark.parametrize(
    ("take", "future"),
    [
        (take_of(late=0.2), take_of("stand still")),
        (take_of(yaw=30, depth=20), nobody_for(SECONDS * FPS, fps=FPS)),
        (take_of(seed=3, jitter=0.02), mirror_take(take_of())),
    ],
    ids=["late, then standing", "from the side, then gone", "another dance, then mirrored"],
)
def test_no_number_depends_on_the_future(take: PoseSequence, future: PoseSequence) -> None:
    first = 4 * FPS
    changed = PoseSequence(
        np.concatenate([take.landmarks[:first], future.landmarks[first:]]),
        np.concatenate([take.world[:first], future.world[first:]]),
        take.times,
    )
    whole = watch(take)[:first]
    assert_same_scores(watch(changed)[:first], whole)
    assert_same_scores(watch(take[:first]), whole)


def test_the_same_frames_give_the_same_numbers() -> None:
    take = take_of(errors=ELBOW, late=0.3, jitter=0.01, yaw=20)
    assert_same_scores(watch(take), watch(take))


def test_every_observation_is_that_of_the_joined_frames() -> None:
    take = take_of(errors=ELBOW, late=0.3, nobody=[(3.0, 3.7)], hidden=["legs"])
    live, seen = comparison(), []
    arms, measured = LiveArms(), take.measured
    for pose, time in zip(poses_of(take), take.times, strict=True):
        if measured[len(seen)]:
            arms.add(take.world[len(seen)], float(time))
        seen.append(live.update(pose, float(time), float(time)))
        if len(seen) % 7 == 0:
            expected = observe(join_scores(seen), float(time), noise=arms.noise_since(float(time) - SNAPSHOT_S))
            assert_same_observation(live.observe(float(time)), expected)


def test_before_the_first_frame_there_is_nothing() -> None:
    seen = comparison().observe(0.5)
    assert np.isnan(seen.combined)
    assert seen.unseen == ()
    assert join_scores([]).errors.shape == (0, 8)
    assert join_scores([]).visibility.shape == (0, len(BONES))


def test_the_lag_is_that_of_the_batch_up_to_now() -> None:
    take = take_of(seconds=4, late=lambda t: np.where(t > 2, 0.3, 0.0))
    frames = watch(take)
    rows = lag_similarities(normalize(take), reference(), take.times)
    until_now = [LAGS[lag_path(rows[:seen], take.times[:seen])[-1]] for seen in (1, 8, 25, 29, 36, 48)]
    np.testing.assert_allclose(frames.lag[[0, 7, 24, 28, 35, 47]], until_now, atol=1e-9)


@pytest.mark.parametrize(
    ("take", "low", "high"),
    [
        (take_of(), 0.98, 1.0),
        (take_of(build=STOCKY, jitter=0.01), 0.85, 1.0),
        (take_of(seed=2), 0.0, 0.2),
        (take_of("stand still"), 0.0, 0.2),
        (take_of(late=0.2), 0.9, 1.0),
        (take_of(hidden=["legs"]), 0.95, 1.0),
        (take_of(yaw=40), 0.9, 1.0),
        (take_of(yaw=-20, depth=20), 0.85, 1.0),
        (mirror_take(take_of()), 0.0, 0.2),
    ],
    ids=["itself", "stocky", "another", "still", "late", "waist up", "side", "other side", "mirrored"],
)
def test_live_scores_obey_the_laws_and_are_near_the_report(take: PoseSequence, low: float, high: float) -> None:
    live = mean(watch(take).combined)
    assert low <= live <= high
    assert live == pytest.approx(mean(score(take).frames.combined), abs=0.12)


@pytest.mark.parametrize("fps", [24, 40])
def test_live_scores_do_not_depend_on_the_frame_rate(fps: int) -> None:
    options = {"build": SMALL, "errors": [JointError("right_shoulder", -25)], "late": 0.15, "seconds": 6}
    assert mean(watch(take_of(fps=fps, **options)).combined) == pytest.approx(
        mean(watch(take_of(**options)).combined), abs=0.03
    )


@pytest.mark.parametrize("late", [0.0, 0.3])
def test_the_lateness_is_known_while_dancing(late: float) -> None:
    live = comparison()
    watch(take_of(late=late), live=live)
    assert live.lateness.seconds == pytest.approx(late, abs=0.033)


def test_500_ms_late_keeps_the_pose_and_costs() -> None:
    in_time, late = (watch(take_of(late=seconds)) for seconds in (0.0, 0.5))
    assert mean(late.pose) > 0.85
    assert mean(late.combined) < mean(in_time.combined) - 0.1


def test_the_wrong_joint_is_named_while_it_is_wrong() -> None:
    live, named = comparison(), {}
    take = take_of(errors=ELBOW, build=SMALL)
    for index, (pose, time) in enumerate(zip(poses_of(take), take.times, strict=True), 1):
        live.update(pose, float(time), float(time))
        if index % 7 == 0:
            named[float(time)] = worst_joint(live.observe(float(time)).errors)
    for timestamp, worst in named.items():
        assert worst is not None
        if 2.5 <= timestamp <= 4.0:
            assert worst[0] == "left_elbow"
            assert worst[1] == pytest.approx(-35, abs=8)
        elif timestamp < 2.0 or timestamp > 4.5:
            assert abs(worst[1]) < 6


def test_nobody_is_nan_and_the_next_body_is_scored_again() -> None:
    take = take_of(nobody=[(0.0, 1.0), (3.0, 4.0)])
    frames = watch(take)
    np.testing.assert_array_equal(np.isfinite(frames.pose), take.measured)
    assert np.isnan(frames.combined[~take.measured]).all()
    assert mean(frames.pose) > 0.98
    again = take.times > 4.5
    assert mean(frames.combined[again]) > 0.95


def test_an_empty_room_all_along() -> None:
    live = comparison()
    frames = watch(nobody_for(SECONDS * FPS, fps=FPS), live=live)
    assert np.isnan(frames.pose).all()
    assert np.isnan(frames.combined).all()
    assert live.lateness.seconds is None


def test_too_little_of_the_body_says_what_is_missing() -> None:
    live = comparison()
    frames = watch(take_of(seconds=1, hidden=["arms", "legs", "hips"]), live=live)
    assert np.isnan(frames.combined).all()
    assert set(live.observe(1.0).unseen) == {"arms", "legs"}


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_the_first_frames_have_a_pose_and_no_movement_yet(frames: int) -> None:
    scores = watch(take_of(times=np.arange(frames) / 30))
    assert (scores.pose == 1).all()
    assert np.isnan(scores.motion).all()
    assert np.isnan(scores.combined).all()


def test_frames_that_were_dropped_change_little() -> None:
    take = take_of(fps=24, build=SMALL, errors=ELBOW)
    kept = np.random.default_rng(4).random(len(take)) < 0.6
    assert mean(watch(keep_frames(take, kept)).combined) == pytest.approx(mean(watch(take).combined), abs=0.03)


def test_a_take_that_begins_late_in_the_dance_and_in_the_hour() -> None:
    take, live = take_of(), comparison()
    frames = [
        live.update(pose, 1000.0 + float(t), float(t))
        for pose, t in list(zip(poses_of(take), take.times, strict=True))[30:]
    ]
    assert mean(join_scores(frames).combined) > 0.95


def test_a_long_pause_between_two_frames() -> None:
    take = take_of()
    paused = keep_frames(take, (take.times < 2) | (take.times > 4.5))
    frames = watch(paused)
    assert np.isfinite(frames.pose).all()
    assert mean(frames.pose) > 0.98


@pytest.mark.parametrize("late", [0.0, 0.3])
def test_frames_outside_of_the_dance_get_no_number(late: float) -> None:
    take, live = take_of(seconds=12, late=late), comparison()
    frames = watch(take, live=live)
    assert np.isnan(frames.pose[take.times > reference().duration + 0.65]).all()


def test_strictness_orders_the_same_take() -> None:
    take = take_of(build=STOCKY, errors=[JointError("left_shoulder", -30)])
    easy, normal, strict = (
        mean(watch(take, live=comparison(strictness=level)).combined) for level in ("easy", "normal", "strict")
    )
    assert easy >= normal >= strict
    assert easy > strict


def test_the_view_is_found_after_two_seconds_and_kept() -> None:
    live = comparison()
    watch(take_of(yaw=40), live=live)
    assert live.reference.yaw_deg == pytest.approx(40, abs=10)
    front = comparison()
    watch(take_of(jitter=0.01), live=front)
    assert front.reference.yaw_deg == 0


def test_joined_bodies_are_the_batch() -> None:
    body = normalize(take_of(seconds=0.5))
    joined = join_bodies([body[index] for index in range(len(body.length))])
    np.testing.assert_array_equal(joined.picture, body.picture)
    np.testing.assert_array_equal(joined.visibility, body.visibility)


@pytest.mark.parametrize("mirrored", [False, True], ids=["as it is", "mirrored"])
def test_it_is_found_out_whether_the_dance_is_danced_mirrored(mirrored: bool) -> None:
    take = take_of(build=SMALL, late=0.15)
    choice = fit()
    frames = watch(mirror_take(take) if mirrored else take, live=choice)
    assert choice.mirrored is mirrored
    assert choice.mirrored is not None
    assert mean(frames.combined[take.times > 4.5]) > 0.85


def test_the_chosen_side_goes_on_as_if_it_had_been_alone() -> None:
    take = take_of()
    choice = fit()
    together, alone = watch(take, live=choice), watch(take)
    assert_same_scores(together[30:], alone[30:])


@pytest.mark.parametrize(
    "take", [nobody_for(SECONDS * FPS, fps=FPS), take_of("stand still")], ids=["nobody", "standing still"]
)
def test_where_it_cannot_be_told_nothing_is_decided(take: PoseSequence) -> None:
    choice = fit()
    watch(take, live=choice)
    assert not (choice.mirrored is not None)
    assert not choice.mirrored


# -- runs -------------------------------------------------------------------------------------------------------------


def watch_along(take: PoseSequence, course: Course, live: LiveComparison | LiveFit | None = None) -> FrameScores:
    """The frames of a take one after the other, as the practice room does it."""
    live, frames = live or comparison(), []
    for index, (pose, time) in enumerate(zip(poses_of(take), take.times, strict=True)):
        if index and course.run[index] != course.run[index - 1]:
            live.begin_run()
        position = float(course.position[index])
        frames.append(live.update(pose, position, position, taken=float(time)))
    return join_scores(frames)


def test_in_a_single_run_at_full_speed_nothing_changes() -> None:
    take = take_of(errors=ELBOW, late=0.2, jitter=0.01)
    assert_same_scores(watch_along(take, Course.in_one_run(take.times)), watch(take))


def test_song_time_may_go_on_instead_of_beginning_anew() -> None:
    # No frames that are exactly a window's length apart: rounding decides on which side of its edge they fall.
    times, course = course_of((2.0, 6.0, 1.0), (2.0, 6.0, 1.0), fps=11)
    take, live, frames = danced_along(times, course), comparison(), []
    for index, (pose, song) in enumerate(zip(poses_of(take), song_times(course), strict=True)):
        if index and course.run[index] != course.run[index - 1]:
            live.begin_run()
        frames.append(live.update(pose, float(song), float(course.position[index])))
    anew = watch_along(take, course)
    for name in ("lag", "pose", "motion", "combined", "errors"):
        np.testing.assert_allclose(getattr(join_scores(frames), name), getattr(anew, name), atol=1e-9, err_msg=name)


@pytest.mark.parametrize("speed", [0.5, 0.75, 1.5])
def test_live_scores_at_another_speed_are_those_of_full_speed(speed: float) -> None:
    means = []
    for rate in (1.0, speed):
        times, course = course_of((0.0, 8.0, rate), fps=24)
        means.append(mean(watch_along(danced_along(times, course, jitter=0.01), course).combined))
    assert means[1] == pytest.approx(means[0], abs=0.03)


def test_nothing_is_compared_across_a_jump() -> None:
    times, course = course_of((2.0, 5.0, 1.0), (2.0, 5.0, 1.0), fps=FPS)
    good, other = danced_along(times, course), danced_along(times, course, seed=5)
    first = course.run == 0
    mixed = PoseSequence(
        np.where(first[:, None, None], other.landmarks, good.landmarks),
        np.where(first[:, None, None], other.world, good.world),
        times,
    )
    after, alone = watch_along(mixed, course)[int(first.sum()) :], watch_along(good, course)[int(first.sum()) :]
    for name in ("lag", "pose", "untimed", "errors", "user_energy", "lag_sharpness"):
        np.testing.assert_allclose(getattr(after, name), getattr(alone, name), atol=1e-9, err_msg=name)


def test_the_lag_of_every_run_is_that_of_the_batch() -> None:
    times, course = course_of((1.0, 4.0, 1.0), (3.0, 6.0, 0.75), (1.0, 3.0, 1.0), fps=FPS)
    take = danced_along(times, course, late=0.2)
    frames = watch_along(take, course)
    rows = lag_similarities(normalize(take), reference(), course.position)
    for run in runs_of(course):
        last = run.stop
        until = LAGS[lag_path(rows[:last], song_times(course[:last]))[-1]]
        assert frames.lag[last - 1] == pytest.approx(until, abs=1e-9)


def test_a_run_begins_with_a_pose_and_no_movement_and_keeps_what_is_known() -> None:
    live = comparison()
    times, course = course_of((0.0, 5.0, 1.0), (2.0, 6.0, 1.0), fps=FPS)
    frames = watch_along(danced_along(times, course, late=0.2, yaw=40), course, live)
    begun = np.flatnonzero(course.run == 1)
    soon = begun[course.position[begun] < 2.0 + 1.5 - 1e-6]
    assert np.isfinite(frames.pose[soon]).all()
    assert np.isnan(frames.motion[soon]).all()
    assert mean(frames.combined[begun]) > 0.9
    assert live.reference.yaw_deg == pytest.approx(40, abs=10)
    assert live.lateness.seconds == pytest.approx(0.2, abs=0.04)


def test_a_half_second_is_one_of_the_take_at_any_speed() -> None:
    live = comparison()
    times, course = course_of((2.0, 5.0, 0.5), (2.0, 5.0, 0.5), fps=FPS)
    take = danced_along(times, course)
    frames = watch_along(take, course, live)
    seen, whole = live.observe(float(times[-1])), observe(frames, float(times[-1]))
    assert seen.timestamp == times[-1]
    assert seen.reference_time == pytest.approx(5.0, abs=0.1)
    assert (seen.combined, seen.lag, seen.wrong_dance) == (whole.combined, whole.lag, whole.wrong_dance)


def test_who_stands_still_is_told_so_in_a_short_loop_too() -> None:
    live, told = comparison(), []
    times, course = course_of(*[(2.0, 5.0, 1.0)] * 3, fps=FPS)
    for index, pose in enumerate(poses_of(danced_along(times, course, "stand still"))):
        if index and course.run[index] != course.run[index - 1]:
            live.begin_run()
        live.update(pose, float(course.position[index]), float(course.position[index]), taken=float(times[index]))
        told.append(live.observe(float(times[index])).standing_still)
    begins = [run.start for run in runs_of(course)]
    assert not any(told[begin] for begin in begins)
    assert all(told[begin + round(2.5 * FPS)] for begin in begins[1:])


def test_a_clock_that_stands_or_steps_back_breaks_nothing() -> None:
    take = take_of()
    position = np.where(take.times < 2.5, take.times, np.maximum(2.5, take.times - 1.0))
    position[50] -= 0.01
    course = Course.in_one_run(position)
    frames = watch_along(danced_along(take.times, course), course)
    assert np.isfinite(frames.combined[20:]).all()
    assert mean(frames.combined) > 0.9


@pytest.mark.parametrize("mirrored", [False, True], ids=["as it is", "mirrored"])
def test_the_mirror_is_found_over_several_short_runs(mirrored: bool) -> None:
    times, course = course_of(*[(2.0, 5.0, 1.0)] * 4, fps=FPS)
    take = danced_along(times, course)
    choice = fit()
    frames = watch_along(mirror_take(take) if mirrored else take, course, choice)
    assert choice.mirrored is not None
    assert choice.mirrored is mirrored
    assert mean(frames.combined[course.run == 3]) > 0.85


def test_where_the_camera_is_calibrated_a_constant_lateness_costs() -> None:
    take = take_of(late=0.2)
    strict = LiveComparison(reference(), chance(), forgiven=CALIBRATED_S)
    assert mean(watch(take, live=strict).motion) < mean(watch(take).motion) - 0.1
