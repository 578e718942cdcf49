"""Sides that are mixed up for a moment: found in a stream as in a whole take, and mended before a score is settled."""

from __future__ import annotations

import numpy as np
import pytest

from kdance.motion.flicker import LONGEST_S, find_flicker, without_flicker
from kdance.motion.live_bodies import LiveBodies, LiveSides
from kdance.motion.live_comparison import LiveComparison
from kdance.motion.pose_normalization import normalize, renamed_body, unseen_body
from kdance.motion.settled_scores import SETTLED_S
from kdance.motion.side_swaps import find_swaps, unswap_sides
from kdance.pose import FLIPPED, PoseSequence
from tests.motion.test_flicker import thrown
from tests.motion.test_side_swaps import swapped
from tests.motion_factory import chance, make_sequence, poses_of, reference

SPANS = [
    [(2.0, 2.1)],
    [(2.0, 2.5), (2.7, 3.9)],
    [(1.0, 5.0)],  # a real turn
    [(0.0, 0.4), (3.0, 3.03), (3.1, 3.13)],
    [(-1.0, 1.7), (2.0, 2.1), (2.3, 2.33)],  # the first jump is no swap
]


def found_live(take: PoseSequence, *, speed: float = 1.0) -> np.ndarray:
    sides, found = LiveSides(), np.zeros(len(take.times), bool)
    for index, pose in enumerate(poses_of(take)):
        time = float(take.times[index])
        for begin, end in [] if pose is None else sides.update(pose.landmarks[:, :2], speed * time, time):
            found ^= (take.times >= begin / speed - 1e-9) & (take.times < end / speed - 1e-9)
    return found


@pytest.mark.parametrize("spans", SPANS)
@pytest.mark.parametrize("nobody", [[], [(2.2, 2.4)]], ids=["seen", "gone for a moment"])
def test_the_swaps_of_a_stream_are_those_of_the_take(
    spans: list[tuple[float, float]], nobody: list[tuple[float, float]]
) -> None:
    take = swapped(make_sequence(nobody=nobody, seconds=6), *spans)
    expected = find_swaps(take.landmarks[..., :2], take.times)
    seen = take.measured
    for speed in (1.0, 0.5, 1.5):  # of the song: the report goes by the take alone
        np.testing.assert_array_equal(found_live(take, speed=speed)[seen], expected[seen])


def test_nothing_is_compared_across_runs() -> None:
    take = swapped(make_sequence(seconds=2), (1.0, 1.2))
    sides, found = LiveSides(), []
    for pose, time in zip(poses_of(take), take.times, strict=True):
        assert pose is not None
        if abs(time - 1.1) < 1e-3:
            sides.begin_run()
        found.append(sides.update(pose.landmarks[:, :2], float(time), float(time)))
    assert found == [[]] * len(found)


def test_renamed_bones_are_those_of_renamed_landmarks() -> None:
    take = make_sequence(seconds=1)
    swap = list(FLIPPED)
    other = normalize(PoseSequence(take.landmarks[:, swap], take.world[:, swap], take.times))
    renamed = renamed_body(normalize(take))
    for name in ("picture", "space", "length", "visibility"):
        np.testing.assert_allclose(getattr(renamed, name), getattr(other, name), atol=1e-5)


@pytest.mark.parametrize("fps", [15, 60])
def test_the_settled_scores_of_mixed_up_sides_are_those_of_the_right_ones(fps: int) -> None:
    take = make_sequence("dance", fps=fps, seconds=8)
    settled = []
    for danced in (take, swapped(take, (4.0, 4.9), (5.5, 5.6))):
        live = LiveComparison(reference(), chance())
        for pose, time in zip(poses_of(danced), danced.times, strict=True):
            live.update(pose, float(time), float(time))
        frames = live.settled(3.0)
        inside = (frames.times > 3.0) & (frames.times < 8.0 - SETTLED_S)
        settled.append((frames.combined[inside].mean(), frames.lag[inside].mean()))
    assert settled[1] == pytest.approx(settled[0], abs=0.01)


# Who turns round after brief swaps: with one picture it is known that they lay elsewhere than was thought.
TURNED = [[(3.0, 3.4), (3.7, 99.0)], [(4.0, 4.4), (4.6, 4.8), (5.0, 99.0)], [(4.0, 4.4), (4.5, 4.9), (5.0, 99.0)]]


