"""Which of several people is the dancer, from one look at the room to the next. Pure maths on what a finder saw.

Whom to follow is chosen once: the biggest and most central. From then on it is whoever fits best by place, size and
clothes; nobody, where no one fits. A dancer who was away comes back by their clothes. Another takes their place only by
a hand held up, or after they were the only one, large and in the middle, for a while.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from kdance.motion.gestures import ONE_HOLD, one_hand_raised
from kdance.motion.hold import Hold
from kdance.motion.people import KEYPOINT_LANDMARKS, People
from kdance.pose import NUM_LANDMARKS, FloatArray

BIG: Final = 0.4
"""Height of a body in the middle, as a share of the picture's, from which it may be taken for the dancer's."""
ALONE_S: Final = 3.0
"""Seconds that somebody else has to be the only one, large and in the middle, to be taken for the dancer."""
GONE_S: Final = 1.0
"""Seconds without the dancer after which somebody else may hold a hand up to be followed."""

_TRUNK: Final = [5, 6, 11, 12]
_NEAR: Final = 0.35  # heights of the body by which the trunk may move from look to look
_SPEED: Final = 1.2  # and a second
_FARTHEST: Final = 1.5
_SIZE: Final = 0.35  # natural logarithm of the heights' ratio that says as much as a step of _NEAR
_CLOTHES: Final = 0.3  # Hellinger distance of the clothes that says as much
OTHER_CLOTHES: Final = 0.5
"""Hellinger distance, 0..1, from which it is somebody else whatever the place."""
_OWN_CLOTHES: Final = 0.35  # below it, and of the size, it is the dancer wherever they come back
_OWN_SIZE: Final = 0.45
_CLEARLY_NEARER: Final = 0.1  # heights by which who continues somebody else is nearer to them
_CLEARLY_DRESSED: Final = 0.15  # Hellinger distance by which the dancer's clothes fit better than anybody else's
_LEARN: Final = 0.2  # weight of a new look at the clothes
_ASIDE: Final = 0.5  # how much less a body at the picture's edge counts than one in the middle


class Following:
    """The dancer among the people of consecutive looks.

    Attributes:
        is_choosing: Whether the dance has not begun: whoever holds a hand up is followed, who is lost chosen anew.
        lost_since: Second of the first look without the dancer; ``None`` while they are seen.
        is_hand_up: Whether somebody holds a hand up to be followed.
    """

    def __init__(self) -> None:
        self.is_choosing = False
        self.lost_since: float | None = None
        self._place: FloatArray | None = None
        self._height = 0.0
        self._clothes: FloatArray | None = None
        self._time = 0.0
        self._others: FloatArray = np.zeros((0, 2))  # where everybody else was at the last look
        self._hand = _HeldHand()
        self._only_since: float | None = None
        self.is_hand_up = False

    @property
    def has_chosen(self) -> bool:
        """Whether anybody was ever chosen."""
        return self._place is not None

    def update(self, people: People, time: float, size: tuple[int, int], now: FloatArray | None = None) -> int:
        """Take in a look at the room.

        Args:
            people: Everybody who was found.
            time: Seconds of the frame, later than the look before.
            size: Width and height of the picture, pixels.
            now: (2,) middle of the dancer's trunk in the frame before, where their pose is known; pixels.

        Returns:
            The dancer's row; -1 where nobody is the dancer.
        """
        row = self._best(people, time, now) if self.has_chosen else biggest_and_central(people, size)
        row = self._by_hand(people, time, row)
        if row < 0 and self.has_chosen:
            row = self._instead(people, time, size)
        if row >= 0:
            self._keep(people, row, time)
        elif self.lost_since is None and self.has_chosen:
            self.lost_since = time
        self._others = places(people)[np.arange(len(people)) != row]
        return row

    def is_somebody_else(self, people: People, row: int) -> bool:
        """Whether one of the people clearly wears something else than the dancer."""
        apart = self._clothes_apart(people)[row]
        return bool(apart > OTHER_CLOTHES)

    def _best(self, people: People, time: float, now: FloatArray | None) -> int:
        """Who fits; -1 where nobody does."""
        if not len(people) or self._place is None:
            return -1
        clothes, grown = self._clothes_apart(people), np.abs(np.log(heights(people) / self._height))
        away = np.linalg.norm(places(people) - (self._place if now is None else now), axis=-1) / self._height
        reach = min(_NEAR + _SPEED * (time - self._time), _FARTHEST)
        cost = away / reach + grown / _SIZE + np.nan_to_num(clothes, nan=_CLOTHES) / _CLOTHES
        is_other = self._apart_from_others(people) < away - _CLEARLY_NEARER
        fits = (away <= reach) & ~(clothes > OTHER_CLOTHES) & (grown <= 2 * _SIZE) & ~is_other
        if self.lost_since is not None and time - self.lost_since >= GONE_S:
            rest = [np.delete(clothes, row).min(initial=np.inf) for row in range(len(people))]
            is_dressed_best = (clothes + _CLEARLY_DRESSED < rest) & (len(people) > 1)
            fits |= (clothes < _OWN_CLOTHES) & (grown < _OWN_SIZE) & (~is_other | is_dressed_best)
        return int(np.where(fits, cost, np.inf).argmin()) if fits.any() else -1

    def _apart_from_others(self, people: People) -> FloatArray:
        """(N,) how far everybody is from where somebody else was at the last look, in the dancer's heights."""
        apart = np.linalg.norm(places(people)[:, None] - self._others[None], axis=-1) / self._height
        return np.asarray(apart.min(-1, initial=np.inf))

    def _by_hand(self, people: People, time: float, row: int) -> int:
        """Who holds a hand up where that chooses; else the row."""
        is_gone = self.lost_since is not None and time - self.lost_since >= GONE_S
        raised = hand_up(people)
        may = self.is_choosing or (row < 0 and is_gone)
        if not may or (row >= 0 and raised[row] == 1):
            raised = np.zeros(len(people))
        self.is_hand_up = bool((raised == 1).any())
        chosen = self._hand.update(people, raised, time)
        if chosen >= 0:
            self._clothes = None
        return chosen if chosen >= 0 else row

    def _instead(self, people: People, time: float, size: tuple[int, int]) -> int:
        """Who takes the lost dancer's place; -1 for nobody yet."""
        row = biggest_and_central(people, size)
        is_only = row >= 0 and len(people) == 1 and is_big_and_central(people, row, size)
        if not is_only:
            self._only_since = None
        elif self._only_since is None:
            self._only_since = time
        held = self._only_since is not None and time - self._only_since >= ALONE_S
        if held or (self.is_choosing and row >= 0):
            self._clothes = None
            return row
        return -1

    def _keep(self, people: People, row: int, time: float) -> None:
        self._place, self._height, self._time = places(people)[row], float(heights(people)[row]), time
        self.lost_since = None
        self._only_since = None
        if self._clothes is None or is_alone(people, row):
            seen = clothes_of(people)[row]
            known = seen if self._clothes is None else self._clothes
            mixed = known + _LEARN * (seen - known)
            self._clothes = np.where(np.isnan(mixed), np.where(np.isnan(known), seen, known), mixed)

    def _clothes_apart(self, people: People) -> FloatArray:
        """(N,) Hellinger distance of everybody's clothes from the dancer's, 0..1; NaN where none can be compared."""
        seen = clothes_of(people)
        if self._clothes is None:
            return np.full(len(people), np.nan)
        parts = np.sqrt(((seen - self._clothes) ** 2).sum(-1) / 2)  # NaN for a region that one of the two doesn't show
        known = ~np.isnan(parts)
        count = known.sum(-1)
        return np.asarray(np.where(count > 0, np.where(known, parts, 0.0).sum(-1) / np.maximum(count, 1), np.nan))


