"""The summary by rules: what it says is measured, and nothing that was measured badly is made into advice."""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import pytest

from kdance.pose import JOINT_NAMES
from kdance.review.findings import find
from kdance.review.record import (
    Break,
    Distribution,
    FeedbackContext,
    FeedbackRecord,
    JointFault,
    JointReport,
    Measurements,
    Moment,
    Section,
    SessionSummary,
    TimelineRow,
    Timing,
)
from kdance.words.numbers import clock, how_late
from kdance.words.phrases import available_languages, load_phrases
from kdance.words.summary import generate_summary

EN = load_phrases("en")


@dataclass
class Part:
    """What one section of a made-up take was like."""

    score: float | None = 0.9
    offset_ms: float | None = 0.0
    joint: str | None = None
    error: float = 0.0


@dataclass
class Take:
    """A made-up take: sections of ``length`` seconds from 2 s on, and what does not follow from them."""

    parts: list[Part] = field(default_factory=lambda: [Part(), Part(0.93), Part(0.91), Part(0.92)])
    length: float = 4.0
    changes: dict[str, Any] = field(default_factory=dict)
    joints: dict[str, JointReport] = field(default_factory=dict)
    offset_ms: float | None = 0.0
    offset_counts: float | None = None
    tempo: float | None = None

    def measurements(self) -> Measurements:
        sections = [
            Section(
                index=index,
                start=2 + index * self.length,
                end=2 + (index + 1) * self.length,
                score=part.score,
                offset_ms=part.offset_ms,
                worst_joint=part.joint,
            )
            for index, part in enumerate(self.parts)
        ]
        rows = [
            make_row(section.start + (step + 1) / 2, part)
            for section, part in zip(sections, self.parts, strict=True)
            for step in range(int(2 * self.length))
        ]
        scores = [row.combined_score for row in rows if row.combined_score is not None]
        mean = sum(scores) / len(scores) if scores else None
        best = max(rows, default=make_row(0, Part()), key=lambda row: row.combined_score or 0)
        moment = Moment(timestamp=0, reference_time=best.timestamp, combined_score=best.combined_score or 0)
        great = sum(score >= 0.8 for score in scores)
        values: dict[str, Any] = {
            "total_poses": 30 * len(rows) // 2,
            "total_duration": len(rows) / 2,
            "average_similarity": mean,
            "average_pose_score": mean,
            "average_motion_score": mean,
            "coverage": 1.0,
            "timing": Timing(
                start_offset_ms=0,
                offset_ms=self.offset_ms,
                offset_counts=self.offset_counts,
                tempo=self.tempo,
                confidence=0.9,
            ),
            "best_moment": moment if scores else None,
            "worst_moment": moment if scores else None,
            "distribution": Distribution(perfect=0, great=great, good=len(scores) - great, ok=0, miss=0),
            "joints": {name: JointReport(mean_error_deg=20, signed_error_deg=1, coverage=1) for name in JOINT_NAMES}
            | self.joints,
            "sections": tuple(sections),
            "faults": self.faults(sections),
            "timeline": tuple(rows),
            "strictness": "normal",
        }
        return Measurements(**({"verdict": "danced"} | values | self.changes))

    def faults(self, sections: list[Section]) -> tuple[JointFault, ...]:
        """What the parts say was wrong, the most important first; neighbouring parts are one place."""
        spans: dict[tuple[str, float], list[tuple[float, float]]] = defaultdict(list)
        for section, part in zip(sections, self.parts, strict=True):
            places = spans[part.joint, part.error] if part.joint is not None else []
            if places and places[-1][1] == section.start:
                places[-1] = (places[-1][0], section.end)
            else:
                places.append((section.start, section.end))
        return tuple(
            JointFault(joint=joint, mean_error_deg=error, spans=tuple(spans[joint, error]))
            for joint, error in sorted(spans, key=lambda key: -abs(key[1]) * len(spans[key]))
        )

    def summary(self, *feedback: FeedbackRecord, reference: str = "magnetic", language: str = "en") -> SessionSummary:
        measurements = self.measurements()
        return generate_summary(reference, measurements, find(measurements), feedback, language=language)


def make_row(time: float, part: Part) -> TimelineRow:
    return TimelineRow(
        timestamp=time,
        reference_time=time,
        best_match_idx=int(30 * time),
        pose_score=part.score,
        motion_score=part.score,
        combined_score=part.score,
        offset_ms=part.offset_ms,
        offset_confidence=0.0 if part.offset_ms is None else 0.9,
        worst_joint=part.joint,
        worst_error_deg=part.error if part.joint else None,
    )


