"""What a score depends on, of what was typed, configured and danced."""

from __future__ import annotations

import pytest

from kdance.cli.options import take_options
from kdance.config import Settings
from tests.motion_factory import make_sequence
from tests.reference_factory import make_info


@pytest.mark.parametrize("of_hands", [True, False])
@pytest.mark.parametrize("asked", [None, True, False])
def test_hands_are_compared_where_they_are_the_dance_unless_told_otherwise(of_hands: bool, asked: bool | None) -> None:
    info = make_info(make_sequence(seconds=2))
    info = info.model_copy(update={"quality": info.quality.model_copy(update={"of_hands": of_hands})})
    assert take_options(Settings(), info, hands=asked).hands is (of_hands if asked is None else asked)
