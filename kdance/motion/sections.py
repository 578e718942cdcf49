"""Where a dance is cut into sections, as long as nobody has counted its beats: at the still moments."""

from __future__ import annotations

import numpy as np

from kdance.motion.pose_comparison import VELOCITY_SPAN_S, WEIGHTS
from kdance.motion.reference_motion import RATE_HZ, ReferenceMotion
from kdance.pose import FloatArray

SHORTEST_S = 2.0
LONGEST_S = 3.0


def pose_speed(reference: ReferenceMotion) -> FloatArray:
    """(N,) weighted mean turning speed of the bones at 30 Hz, radians a second; NaN where unknown."""
    times = np.arange(len(reference.body.length)) / RATE_HZ
    half = VELOCITY_SPAN_S / 4
    before, after = reference.at(np.maximum(times - half, 0)), reference.at(np.minimum(times + half, times[-1]))
    speed = np.linalg.norm(after.space - before.space, axis=-1) / (2 * half)
    known = np.isfinite(speed)
    weight = (WEIGHTS * known).sum(-1)
    total = (WEIGHTS * np.where(known, speed, 0.0)).sum(-1)
    return np.asarray(np.divide(total, weight, out=np.full(len(times), np.nan), where=weight > 0))


def cut_sections(reference: ReferenceMotion) -> list[tuple[float, float]]:
    """(start, end) of each section in seconds: 2 to 3 s long, cut where the dance is stillest, without gaps.

    A dance shorter than 4 s is one section.
    """
    speed = np.nan_to_num(pose_speed(reference), nan=0.0)
    cuts = [0.0]
    while reference.duration - cuts[-1] >= 2 * SHORTEST_S:
        latest = min(cuts[-1] + LONGEST_S, reference.duration - SHORTEST_S)
        first, last = round((cuts[-1] + SHORTEST_S) * RATE_HZ), round(latest * RATE_HZ)
        cuts.append((first + int(np.argmin(speed[first : last + 1]))) / RATE_HZ)
    return list(zip(cuts, [*cuts[1:], reference.duration], strict=True))
