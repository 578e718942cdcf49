"""A first look at a video: does a group dance in it?"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from kdance.capture.member_pose import are_whole
from kdance.capture.people import PeopleFinder
from kdance.capture.video_file import VideoFile
from kdance.choices import Turn
from kdance.motion.people import People
from kdance.motion.stillness import never_moves

_LOOKS: Final = 12  # moments of a video that are looked at to see whether a group dances
_SEVERAL: Final = 0.4  # share of them in which two bodies or more are seen whole
_AS_LARGE: Final = 0.5  # of the largest body's height: who is smaller stands in the background


class Glance(NamedTuple):
    """What some moments of a video show.

    Attributes:
        several: Whether more than one person dances.
        still: Whether the one who is seen never moves, as on a poster.
    """

    several: bool
    still: bool


def glance(video: Path, *, start: float = 0.0, end: float | None = None, rotate: Turn = 0) -> Glance:
    """Look at some moments of a video; about a second.

    Raises:
        VideoError: It can't be read.
    """
    finder, looks, several = PeopleFinder(), list[People](), 0
    with VideoFile(video, start=start, end=end, rotate=rotate) as source:
        duration = source.duration or 0.0
        for share in (np.arange(_LOOKS) + 0.5) / _LOOKS:
            source.seek(share * duration)
            frame = source.read()
            if frame is None:
                break
            looks.append(finder.find(frame.image))
            several += _dancing_in(looks[-1]) > 1
            if duration == 0 or several > _SEVERAL * _LOOKS:
                break
    alone = [people for people in looks if len(people) == 1]
    if len(alone) < _LOOKS:
        return Glance(several > _SEVERAL * len(looks), still=False)
    boxes = np.concatenate([people.boxes for people in alone])
    height = float(np.median(boxes[:, 3] - boxes[:, 1]))
    return Glance(False, never_moves(np.concatenate([people.keypoints for people in alone]), height))


def _dancing_in(people: People) -> int:
    """How many bodies are seen whole, and about as large as the largest."""
    heights = people.boxes[:, 3] - people.boxes[:, 1]
    return int((are_whole(people.keypoints) & (heights >= _AS_LARGE * heights.max(initial=0.0))).sum())