def make_feedback(text: str, **changes: Any) -> FeedbackRecord:
    values: dict[str, Any] = {
        "timestamp": 1.0,
        "feedback_text": text,
        "severity": "medium",
        "focus_areas": (),
        "similarity_score": 0.5,
        "is_positive": False,
        "context": FeedbackContext(pose_score=0.5, motion_score=0.5, best_match_idx=3),
        "source": "rules",
    }
    return FeedbackRecord(**(values | changes))


def make_fault(joint: str, degrees: float, *spans: tuple[float, float]) -> JointFault:
    return JointFault(joint=joint, mean_error_deg=degrees, spans=spans)


def make_break(kind: Any, start: float, end: float, to_the_end: bool) -> Break:
    return Break(kind=kind, start=start, end=end, to_the_end=to_the_end)


def whole_text(summary: SessionSummary) -> str:
    lists = [*summary.key_insights, *summary.improvement_areas, *summary.strengths]
    return " ".join([summary.session_summary, *lists])


NOBODY = Take(
    [Part(None, None)],
    changes={"total_poses": 0, "coverage": 0.0, "average_similarity": None, "verdict": "nobody"},
    joints={name: JointReport(mean_error_deg=None, signed_error_deg=None, coverage=0) for name in JOINT_NAMES},
    offset_ms=None,
)
WRONG = Take(
    [Part(0.03, None, "left_elbow", 70), Part(0.08, None, "right_shoulder", -61)],
    changes={"verdict": "wrong_dance"},
    offset_ms=None,
)
DEMO = Take([Part(0.9, 10), Part(0.78, 230), Part(0.66, 5, "left_shoulder", -41), Part(0.93, 0)], offset_ms=52)
LATE = Take([Part(0.5, 490), Part(0.52, 510), Part(0.55, 505), Part(0.5, 500)], offset_ms=503)
LATE.changes = {"average_pose_score": 0.88}
GOOD = Take()
TAKES = {"nobody": NOBODY, "wrong dance": WRONG, "demo": DEMO, "late": LATE, "good": GOOD}


def test_demo_take_names_limb_place_amount_and_lateness() -> None:
    summary = DEMO.summary()
    assert "0:10-0:14" in summary.session_summary
    assert "your left arm was about 41° too low" in summary.session_summary
    assert "0:06-0:10" in summary.session_summary
    assert "about a quarter of a second late" in summary.session_summary
    assert any("Raise your left arm" in area and "41°" in area for area in summary.improvement_areas)
    assert any("230 ms" in area and "0:06-0:10" in area for area in summary.improvement_areas)
    assert any("0:14-0:18" in strength for strength in summary.strengths)


@pytest.mark.parametrize("joint", JOINT_NAMES)
@pytest.mark.parametrize(
    ("error", "right", "wrong"), [(-30, "low|much", "high|straight"), (30, "high|straight", "low|much")]
)
def test_every_joint_is_named_with_its_side_and_direction(joint: str, error: float, right: str, wrong: str) -> None:
    summary = Take([Part(), Part(0.7, 0, joint, error)]).summary()
    side, _, kind = joint.partition("_")
    other = {"left": "right", "right": "left"}[side]
    for text in (summary.session_summary, *summary.improvement_areas):
        assert side in text
        assert ("arm" if kind == "shoulder" else kind) in text
        assert not re.search(rf"\b{other}\b", text)
        assert not re.search(rf"too ({wrong})", text)
        assert "30°" in text
    assert all(re.search(rf"too ({right})", text) for text in (summary.session_summary, *summary.improvement_areas))


@pytest.mark.parametrize("name", TAKES)
def test_every_number_is_a_measurement(name: str) -> None:
    measurements = TAKES[name].measurements()
    scores = [measurements.average_similarity, measurements.average_pose_score, measurements.coverage]
    scores += [section.score for section in measurements.sections]
    numbers = {round(100 * score) for score in scores if score is not None}
    numbers |= {round(abs(row.worst_error_deg)) for row in measurements.timeline if row.worst_error_deg is not None}
    offsets = [section.offset_ms for section in measurements.sections] + [measurements.timing.offset_ms]
    numbers |= {round(abs(offset)) for offset in offsets if offset is not None}
    grades = measurements.distribution
    numbers |= {grades.perfect + grades.great, grades.great + grades.good, 250}
    text = re.sub(r"\d+:\d\d", "", whole_text(TAKES[name].summary()))
    text = text.replace(f"{measurements.total_duration:.1f} s", "")
    assert {int(number) for number in re.findall(r"\d+", text)} <= numbers


