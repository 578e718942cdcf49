"""The coach by rules: every sentence is in the facts, one at a time, and a third of them is praise."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest

from kdance.coach.facts import Facts, Tip
from kdance.coach.rules import LATE, RulesCoach, corrections
from kdance.pose import BONES, JOINT_NAMES
from kdance.words.phrases import available_languages, load_phrases

EN = load_phrases("en")
LIMB = {"shoulder": "arm", "elbow": "elbow", "hip": "hip", "knee": "knee"}
DIRECTION = {
    ("shoulder", -1): "Raise",
    ("shoulder", 1): "Lower",
    ("elbow", -1): "Extend",
    ("elbow", 1): "Bend",
    ("hip", -1): "Extend",
    ("hip", 1): "Bend",
    ("knee", -1): "Extend",
    ("knee", 1): "Bend",
}


def make_facts(timestamp: float = 0.0, score: float | None = 0.5, **changes: Any) -> Facts:
    values: dict[str, Any] = {
        "pose_score": score,
        "motion_score": score,
        "combined_score": score,
        "best_match_idx": None if score is None else 7,
        "phrase_end": True,
    }
    return Facts(timestamp=timestamp, **(values | changes))


def tip_for(score: float | None = 0.5, **changes: Any) -> Tip:
    tip = RulesCoach().observe(make_facts(score=score, **changes))
    assert tip is not None
    return tip


def dance(*moments: Facts, seconds: float = 60, coach: RulesCoach | None = None) -> list[tuple[float, Tip]]:
    """Every tip given while the facts, one after the other and over again, are observed every half second."""
    coach = coach or RulesCoach()
    times = [0.5 * step for step in range(1, int(2 * seconds) + 1)]
    said = []
    for time, facts in zip(times, itertools.cycle(moments), strict=False):
        values = {name: getattr(facts, name) for name in Facts.__dataclass_fields__} | {"timestamp": time}
        tip = coach.observe(Facts(**values))
        if tip is not None:
            said.append((time, tip))
    return said


def test_nothing_measured_and_nothing_hidden_says_nothing() -> None:
    assert RulesCoach().observe(make_facts(score=None)) is None
    assert RulesCoach().observe(make_facts(score=None, joint_errors={"left_knee": 40.0}, lateness=1.0)) is None


@pytest.mark.parametrize("joint", JOINT_NAMES)
@pytest.mark.parametrize("sign", [-1, 1])
def test_every_joint_and_sign_gets_its_limb_side_and_direction(joint: str, sign: int) -> None:
    tip = tip_for(joint_errors={joint: sign * 25.0})
    side, _, kind = joint.partition("_")
    assert tip.text.split()[0] == DIRECTION[kind, sign]
    assert re.findall(r"\b(left|right)\b", tip.text) == [side]
    assert re.search(rf"\b{LIMB[kind]}\b", tip.text)
    assert tip.focus_areas == (joint,)
    assert not tip.is_positive


@pytest.mark.parametrize("language", available_languages())
def test_the_sentences_of_all_joints_and_signs_differ(language: str) -> None:
    phrases = load_phrases(language)
    texts = {phrases.text(f"cue.{joint}.{sign}") for joint in JOINT_NAMES for sign in ("negative", "positive")}
    assert len(texts) == 2 * len(JOINT_NAMES)


@pytest.mark.parametrize(
    ("error", "severity"), [(16, "low"), (-19.9, "low"), (20, "medium"), (-34, "medium"), (35, "high")]
)
def test_severity_of_a_joint_follows_its_error(error: float, severity: str) -> None:
    assert tip_for(joint_errors={"left_elbow": error}).severity == severity


@pytest.mark.parametrize(("lateness", "severity"), [(0.16, "low"), (-0.25, "medium"), (0.5, "high")])
def test_severity_of_timing_follows_the_seconds(lateness: float, severity: str) -> None:
    assert tip_for(lateness=lateness).severity == severity


@pytest.mark.parametrize(
    ("lateness", "count", "text"),
    [
        (0.25, 0.5, "You are half a beat late"),
        (-0.25, 0.5, "You are half a beat early"),
        (0.16, 0.6, "You are a quarter of a beat late"),
        (0.45, 0.6, "You are 3/4 of a beat late"),
        (-0.5, 0.5, "You are a beat early"),
        (0.6, 0.4, "You are a beat and a half late"),
        (0.6, 0.3, "You are two beats late"),
        (0.3, None, "You are 0.3 s late"),
        (-0.3, None, "You are 0.3 s early"),
        (0.2, 5.0, "You are 0.2 s late"),
        (0.6, 0.1, "You are 0.6 s late"),
    ],
)
def test_timing_is_told_in_counts_where_they_are_known(lateness: float, count: float | None, text: str) -> None:
    assert tip_for(lateness=lateness, seconds_per_count=count).text == text


@pytest.mark.parametrize("count", [0.3, 0.4, 0.5, 0.6, 0.8])
@pytest.mark.parametrize("lateness", [step / 50 for step in range(8, 32)])
def test_the_count_told_is_within_an_eighth_of_the_truth(lateness: float, count: float) -> None:
    text = tip_for(lateness=lateness, seconds_per_count=count).text
    words = {"3/4": 0.75, "quarter": 0.25, "half a beat": 0.5, "and a half": 1.5, "two": 2, "a beat": 1}
    told = next((value for word, value in words.items() if word in text), None)
    if told is None:
        assert f"{lateness:.1f} s" in text
    else:
        assert abs(told - lateness / count) <= 0.125 + 1e-9


@pytest.mark.parametrize("lateness", [0.0, LATE, -LATE, None])
def test_small_lateness_is_left_unsaid(lateness: float | None) -> None:
    assert RulesCoach().observe(make_facts(lateness=lateness)) is None


def test_order_of_importance() -> None:
    facts: dict[str, Any] = {"joint_errors": {"left_knee": 20.0}}
    assert "knee" in tip_for(**facts).text
    facts["lateness"] = 0.4
    assert "late" in tip_for(**facts).text
    facts["wrong_dance"] = True
    assert "does not look like" in tip_for(**facts).text
    facts["standing_still"] = True
    assert "stand still" in tip_for(**facts).text
    facts["unseen"] = ("legs",)
    assert "can't see your legs" in tip_for(**facts).text


@pytest.mark.parametrize("trouble", ["wrong_dance", "standing_still"])
def test_no_limb_advice_for_a_dance_that_is_not_danced(trouble: str) -> None:
    facts = make_facts(score=0.1, joint_errors={"left_knee": 50.0}, lateness=0.5, **{trouble: True})
    assert {tip.text for _, tip in dance(facts)} == {EN.text(f"cue.{trouble}")}


@pytest.mark.parametrize(
    ("unseen", "text"),
    [
        (("legs",), "I can't see your legs: step back"),
        (("left leg", "right leg", "left foot", "right foot"), "I can't see your legs: step back"),
        (("left arm",), "I can't see your left arm: stay in view"),
        (("left arm", "right leg"), "I can't see your left arm and your right leg: step back"),
        (("left arm", "right arm", "legs", "head"), "I can't see all of you: step back"),
    ],
)
def test_what_cannot_be_seen_is_said(unseen: tuple[str, ...], text: str) -> None:
    assert tip_for(score=None, unseen=unseen).text == text


def test_no_sentence_has_more_than_twelve_words() -> None:
    parts = sorted({bone.part for bone in BONES})
    pairs = [*itertools.combinations(parts, 2), *((part,) for part in parts)]
    moments = [make_facts(unseen=unseen) for unseen in pairs]
    moments += [make_facts(joint_errors={joint: error}) for joint in JOINT_NAMES for error in (-9.0, 9.0)]
    moments += [make_facts(lateness=step / 20, seconds_per_count=0.5) for step in range(-20, 20)]
    texts = [cue.tip.text for facts in moments for cue in corrections(facts, EN)]
    texts += [text for kind in ("great", "better", "good") for text in EN.variants(f"praise.{kind}")]
    assert max(len(text.split()) for text in texts) <= 12


def test_no_side_or_limb_that_is_not_in_the_facts() -> None:
    """A long dance of changing facts: every limb named is wrong, or unseen, at that very moment."""
    coach = RulesCoach()
    for step in range(2000):
        joint = JOINT_NAMES[(7 * step // 11) % len(JOINT_NAMES)]
        errors = {joint: 20.0 if step % 3 else -40.0} if step % 4 else {}
        unseen = ("right leg",) if step % 13 == 0 else ()
        score = (step % 10) / 10
        tip = coach.observe(make_facts(0.5 * step, score, joint_errors=errors, unseen=unseen))
        if tip is None:
            continue
        assert set(tip.focus_areas) <= set(errors)
        allowed = {name.split("_")[0] for name in errors} | {"right" for _ in unseen}
        assert set(re.findall(r"\b(left|right)\b", tip.text)) <= allowed
        if tip.is_positive:
            assert not re.search(r"\b(arm|elbow|knee|hip|leg|foot)", tip.text)


@pytest.mark.parametrize("interval", [1.0, 2.5, 4.0])
def test_a_cue_has_its_interval_to_itself(interval: float) -> None:
    facts = make_facts(joint_errors={"left_knee": 30.0, "right_elbow": -20.0}, lateness=0.3)
    times = [time for time, _ in dance(facts, coach=RulesCoach(interval))]
    assert times[0] == 0.5
    assert min(b - a for a, b in itertools.pairwise(times)) == interval


def test_the_interval_holds_for_uneven_snapshots() -> None:
    coach = RulesCoach()
    said = [t for t in (0.5, 1.02, 1.49, 2.03, 2.51, 2.98, 3.6) if coach.observe(make_facts(t, lateness=0.4))]
    assert said == [0.5, 3.6]


def test_a_cue_rests_after_two_and_another_problem_gets_its_turn() -> None:
    facts = make_facts(joint_errors={"left_knee": 30.0, "right_elbow": -20.0}, lateness=0.3)
    texts = [tip.text for _, tip in dance(facts)]
    longest = max(len(list(group)) for _, group in itertools.groupby(texts))
    assert longest == 2
    assert {"You are 0.3 s late", "Bend your left knee more", "Extend your right elbow"} <= set(texts)


def test_a_lone_problem_is_not_nagged_about() -> None:
    times = [time for time, _ in dance(make_facts(score=0.3, lateness=0.4))]
    gaps = [b - a for a, b in itertools.pairwise(times)]
    assert gaps[:4] == [2.5, 7.5, 2.5, 7.5]


def test_missing_feet_do_not_silence_the_rest() -> None:
    texts = {tip.text for _, tip in dance(make_facts(unseen=("feet",), joint_errors={"left_elbow": 30.0}))}
    assert texts == {"I can't see your feet: step back", "Bend your left elbow more"}


@pytest.mark.parametrize("score", [0.6, 0.7, 0.79, 0.85])
@pytest.mark.parametrize("errors", [{"left_knee": 30.0}, {"left_knee": 30.0, "right_hip": -18.0, "left_elbow": 17.0}])
def test_a_third_is_praise_where_the_dancing_allows_it(score: float, errors: dict[str, float]) -> None:
    tips = [tip for _, tip in dance(make_facts(score=score, joint_errors=errors), seconds=180)]
    assert sum(tip.is_positive for tip in tips) >= len(tips) // 3 > 0


def test_nothing_is_better_while_hardly_anything_is_right() -> None:
    """Out of step faults come and go by chance."""
    coach = RulesCoach()
    coach.observe(make_facts(1.0, 0.0, joint_errors={"left_knee": 30.0}))
    assert coach.observe(make_facts(4.0, 0.1)) is None


def test_bad_dancing_is_not_praised() -> None:
    facts = make_facts(score=0.3, joint_errors={"left_knee": 30.0})
    assert not any(tip.is_positive for _, tip in dance(facts))


def test_good_dancing_is_praised_in_turn_with_different_words() -> None:
    tips = [tip for _, tip in dance(make_facts(score=0.9))]
    assert all(tip.is_positive and tip.severity == "low" and tip.focus_areas == () for tip in tips)
    assert all(a.text != b.text for a, b in itertools.pairwise(tips))


@pytest.mark.parametrize("score", [0.3, 0.7, 0.9])
def test_a_new_fault_is_named_as_soon_as_the_last_tip_has_had_its_time(score: float) -> None:
    coach = RulesCoach()
    assert coach.observe(make_facts(8.0, 0.9)) is not None
    wrong = [make_facts(t, score, joint_errors={"left_shoulder": -40.0}) for t in (9.0, 10.0, 10.5)]
    assert [coach.observe(facts) is not None for facts in wrong] == [False, False, True]


def test_a_mended_fault_is_praised() -> None:
    coach = RulesCoach()
    assert coach.observe(make_facts(1.0, 0.4, joint_errors={"left_knee": 30.0})) is not None
    tip = coach.observe(make_facts(4.0, 0.5))
    assert tip is not None
    assert tip.text in EN.variants("praise.better")
    assert coach.observe(make_facts(9.0, 0.5)) is None


def test_a_fault_that_made_way_for_a_worse_take_is_not_praised() -> None:
    coach = RulesCoach()
    coach.observe(make_facts(1.0, 0.4, joint_errors={"left_knee": 30.0}))
    assert coach.observe(make_facts(4.0, 0.2)) is None


@pytest.mark.parametrize("errors", [{"left_knee": 30.0}, {"left_knee": 30.0, "right_hip": -18.0, "left_elbow": 17.0}])
def test_fewer_tips_as_the_score_rises(errors: dict[str, float]) -> None:
    counts = [len(dance(make_facts(score=score, joint_errors=errors), seconds=300)) for score in (0.3, 0.65, 0.85)]
    assert counts == sorted(counts, reverse=True)
    assert len(dance(make_facts(score=0.95), seconds=300)) < counts[-1]


def test_the_same_facts_give_the_same_tips() -> None:
    moments = [make_facts(score=s / 10, joint_errors={"left_hip": 20.0} if s % 2 else {}) for s in range(11)]
    assert dance(*moments) == dance(*moments)


def test_a_dance_that_starts_again_starts_the_coach_again() -> None:
    coach = RulesCoach()
    facts = make_facts(lateness=0.4)
    first = dance(facts, coach=coach)
    assert dance(facts, coach=coach) == first


@pytest.mark.parametrize("error", [float("nan"), 0.0])
def test_an_error_without_direction_is_left_unsaid(error: float) -> None:
    assert RulesCoach().observe(make_facts(joint_errors={"left_knee": error})) is None


def test_a_joint_without_words_is_left_unsaid() -> None:
    assert RulesCoach().observe(make_facts(joint_errors={"left_ear": 40.0})) is None


# -- phrases ----------------------------------------------------------------------------------------------------------

COUNT = 0.5
PHRASE_S = 4 * COUNT


def in_phrases(moments: list[dict[str, Any]], *, coach: RulesCoach | None = None) -> list[tuple[float, Tip]]:
    """Every tip while the moments are danced, half a second each, with a phrase of four counts ending every 2 s."""
    coach = coach or RulesCoach()
    said = []
    for step, moment in enumerate(moments, 1):
        time = 0.5 * step
        facts = make_facts(time, **({"seconds_per_count": COUNT, "phrase_end": time % PHRASE_S == 0} | moment))
        tip = coach.observe(facts)
        if tip is not None:
            said.append((time, tip))
    return said


ELBOW = {"joint_errors": {"left_elbow": -30.0}}
KNEE = {"joint_errors": {"right_knee": 25.0}}
FINE: dict[str, Any] = {}


@pytest.mark.parametrize("score", [0.3, 0.65, 0.9])
@pytest.mark.parametrize("fault", [ELBOW, {"lateness": 0.4}, FINE])
def test_where_the_song_is_counted_cues_come_at_the_ends_of_phrases(score: float, fault: dict[str, Any]) -> None:
    said = in_phrases([{"score": score} | fault] * 240)
    assert all(time % PHRASE_S == 0 for time, _ in said)
    assert all(b - a >= 2.5 for (a, _), (b, _) in itertools.pairwise(said))
    assert said or (fault is FINE and score < 0.8)


def test_without_counts_nothing_waits() -> None:
    tip = RulesCoach().observe(make_facts(0.5, seconds_per_count=None, phrase_end=False, **ELBOW))
    assert tip is not None


@pytest.mark.parametrize("wrong", [0, 1, 2, 3])
def test_what_was_wrong_in_the_phrase_is_told_at_its_end(wrong: int) -> None:
    said = in_phrases([ELBOW if step == wrong else FINE for step in range(4)])
    assert [(time, tip.focus_areas) for time, tip in said] == [(2.0, ("left_elbow",))]


def test_what_was_wrong_in_an_earlier_phrase_is_not() -> None:
    said = in_phrases([FINE] * 4 + [ELBOW] * 3 + [FINE] + [FINE] * 8, coach=RulesCoach(100.0))
    assert [time for time, _ in said] == [4.0]
    assert in_phrases([FINE] * 16) == []


@pytest.mark.parametrize(
    ("moments", "joint"),
    [
        ([ELBOW, KNEE, KNEE, KNEE], "right_knee"),
        ([ELBOW, ELBOW, ELBOW, KNEE], "left_elbow"),
        ([KNEE, ELBOW, KNEE, ELBOW], "left_elbow"),
        ([{"joint_errors": {"left_elbow": -16.0}}, {"joint_errors": {"right_knee": 60.0}}] * 2, "right_knee"),
    ],
    ids=["lasted longer", "lasted longer and is over", "as long and larger", "larger by far"],
)
def test_the_fault_that_lasted_longest_and_was_largest_is_chosen(moments: list[dict[str, Any]], joint: str) -> None:
    ((_, tip),) = in_phrases(moments)
    assert tip.focus_areas == (joint,)


def test_a_lateness_of_the_whole_phrase_comes_before_a_limb_of_a_moment() -> None:
    ((_, tip),) = in_phrases([{"lateness": 0.3} | ELBOW] + [{"lateness": 0.3}] * 3)
    assert "late" in tip.text


@pytest.mark.parametrize(
    "warning", [{"unseen": ("legs",), "score": None}, {"unseen": ("legs",)}, {"standing_still": True}]
)
def test_warnings_do_not_wait_for_the_end_of_a_phrase(warning: dict[str, Any]) -> None:
    said = in_phrases([warning | {"phrase_end": False}] * 3)
    assert [time for time, _ in said] == [0.5]


@pytest.mark.parametrize("trouble", ["wrong_dance", "standing_still"])
def test_at_the_end_of_a_phrase_of_another_dance_no_limb_is_named(trouble: str) -> None:
    said = in_phrases([ELBOW | {"score": 0.1}] * 3 + [{trouble: True, "score": 0.1}] * 21)
    assert said
    assert {tip.focus_areas for _, tip in said} == {()}


@pytest.mark.parametrize("score", [0.6, 0.7, 0.85])
def test_in_phrases_too_a_third_is_praise_and_good_dancers_hear_less(score: float) -> None:
    tips = [tip for _, tip in in_phrases([KNEE | {"score": score}] * 600)]
    assert sum(tip.is_positive for tip in tips) >= len(tips) // 3 > 0
    assert len(tips) <= len(in_phrases([KNEE | {"score": 0.3}] * 600))


def test_a_fault_is_mended_when_a_whole_phrase_is_without_it() -> None:
    said = in_phrases([ELBOW] * 4 + [ELBOW] + [FINE] * 7 + [FINE] * 8)
    assert said[0][1].focus_areas == ("left_elbow",)
    praise = [time for time, tip in said if tip.is_positive]
    assert praise[:1] == [6.0]


SLOW = 1.0  # a phrase of four seconds


def in_slow_phrases(moments: list[dict[str, Any]], **options: Any) -> list[tuple[float, Tip]]:
    """Every tip while the moments are danced, with a phrase ending every 4 s."""
    coach, said = RulesCoach(**options), []
    for step, moment in enumerate(moments, 1):
        time = 0.5 * step
        tip = coach.observe(make_facts(time, **({"seconds_per_count": SLOW, "phrase_end": time % 4 == 0} | moment)))
        if tip is not None:
            said.append((time, tip))
    return said


@pytest.mark.parametrize("fault", [ELBOW, {"lateness": 0.4}])
@pytest.mark.parametrize("first", [0, 1, 3, 5])
def test_a_fault_waits_two_seconds_at_most_for_the_end_of_a_phrase(fault: dict[str, Any], first: int) -> None:
    said = in_slow_phrases([FINE] * first + [fault] * 12)
    assert said[0][0] - 0.5 * (first + 1) <= 2.0


def test_what_is_over_at_the_end_of_a_phrase_is_told_with_its_place() -> None:
    over, still = ([ELBOW] * 2 + [FINE] * 2), ([FINE] * 2 + [ELBOW] * 2)
    told = {name: in_phrases(moments)[0][1] for name, moments in (("over", over), ("still", still))}
    plain = EN.text("cue.left_elbow.negative")
    assert told["still"].text == plain
    assert told["over"].text == "Last 4: extend your left elbow"
    assert told["over"].focus_areas == ("left_elbow",)
    korean = in_phrases(over, coach=RulesCoach(language="ko"))[0][1].text
    assert korean == f"지난 4박: {load_phrases('ko').text('cue.left_elbow.negative')}"


def test_a_report_says_when_by_itself() -> None:
    ((_, tip),) = in_phrases([ELBOW] * 2 + [FINE] * 2, coach=RulesCoach(says_when=False))
    assert tip.text == EN.text("cue.left_elbow.negative")


def test_a_lateness_that_is_over_is_not_told() -> None:
    assert in_phrases([{"lateness": 0.4}] * 2 + [FINE] * 2) == []


def test_praise_does_not_keep_a_new_fault_waiting_for_another_phrase() -> None:
    said = in_phrases([{"score": 0.9}] * 4 + [ELBOW] * 4)
    assert [(time, tip.is_positive) for time, tip in said] == [(2.0, True), (4.0, False)]
