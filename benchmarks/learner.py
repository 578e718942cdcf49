"""A scripted learner: takes made of a reference's own landmarks, with errors that practice makes smaller."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from kdance.dance.dance import Dance
from kdance.motion.course import Course
from kdance.pose import PoseSequence
from kdance.practice.reporting import report_of
from kdance.practice.take import start_session
from kdance.practice.transport import Practice
from kdance.review.evaluation import evaluate
from kdance.review.options import TakeOptions
from kdance.review.record import SessionReport
from kdance.store import SessionStore, Snapshot

FPS = 30.0
LEFT_ARM, LEFT_SHOULDER = [13, 15, 17, 19, 21], 11


@dataclass
class Skill:
    """How wrong an 8-count is danced: the left arm too low by so many degrees, late by so many seconds, jitter in m."""

    arm_deg: float
    late_s: float
    shake: float


def take_of(
    dance: Dance,
    practice: Practice,
    skill: dict[float, Skill],
    *,
    rounds: int = 1,
    speeds: list[float] | None = None,
    seed: int = 0,
) -> tuple[PoseSequence, Course]:
    """A take of a part of the dance in some rounds, 30 frames a second, and its course."""
    end = dance.plain.duration if practice.end is None else practice.end
    position, run, times, now = [], [], [], 0.0
    for number in range(rounds):
        speed = (speeds or [practice.speed])[min(number, len(speeds or [0]) - 1)]
        steps = np.arange(int((end - practice.start) / speed * FPS)) / FPS
        position.append(practice.start + steps * speed)
        run.append(np.full(len(steps), number))
        times.append(now + steps)
        now += len(steps) / FPS
    course = Course(np.concatenate(position), np.concatenate(run))
    starts = np.array(sorted(skill))
    skills = [skill[starts[index]] for index in np.clip(np.searchsorted(starts, course.position, "right") - 1, 0, None)]
    late, arm, shake = (np.array([getattr(one, name) for one in skills]) for name in ("late_s", "arm_deg", "shake"))
    sequence = dance.reference.sequence
    source = np.clip(course.position - late, 0, sequence.times[-1])
    before = np.clip(np.searchsorted(sequence.times, source, "right") - 1, 0, len(sequence) - 2)
    share = ((source - sequence.times[before]) / np.diff(sequence.times)[before])[:, None, None]
    landmarks = sequence.landmarks[before] * (1 - share) + sequence.landmarks[before + 1] * share
    world = sequence.world[before] * (1 - share) + sequence.world[before + 1] * share
    random = np.random.default_rng(seed)
    size = float(np.nanmedian(np.ptp(landmarks[:, :, 1], axis=1))) / 1.7
    noise = random.normal(0, 1, world.shape) * shake[:, None, None]
    for points, scale in ((landmarks, size), (world, 1.0)):
        _lower(points, arm)
        points[..., :2] += noise[..., :2] * scale
    return PoseSequence(landmarks.astype(np.float32), world.astype(np.float32), np.concatenate(times)), course


def _lower(points: np.ndarray, degrees: np.ndarray) -> None:
    """Turn the left arm around its shoulder in the picture."""
    turn = np.radians(degrees)[:, None]
    x, y = (points[:, LEFT_ARM, axis] - points[:, [LEFT_SHOULDER], axis] for axis in (0, 1))
    points[:, LEFT_ARM, 0] = points[:, [LEFT_SHOULDER], 0] + x * np.cos(turn) - y * np.sin(turn)
    points[:, LEFT_ARM, 1] = points[:, [LEFT_SHOULDER], 1] + x * np.sin(turn) + y * np.cos(turn)


def dance_it(
    store: SessionStore, dance: Dance, practice: Practice, take: PoseSequence, course: Course, now: datetime
) -> SessionReport:
    """The take as a session in the store, the way every session goes."""
    options = TakeOptions(loop=practice.loop, speed=practice.speed)
    start = start_session(dance, "a scripted learner", options, now)
    with store.start(start) as writer:
        half = round(FPS / 2)
        for first in range(0, len(take), half):
            part = slice(first, first + half)
            frames = PoseSequence(take.landmarks[part], take.world[part], take.times[part])
            snapshot = Snapshot(
                timestamp=float(frames.times[-1]),
                pose_score=None,
                motion_score=None,
                combined_score=None,
                best_match_idx=None,
            )
            writer.append(snapshot, frames, course[part])
        report = report_of(evaluate(take, dance, options, course), start, "completed")
        writer.finish(report)
    return report
