"""What looks at each frame for several dances at once: the film is decoded once for all of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final, TypeVar

from kdance.capture.picture_difference import Change
from kdance.dance.dancer_eyes import open_eyes
from kdance.dance.stage import Member
from kdance.pose import Frame, Pose

T = TypeVar("T")

NETWORKS: Final = 8
"""Of all processes together: each network takes about 70 MB, and twice that where one segment follows another."""

POSES: Final = 100_000
"""Of all members together that are held at once: each takes about 2 KB until it is stored."""

Seen = tuple[Pose | None, Change | None]


@contextmanager
def open_all_eyes(
    model: str, min_confidence: float, *, hands: bool, members: Sequence[Member | None]
) -> Iterator[Callable[[Frame, int], tuple[Seen, ...]]]:
    """Gives the function that sees in a frame what :func:`open_eyes` sees of each member.

    Args:
        model: The pose network.
        min_confidence: Below this it sees nobody, 0..1.
        hands: Whether the hands are looked for.
        members: Whose poses; ``None`` for whoever is seen.
    """
    with ExitStack() as stack:
        eyes = [stack.enter_context(open_eyes(model, min_confidence, hands=hands, member=member)) for member in members]
        yield lambda frame, number: tuple(look(frame, number) for look in eyes)


def in_rounds(members: Sequence[T], jobs: int, *, frames: int = 0) -> list[list[T]]:
    """The members in as few and as equal rounds as memory allows with so many processes and such a long film.

    >>> in_rounds([1, 2, 3, 4, 5], jobs=2)
    [[1, 2, 3], [4, 5]]
    >>> in_rounds([1, 2, 3], jobs=16)
    [[1], [2], [3]]
    >>> in_rounds([1, 2, 3], jobs=2, frames=2 * 3600 * 30)
    [[1], [2], [3]]
    """
    at_once = max(1, min(NETWORKS // jobs, POSES // max(frames, 1)))
    rounds = math.ceil(len(members) / at_once)
    size = math.ceil(len(members) / rounds)
    return [list(members[first : first + size]) for first in range(0, len(members), size)]
