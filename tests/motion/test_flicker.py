"""A body thrown across itself for some tenths of a second was not seen; a dancer's own fast moves were."""

from __future__ import annotations

import numpy as np
import pytest

from kdance.motion.flicker import LONGEST_S, find_flicker, without_flicker
from kdance.pose import PoseSequence
from tests.motion_factory import make_sequence, nobody_for


def thrown(sequence: PoseSequence, start: float, end: float) -> PoseSequence:
    """The sequence with a body as large as a trunk beside itself for a while."""
    landmarks = sequence.landmarks.copy()
    inside = (sequence.times >= start) & (sequence.times < end)
    landmarks[inside, :, 0] += 200.0
    return PoseSequence(landmarks, sequence.world, sequence.times)


@pytest.mark.parametrize("seed", range(4))
def test_a_dance_has_none(seed: int) -> None:
    sequence = make_sequence(seed=seed)
    assert without_flicker(sequence) is sequence


@pytest.mark.parametrize("length", [0.04, 0.2, 0.5])
def test_what_jumps_and_jumps_back_was_not_seen_and_all_else_was(length: float) -> None:
    sequence = make_sequence(seconds=6.0)
    mended = without_flicker(thrown(sequence, 2.0, 2.0 + length))
    gone = (sequence.times >= 2.0) & (sequence.times < 2.0 + length)
    np.testing.assert_array_equal(~mended.measured, gone)
    np.testing.assert_array_equal(mended.landmarks[~gone], sequence.landmarks[~gone])


def test_who_stays_where_they_jumped_to_was_seen() -> None:
    assert not find_flicker(
        thrown(make_sequence(), 2.0, 2.2 + LONGEST_S).landmarks[..., :2], make_sequence().times
    ).any()


@pytest.mark.parametrize("frames", [0, 1, 30])
def test_nobody_flickers_not(frames: int) -> None:
    assert not without_flicker(nobody_for(frames)).measured.any()
