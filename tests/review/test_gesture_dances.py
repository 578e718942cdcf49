"""Gesture dances: a report whose whole is the arms and the hands, by what moves, and what it tells of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kdance.dance.dance import Dance
from kdance.motion.hand_weight import MOST
from kdance.motion.smoothing import smooth_reference
from kdance.pose import PoseSequence
from kdance.report.json_report import to_json
from kdance.review.evaluation import evaluate
from kdance.review.options import TakeOptions
from kdance.review.record import SessionReport
from tests.gesture_factory import HALF, as_reference, looked_at, make_gestures, seen_by_network, with_gestures
from tests.motion.test_side_swaps import swapped
from tests.motion_factory import SMALL, make_sequence
from tests.review.test_evaluation import report_of
from tests.session_factory import make_reference, strict_json

SECONDS = 12.0


@pytest.fixture(scope="module")
def dance(tmp_path_factory: pytest.TempPathFactory) -> Dance:
    folder: Path = tmp_path_factory.mktemp("gestures")
    return Dance.of(make_reference(folder, smooth_reference(as_reference(seen(make_gestures(seconds=SECONDS))))))


def seen(sequence: PoseSequence) -> PoseSequence:
    return seen_by_network(sequence, seed=3)


def take_of(gestures: int = 0, arms: int = 0) -> PoseSequence:
    return looked_at(
        seen(make_gestures(seconds=SECONDS, gestures=gestures, arms=arms, build=SMALL, jitter=0.004)),
    )


def scored(take: PoseSequence, dance: Dance, *, hands: bool = True) -> SessionReport:
    return report_of(take, dance, offset=0.0, hands=hands)


def test_the_same_gestures_by_another_body_are_great(dance: Dance) -> None:
    report = scored(take_of(), dance)
    assert report.average_similarity is not None
    assert report.average_similarity >= 0.8
    assert report.hands is not None
    assert report.hands.weight == pytest.approx(MOST)
    assert report.groups["hands"] is not None
    assert report.groups["hands"] >= 0.7
    assert not any("hands" in line for line in (*report.warnings, *report.improvement_areas))
    assert not any("hands" in cue.feedback_text for cue in report.detailed_feedback)


def test_right_arms_with_other_gestures_are_told_as_that(dance: Dance) -> None:
    report = scored(take_of(gestures=7), dance)
    assert report.average_similarity is not None
    assert report.average_similarity < 0.6
    assert report.groups["arms"] is not None
    assert report.groups["arms"] > 0.9
    assert report.groups["hands"] is not None
    assert report.groups["hands"] < 0.4
    assert report.verdict == "danced"
    assert "hands do something else" in report.session_summary
    assert any("fingers" in line for line in report.improvement_areas)
    assert any("Watch the hands" in cue.feedback_text for cue in report.detailed_feedback)


@pytest.mark.parametrize("who", ["reference", "take"])
def test_hands_are_the_same_arms_where_the_network_mixes_up_the_sides(who: str, dance: Dance, tmp_path: Path) -> None:
    take, spans = take_of(), ((3.0, 4.0), (6.0, 7.2), (9.0, 9.4))
    expected = scored(take, dance)
    if who == "take":
        report = scored(swapped(take, *spans), dance)
    else:
        mixed_up = swapped(as_reference(seen(make_gestures(seconds=SECONDS))), *spans)
        report = scored(take, Dance.of(make_reference(tmp_path, smooth_reference(mixed_up))))
    assert report.hands == expected.hands
    assert report.groups == expected.groups
    assert report.average_similarity == expected.average_similarity


def test_another_dance_is_another_dance(dance: Dance) -> None:
    report = scored(take_of(gestures=7, arms=9), dance)
    assert report.average_similarity is not None
    assert report.average_similarity < 0.2


def test_who_stands_still_with_open_hands_has_nothing(dance: Dance) -> None:
    still = with_gestures(make_sequence("stand still", seconds=SECONDS, hidden=HALF), 0, only="open")
    report = scored(looked_at(seen(still)), dance)
    assert report.average_similarity is not None
    assert report.average_similarity < 0.05


def test_hands_that_the_camera_does_not_see_are_not_wrong_and_that_is_said(dance: Dance) -> None:
    take = take_of()
    assert take.hands is not None
    unseen = replace(take, hands=np.full_like(take.hands, np.nan))
    report, body = scored(unseen, dance), scored(take, dance, hands=False)
    assert report.average_similarity == body.average_similarity
    assert report.groups["hands"] is None
    assert any("dance of the hands" in line for line in report.warnings)


def test_without_asking_for_hands_the_body_alone_is_scored(dance: Dance) -> None:
    report = scored(take_of(gestures=7), dance, hands=False)
    assert report.hands is None
    assert "hands" not in report.groups
    assert report.average_similarity is not None
    assert report.average_similarity > 0.9


def test_where_hands_only_follow_they_change_nothing(tmp_path: Path) -> None:
    body = make_sequence(seconds=SECONDS)
    following = Dance.of(make_reference(tmp_path, as_reference(seen(with_gestures(body, 0, only="open")))))
    take = looked_at(seen(with_gestures(make_sequence(seconds=SECONDS, build=SMALL, late=0.1), 3)))
    with_them, without = (
        evaluate(take, following, TakeOptions(offset=0.0, hands=hands)).measurements for hands in (True, False)
    )
    assert with_them.average_similarity == without.average_similarity
    assert with_them.timeline == without.timeline
    assert with_them.hands is not None
    assert with_them.hands.weight == 0.0


def test_the_json_has_the_hands_among_the_groups(dance: Dance) -> None:
    found = strict_json(to_json(scored(take_of(), dance)))
    assert set(found["groups"]) == {"arms", "legs", "trunk", "hands"}
    assert found["hands"]["weight"] == MOST
    assert found["not_in_reference"] == ["legs"]


def test_nobody_is_told_to_step_back_for_legs_that_are_not_in_the_dance(dance: Dance) -> None:
    nobody = replace(take_of(), landmarks=np.full_like(take_of().landmarks, np.nan))
    gone = scored(replace(nobody, world=np.full_like(nobody.world, np.nan), hands=None), dance)
    half = take_of()
    away = half.times > 0.4 * SECONDS
    half.landmarks[away], half.world[away] = np.nan, np.nan
    partly = scored(half, dance)
    assert gone.verdict == "nobody"
    assert partly.verdict == "danced"
    for report in (gone, partly):
        said = " ".join((report.session_summary, *report.improvement_areas, *report.warnings)).lower()
        assert "step back" not in said
        assert "feet" not in said
