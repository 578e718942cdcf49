"""The laws of shared/SCORING.md: what the numbers must mean."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_args

import numpy as np
import pytest

from kdance.choices import Strictness
from kdance.motion.chance import calibrate_chance
from kdance.motion.formula import (
    BALANCE,
    GROUP_WEIGHTS,
    GROUPS,
    Floor,
    Parts,
    above_chance,
    frame_similarity,
    graded,
    motion_score,
    pose_score,
    scored,
    timing_factor,
)
from kdance.motion.free_alignment import align_freely
from kdance.motion.pose_normalization import normalize
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.scoring import (
    GRADES,
    Chance,
    FrameScores,
    grade,
    score_take,
    windowed_mean,
)
from kdance.motion.timeline import observe, worst_joint
from kdance.motion.timing import FORGIVEN_S, Lateness
from kdance.pose import FloatArray, PoseSequence
from tests.motion_factory import (
    LANKY,
    OTHER_BODIES,
    SMALL,
    STOCKY,
    Build,
    JointError,
    chance,
    keep_frames,
    make_sequence,
    mean,
    mirror_take,
    nobody_for,
    reference,
    score,
    shuffle_frames,
)

DANCES = ["dance", "groove"]
FPS = 15
# Somebody who knows the dance and has something to learn.
LEARNER: dict[str, Any] = {
    "build": STOCKY,
    "jitter": 0.015,
    "errors": [JointError("left_elbow", -30), JointError("right_shoulder", 20), JointError("left_knee", -15)],
}


def take_of(motion: str = "dance", **options: Any) -> PoseSequence:
    """Ten seconds by a slow camera: quick, and the frame rate doesn't matter (law 9)."""
    return make_sequence(motion, **{"fps": FPS} | options)


def combined(take: PoseSequence, **options: Any) -> float:
    return mean(score(take, **options).frames.combined)


def assert_same_scores(one: FrameScores, other: FrameScores) -> None:
    for field in fields(FrameScores):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name), err_msg=field.name)


# 1. The same dance


@pytest.mark.parametrize("depth", [0.0, 30.0], ids=["flat", "deep"])
@pytest.mark.parametrize("motion", DANCES)
def test_a_dance_against_itself(motion: str, depth: float) -> None:
    frames = score(take_of(motion, depth=depth), motion=motion, depth=depth).frames
    for number in (frames.pose, frames.motion, frames.combined):
        assert mean(number) >= 0.98
        assert np.nanmin(number) >= 0.98
    np.testing.assert_allclose(frames.lag, 0, atol=1e-6)


@pytest.mark.parametrize("motion", DANCES)
@pytest.mark.parametrize("build", OTHER_BODIES.values(), ids=OTHER_BODIES)
def test_the_same_dance_by_another_body(build: Build, motion: str) -> None:
    assert combined(take_of(motion, build=build), motion=motion) >= 0.85


@pytest.mark.parametrize("motion", DANCES)
def test_the_same_dance_by_another_body_a_little_late_before_a_trembling_network(motion: str) -> None:
    take = take_of(motion, build=LANKY, jitter=0.015, late=0.15, depth=20)
    assert combined(take, motion=motion, depth=20) >= 0.85


# 2. Not the dance


@pytest.mark.parametrize(
    "seed",
    range(1, 6),
)
def test_another_dance(seed: int) -> None:
    assert combined(take_of(seed=seed)) <= 0.2


@pytest.mark.parametrize("motion", DANCES)
def test_another_dance_on_the_whole(motion: str) -> None:
    others = [
        combined(take_of(motion, seed=theirs), motion=motion, seed=mine)
        for mine in range(2)
        for theirs in range(5)
        if mine != theirs
    ]
    assert np.mean(others) <= 0.2


@pytest.mark.parametrize("motion", DANCES)
def test_another_kind_of_dance(motion: str) -> None:
    other = next(name for name in DANCES if name != motion)
    assert combined(take_of(other), motion=motion) <= 0.2


@pytest.mark.parametrize("motion", DANCES)
@pytest.mark.parametrize("seed", range(2))
def test_its_own_frames_shuffled(motion: str, seed: int) -> None:
    assert combined(shuffle_frames(take_of(motion), seed=seed), motion=motion) <= 0.2


