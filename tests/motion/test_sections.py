"""A dance is cut at its still moments, and nothing of it is lost."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest

from kdance.motion.counts import CountGrid
from kdance.motion.reference_motion import RATE_HZ, ReferenceMotion
from kdance.motion.sections import LONGEST_S, SHORTEST_S, cut_sections, eight_count_sections, pose_speed
from tests.motion_factory import make_sequence, nobody_for, reference

FRAME = 1 / RATE_HZ


def prepared(motion: str = "dance", *, seconds: float, **options: object) -> ReferenceMotion:
    return ReferenceMotion.from_sequence(make_sequence(motion, seconds=seconds + FRAME, **options))  # type: ignore[arg-type]


@pytest.mark.parametrize("motion", ["dance", "groove", "two-step", "stand still"])
@pytest.mark.parametrize("seconds", [0.1, 1.0, 3.9, 4.0, 5.5, 6.0, 8.8, 10.0, 23.4, 60.0])
def test_sections_cover_the_dance_without_gaps(seconds: float, motion: str) -> None:
    dance = prepared(motion, seconds=seconds)
    sections = cut_sections(dance)
    assert sections[0][0] == 0
    assert sections[-1][1] == dance.duration
    assert all(before[1] == after[0] for before, after in pairwise(sections))
    assert all(end > start for start, end in sections)


@pytest.mark.parametrize("motion", ["dance", "groove", "stand still"])
@pytest.mark.parametrize("seconds", [4.0, 6.0, 8.8, 10.0, 14.0, 23.4, 60.0])
def test_all_but_the_last_are_two_to_three_seconds_long(seconds: float, motion: str) -> None:
    lengths = np.diff(cut_sections(prepared(motion, seconds=seconds)))[:, 0]
    assert lengths.min() >= SHORTEST_S - FRAME
    assert lengths[:-1].max() <= LONGEST_S + FRAME


@pytest.mark.parametrize("seconds", [4.0, 5.0, 6.0, 7.0, 8.8, 10.0, 11.5, 13.0, 14.2])
def test_the_last_is_no_longer_than_the_others(seconds: float) -> None:
    lengths = np.diff(cut_sections(prepared(seconds=seconds)))[:, 0]
    assert lengths.max() <= LONGEST_S + FRAME


@pytest.mark.parametrize("seconds", [0.0, 0.5, 2.0, 3.9])
def test_a_short_dance_is_one_section(seconds: float) -> None:
    assert len(cut_sections(prepared(seconds=seconds))) == 1


def test_cuts_are_at_the_stillest_moment_allowed() -> None:
    dance = reference("groove", seconds=20)
    speed = pose_speed(dance)
    for start, end in cut_sections(dance)[:-3]:  # the last ones also have to share what is left
        allowed = speed[round((start + SHORTEST_S) * RATE_HZ) : round((start + LONGEST_S) * RATE_HZ) + 1]
        assert speed[round(end * RATE_HZ)] <= np.min(allowed) + 1e-6


def test_a_dance_that_rests_every_two_and_a_half_seconds_is_cut_there() -> None:
    # the arm swings for two seconds and rests for half a one, ten times
    times = np.arange(750) / 30
    swing = np.where(times % 2.5 < 2.0, np.sin(np.pi * (times % 2.5)) ** 2, 0.0)
    moments = np.interp(swing, [0, 1], [0, 1])
    take = make_sequence("raise left arm", times=times, late=lambda t: t - moments)
    cuts = [end for _, end in cut_sections(ReferenceMotion.from_sequence(take))[:-1]]
    phase = np.array(cuts) % 2.5
    assert ((phase > 1.8) | (phase < 0.2)).all()


def test_speed_is_nothing_while_nothing_moves_and_more_for_a_faster_dance() -> None:
    assert pose_speed(reference("stand still")).max() == pytest.approx(0, abs=1e-3)
    slow, fast = (pose_speed(prepared("groove", seconds=8, tempo=tempo)).mean() for tempo in (0.7, 1.4))
    assert fast == pytest.approx(2 * slow, rel=0.3)


def test_speed_is_unknown_in_a_gap_and_the_cuts_survive_it() -> None:
    dance = prepared(seconds=12, nobody=[(3.0, 6.0)])
    assert np.isnan(pose_speed(dance)[100:170]).all()
    sections = cut_sections(dance)
    assert sections[-1][1] == dance.duration
    assert len(sections) >= 4


@pytest.mark.parametrize("frames", [1, 2, 3, 150])
def test_an_empty_dance(frames: int) -> None:
    dance = ReferenceMotion.from_sequence(nobody_for(frames))
    assert np.isnan(pose_speed(dance)).all()
    assert cut_sections(dance)[-1][1] == dance.duration


def test_the_same_dance_has_the_same_sections() -> None:
    assert cut_sections(prepared(seconds=20)) == cut_sections(prepared(seconds=20))


@pytest.mark.parametrize("fps", [24, 60])
def test_sections_do_not_depend_on_the_frame_rate(fps: int) -> None:
    one, other = (cut_sections(prepared("groove", seconds=12, fps=rate)) for rate in (30, fps))
    np.testing.assert_allclose(one[0], other[0], atol=0.1)


# 8-counts


@pytest.mark.parametrize("bpm", [60, 95, 128, 180, 240])
def test_sections_of_eight_counts_cover_the_dance(bpm: float) -> None:
    for first, duration in product((0.0, 0.4, 1.99, 2.0, 2.7), (1.0, 2.5, 4.0, 7.9, 18.0, 61.3)):
        grid = CountGrid.with_one_at(first, 60 / bpm)
        sections = eight_count_sections(grid, duration)
        assert sections[0][0] == 0
        assert sections[-1][1] == duration
        assert all(before[1] == after[0] for before, after in pairwise(sections))
        lengths = np.diff(sections)[:, 0]
        assert len(sections) == 1 or lengths.min() >= SHORTEST_S - 1e-9
        assert all(grid.number_at(start) == 1 for start, _ in sections[1:])
        assert lengths.max() < 8 * 60 / bpm + 2 * SHORTEST_S  # an 8-count with what was too short on both sides


@pytest.mark.parametrize(
    ("first", "duration", "ends"),
    [
        (2.0, 18.0, [2, 6, 10, 14, 18]),
        (1.9, 18.0, [5.9, 9.9, 13.9, 18]),  # what comes before the first "1" is too short
        (0.0, 17.0, [4, 8, 12, 17]),  # what is left is too short
        (0.0, 18.0, [4, 8, 12, 16, 18]),
        (3.0, 4.0, [4.0]),
    ],
)
def test_pieces_that_are_too_short_join_their_neighbour(first: float, duration: float, ends: list[float]) -> None:
    np.testing.assert_allclose([end for _, end in eight_count_sections(CountGrid(0.5, first), duration)], ends)
