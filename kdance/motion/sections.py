"""Where a dance is cut into sections: into 8-counts where the beat is known, else at the still moments."""

from __future__ import annotations

import numpy as np

from kdance.motion.counts import CountGrid
from kdance.motion.pose_comparison import VELOCITY_SPAN_S, WEIGHTS
from kdance.motion.reference_motion import RATE_HZ, ReferenceMotion
from kdance.pose import FloatArray

SHORTEST_S = 2.0
LONGEST_S = 3.0
_AT_ONCE = 8192  # moments


def pose_speed(reference: ReferenceMotion) -> FloatArray:
    """(N,) weighted mean turning speed of the bones at 30 Hz, radians a second; NaN where unknown."""
    times = np.arange(len(reference.body.length)) / RATE_HZ
    parts = [times[first : first + _AT_ONCE] for first in range(0, len(times), _AT_ONCE)]
    return np.concatenate([np.zeros(0), *(_speed_at(reference, part, times[-1]) for part in parts)])


def _speed_at(reference: ReferenceMotion, times: FloatArray, last: float) -> FloatArray:
    half = VELOCITY_SPAN_S / 4
    before, after = reference.at(np.maximum(times - half, 0)), reference.at(np.minimum(times + half, last))
    speed = np.linalg.norm(after.space - before.space, axis=-1) / (2 * half)
    known = np.isfinite(speed)
    weight = (WEIGHTS * known).sum(-1)
    total = (WEIGHTS * np.where(known, speed, 0.0)).sum(-1)
    return np.asarray(np.divide(total, weight, out=np.full(len(times), np.nan), where=weight > 0))


def eight_count_sections(grid: CountGrid, duration: float) -> list[tuple[float, float]]:
    """(start, end) of each section in seconds, without gaps: the 8-counts, and what lies before and after them.

    A piece before the first "1" or after the last whole 8-count is a section of its own from 2 s on; a shorter one
    joins its neighbour.

    >>> eight_count_sections(CountGrid(seconds_per_count=0.5, first=1.0), 12.0)
    [(0.0, 5.0), (5.0, 9.0), (9.0, 12.0)]
    """
    inside = [one for one in grid.ones(duration) if SHORTEST_S <= one <= duration - SHORTEST_S]
    return list(zip([0.0, *inside], [*inside, duration], strict=True))


def cut_sections(reference: ReferenceMotion) -> list[tuple[float, float]]:
    """(start, end) of each section in seconds: 2 to 3 s long, cut where the dance is stillest, without gaps.

    A dance shorter than 4 s is one section.
    """
    speed = np.nan_to_num(pose_speed(reference), nan=0.0)
    cuts = [0.0]
    while reference.duration - cuts[-1] >= 2 * SHORTEST_S:
        frames = np.arange(round((cuts[-1] + SHORTEST_S) * RATE_HZ), round((cuts[-1] + LONGEST_S) * RATE_HZ) + 1)
        left = reference.duration - frames / RATE_HZ
        # What is left has to be one section or two: between 3 and 4 s it would be neither.
        frames = frames[((left >= SHORTEST_S) & (left <= LONGEST_S)) | (left >= 2 * SHORTEST_S)]
        if not len(frames):
            break
        cuts.append(float(frames[int(np.argmin(speed[frames]))] / RATE_HZ))
    return list(zip(cuts, [*cuts[1:], reference.duration], strict=True))