@pytest.mark.parametrize("motion", DANCES)
@pytest.mark.parametrize("jitter", [0.0, 0.01], ids=["stiff", "trembling"])
def test_standing_still(motion: str, jitter: float) -> None:
    frames = score(take_of("stand still", jitter=jitter, build=SMALL), motion=motion).frames
    assert mean(frames.combined) <= 0.2
    assert mean(frames.motion) <= 0.2


@pytest.mark.parametrize("motion", DANCES)
@pytest.mark.parametrize("moment", [1.0, 3.5, 7.2])
def test_holding_one_of_its_poses(motion: str, moment: float) -> None:
    dance, frame = take_of(motion), np.full(FPS * 10, round(FPS * moment))
    take = PoseSequence(dance.landmarks[frame], dance.world[frame], dance.times)
    assert combined(take, motion=motion) <= 0.2


# 3. Nobody, or too little of the body


@pytest.mark.parametrize(
    "hidden", [["head", "arms", "legs"], ["arms", "legs", "hips"], ["head", "arms", "legs", "hips"]]
)
def test_too_little_of_the_body_is_no_number(hidden: list[str]) -> None:
    frames = score(take_of(seconds=3, hidden=hidden)).frames
    for number in (frames.pose, frames.motion, frames.combined):
        assert np.isnan(number).all()


def test_an_empty_room_is_no_number() -> None:
    found = score(nobody_for(90))
    for number in (found.frames.pose, found.frames.motion, found.frames.combined, found.frames.errors):
        assert np.isnan(number).all()
    assert found.lateness == Lateness(None, 0.0)
    assert found.yaw_deg == 0
    assert not found.frames.confidence.any()


@pytest.mark.parametrize("hidden", [["legs"], ["legs", "hips"], ["feet"], ["right leg"]], ids="+".join)
def test_half_a_body_is_scored(hidden: list[str]) -> None:
    assert combined(take_of(hidden=hidden)) >= 0.95
    assert combined(take_of(seed=2, hidden=hidden)) <= 0.25
    assert combined(take_of("stand still", hidden=hidden)) <= 0.2


def test_frames_without_a_body_are_nan_and_the_others_as_if_nothing_had_been() -> None:
    whole = score(take_of()).frames
    take = take_of(nobody=[(0.0, 0.3), (3.0, 4.0), (9.8, 11.0)])
    holed = score(take).frames
    for name in ("pose", "motion", "combined"):
        values = getattr(holed, name)
        np.testing.assert_array_equal(np.isfinite(values), take.measured, err_msg=name)
        np.testing.assert_allclose(values[take.measured], getattr(whole, name)[take.measured], atol=0.01)
    assert len(holed.times) == FPS * 10


def test_bad_frames_are_not_dropped() -> None:
    lost = [JointError("left_shoulder", -90, 4, 6), JointError("right_elbow", -90, 4, 6)]
    frames = score(take_of(errors=lost)).frames
    bad = (frames.times > 4.5) & (frames.times < 5.5)
    assert np.isfinite(frames.combined).all()
    assert mean(frames.combined[bad]) < mean(frames.combined[~bad]) - 0.2


@pytest.mark.parametrize("gap", [(3.0, 3.6), (3.0, 5.0)], ids=["short", "long"])
def test_a_gap_in_the_reference_costs_the_dancer_nothing(gap: tuple[float, float]) -> None:
    holed = ReferenceMotion.from_sequence(make_sequence(nobody=[gap]))
    take = take_of()
    frames = score_take(normalize(take), take.times, holed, take.times, calibrate_chance(holed)).frames
    inside = (take.times > gap[0] + 0.1) & (take.times < gap[1] - 0.1)
    assert np.isnan(frames.combined[inside]).all()
    assert np.nanmin(frames.combined[~inside]) > 0.95


# 4. More error never scores higher


@pytest.mark.parametrize("joint", ["left_elbow", "right_shoulder", "left_hip", "right_knee"])
def test_growing_joint_error_gives_falling_scores(joint: str) -> None:
    scores = [combined(take_of(errors=[JointError(joint, -degrees)])) for degrees in (0, 10, 20, 40)]
    assert all(np.diff(scores) < 0)


@pytest.mark.parametrize("motion", DANCES)
def test_errors_that_grow_everywhere_give_falling_scores(motion: str) -> None:
    joints = [f"{side}_{joint}" for side in ("left", "right") for joint in ("elbow", "shoulder", "knee")]
    takes = [
        take_of(motion, build=LANKY, errors=[JointError(joint, -degrees) for joint in joints])
        for degrees in (0, 10, 20, 40)
    ]
    scores = [combined(take, motion=motion) for take in takes]
    assert all(np.diff(scores) < 0)
    assert scores[-1] < 0.75


