"""The delay of a camera that looks at a screen which flashes, on a clock that is set."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np
import pytest

from kdance.errors import KdanceError
from kdance.pose import Frame
from kdance.practice.flash_calibration import CHANGES, calibrate_by_flashes
from kdance.practice.signals import StopSignals
from tests.session_factory import SetClock

NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


@dataclass
class Screen:
    """A window that is white or black, and remembers when."""

    clock: SetClock
    wants_to_quit: bool = False
    since: list[tuple[float, bool]] = field(default_factory=list)
    quit_after: int = 10_000

    def show_flash(self, *, lit: bool) -> None:
        self.since.append((self.clock.time, lit))
        self.wants_to_quit = len(self.since) > self.quit_after

    def poll(self, timeout_ms: int = 1) -> None:
        self.clock.sleep(0.001 * timeout_ms)

    def light(self, begin: float, end: float) -> float:
        """Share of a while in which it was white."""
        ends = [*(at for at, _ in self.since[1:]), np.inf]
        lit = [(at, until) for (at, is_lit), until in zip(self.since, ends, strict=True) if is_lit]
        return sum(max(0.0, min(end, until) - max(begin, at)) for at, until in lit) / (end - begin)


class Camera:
    """Looks at the screen: each picture was exposed for a while, some time before it comes out."""

    name, is_live, ended = "camera 0", True, False

    def __init__(
        self, screen: Screen, *, fps: float, delay: float, exposure: float, swing: float, noise: float
    ) -> None:
        self._screen, self._fps, self._delay, self._exposure = screen, fps, delay, exposure
        self._swing, self._noise, self._random = swing, noise, np.random.default_rng(3)
        self._zero, self._taken = screen.clock.time, 0

    def moment_of(self, time: float) -> float:
        return self._zero + time

    def read(self, timeout: float = 0.0) -> Frame | None:
        due = self._zero + (self._taken + 1) / self._fps
        left = due - self._screen.clock.time
        if left > timeout:
            self._screen.clock.sleep(timeout)
            return None
        self._screen.clock.sleep(max(left, 0.0))
        self._taken += 1
        middle = due - self._delay
        light = self._screen.light(middle - self._exposure / 2, middle + self._exposure / 2)
        level = 60 + self._swing * light + self._noise * self._random.normal()
        return Frame(np.full((24, 32, 3), np.clip(level, 0, 255), np.uint8), due - self._zero)


def measure(*, quit_after: int = 10_000, **camera: float):  # type: ignore[no-untyped-def]
    clock = SetClock()
    screen = Screen(clock, quit_after=quit_after)
    usual = {"fps": 30.0, "delay": 0.08, "exposure": 0.015, "swing": 100.0, "noise": 0.5}
    source = Camera(screen, **{**usual, **camera})
    return calibrate_by_flashes(source, screen, StopSignals(), clock=replace(clock.clock, today=lambda: NOW))


@pytest.mark.parametrize("delay", [0.02, 0.033, 0.08, 0.15, 0.3])
@pytest.mark.parametrize("fps", [15.0, 30.0, 60.0])
def test_a_delay_is_found_within_ten_milliseconds(delay: float, fps: float) -> None:
    found = measure(fps=fps, delay=delay)
    assert found.delay == pytest.approx(delay, abs=0.01)
    assert (found.way, found.camera, found.measured_at) == ("flashes", "camera 0", NOW.isoformat(timespec="seconds"))


@pytest.mark.parametrize("exposure", [0.001, 0.033])
def test_however_long_a_picture_is_exposed(exposure: float) -> None:
    assert measure(exposure=exposure).delay == pytest.approx(0.08, abs=0.01)


def test_a_faint_reflection_is_enough() -> None:
    assert measure(swing=12.0).delay == pytest.approx(0.08, abs=0.01)


@pytest.mark.parametrize("camera", [{"swing": 0.0}, {"swing": 0.0, "noise": 8.0}, {"delay": 0.9}])
def test_a_camera_that_looks_elsewhere_is_told(camera: dict[str, float]) -> None:
    with pytest.raises(KdanceError, match="flashes") as caught:
        measure(**camera)
    assert caught.value.hint


def test_who_leaves_has_measured_nothing() -> None:
    assert measure(quit_after=CHANGES // 2) is None
