"""The keys of a replay."""

from __future__ import annotations

import pytest

from kdance.replay.playhead import SPEEDS, Playhead


def head(moments: tuple[float, ...] = (2.0, 5.0, 8.0)) -> Playhead:
    return Playhead(0.0, 10.0, moments, lambda moment: (max(moment - 1, 0), min(moment + 1, 10)))


def test_time_passes_and_stands_still_at_the_end() -> None:
    it = head()
    it.advance(4.0)
    assert it.now == 4.0
    it.advance(100.0)
    assert (it.now, it.paused) == (10.0, True)
    it.press("space")
    assert (it.now, it.paused) == (0.0, False)


def test_space_pauses_and_goes_on() -> None:
    it = head()
    it.press("space")
    it.advance(1.0)
    assert it.now == 0.0
    it.press("space")
    it.advance(1.0)
    assert it.now == 1.0


def test_slower_and_full_speed_again() -> None:
    it = head()
    passed = []
    for _ in SPEEDS:
        before = it.now
        it.advance(1.0)
        passed.append(it.now - before)
        it.press("s")
    assert tuple(passed) == SPEEDS
    assert it.speed == 1.0


@pytest.mark.parametrize(("key", "expected"), [("n", [2.0, 5.0, 8.0, 2.0]), ("p", [8.0, 5.0, 2.0, 8.0])])
def test_from_moment_to_moment_and_round(key: str, expected: list[float]) -> None:
    it, seen = head(), []
    for _ in expected:
        it.press(key)
        seen.append(it.now)
        assert it.paused
    assert seen == expected


def test_no_moments_no_jump() -> None:
    it = head(())
    it.advance(3.0)
    it.press("n")
    it.press("p")
    assert (it.now, it.paused) == (3.0, False)


def test_seeking_stays_in_the_take() -> None:
    it = head()
    it.press("left")
    assert it.now == 0.0
    for _ in range(9):
        it.press("right")
    assert it.now == 10.0


def test_a_loop_goes_round_until_it_is_left() -> None:
    it = head()
    it.advance(4.0)
    it.press("l")
    assert it.loop == (3.0, 5.0)
    it.advance(1.5)
    assert it.now == pytest.approx(3.5)
    it.advance(20.2)  # a long step goes round as often as it takes
    assert 3.0 <= it.now < 5.0
    it.press("n")
    assert it.loop is not None  # 5.0 is its end
    it.press("n")
    assert it.loop is None


def test_l_again_ends_the_loop() -> None:
    it = head()
    it.press("l")
    it.press("l")
    assert it.loop is None


@pytest.mark.parametrize("key", ["q", "esc"])
def test_the_dancer_has_seen_enough(key: str) -> None:
    it = head()
    it.press("x")
    assert not it.over
    it.press(key)
    assert it.over


def test_moments_outside_of_the_take_are_pulled_in() -> None:
    assert head((-3.0, 99.0)).moments == [0.0, 10.0]