@pytest.mark.parametrize("motion", DANCES)
def test_growing_jitter_gives_falling_scores(motion: str) -> None:
    scores = [combined(take_of(motion, jitter=jitter), motion=motion) for jitter in (0, 0.01, 0.02, 0.04, 0.08)]
    assert all(np.diff(scores) < 0)


def test_an_error_costs_in_the_seconds_in_which_it_is() -> None:
    frames = score(take_of(errors=[JointError("left_shoulder", -50, 4, 6)])).frames
    inside = (frames.times > 4.5) & (frames.times < 5.5)
    outside = (frames.times < 3) | (frames.times > 7)
    assert mean(frames.pose[inside]) < 0.9
    assert mean(frames.pose[outside]) > 0.98


@pytest.mark.parametrize("motion", DANCES)
def test_stricter_never_scores_higher(motion: str) -> None:
    levels: tuple[Strictness, ...] = ("easy", "normal", "strict")
    easy, normal, strict = (
        mean(score(take_of(motion, **LEARNER), motion=motion, strictness=level).frames.combined) for level in levels
    )
    assert easy >= normal >= strict
    assert easy > strict


@pytest.mark.parametrize("strictness", ["easy", "strict"])
def test_the_ends_stay_where_they_are_at_any_strictness(strictness: str) -> None:
    assert combined(take_of(), strictness=strictness) >= 0.98
    assert combined(take_of(build=STOCKY), strictness=strictness) >= 0.85
    assert combined(take_of(seed=2), strictness=strictness) <= 0.2
    assert combined(take_of("stand still"), strictness=strictness) <= 0.2


# 5. Joints: tests/test_angle_calculator.py


def test_the_worst_joint_of_a_learner_is_the_one_that_is_wrong_most() -> None:
    frames = score(take_of(build=SMALL, errors=[JointError("right_elbow", -35)])).frames
    name, degrees = worst_joint(np.nanmean(frames.errors, 0)) or ("", 0.0)
    assert name == "right_elbow"
    assert degrees == pytest.approx(-35, abs=5)


# 6. Pose and timing are two numbers


@pytest.mark.parametrize("motion", DANCES)
@pytest.mark.parametrize("late", [-0.3, 0.3], ids=["early", "late"])
def test_300_ms_late_keeps_the_pose_and_is_told(late: float, motion: str) -> None:
    in_time, found = (score(take_of(motion, late=seconds), motion=motion) for seconds in (0.0, late))
    assert mean(found.frames.pose) >= 0.95
    assert found.lateness.seconds == pytest.approx(late, abs=0.033)
    assert found.lateness.confidence > 0.9
    assert 0.8 < mean(found.frames.motion) < mean(in_time.frames.motion)


@pytest.mark.parametrize("motion", DANCES)
def test_500_ms_late_keeps_the_pose_and_costs(motion: str) -> None:
    in_time, found = (score(take_of(motion, late=seconds), motion=motion) for seconds in (0.0, 0.5))
    assert mean(found.frames.pose) >= 0.95
    assert mean(found.frames.combined) <= mean(in_time.frames.combined) - 0.1
    assert found.lateness.seconds == pytest.approx(0.5, abs=0.033)


@pytest.mark.parametrize("motion", DANCES)
def test_the_webcams_delay_is_forgiven(motion: str) -> None:
    assert combined(take_of(motion, late=0.133), motion=motion) > 0.97
    assert combined(take_of(motion, late=0.2), motion=motion) > 0.97


@pytest.mark.parametrize("motion", DANCES)
def test_later_never_scores_higher(motion: str) -> None:
    motions = [mean(score(take_of(motion, late=late), motion=motion).frames.motion) for late in (0.2, 0.3, 0.4, 0.5)]
    assert all(np.diff(motions) < 0)


@pytest.mark.parametrize("motion", DANCES)
def test_lateness_has_no_cliff(motion: str) -> None:
    """Far beyond the lags too: all of it is told, the pose is kept, and no step of a frame costs much more than one."""
    lates = np.arange(0.2, 1.5, 1 / 15)
    found = [score(take_of(motion, late=late), motion=motion) for late in lates]
    combined = [mean(score.frames.combined) for score in found]
    assert np.diff(combined).max() < 0.02
    assert np.diff(combined).min() > -0.2
    for late, score_ in zip(lates, found, strict=True):
        assert score_.lateness.seconds == pytest.approx(late, abs=0.033)
        assert mean(score_.frames.pose) >= 0.95
    assert combined[-1] < 0.05


