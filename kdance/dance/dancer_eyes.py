"""What looks at the frames of a dance: the pose of whoever dances, or of one member, and now and then the hands."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Final

from kdance.capture.member_pose import open_member_pose
from kdance.capture.picture_difference import Change, PictureDifference
from kdance.capture.pose_extraction import HandEstimator, open_hand_estimator, open_pose_estimator
from kdance.dance.stage import Member
from kdance.pose import Frame, Pose

HANDS_EVERY_S: Final = 0.1

Eyes = Callable[[Frame, int], tuple[Pose | None, Change | None]]
_Look = Callable[[Frame, int], Pose | None]


@contextmanager
def open_eyes(model: str, min_confidence: float, *, hands: bool, member: Member | None) -> Iterator[Eyes]:
    """Gives the function that finds the dancer's pose in each frame, in order, told its number.

    Beside the pose it gives how the picture has changed; ``None`` of a member's video, whose cuts are known.

    Args:
        model: The pose network.
        min_confidence: Below this it sees nobody, 0..1.
        hands: Whether the hands are looked for, ten times a second.
        member: Whose pose it is, where several dance; whoever is seen by default.
    """
    change = PictureDifference() if member is None else None  # of a member's video the cuts are known
    with ExitStack() as stack:
        look = stack.enter_context(_open_body(model, min_confidence, member))
        if hands:
            look = _with_hands(look, stack.enter_context(open_hand_estimator()))
        yield lambda frame, number: (look(frame, number), None if change is None else change.of(frame.image))


def _with_hands(look: _Look, hand_estimator: HandEstimator) -> _Look:
    tick = -1

    def look_closer(frame: Frame, number: int) -> Pose | None:
        nonlocal tick
        pose, now = look(frame, number), math.floor(frame.time / HANDS_EVERY_S + 1e-6)
        if pose is None or now == tick:
            return pose
        tick = now
        return replace(pose, hands=hand_estimator.estimate(frame, pose))

    return look_closer


@contextmanager
def _open_body(model: str, min_confidence: float, member: Member | None) -> Iterator[_Look]:
    if member is None:
        with open_pose_estimator(model, min_confidence=min_confidence) as estimator:
            yield lambda frame, _: estimator.estimate(frame)
        return
    with open_member_pose(model, min_confidence=min_confidence) as of_member:

        def member_s(frame: Frame, number: int) -> Pose | None:
            if number in member.cuts:
                of_member.restart()
            seen = member.seen_in(number)
            return None if seen is None else of_member.estimate(frame, *seen)

        yield member_s
