"""The coach's languages: each is complete, says left and right, and can be drawn."""

from __future__ import annotations

import itertools
import re
from string import Formatter

import cv2
import numpy as np
import pytest

from kdance.errors import ConfigError
from kdance.pose import BONES, merged_parts
from kdance.window.text import draw_text
from kdance.words.particles import with_particle
from kdance.words.phrases import Phrases, available_languages, languages, load_phrases

EN, KO = load_phrases("en"), load_phrases("ko")
PARTS = sorted({bone.part for bone in BONES} | {"arms", "legs", "feet"})
PRIVATE_USE = "\ue000"  # a character no font has


def gaps(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)


def all_texts(phrases: Phrases) -> dict[str, str]:
    """Every sentence there is, by its key and the number of its variant."""
    return {f"{key}/{n}": text for key in phrases.sentences for n, text in enumerate(phrases.variants(key))}


@pytest.mark.parametrize("language", available_languages())
def test_every_language_has_every_sentence_with_the_same_gaps(language: str) -> None:
    phrases = load_phrases(language)
    assert set(phrases.sentences) == set(EN.sentences)
    for key in EN.sentences:
        assert {gaps(text) for text in phrases.variants(key)} == {gaps(text) for text in EN.variants(key)}, key


@pytest.mark.parametrize("language", available_languages())
def test_every_part_of_the_body_has_its_name(language: str) -> None:
    phrases = load_phrases(language)
    names = [phrases.parts([part]) for part in PARTS]
    assert len(set(names)) == len(PARTS)
    assert all(names)


@pytest.mark.parametrize(("language", "left", "right"), [("en", "left", "right"), ("ko", "왼", "오른")])
def test_left_and_right_are_said_alike(language: str, left: str, right: str) -> None:
    texts = all_texts(load_phrases(language))
    sided = [key for key in texts if "left" in key]
    assert len(sided) > 20
    for key in sided:
        assert left in texts[key]
        assert texts[key].replace(left, right) == texts[key.replace("left", "right")]


@pytest.mark.parametrize("language", available_languages())
def test_a_cue_can_be_read_while_dancing(language: str) -> None:
    phrases = load_phrases(language)
    values = {"parts": phrases.parts(["left arm", "head"]), "seconds": "0.3", "counts": 4}
    values["cue"] = phrases.text("cue.left_elbow.negative")
    for key, text in all_texts(phrases).items():
        if key.startswith(("cue.", "praise.")):
            said = phrases.text(key.partition("/")[0], **{name: values[name] for name in gaps(text)})
            assert len(said.split()) <= 12


def test_the_languages_name_themselves() -> None:
    assert languages() == {"en": "English", "ko": "한국어"}
    assert tuple(languages()) == available_languages()


def test_an_unknown_language_says_which_there_are() -> None:
    with pytest.raises(ConfigError, match=r"'xx'.*Languages: .*en.*ko"):
        load_phrases("xx")


def test_feet_go_without_saying_when_the_legs_are_named() -> None:
    assert merged_parts(("left foot", "left leg", "right leg")) == ("legs",)
    assert merged_parts(("left arm", "right foot", "left foot")) == ("left arm", "feet")


# Korean


@pytest.mark.parametrize(
    ("forms", "words"),
    [
        ("이/가", ["왼팔이", "다리가", "골반이", "머리가", "몸통이"]),
        ("은/는", ["왼팔은", "다리는", "골반은", "머리는", "몸통은"]),
        ("과/와", ["왼팔과", "다리와", "골반과", "머리와", "몸통과"]),
        ("으로/로", ["왼팔로", "다리로", "골반으로", "머리로", "몸통으로"]),
    ],
)
def test_particles_follow_the_final_sound(forms: str, words: list[str]) -> None:
    stems = ["왼팔", "다리", "골반", "머리", "몸통"]
    assert [with_particle(stem, forms) for stem in stems] == words


@pytest.mark.parametrize("word", ["magnetic", "", "10", "?"])
def test_both_forms_are_written_where_the_sound_is_unknown(word: str) -> None:
    assert with_particle(word, "을/를") == f"{word}을(를)"


def test_any_parts_together_get_the_right_particle() -> None:
    for parts in (*itertools.permutations(PARTS, 2), *((part,) for part in PARTS)):
        text = KO.text("cue.unseen_above", parts=KO.parts(parts))
        assert re.match(r"[가-힣 ]+[이가] 안 보여요: ", text)
        assert text.partition(" 안 보여요")[0].endswith(with_particle(KO.parts(parts[-1:]), "이/가"))
    assert KO.parts(["head", "left arm", "legs"]) == "머리, 왼팔과 다리"
    assert KO.text("cue.unseen_below", parts=KO.parts(["left leg", "arms"])).startswith("왼쪽 다리와 두 팔이 안 보여요")


def test_only_what_is_typed_is_not_korean() -> None:
    typed = re.compile(
        r"{[^}]*}|kdance references|--camera|--offset|--rotate|--no-hands|--hands|scoring\.strictness|strict"
        r"|camera\.(width|height)|Ctrl-C|Space|both_up|one_up|left_up|right_up|crossed|Enter"
        r"|\b[dqhHAnpsl]\b|\bAI\b|fps| x "
    )
    for key, text in all_texts(KO).items():
        assert re.findall(r"[A-Za-z]+", typed.sub("", text)) == [], key


# In the window


def drawn(character: str) -> bytes:
    image = draw_text(np.zeros((60, 80, 3), np.uint8), character, 20, 45, 40, (255, 255, 255))
    return cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA).tobytes()


@pytest.mark.parametrize("language", available_languages())
def test_the_window_can_draw_every_character(language: str) -> None:
    characters = {character for text in all_texts(load_phrases(language)).values() for character in text}
    characters -= {" ", "?"}  # a question mark is what the font shows for what it lacks
    missing, nothing = drawn(PRIVATE_USE), drawn(" ")
    assert missing != nothing, "the font shows what it lacks"
    assert [character for character in sorted(characters) if drawn(character) in (missing, nothing)] == []
    if language == "ko":
        assert len(characters) > 150
