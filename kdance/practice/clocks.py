"""The time that passes while practising, and which second of the song it is at a moment of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol

from kdance.audio.runs import Run

if TYPE_CHECKING:
    from kdance.audio.playback import Playback


def _today() -> datetime:
    return datetime.now().astimezone()


@dataclass(frozen=True, slots=True)
class Clock:
    """The time that passes; nothing in practice asks the machine for it anywhere else, so that a test can set it.

    Attributes:
        now: Seconds of ``time.monotonic()``, which cameras and sound devices go by.
        sleep: Lets so many seconds pass.
        stopwatch: Seconds as fine as the machine counts them, to measure how long something takes.
        today: Date and time, with the time zone.
    """

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    stopwatch: Callable[[], float] = time.perf_counter
    today: Callable[[], datetime] = _today


CLOCK: Final = Clock()
"""The machine's."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a song's clock said when it was asked.

    Attributes:
        moment: When that was.
        position: Second of the song.
        speed: Song seconds a second; 0 where it stands still.
    """

    moment: float
    position: float
    speed: float

    def at(self, moment: float) -> float:
        """Second of the song at an earlier moment of the same speed."""
        return self.position - self.speed * (self.moment - moment)


class SongClock(Protocol):
    """Turns moments into seconds of the song."""

    def play(self, run: Run, moment: float) -> None:
        """Begin a run, its count-in first."""

    def change_speed(self, speed: float, moment: float) -> None:
        """Go on from here at another speed."""

    def stop(self, moment: float) -> None:
        """Stay where it is."""

    def position_at(self, moment: float) -> float:
        """Second of the song at a moment."""


class SongSound(Protocol):
    """Lets the song be heard."""

    def play(self, run: Run) -> None:
        """Begin a run."""

    def change_speed(self, speed: float) -> None:
        """Go on at another speed."""

    def stop(self) -> None:
        """Silence."""


class TakeClock:
    """The song along a recording's own time stamps, so that the same take always gives the same report.

    Args:
        sound: Where the song is heard beside it, if anywhere.
    """

    def __init__(self, sound: SongSound | None = None) -> None:
        self._sound = sound
        self._anchor = self._position = 0.0
        self._speed = 1.0

    def play(self, run: Run, moment: float) -> None:
        """Begin a run at exactly this moment."""
        self._anchor, self._position, self._speed = moment, run.start - run.lead_in, run.speed
        if self._sound is not None:
            self._sound.play(run)

    def change_speed(self, speed: float, moment: float) -> None:
        """Go on from here at another speed."""
        self._anchor, self._position, self._speed = moment, self.position_at(moment), speed
        if self._sound is not None:
            self._sound.change_speed(speed)

    def stop(self, moment: float) -> None:
        """Stay where it is."""
        self._anchor, self._position, self._speed = moment, self.position_at(moment), 0.0
        if self._sound is not None:
            self._sound.stop()

    def position_at(self, moment: float) -> float:
        """Second of the song at a moment of the recording."""
        return self._position + self._speed * (moment - self._anchor)


class SoundClock:
    """The song as it is heard: the sound device is the master, and moments are ``time.monotonic()``."""

    def __init__(self, playback: Playback) -> None:
        self._playback = playback

    def play(self, run: Run, moment: float) -> None:
        """Begin a run as soon as the device can."""
        self._playback.play(run)

    def change_speed(self, speed: float, moment: float) -> None:
        """Go on at another speed as soon as it can be heard."""
        self._playback.change_speed(speed)

    def stop(self, moment: float) -> None:
        """Be silent, and stay where it is."""
        self._playback.stop()

    def position_at(self, moment: float) -> float:
        """Second of the song that is heard at a moment."""
        return self._playback.position_at(moment)
