"""A dance that shows no legs: nobody misses the dancer's, and nobody is told to step back for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kdance.dance.dance import Dance
from kdance.motion.setup_check import check_setup
from tests.motion_factory import SMALL, make_pose, make_sequence
from tests.review.test_evaluation import SECONDS, report_of
from tests.session_factory import make_reference

LEGLESS = ("legs", "feet")


@pytest.fixture(scope="module")
def half_body(tmp_path_factory: pytest.TempPathFactory) -> Dance:
    folder: Path = tmp_path_factory.mktemp("half")
    return Dance.of(make_reference(folder, make_sequence(seconds=SECONDS, hidden=LEGLESS)))


@pytest.mark.parametrize("hidden", [LEGLESS, ()], ids=["half body", "whole body"])
def test_legs_that_the_reference_does_not_show_are_not_missed(half_body: Dance, hidden: tuple[str, ...]) -> None:
    report = report_of(make_sequence(seconds=SECONDS, build=SMALL, hidden=hidden), half_body)
    assert report.not_in_reference == ("legs",)
    assert report.warnings == ()
    assert not any("step back" in line.lower() for line in (*report.improvement_areas, *report.key_insights))
    assert report.coverage > 0.95
    assert report.average_similarity is not None
    assert report.average_similarity > 0.9
    assert report.groups["legs"] is None


def test_an_arm_that_the_reference_shows_is_still_missed(half_body: Dance) -> None:
    report = report_of(make_sequence(seconds=SECONDS, build=SMALL, hidden=(*LEGLESS, "left arm")), half_body)
    assert any("left arm" in line for line in report.warnings)
    assert report.coverage < 0.95


def test_legs_of_a_whole_body_are_missed_as_before(tmp_path: Path) -> None:
    dance = Dance.of(make_reference(tmp_path, make_sequence(seconds=SECONDS)))
    report = report_of(make_sequence(seconds=SECONDS, build=SMALL, hidden=LEGLESS), dance)
    assert report.not_in_reference == ()
    assert any("legs" in line for line in report.warnings)


def test_who_stands_close_for_a_half_body_is_ready() -> None:
    landmarks = make_pose(hidden=LEGLESS).landmarks
    picture = {"width_px": 640, "height_px": 480, "brightness": 120.0, "fps": 30.0}
    assert not check_setup(landmarks, **picture).is_ready
    half = check_setup(landmarks, **picture, half_body=True)
    assert half.is_ready
    assert half.checks[0].finding == "seen_half"  # not "from head to feet"


def test_legs_that_come_into_the_picture_for_a_moment_are_not_asked_for(tmp_path: Path) -> None:
    whole, half = (make_sequence(seconds=SECONDS, hidden=hidden) for hidden in ((), LEGLESS))
    shown = (half.times > 3.0) & (half.times < 4.5)
    half.landmarks[shown] = whole.landmarks[shown]
    dance = Dance.of(make_reference(tmp_path, half))
    assert dance.not_shown == ("legs",)
    report = report_of(make_sequence(seconds=SECONDS, build=SMALL, hidden=LEGLESS), dance)
    said = [*report.warnings, *report.improvement_areas, *(cue.feedback_text for cue in report.detailed_feedback)]
    assert not any("step back" in line or "leg" in line for line in said)
