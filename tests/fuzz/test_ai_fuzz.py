"""What an AI server answers: texts, objects, parts, headers."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdance.coach.ai.answer_json import read_json
from kdance.coach.ai.error import AiError
from kdance.coach.ai.responses import MAX_RETRY_AFTER, failure_of_status, models_of, reply_of
from kdance.coach.ai.server import Reply
from kdance.coach.ai.summary import check_summary
from kdance.coach.ai.tip_checks import check_tip
from kdance.coach.ai.vocabulary import load_vocabulary
from kdance.coach.live_coach import Usage
from tests.coach.ai.test_ai_checks import ELBOW_AND_ARM
from tests.coach.ai.test_ai_summary import FACTS
from tests.fuzz.conftest import fuzzed
from tests.fuzz.strategies import TEXTS, VALUES, hurt, typed

TIP = {"text": "Raise your left arm", "severity": "high", "focus_areas": ["left_shoulder"], "is_positive": False}
SUMMARY = {
    "session_summary": "You danced well.", "key_insights": ["Your left arm was too low."],
    "improvement_areas": ["Raise your left arm."], "strengths": [],
}  # fmt: skip
WORDS = (
    ["your ", "left ", "right ", "arm ", "elbow ", "knee ", "raise ", "bend ", "late ", "great ", "not ",
     "20 degrees ", ". ", "0:12 ", "왼쪽 ", "팔을 ", "올리세요", "\x1b[31m", "\u202e", "\ud800", "\0",
     "<think>", "</think>", "{", "}", '"', "\\"]
)  # fmt: skip
SAID = typed(WORDS, 25)


def checked(answer: dict[str, Any] | None, language: str) -> None:
    """Both checks; whatever they let through is clean text."""
    vocabulary = load_vocabulary(language)
    tip = check_tip(answer, ELBOW_AND_ARM, vocabulary)
    summary, problem = check_summary(answer, FACTS, vocabulary)
    said = [] if tip is None else [tip.tip.text]
    said += [] if summary is None else [summary.session_summary, *summary.key_insights, *summary.strengths]
    assert (summary is None) == (problem is not None)
    for text in said:
        assert text.isprintable(), text
        text.encode()


@fuzzed(5)
@given(text=typed(['{"a":', "[", "]", "}", "1,", "<think>", "</think>", "```json", "\\u", *WORDS], 30))
def test_a_text_with_json_somewhere(text: str, count: Callable[[], None]) -> None:
    count()
    found = read_json(text, ["a"])
    assert found is None or "a" in found


@fuzzed(0.3)
@given(data=st.data(), whole=st.sampled_from([TIP, SUMMARY]), language=st.sampled_from(["en", "ko"]))
def test_an_answer_that_was_hurt(
    data: st.DataObject, whole: dict[str, Any], language: str, count: Callable[[], None]
) -> None:
    count()
    text = data.draw(hurt(json.dumps(whole).encode())).decode(errors="replace")
    checked(read_json(text), language)


@fuzzed(0.1)
@given(data=st.data(), whole=st.sampled_from([TIP, SUMMARY]), language=st.sampled_from(["en", "ko"]))
def test_an_answer_with_other_values(
    data: st.DataObject, whole: dict[str, Any], language: str, count: Callable[[], None]
) -> None:
    count()
    key = data.draw(st.sampled_from(sorted(whole)))
    value = data.draw(SAID | st.lists(SAID, max_size=3) | VALUES)
    checked(read_json(json.dumps({**whole, key: value})), language)


@fuzzed(0.25)
@given(content=VALUES, usage=VALUES, error=VALUES, choices=st.sampled_from(["none", "empty", "one", "odd"]))
def test_a_response_of_any_shape(content: Any, usage: Any, error: Any, choices: str, count: Callable[[], None]) -> None:
    count()
    spent = SimpleNamespace(**usage) if isinstance(usage, dict) else usage
    message = SimpleNamespace(content=content)
    found = {"none": None, "empty": [], "one": [SimpleNamespace(message=message)], "odd": content}[choices]
    reply = reply_of(SimpleNamespace(choices=found, usage=spent, error=error), 1)
    assert isinstance(reply, Reply | AiError)
    assert isinstance(reply_of(content, 1), Reply | AiError)
    names = models_of(SimpleNamespace(data=content))
    assert isinstance(names, AiError) or all(isinstance(name, str) for name in names)


def test_a_list_of_models_that_is_a_number_is_an_empty_one() -> None:
    assert models_of(SimpleNamespace(data=1)) == ()


DATES = st.from_regex(
    re.compile(r"[A-Z][a-z]{2}, \d{1,3} (Jan|Feb|Xyz) \d{1,6} \d\d:\d\d:\d\d ([+-]\d{2,9}|GMT)", re.ASCII)
)


@fuzzed(0.5)
@given(status=st.integers(0, 999), wait=st.none() | DATES | st.floats().map(str) | TEXTS, said=TEXTS)
def test_a_refusal(status: int, wait: str | None, said: str, count: Callable[[], None]) -> None:
    count()
    headers = {} if wait is None else {"retry-after": wait}
    error = SimpleNamespace(
        status_code=status, code=said, type=None, message=said, response=SimpleNamespace(headers=headers)
    )
    failure = failure_of_status(error, Usage(1))
    assert failure.retry_after is None or 0 < failure.retry_after <= MAX_RETRY_AFTER


LONG = {
    "braces": "{" * 100_000,
    "objects that do not end": '{"a":' * 20_000,
    "lists that do not end": '{"a":[' * 8_000,
    "objects in objects": '{"a":' * 900 + "1" + "}" * 900 + '{"a":' * 900,
    "an object that is full and cut": '{"a":[' + '{"b":1},' * 6_000,
    "spaces": '{"text":"' + " " * 49_000 + '"}',
    "escapes": '{"text":"' + "\\u00e9" * 8_000 + '"}',
    "thoughts": "<think>" * 10_000 + "{}",
    "one word": json.dumps(TIP | {"text": "arm" * 16_000}),
    "one sentence": json.dumps(SUMMARY | {"session_summary": "your left arm, " * 3_000}),
    "many items": json.dumps(SUMMARY | {"key_insights": ["Your left arm was too low."] * 1_500}),
    "100 kB": "x" * 100_000 + json.dumps(TIP),
}


@pytest.mark.parametrize("name", LONG)
def test_a_long_text_is_read_at_once(name: str) -> None:
    began = time.process_time()
    checked(read_json(LONG[name]), "en")
    checked(read_json(LONG[name]), "ko")
    assert time.process_time() - began < 1.5
