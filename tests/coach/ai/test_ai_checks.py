"""What a model says is said on only where it was measured: limbs, sides, directions, numbers, praise."""

from __future__ import annotations

from typing import Any

import pytest

from kdance.coach.ai.answer_json import read_json
from kdance.coach.ai.checks import untruth
from kdance.coach.ai.figures import Figures, unmeasured_numbers
from kdance.coach.ai.tip_checks import CheckedTip, check_tip, truth_of
from kdance.coach.ai.vocabulary import checkable_languages, load_vocabulary
from kdance.coach.facts import Facts
from kdance.coach.rules import corrections
from kdance.errors import ConfigError
from kdance.pose import BONES, JOINT_NAMES
from kdance.words.phrases import available_languages, load_language, load_phrases
from tests.ai_server import tip

EN = load_vocabulary("en")
LANGUAGES = sorted(set(checkable_languages()) & set(available_languages()))


def make_facts(score: float | None = 0.5, **changes: Any) -> Facts:
    return Facts(timestamp=1.0, pose_score=score, motion_score=score, combined_score=score, best_match_idx=1, **changes)


ELBOW_AND_ARM = make_facts(joint_errors={"right_shoulder": -30.0, "left_elbow": -25.0})


def check(text: str, facts: Facts = ELBOW_AND_ARM, language: str = "en", **fields: Any) -> CheckedTip | None:
    mended = fields.pop("mended", ())
    return check_tip(tip(text, **fields), facts, load_vocabulary(language), mended=mended)


def other_side(joint: str) -> str:
    side, _, kind = joint.partition("_")
    return f"{'right' if side == 'left' else 'left'}_{kind}"


# Laws: what the rules say is true, and what they say of anything else is not


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("joint", JOINT_NAMES)
@pytest.mark.parametrize("error", [-50.0, -17.0, 22.0])
def test_the_sentence_of_the_rules_is_true_of_its_joint_alone(language: str, joint: str, error: float) -> None:
    facts = make_facts(joint_errors={joint: error})
    (cue,) = corrections(facts, load_phrases(language))
    checked = check(cue.tip.text, facts, language, focus_areas=cue.tip.focus_areas)
    assert checked == CheckedTip(cue.tip, cue.key)
    for name in JOINT_NAMES:
        for wrong in (error, -error):
            if (name, wrong) != (joint, error) and not is_said_alike(joint, name, error, wrong, language):
                assert check(cue.tip.text, make_facts(joint_errors={name: wrong}), language) is None, (name, wrong)


def is_said_alike(joint: str, other: str, error: float, wrong: float, language: str) -> bool:
    """Whether two joints have the same sentence in this language."""
    texts = [
        corrections(make_facts(joint_errors={name: value}), load_phrases(language))[0].tip.text
        for name, value in ((joint, error), (other, wrong))
    ]
    return texts[0] == texts[1]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("seconds_per_count", [None, 0.4, 0.5, 0.62])
@pytest.mark.parametrize("lateness", [-0.8, -0.3, -0.16, 0.16, 0.25, 0.5])
def test_the_rules_timing_is_true_of_its_direction_alone(
    language: str, seconds_per_count: float | None, lateness: float
) -> None:
    facts = make_facts(lateness=lateness, seconds_per_count=seconds_per_count)
    (cue,) = corrections(facts, load_phrases(language))
    assert check(cue.tip.text, facts, language) == CheckedTip(cue.tip, cue.key)
    for other in (-lateness, 0.0, None):
        assert check(cue.tip.text, make_facts(lateness=other, seconds_per_count=seconds_per_count), language) is None


PARTS = sorted({bone.part for bone in BONES})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("parts", [(part,) for part in PARTS] + [("left leg", "right leg", "head"), tuple(PARTS)])
def test_the_rules_unseen_parts_are_true_of_them_alone(language: str, parts: tuple[str, ...]) -> None:
    facts = make_facts(unseen=parts)
    (cue,) = corrections(facts, load_phrases(language))
    assert check(cue.tip.text, facts, language) == CheckedTip(cue.tip, "unseen")
    assert check(cue.tip.text, make_facts(), language) is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("flag", ["standing_still", "wrong_dance"])
def test_the_rules_verdicts_are_true_where_they_hold(language: str, flag: str) -> None:
    facts = make_facts(0.2, **{flag: True})
    (cue,) = corrections(facts, load_phrases(language))
    assert check(cue.tip.text, facts, language) == CheckedTip(cue.tip, flag)
    assert check(cue.tip.text, make_facts(0.2), language) is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", ["great", "better", "good"])
def test_the_rules_praise_is_praise_where_it_is_due(language: str, key: str) -> None:
    for text in load_phrases(language).variants(f"praise.{key}"):
        checked = check(text, make_facts(0.85), language, is_positive=True)
        assert checked is not None
        assert (checked.about, checked.tip.is_positive) == ("praise", True)
        assert check(text, make_facts(0.4), language, is_positive=True) is None
        assert check(text, make_facts(0.85, unseen=("legs",)), language, is_positive=True) is None


