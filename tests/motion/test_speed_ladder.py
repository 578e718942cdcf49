"""Progressive speed: twice good is faster, twice failed is slower, up to the top and down to the floor."""

from __future__ import annotations

import itertools

import pytest

from kdance.choices import FASTEST, SLOWEST
from kdance.motion.speed_ladder import STEP, News, SpeedLadder

SCORES = (0.95, 0.8, 0.65, 0.5, 0.3, None, float("nan"))


def climb(ladder: SpeedLadder, *scores: float | None) -> tuple[SpeedLadder, list[News | None]]:
    told = []
    for score in scores:
        ladder, news = ladder.after(score)
        told.append(news)
    return ladder, told


@pytest.mark.parametrize(
    ("scores", "speed"),
    [
        ((0.9,), 0.7),
        ((0.9, 0.8), 0.8),
        ((0.9, 0.7, 0.9), 0.7),
        ((0.9, 0.4, 0.9), 0.7),
        ((0.9, 0.9, 0.9), 0.8),
        ((0.9, 0.9, 0.9, 0.9), 0.9),
        ((0.4,), 0.7),
        ((0.4, 0.49), 0.6),
        ((0.4, 0.5, 0.4), 0.7),
        ((0.4, 0.4, 0.4, 0.4), 0.5),
        ((0.9, None, 0.9), 0.8),
        ((0.4, float("nan"), 0.4), 0.6),
        ((None, None), 0.7),
    ],
)
def test_where_passes_lead(scores: tuple[float | None, ...], speed: float) -> None:
    assert climb(SpeedLadder(0.7), *scores)[0].speed == pytest.approx(speed)


def test_it_ends_at_the_top_and_says_so() -> None:
    ladder, told = climb(SpeedLadder(0.85), *[0.9] * 6)
    assert ladder.speed == 1.0
    assert told == [
        "once_more_for_faster", "faster", "once_more_for_faster", "full_speed", "once_more", "mastered_full_speed",
    ]  # fmt: skip


def test_a_speed_that_was_asked_for_is_the_top() -> None:
    assert climb(SpeedLadder(0.7, top=0.75), *[0.9] * 6)[0].speed == 0.75
    faster, told = climb(SpeedLadder(1.0, top=1.2), *[0.9] * 6)
    assert faster.speed == 1.2
    assert told[1::2] == ["faster", "faster", "mastered"]


def test_it_stays_at_the_floor_and_says_what_else_to_do() -> None:
    ladder, told = climb(SpeedLadder(0.55), *[0.1] * 4)
    assert ladder.speed == SLOWEST
    assert told == [None, "slower", None, "slowest"]


def test_every_change_is_said_and_only_changes_are_told_as_such() -> None:
    for scores in itertools.product(SCORES, repeat=3):
        ladder = SpeedLadder(0.7)
        for score in scores:
            after, news = ladder.after(score)
            assert (after.speed > ladder.speed) == (news in ("faster", "full_speed"))
            assert (after.speed < ladder.speed) == (news == "slower")
            ladder = after


def test_the_speed_stays_within_its_bounds_and_moves_by_a_step() -> None:
    for start in (0.5, 0.62, 0.9, 1.0):
        for scores in itertools.product((0.9, 0.6, 0.2, None), repeat=5):
            ladder = SpeedLadder(start)
            for score in scores:
                after, _ = ladder.after(score)
                assert SLOWEST <= after.speed <= after.top
                assert abs(after.speed - ladder.speed) <= STEP + 1e-9
                ladder = after


def test_better_passes_never_lead_to_a_slower_speed() -> None:
    for low, high in itertools.product((0.2, 0.6, 0.9), repeat=2):
        if low <= high:
            assert climb(SpeedLadder(0.8), *[low] * 4)[0].speed <= climb(SpeedLadder(0.8), *[high] * 4)[0].speed


def test_nobody_seen_changes_nothing() -> None:
    ladder = SpeedLadder(0.7, streak=1)
    assert ladder.after(None) == (ladder, None)
    assert ladder.after(float("nan")) == (ladder, None)


@pytest.mark.parametrize(
    ("speed", "top"), [(0.4, 1.0), (1.1, 1.0), (0.5, 0.4), (1.0, FASTEST + 0.1), (float("nan"), 1)]
)
def test_speeds_out_of_bounds_are_refused(speed: float, top: float) -> None:
    with pytest.raises(ValueError, match="must be"):
        SpeedLadder(speed, top)
