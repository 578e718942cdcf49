"""What is danced, found out while it is danced: the report's answer, early enough, and never a wrong one on the way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from kdance.motion.formula import Floor
from kdance.motion.live_fit import LiveFit
from kdance.motion.live_search import LATENESSES, STILL_FITS, HypothesisSearch
from kdance.motion.pose_normalization import normalize
from kdance.motion.scoring import FrameScores
from kdance.motion.settled_scores import SETTLED_S
from kdance.motion.timeline import SNAPSHOT_S, observe, timestamps
from kdance.motion.timing import far_lateness
from kdance.pose import PoseSequence
from tests.motion_factory import (
    SMALL,
    STOCKY,
    JointError,
    chance,
    keep_frames,
    make_sequence,
    mirror_take,
    nobody_for,
    poses_of,
    reference,
    score,
)

FPS, SECONDS = 15, 9
OTHERS = [make_sequence("dance", seed=seed, fps=FPS, seconds=SECONDS) for seed in (2, 5, 8)]


def take_of(motion: str = "dance", **options: object) -> PoseSequence:
    return make_sequence(motion, **{"fps": FPS, "seconds": SECONDS} | options)  # type: ignore[arg-type]


def watch(take: PoseSequence, *, mirrored: bool | None = None) -> tuple[LiveFit, list[bool | None]]:
    """All of a take, and which side was told after each frame."""
    fit, told = LiveFit(reference(), chance(), mirrored=mirrored), []
    for pose, time in zip(poses_of(take), take.times, strict=True):
        fit.update(pose, float(time), float(time))
        told.append(fit.mirrored)
    return fit, told


def search_of(take: PoseSequence) -> HypothesisSearch:
    search, body = HypothesisSearch(reference(), Floor.of(chance())), normalize(take)
    for index, time in enumerate(take.times):
        search.update(body[index], float(time), float(time))
        if index % 8 == 0:
            search.judge()
    return search


@pytest.mark.parametrize("late", [-0.8, 0.3, 1.8])
@pytest.mark.parametrize("mirrored", [False, True])
def test_lateness_and_side_are_known_after_four_seconds(late: float, mirrored: bool) -> None:
    take = take_of(late=late, build=SMALL, seconds=abs(late) + 5.5)
    fit, told = watch(mirror_take(take) if mirrored else take)
    assert told[-1] is mirrored
    assert fit.lateness.seconds == pytest.approx(late, abs=0.05)


@pytest.mark.parametrize("late", [0.0, 1.5])
def test_the_other_side_is_never_told_on_the_way(late: float) -> None:
    _, told = watch(take_of(late=late, build=STOCKY, jitter=0.01))
    assert True not in told


@pytest.mark.parametrize(
    "take", [*OTHERS, take_of("stand still"), nobody_for(SECONDS * FPS, fps=FPS)], ids=[*"abc", "still", "nobody"]
)
def test_of_another_dance_no_side_and_no_lateness_is_told(take: PoseSequence) -> None:
    fit, told = watch(take)
    assert True not in told
    assert fit.lateness.seconds is None


def test_nothing_fits_another_dance_and_something_always_fits_this_one() -> None:
    others = [search_of(take) for take in OTHERS]
    assert np.median([search.fits_so_far for search in others]) < STILL_FITS  # by the best of 122 hypotheses
    assert any(search.nothing_fits for search in others)
    for take in (take_of(late=1.5), mirror_take(take_of()), take_of(late=-0.5, build=STOCKY)):
        search, body = HypothesisSearch(reference(), Floor.of(chance())), normalize(take)
        for index, time in enumerate(take.times):
            search.update(body[index], float(time), float(time))
            assert not search.nothing_fits


def test_the_mirror_image_is_the_dance_with_the_sides_changed() -> None:
    take = take_of(late=0.4, build=SMALL)
    plain, image = search_of(take), search_of(mirror_take(take))
    np.testing.assert_allclose(plain._means(), image._means()[::-1], atol=1e-5)
    assert plain.best == replace(image.best, mirrored=False)


def test_what_fits_best_is_the_lateness_danced() -> None:
    for late in (-1.0, 0.2, 1.4):
        means = search_of(take_of(late=late, seconds=8.0))._means()
        assert LATENESSES[means[0].argmax()] == pytest.approx(late, abs=0.07)


def test_work_that_a_busy_frame_leaves_to_the_next_changes_nothing() -> None:
    take = make_sequence("dance", fps=30, seconds=4, late=0.3, build=SMALL)
    body = normalize(take)
    even, uneven = (HypothesisSearch(reference(), Floor.of(chance())) for _ in range(2))
    for index, time in enumerate(take.times.tolist()):
        even.update(body[index], time, time)
        uneven.update(body[index], time, time, is_busy=index % 2 == 0)
        assert even.fits_so_far == uneven.fits_so_far
        assert even.moved == uneven.moved
        if index % 15 == 0:
            assert even.judge() == uneven.judge()
    assert even.fits_so_far > STILL_FITS


@pytest.mark.parametrize("late", [0.9, 0.6, lambda t: 0.1 + 0.08 * t, lambda t: 0.1 + 0.1 * t])
def test_it_is_looked_elsewhere_where_a_report_would(late: Any) -> None:
    take = take_of(late=late)
    search, report = search_of(take), far_lateness(normalize(take), take.times, reference(), take.times)
    assert search.best.around == pytest.approx(report, abs=0.15)
    assert (search.best.around != 0) == (not callable(late))  # who gets ever later is not far late


def test_the_search_does_not_depend_on_the_frame_rate() -> None:
    options = {"late": 0.6, "build": SMALL, "seconds": 7.0}
    slow, fast = (search_of(make_sequence("dance", fps=fps, **options)) for fps in (15, 60))  # type: ignore[arg-type]
    assert slow.best.around == pytest.approx(fast.best.around, abs=0.07)
    assert slow.fits_so_far == pytest.approx(fast.fits_so_far, abs=0.05)


@pytest.mark.parametrize("fps", [8, 15])
def test_who_is_far_late_is_found_through_moments_in_which_nobody_is_seen(fps: int) -> None:
    holes = [(second, second + 0.1) for second in np.arange(1.0, SECONDS)]
    fit, _ = watch(take_of(late=0.8, fps=fps, build=SMALL, jitter=0.005, nobody=holes))
    assert fit.lateness.seconds == pytest.approx(0.8, abs=0.05)


def test_who_said_which_side_they_dance_is_believed() -> None:
    fit, told = watch(take_of(), mirrored=True)
    assert set(told) == {True}
    assert not fit.is_this_dance


def settled_rows(fit: LiveFit, take: PoseSequence) -> dict[float, float]:
    """The score of each half second, two seconds after it."""
    found, ends = {}, list(timestamps(float(take.times[-1])))
    for pose, time in zip(poses_of(take), take.times, strict=True):
        while ends and time > ends[0] + SETTLED_S:
            end = ends.pop(0)
            found[float(end)] = observe(fit.best.settled(end - SNAPSHOT_S), float(end)).combined
        fit.update(pose, float(time), float(time))
    return found


@pytest.mark.parametrize(
    "take",
    [
        take_of(build=SMALL, jitter=0.01),
        take_of(late=0.2, errors=[JointError("left_shoulder", -40, 4.0, 7.0)]),
        take_of(late=lambda t: np.where(t > 5, 0.3, 0.0)),
        take_of(late=0.9),
        take_of(nobody=[(5.0, 5.6)]),
        keep_frames(take_of(fps=24), np.random.default_rng(1).random(24 * SECONDS) < 0.6),
    ],
    ids=["same", "arm", "late in part", "late", "gone", "dropped"],
)
def test_two_seconds_later_a_half_second_has_the_reports_score(take: PoseSequence) -> None:
    frames: FrameScores = score(take).frames
    live = settled_rows(LiveFit(reference(), chance()), take)
    wanted = {end: observe(frames, end).combined for end in live}
    late = [end for end in live if end > 4.0 and np.isfinite(wanted[end])]
    assert len(late) >= 4
    off = np.array([abs(live[end] - wanted[end]) for end in late])
    assert np.median(off) <= 0.04
    assert off.max() <= 0.10


def test_a_new_run_keeps_what_is_danced() -> None:
    fit, _ = watch(mirror_take(take_of(late=0.8, seconds=6.5)))
    fit.begin_run()
    take = mirror_take(take_of(late=0.8, seconds=2.0))
    for pose, time in zip(poses_of(take), take.times, strict=True):
        fit.update(pose, float(time), float(time), taken=10.0 + float(time))
    assert fit.mirrored
    assert fit.lateness.seconds == pytest.approx(0.8, abs=0.05)