@pytest.mark.parametrize("fps", [15, 30])
@pytest.mark.parametrize("spans", TURNED)
def test_several_mends_with_one_picture_give_what_a_report_has(spans: list[tuple[float, float]], fps: int) -> None:
    take = swapped(make_sequence(fps=fps, seconds=9), *spans)
    bodies, renamed, most = LiveBodies(), np.zeros(len(take.times), bool), 0
    for pose, time in zip(poses_of(take), take.times, strict=True):
        mends = list(bodies.mend(pose, float(time), float(time)))
        most = max(most, len(mends))
        for mend in mends:
            renamed ^= (take.times >= mend.start - 1e-9) & (take.times < mend.end - 1e-9)
    assert most >= 2
    np.testing.assert_array_equal(renamed, find_swaps(take.landmarks[..., :2], take.times))
    live = LiveComparison(reference(), chance())
    for pose, time in zip(poses_of(take), take.times, strict=True):
        live.update(pose, float(time), float(time))
    compared = live._memory[:]
    frames = np.searchsorted(take.times, compared.time - 1e-6)
    assert len(frames) > len(take.times) / 2
    np.testing.assert_allclose(compared.body.picture, normalize(unswap_sides(take)).picture[frames], atol=1e-4)


def unseen_live(take: PoseSequence) -> np.ndarray:
    """(T,) the frames that a stream of poses tells were no body."""
    bodies, unseen = LiveBodies(), np.zeros(len(take.times), bool)
    for pose, time in zip(poses_of(take), take.times, strict=True):
        for mend in bodies.mend(pose, float(time), float(time)):
            if mend.of is unseen_body:
                unseen |= (take.times >= mend.start - 1e-9) & (take.times < mend.end - 1e-9)
    return unseen


@pytest.mark.parametrize(
    "spans",
    [[(2.0, 2.04)], [(2.0, 2.6)], [(1.0, 1.3), (1.5, 1.7), (4.0, 4.1)], [(2.0, 2.2 + LONGEST_S)], []],
    ids=["a frame", "long", "several", "who stays there", "none"],
)
@pytest.mark.parametrize("nobody", [[], [(2.1, 2.2)]], ids=["seen", "gone for a moment"])
def test_the_flicker_of_a_stream_is_that_of_the_take(
    spans: list[tuple[float, float]], nobody: list[tuple[float, float]]
) -> None:
    take = make_sequence(nobody=nobody, seconds=6)
    for span in spans:
        take = thrown(take, *span)
    expected, seen = find_flicker(take.landmarks[..., :2], take.times), take.measured
    np.testing.assert_array_equal(unseen_live(take)[seen], expected[seen])


def test_sides_that_are_mixed_up_are_no_flicker() -> None:
    take = thrown(swapped(make_sequence(seconds=8), (2.0, 2.3), (5.0, 5.9)), 3.0, 3.2)
    mended = unswap_sides(take)
    np.testing.assert_array_equal(unseen_live(take), find_flicker(mended.landmarks[..., :2], take.times))


def test_a_jump_that_could_have_been_a_swap_is_told_when_it_was_none() -> None:
    take = thrown(swapped(make_sequence(seconds=8), (3.6, 5.9)), 3.2, 3.6)  # who turns round stays turned
    expected = find_flicker(unswap_sides(take).landmarks[..., :2], take.times)
    assert expected.any()
    np.testing.assert_array_equal(unseen_live(take), expected)


@pytest.mark.parametrize("fps", [15, 60])
def test_the_settled_scores_of_flicker_are_those_of_who_was_not_seen(fps: int) -> None:
    take, other = (make_sequence("dance", seed=seed, fps=fps, seconds=8) for seed in (0, 5))
    wrong = (take.times >= 4.0) & (take.times < 4.4)
    mixed = [
        np.where(wrong[:, None, None], getattr(other, name), getattr(take, name)) for name in ("landmarks", "world")
    ]
    take = thrown(PoseSequence(*mixed, take.times), 4.0, 4.4)
    settled = []
    for danced in (take, without_flicker(take)):
        live = LiveComparison(reference(), chance())
        for pose, time in zip(poses_of(danced), danced.times, strict=True):
            live.update(pose, float(time), float(time))
        frames = live.settled(3.0)
        inside = (frames.times > 3.0) & (frames.times < 8.0 - SETTLED_S) & np.isfinite(frames.combined)
        settled.append(frames.combined[inside].mean())
    assert settled[0] == pytest.approx(settled[1], abs=0.005)
