"""Courses through the song, and takes of somebody who dances along with them."""

from __future__ import annotations

from typing import Any

import numpy as np

from kdance.motion.course import Course
from kdance.pose import FloatArray, PoseSequence
from tests.motion_factory import make_sequence

FPS = 30


def course_of(*runs: tuple[float, float, float], fps: float = FPS) -> tuple[FloatArray, Course]:
    """Times of the take and the course of runs (from, to, speed); a tenth of a second is left out between them."""
    times, position, number = [], [], []
    began = 0.0
    for run, (start, end, speed) in enumerate(runs):
        taken = np.arange(0.0, (end - start) / speed - 1e-9, 1 / fps)
        times.append(began + taken)
        position.append(start + speed * taken)
        number.append(np.full(len(taken), run, np.int64))
        began = float(times[-1][-1]) + 0.1
    return np.concatenate(times), Course(np.concatenate(position), np.concatenate(number))


def danced_along(
    times: FloatArray, course: Course, motion: str = "dance", *, late: float | FloatArray = 0.0, **options: Any
) -> PoseSequence:
    """A take of somebody who dances along with the song on its course.

    Args:
        times: (T,) seconds of the take.
        course: Where the song was.
        motion: What is danced.
        late: Seconds of the song, of the take or (T,) of each frame.
        options: Of ``make_sequence``; times of errors are the take's.
    """
    behind = np.broadcast_to(np.asarray(late, np.float64), times.shape) + times - course.position
    return make_sequence(motion, times=times, late=lambda _: behind, **options)