class _HeldHand:
    """Somebody's hand held up over several looks."""

    def __init__(self) -> None:
        self._hold = Hold(ONE_HOLD)
        self._place: FloatArray | None = None

    def update(self, people: People, raised: FloatArray, time: float) -> int:
        """The row of who has held a hand up long enough, -1 for nobody; (N,) 1, 0 or NaN of everybody's hand."""
        rows = np.nonzero(raised == 1)[0]
        if not len(rows):
            self._hold.update(0.0, time)
            return -1
        row = int(rows[heights(people)[rows].argmax()])
        place = places(people)[row]
        if self._place is None or np.linalg.norm(place - self._place) > _NEAR * heights(people)[row]:
            self._hold.reset()
        self._place = place
        if not self._hold.update(1.0, time):
            return -1
        self._hold.reset()
        return row


def biggest_and_central(people: People, size: tuple[int, int]) -> int:
    """The row of the person who is biggest and most central in a picture of width and height; -1 for nobody.

    >>> biggest_and_central(People.nobody(), (640, 480))
    -1
    """
    if not len(people):
        return -1
    aside = np.abs(people.boxes[:, [0, 2]].mean(-1) / size[0] - 0.5) * 2
    return int((heights(people) * (1 - _ASIDE * np.clip(aside, 0, 1))).argmax())


def is_big_and_central(people: People, row: int, size: tuple[int, int]) -> bool:
    """Whether a person is large, and in the middle half of the picture."""
    middle = float(people.boxes[row, [0, 2]].mean()) / size[0]
    return bool(heights(people)[row] >= BIG * size[1] and 0.25 <= middle <= 0.75)


def hand_up(people: People) -> FloatArray:
    """(N,) whether somebody has one hand above their head, the other below the shoulder: 1, 0, NaN where not seen."""
    landmarks = np.zeros((len(people), NUM_LANDMARKS, 4))
    landmarks[:, list(KEYPOINT_LANDMARKS), :2] = people.keypoints[..., :2]
    landmarks[:, list(KEYPOINT_LANDMARKS), 3] = people.keypoints[..., 2]
    return one_hand_raised(landmarks)


def places(people: People) -> FloatArray:
    """(N, 2) middle of everybody's trunk, pixels."""
    return np.asarray(people.keypoints[:, _TRUNK, :2].mean(1))


def heights(people: People) -> FloatArray:
    """(N,) of everybody's box, pixels."""
    return np.maximum(people.boxes[:, 3] - people.boxes[:, 1], 1.0)


def clothes_of(people: People) -> FloatArray:
    """(N, 4, 16) square roots of the shares of everybody's colours."""
    return np.sqrt(people.colours.astype(np.float32))


def is_alone(people: People, row: int) -> bool:
    """Whether nobody else's box touches somebody's."""
    box, others = people.boxes[row], np.delete(people.boxes, row, 0)
    shared = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    return not bool((shared > 0).all(-1).any())
