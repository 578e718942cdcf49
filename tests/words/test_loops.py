"""Parts of a dance by the numbers of their 8-counts, and what to loop."""

from __future__ import annotations

import pytest

from kdance.review.loops import eights
from kdance.review.record import HandReport, HandsReport, SongCounts
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
    assert loops.hardest(make_report(verdict="wrong_dance")) is None
    good = tuple(section.model_copy(update={"score": 0.95, "worst_joint": None}) for section in make_sections())
    assert loops.hardest(make_report(sections=good)) is None


def test_a_limb_that_was_wrong_is_worth_a_loop_at_any_score() -> None:
    sections = tuple(
        section.model_copy(update={"score": 0.96, "worst_joint": "left_shoulder" if section.index == 2 else None})
        for section in make_sections()
    )
    assert loops.hardest(make_report(sections=sections)) == "--from 0:08 --to 0:12"


def test_a_section_that_is_no_whole_8_count_is_no_loop() -> None:
    short = tuple(
        section.model_copy(update={"end": section.start + 2.0}) if section.index == 2 else section
        for section in make_sections()
    )
    assert loops.hardest(make_report(counts=COUNTED, sections=short)) == "--counts 4"


@pytest.mark.parametrize(("weight", "option"), [(0.0, " --hands"), (0.6, "")], ids=["asked for", "the dance"])
def test_hands_are_looped_as_they_were_judged(weight: float, option: str) -> None:
    hand = HandReport(score=0.2, shape_agreement=0.4, direction_error_deg=20.0, coverage=0.9)
    report = make_report(counts=COUNTED, hands=HandsReport(left=hand, right=hand, weight=weight))
    assert loops.hardest(report) == f"{loops.hardest(make_report(counts=COUNTED))}{option}"
