"""A chorus is one part, however often it is danced; everything else is its own."""

from __future__ import annotations

import numpy as np
import pytest

from kdance.motion.chance import calibrate_chance
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.repeats import first_times
from kdance.motion.scoring import Chance
from kdance.pose import PoseSequence
from tests.motion_factory import make_sequence, mirror_take
from tests.session_factory import FPS, join_takes, nobody_for

PARTS = [(4.0 * number, 4.0 * number + 4) for number in range(5)]


def motion_of(*parts: PoseSequence) -> tuple[ReferenceMotion, Chance]:
    motion = ReferenceMotion.from_sequence(join_takes(*parts))
    return motion, calibrate_chance(motion)


def verse(seed: int, **changes: object) -> PoseSequence:
    """Four seconds of a dance."""
    return make_sequence("dance", seconds=4.0, seed=seed, **changes)


def test_what_is_danced_again_is_found_at_its_first_time() -> None:
    motion, chance = motion_of(verse(1), verse(2), verse(1), verse(3), verse(2))
    assert first_times(motion, PARTS, chance) == [0, 1, 0, 3, 1]


def test_a_repeat_is_danced_by_a_person_a_bit_late_and_never_quite_the_same() -> None:
    again = verse(1, late=0.1, jitter=0.01, noise_seed=5)
    motion, chance = motion_of(verse(1), verse(2), again, verse(3), verse(4))
    assert first_times(motion, PARTS, chance) == [0, 1, 0, 3, 4]


def test_the_mirror_image_is_another_part() -> None:
    motion, chance = motion_of(verse(1), mirror_take(verse(1)), verse(2), verse(3), verse(4))
    assert first_times(motion, PARTS, chance) == [0, 1, 2, 3, 4]


def test_parts_of_other_lengths_and_without_a_body_are_their_own() -> None:
    motion, chance = motion_of(verse(1), nobody_for(round(4 * FPS)), nobody_for(round(4 * FPS)), verse(2), verse(1))
    assert first_times(motion, PARTS, chance) == [0, 1, 2, 3, 0]
    assert first_times(motion, [(0.0, 4.0), (16.0, 18.0)], chance) == [0, 1]


@pytest.mark.parametrize("parts", [[], [(0.0, 4.0)]])
def test_of_one_part_or_none_nothing_is_a_repeat(parts: list[tuple[float, float]]) -> None:
    motion, chance = motion_of(verse(1))
    assert first_times(motion, parts, chance) == list(range(len(parts)))
    assert np.isfinite(chance.pose)
