"""Something a dancer shows to the camera counts once it was held: the clock of gestures and of the set-up check."""

from __future__ import annotations

import math
from typing import Final

# A body that was not found for less than this may have gone on holding still; the network loses one in turns and blur.
UNSEEN_GAP: Final = 0.3
# A body that was seen doing something else for less than this was the network's flicker: three frames of a webcam.
OTHER_GAP: Final = 0.1
_ROUNDING: Final = 1e-6  # seconds; times are sums of binary fractions


class Hold:
    """How long something has been shown without interruption.

    Args:
        seconds: How long it has to be held.

    >>> hold = Hold(1.0)
    >>> [hold.update(1.0, time) for time in (0.0, 0.25, 0.5, 0.75, 1.0)]
    [False, False, False, False, True]
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._since: float | None = None
        self._last = -math.inf

    @property
    def share(self) -> float:
        """0..1 how much of the time is done; 1 is held."""
        if self._since is None:
            return 0.0
        return min(1.0, (self._last - self._since + _ROUNDING) / self.seconds) if self.seconds > 0 else 1.0

    def update(self, shown: float, time: float) -> bool:
        """Take in a frame.

        Args:
            shown: 1 it is shown, 0 it is not, NaN nobody can tell.
            time: Seconds of the frame, later than the frame before.

        Returns:
            Whether it is held: shown now, and for as long as it has to be.
        """
        gap = OTHER_GAP if shown == 0 else UNSEEN_GAP
        if time - self._last > gap + _ROUNDING:
            self._since = None
        if shown != 1:
            return False
        if self._since is None:
            self._since = time
        self._last = time
        return self.share >= 1.0

    def reset(self) -> None:
        """Begin anew."""
        self._since, self._last = None, -math.inf
