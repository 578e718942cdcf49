"""Time warping against the textbook, and the lag path against its running form.

The textbook is M. Müller, "Fundamentals of Music Processing", 2nd ed., Springer 2021, chapter 3 (3.2, DTW).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kdance.errors import KdanceError
from kdance.motion.alignment import LAG_STEP_S, LAGS, SEARCH_S, LagTracker, accumulated_cost, lag_path, warping_path
from kdance.motion.free_alignment import FreeAlignment, PositionTracker, align_freely, free_positions
from kdance.motion.pose_normalization import normalize
from kdance.pose import FloatArray, PoseSequence
from tests.motion_factory import SMALL, make_sequence, nobody_for, reference

SHAPES = [(1, 1), (1, 6), (6, 1), (2, 2), (3, 8), (8, 3), (20, 20), (33, 27)]


def textbook_accumulated_cost(cost: FloatArray) -> FloatArray:
    """Müller, table 3.2: D(n, m) = C(n, m) + min(D(n-1, m-1), D(n-1, m), D(n, m-1)), cell by cell."""
    count, width = cost.shape
    accumulated = np.full((count + 1, width + 1), np.inf)
    accumulated[0, 0] = 0
    for n in range(count):
        for m in range(width):
            best = min(accumulated[n, m], accumulated[n, m + 1], accumulated[n + 1, m])
            accumulated[n + 1, m + 1] = cost[n, m] + best
    return accumulated[1:, 1:]


def distances(user: FloatArray, reference: FloatArray) -> FloatArray:
    return np.linalg.norm(user[:, None] - reference[None], axis=-1)


def features(count: int, seed: int, dimensions: int = 3) -> FloatArray:
    return np.random.default_rng(seed).normal(size=(count, dimensions)).cumsum(0)


def path_cost(cost: FloatArray, path: FloatArray) -> float:
    return float(cost[path[:, 0], path[:, 1]].sum())


def assert_a_warping_path(path: FloatArray, count: int, width: int) -> None:
    """Müller, definition 3.3: boundary, monotonicity and step-size condition."""
    assert path[0].tolist() == [0, 0]
    assert path[-1].tolist() == [count - 1, width - 1]
    steps = {tuple(step) for step in np.diff(path, axis=0).tolist()}
    assert steps <= {(1, 1), (1, 0), (0, 1)}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_accumulated_cost_is_the_textbooks(shape: tuple[int, int], seed: int) -> None:
    cost = np.random.default_rng(seed).uniform(0, 5, shape)
    np.testing.assert_allclose(accumulated_cost(cost), textbook_accumulated_cost(cost), rtol=1e-12)


def test_the_textbooks_own_example() -> None:
    """Müller, section 3.2: X = (1, 3, 3, 8, 1), Y = (2, 0, 0, 8, 7, 2), cost |x - y|."""
    x, y = np.array([1.0, 3, 3, 8, 1])[:, None], np.array([2.0, 0, 0, 8, 7, 2])[:, None]
    accumulated = [
        [1, 2, 3, 10, 16, 17],
        [2, 4, 5, 8, 12, 13],
        [3, 5, 7, 10, 12, 13],
        [9, 11, 13, 7, 8, 14],
        [10, 10, 11, 14, 13, 9],
    ]
    np.testing.assert_array_equal(accumulated_cost(distances(x, y)), accumulated)
    np.testing.assert_array_equal(textbook_accumulated_cost(distances(x, y)), accumulated)
    cost, path = warping_path(x, y)
    assert cost == 9
    assert path_cost(distances(x, y), path) == 9  # more than one path is optimal
    assert_a_warping_path(path, 5, 6)


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_accumulated_cost_at_any_scale(scale: float) -> None:
    cost = scale * np.random.default_rng(4).uniform(size=(40, 50))
    np.testing.assert_allclose(accumulated_cost(cost), textbook_accumulated_cost(cost), rtol=1e-9)


def test_accumulated_cost_takes_float32_and_whole_numbers() -> None:
    cost = np.random.default_rng(5).integers(0, 9, (12, 15))
    expected = textbook_accumulated_cost(cost)
    np.testing.assert_array_equal(accumulated_cost(cost), expected)
    np.testing.assert_array_equal(accumulated_cost(cost.astype(np.float32)), expected)


@pytest.mark.parametrize("radius", [1, 3, 8, 100])
@pytest.mark.parametrize("shape", [(20, 20), (30, 20), (20, 30)], ids=str)
def test_the_band_is_the_textbooks_matrix_with_infinite_cost_outside(shape: tuple[int, int], radius: int) -> None:
    cost = np.random.default_rng(radius).uniform(0, 5, shape)
    line = np.arange(shape[0])[:, None] * (shape[1] - 1) / (shape[0] - 1)
    outside = np.abs(np.arange(shape[1]) - line) > max(radius, shape[1] / shape[0])
    expected = textbook_accumulated_cost(np.where(outside, np.inf, cost))
    np.testing.assert_allclose(accumulated_cost(cost, band_radius=radius), expected, rtol=1e-12)


def test_a_wide_band_is_no_band_and_a_narrower_one_never_cheaper() -> None:
    cost = distances(features(40, 1), features(35, 2))
    ends = [accumulated_cost(cost, band_radius=radius)[-1, -1] for radius in (1, 2, 4, 8, 16, 40)]
    assert ends == sorted(ends, reverse=True)
    assert ends[-1] == accumulated_cost(cost)[-1, -1]


@pytest.mark.parametrize(
    "shape",
    [(1, 1), (1, 5), (2, 9), (7, 7), (5, 1), (9, 2)],
    ids=str,
)
def test_even_the_narrowest_band_lets_a_path_through(shape: tuple[int, int]) -> None:
    cost, path = warping_path(np.zeros((shape[0], 1)), np.ones((shape[1], 1)), band_radius=0)
    assert cost == max(shape)
    assert_a_warping_path(path, *shape)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("options", [{}, {"band_radius": 4}, {"method": "fast"}], ids=["exact", "band", "fast"])
def test_every_path_is_a_warping_path_of_the_cost_given(shape: tuple[int, int], options: dict[str, Any]) -> None:
    user, reference = features(shape[0], 1), features(shape[1], 2)
    cost, path = warping_path(user, reference, **options)
    assert_a_warping_path(path, *shape)
    assert cost == pytest.approx(path_cost(distances(user, reference), path))
    assert cost >= textbook_accumulated_cost(distances(user, reference))[-1, -1] - 1e-9


@pytest.mark.parametrize("seed", range(4))
def test_fastdtw_with_a_large_radius_is_exact(seed: int) -> None:
    user, reference = features(50, seed), features(41, seed + 10)
    exact, _ = warping_path(user, reference)
    fast, _ = warping_path(user, reference, method="fast", band_radius=60)
    assert fast == pytest.approx(exact)


def test_fastdtw_is_near_the_exact_cost_on_one_dance_at_two_speeds() -> None:
    beats = np.linspace(0, 20, 300)
    dance = np.stack([np.sin(beats), np.cos(1.7 * beats)], -1)
    slower = np.stack([np.sin(beats * 0.9), np.cos(1.7 * beats * 0.9)], -1)
    exact, _ = warping_path(slower, dance)
    fast, _ = warping_path(slower, dance, method="fast")
    assert exact <= fast <= 1.05 * exact + 1e-9


@pytest.mark.parametrize("method", ["exact", "fast"])
def test_a_sequence_against_itself_costs_nothing_and_stays_on_the_diagonal(method: str) -> None:
    dance = features(30, 3)
    cost, path = warping_path(dance, dance, method=method)
    assert cost == 0
    np.testing.assert_array_equal(path, np.stack([np.arange(30)] * 2, -1))


@pytest.mark.parametrize("method", ["exact", "fast"])
@pytest.mark.parametrize(("user", "reference"), [(0, 5), (5, 0), (0, 0)])
def test_nothing_to_align_is_said(user: int, reference: int, method: str) -> None:
    with pytest.raises(KdanceError, match="no frames"):
        warping_path(np.zeros((user, 2)), np.zeros((reference, 2)), method=method)


def test_a_held_pose_is_waited_for() -> None:
    user = np.array([0.0, 1, 1, 1, 2])[:, None]
    cost, path = warping_path(user, np.array([0.0, 1, 2])[:, None])
    assert cost == 0
    assert path.tolist() == [[0, 0], [1, 1], [2, 1], [3, 1], [4, 2]]


def lagging(times: FloatArray, lag: FloatArray, *, width: float = 0.12) -> FloatArray:
    """(T, L) similarities of a dancer who is ``lag`` (T,) seconds late."""
    return np.exp(-(((LAGS - lag[:, None]) / width) ** 2))


def test_the_lags_are_symmetric_and_have_no_holes() -> None:
    np.testing.assert_allclose(LAGS, -LAGS[::-1])
    np.testing.assert_allclose(np.diff(LAGS), LAG_STEP_S)
    assert LAGS[-1] == pytest.approx(SEARCH_S)
    assert 0.0 in LAGS


@pytest.mark.parametrize("fps", [15, 24, 30, 60])
@pytest.mark.parametrize("late", [-0.5, -0.2, 0.0, 0.3, 0.5])
def test_a_constant_lag_is_followed_from_the_first_frame_on(late: float, fps: int) -> None:
    times = np.arange(4 * fps) / fps
    path = LAGS[lag_path(lagging(times, np.full(len(times), late)), times)]
    np.testing.assert_allclose(path, late, atol=LAG_STEP_S)


def test_a_lag_in_the_middle_is_found_there_and_nowhere_else() -> None:
    times = np.arange(300) / 30
    lag = np.where((times >= 3) & (times < 6), 0.4, 0.0)
    path = LAGS[lag_path(lagging(times, lag), times)]
    settled = (np.abs(times - 3) > 0.6) & (np.abs(times - 6) > 0.6)
    np.testing.assert_allclose(path[settled], lag[settled], atol=LAG_STEP_S)


def test_a_drift_is_followed() -> None:
    times = np.arange(300) / 30
    lag = 0.05 * times
    np.testing.assert_allclose(LAGS[lag_path(lagging(times, lag), times)], lag, atol=2 * LAG_STEP_S)


def test_one_bad_frame_does_not_move_the_lag() -> None:
    times = np.arange(150) / 30
    lag = np.zeros(150)
    lag[70:73] = 0.5
    np.testing.assert_allclose(LAGS[lag_path(lagging(times, lag), times)], 0, atol=1e-9)


def test_frames_in_which_nothing_is_known_keep_the_lag() -> None:
    times = np.arange(150) / 30
    similarity = lagging(times, np.full(150, 0.3))
    similarity[60:100] = np.nan
    np.testing.assert_allclose(LAGS[lag_path(similarity, times)], 0.3, atol=1e-6)


@pytest.mark.parametrize("frames", [0, 1, 2])
def test_very_short_takes(frames: int) -> None:
    times = np.arange(frames) / 30
    assert lag_path(np.full((frames, len(LAGS)), np.nan), times).shape == (frames,)
    np.testing.assert_allclose(LAGS[lag_path(lagging(times, np.full(frames, 0.2)), times)], 0.2, atol=1e-6)


@pytest.mark.parametrize("fps", [15, 24, 30, 60])
def test_the_dance_never_runs_backwards(fps: int) -> None:
    """The lag changes at most as fast as time passes: slope 0 to 2."""
    times = np.arange(8 * fps) / fps
    lag = np.where(times % 4 < 2, -0.5, 0.5)
    path = LAGS[lag_path(lagging(times, lag, width=0.1), times)]
    assert path.max() - path.min() > 0.9
    position = times - path
    # To within one step of the grid of lags, which is coarser than the frames of a fast camera.
    for apart in (1, 5, 20):
        passed = position[apart:] - position[:-apart]
        assert passed.min() >= -LAG_STEP_S - 1e-6
        assert passed.max() <= 2 * apart / fps + LAG_STEP_S + 1e-6


@pytest.mark.parametrize("seed", range(3))
def test_the_running_form_is_the_lag_path_of_what_was_seen_until_then(seed: int) -> None:
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.uniform(0.015, 0.08, 80))
    similarity = rng.uniform(size=(80, len(LAGS)))
    similarity[rng.random(80) < 0.1] = np.nan
    tracker = LagTracker()
    elapsed = np.diff(times, prepend=times[0] - LAG_STEP_S)
    running = [tracker.update(row, float(passed)) for row, passed in zip(similarity, elapsed, strict=True)]
    assert running == [int(lag_path(similarity[:seen], times[:seen])[-1]) for seen in range(1, 81)]


@pytest.mark.parametrize("seed", range(3))
def test_the_way_back_is_the_lag_path_however_often_it_was_asked_for(seed: int) -> None:
    """Also where frames were taken back and came again as others."""
    rng = np.random.default_rng(seed)
    similarity = rng.uniform(size=(90, len(LAGS)))
    times = np.cumsum(rng.uniform(0.015, 0.08, 90))
    elapsed = np.diff(times, prepend=times[0] - LAG_STEP_S)
    tracker, seen = LagTracker(), 0
    while seen < 90:
        tracker.update(similarity[seen], float(elapsed[seen]))
        seen += 1
        if rng.random() < 0.3:
            count = int(rng.integers(1, 95))
            expected = lag_path(similarity[:seen], times[:seen])[-count:]
            np.testing.assert_array_equal(tracker.path(count), expected)
        if rng.random() < 0.05:
            back = int(rng.integers(1, min(seen, 9) + 1))
            tracker.take_back(back)
            seen -= back
            similarity[seen : seen + back] = rng.uniform(size=(back, len(LAGS)))


def test_the_lag_path_is_the_cheapest_of_all() -> None:
    """Every path of four frames, by hand: the sum of (1 - similarity) * elapsed and of the price of each change."""
    rng = np.random.default_rng(7)
    times = np.arange(4) * LAG_STEP_S
    similarity = np.zeros((4, len(LAGS)))
    similarity[:, 15:22] = rng.uniform(0.5, 1.0, (4, 7))
    price = 0.3 * LAG_STEP_S

    def total(path: FloatArray) -> float:
        missing = (1 - similarity[np.arange(4), path]).sum() * LAG_STEP_S
        return float(missing + price * np.abs(np.diff(path)).sum())

    paths = [
        np.array([first, first + a, first + a + b, first + a + b + c])
        for first in range(3, len(LAGS) - 3)
        for a in (-1, 0, 1)
        for b in (-1, 0, 1)
        for c in (-1, 0, 1)
    ]
    found = lag_path(similarity, times)
    assert total(found) == pytest.approx(min(total(path) for path in paths))


def test_several_takes_at_once_have_the_paths_of_each() -> None:
    chance = np.random.default_rng(8)
    alike = chance.random((2, 3, 90, len(LAGS)))
    alike[chance.random(alike.shape) < 0.1] = np.nan
    times = np.cumsum(np.where(np.arange(90) == 40, 3.0, chance.uniform(0.02, 0.2, 90)))  # with a hole
    paths = lag_path(alike, times)
    for take in np.ndindex(2, 3):
        np.testing.assert_array_equal(paths[take], lag_path(alike[take], times))


def test_the_same_frames_give_the_same_path() -> None:
    rng = np.random.default_rng(8)
    times, similarity = np.arange(60) / 30, rng.uniform(size=(60, len(LAGS)))
    np.testing.assert_array_equal(lag_path(similarity, times), lag_path(similarity.copy(), times.copy()))


def free(motion: str = "groove", *, seconds: float = 10.0, **options: Any) -> tuple[FreeAlignment, PoseSequence]:
    take = make_sequence(motion, seconds=seconds, fps=15, **options)
    return align_freely(normalize(take), take.times, reference("groove")), take


@pytest.mark.parametrize("tempo", [0.75, 0.9, 1.0, 1.1, 1.3])
def test_in_free_mode_the_dancer_drives(tempo: float) -> None:
    found, take = free(tempo=tempo, seconds=9 / tempo, build=SMALL, jitter=0.005)
    inner = (take.times > 1) & (take.times < take.times[-1] - 1)
    np.testing.assert_allclose(found.position[inner], (tempo * take.times)[inner], atol=0.15)
    np.testing.assert_allclose(np.median(found.progress[inner]), tempo, atol=0.05)
    assert found.tempo == pytest.approx(tempo, abs=0.04)


@pytest.mark.parametrize("start", [2.0, 5.0])
def test_in_free_mode_a_take_begins_anywhere(start: float) -> None:
    found, take = free(late=-start, seconds=4)
    np.testing.assert_allclose(found.position, take.times + start, atol=0.15)


def test_in_free_mode_a_repeated_passage_is_found_again() -> None:
    take = make_sequence(seconds=10, fps=15, late=lambda t: np.where(t > 6, 4.0, 0.0))
    found = align_freely(normalize(take), take.times, reference())
    settled = np.abs(take.times - 6) > 0.5
    np.testing.assert_allclose(found.position[settled], (take.times - 4.0 * (take.times > 6))[settled], atol=0.15)


def test_in_free_mode_standing_still_gets_nowhere() -> None:
    found, _ = free("stand still")
    assert np.median(np.abs(found.progress)) < 0.1
    assert found.tempo is None


@pytest.mark.parametrize("frames", [0, 1, 2, 3, 40])
def test_in_free_mode_an_empty_room(frames: int) -> None:
    room = nobody_for(frames, fps=15)
    found = align_freely(normalize(room), room.times, reference("groove"))
    assert found.position.shape == found.progress.shape == (frames,)
    if frames < 2:
        assert found.tempo is None


def test_in_free_mode_nobody_has_no_tempo() -> None:
    room = nobody_for(150, fps=15)
    assert align_freely(normalize(room), room.times, reference("groove")).tempo is None


def test_in_free_mode_the_first_moment_counts_like_the_others() -> None:
    rows = np.zeros((15, 60))
    moment = np.arange(15)
    rows[moment, 10 + moment] = 0.5
    rows[moment, 40 + moment] = 1.0
    rows[0, 10], rows[0, 40] = 1.0, 0.0
    assert free_positions(rows)[0].tolist() == (40 + moment).tolist()


@pytest.mark.parametrize("fps", [15, 30, 60])
def test_the_running_form_finds_the_dancer_within_a_second(fps: int) -> None:
    take = make_sequence("groove", seconds=6, fps=fps, late=-2.0)
    body, tracker = normalize(take), PositionTracker(reference("groove"))
    position = np.array([tracker.update(body[index], float(time)) for index, time in enumerate(take.times)])
    settled = take.times > 1
    np.testing.assert_allclose(position[settled], take.times[settled] + 2.0, atol=0.15)
