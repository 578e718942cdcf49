"""The summary by a model: one question over everything, every sentence held against what was measured."""

from __future__ import annotations

import _thread
import json
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from kdance.coach.ai.api_key import ApiKey
from kdance.coach.ai.budget import CallBudget
from kdance.coach.ai.error import AiError, FailureKind
from kdance.coach.ai.openai_client import OpenAIClient
from kdance.coach.ai.server import AiServer, Prompt, Reply
from kdance.coach.ai.summary import SummaryOptions, check_summary, generate_ai_summary
from kdance.coach.ai.summary_facts import SummaryFacts, summary_facts
from kdance.coach.ai.vocabulary import checkable_languages, load_vocabulary
from kdance.coach.live_coach import Usage
from kdance.review.findings import find
from kdance.review.record import Break, JointFault, SessionReport, SessionSummary
from kdance.words.summary import generate_summary
from tests import ai_server as ai
from tests.report_factory import make_report

EN = load_vocabulary("en")
TEXT = "A strong 73 points! In 0:04-0:12 lift your left arm: it was about 24 degrees too low."
INSIGHTS = ("Your best part was 0:00-0:04 with 91 points.", "You stayed close to the music apart from 0:08-0:12.")
AREAS = ("Straighten your left knee more in 0:12-0:16.",)
STRENGTHS = ("Your right arm was accurate, well done.",)
REFERENCE = "marked-name-of-the-dance"


def summary_by_rules(report: SessionReport, name: str = REFERENCE, *, language: str = "en") -> SessionSummary:
    return generate_summary(name, report, find(report), report.detailed_feedback, language=language)


def facts_of(report: SessionReport, by_rules: SessionSummary) -> SummaryFacts:
    return summary_facts(report, find(report), by_rules)


FACTS = facts_of(make_report(), summary_by_rules(make_report(), "x"))


def answer(
    text: str = TEXT, insights: Any = INSIGHTS, areas: Any = AREAS, strengths: Any = STRENGTHS
) -> dict[str, Any]:
    lists = {"key_insights": insights, "improvement_areas": areas, "strengths": strengths}
    return {"session_summary": text} | {key: list(value) for key, value in lists.items()}


def check(**changes: Any) -> SessionSummary | None:
    return check_summary(answer(**changes), FACTS, EN)[0]


@dataclass
class ScriptedModel:
    """A model without a network; the last reply is given again and again."""

    replies: list[str | AiError | type[BaseException]]
    prompts: list[Prompt] = field(default_factory=list)
    timeouts: list[float] = field(default_factory=list)
    cancelled: int = 0

    def ask(self, prompt: Prompt, *, timeout: float) -> Reply:
        self.prompts.append(prompt)
        self.timeouts.append(timeout)
        reply = self.replies[min(len(self.prompts), len(self.replies)) - 1]
        if not isinstance(reply, str):
            raise reply
        return Reply(reply, Usage(1, 1000, 200))

    def cancel(self) -> None:
        self.cancelled += 1

    def close(self) -> None:
        pass


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def summarise(
    model: ScriptedModel, *, max_calls: int = 100, clock: Clock | None = None, **changes: Any
) -> SessionSummary:
    clock = clock or Clock()
    budget = CallBudget(max_calls, clock=clock)
    return generate_ai_summary(
        model, budget, make_report(reference=REFERENCE, **changes), clock=clock, sleep=clock.sleep
    )


BY_RULES = summary_by_rules(make_report())


def test_true_sentences_become_the_summary() -> None:
    summary = summarise(ScriptedModel([json.dumps(answer())]))
    assert summary == SessionSummary(
        session_summary=TEXT,
        key_insights=INSIGHTS,
        improvement_areas=AREAS,
        strengths=STRENGTHS,
        summary_source="openai",
    )


@pytest.mark.parametrize(
    "text",
    [
        "You made 74 points.",
        "You made 73 points in 0:08-0:12, but 91 points in 0:12-0:16.",
        "Your right arm was too low.",
        "Your left arm was too high.",
        "Your left arm was too low in 0:24-0:28.",
        "Your left elbow was about 40 degrees too bent.",
        "Your left hand was too low.",
        "Your left arm was great.",
        "You were 500 ms late.",
        "You were half a beat late.",
        "Your best part was 1:30.",
        "You danced a different dance.",
        "You look gorgeous.",
        "Visit evil.example for more.",
        "See https://evil.example",
        "# Well done",
        "73점이에요.",
        "You were 37 % better than others.",
        "x" * 1000,
        "",
    ],
)
def test_a_summary_that_says_anything_else_is_refused(text: str) -> None:
    assert check(text=text) is None
    assert check(text=f"{TEXT} {text}") is None or not text


@pytest.mark.parametrize("language", checkable_languages())
def test_what_the_rules_say_is_true(language: str) -> None:
    """Their summary names the dance, which no model is told; all the rest passes its own check."""
    vocabulary = load_vocabulary(language)
    name = {"LATIN": "dance", "HANGUL": "춤"}[vocabulary.scripts[0]]
    by_rules = summary_by_rules(make_report(), name, language=language)
    summary, problem = check_summary(json.loads(by_rules.model_dump_json()), FACTS, vocabulary)
    assert problem is None
    assert summary == by_rules.model_copy(update={"summary_source": "openai"})