@pytest.mark.parametrize("name", TAKES)
def test_shape_of_every_summary(name: str) -> None:
    summary = TAKES[name].summary()
    assert summary == TAKES[name].summary()
    assert 1 <= len(re.findall(r"[.!](?: |$)", summary.session_summary)) <= 4
    assert 2 <= len(summary.key_insights) <= 5
    assert summary.summary_source == "rules"
    assert not re.search(r"nan|None|[{}]", whole_text(summary))


@pytest.mark.parametrize("name", ["nobody", "wrong dance"])
def test_no_limb_advice_where_there_was_no_dance_to_judge(name: str) -> None:
    summary = TAKES[name].summary()
    assert not re.search(r"\b(left|right)\b", whole_text(summary))
    assert "°" not in whole_text(summary)
    assert not summary.strengths
    assert summary.improvement_areas


def test_nobody_is_no_low_score() -> None:
    text = whole_text(NOBODY.summary())
    assert "could not see you" in text
    assert "points" not in text


def test_wrong_dance_is_named_as_such() -> None:
    assert "does not look like magnetic" in WRONG.summary().session_summary


def test_low_similarity_with_good_poses_is_lateness_not_another_dance() -> None:
    late = Take([Part(0.15, 500), Part(0.15, 500)], offset_ms=500, changes={"average_pose_score": 0.8})
    text = late.summary().session_summary
    assert "half a second late throughout" in text
    assert "does not look like" not in text


def test_standing_still_is_named_as_such() -> None:
    summary = dataclasses.replace(WRONG, changes={"verdict": "standing_still"}).summary()
    assert "stood still" in summary.session_summary
    assert "°" not in whole_text(summary)


def test_late_throughout_says_that_the_moves_are_fine() -> None:
    summary = LATE.summary()
    assert (
        "about half a second late throughout, but the moves themselves are fine: 88 points" in summary.session_summary
    )
    assert any("503 ms late" in area for area in summary.improvement_areas)
    assert "°" not in whole_text(summary)


@pytest.mark.parametrize(("offset", "word"), [(130, "130 ms late"), (-130, "130 ms early"), (249, "249 ms late")])
def test_the_constant_delay_of_the_room_is_told_once_and_forgiven(offset: float, word: str) -> None:
    summary = Take([Part(0.9, offset)] * 4, offset_ms=offset).summary()
    assert whole_text(summary).count(word) == 1
    assert any(word in insight and "costs you nothing" in insight for insight in summary.key_insights)
    assert not summary.improvement_areas


def test_a_late_section_is_measured_against_the_rest() -> None:
    summary = Take([Part(0.9, 100), Part(0.8, 400), Part(0.9, 100), Part(0.9, 100)], offset_ms=100).summary()
    assert any("0:06-0:10: 300 ms later than in the rest" in area for area in summary.improvement_areas)


def test_lateness_in_half_of_the_take_is_not_called_constant() -> None:
    summary = Take([Part(0.9, 0), Part(0.9, 0), Part(0.8, 500), Part(0.8, 500)], offset_ms=300).summary()
    assert "throughout" not in whole_text(summary)
    assert "about half a second late" in summary.session_summary
    assert "0:10-0:18" in summary.session_summary


def test_a_very_good_take_has_no_invented_faults() -> None:
    summary = GOOD.summary()
    assert summary.improvement_areas == ()
    assert len(summary.strengths) >= 2
    assert whole_text(summary).count("start to end") == 1
    assert not re.search(r"too (low|high|much|straight)|late|early", whole_text(summary))


def test_legs_out_of_the_picture_are_said_and_not_judged() -> None:
    legs = [name for name in JOINT_NAMES if "hip" in name or "knee" in name]
    hidden = {name: JointReport(mean_error_deg=None, signed_error_deg=None, coverage=0.02) for name in legs}
    summary = Take(joints=hidden).summary()
    assert "too little of your legs" in summary.session_summary
    assert "step back" in summary.improvement_areas[0]
    unscored = Take([Part(None, None)], joints=hidden, offset_ms=None, changes={"total_poses": 9}).summary()
    assert "too little of your legs" in unscored.session_summary
    assert not unscored.strengths


def test_neighbouring_sections_with_the_same_fault_are_one_place() -> None:
    fault = Part(0.6, 0, "right_knee", 24)
    findings = find(Take([Part(), fault, fault, Part(), fault]).measurements())
    assert [clock(span) for span in findings.faults[0].spans] == ["0:06-0:14", "0:18-0:22"]
    assert len(findings.faults) == 1


