"""Half seconds of a take whose scores may still change: what came later tells more of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, isnan
from typing import Final

from kdance.motion.live_comparison import MEMORY_S
from kdance.motion.scoring import FrameScores
from kdance.motion.settled_scores import SETTLED_S
from kdance.motion.timeline import SNAPSHOT_S, Observation, combined_until, observe

# A score that changes by less is not told again.
_CHANGE: Final = 0.005
_LONGEST_WAIT_S: Final = 5.0  # for the comparison to know what is danced


@dataclass(slots=True)
class _Half:
    """One half second: when it ends, in which run of the song, and the score that was told of it."""

    timestamp: float
    run: int
    told: float | None = None


class HalfSeconds:
    """The newest half seconds: first they wait for what comes after them, then they are told, and told again."""

    def __init__(self) -> None:
        self._halves: deque[_Half] = deque()
        self._is_new_alone = False

    def add(self, timestamp: float, run: int) -> None:
        """Take in the half second that ends at ``timestamp``, seconds of the take, in a run of the song."""
        self._halves.append(_Half(timestamp, run))

    def clear(self) -> None:
        """What was told stays as it is: nothing that comes now tells more of it."""
        self._halves.clear()

    @property
    def newest(self) -> float | None:
        """The end of the newest one; ``None`` without one."""
        return self._halves[-1].timestamp if self._halves else None

    def first_due(self, until: float, *, is_settled: bool) -> float | None:
        """The end of the first that is to be looked at now; ``None`` where none is new or all have to wait.

        What was told before is looked at again once a second only: that is the most work of all.

        Args:
            until: As of :meth:`told`; infinity at the end, where nothing waits.
            is_settled: Whether the comparison knows what is danced.
        """
        untold = next((half.timestamp for half in self._halves if half.told is None), None)
        if untold is None:
            return None
        if not is_settled and self._halves[-1].timestamp - untold < _LONGEST_WAIT_S and until < inf:
            return None
        self._is_new_alone = not self._is_new_alone and until < inf
        return untold if self._is_new_alone else self._halves[0].timestamp

    def told(
        self, frames: FrameScores, until: float, *, speed: float, again: bool, since: float = -inf
    ) -> Iterator[tuple[Observation, int]]:
        """Those that end until then, with their runs, whose score is new; forgets those that can't change any more.

        Args:
            frames: All that belongs to them, scored with what is known by now.
            until: Seconds of the take.
            since: Of the first that is looked at, likewise.
            speed: Of the music.
            again: Whether what was told before may change: in another dance any lag fits, now this one, now that.
        """
        for half in self._halves:
            if half.timestamp > until:
                break
            if half.timestamp < since or (half.told is not None and not again):
                continue
            score = combined_until(frames, half.timestamp)
            if half.told is None or _is_another(score, half.told):
                half.told = score
                yield observe(frames, half.timestamp), half.run
        reach = MEMORY_S - SNAPSHOT_S - SETTLED_S * max(1.0, 1 / speed)
        while (
            self._halves
            and self._halves[0].told is not None
            and self._halves[0].timestamp <= self._halves[-1].timestamp - reach
        ):
            self._halves.popleft()


def _is_another(score: float, told: float) -> bool:
    """Whether a score has to be told again; NaN where nobody was seen."""
    return isnan(score) != isnan(told) or abs(score - told) >= _CHANGE
