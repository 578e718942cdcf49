"""The second pass: the same frames give the same report, and every number in it is about what was danced."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kdance.choices import Turn
from kdance.dance.dance import Dance
from kdance.motion.counts import CountGrid
from kdance.motion.course import Course
from kdance.motion.timeline import SNAPSHOT_S
from kdance.motion.upright import upright
from kdance.pose import JOINT_NAMES, PoseSequence
from kdance.practice import reporting
from kdance.practice.take import start_session
from kdance.report.json_report import to_json
from kdance.review.evaluation import evaluate
from kdance.review.options import TakeOptions
from kdance.review.record import SessionReport
from tests.course_factory import course_of, danced_along
from tests.motion_factory import SMALL, JointError, keep_frames, make_sequence, mirror_take
from tests.session_factory import FPS, empty_room, join_takes, make_reference, strict_json

SECONDS = 10.0


@pytest.fixture(scope="module")
def sequence() -> PoseSequence:
    return make_sequence("dance", seconds=SECONDS)


@pytest.fixture(scope="module")
def dance(tmp_path_factory: pytest.TempPathFactory, sequence: PoseSequence) -> Dance:
    return Dance.of(make_reference(tmp_path_factory.mktemp("references"), sequence))


def report_of(take: PoseSequence, dance: Dance, *, course: Course | None = None, **options: Any) -> SessionReport:
    from datetime import UTC, datetime

    chosen = TakeOptions(**{"mirror": "off", **options})
    start = start_session(dance, "take.mp4", chosen, datetime(2026, 11, 22, tzinfo=UTC))
    return reporting.report_of(evaluate(take, dance, chosen, course), start, "completed")


def of_the_dance(report: SessionReport) -> dict[str, Any]:
    return report.model_dump(exclude={"session_id"})


def test_it_is_a_pure_function(dance: Dance) -> None:
    take = make_sequence(seconds=SECONDS, late=0.1, jitter=0.02, nobody=[(3.0, 3.4)])
    before = take.landmarks.copy(), take.world.copy(), take.times.copy()
    one, two = report_of(take, dance), report_of(take, dance)
    assert of_the_dance(one) == of_the_dance(two)
    for now, then in zip((take.landmarks, take.world, take.times), before, strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize("frames", [0, 1, 2, 5, 14])
def test_hardly_any_frames_are_a_report_all_the_same(dance: Dance, sequence: PoseSequence, frames: int) -> None:
    report = report_of(keep_frames(sequence, np.arange(frames)), dance)
    assert report.total_poses == frames
    assert report.total_duration == pytest.approx(max(0, frames - 1) / FPS)
    strict_json(to_json(report))
    assert len(report.sections) == len(dance.reference.info.sections)


@pytest.mark.parametrize("options", [{}, {"offset": None}, {"mirror": "auto"}, {"loop": True}])
def test_an_empty_room_is_null_everywhere(dance: Dance, options: dict[str, Any]) -> None:
    report = report_of(empty_room(SECONDS), dance, **options)
    strict_json(to_json(report))
    assert (report.total_poses, report.coverage, report.mirrored) == (0, 0.0, False)
    assert (report.average_similarity, report.average_pose_score, report.average_motion_score) == (None,) * 3
    assert (report.best_moment, report.worst_moment, report.timing.offset_ms) == (None,) * 3
    assert all(row.combined_score is None and row.best_match_idx is None for row in report.timeline)
    assert all(section.score is None and section.worst_joint is None for section in report.sections)
    assert all(joint.coverage == 0.0 for joint in report.joints.values())
    assert report.warnings


def test_the_parts_add_up(dance: Dance) -> None:
    take = make_sequence(
        seconds=SECONDS, jitter=0.02, nobody=[(3.0, 4.2)], errors=[JointError("right_knee", -30, 5, 8)]
    )
    report = report_of(take, dance)
    assert list(report.joints) == list(JOINT_NAMES)
    assert [row.timestamp for row in report.timeline] == [0.5 * row for row in range(1, 21)]
    scored = [row.combined_score for row in report.timeline if row.combined_score is not None]
    assert sum(report.distribution.model_dump().values()) == len(scored)
    assert report.best_moment is not None
    assert report.worst_moment is not None
    assert (report.best_moment.combined_score, report.worst_moment.combined_score) == (max(scored), min(scored))
    assert sum(report.severity_distribution.model_dump().values()) == len(report.detailed_feedback)
    assert report.total_poses == int(take.measured.sum())
    assert report.coverage == pytest.approx(take.measured.mean(), abs=0.02)
    bounds = [(section.start, section.end) for section in report.sections]
    assert bounds[0][0] == 0.0
    assert bounds[-1][1] == pytest.approx(dance.reference.info.duration)
    assert all(one[1] == two[0] for one, two in pairwise(bounds))
    assert [section.index for section in report.sections] == list(range(len(bounds)))


def test_moments_without_a_body_are_null_and_not_part_of_the_mean(dance: Dance, sequence: PoseSequence) -> None:
    report = report_of(make_sequence(seconds=SECONDS, nobody=[(3.0, 5.02)]), dance)
    gone = {row.timestamp for row in report.timeline if row.combined_score is None}
    assert gone >= {3.5, 4.0, 4.5, 5.0}
    assert gone <= {3.0, 3.5, 4.0, 4.5, 5.0, 5.5}
    assert report.average_similarity == pytest.approx(report_of(sequence, dance).average_similarity, abs=0.02)


@pytest.mark.parametrize(
    ("joint", "degrees"), [("left_shoulder", -40.0), ("right_elbow", -45.0), ("right_knee", -35.0)]
)
def test_the_worst_joint_is_the_one_that_is_wrong_while_it_is(dance: Dance, joint: str, degrees: float) -> None:
    report = report_of(make_sequence(seconds=SECONDS, errors=[JointError(joint, degrees, 4.0, 8.0)]), dance)
    told = {row.timestamp for row in report.timeline if row.worst_joint == joint}
    wrong = {0.5 * row for row in range(9, 17)}
    assert len(told & wrong) / len(told | wrong) >= 0.6
    assert {row.worst_joint for row in report.timeline} == {None, joint}
    for row in report.timeline:
        if row.worst_joint == joint:
            assert row.worst_error_deg is not None
            assert -60 < row.worst_error_deg < -15
    assert joint in {section.worst_joint for section in report.sections}


@pytest.mark.parametrize(
    ("wrong", "areas"),
    [
        ([("left_shoulder", -40.0), ("right_shoulder", -38.0)], ["Raise both arms"]),
        ([("left_shoulder", -40.0), ("right_elbow", -45.0)], ["Raise your left arm", "Extend your right elbow"]),
        ([("left_shoulder", -45.0), ("right_knee", -35.0)], ["Raise your left arm", "Extend your right knee"]),
    ],
)
def test_every_joint_that_is_wrong_is_named(dance: Dance, wrong: list[tuple[str, float]], areas: list[str]) -> None:
    errors = [JointError(joint, degrees, 4.0, 8.0) for joint, degrees in wrong]
    report = report_of(make_sequence(seconds=SECONDS, errors=errors), dance)
    assert {fault.joint for fault in report.faults} == {joint for joint, _ in wrong}
    for fault in report.faults:
        assert fault.mean_error_deg < -15
        ((start, end),) = fault.spans
        assert (start, end) == (pytest.approx(4.0, abs=0.6), pytest.approx(8.0, abs=0.6))
    told = [text.partition(":")[0] for text in report.improvement_areas]
    assert sorted(told) == sorted(areas)
    limbs = {f"your {side} {'arm' if kind in ('shoulder', 'elbow') else 'leg'}" for side, _, kind in (
        joint.partition("_") for joint, _ in wrong)}  # fmt: skip
    praised = " ".join(text for text in report.strengths if text.startswith("Accurate"))
    assert not any(limb in praised for limb in (*limbs, "your arms"))


def test_no_fault_is_made_of_a_good_take(dance: Dance, sequence: PoseSequence) -> None:
    report = report_of(sequence, dance)
    assert report.faults == ()
    assert report.breaks == ()
    assert report.improvement_areas == ()


@pytest.mark.parametrize("again", [False, True], ids=["to the end", "and back"])
@pytest.mark.parametrize(
    ("motion", "seed", "kind", "words"),
    [("stand still", 0, "standing_still", "you stood still"), ("dance", 11, "wrong_dance", "it looked like another")],
    ids=["standing still", "another dance"],
)
def test_where_the_dancing_stops_no_limb_is_to_blame(
    motion: str, seed: int, kind: str, words: str, again: bool, dance: Dance, sequence: PoseSequence
) -> None:
    other = make_sequence(motion, seconds=SECONDS, seed=seed)
    gone = (sequence.times >= 4.0) & ((sequence.times < 8.0) | (not again))
    take = PoseSequence(
        np.where(gone[:, None, None], other.landmarks, sequence.landmarks),
        np.where(gone[:, None, None], other.world, sequence.world),
        sequence.times,
    )
    report = report_of(take, dance)
    assert report.verdict == "danced"
    assert report.faults == ()
    (found,) = report.breaks
    assert (found.kind, found.to_the_end) == (kind, not again)
    assert found.start == pytest.approx(4.0, abs=1.0)
    assert found.end == pytest.approx(8.0 if again else SECONDS, abs=1.0)
    assert words in report.session_summary
    assert not any("stayed with the music" in text for text in (*report.strengths, *report.key_insights))
    assert not any(text.startswith("Accurate") for text in report.strengths)


def test_a_score_for_a_fifth_of_the_dance_says_so(dance: Dance) -> None:
    report = report_of(make_sequence(seconds=SECONDS, nobody=[(0.0, 4.0), (6.0, 99.0)]), dance)
    assert report.verdict == "danced"
    assert report.average_similarity is not None
    assert report.average_similarity > 0.9
    assert report.coverage == pytest.approx(0.2, abs=0.02)
    assert report.warnings == ("Only 20 % of the dance was seen: the score is for that part alone.",)
    assert "points, but only for what I saw of dance: 20 % of it." in report.session_summary
    assert "strict" not in report.session_summary


@pytest.mark.parametrize("late", [0.35, 0.5])
def test_cues_and_report_tell_the_same_lateness(late: float, dance: Dance) -> None:
    report = report_of(make_sequence(seconds=SECONDS, late=late), dance)
    cues = {record.feedback_text for record in report.detailed_feedback if "late" in record.feedback_text}
    assert cues
    assert all(abs(float(re.findall(r"[\d.]+", cue)[0]) - late) <= 0.06 for cue in cues)
    assert report.timing.offset_ms == pytest.approx(1000 * late, abs=40)


@pytest.mark.parametrize("late", [-0.2, 0.12, 0.35])
def test_lateness_is_told_with_its_sign(dance: Dance, sequence: PoseSequence, late: float) -> None:
    report = report_of(make_sequence(seconds=SECONDS, late=late), dance)
    same = report_of(sequence, dance)
    assert report.timing.offset_ms == pytest.approx(1000 * late, abs=40)
    assert report.timing.confidence > 0.5
    assert same.average_pose_score is not None
    assert report.average_pose_score == pytest.approx(same.average_pose_score, abs=0.05)
    assert report.average_motion_score is not None
    assert same.average_motion_score is not None
    if abs(late) <= 0.25:
        assert report.average_motion_score == pytest.approx(same.average_motion_score, abs=0.08)
    else:
        assert report.average_motion_score < same.average_motion_score - 0.05


def test_a_found_start_is_taken_off(dance: Dance, sequence: PoseSequence) -> None:
    take = join_takes(make_sequence("stand still", seconds=2.0), sequence)
    report = report_of(take, dance, offset=None)
    assert report.timing.start_offset_ms == pytest.approx(2000, abs=60)
    assert report.average_similarity is not None
    assert report.average_similarity > 0.9
    before = [row for row in report.timeline if row.timestamp <= 1.9]
    assert all(row.reference_time is None for row in before)
    told = report_of(take, dance, offset=2.0)
    assert told.average_similarity == pytest.approx(report.average_similarity, abs=0.03)


def test_mirrored_is_what_was_used(dance: Dance, sequence: PoseSequence) -> None:
    take = mirror_take(sequence)
    found = report_of(take, dance, mirror="auto")
    assert found.mirrored
    assert found.average_similarity is not None
    assert found.average_similarity > 0.9
    assert not report_of(sequence, dance, mirror="auto").mirrored
    assert report_of(sequence, dance, mirror="on").mirrored


@pytest.mark.parametrize(("danced", "other"), [(0, 2), (2, 0)])
def test_another_dance_is_not_called_mirrored_because_its_image_is_a_little_less_wrong(
    tmp_path: Path, danced: int, other: int
) -> None:
    dance = Dance.of(make_reference(tmp_path, make_sequence(seconds=20.0, seed=danced)))
    take = make_sequence(seconds=20.0, seed=other, build=SMALL, jitter=0.005)
    image = report_of(take, dance, mirror="on")  # which fits better, and fits nothing
    assert image.average_similarity is not None
    assert 0.1 < image.average_similarity < 0.25
    found = report_of(take, dance, mirror="auto")
    assert not found.mirrored
    assert found.average_similarity is not None
    assert found.average_similarity < 0.1
    told = evaluate(take, dance, TakeOptions(mirror="off")).notices
    assert "mirror" not in {notice.name for notice in told}


def test_the_dancers_own_left_stays_left_when_mirrored(dance: Dance) -> None:
    take = mirror_take(make_sequence(seconds=SECONDS, errors=[JointError("left_shoulder", -40.0, 3.0, 9.0)]))
    report = report_of(take, dance, mirror="auto")
    assert report.mirrored
    assert {row.worst_joint for row in report.timeline} == {None, "right_shoulder"}


def test_another_dance_blames_no_limb(dance: Dance) -> None:
    take = make_sequence(seconds=SECONDS, seed=11)
    report = report_of(take, dance)
    assert report.average_similarity is not None
    assert report.average_similarity < 0.2
    assert {row.worst_joint for row in report.timeline} == {None}


def test_stricter_is_lower(dance: Dance) -> None:
    take = make_sequence(seconds=SECONDS, jitter=0.03, errors=[JointError("left_elbow", -30.0)])
    means = [report_of(take, dance, strictness=level).average_similarity for level in ("easy", "normal", "strict")]
    assert None not in means
    assert means[0] > means[1] > means[2]  # type: ignore[operator]


@pytest.mark.parametrize(
    ("take", "options", "verdict"),
    [
        (make_sequence("dance", seconds=SECONDS), {}, "danced"),
        (make_sequence("dance", seconds=SECONDS, late=0.5), {}, "danced"),
        (make_sequence("dance", seconds=SECONDS, seed=3), {}, "wrong_dance"),
        (make_sequence("stand still", seconds=SECONDS), {}, "standing_still"),
        (empty_room(), {}, "nobody"),
        (make_sequence("dance", seconds=SECONDS), {"offset": 100.0}, "outside"),
        (make_sequence("dance", seconds=0.2), {}, "too_short"),
        (make_sequence("dance", seconds=1.0), {}, "too_short"),
        (make_sequence("dance", seconds=2.5), {}, "danced"),
        (make_sequence("dance", seconds=SECONDS, hidden=["arms", "legs", "hips"]), {}, "part"),
        (upright(make_sequence("dance", seconds=SECONDS), 90), {}, "turned"),
        (upright(make_sequence("dance", seconds=SECONDS, seed=3), 90), {}, "turned"),
        (upright(make_sequence("stand still", seconds=SECONDS), 180), {}, "standing_still"),
        (make_sequence("dance", seconds=SECONDS, fps=1.0), {}, "few_pictures"),
        (empty_room(), {"body_share": 0.15}, "too_far"),
    ],
    ids=[
        "danced",
        "half a second late",
        "another dance",
        "standing",
        "nobody",
        "outside",
        "too short to score",
        "too short",
        "short",
        "part",
        "on its side",
        "another dance on its side",
        "standing upside down",
        "one picture a second",
        "too far away",
    ],
)
def test_what_kind_of_take_it_was(take: PoseSequence, options: dict[str, Any], verdict: str, dance: Dance) -> None:
    report = report_of(take, dance, **options)
    assert report.verdict == verdict
    is_unscored = (
        verdict in ("nobody", "outside", "part", "turned", "few_pictures", "too_far") or report.total_duration < 0.5
    )
    assert (report.average_similarity is None) == is_unscored
    if verdict != "danced":
        assert all(row.worst_joint is None for row in report.timeline)


@pytest.mark.parametrize(("asked", "turn", "needed"), [(0, 90, 270), (0, 180, 180), (90, 270, 180), (90, 90, 0)])
def test_a_turned_picture_is_told_with_the_option_that_mends_it(
    dance: Dance, sequence: PoseSequence, asked: Turn, turn: Turn, needed: Turn
) -> None:
    report = report_of(upright(sequence, turn), dance, rotate=asked)
    assert report.pictures.rotate == needed
    assert f"--rotate {needed}" in report.warnings[0]
    assert f"--rotate {needed}" in report.session_summary
    assert report.coverage > 0.9


def test_a_few_pictures_a_second_are_told_with_their_number(dance: Dance, sequence: PoseSequence) -> None:
    slow = PoseSequence(sequence.landmarks[::10], sequence.world[::10], sequence.times[::10])
    report = report_of(slow, dance)
    assert report.verdict == "danced"
    assert "3 pictures" in report.warnings[0]
    assert not report_of(sequence, dance).warnings


def test_json_begins_with_the_session_and_ends_with_the_feedback(dance: Dance, sequence: PoseSequence) -> None:
    keys = list(strict_json(to_json(report_of(sequence, dance))))
    assert keys[:3] == ["session_id", "reference", "started_at"]
    assert keys.index("timeline") < keys.index("session_summary") < keys.index("detailed_feedback")


@pytest.mark.parametrize("rounds", [2, 5])
def test_a_dance_that_goes_round_keeps_its_time(rounds: int, dance: Dance, sequence: PoseSequence) -> None:
    take = join_takes(*[sequence] * rounds)
    report = report_of(take, dance, loop=True)
    assert report.timing.offset_ms == pytest.approx(0, abs=10)
    assert report.average_similarity == pytest.approx(1, abs=0.02)


# -- song time --------------------------------------------------------------------------------------------------------


def along(dance: Dance, *runs: tuple[float, float, float], late: Any = 0.0, **changes: Any) -> SessionReport:
    """The report of somebody who dances runs (from, to, speed) of the song; options and errors as keywords."""
    times, course = course_of(*runs)
    names = {"errors", "jitter", "seed", "motion"} & set(changes)
    take = danced_along(times, course, late=late, **{name: changes.pop(name) for name in names})
    return report_of(take, dance, course=course, **changes)


def test_a_course_in_one_run_at_full_speed_changes_nothing(dance: Dance) -> None:
    take = make_sequence(seconds=SECONDS, late=0.15, errors=[JointError("left_elbow", -40.0, 3.0, 7.0)])
    plain = report_of(take, dance)
    assert of_the_dance(report_of(take, dance, course=Course.in_one_run(take.times))) == of_the_dance(plain)


@pytest.mark.parametrize("speed", [0.5, 0.75, 1.25, 1.5])
@pytest.mark.parametrize("live", [False, True], ids=["a recording", "a session"])
def test_another_speed_scores_the_same_and_says_the_same(dance: Dance, speed: float, live: bool) -> None:
    wrong = [JointError("left_shoulder", -40.0, 4.0 / speed, 8.0 / speed)]
    plain = along(dance, (0.0, SECONDS, 1.0), errors=[JointError("left_shoulder", -40.0, 4.0, 8.0)])
    if live:
        report = along(dance, (0.0, SECONDS, speed), errors=wrong)
    else:
        times, course = course_of((0.0, SECONDS, speed))
        report = report_of(danced_along(times, course, errors=wrong), dance, speed=speed)
    assert report.speed == speed
    assert report.average_similarity == pytest.approx(plain.average_similarity, abs=0.03)
    assert report.total_duration == pytest.approx(SECONDS / speed, abs=0.1)
    assert report.timeline[-1].timestamp == pytest.approx(SECONDS / speed, abs=0.5)
    assert report.timeline[-1].reference_time == pytest.approx(SECONDS, abs=0.5)
    assert {section.worst_joint for section in report.sections} == {None, "left_shoulder"}
    said = {record.feedback_text for record in report.detailed_feedback if not record.is_positive}
    assert said == {record.feedback_text for record in plain.detailed_feedback if not record.is_positive} != set()


@pytest.mark.parametrize("speed", [0.5, 0.75, 1.5])
def test_where_a_slowed_recording_begins_is_told_in_its_own_seconds(dance: Dance, speed: float) -> None:
    times, course = course_of((0.0, SECONDS, speed))
    take = join_takes(make_sequence("stand still", seconds=2.0), danced_along(times, course))
    found = report_of(take, dance, offset=None, speed=speed)
    assert found.timing.start_offset_ms == pytest.approx(2000, abs=70)
    assert found.average_similarity is not None
    assert found.average_similarity > 0.9
    told = report_of(take, dance, offset=2.0, speed=speed)
    assert told.average_similarity == pytest.approx(found.average_similarity, abs=0.03)


@pytest.mark.parametrize("speed", [0.5, 1.0, 1.5])
def test_lateness_is_told_in_real_time_and_in_counts_of_the_song(
    dance: Dance, speed: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Dance, "grid", property(lambda _: CountGrid(0.4, 0.0)))
    report = along(dance, (0.0, SECONDS, speed), late=0.2)
    assert report.timing.offset_ms == pytest.approx(200 / speed, abs=30)
    assert report.timing.offset_counts == pytest.approx(0.5, abs=0.07)
    for section in report.sections:
        if section.offset_ms is not None:
            assert section.offset_ms == pytest.approx(200 / speed, abs=60)


def test_a_loop_is_scored_by_what_was_danced(dance: Dance) -> None:
    whole, loop = along(dance, (0.0, SECONDS, 1.0)), along(dance, *[(2.5, 7.5, 1.0)] * 3)
    assert loop.verdict == "danced"
    assert loop.average_similarity == pytest.approx(whole.average_similarity, abs=0.02)
    assert loop.coverage == 1.0
    assert loop.total_duration == pytest.approx(15.2, abs=0.1)
    for section in loop.sections:
        outside = section.end <= 2.5 or section.start >= 7.4
        assert (section.score is None) == outside
        assert section.score is None or section.score > 0.9
    assert loop.timing.offset_ms == pytest.approx(0, abs=20)
    assert [row.timestamp for row in loop.timeline] == [0.5 * row for row in range(1, len(loop.timeline) + 1)]
    reference_times = [row.reference_time for row in loop.timeline if row.reference_time is not None]
    assert 2.5 <= min(reference_times) <= max(reference_times) <= 7.5


def test_a_section_that_was_only_touched_was_not_danced(dance: Dance) -> None:
    start, end = dance.reference.info.sections[1]
    report = along(dance, *[(start, end + 0.1, 1.0)] * 2)
    assert [section.score is not None for section in report.sections] == [
        index == 1 for index in range(len(report.sections))
    ]


def test_runs_tell_whether_it_got_better(dance: Dance) -> None:
    # 5 s a run and a tenth between them: wrong in the first, half as wrong in the second, right in the third
    errors = [JointError("left_shoulder", -60.0, 0.0, 5.05), JointError("left_shoulder", -30.0, 5.05, 10.15)]
    report = along(dance, *[(2.0, 7.0, 1.0)] * 2, (2.0, 7.0, 0.75), errors=errors)
    assert [run.speed for run in report.runs] == [1.0, 1.0, 0.75]
    assert report.speed == 1.0
    for run in report.runs:
        assert (run.start, run.end) == (pytest.approx(2.0, abs=0.05), pytest.approx(7.0, abs=0.05))
    scores = [run.score for run in report.runs]
    assert None not in scores
    assert scores == sorted(scores)  # type: ignore[type-var]
    assert scores[2] > scores[0] + 0.05  # type: ignore[operator]
    assert along(dance, (0.0, SECONDS, 1.0)).runs == ()


def test_a_run_of_standing_still_does_not_make_a_session_one(dance: Dance) -> None:
    runs = [(2.0, 6.0, 1.0)] * 4
    times, course = course_of(*runs)
    good, still = danced_along(times, course), danced_along(times, course, "stand still")
    verdicts, said = [], []
    for stood in ([2], [0, 1, 2, 3]):
        gone = np.isin(course.run, stood)[:, None, None]
        take = PoseSequence(
            np.where(gone, still.landmarks, good.landmarks), np.where(gone, still.world, good.world), times
        )
        report = report_of(take, dance, course=course)
        verdicts.append(report.verdict)
        said.append({record.feedback_text for record in report.detailed_feedback if not record.is_positive})
    assert verdicts == ["danced", "standing_still"]
    assert said[1] == {"Dance along: you stand still"}  # and not, by turns, that it is another dance


@pytest.mark.parametrize(("late", "charged"), [(0.0, False), (0.03, False), (0.2, True), (-0.2, True)])
def test_where_the_camera_is_calibrated_a_constant_lateness_is_the_dancers_own(
    dance: Dance, late: float, charged: bool
) -> None:
    known, unknown = (along(dance, (0.0, SECONDS, 1.0), late=late, latency=latency) for latency in (0.1, None))
    assert (known.forgiven_ms, unknown.forgiven_ms) == (40, 250)
    assert known.average_pose_score == unknown.average_pose_score
    assert known.average_motion_score is not None
    assert unknown.average_motion_score is not None
    loss = unknown.average_motion_score - known.average_motion_score
    assert loss > 0.15 if charged else loss == 0
    told = {record.feedback_text for record in known.detailed_feedback if not record.is_positive}
    assert bool(told) == charged
    assert all("late" in text or "early" in text for text in told)
    assert not any("late" in record.feedback_text for record in unknown.detailed_feedback)


def test_where_the_song_is_counted_the_coach_speaks_at_the_ends_of_phrases(
    dance: Dance, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = CountGrid(0.5, 0.25)
    monkeypatch.setattr(Dance, "grid", property(lambda _: grid))
    report = along(dance, (0.0, SECONDS, 0.8), errors=[JointError("left_shoulder", -40.0)])
    assert report.counts is not None
    assert len(report.detailed_feedback) > 1
    for record in report.detailed_feedback:
        counts = grid.count_at(0.8 * record.timestamp)
        assert (counts + 1e-6) % 4 <= 0.5 * 0.8 / 0.5 + 0.1  # within half a second after the end of a phrase


@pytest.mark.parametrize("ahead", [0.0, 0.2, 0.37])
def test_hands_count_wherever_the_camera_s_clock_had_them_looked_for(
    dance: Dance, sequence: PoseSequence, ahead: float
) -> None:
    """A session looks for hands by the camera's clock: the take begins somewhere between two looks."""
    hands = np.random.default_rng(0).uniform(0, 100, (len(sequence), 2, 21, 3)).astype(np.float32)
    reference = replace(dance.reference, sequence=replace(dance.reference.sequence, hands=hands))
    moments = ((sequence.times + ahead) / SNAPSHOT_S + 1e-6).astype(int)
    looked = np.unique(moments, return_index=True)[1]
    shown = np.full_like(hands, np.nan)
    shown[looked] = hands[looked]
    report = report_of(replace(sequence, hands=shown), replace(dance, reference=reference), hands=True)
    assert report.hands is not None
    for hand in (report.hands.left, report.hands.right):
        assert hand.coverage == 1.0
        assert hand.shape_agreement == 1.0
        assert hand.score == pytest.approx(1.0)


