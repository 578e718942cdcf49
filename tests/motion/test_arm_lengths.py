"""An arm whose bones change their length is told with caution, in a stream as in a whole take."""

from __future__ import annotations

import numpy as np
import pytest

from kdance.motion.arm_lengths import LiveArms, arm_lengths, elbow_noise, usual_arm
from kdance.motion.timeline import lasting_errors
from kdance.pose import JOINT_NAMES, Landmark, PoseSequence
from tests.motion_factory import LANKY, TEACHER, Build, make_sequence, nobody_for

LEFT, RIGHT = JOINT_NAMES.index("left_elbow"), JOINT_NAMES.index("right_elbow")


def drawn_in(take: PoseSequence, share: float) -> PoseSequence:
    """The left wrist nearer to its elbow, in space, from the second second on."""
    world = take.world.copy()
    elbow, wrist = world[:, Landmark.LEFT_ELBOW], world[:, Landmark.LEFT_WRIST]
    inside = (take.times >= 2.0)[:, None]
    world[:, Landmark.LEFT_WRIST] = np.where(inside, elbow + share * (wrist - elbow), wrist)
    return PoseSequence(take.landmarks, world, take.times)


def noise_of(take: PoseSequence, first: float) -> np.ndarray:
    arms = arm_lengths(take.world)
    return elbow_noise(arms[(take.times >= first) & (take.times < first + 0.5)], usual_arm(arms))


@pytest.mark.parametrize("build", [TEACHER, LANKY], ids=["usual", "long arms"])
def test_who_is_seen_well_is_told_as_ever(build: Build) -> None:
    take = make_sequence("dance", seconds=6, jitter=0.005, build=build)
    assert noise_of(take, 3.0).max() < 5.0


def test_the_more_a_bone_is_off_the_more_it_takes_to_be_told() -> None:
    noise = [noise_of(drawn_in(make_sequence("dance", seconds=4), share), 3.0) for share in (1.0, 0.8, 0.6, 0.4)]
    assert (np.diff([row[LEFT] for row in noise]) > 5).all()
    for row in noise:
        np.testing.assert_allclose(np.delete(row, LEFT), np.delete(noise[0], LEFT))
    errors = np.full((2, len(JOINT_NAMES)), 25.0)
    told = lasting_errors(errors, np.stack([noise[2], noise[2]]), band=15.0)
    assert np.isnan(told[:, LEFT]).all()
    assert np.isfinite(np.delete(told, LEFT, axis=1)).all()


def test_size_is_nothing() -> None:
    take = drawn_in(make_sequence("dance", seconds=4), 0.6)
    larger = PoseSequence(take.landmarks, 1.7 * take.world, take.times)
    np.testing.assert_allclose(noise_of(larger, 3.0), noise_of(take, 3.0), atol=1e-4)


def test_a_stream_tells_what_the_take_so_far_tells() -> None:
    take, live = drawn_in(make_sequence("dance", seconds=4), 0.6), LiveArms()
    for world, time in zip(take.world, take.times, strict=True):
        live.add(world, float(time))
    recent = arm_lengths(take.world[take.times > 3.5])
    expected = elbow_noise(recent, usual_arm(arm_lengths(take.world)))
    np.testing.assert_allclose(live.noise_since(3.5), expected, atol=1e-5)


@pytest.mark.parametrize("frames", [0, 5])
def test_of_nobody_nothing_is_known(frames: int) -> None:
    arms = arm_lengths(nobody_for(frames).world)
    assert not elbow_noise(arms, usual_arm(arms)).any()
    assert not LiveArms().noise_since(0.0).any()
