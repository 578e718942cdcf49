"""What a coach is told of a half second: no limb that isn't to blame, and lateness in real time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from kdance.coach.facts import facts_of
from kdance.motion.timeline import Observation
from kdance.motion.timing import Lateness
from kdance.pose import JOINT_NAMES


def observe_late(lag: float) -> Observation:
    """A half second of good dancing, so many seconds of the song late."""
    return Observation(2.0, 2.0, 2.0 - lag, 0.9, 0.9, 0.9, np.zeros(8), np.zeros(8), lag, (), False, False)


def test_a_coach_is_told_no_error_of_a_limb_that_is_not_seen_or_that_fits_nowhere() -> None:
    seen = observe_late(0.0)
    errors = np.full(8, np.nan)
    errors[[JOINT_NAMES.index("left_hip"), JOINT_NAMES.index("left_shoulder")]] = 30.0

    def told(**changes: Any) -> set[str]:
        row = replace(seen, **changes)
        facts = facts_of(row, errors, Lateness(None, 0.0), seconds_per_count=None, best_match_idx=None)
        return set(facts.joint_errors)

    assert told() == {"left_hip", "left_shoulder"}
    assert told(unseen=("legs",)) == {"left_shoulder"}
    assert told(unseen=("left arm", "head")) == {"left_hip"}
    assert told(pose=0.29) == set()


@pytest.mark.parametrize("speed", [0.5, 1.0, 1.5])
def test_lateness_is_told_in_real_time_and_in_counts_of_the_song(speed: float) -> None:
    facts = facts_of(
        observe_late(0.3), np.full(8, np.nan), Lateness(None, 0.0), seconds_per_count=0.6, best_match_idx=0, speed=speed
    )
    assert facts.lateness == pytest.approx(0.3 / speed)
    assert facts.lateness / facts.seconds_per_count == pytest.approx(0.5)  # type: ignore[operator]
