"""Everybody in each picture of a film, without looking at each: between two looks that agree nobody is lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kdance.capture.crowd import CrowdFinder
from kdance.capture.picture_difference import Change
from kdance.motion.cuts import may_be_cut
from kdance.motion.people import People
from kdance.motion.people_between import people_between
from kdance.pose import Frame

_UNSEEN_S: Final = 0.045
"""After a look the pictures of this time wait for the next one: one of two at 24 to 30 a second."""


@dataclass(slots=True)
class Sight:
    """Everybody in a frame: nobody knows yet while it waits for the next look."""

    people: People | None = None

    @property
    def known(self) -> People:
        """Everybody, when the film has been watched."""
        assert self.people is not None
        return self.people


class PeopleLooks:
    """Finds everybody in the pictures of a film, in order; :meth:`finish` behind the last one.

    A picture between two looks is looked at too where who is in it can't be told from them for sure, so where dancers
    come close to one another every picture is.

    Args:
        finder: Finds everybody in one picture after the other.
    """

    def __init__(self, finder: CrowdFinder) -> None:
        self._finder = finder
        self._before: tuple[float, People] | None = None
        self._waiting: list[tuple[Frame, Sight]] = []
        self._is_cut = False  # perhaps, since the last look

    def see(self, frame: Frame, change: Change) -> Sight:
        """Everybody in a frame, by the time that :meth:`finish` returns.

        Args:
            frame: Times increase.
            change: From the frame before.
        """
        self._is_cut |= may_be_cut(*change)
        if self._before is not None and frame.time - self._before[0] < _UNSEEN_S:
            sight = Sight()
            self._waiting.append((frame, sight))
            return sight
        if self._is_cut:  # what still waits is of the shot before, where they stand elsewhere
            self._settle(None, People.nobody())
        people = self._finder.find(frame, is_other=self._is_cut)
        self._settle(frame.time, people)
        self._before, self._is_cut = (frame.time, people), False
        return Sight(people)

    def finish(self) -> None:
        """Look at what still waits."""
        self._settle(None, People.nobody())
        self._before = None

    def _settle(self, time: float | None, after: People) -> None:
        """Say who is in the frames that waited for a look at ``time``; ``None``: there is none any more."""
        for frame, sight in self._waiting:
            between = None
            if time is not None and self._before is not None and not self._is_cut:
                begin, before = self._before
                between = people_between(before, after, (frame.time - begin) / (time - begin))
            sight.people = self._finder.find(frame, is_other=self._is_cut) if between is None else between
        self._waiting = []
