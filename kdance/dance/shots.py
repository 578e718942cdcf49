"""What is stored and told of the shots of a video that is cut."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from kdance.dance.reference_info import Shot
from kdance.dance.stage import Member
from kdance.errors import VideoError
from kdance.motion.shots import Shows
from kdance.pose import FloatArray

PRACTICE: Final = "a 'dance practice' video of the song: one fixed camera, everybody head to feet"

_SHOWS: Final[dict[Shows, str]] = {
    "dancer": "the dancer",
    "angle": "the dancer from behind or from the side",
    "part": "a part of a body",
    "small": "somebody too small",
    "other": "somebody else",
    "nobody": "nobody",
}


def shots_of(member: Member | None, times: FloatArray) -> tuple[Shot, ...]:
    """The shots of a reference in seconds; none where the video has no cut.

    Args:
        member: Whose dance it is.
        times: (T,) seconds of its frames.
    """
    if member is None or len(member.shots) < 2:
        return ()
    starts = [float(times[shot.first]) for shot in member.shots]
    ends = [*starts[1:], float(times[-1])]
    return tuple(
        Shot(start=round(start, 3), end=round(end, 3), shows=shot.shows)
        for start, end, shot in zip(starts, ends, member.shots, strict=True)
    )


def too_little(member: Member, times: FloatArray, share: float, video: Path) -> VideoError:
    """Why too little of a video shows a dancer for their dance to be learnt.

    Args:
        member: Whose dance it is to be.
        times: (T,) seconds of the frames.
        share: Of them, with a pose of the dancer, 0..1.
        video: Its name.
    """
    who = "The dancer" if member.number is None else f"Dancer {member.number}"
    seconds: dict[Shows, float] = {}
    for shot in shots_of(member, times):
        if not shot.used:
            seconds[shot.shows] = seconds.get(shot.shows, 0.0) + shot.end - shot.start
    longest = sorted(seconds, key=lambda shows: -seconds[shows])
    shown = ", ".join(f"{_SHOWS[shows]} ({seconds[shows]:.1f} s)" for shows in longest)
    rest = f" The rest shows {shown}." if shown else ""
    other = "Choose" if member.number is None else "Choose another dancer, or"
    return VideoError(f"{who} can be followed in {int(100 * share)} % of {video} only.{rest}", f"{other} {PRACTICE}.")
