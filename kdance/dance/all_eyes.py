"""What looks at each frame for several dances at once: the film is decoded once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from kdance.capture.picture_difference import Change
from kdance.dance.dancer_eyes import open_eyes
from kdance.dance.stage import Member
from kdance.pose import Frame, Pose

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
