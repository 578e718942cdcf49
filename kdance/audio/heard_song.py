"""Which second of the song is heard at which moment."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque

_REMEMBERED = 1024  # blocks; with 10 ms blocks the last 10 s, far more than a picture is old when it is looked at


class HeardSong:
    """What was handed to the sound device: from which moment on it sounds, where in the song it is, how fast it goes.

    Within a run the song never jumps, so between two of these moments the position is interpolated: it follows the true
    rate of the device and never goes back.
    """

    def __init__(self) -> None:
        self._position, self._speed, self._first_speed = 0.0, 0.0, 0.0
        self._moments: deque[float] = deque(maxlen=_REMEMBERED)
        self._positions: deque[float] = deque(maxlen=_REMEMBERED)

    @property
    def is_heard(self) -> bool:
        """Whether anything of the run was handed over yet."""
        return bool(self._moments)

    def begin(self, position: float, speed: float) -> None:
        """A new run, of which nothing is handed over yet: it will begin at ``position``, with ``speed``."""
        self._position, self._speed, self._first_speed = position, speed, speed
        self._moments.clear()
        self._positions.clear()

    def handed_over(self, moment: float, position: float, speed: float) -> None:
        """From ``moment`` on the song is heard from ``position`` on with ``speed``; 0 while it stands still."""
        moment = max(moment, self._moments[-1]) if self._moments else moment
        self._moments.append(moment)
        self._positions.append(position)
        self._speed = speed

    def position_at(self, moment: float, *, expected: float) -> float:
        """Second of the song that is heard at a moment.

        Args:
            moment: Seconds of the clock of the device.
            expected: When the run will be first heard, as long as nothing of it was handed over.
        """
        if not self._moments:
            return self._position - (expected - moment) * self._speed
        after = bisect_right(self._moments, moment)
        if after == len(self._moments):
            return self._positions[-1] + (moment - self._moments[-1]) * self._speed
        if after == 0:
            return self._positions[0] - (self._moments[0] - moment) * self._first_speed
        t0, t1 = self._moments[after - 1], self._moments[after]
        p0, p1 = self._positions[after - 1], self._positions[after]
        return p0 + (p1 - p0) * (moment - t0) / (t1 - t0)
