"""Song time: runs are kept apart, speed vanishes, and a clock that stands does no harm."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from kdance.motion.alignment import LAGS, lag_path
from kdance.motion.counts import CountGrid
from kdance.motion.course import APART_S, BREAK_S, Course, main_speed, phrase_ends, runs_of, song_times, speeds
from kdance.motion.pose_comparison import VELOCITY_SPAN_S, body_at, lag_similarities, movements
from kdance.motion.pose_normalization import normalize
from kdance.motion.scoring import LAG_WINDOW_S, MOTION_WINDOW_S, POSE_WINDOW_S, FrameScores, TakeScore, score_take
from kdance.pose import PoseSequence
from tests.course_factory import FPS, course_of, danced_along
from tests.motion_factory import JointError, chance, make_sequence, mean, reference


def scored(take: PoseSequence, course: Course) -> TakeScore:
    return score_take(normalize(take), song_times(course), reference(), course.position, chance())


# -- song time --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("speed", [0.5, 0.75, 1.0, 1.37])
def test_in_one_run_song_time_is_the_position_to_the_last_bit(speed: float) -> None:
    _, course = course_of((1 / 3, 9.0, speed))
    assert song_times(course).tobytes() == course.position.tobytes()


@pytest.mark.parametrize(
    "runs",
    [
        [(2.0, 6.0, 1.0)] * 4,
        [(0.0, 5.0, 0.5), (40.0, 42.0, 1.5), (1.0, 3.0, 0.75)],
        [(0.0, 0.02, 1.0), (0.0, 0.02, 1.0), (100.0, 101.0, 1.0)],
    ],
    ids=["a loop", "jumps and speeds", "runs of a single frame"],
)
def test_runs_are_apart_by_more_than_every_window(runs: list[tuple[float, float, float]]) -> None:
    _, course = course_of(*runs)
    times = song_times(course)
    assert (np.diff(times) > 0).all()
    jumped = np.diff(course.run) > 0
    assert np.diff(times)[jumped].min() > max(POSE_WINDOW_S, MOTION_WINDOW_S, LAG_WINDOW_S, VELOCITY_SPAN_S, BREAK_S)
    np.testing.assert_allclose(np.diff(times)[jumped], APART_S)
    np.testing.assert_allclose(np.diff(times)[~jumped], np.diff(course.position)[~jumped])


def test_a_clock_that_stands_or_steps_back_leaves_time_strictly_increasing() -> None:
    position = np.concatenate((np.arange(30) / 30, np.full(40, 1.0), [0.999, 0.998], 1.0 + np.arange(1, 30) / 30))
    times = song_times(Course.in_one_run(position))
    assert (np.diff(times) > 0).all()
    np.testing.assert_allclose(times, np.maximum.accumulate(position), atol=1e-3)


def test_an_empty_course() -> None:
    empty = Course.in_one_run(np.empty(0))
    assert len(song_times(empty)) == len(speeds(empty, np.empty(0))) == len(runs_of(empty)) == 0
    assert main_speed(empty, np.empty(0)) == 1.0


@pytest.mark.parametrize(
    ("position", "run", "wrong"),
    [([0.0, 1.0], [0], r"\(T,\)"), ([0.0, np.nan], [0, 0], "finite"), ([0.0, 1.0], [1, 0], "never fall")],
)
def test_what_is_no_course_is_refused(position: list[float], run: list[int], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        Course(np.array(position), np.array(run))


def test_runs_cover_every_frame_once() -> None:
    _, course = course_of((0.0, 2.0, 1.0), (1.0, 2.0, 0.5), (5.0, 6.0, 1.0))
    runs = runs_of(course)
    assert runs[0].start == 0
    assert all(a.stop == b.start for a, b in pairwise(runs))
    assert runs[-1].stop == len(course)


# -- speed ------------------------------------------------------------------------------------------------------------


def test_the_speed_is_that_of_its_run() -> None:
    times, course = course_of((0.0, 4.0, 0.5), (0.0, 4.0, 1.0), (8.0, 14.0, 1.5))
    found = speeds(course, times)
    for run, speed in enumerate((0.5, 1.0, 1.5)):
        np.testing.assert_allclose(found[course.run == run], speed)


def test_a_change_of_speed_in_a_run_is_seen_around_it() -> None:
    times = np.arange(0.0, 10.0, 1 / FPS)
    course = Course.in_one_run(np.where(times < 5, times, 5 + 0.5 * (times - 5)))
    found = speeds(course, times)
    np.testing.assert_allclose(found[times < 3.9], 1.0)
    np.testing.assert_allclose(found[times > 6.1], 0.5)
    assert main_speed(course[: 6 * FPS], times[: 6 * FPS]) == 1.0


def test_a_clock_that_stands_is_no_speed() -> None:
    times = np.arange(0.0, 4.0, 1 / FPS)
    found = speeds(Course.in_one_run(np.zeros(len(times))), times)
    assert (found > 0).all()
    assert speeds(Course.in_one_run(np.zeros(1)), np.zeros(1)).tolist() == [1.0]


# -- phrases ----------------------------------------------------------------------------------------------------------

GRID = CountGrid(0.5, first=2.0)


@pytest.mark.parametrize("speed", [0.5, 0.73, 1.0, 1.5])
def test_a_phrase_ends_every_four_counts_at_any_speed(speed: float) -> None:
    _, course = course_of((0.1, 17.9, speed))
    ends = course.position[phrase_ends(course, GRID)]
    np.testing.assert_allclose(ends, np.arange(2.0, 17.0, 2.0), atol=1.001 * speed / FPS)
    assert (ends >= np.arange(2.0, 17.0, 2.0) - 1e-6).all()


def test_a_run_that_ends_with_the_phrase_ends_it_and_one_that_stops_within_does_not() -> None:
    _, loop = course_of((2.0, 4.0, 1.0), (2.0, 4.0, 1.0))
    assert np.flatnonzero(phrase_ends(loop, GRID)).tolist() == [np.flatnonzero(loop.run == 1)[0]]
    _, jump = course_of((2.0, 5.2, 1.0), (9.3, 9.9, 1.0))
    assert jump.position[phrase_ends(jump, GRID)].tolist() == [pytest.approx(4.0, abs=0.04)]


# -- scoring in song time ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("speed", [0.5, 0.75, 1.25, 1.5])
def test_a_dance_at_another_speed_scores_as_at_full_speed(speed: float) -> None:
    options = {"errors": [JointError("left_elbow", -35)], "jitter": 0.01}
    frames = []
    for rate in (1.0, speed):
        times, course = course_of((0.0, 10.0, rate))
        frames.append(scored(danced_along(times, course, **options), course).frames)
    plain, changed = frames
    assert mean(changed.combined) == pytest.approx(mean(plain.combined), abs=0.02)
    assert mean(changed.errors[:, 0]) == pytest.approx(mean(plain.errors[:, 0]), abs=1.0)


def test_what_is_danced_in_one_run_changes_nothing_in_another() -> None:
    times, course = course_of((2.0, 6.0, 1.0), (2.0, 6.0, 1.0), (2.0, 6.0, 1.0))
    good, other = danced_along(times, course), danced_along(times, course, seed=5)
    changed = np.where(course.run == 1)[0]
    landmarks, world = good.landmarks.copy(), good.world.copy()
    landmarks[changed], world[changed] = other.landmarks[changed], other.world[changed]
    whole = scored(good, course).frames
    mixed = scored(PoseSequence(landmarks, world, times), course).frames
    rest = course.run != 1
    for name in ("lag", "pose", "untimed", "errors", "user_energy", "lag_sharpness"):
        np.testing.assert_allclose(getattr(mixed, name)[rest], getattr(whole, name)[rest], atol=1e-9, err_msg=name)
    assert mean(mixed.combined[rest]) > 0.9
    assert mean(mixed.combined[~rest]) < 0.3


@pytest.mark.parametrize("late", [0.0, 0.2])
def test_a_run_scores_as_it_would_alone(late: float) -> None:
    times, course = course_of((1.0, 5.0, 1.0), (6.0, 9.0, 1.0), (2.0, 6.0, 0.75))
    take = danced_along(times, course, late=late)
    together = scored(take, course).frames
    for frames in runs_of(course):
        alone = scored(take[frames], course[frames]).frames
        assert mean(together.pose[frames]) == pytest.approx(mean(alone.pose), abs=1e-9)
        assert mean(together.combined[frames]) == pytest.approx(mean(alone.combined), abs=0.02)
        np.testing.assert_array_equal(together.lag[frames], alone.lag)


def test_the_lag_begins_anew_with_every_run() -> None:
    times, course = course_of((2.0, 5.0, 1.0), (2.0, 5.0, 1.0))
    lag = np.where(course.run == 0, -0.4, 0.4)
    take = danced_along(times, course, late=lag)
    rows = lag_similarities(normalize(take), reference(), course.position)
    found = LAGS[lag_path(rows, song_times(course))]
    np.testing.assert_allclose(found[course.run == 0], -0.4, atol=0.07)
    np.testing.assert_allclose(found[course.run == 1], 0.4, atol=0.07)


def test_between_two_runs_there_is_no_body_and_no_movement() -> None:
    times, course = course_of((2.0, 4.0, 1.0), (8.0, 10.0, 1.0))
    body, song = normalize(danced_along(times, course)), song_times(course)
    last = int(np.flatnonzero(course.run == 0)[-1])
    between = np.linspace(song[last] + 1e-3, song[last + 1] - 1e-3, 50)
    assert np.isnan(body_at(body, song, between).picture).all()
    assert np.isfinite(body_at(body, song, song).picture).all()
    shared = movements(body, song, reference(), course.position).shared
    near = (np.abs(song - song[last]) < 0.2) | (np.abs(song - song[last + 1]) < 0.2)
    assert np.isnan(shared[near]).all()


def test_a_paused_clock_breaks_nothing() -> None:
    times = np.arange(0.0, 10.0, 1 / FPS)
    position = np.where(times < 4, times, np.maximum(4.0, times - 2.0))  # stands for two seconds
    course = Course.in_one_run(position)
    frames = scored(danced_along(times, course), course).frames
    assert isinstance(frames, FrameScores)
    assert np.isfinite(frames.combined).all()
    assert mean(frames.combined) > 0.95


def test_the_seconds_of_a_take_that_no_course_knows_are_its_own() -> None:
    take = make_sequence(seconds=4)
    course = Course.in_one_run(take.times)
    np.testing.assert_array_equal(
        scored(take, course).frames.combined,
        score_take(normalize(take), take.times, reference(), take.times, chance()).frames.combined,
    )