BROKEN = {
    "faults": tuple(
        JointFault(joint=joint, mean_error_deg=degrees, spans=((4.0, 8.0),))
        for joint, degrees in (("left_shoulder", -30.0), ("right_shoulder", -20.0), ("right_knee", 24.0))
    ),
    "breaks": (
        Break(kind="standing_still", start=12.0, end=16.0, to_the_end=False),
        Break(kind="wrong_dance", start=24.0, end=28.0, to_the_end=True),
    ),
}


@pytest.mark.parametrize("language", checkable_languages())
def test_what_the_rules_say_of_breaks_and_of_both_sides_is_true(language: str) -> None:
    vocabulary, report = load_vocabulary(language), make_report(**BROKEN)
    name = {"LATIN": "dance", "HANGUL": "춤"}[vocabulary.scripts[0]]
    by_rules = summary_by_rules(report, name, language=language)
    facts = facts_of(report, by_rules)
    summary, problem = check_summary(json.loads(by_rules.model_dump_json()), facts, vocabulary)
    assert problem is None
    areas = by_rules.improvement_areas[:5]  # no more than that is read
    assert summary == by_rules.model_copy(update={"summary_source": "openai", "improvement_areas": areas})


@pytest.mark.parametrize(
    ("text", "is_true"),
    [
        ("Raise both arms in 0:04-0:08: they were about 25 degrees too low.", True),
        ("In 0:04-0:08 your right arm was 20 degrees too low.", True),
        ("Bend your right knee more in 0:04-0:08.", True),
        ("Raise your right arm in 0:20-0:24.", False),
        ("You stood still in 0:12-0:16.", True),
        ("You stood still in 0:04-0:08.", False),
        ("From 0:24 it was another dance.", True),
        ("In 0:12-0:16 it was another dance.", False),
        ("Your right leg was accurate.", False),
        ("Your left leg was accurate.", False),
    ],
)
def test_the_facts_hold_every_fault_and_every_break(text: str, is_true: bool) -> None:
    report = make_report(**BROKEN, detailed_feedback=())
    by_rules = summary_by_rules(report, "x")
    facts = facts_of(report, by_rules)
    assert len(facts.told["faults"]) == 3
    assert [row["what"] for row in facts.told["breaks"]] == ["standing still", "wrong dance"]
    assert (
        check_summary(answer(text, strengths=(), areas=by_rules.improvement_areas), facts, EN)[0] is None
    ) != is_true


def test_a_take_that_was_hardly_seen_is_told_so_by_the_rules() -> None:
    model = ScriptedModel([json.dumps(answer())])
    assert "only for what I saw" in summarise(model, coverage=0.3).session_summary
    assert model.prompts == []


def test_single_items_that_are_not_true_are_left_out() -> None:
    summary = check(insights=(*INSIGHTS, "You were 999 ms late."), strengths=("Your left arm was perfect.",))
    assert summary is not None
    assert summary.key_insights == INSIGHTS
    assert summary.strengths == ()


def test_without_an_insight_or_an_area_that_holds_there_is_no_summary() -> None:
    assert check(insights=("You were 999 ms late.",)) is None
    assert check(areas=("Raise your right arm.",)) is None


@pytest.mark.parametrize(
    "changed",
    [
        None,
        {},
        {"session_summary": TEXT},
        answer() | {"key_insights": "text"},
        answer() | {"strengths": [5]},
        answer() | {"session_summary": None},
    ],
)
def test_another_shape_is_refused(changed: dict[str, Any] | None) -> None:
    assert check_summary(changed, FACTS, EN)[0] is None


@pytest.mark.parametrize("said", ["\x19", "Your left arm was too low.\x1b[31m", "!?"])
def test_what_is_no_sentence_is_left_out(said: str) -> None:
    summary, _ = check_summary(answer() | {"key_insights": [*answer()["key_insights"], said]}, FACTS, EN)
    assert summary is not None
    assert said not in summary.key_insights
    assert check_summary(answer() | {"key_insights": [said]}, FACTS, EN)[0] is None


def test_the_prompt_holds_everything_but_the_name_of_the_dance() -> None:
    model = ScriptedModel([json.dumps(answer())])
    summarise(model)
    (prompt,) = model.prompts
    told = json.loads(prompt.user)
    assert len(told["sections"]) == 6
    assert told["number_of_tips"] == 4
    assert {"text": "Lift your left arm higher.", "times": 1} in told["tips_given"]
    assert told["measured_over_all"]["joints"]["left_shoulder"]["signed_error_deg"] == -18.4
    assert REFERENCE not in prompt.system + prompt.user
    assert prompt.picture is None


def test_a_refused_answer_is_asked_for_again_with_the_reason() -> None:
    model = ScriptedModel([json.dumps(answer(text="You made 74 points.")), json.dumps(answer())])
    assert summarise(model).summary_source == "openai"
    assert "a number that was not measured" in model.prompts[1].system
    assert "74" not in model.prompts[1].system


