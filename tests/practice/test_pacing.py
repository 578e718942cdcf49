"""A recording on machines that are too slow for it, on a clock that is set: pictures and sound stay together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from kdance.audio.playback import Playback
from kdance.audio.runs import Run
from kdance.practice.pacing import Pace
from tests.session_factory import SetClock, SetSink

FPS = 30.0
ROOM = 12
FRAMES = 450


@dataclass
class Network:
    """Makes frames in the time that is set.

    Args:
        clock: The time.
        takes: Seconds that a frame takes, by its number.
    """

    clock: SetClock
    takes: Callable[[int], float]
    made: int = 0
    taken: int = 0
    _next: float | None = None
    _stood_still: bool = False

    def work(self) -> None:
        """Make what has been made by now."""
        if self._next is None:
            self._next = self.clock.time + self.takes(0)
        if self._stood_still and self.waiting < ROOM:
            self._next = self.clock.time + self.takes(self.made)
        while self.made < FRAMES and self.waiting < ROOM and self.clock.time >= self._next:
            self.made += 1
            self._next += self.takes(self.made)
        self._stood_still = self.waiting >= ROOM

    @property
    def waiting(self) -> int:
        return self.made - self.taken

    @property
    def is_full(self) -> bool:
        return self.waiting >= ROOM or self.made == FRAMES


@dataclass
class Shown:
    """What a recording looked like: seconds of the sound ahead of each picture that was drawn, and its own seconds."""

    ahead: np.ndarray
    positions: np.ndarray
    took: float


def show(takes: Callable[[int], float], *, draws: float = 0.005, speed: float = 1.0) -> Shown:
    """Show 15 seconds of a recording as the loop does."""
    clock = SetClock()
    network = Network(clock, takes)
    clock.listeners.append(network.work)
    ahead, positions = [], []
    with Playback(None, SetSink.rate, SetSink(clock)) as playback:
        pace = Pace(playback, network, FPS, clock.clock)
        while not pace.is_ready:
            clock.sleep(0.002)
        begin = clock.time
        pace.play(Run(0.0, 60.0, speed))
        for frame in range(FRAMES):
            while not network.waiting:
                clock.sleep(0.002)
            network.taken += 1
            position = speed * frame / FPS
            while (left := pace.left(position, frame / FPS)) > 0:
                clock.sleep(max(min(left, 0.002), 0.001))
            if not pace.is_late(position):
                clock.sleep(draws)
                ahead.append((playback.position_at(clock.time) - position) / speed)
                positions.append(position)
        return Shown(np.array(ahead), np.array(positions), clock.time - begin)


@pytest.mark.parametrize("milliseconds", [5, 15, 30, 35, 45, 58, 80, 120])
def test_sound_and_pictures_stay_together_however_long_a_frame_takes(milliseconds: int) -> None:
    shown = show(lambda _: milliseconds / 1000)
    assert np.abs(shown.ahead).max() < 0.05
    assert len(shown.positions) == FRAMES, "all are drawn where drawing isn't what is slow"
    needed = max(FRAMES / FPS, FRAMES * milliseconds / 1000)
    assert shown.took < 1.35 * needed + 1.0, "and it is not much slower than it has to be"


def test_a_machine_that_can_shows_it_at_its_own_pace() -> None:
    assert show(lambda _: 0.02).took == pytest.approx(FRAMES / FPS, abs=0.2)


def test_a_machine_that_is_busy_for_a_moment_makes_the_sound_wait() -> None:
    shown = show(lambda frame: 1.0 if frame == 200 else 0.02)
    assert np.abs(shown.ahead).max() < 0.05
    assert shown.took == pytest.approx(FRAMES / FPS + 1.0, abs=0.6)


@pytest.mark.parametrize("speed", [0.5, 0.75, 1.5])
def test_slow_and_fast_songs_wait_as_well(speed: float) -> None:
    for takes in (0.02, 0.05):
        assert np.abs(show(lambda _, takes=takes: takes, speed=speed).ahead).max() < 0.05


def test_where_drawing_is_slow_pictures_are_left_out_and_the_rest_is_in_step() -> None:
    shown = show(lambda _: 0.01, draws=0.045)
    assert np.abs(shown.ahead).max() < 0.09  # it takes half of that to draw one
    assert shown.took == pytest.approx(FRAMES / FPS, abs=0.3)
    assert FRAMES / 3 < len(shown.positions) < FRAMES


def test_without_sound_frames_come_by_the_clock() -> None:
    clock = SetClock()
    pace = Pace(None, Network(clock, lambda _: 0.01), FPS, clock.clock)
    assert pace.left(0.0, 0.0) == 0.0
    clock.sleep(0.5)
    assert pace.left(2.0, 2.0) == pytest.approx(1.5)
    pace.waited(1.0)
    assert pace.left(2.0, 2.0) == pytest.approx(2.5)