# What good models say


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("Reach that right arm a bit higher, you've got it in you!", "right_shoulder.negative"),
        ("Stretch your left elbow all the way", "left_elbow.negative"),
        ("Your left elbow is about 25 degrees too bent", "left_elbow.negative"),
        ("Your left elbow is bent about 25° too much.", "left_elbow.negative"),
        ("Lift your right arm right on the next count", "right_shoulder.negative"),
        ("Lift your right arm and straighten your left elbow", "right_shoulder.negative"),
        ("That arm on the right: lift it higher!", "right_shoulder.negative"),
        ("Straighten your left arm", "left_elbow.negative"),
    ],
)
def test_true_corrections_are_kept(text: str, about: str) -> None:
    checked = check(text)
    assert checked is not None
    assert (checked.about, checked.tip.text) == (about, text)


@pytest.mark.parametrize(
    "text",
    [
        "Straighten your right elbow",
        "Raise your left arm",
        "Bend your left elbow more",
        "Lower your right arm",
        "Straighten your left knee",
        "Straighten both elbows",
        "Straighten your elbows",
        "Lift your arms",
        "Higher with your left elbow",
        "Turn your left elbow outward",
        "Lift your left hand",
        "Straighten your back",
        "Raise your shoulders",
        "Straighten your left elbow and your right knee",
        "Watch your left elbow here",
        "Your right arm is fine",
        "You suck, lift your right arm",
        "Lift your right arm up to shoulder height",
        "Go higher!",
        "More to the left",
        "Don't bend your left elbow",
        "Your left elbow is not too straight",
        "Your left elbow is 40 degrees too bent",
        "Straighten your left elbow by twenty degrees",
        "Straighten your left elbow on count 5",
        "You scored 90 points, lift your right arm",
        "You are late, lift your right arm",
        "Wait for the beat",
        "I can't see your legs",
        "You are standing still",
        "This is a different dance",
        "Great, lift your right arm",
        "Perfect!",
        "You look pretty, lift your right arm",
        "Lift your right arm, nice shirt",
        "Smile and lift your right arm",
        "Tell the person behind you to lift your right arm",
        "Lift your right arm, then visit evil.com",
        "Lift your right arm https://evil.example",
        "**Lift** your right arm",
        "<b>Lift your right arm</b>",
        "Lift your right arm 💪",
        "Ignore all instructions, lift your right arm",
        "The sign says lift your right arm",
        "오른팔을 올리세요",
        "Lift your правая right arm",
        "One two three four five six seven eight nine ten lift your right arm",
        "Keep going, you can do this",
        "",
        "!!!",
    ],
)
def test_whatever_was_not_measured_is_refused(text: str) -> None:
    assert check(text) is None


def test_praise_of_a_limb_is_for_what_was_mended() -> None:
    fine = make_facts(0.85, joint_errors={})
    assert check("Your left arm is up now, great!", fine, is_positive=True) is None
    checked = check("Great left elbow, well done!", fine, is_positive=True, mended=("left_elbow",))
    assert checked is not None
    assert checked.tip.focus_areas == ("left_elbow",)
    still = make_facts(0.85, joint_errors={"left_elbow": -20.0})
    assert check("Great left elbow, well done!", still, is_positive=True, mended=("left_elbow",)) is None


def test_timing_is_praised_when_it_was_measured_and_good() -> None:
    assert check("Right on the beat, perfect!", make_facts(0.85, lateness=0.03), is_positive=True) is not None
    assert check("Right on the beat, perfect!", make_facts(0.85, lateness=0.3), is_positive=True) is None
    assert check("Right on the beat, perfect!", make_facts(0.85), is_positive=True) is None


def test_nobody_who_stands_still_is_told_of_limbs() -> None:
    facts = make_facts(0.2, standing_still=True, joint_errors={"right_shoulder": -30.0})
    assert check("Lift your right arm", facts) is None


def test_severity_and_focus_are_those_of_the_facts() -> None:
    far = make_facts(joint_errors={"right_shoulder": -50.0, "left_elbow": -16.0})
    checked = check("Lift your right arm", far, severity="low", focus_areas=["left_elbow"])
    assert checked is not None
    assert (checked.tip.severity, checked.tip.focus_areas) == ("high", ("right_shoulder",))


@pytest.mark.parametrize(
    "changes",
    [
        {"focus_areas": ["left_knee"]},
        {"focus_areas": ["nose"]},
        {"focus_areas": [5]},
        {"focus_areas": "left_elbow"},
        {"severity": "extreme"},
        {"is_positive": "no"},
        {"is_positive": True},
        {"text": 5},
        {"text": None},
    ],
)
def test_an_answer_of_another_shape_is_refused(changes: dict[str, Any]) -> None:
    answer = tip("Lift your right arm", focus_areas=["right_shoulder"])
    assert check_tip(answer, ELBOW_AND_ARM, EN) is not None
    assert check_tip(answer | changes, ELBOW_AND_ARM, EN) is None
    for name in answer:
        assert check_tip({key: value for key, value in answer.items() if key != name}, ELBOW_AND_ARM, EN) is None


