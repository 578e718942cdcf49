"""A dance is cut at its still moments, and nothing of it is lost."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from kdance.motion.reference_motion import RATE_HZ, ReferenceMotion
from kdance.motion.sections import LONGEST_S, SHORTEST_S, cut_sections, pose_speed
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
