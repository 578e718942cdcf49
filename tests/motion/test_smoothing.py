"""Short gaps are filled, jitter goes, nothing is delayed and NaN stays where it is."""

from __future__ import annotations

import numpy as np
import pytest

from kdance.motion.smoothing import MAX_GAP_S, REFERENCE_SIGMA_S, fill_gaps, smooth, smooth_reference
from kdance.pose import Landmark
from tests.gesture_factory import make_gestures
from tests.motion.test_side_swaps import swapped
from tests.motion_factory import make_sequence, nobody_for


@pytest.mark.parametrize("fps", [15, 24, 30, 60])
def test_a_gap_is_filled_up_to_its_limit_in_seconds_at_any_rate(fps: int) -> None:
    times = np.arange(2 * fps) / fps
    values = 3 * times
    longest = int(MAX_GAP_S * fps + 1e-9) - 1  # missing frames whose neighbours are at most 0.3 s apart
    short, long = values.copy(), values.copy()
    short[5 : 5 + longest], long[5 : 6 + longest] = np.nan, np.nan
    np.testing.assert_allclose(fill_gaps(short, times), values)
    np.testing.assert_array_equal(fill_gaps(long, times), long)


def test_gaps_are_filled_by_time_not_by_frame() -> None:
    times = np.array([0.0, 0.03, 0.2, 0.21])
    np.testing.assert_allclose(fill_gaps(np.array([0.0, np.nan, np.nan, 2.1]), times), [0.0, 0.3, 2.0, 2.1])


def test_both_ends_stay_open() -> None:
    values = np.array([np.nan, 1.0, np.nan, 3.0, np.nan])
    np.testing.assert_allclose(fill_gaps(values, np.arange(5) / 30), [np.nan, 1, 2, 3, np.nan])


@pytest.mark.parametrize("shape", [(7,), (7, 2), (7, 33, 4)], ids=str)
def test_any_shape_and_the_input_is_left_alone(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(0).normal(size=shape)
    values[3] = np.nan
    before = values.copy()
    filled = fill_gaps(values, np.arange(7) / 30)
    np.testing.assert_allclose(filled[3], (values[2] + values[4]) / 2)
    assert smooth(values, np.arange(7) / 30).shape == shape
    np.testing.assert_array_equal(values, before)


@pytest.mark.parametrize("fill", [np.nan, 4.0], ids=["all missing", "constant"])
@pytest.mark.parametrize("frames", [1, 2, 3])
def test_very_short_sequences(frames: int, fill: float) -> None:
    values, times = np.full((frames, 2), fill), np.arange(frames) / 30
    np.testing.assert_allclose(fill_gaps(values, times), values)
    np.testing.assert_allclose(smooth(values, times), values)


def test_smoothing_takes_jitter_out() -> None:
    rng, times = np.random.default_rng(0), np.arange(300) / 30
    noise = rng.normal(size=300)
    assert smooth(noise, times).std() < 0.6 * noise.std()


def test_smoothing_does_not_delay() -> None:
    times = np.arange(300) / 30
    pulse = np.exp(-(((times - 5) / 0.2) ** 2))
    smoothed = smooth(pulse, times)
    assert (smoothed * times).sum() / smoothed.sum() == pytest.approx(5, abs=1e-9)
    np.testing.assert_allclose(smoothed, smooth(pulse[::-1], times)[::-1], atol=1e-12)


def test_smoothing_is_a_gaussian_in_seconds() -> None:
    times = np.arange(301) / 30
    impulse = np.zeros(301)
    impulse[150] = 1
    smoothed = smooth(impulse, times)
    width = np.sqrt((smoothed * (times - 5) ** 2).sum() / smoothed.sum())
    assert width == pytest.approx(REFERENCE_SIGMA_S, rel=0.1)


def test_smoothing_keeps_a_constant_at_any_rate() -> None:
    times = np.cumsum(np.random.default_rng(1).uniform(0.005, 0.09, 200))
    np.testing.assert_allclose(smooth(np.full(200, 7.0), times), 7)


def test_smoothing_matches_the_sum_over_all_frames() -> None:
    rng = np.random.default_rng(2)
    times = np.cumsum(rng.uniform(0.01, 0.08, 60))
    values = rng.normal(size=60)
    values[[4, 20, 21]] = np.nan
    apart = np.abs(times[:, None] - times)
    weights = np.where(apart <= 3 * REFERENCE_SIGMA_S, np.exp(-0.5 * (apart / REFERENCE_SIGMA_S) ** 2), 0)
    weights *= np.isfinite(values)
    expected = (weights @ np.nan_to_num(values)) / weights.sum(1)
    expected[np.isnan(values)] = np.nan
    np.testing.assert_allclose(smooth(values, times), expected)


def test_nan_neither_spreads_nor_shrinks() -> None:
    values = np.arange(30.0)
    values[10:20] = np.nan
    np.testing.assert_array_equal(np.isnan(smooth(values, np.arange(30) / 30)), np.isnan(values))


def test_a_smoothed_reference_is_nearer_to_the_dance_than_the_jittering_one() -> None:
    clean, shaking = (make_sequence("groove", seconds=4, jitter=jitter) for jitter in (0.0, 0.01))
    smoothed = smooth_reference(shaking)
    off = [np.abs(take.world - clean.world).mean() for take in (shaking, smoothed)]
    assert off[1] < 0.7 * off[0]
    assert smoothed.landmarks.dtype == smoothed.world.dtype == np.float32
    np.testing.assert_array_equal(smoothed.times, shaking.times)


def test_a_smoothed_reference_has_short_gaps_filled_and_long_ones_open() -> None:
    take = make_sequence(seconds=4, nobody=[(1.0, 1.2), (2.0, 3.0)])
    smoothed = smooth_reference(take)
    open_still = (take.times >= 2) & (take.times < 3)
    np.testing.assert_array_equal(smoothed.measured, ~open_still)
    assert np.isfinite(smoothed.world[~open_still]).all()


@pytest.mark.parametrize("cuts", [(), (60, 130)])
def test_hands_of_a_reference_are_at_the_arms_whose_sides_were_put_right(cuts: tuple[int, ...]) -> None:
    take = make_gestures(seconds=6)
    mixed_up = swapped(take, (1.0, 1.4), (2.5, 3.6))
    np.testing.assert_array_equal(smooth_reference(mixed_up, cuts).hands, take.hands)
    assert not np.array_equal(mixed_up.hands, take.hands)  # what was measured is left as it was


def test_visibility_stays_a_fraction() -> None:
    visibility = smooth_reference(make_sequence(seconds=2, hidden=["legs"])).landmarks[..., 3]
    assert visibility.min() == 0
    assert visibility.max() == 1
    assert not visibility[:, Landmark.LEFT_KNEE].any()


def test_an_empty_room_stays_empty() -> None:
    assert not smooth_reference(nobody_for(3)).measured.any()


def test_a_sequence_without_frames() -> None:
    assert len(smooth_reference(nobody_for(0))) == 0


def test_columns_smoothed_a_few_at_a_time_are_smoothed_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    values, times = rng.normal(size=(200, 33, 4)).astype(np.float32), np.cumsum(rng.choice([1 / 30, 1 / 15], 200))
    values[40:50] = np.nan
    at_once = smooth(values, times)
    monkeypatch.setattr("kdance.motion.smoothing._MOST_AT_ONCE", 1000)
    np.testing.assert_array_equal(smooth(values, times), at_once)