def test_groups_tell_which_limbs_were_right(dance: Dance) -> None:
    wrong = [JointError(f"{side}_{joint}", -80.0) for side in ("left", "right") for joint in ("shoulder", "elbow")]
    report = report_of(make_sequence(seconds=SECONDS, errors=wrong), dance)
    arms, legs, trunk = (report.groups[name] for name in ("arms", "legs", "trunk"))
    assert arms < 0.2  # type: ignore[operator]
    assert legs > 0.9  # type: ignore[operator]
    assert trunk > 0.9  # type: ignore[operator]
    assert 0.2 < report.average_similarity < 0.8  # type: ignore[operator]


def test_three_late_seconds_of_eight_are_told_by_half_seconds_and_in_a_sentence(dance: Dance) -> None:
    start, end = 0.4 * SECONDS, 0.4 * SECONDS + 3
    slide = [start - 0.2, start + 0.2, end - 0.2, end + 0.2]
    take = make_sequence(seconds=SECONDS, late=lambda times: 0.4 * np.interp(times, slide, [0, 1, 1, 0]), jitter=0.005)
    report = report_of(take, dance)
    late = [row for row in report.timeline if start + 0.75 <= row.timestamp <= end - 0.25]
    rest = [row for row in report.timeline if row.timestamp <= start - 0.25 or row.timestamp >= end + 0.75]
    assert all(row.offset_ms == pytest.approx(400, abs=60) for row in late if row.offset_ms is not None)
    assert all(row.offset_ms == pytest.approx(0, abs=60) for row in rest if row.offset_ms is not None)
    known = [row.offset_ms is not None for row in report.timeline]
    assert np.mean(known) > 0.8
    assert all((row.offset_confidence > 0) == (row.offset_ms is not None) for row in report.timeline)
    assert any("late" in line for line in report.improvement_areas)


def test_a_limb_that_is_hardly_seen_is_blamed_nowhere(dance: Dance) -> None:
    wrong = make_sequence(seconds=SECONDS, errors=[JointError("left_shoulder", -50.0)])
    assert any(row.worst_joint == "left_shoulder" for row in report_of(wrong, dance).timeline)
    landmarks = wrong.landmarks.copy()
    landmarks[wrong.times < 7.0, 13:17:2, 3] = 0.1  # its elbow and wrist, behind something
    report = report_of(PoseSequence(landmarks, wrong.world, wrong.times), dance)
    named = {
        *(row.worst_joint for row in (*report.timeline, *report.sections)),
        *(fault.joint for fault in report.faults),
    }
    assert not named & {"left_shoulder", "left_elbow"}
    arm = report.joints["left_shoulder"]
    assert arm.mean_error_deg is None
    assert 0 < arm.coverage < 0.5
    assert report.joints["right_shoulder"].mean_error_deg is not None
