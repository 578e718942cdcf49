"""Parts of a dance by the numbers of their 8-counts, and what to loop."""

from __future__ import annotations

from typing import Any

import pytest

from kdance.review.asked import Asked
from kdance.review.loops import eights
from kdance.review.record import SongCounts
from kdance.words import loops
from tests.report_factory import make_report, make_sections

COUNTED = SongCounts(seconds_per_count=0.5, first=0.0)


@pytest.mark.parametrize(
    ("start", "end", "named"),
    [
        (2.0, 6.0, "1"),
        (6.02, 9.97, "2"),
        (6.0, 14.0, "2-3"),
        (0.0, 6.0, "1"),
        (0.0, 2.0, ""),
        (14.0, 17.1, "4"),
        (7.0, 11.0, ""),
    ],
    ids=["first", "nearly", "two", "with what is before", "before the first 1", "the rest", "from a 3"],
)
def test_a_stretch_is_named_by_its_counts(start: float, end: float, named: str) -> None:
    song = SongCounts(seconds_per_count=0.5, first=2.0)
    assert loops.eights(start, end, song) == named
    assert loops.eights(start, end, None) == ""
    numbers = eights(start, end, song)
    assert (numbers is None) == (named == "")
    assert numbers is None or f"{numbers[0]}" == named.partition("-")[0]
    assert eights(start, end, None) is None


def test_what_went_well_or_was_not_danced_is_no_loop() -> None:
    assert loops.loop_command(make_report(verdict="wrong_dance")) is None
    good = tuple(section.model_copy(update={"score": 0.95, "worst_joint": None}) for section in make_sections())
    assert loops.loop_command(make_report(sections=good)) is None


def test_a_limb_that_was_wrong_is_worth_a_loop_at_any_score() -> None:
    sections = tuple(
        section.model_copy(update={"score": 0.96, "worst_joint": "left_shoulder" if section.index == 2 else None})
        for section in make_sections()
    )
    assert loops.loop_command(make_report(sections=sections)) == "kdance train magnetic --from 0:08 --to 0:12"


def test_a_section_that_is_no_whole_8_count_is_no_loop() -> None:
    short = tuple(
        section.model_copy(update={"end": section.start + 2.0}) if section.index == 2 else section
        for section in make_sections()
    )
    assert loops.loop_command(make_report(counts=COUNTED, sections=short)) == "kdance train magnetic --counts 4"


@pytest.mark.parametrize(
    ("typed", "options"),
    [
        ({}, ""),
        ({"hands": False}, " --no-hands"),
        ({"hands": True, "mirror": "on"}, " --hands --mirror on"),
        ({"strictness": "strict", "camera": "1", "rotate": 90}, " --strictness strict --camera 1 --rotate 90"),
        ({"camera": "rtsp://cam/a b"}, " --camera 'rtsp://cam/a b'"),
    ],
)
def test_a_part_is_looped_as_it_was_asked_for(typed: dict[str, Any], options: str) -> None:
    plain = loops.loop_command(make_report(counts=COUNTED))
    assert plain == "kdance train magnetic --counts 3"
    assert loops.loop_command(make_report(counts=COUNTED, asked=Asked(**typed))) == f"{plain}{options}"


@pytest.mark.parametrize(("speed", "option"), [(0.75, " --speed 0.75"), (1.0000001, ""), (1.15, " --speed 1.15")])
def test_a_part_is_looped_as_fast_as_it_was_danced(speed: float, option: str) -> None:
    assert loops.loop_command(make_report(counts=COUNTED, speed=speed)) == f"kdance train magnetic --counts 3{option}"
