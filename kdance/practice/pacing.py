"""A recording shown at its own pace: pictures and sound stay together, however slow the machine is.

Every frame is looked at, so where the pose network takes longer than a frame lasts the pictures come too late. Then the
song is slowed down with them, as in slow practice; where that isn't enough, or the machine is busy for a moment, the
sound stands still until some frames are ready again. Numbers know nothing of it: they go by the frames' time stamps.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Protocol

from kdance.choices import SLOWEST
from kdance.practice.clocks import Clock

if TYPE_CHECKING:
    from kdance.audio.playback import Playback
    from kdance.audio.runs import Run

# The sound stands still where fewer seconds of pictures are ready than what the device was already given, and this.
_RESERVE_S: Final = 0.07
# Of the pace at which frames were made, so that the reserve grows again.
_MARGIN: Final = 0.9
_STEP: Final = 0.05
# A machine that made nearly all that was needed was busy for a moment.
_ENOUGH: Final = 0.93
# After so long without a shortage it is tried some steps faster; after each shortage twice as long.
_PATIENCE_S: Final = 6.0
_MOST_PATIENCE_S: Final = 24.0
_STEPS_BACK: Final = 2
# A picture this much behind its sound is not drawn where another one is ready.
_LATE_S: Final = 0.03

_log = logging.getLogger(__name__)


class Supply(Protocol):
    """What makes the frames: how many there are by now."""

    @property
    def made(self) -> int:
        """Frames made since the beginning."""

    @property
    def waiting(self) -> int:
        """Frames that are ready and not yet taken."""

    @property
    def is_full(self) -> bool:
        """Whether no more can wait, or none will come."""


class Pace:
    """Says when a frame is due, and keeps the sound with the frames.

    Args:
        playback: The song's sound; ``None`` without one: frames are due by the clock.
        supply: Makes the frames.
        fps: Frames a second of the recording.
        clock: The time that passes.

    Attributes:
        factor: Of its own pace at which the recording is shown, at most 1.
    """

    def __init__(self, playback: Playback | None, supply: Supply, fps: float, clock: Clock) -> None:
        self._playback, self._supply, self._fps, self._clock = playback, supply, fps, clock
        self.factor = 1.0
        self._speed = 1.0
        self._is_playing = self._waits = False
        self._began: float | None = None
        self._since, self._made, self._patience = clock.now(), 0, _PATIENCE_S

    @property
    def is_ready(self) -> bool:
        """Whether there are frames enough to begin with."""
        if self._supply.made <= 1:  # the first one takes longer
            self._look_anew()
        if not self._supply.is_full:
            return False
        self._slow_down()
        return True

    def play(self, run: Run) -> None:
        """Let a run be heard."""
        self._speed, self._is_playing, self._waits = run.speed, True, False
        if self._playback is not None:
            self._playback.play(run.at_speed(self._playing))
        self._look_anew()

    def change_speed(self, speed: float) -> None:
        """Go on at another speed of the song."""
        self._speed = speed
        if self._playback is not None:
            self._playback.change_speed(self._playing)

    def stop(self) -> None:
        """Silence."""
        self._is_playing = False
        if self._playback is not None:
            self._playback.stop()

    def left(self, position: float, taken: float) -> float:
        """Seconds until a frame is due; at most a moment, then it is to be asked again.

        Args:
            position: Second of the song at which it was danced.
            taken: Second of the recording.
        """
        now = self._clock.now()
        if self._playback is None:
            if self._began is None:
                self._began = now - taken
            return self._began + taken - now
        if not self._is_playing:
            return 0.0
        self._look(now)
        left = (position - self._playback.position_at(now)) / self._playing
        return min(left, 0.01)

    def waited(self, seconds: float) -> None:
        """The recording stood still for so long."""
        if self._began is not None:
            self._began += seconds

    def is_late(self, position: float) -> bool:
        """Whether the sound is so far ahead of a frame that it need not be drawn: the next one is there."""
        if self._playback is None or not self._is_playing or not self._supply.waiting:
            return False
        return self._playback.position_at(self._clock.now()) - position > _LATE_S * self._playing

    @property
    def _playing(self) -> float:
        """Song seconds a second that are heard."""
        return max(self._speed * self.factor, SLOWEST)

    def _look(self, now: float) -> None:
        """Let the sound wait for the frames, and go on."""
        assert self._playback is not None
        if self._waits:
            if self._supply.is_full:
                self._waits = False
                self._playback.go_on(self._playing)
                self._look_anew()
            return
        if self._supply.is_full:
            if self.factor < 1 and now - self._since > self._patience:
                self._change(min(self.factor + _STEPS_BACK * _STEP, 1.0))
            return
        ready = self._supply.waiting / self._fps * self._speed / self._playing
        if ready < self._playback.latency + _RESERVE_S:
            self._waits = True
            self._playback.stop()
            self._patience = min(2 * self._patience, _MOST_PATIENCE_S)
            self._slow_down()

    def _slow_down(self) -> None:
        """As fast as frames were made since it was looked last, and never faster than before."""
        elapsed = self._clock.now() - self._since
        pace = (self._supply.made - self._made) / (self._fps * elapsed) if elapsed > 0 else 1.0
        if pace < _ENOUGH:
            slowest = min(1.0, SLOWEST / self._speed)
            self._change(min(self.factor, max(slowest, _MARGIN * pace // _STEP * _STEP)))

    def _change(self, factor: float) -> None:
        if factor != self.factor:
            _log.info("the recording is shown at %.2f of its pace", factor)
        self.factor = factor
        if self._is_playing and not self._waits:
            self.change_speed(self._speed)
        self._look_anew()

    def _look_anew(self) -> None:
        self._since, self._made = self._clock.now(), self._supply.made
