"""A dancer who is too far away for the pose network, which then says that nobody is there."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from kdance.capture.member_pose import is_whole
from kdance.capture.people import PeopleFinder
from kdance.capture.video_file import VideoFile
from kdance.choices import Turn

SMALL: Final = 0.4
"""Share of the picture's height above which a body is large enough: then something else is wrong."""

_LOOKS: Final = 8


def small_body(video: Path, *, start: float = 0.0, end: float | None = None, rotate: Turn = 0) -> float | None:
    """Look at some moments of a video for a body that is there, and small; about a second.

    Returns:
        Its height as a share of the picture's, 0..1; ``None`` where most moments show nobody, or somebody large.

    Raises:
        VideoError: It can't be read.
    """
    finder, shares = PeopleFinder(), []
    with VideoFile(video, start=start, end=end, rotate=rotate) as source:
        for share in (np.arange(_LOOKS) + 0.5) / _LOOKS:
            source.seek(float(share) * (source.duration or 0.0))
            frame = source.read()
            if frame is None:
                break
            people = finder.find(frame.image)
            heights = (people.boxes[:, 3] - people.boxes[:, 1]) / frame.image.shape[0]
            whole = is_whole(people.keypoints)
            shares.append(float(heights[whole].max(initial=0.0)))
    found = [share for share in shares if share > 0]
    if 2 * len(found) <= len(shares) or np.median(found) >= SMALL:
        return None
    return float(np.median(found))