@pytest.mark.parametrize("motion", DANCES)
@pytest.mark.parametrize("late", [0.3, 0.5])
def test_on_the_beat_costs_nothing_whatever_the_rest_is(late: float, motion: str) -> None:
    take = take_of(motion, late=lambda t: np.where(t >= 3.5, late, 0.0))
    found = score(take, motion=motion)
    assert found.lateness.seconds == pytest.approx(late, abs=0.05)
    on_time = (found.frames.times > 1.0) & (found.frames.times < 2.0)
    late_part = found.frames.times > 5.5
    assert mean(found.frames.motion[on_time]) > 0.95
    assert mean(found.frames.motion[late_part]) < mean(found.frames.motion[on_time])


@pytest.mark.parametrize("motion", DANCES)
def test_late_in_one_passage_shows_there_and_nowhere_else(motion: str) -> None:
    take = take_of(motion, late=lambda t: np.where((t >= 3) & (t < 6), 0.4, 0.0), build=SMALL)
    frames = score(take, motion=motion).frames
    inside = (frames.times > 3.7) & (frames.times < 5.7)
    outside = (frames.times < 2.7) | (frames.times > 6.5)
    np.testing.assert_allclose(frames.lag[inside], 0.4, atol=0.1)
    np.testing.assert_allclose(frames.lag[outside], 0.0, atol=0.1)
    assert mean(frames.pose) > 0.95
    assert mean(frames.motion[inside]) < mean(frames.motion[outside]) - 0.1


@pytest.mark.parametrize("motion", DANCES)
def test_late_in_one_passage_is_no_constant_lateness(motion: str) -> None:
    take = take_of(motion, late=lambda t: np.where((t >= 3) & (t < 6), 0.4, 0.0))
    lateness = score(take, motion=motion).lateness.seconds
    assert lateness is None or abs(lateness) < 0.2


@pytest.mark.parametrize("tempo", [0.96, 1.04])
def test_a_slightly_wrong_tempo_keeps_the_pose_and_the_lag_grows(tempo: float) -> None:
    frames = score(take_of(tempo=tempo)).frames
    known = np.isfinite(frames.pose)
    assert mean(frames.pose) > 0.9
    # the dance's moment at t is t * tempo: the dancer is t * (1 - tempo) late
    drift = np.polyfit(frames.times[known], frames.lag[known], 1)[0]
    assert drift == pytest.approx(1 - tempo, abs=0.015)


# 7. Mirrored


@pytest.mark.parametrize("motion", DANCES)
def test_a_mirrored_take_scores_against_the_mirrored_dance_only(motion: str) -> None:
    take, mirror = take_of(motion, build=SMALL), mirror_take(take_of(motion, build=SMALL))
    assert combined(mirror, motion=motion, mirror=True) >= 0.85
    assert combined(take, motion=motion) >= 0.85
    assert combined(mirror, motion=motion) <= 0.2
    assert combined(take, motion=motion, mirror=True) <= 0.2


# 8. The camera: tests/test_viewpoint.py


def test_a_body_turned_away_is_not_blamed_for_limbs() -> None:
    frames = score(take_of(seconds=4, yaw=180)).frames
    assert not np.isfinite(frames.errors).any()


# 9. Frame rate, scale and dropped frames don't matter


@pytest.mark.parametrize(
    ("motion", "options"),
    [("dance", {}), ("dance", LEARNER), ("groove", LEARNER), ("groove", {"late": 0.3})],
    ids=["perfect", "learner", "flowing learner", "flowing and late"],
)
def test_frame_rates_differ_by_less_than_two_points(motion: str, options: dict[str, Any]) -> None:
    irregular = np.cumsum(np.random.default_rng(5).uniform(0.015, 0.055, 285))
    takes = [take_of(motion, fps=fps, **options) for fps in (15, 24, 30, 60)]
    takes.append(take_of(motion, times=irregular[irregular < 10], **options))
    scores = [combined(take, motion=motion) for take in takes]
    assert np.ptp(scores) < 0.02


