"""The floors of a reference, at every strictness."""

from __future__ import annotations

from kdance.motion.chance import LEVELS, calibrate_chance, calibrate_chances
from tests.motion_factory import reference


def test_floors_made_together_are_those_made_alone_and_stricter_is_lower() -> None:
    dance = reference()
    floors = calibrate_chances(dance)
    assert floors == {level: calibrate_chance(dance, strictness=level) for level in LEVELS}
    assert floors["easy"].pose > floors["normal"].pose > floors["strict"].pose
