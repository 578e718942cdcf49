"""One run of a practice as sound: the song from a place on, the count-in before it, silence after it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kdance.audio.clicks import add_sound, click_sound
from kdance.audio.stretch import Samples, SongStream, crossfade
from kdance.choices import FASTEST, SLOWEST

DUCKED = 0.3  # how loud the song is under the clicks of the count-in
EDGE = 0.005  # seconds in which the song comes and goes: too short to hear, too long to crackle
_RISE = 0.05  # seconds in which the song gets loud again before the "1"


@dataclass(frozen=True, slots=True)
class Run:
    """One uninterrupted stretch of the song.

    Attributes:
        start: Second of the song at which the dance counts, after the count-in.
        end: Second of the song at which the sound stops.
        speed: Song seconds per second, :data:`kdance.choices.SLOWEST` to ``FASTEST``.
        lead_in: Song seconds before ``start`` that are counted in.
        clicks: Seconds of the song at which a click sounds, ascending, may be < 0; the first one has the accent.
    """

    start: float
    end: float
    speed: float = 1.0
    lead_in: float = 0.0
    clicks: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not self.start <= self.end:
            raise ValueError(f"a run must not end before it starts, but it goes from {self.start} to {self.end} s")
        if self.lead_in < 0:
            raise ValueError(f"lead_in must not be negative, but is {self.lead_in}")
        if not SLOWEST <= self.speed <= FASTEST:
            raise ValueError(f"speed must be within {SLOWEST}..{FASTEST}, but is {self.speed}")

    @property
    def begin(self) -> float:
        """Second of the song at which the count-in begins."""
        return self.start - self.lead_in

    def at_speed(self, speed: float) -> Run:
        """The same run, faster or slower."""
        return replace(self, speed=speed)


class RunSound:
    """What is heard of a run from a position on.

    Args:
        samples: The song, (N, 2), int16 or float32 in -1..1.
        rate: Samples a second.
        run: What is danced.
        position: Second of the song to begin with.
        faded_from: What was heard before, faded out while this one comes; (n, 2).
    """

    def __init__(
        self, samples: NDArray[Any], rate: int, run: Run, *, position: float, faded_from: Samples | None = None
    ) -> None:
        self.run = run
        self.position = position
        self._begin, self._rate, self._count = position, rate, 0
        self._song = SongStream(samples, rate, start=position, speed=run.speed)
        self._faded_from = faded_from
        self._rises = faded_from is None and position > 0  # before the song there is nothing that could crackle
        self._clicks = [
            (round((second - position) * rate / run.speed), click_sound(rate, accent=number == 0))
            for number, second in enumerate(run.clicks)
        ]

    def read(self, count: int) -> Samples:
        """The next ``count`` samples heard, (count, 2) within -1..1; :attr:`position` moves on."""
        block = self._song.read(count)
        stop = self._begin + (self._count + count) * self.run.speed / self._rate
        if self.position < max(self._begin + EDGE, self.run.start) or stop > self.run.end - EDGE:
            block = block * self._loudness(count)[:, None]
        for first, sound in self._clicks:
            add_sound(block, sound, first - self._count)
        if self._faded_from is not None:
            fade = min(len(self._faded_from), count)
            block = np.concatenate([crossfade(self._faded_from[:fade], block[:fade]), block[fade:]])
            self._faded_from = None
        self._count += count
        self.position = stop
        return np.clip(block, -1.0, 1.0)

    def _loudness(self, count: int) -> NDArray[np.float32]:
        """How loud the song is at the next samples, 0..1; (count,)."""
        run, at = self.run, self.position + np.arange(count) * self.run.speed / self._rate
        loudness = np.clip((run.end - at) / EDGE, 0, 1)
        if self._rises:
            loudness *= np.clip((at - self._begin) / EDGE, 0, 1)
        if run.lead_in > 0:
            loudness *= DUCKED + (1 - DUCKED) * np.clip((at - run.start) / _RISE + 1, 0, 1)
        return loudness.astype(np.float32)