@pytest.mark.parametrize("keep", [0.8, 0.6])
def test_frames_dropped_at_random_change_little(keep: float) -> None:
    take = take_of(**LEARNER)
    kept = np.random.default_rng(2).random(len(take)) < keep
    assert combined(keep_frames(take, kept)) == pytest.approx(combined(take), abs=0.02)


def test_pixels_times_two_and_a_shift_give_the_same_numbers() -> None:
    take = take_of(**LEARNER)
    landmarks = take.landmarks.copy()
    landmarks[..., :2] = 2 * landmarks[..., :2] + [320, -120]
    moved, still = score(PoseSequence(landmarks, take.world, take.times)).frames, score(take).frames
    np.testing.assert_allclose(moved.combined, still.combined, atol=1e-4)
    np.testing.assert_allclose(moved.errors, still.errors, atol=0.01)


@pytest.mark.parametrize("scale", [1e-4, 1e-2, 1e3, 1e6])
def test_tiny_and_huge_pictures(scale: float) -> None:
    take = take_of(build=Build(px_per_m=200 * scale, x_px=320 * scale, y_px=240 * scale))
    assert combined(take) > 0.98


def test_float64_input_gives_the_same_scores() -> None:
    take = take_of(seconds=5, **LEARNER)
    double = PoseSequence(take.landmarks.astype(float), take.world.astype(float), take.times)
    np.testing.assert_allclose(score(double).frames.combined, score(take).frames.combined, atol=1e-5)


# 10. The same frames give the same numbers


def test_the_same_frames_give_exactly_the_same_numbers() -> None:
    take = take_of(yaw=20, **LEARNER)
    one, other = score(take), score(take_of(yaw=20, **LEARNER))
    assert_same_scores(one.frames, other.frames)
    assert (one.lateness, one.yaw_deg) == (other.lateness, other.yaw_deg)
    dance = ReferenceMotion.from_sequence(make_sequence())
    assert calibrate_chance(dance) == calibrate_chance(dance)


def test_scoring_leaves_its_input_alone() -> None:
    take = take_of(seconds=2, nobody=[(0.5, 0.7)])
    before = take.landmarks.copy(), take.world.copy(), take.times.copy()
    score(take)
    for array, kept in zip((take.landmarks, take.world, take.times), before, strict=True):
        np.testing.assert_array_equal(array, kept)


def test_a_later_start_of_the_clock_is_the_same_take() -> None:
    take = take_of(**LEARNER)
    later = PoseSequence(take.landmarks, take.world, take.times + 1000.0)
    np.testing.assert_allclose(score(later, start=1000.0).frames.combined, score(take).frames.combined, atol=1e-6)


# Free mode


def free_score(take: PoseSequence, dance: ReferenceMotion) -> FrameScores:
    body = normalize(take)
    way = align_freely(body, take.times, dance)
    return score_take(body, take.times, dance, way.position, calibrate_chance(dance), progress=way.progress).frames


def rest_first(motion: str, seconds: float, **options: Any) -> PoseSequence:
    """The dance after so many seconds in which the dancer waits for it."""
    return make_sequence(motion, late=seconds, seconds=10 + seconds, fps=FPS, **options)


@pytest.mark.parametrize("rest", [0.0, 1.0, 4.0])
@pytest.mark.parametrize("seconds", [4.0, 18.0])
@pytest.mark.parametrize("jitter", [0.0, 0.004])
def test_standing_in_free_mode_is_a_low_number_and_standing_still(rest: float, seconds: float, jitter: float) -> None:
    dance = ReferenceMotion.from_sequence(rest_first("dance", rest))
    frames = free_score(take_of("stand still", seconds=seconds, jitter=jitter, build=SMALL), dance)
    assert mean(frames.combined) <= 0.05
    assert np.isfinite(frames.combined).mean() > 0.9
    assert observe(frames, seconds).standing_still


@pytest.mark.parametrize("rest", [0.0, 1.0, 4.0])
def test_who_dances_in_free_mode_may_rest_where_the_dance_rests(rest: float) -> None:
    take = rest_first("dance", rest, build=SMALL)
    frames = free_score(take, ReferenceMotion.from_sequence(rest_first("dance", rest)))
    assert mean(frames.combined) >= 0.95
    assert not observe(frames, 9.0).standing_still


# Numerics


