"""Which moment of the reference a frame of a take belongs to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from kdance.motion.course import Course
from kdance.motion.pose_normalization import normalize
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.warping import warped_positions
from kdance.pose import FloatArray, PoseSequence
from tests.motion_factory import OTHER_BODIES, Build, make_sequence, nobody_for

SECONDS = 12.0
DANCE = make_sequence("dance", seconds=SECONDS)
REFERENCE = ReferenceMotion.from_sequence(DANCE)
EIGHTS = ((0.0, 4.0), (4.0, 8.0), (8.0, SECONDS))
INNER = slice(45, -45)  # where there is a dance on both sides to go by


def positions(take: PoseSequence, course: Course | None = None) -> FloatArray:
    course = Course.in_one_run(take.times) if course is None else course
    return warped_positions(normalize(take), take.times, REFERENCE, course, EIGHTS)


@pytest.mark.parametrize("build", OTHER_BODIES.values(), ids=OTHER_BODIES)
def test_another_body_in_time_is_where_the_song_is(build: Build) -> None:
    take = make_sequence("dance", seconds=SECONDS, build=build, jitter=0.01)
    assert np.abs(positions(take) - take.times)[INNER].max() < 0.1


@pytest.mark.parametrize("late", [-0.4, -0.2, 0.2, 0.4])
def test_who_is_late_belongs_to_what_was_due_before(late: float) -> None:
    take = make_sequence("dance", seconds=SECONDS, late=late, jitter=0.01)
    off = (positions(take) - (take.times - late))[INNER]
    assert abs(float(np.median(off))) < 0.02
    assert float(np.percentile(np.abs(off), 90)) < 0.08


def test_lateness_in_one_8_count_stays_there() -> None:
    def late(times: FloatArray) -> FloatArray:
        return np.where((times > 4) & (times < 8), 0.3, 0.0)

    take = make_sequence("dance", seconds=SECONDS, late=late, jitter=0.01)
    found = take.times - positions(take)
    within = [(take.times > start + 0.5) & (take.times < start + 3.5) for start, _ in EIGHTS]
    assert [round(float(np.median(found[part])), 1) for part in within] == [0.0, 0.3, 0.0]


@pytest.mark.parametrize(
    "change", [lambda s: s, lambda s: make_sequence("stand still", seconds=SECONDS)], ids=["it", "still"]
)
def test_time_never_goes_back_within_a_run(change: Callable[[PoseSequence], PoseSequence]) -> None:
    assert np.all(np.diff(positions(change(DANCE))) >= 0)


def test_each_run_is_laid_beside_its_own_place() -> None:
    part = DANCE[60:180]
    twice = PoseSequence(
        np.concatenate([part.landmarks] * 2), np.concatenate([part.world] * 2), np.arange(2 * len(part)) / 30
    )
    place = np.concatenate([part.times] * 2)
    found = positions(twice, Course(place, np.repeat([0, 1], len(part))))
    assert np.abs(found - place).max() < 0.15


@pytest.mark.parametrize(
    "take",
    [
        nobody_for(60),
        make_sequence("dance", seconds=SECONDS, nobody=((2.0, 5.0),)),
        make_sequence("dance", seconds=0.04),
        make_sequence("dance", seconds=20.0),
    ],
    ids=["nobody", "a hole", "one frame", "longer than the dance"],
)
def test_there_is_a_place_for_every_frame(take: PoseSequence) -> None:
    found = positions(take)
    assert found.shape == take.times.shape
    assert np.isfinite(found).all()
    assert np.abs(found - take.times).max() < 1.0