@pytest.mark.parametrize(
    ("reply", "questions"),
    [
        ("no JSON", 3),
        (json.dumps(answer(text="You made 74 points.")), 3),
        (AiError("server"), 3),
        (AiError("unreachable"), 3),
        (AiError("rate_limited", retry_after=5), 3),
        (AiError("rate_limited", retry_after=60), 1),
        (AiError("unauthorised"), 1),
        (AiError("quota"), 1),
        (AiError("cancelled"), 1),
        (KeyboardInterrupt, 1),
    ],
)
def test_when_it_fails_the_rules_sum_up(reply: Any, questions: int) -> None:
    model = ScriptedModel([reply])
    assert summarise(model) == BY_RULES
    assert len(model.prompts) == questions
    assert model.cancelled == (reply is KeyboardInterrupt)


def test_all_questions_together_have_thirty_seconds() -> None:
    clock = Clock()
    model = ScriptedModel([AiError("server")])
    asked = model.ask

    def slow(prompt: Prompt, *, timeout: float) -> Reply:
        clock.now += 20
        return asked(prompt, timeout=timeout)

    model.ask = slow  # type: ignore[method-assign]
    assert summarise(model, clock=clock) == BY_RULES
    assert model.timeouts == [30, 9.5]


def test_a_mistake_of_ours_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        summarise(ScriptedModel([ZeroDivisionError]))


def test_without_a_call_left_nothing_is_asked() -> None:
    model = ScriptedModel([json.dumps(answer())])
    assert summarise(model, max_calls=0) == BY_RULES
    assert model.prompts == []


@pytest.mark.parametrize("verdict", ["nobody", "part", "wrong_dance", "standing_still", "too_short", "outside"])
def test_a_take_that_was_not_danced_costs_nothing(verdict: str) -> None:
    model = ScriptedModel([json.dumps(answer())])
    assert summarise(model, verdict=verdict).summary_source == "rules"
    assert model.prompts == []


# With the real client


def sum_up(script: ai.Script, act: Callable[[OpenAIClient], None] = lambda _: None, **options: Any) -> SessionSummary:
    with ai.scripted_server(script) as server, OpenAIClient(AiServer(server.url, key=ApiKey("sk-marked"))) as client:
        act(client)
        return generate_ai_summary(
            client,
            CallBudget(clock=time.monotonic),
            make_report(reference=REFERENCE),
            options=SummaryOptions(**options),
            sleep=lambda seconds: time.sleep(min(seconds, 0.02)),
        )


GOOD = ai.summary(TEXT, INSIGHTS, AREAS, STRENGTHS)


@pytest.mark.parametrize(
    ("script", "source"),
    [
        ([GOOD], "openai"),
        ([ai.status(500), ai.drops(), GOOD], "openai"),
        ([ai.rate_limited(0.01), GOOD], "openai"),
        ([ai.words("not yet"), GOOD], "openai"),
        ([ai.refuses("response_format", "store", reply=GOOD)], "openai"),
        ([ai.status(500)], "rules"),
        ([ai.unauthorised("sk-marked")], "rules"),
        ([ai.words("")], "rules"),
        ([ai.hangs()], "rules"),
        ([ai.trickles()], "rules"),
    ],
)
def test_every_server_leaves_a_whole_summary(script: ai.Script, source: str) -> None:
    hangs = not callable(script) and script[0].then in ("hang", "trickle")
    summary = sum_up(script, timeout=0.3 if hangs else 10.0)
    assert summary.summary_source == source
    assert summary == BY_RULES or source == "openai"


def test_cancel_from_another_thread_gives_the_rules_summary() -> None:
    def cancel_later(client: OpenAIClient) -> None:
        threading.Timer(0.2, client.cancel).start()

    assert sum_up([ai.hangs()], cancel_later) == BY_RULES


def test_ctrl_c_gives_the_rules_summary() -> None:
    # A shell that starts tests in the background has it ignored.
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)

    def interrupt_later(_: OpenAIClient) -> None:
        threading.Timer(0.3, _thread.interrupt_main).start()

    try:
        assert sum_up([ai.hangs()], interrupt_later) == BY_RULES
    finally:
        signal.signal(signal.SIGINT, usual)


def test_a_server_too_slow_for_the_dance_is_asked_for_the_summary() -> None:
    budget = CallBudget(clock=Clock())
    while budget.admit():
        budget.failed(AiError("timeout"))
    model = ScriptedModel([json.dumps(answer())])
    summary = generate_ai_summary(model, budget, make_report(reference=REFERENCE), clock=Clock())
    assert summary.summary_source == "openai"


@pytest.mark.parametrize("kind", ["unauthorised", "quota"])
def test_what_ends_the_ai_while_dancing_leaves_no_question_for_the_summary(kind: FailureKind) -> None:
    clock = Clock()
    budget = CallBudget(clock=clock)
    assert budget.admit()
    budget.failed(AiError(kind))
    model = ScriptedModel([json.dumps(answer())])
    generate_ai_summary(model, budget, make_report(reference=REFERENCE), clock=clock)
    assert model.prompts == []
