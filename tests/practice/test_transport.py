"""Where the song is: runs, loops, jumps, pauses and speeds, on a recording's clock."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from kdance.audio.runs import Run
from kdance.choices import FASTEST, SLOWEST
from kdance.motion.counts import CountGrid
from kdance.practice.clocks import TakeClock
from kdance.practice.transport import Practice, Transport

GRID = CountGrid(seconds_per_count=0.5, first=2.0)  # 8-counts at 2, 6, 10, 14 s
DURATION = 18.0
PERIOD = DURATION + 1 / 31


def transport(*, grid: CountGrid | None = GRID, **practice: object) -> Transport:
    return Transport(TakeClock(), DURATION, PERIOD, grid, Practice(**practice))  # type: ignore[arg-type]


def begun(**practice: object) -> Transport:
    song = transport(**practice)  # type: ignore[arg-type]
    song.begin(0.0)
    return song


def danced(song: Transport, until: float, step: float = 1 / 30) -> list[tuple[int, float]]:
    """Run and position of every frame that is danced."""
    found = []
    for moment in np.arange(0, until, step):
        song.advance(float(moment))
        place = song.place(float(moment))
        if place.phase == "dancing":
            found.append((place.run, place.position))
    return found


def test_a_song_runs_once_and_is_over() -> None:
    song = begun()
    frames = danced(song, 20.0)
    assert {run for run, _ in frames} == {0}
    np.testing.assert_allclose([position for _, position in frames], np.arange(len(frames)) / 30)
    assert frames[-1][1] == pytest.approx(DURATION, abs=1 / 30)
    assert song.phase == "over"


@pytest.mark.parametrize("speed", [0.5, 0.75, 1.0, 1.5])
def test_speed_is_song_seconds_a_second(speed: float) -> None:
    song = begun(speed=speed)
    assert song.place(4.0).position == pytest.approx(4 * speed)
    assert len(danced(song, 50.0)) == pytest.approx(DURATION / speed * 30, abs=2)


def test_the_whole_song_goes_round_without_a_seam() -> None:
    """As ``mod`` would have it: a looped recording is scored as if it had been cut."""
    frames = danced(begun(loop=True), 60.0)
    moments = np.arange(0, 60.0, 1 / 30)
    assert len(frames) == len(moments)
    np.testing.assert_allclose([position for _, position in frames], np.mod(moments, PERIOD), atol=1e-6)
    assert [run for run, _ in frames] == [int(moment / PERIOD + 1e-9) for moment in moments]


def test_a_part_goes_round_between_its_ends() -> None:
    frames = danced(begun(start=6.0, end=10.0, loop=True), 30.0)
    positions = np.array([position for _, position in frames])
    assert positions.min() >= 6.0
    assert positions.max() < 10.0
    assert frames[-1][0] == 7


def test_a_part_that_is_not_looped_ends_with_it() -> None:
    song = begun(start=6.0, end=10.0)
    frames = danced(song, 30.0)
    assert song.phase == "over"
    assert frames[-1][1] == pytest.approx(10.0, abs=1 / 30)


@pytest.mark.parametrize("speed", [0.5, 1.0, 1.25])
def test_each_start_is_counted_in_at_the_song_s_tempo(speed: float) -> None:
    song = begun(start=6.0, end=10.0, loop=True, count_in=True, speed=speed)
    beat = GRID.seconds_per_count / speed
    for turn in range(3):
        start = turn * (4 * beat + 4.0 / speed)
        for number in range(4):
            song.advance(start + (number + 0.5) * beat)
            place = song.place(start + (number + 0.5) * beat)
            assert (place.phase, place.count, place.run) == ("count-in", 5 + number, turn)
            assert place.position < 6.0
        song.advance(start + 4.5 * beat)
        place = song.place(start + 4.5 * beat)
        assert (place.phase, place.count) == ("dancing", 1)
        song.advance(start + 4 * beat + 4.0 / speed + 1e-6)


def test_clicks_lead_to_the_start() -> None:
    runs: list[Run] = []

    class Listening(TakeClock):
        def play(self, run: Run, moment: float) -> None:
            runs.append(run)
            super().play(run, moment)

    song = Transport(Listening(), DURATION, PERIOD, GRID, Practice(start=0.0, count_in=True))
    song.begin(0.0)
    assert runs[0].clicks == (-2.0, -1.5, -1.0, -0.5)
    assert runs[0].begin == -2.0


def test_without_counts_it_is_counted_in_as_well() -> None:
    song = transport(grid=None, count_in=True)
    song.begin(0.0)
    assert song.place(0.1).count == 5
    assert song.place(2.1).count is None  # nobody knows the counts of the song itself


def test_a_pause_stands_still_and_goes_on_from_there() -> None:
    song = begun()
    song.pause(3.0)
    assert song.place(9.0).position == pytest.approx(3.0)
    assert song.place(9.0).phase == "paused"
    song.go_on(9.0)
    assert song.place(9.5).position == pytest.approx(3.5)
    assert song.place(9.5).run == 1
    counted = begun(count_in=True)
    counted.pause(1.0)  # in the middle of the count-in
    counted.go_on(5.0)
    assert counted.place(5.0).position == pytest.approx(-2.0)


@pytest.mark.parametrize(
    ("at", "eights", "to"),
    [(3.0, 1, 6.0), (3.5, -1, 2.0), (2.5, -1, 0.0), (7.5, -2, 2.0), (7.0, 2, 14.0), (7.0, 99, 14.0), (7.0, -99, 0.0)],
)
def test_jumps_go_from_one_to_another_8_count(at: float, eights: int, to: float) -> None:
    song = begun()
    assert song.jump(eights, at) == pytest.approx(to)
    assert song.place(at).position == pytest.approx(to)
    assert song.place(at).run == 1


def test_a_and_b_take_the_8_count_under_way() -> None:
    song = begun()
    assert song.set_a(7.3) == 6.0
    assert song.set_b(11.0) == 14.0
    assert (song.a, song.b, song.looping) == (6.0, 14.0, True)
    assert song.advance(14.01)
    assert song.place(14.01).position == pytest.approx(6.01)


def test_b_before_a_forgets_a() -> None:
    song = begun()
    song.set_a(11.0)
    song.jump(-9, 11.5)
    assert song.set_b(12.0) == 2.0
    assert (song.a, song.b) == (None, 2.0)


def test_a_loop_that_is_taken_away_dances_on_to_the_end() -> None:
    song = begun(start=6.0)
    song.set_b(1.0)
    assert song.toggle_loop() is False
    assert not song.advance(5.0)  # behind B
    assert song.place(5.0).position == pytest.approx(11.0)
    assert song.toggle_loop() is True
    assert song.b == 10.0


def test_who_jumps_behind_the_loop_dances_on_and_then_returns_to_it() -> None:
    song = begun(start=2.0, end=6.0, loop=True)
    song.jump(2, 1.0)
    assert song.place(1.0).position == 10.0
    assert song.advance(9.1)
    assert song.place(9.1).position == pytest.approx(2.1)


def test_a_change_of_speed_goes_on_from_where_it_is() -> None:
    song = begun()
    song.change_speed(0.5, 4.0)
    assert song.place(4.0).position == pytest.approx(4.0)
    assert song.place(6.0).position == pytest.approx(5.0)
    for asked, got in [(0.1, SLOWEST), (9.0, FASTEST)]:
        song.change_speed(asked, 6.0)
        assert song.speed == got


def test_speed_may_be_changed_in_a_pause() -> None:
    song = begun()
    song.pause(2.0)
    song.change_speed(0.5, 3.0)
    assert song.place(4.0).position == pytest.approx(2.0)
    song.go_on(5.0)
    assert song.place(6.0).position == pytest.approx(2.5)


def test_restart_goes_to_a_or_the_beginning() -> None:
    song = begun()
    song.restart(5.0)
    assert song.place(5.0).position == 0.0
    song.set_a(12.0)  # at 7 s of the song
    song.restart(13.0)
    assert song.place(13.0).position == 6.0


def test_positions_only_run_forward_within_a_run() -> None:
    rng = np.random.default_rng(5)
    song = begun(count_in=True, loop=True)
    last: dict[int, float] = {}
    moment = 0.0
    for _ in range(3000):
        moment += float(rng.uniform(0.001, 0.05))
        keys = {0: song.pause, 1: song.go_on, 2: song.restart, 3: song.set_a, 4: song.set_b}
        number = int(rng.integers(200))
        if number in keys:
            keys[number](moment)
        elif number == 5:
            song.jump(int(rng.integers(-3, 4)), moment)
        elif number == 6:
            song.change_speed(float(rng.uniform(0.4, 1.6)), moment)
        song.advance(moment)
        place = song.place(moment)
        assert math.isfinite(place.position)
        assert place.position >= last.get(place.run, -math.inf) - 1e-9
        assert place.position <= PERIOD + 0.1
        last[place.run] = place.position
    assert len(last) > 5


# -- frames that arrive late -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("speed", [0.5, 1.0, 1.5])
@pytest.mark.parametrize("count_in", [False, True])
def test_a_frame_from_before_a_turn_of_the_loop_belongs_to_the_run_before_it(speed: float, count_in: bool) -> None:
    song = begun(start=6.0, end=10.0, loop=True, speed=speed, count_in=count_in)
    first = song.place(1e-9).position
    turn = (10.0 - first) / speed
    assert song.advance(turn + 0.02)
    before, after = song.place(turn - 0.1), song.place(turn + 0.03)
    assert (before.run, before.phase) == (0, "dancing")
    assert before.position == pytest.approx(10.0 - 0.1 * speed)
    assert after.run == 1
    assert after.position == pytest.approx(first + 0.03 * speed)


def test_a_frame_from_before_the_end_of_the_song_was_danced() -> None:
    song = begun()
    assert song.advance(DURATION + 0.05)
    assert song.place(DURATION - 0.2).phase == "dancing"
    assert song.place(DURATION - 0.2).position == pytest.approx(DURATION - 0.2)
    assert song.place(DURATION + 0.05).phase == "over"


@pytest.mark.parametrize("interrupt", [Transport.pause, Transport.restart, lambda song, moment: song.jump(1, moment)])
@pytest.mark.parametrize("count_in", [False, True])
def test_a_key_changes_nothing_about_the_frames_before_it(
    interrupt: Callable[[Transport, float], object], count_in: bool
) -> None:
    song = begun(count_in=count_in)
    moments = np.arange(0.0, 4.0, 0.1)
    before = [song.place(float(moment)) for moment in moments]
    for moment in moments:
        song.advance(float(moment))
    interrupt(song, 4.0)
    after = [song.place(float(moment)) for moment in moments]
    assert [(place.run, place.phase) for place in after] == [(place.run, place.phase) for place in before]
    np.testing.assert_allclose([place.position for place in after], [place.position for place in before], atol=1e-9)


def test_late_frames_lose_nothing_of_a_loop() -> None:
    """Seen 0.2 s late they are the same frames, run by run."""
    places = []
    for late in (0.0, 0.2):
        song = begun(start=6.0, end=10.0, loop=True)
        for moment in np.arange(0.01, 30.0, 1 / 30):
            song.advance(float(moment) + late)
            places.append(song.place(float(moment)))
    at_once, seen_late = places[: len(places) // 2], places[len(places) // 2 :]
    assert [(place.run, place.phase) for place in seen_late] == [(place.run, "dancing") for place in at_once]
    np.testing.assert_allclose([place.position for place in seen_late], [place.position for place in at_once])


def test_frames_from_before_a_change_of_speed_were_danced_at_the_speed_before() -> None:
    song = begun()
    song.change_speed(0.5, 4.0)
    song.advance(4.2)
    assert song.place(3.8).position == pytest.approx(3.8)
    assert song.place(4.1).position == pytest.approx(4.05)
    assert song.place(3.8).run == song.place(4.1).run == 0


class CountedClock(TakeClock):
    """Counts how often it is asked."""

    asked = 0

    def position_at(self, moment: float) -> float:
        self.asked += 1
        return super().position_at(moment)


@pytest.mark.parametrize("paused", [False, True])
def test_the_song_s_clock_is_asked_once_a_frame(paused: bool) -> None:
    clock = CountedClock()
    song = Transport(clock, DURATION, PERIOD, GRID, Practice(count_in=True))
    song.begin(0.0)
    if paused:
        song.pause(1.0)
    clock.asked = 0
    frames = np.arange(1.1, 9.0, 1 / 30)
    for moment in frames:
        song.advance(float(moment))
        song.place(float(moment) - 0.2)
        song.song(float(moment))
    assert clock.asked == len(frames)