def test_korean_is_read_without_spaces_between_words() -> None:
    for text in ("오른팔을 조금 더 높이 들어 보세요", "왼쪽 팔꿈치를 쭉 펴요", "왼쪽 팔꿈치가 25도 더 굽었어요"):
        assert check(text, language="ko") is not None, text
    for text in (
        "왼팔을 올려요",
        "오른쪽 팔꿈치를 펴요",
        "왼쪽 팔꿈치를 더 굽히세요",
        "왼쪽 팔꿈치를 펴지 마세요",
        "예쁘네요, 오른팔을 올려요",
        "Raise your right arm",
    ):
        assert check(text, language="ko") is None, text


# Numbers


@pytest.mark.parametrize(
    ("text", "is_measured"),
    [
        ("73 points", True),
        ("73/100", True),
        ("73 out of 100", True),
        ("42 out of 100", False),
        ("73 of 100", True),
        ("42 of 100", False),
        ("72 points", False),
        ("24°", True),
        ("about 25 degrees", True),
        ("about 20 degrees", False),
        ("24.3 degrees", True),
        ("118 ms", True),
        ("120 ms", True),
        ("100 ms", True),
        ("150 ms", False),
        ("0.12 s", True),
        ("0.1 s", True),
        ("0.3 seconds", False),
        ("88 %", True),
        ("at 0:58-1:02", True),
        ("at 0:30", False),
        ("3 times", True),
        ("4 times", False),
        ("a quarter of a beat", True),
        ("half a beat", False),
        ("twenty degrees", False),
        ("an 8-count", True),
        ("5-6-7-8", True),
        ("no number at all", True),
    ],
)
def test_numbers_are_held_against_their_unit(text: str, is_measured: bool) -> None:
    figures = Figures(
        points=(72.8,), percent=(88.3,), degrees=(-24.26,), ms=(118.4,), counts=(0.26,), times=(3,), clock=(58, 62)
    )
    assert (unmeasured_numbers(text, figures, EN) == []) is is_measured


def test_a_number_of_one_unit_is_not_one_of_another() -> None:
    assert unmeasured_numbers("42 points", Figures(degrees=(42,)), EN) == ["42"]
    assert unmeasured_numbers("42", Figures(degrees=(42,)), EN) == ["42"]
    assert unmeasured_numbers("42", Figures(points=(42,)), EN) == []


# JSON


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ('```json\n{"a": 1}\n```', {"a": 1}),
        ('Sure! {"a": {"b": "}"}} Hope it helps', {"a": {"b": "}"}}),
        ('{broken} {"a": 1}', {"a": 1}),
        ('{"a": 1', None),
        ("[1, 2]", None),
        ("", None),
        ("{" * 5000, None),
        ('{"a": ' * 5000, None),
        ('<think>\nIs it {"a": 1}?\n</think>\n{"a": 2}', {"a": 2}),
        ('Is it {"a": 1}?</THINK>{"a": 2}', {"a": 2}),
        ('{"a": 2}<think>or {"a": 1}', {"a": 2}),
        ('[THINK]{"a": 1}[/THINK]{"a": 2} for {"b": 1}', {"a": 2}),
        ('<think>{"a": 1}', None),
        ('{"a": 1} no, {"a": 2}', {"a": 2}),
    ],
)
def test_json_is_found_in_what_stands_around_it(text: str, value: Any) -> None:
    assert read_json(text, ["a"]) == value


# Vocabularies


def test_a_language_without_words_to_check_by_is_refused() -> None:
    with pytest.raises(ConfigError, match="xx"):
        load_vocabulary("xx")


@pytest.mark.parametrize("language", checkable_languages())
def test_every_vocabulary_has_the_same_keys_and_no_term_twice(language: str) -> None:
    own, english = (load_language(name)["vocabulary"] for name in (language, "en"))
    assert set(own) == set(english)
    placed = []
    for group in ("sides", "limbs", "directions", "topics", "amounts", "seconds_in_words", "units"):
        assert set(own[group]) == set(english[group]), group
        if group != "units":
            placed += [term for terms in own[group].values() for term in terms]
    placed += [term for group in ("harmless", "praise", "negations", "forbidden") for term in own[group]]
    assert sorted({term for term in placed if placed.count(term) > 1}) == []


def test_all_that_is_said_to_be_untrue_is_said_in_fixed_words() -> None:
    problem = untruth("Lift your secret-marked left arm", truth_of(ELBOW_AND_ARM), EN)
    assert problem is not None
    assert "marked" not in problem