@pytest.mark.parametrize("frames", [0, 1, 2, 3])
def test_takes_of_a_few_frames(frames: int) -> None:
    take = take_of(times=np.arange(frames) / 30)
    scores = score(take).frames
    assert scores.pose.shape == scores.combined.shape == (frames,)
    assert (scores.pose == 1).all()
    assert np.isnan(score(nobody_for(frames)).frames.pose).all()


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_references_of_a_few_frames(frames: int) -> None:
    short = ReferenceMotion.from_sequence(make_sequence(times=np.arange(frames) / 30))
    floor = calibrate_chance(short)
    assert 0 <= floor.pose <= 0.95
    take = take_of(seconds=1)
    scores = score_take(normalize(take), take.times, short, take.times, floor).frames
    assert np.isnan(scores.pose[-1])


def test_the_floor_of_an_empty_reference_is_zero() -> None:
    assert calibrate_chance(ReferenceMotion.from_sequence(nobody_for(60))) == Chance(0.0, 0.0)


def test_an_empty_reference_gives_no_number() -> None:
    empty, take = ReferenceMotion.from_sequence(nobody_for(60)), take_of(seconds=2)
    scores = score_take(normalize(take), take.times, empty, take.times, Chance(0.0, 0.0)).frames
    assert np.isnan(scores.combined).all()


def test_a_reference_without_frames_is_empty() -> None:
    assert ReferenceMotion.from_sequence(nobody_for(0)).duration == 0


def test_a_reference_that_holds_one_pose() -> None:
    floor = chance("stand still")
    assert floor.pose < 1
    assert floor.motion < 1
    assert combined(take_of("stand still", build=SMALL), motion="stand still") > 0.85
    assert combined(take_of(), motion="stand still") <= 0.2


@pytest.mark.parametrize("motion", DANCES)
def test_the_floor_leaves_room(motion: str) -> None:
    floor = chance(motion)
    assert 0.3 < floor.pose < 0.95
    assert 0.0 <= floor.motion < 0.5


@pytest.mark.parametrize("late", [0.0, -0.4, 0.4])
def test_frames_outside_of_the_dance_get_no_number(late: float) -> None:
    frames = score(take_of(times=np.arange(-60, 400) / 30, late=late)).frames
    outside = (frames.clock < -0.05) | (frames.clock > reference().duration + 0.05)
    for number in (frames.pose, frames.motion, frames.combined):
        assert np.isnan(number[outside]).all()
        assert np.isfinite(number[~outside]).mean() > 0.95


# The pieces


@pytest.mark.parametrize(
    ("lag", "lateness", "factor"),
    [
        (0.0, None, 1.0),
        (0.1, None, 1.0),
        (0.2, 0.2, 1.0),
        (FORGIVEN_S, FORGIVEN_S, 1.0),
        (0.4, None, np.exp(-1)),
        (0.55, 0.55, np.exp(-1)),
        (-0.55, -0.55, np.exp(-1)),
        (0.6, 0.2, np.exp(-1)),
        (0.0, 0.5, 1.0),
        (0.1, 0.5, 1.0),
        (-0.1, 0.5, 1.0),
        (-0.4, 0.5, np.exp(-1)),
    ],
)
def test_timing_factor(lag: float, lateness: float | None, factor: float) -> None:
    assert timing_factor(np.array(lag), Lateness(lateness, 1.0)) == pytest.approx(factor)


def test_of_who_is_later_than_is_forgiven_every_frame_costs_its_own_lateness() -> None:
    lag = np.linspace(-1.0, 1.0, 41)
    early = timing_factor(lag, Lateness(0.4, 1.0))
    np.testing.assert_allclose(timing_factor(lag, Lateness(0.7, 1.0)), early)  # the constant changes while one dances
    assert np.all(np.diff(early[lag >= 0.25]) <= 0)


@pytest.mark.parametrize("strictness", get_args(Strictness))
def test_chance_is_zero_and_the_dance_itself_one(strictness: Strictness) -> None:
    floor = Floor.of(Chance(pose=0.6, motion=0.2), strictness)
    for likeness, expected in ((0 * floor.pose, 0), (floor.pose, 0), (np.ones(len(GROUPS)), 1)):
        assert pose_score(frame_similarity(likeness, floor)).tolist() == [expected] * len(GROUPS)
    assert motion_score(np.array([-1.0, floor.motion, 1.0]), floor).tolist() == [0, 0, 1]
    values = np.linspace(0, 1, 50)
    for curve in (pose_score(values), motion_score(values, floor), above_chance(values, 0.4), graded(values)):
        assert (np.diff(curve) >= 0).all()
        assert ((curve >= 0) & (curve <= 1)).all()


