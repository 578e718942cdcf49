"""Lateness half second by half second: what was danced is told, two lags are told as two, a still dancer has none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from kdance.motion.alignment import LAGS, lag_path
from kdance.motion.lateness_curve import LatenessCurve, lateness_curve, steady_parts
from kdance.motion.pose_comparison import lag_similarities
from kdance.motion.pose_normalization import normalize
from kdance.pose import FloatArray, PoseSequence
from tests.motion_factory import SMALL, make_sequence, reference, shuffle_frames

SECONDS = 12.0
MIDDLES = np.arange(0.25, SECONDS, 0.5)


def curve_of(take: PoseSequence, *, step: int = 1) -> LatenessCurve:
    take = take[::step]
    similarities = lag_similarities(normalize(take), reference(seconds=SECONDS), take.times)
    return lateness_curve(similarities, LAGS[lag_path(similarities, take.times)], take.times, MIDDLES)


def take_of(late: float | Callable[[FloatArray], FloatArray]) -> PoseSequence:
    return make_sequence(seconds=SECONDS, late=late, build=SMALL, jitter=0.005)


def three_seconds_late(times: FloatArray) -> FloatArray:
    """0.4 s late from 4 to 7 s, sliding in and out over 0.4 s."""
    return 0.4 * np.interp(times, [3.8, 4.2, 6.8, 7.2], [0.0, 1.0, 1.0, 0.0])


@pytest.mark.parametrize("late", [-0.4, -0.1, 0.0, 0.25, 0.4])
def test_a_constant_lateness_is_that_of_every_half_second(late: float) -> None:
    found = curve_of(take_of(late))
    known = found.seconds[2:-2]
    assert np.isfinite(known).mean() > 0.9
    assert np.nanmax(np.abs(known - late)) < 0.05


def test_two_lags_do_not_blur_each_other() -> None:
    found = curve_of(take_of(three_seconds_late))
    true = three_seconds_late(MIDDLES)
    away = np.abs(np.gradient(true)) < 0.01  # beside the slides
    assert np.nanmax(np.abs(found.seconds - true)[away]) < 0.06
    assert np.isfinite(found.seconds).mean() > 0.9


def test_the_late_seconds_are_a_part_of_their_own() -> None:
    parts = steady_parts(curve_of(take_of(three_seconds_late)))
    assert [round(late, 1) for _, _, late in parts] == [0.0, 0.4, 0.0]
    first, after, _ = parts[1]
    assert 0.5 * first == pytest.approx(4.0, abs=0.5)
    assert 0.5 * after == pytest.approx(7.0, abs=0.5)


@pytest.mark.parametrize("step", [2, 3])
def test_it_does_not_depend_on_the_frame_rate(step: int) -> None:
    whole, part = (curve_of(take_of(0.3), step=each).seconds for each in (1, step))
    assert np.nanmax(np.abs(whole - part)) < 0.04


@pytest.mark.parametrize(
    "take",
    [
        pytest.param(make_sequence("stand still", seconds=SECONDS), id="standing still"),
        pytest.param(shuffle_frames(make_sequence(seconds=SECONDS)), id="shuffled frames"),
    ],
)
def test_who_does_not_dance_is_seldom_late(take: PoseSequence) -> None:
    found = curve_of(take)
    assert np.isfinite(found.seconds).mean() < 0.2
    assert (found.confidence[np.isnan(found.seconds)] == 0).all()


def test_frames_without_a_body_are_unknown_and_change_nothing_far_from_them() -> None:
    take = make_sequence(seconds=SECONDS, late=0.3, build=SMALL, nobody=[(5, 9)])
    found = curve_of(take)
    inside = (MIDDLES > 5.8) & (MIDDLES < 8.2)
    assert np.isnan(found.seconds[inside]).all()
    outside = (MIDDLES < 4.2) | (MIDDLES > 9.8)
    assert np.nanmax(np.abs(found.seconds[outside] - 0.3)[1:]) < 0.05


def test_nothing_is_known_of_no_frames() -> None:
    found = lateness_curve(np.zeros((0, len(LAGS))), np.zeros(0), np.zeros(0), MIDDLES)
    assert np.isnan(found.seconds).all()
    assert steady_parts(found) == []


def test_one_wrong_half_second_is_no_part() -> None:
    late = np.where(np.arange(20) == 9, 0.4, 0.0)
    ((first, after, usual),) = steady_parts(LatenessCurve(late, np.ones(20)))
    assert (first, after, usual) == (0, 20, 0.0)


def test_what_is_unsure_changes_no_level() -> None:
    late = np.where(np.arange(20) < 10, 0.0, 0.4)
    sure = steady_parts(LatenessCurve(late, np.ones(20)))
    unsure = steady_parts(LatenessCurve(late, np.where(late > 0, 0.01, 1.0)))
    assert [part[:2] for part in sure] == [(0, 10), (10, 20)]
    assert len(unsure) == 1