def test_faults_come_worst_first_and_the_summary_names_two() -> None:
    parts = [Part(0.7, 0, "left_knee", 20), Part(0.6, 0, "right_elbow", -50), Part(0.7, 0, "left_hip", 30)]
    summary = Take(parts).summary()
    assert ["elbow" in summary.improvement_areas[0], "hip" in summary.improvement_areas[1]] == [True, True]
    assert "right elbow" in summary.session_summary
    assert "left hip" in summary.session_summary
    assert "left knee" not in summary.session_summary


@pytest.mark.parametrize("kind", ["shoulder", "elbow", "hip", "knee"])
@pytest.mark.parametrize("error", [-30, 30])
def test_both_sides_wrong_alike_are_said_in_one_sentence(kind: str, error: float) -> None:
    spans = ((6.0, 10.0),)
    left, right = (
        make_fault(f"{side}_{kind}", degrees, *spans) for side, degrees in (("left", error), ("right", error))
    )
    summary = Take(changes={"faults": (left, right)}).summary()
    limb = "arms" if kind == "shoulder" else {"elbow": "elbows", "hip": "hips", "knee": "knees"}[kind]
    for text in (summary.session_summary, *summary.improvement_areas):
        assert f"both {limb}" in text or f"both your {limb}" in text
        assert not re.search(r"\b(left|right)\b", text)
    assert len(summary.improvement_areas) == 1
    other_way = make_fault(f"right_{kind}", -error, *spans)
    elsewhere = make_fault(f"right_{kind}", error, (14.0, 18.0))
    for other in (other_way, elsewhere):
        areas = Take(changes={"faults": (left, other)}).summary().improvement_areas
        assert ["left" in areas[0], "right" in areas[1]] == [True, True]


def test_no_limb_with_a_fault_anywhere_is_complimented() -> None:
    right = {name: JointReport(mean_error_deg=4, signed_error_deg=1, coverage=1) for name in JOINT_NAMES}
    faults = (make_fault("left_shoulder", -30, (6.0, 9.0)), make_fault("right_knee", 24, (7.0, 8.0)))
    praised = [
        text for text in Take(joints=right, changes={"faults": faults}).summary().strengths if "Accurate" in text
    ]
    assert praised == ["Accurate: your right arm and your left leg, never more than 4° off on average."]


def test_a_limb_told_as_unseen_is_not_told_as_wrong() -> None:
    faults = (make_fault("left_hip", 22, (6.0, 9.0)), make_fault("right_elbow", -20, (6.0, 9.0)))
    hip, elbow = make_feedback("Bend your left hip", focus_areas=("left_hip",)), make_feedback("Straighten your elbow")
    summary = dataclasses.replace(HIDDEN_LEGS, changes={"faults": faults}).summary(hip, hip, hip, elbow, elbow)
    text = whole_text(summary)
    assert "too little of your legs" in summary.session_summary
    assert "right elbow" in summary.session_summary
    assert "hip" not in text
    assert '"Straighten your elbow" (2 times)' in text


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (("standing_still", 6.0, 18.0, True), "From 0:06 on you stood still."),
        (("standing_still", 6.0, 10.0, False), "In 0:06-0:10 you stood still."),
        (("wrong_dance", 6.0, 18.0, True), "From 0:06 on it looked like another dance."),
        (("wrong_dance", 6.0, 10.0, False), "In 0:06-0:10 it looked like another dance."),
    ],
)
def test_a_break_is_told_and_takes_away_what_contradicts_it(found: Any, said: str) -> None:
    right = {name: JointReport(mean_error_deg=4, signed_error_deg=1, coverage=1) for name in JOINT_NAMES}
    whole, broken = (Take(joints=right, changes={"breaks": breaks}).summary() for breaks in ((), (make_break(*found),)))
    for text in ("You stayed with the music", "Accurate: your arms"):
        assert text in whole_text(whole)
        assert text not in whole_text(broken)
    assert said in broken.session_summary
    assert "0:06" in broken.improvement_areas[0]
    assert "stood out as wrong" not in broken.session_summary


def test_a_take_that_was_hardly_seen_is_told_as_such() -> None:
    summary = PARTLY.summary()
    assert summary.session_summary.startswith("92 points, but only for what I saw of magnetic: 11 % of it.")
    assert "strict" not in summary.session_summary
    assert "great" not in summary.session_summary.split(".")[0]
    assert "only for" not in Take(changes={"coverage": 0.6}).summary().session_summary