def test_a_dance_that_repeats_keeps_room_above_its_own_chance() -> None:
    assert Floor.of(Chance(pose=0.95, motion=0.95)).motion <= 0.55


@pytest.mark.parametrize(("mine", "theirs"), [(107, 105), (107, 100), (102, 110)])
def test_another_move_over_and_over_is_not_this_one(mine: int, theirs: int) -> None:
    options: dict[str, Any] = {"build": SMALL, "jitter": 0.005, "seconds": 10.0}
    other = score(make_sequence("two-step", seed=theirs, **options), motion="two-step", seed=mine)
    assert mean(other.frames.combined) <= 0.3
    same = score(make_sequence("two-step", seed=mine, late=lambda t: 0.1 * np.sin(3 * t), **options),
                 motion="two-step", seed=mine)  # fmt: skip
    assert mean(same.frames.combined) >= 0.9


def test_nobody_is_late_in_another_dance_that_flows_alike() -> None:
    other = score(make_sequence("groove", seed=1, seconds=20.0, build=SMALL), motion="groove", seconds=20.0)
    assert other.lateness.seconds is None
    assert mean(other.frames.combined) <= 0.2


@pytest.mark.parametrize("group", range(len(GROUPS)))
def test_a_group_that_is_wrong_costs_its_weight_and_one_that_is_unseen_nothing(group: int) -> None:
    right, weight = np.ones(len(GROUPS)), np.array([3.0, 2.0, 1.0])
    wrong = np.where(np.arange(len(GROUPS)) == group, 0.0, 1.0)
    unseen = np.where(wrong == 0, np.nan, 1.0)
    share = (wrong * weight).sum() / weight.sum()
    assert scored(Parts(wrong, right, weight)).whole == pytest.approx(min(share, graded(share ** (1 / BALANCE))))
    assert scored(Parts(unseen, right, weight)).whole == 1


def test_right_in_all_but_the_arms_is_half_of_the_points() -> None:
    arms = np.array([0.0, 1.0, 1.0])
    assert 0.4 < scored(Parts(arms, np.ones(len(GROUPS)), GROUP_WEIGHTS)).whole < 0.6


def test_unknown_stays_unknown() -> None:
    unknown, known = np.full(len(GROUPS), np.nan), np.ones(len(GROUPS))
    assert np.isnan(pose_score(frame_similarity(unknown, Floor.of(Chance(0.5, 0.1))))).all()
    assert np.isnan(scored(Parts(unknown, known, known)).whole)
    assert np.isnan(scored(Parts(known, unknown, known)).whole)


@pytest.mark.parametrize(("name", "limit"), GRADES)
def test_grades_begin_at_their_limit(name: str, limit: float) -> None:
    assert grade(limit) == name
    if limit > 0:
        assert grade(limit - 0.001) != name
    assert grade(1.0) == "perfect"


@pytest.mark.parametrize("span", [0.5, 1.0, 2.0])
def test_windowed_mean_is_the_mean_of_the_window(span: float) -> None:
    rng = np.random.default_rng(0)
    times = np.cumsum(rng.uniform(0.01, 0.1, 80))
    values = np.where(rng.random(80) < 0.2, np.nan, rng.normal(size=80))
    values[30:60] = np.nan
    expected = [mean(values[np.abs(times - now) <= span / 2]) for now in times]
    np.testing.assert_allclose(windowed_mean(values, times, span), expected, atol=1e-12)


def test_windowed_mean_of_columns_and_of_nothing() -> None:
    values: FloatArray = np.stack([np.arange(5.0), np.full(5, np.nan)], -1)
    means = windowed_mean(values, np.arange(5) / 10, 10.0)
    np.testing.assert_allclose(means[:, 0], 2.0)
    assert np.isnan(means[:, 1]).all()
    assert windowed_mean(np.zeros(0), np.zeros(0), 1.0).shape == (0,)


def test_some_frames_of_the_scores() -> None:
    frames = score(take_of(seconds=3)).frames
    piece = frames[10:20]
    assert all(len(getattr(piece, field.name)) == 10 for field in fields(FrameScores))
    np.testing.assert_array_equal(piece.combined, frames.combined[10:20])
