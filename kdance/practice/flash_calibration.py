"""Use case: how late a camera is, without any sound: it looks at the screen, which flashes white.

What the screen itself is late, 10 to 30 ms, is found with it.
"""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np

from kdance.capture.brightness import mean_brightness
from kdance.errors import KdanceError
from kdance.motion.flashes import LATEST, step_delays
from kdance.pose import FloatArray
from kdance.practice.calibration import Calibration, Interruption, LiveSource
from kdance.practice.clocks import CLOCK, Clock

AIMING_S: Final = 5.0
"""Seconds to point the camera at the screen."""
CHANGES: Final = 20
FEWEST: Final = 12
LARGEST_SPREAD: Final = 0.03
_LONG_S: Final = LATEST + 0.1
# Changes are a different while apart each time, so that they fall everywhere between two pictures.
_APART_S: Final = 0.1
_GOLDEN: Final = 0.618034
_WAIT_S: Final = 0.005
_FAR_S: Final = 0.06


class FlashView(Protocol):
    """Shows nothing but white or black."""

    @property
    def wants_to_quit(self) -> bool:
        """Whether the dancer has had enough."""

    def show_flash(self, *, lit: bool) -> None:
        """All of it white, or black."""

    def poll(self, timeout_ms: int = 1) -> None:
        """Let the window breathe and hear keys."""


def calibrate_by_flashes(
    source: LiveSource, view: FlashView, signals: Interruption, *, clock: Clock = CLOCK
) -> Calibration | None:
    """Flash, watch the brightness, and say how late it is seen.

    Args:
        source: An open camera that is pointed at the window, or at a mirror that shows it.
        view: The window.
        signals: Ctrl-C.
        clock: The time that ``source`` goes by, and the date to keep.

    Returns:
        ``None`` when the dancer left before the last flash.

    Raises:
        KdanceError: It isn't a camera, or it doesn't see the flashes.
        CameraLostError: The camera stopped sending pictures.
    """
    if not source.is_live:
        raise KdanceError(f"{source.name} is a recording: only a camera has a delay to measure.", "Give --camera 0.")
    begun = clock.today()
    times: list[float] = []
    levels: list[float] = []
    moments: list[float] = []
    next_change = clock.now() + AIMING_S
    view.show_flash(lit=False)
    while not source.ended:
        if signals.received or view.wants_to_quit:
            return None
        frame = source.read(timeout=_WAIT_S)
        if frame is not None:
            times.append(source.moment_of(frame.time))
            levels.append(mean_brightness(frame.image))
        view.poll()
        if clock.now() < next_change:
            continue
        if len(moments) == CHANGES:
            break
        view.show_flash(lit=len(moments) % 2 == 0)
        view.poll()
        moments.append(clock.now())
        next_change = moments[-1] + _LONG_S + _APART_S * (len(moments) * _GOLDEN % 1)
    lit = 1.0 - np.arange(len(moments)) % 2
    delays = step_delays(np.array(moments), lit, np.array(times), np.array(levels))
    return _calibration(source.name, delays[np.isfinite(delays)], begun.isoformat(timespec="seconds"))


def _calibration(camera: str, delays: FloatArray, begun: str) -> Calibration:
    if len(delays) < FEWEST:
        raise KdanceError(
            f"The camera saw only {len(delays)} of {CHANGES} flashes.",
            "Point it at the screen from near, or hold up a mirror, and make the room darker.",
        )
    near = delays[np.abs(delays - np.median(delays)) < _FAR_S]
    spread = float(near.std())
    if spread > LARGEST_SPREAD or len(near) < FEWEST:
        raise KdanceError(
            "The flashes were not seen equally late.", "Hold the camera still, switch other lamps off, and try again."
        )
    return Calibration(
        camera=camera, delay=round(float(near.mean()), 4), spread=round(spread, 4), raises=len(near), measured_at=begun,
        way="flashes",
    )  # fmt: skip