def test_the_most_frequent_cue_is_counted_over_all_feedback() -> None:
    feedback = [make_feedback("Raise your left arm")] * 4 + [make_feedback("You are a beat late")] * 3
    feedback += [make_feedback("Spot on!", is_positive=True)] * 9
    assert any('"Raise your left arm" (4 times)' in insight for insight in DEMO.summary(*feedback).key_insights)
    worded = [make_feedback(f"Sentence {n}", focus_areas=("right_knee",), source="openai") for n in range(3)]
    assert any("right knee (3 of 3)" in insight for insight in DEMO.summary(*worded).key_insights)


def test_counts_and_tempo_are_told() -> None:
    late = Take(LATE.parts, offset_ms=503, offset_counts=1.02, tempo=0.9)
    insights = " ".join(late.summary().key_insights)
    assert "in counts: 1.0" in insights
    assert "10 % slower" in insights


@pytest.mark.parametrize(
    ("ms", "words"), [(230, "about a quarter of a second"), (-480, "about half a second"), (320, "0.32 s")]
)
def test_delays_in_words(ms: float, words: str) -> None:
    assert how_late(ms, EN) == words


# In other languages

HIDDEN_LEGS = Take(
    joints={
        name: JointReport(mean_error_deg=None, signed_error_deg=None, coverage=0.02)
        for name in JOINT_NAMES
        if "hip" in name or "knee" in name
    }
)
EARLY = Take([Part(0.7, -500)] * 3, offset_ms=-503, offset_counts=-1.02, tempo=1.1)
UNEVEN = Take([Part(0.5, 100), Part(0.7, 400, "left_hip", 31), Part(0.9, -200)], offset_ms=100)
STANDING = dataclasses.replace(WRONG, changes={"verdict": "standing_still"})
PARTLY = Take(changes={"coverage": 0.11})
STOPPED = Take(changes={"breaks": (make_break("standing_still", 11.0, 18.0, True),)})
STRAYED = Take(
    changes={"breaks": (make_break("wrong_dance", 3.0, 6.0, False), make_break("wrong_dance", 11, 18, True))}
)
BOTH = Take(changes={"faults": tuple(make_fault(f"{side}_hip", 31, (6.0, 10.0)) for side in ("left", "right"))})
ALL_TAKES = TAKES | {"legs hidden": HIDDEN_LEGS, "early": EARLY, "uneven": UNEVEN, "standing": STANDING}
ALL_TAKES |= {"partly": PARTLY, "stopped": STOPPED, "strayed": STRAYED, "both": BOTH}
# What a dancer types or sets is the same in every language.
AS_TYPED = ("kdance references", "--camera", "--offset", "scoring.strictness", "strict", "magnetic")


@pytest.mark.parametrize("name", ALL_TAKES)
def test_no_english_is_left_in_korean(name: str) -> None:
    text = whole_text(ALL_TAKES[name].summary(language="ko"))
    for word in AS_TYPED:
        text = text.replace(word, "")
    assert re.findall(r"[A-Za-z]+", text) == []
    assert not re.search(r"[{}]|[은는이가을를과와]\(", text)


@pytest.mark.parametrize("language", available_languages())
@pytest.mark.parametrize("name", ALL_TAKES)
def test_every_language_says_as_much_with_the_same_numbers(name: str, language: str) -> None:
    english, other = (ALL_TAKES[name].summary(language=code) for code in ("en", language))
    for part in ("key_insights", "improvement_areas", "strengths"):
        assert len(getattr(other, part)) == len(getattr(english, part))
    known = numbers_in(whole_text(english)) | {"0", "5"}  # "half a second" is 0.5 s elsewhere
    assert numbers_in(whole_text(other)) - {"25"} <= known
    assert {number for number in known if len(number) > 1} <= numbers_in(whole_text(other))


def numbers_in(text: str) -> set[str]:
    return set(re.findall(r"\d+", text))


def test_a_korean_summary_reads_like_one() -> None:
    summary = DEMO.summary(language="ko")
    assert "0:10~0:14 부분에서 왼팔이 원본보다 약 41도 낮았어요." in summary.session_summary
    assert "왼팔을 더 올리세요: 0:10~0:14 부분에서 원본보다 약 41도 낮았어요." in summary.improvement_areas
    assert "0:06~0:10 부분에서 더 일찍 움직이세요: 230밀리초 늦었어요." in summary.improvement_areas
    assert "다리는 거의 안 보여서" in HIDDEN_LEGS.summary(language="ko").session_summary
