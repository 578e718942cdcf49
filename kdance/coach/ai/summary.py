"""The last word on a session by a model: one question over all that was measured, every sentence checked."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from kdance.coach.ai.answer_json import read_json
from kdance.coach.ai.budget import CallBudget
from kdance.coach.ai.checks import untruth
from kdance.coach.ai.error import AiError
from kdance.coach.ai.prompts import summary_prompt
from kdance.coach.ai.server import ChatModel
from kdance.coach.ai.summary_facts import SummaryFacts, summary_facts
from kdance.coach.ai.vocabulary import Vocabulary, load_vocabulary
from kdance.config import DEFAULTS
from kdance.review.findings import can_be_worded, find
from kdance.review.record import SessionReport, SessionSummary
from kdance.words.summary import generate_summary

TIMEOUT: Final = 30.0
"""Seconds for the summary, retries included: longer than that nobody waits for a better wording."""

RETRIES: Final = 2
_MAX_LETTERS: Final = 900
_MAX_ITEM_LETTERS: Final = 240
_MAX_ITEMS: Final = 5
_PAUSE_S: Final = 0.5
_WORTH_RETRYING: Final = frozenset({"rate_limited", "timeout", "unreachable", "server", "bad_answer"})
_LISTS: Final = ("key_insights", "improvement_areas", "strengths")
_FIELDS: Final = ("session_summary", *_LISTS)


@dataclass(frozen=True, slots=True)
class SummaryOptions:
    """How long a summary may take.

    Attributes:
        timeout: Seconds in all.
        retries: Questions after the first.
    """

    timeout: float = TIMEOUT
    retries: int = RETRIES


USUAL: Final = SummaryOptions()


def generate_ai_summary(
    model: ChatModel,
    budget: CallBudget,
    report: SessionReport,
    *,
    language: str = DEFAULTS.feedback.language,
    options: SummaryOptions = USUAL,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> SessionSummary:
    """Sum up a session with the model's words, or by rules when that fails, for whatever reason.

    Waits up to ``options.timeout`` seconds. Ctrl-C ends the wait and gives the summary by rules, as does
    ``model.cancel()`` from another thread. A take that was not danced, or hardly seen, has a summary that needs no
    wording: the rules'.

    Args:
        model: Who is asked.
        budget: Lets questions through and counts them.
        report: The session; its head, such as the name of the dance, is not sent.
        language: Code of the language to write in.
        options: How long it may take.
        clock: Monotonic seconds.
        sleep: Waits between two questions.

    Raises:
        ConfigError: There is no vocabulary for the language.
    """
    findings = find(report)
    by_rules = generate_summary(report.reference, report, findings, report.detailed_feedback, language=language)
    vocabulary = load_vocabulary(language)
    if not can_be_worded(report):
        return by_rules
    facts = summary_facts(report, findings, by_rules)
    try:
        summary = _ask(model, budget, facts, vocabulary, options=options, clock=clock, sleep=sleep)
    except KeyboardInterrupt:
        model.cancel()
        summary = None
    return by_rules if summary is None else summary


def _ask(
    model: ChatModel,
    budget: CallBudget,
    facts: SummaryFacts,
    vocabulary: Vocabulary,
    *,
    options: SummaryOptions,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> SessionSummary | None:
    end, refused = clock() + options.timeout, None
    for attempt in range(1 + options.retries):
        left = end - clock()
        if left <= 0 or not budget.admit(while_resting=True):
            return None
        try:
            reply = model.ask(summary_prompt(facts.told, vocabulary, refused), timeout=left)
        except AiError as error:
            budget.failed(error)
            pause = _PAUSE_S * 2**attempt if error.retry_after is None else error.retry_after
            if error.kind not in _WORTH_RETRYING or clock() + pause >= end or attempt == options.retries:
                return None
            sleep(pause)
            continue
        except BaseException:
            budget.failed(AiError("cancelled"))  # Ctrl-C
            raise
        budget.succeeded(reply.usage)
        summary, refused = check_summary(read_json(reply.text, _FIELDS), facts, vocabulary)
        if summary is not None:
            return summary
    return None


def check_summary(
    answer: dict[str, Any] | None, facts: SummaryFacts, vocabulary: Vocabulary
) -> tuple[SessionSummary | None, str | None]:
    """Make a summary of an answer.

    Insights, areas and strengths that are not true are left out; the summary itself must be true.

    Returns:
        The summary, or ``None`` and why there is none, in fixed words.
    """
    if answer is None or not _is_well_formed(answer):
        return None, "not the JSON object that was asked for"
    text = " ".join(answer["session_summary"].split())
    problem = "a summary that is too long" if len(text) > _MAX_LETTERS else _problem(text, facts, vocabulary)
    if problem is not None:
        return None, problem
    kept: dict[str, list[str]] = {name: [] for name in _LISTS}
    for name in _LISTS:
        for item in answer[name]:
            words = " ".join(item.split())
            item_problem = _problem(words, facts, vocabulary) if len(words) <= _MAX_ITEM_LETTERS else "a long item"
            if item_problem is None:
                kept[name].append(words)
            else:
                problem = item_problem
    if not kept["key_insights"] or (facts.has_areas and not kept["improvement_areas"]):
        return None, problem or "too few insights"
    lists = {name: tuple(items[:_MAX_ITEMS]) for name, items in kept.items()}
    return SessionSummary(session_summary=text, **lists, summary_source="openai"), None


def _is_well_formed(answer: dict[str, Any]) -> bool:
    text = answer.get("session_summary")
    if not isinstance(text, str) or not text.strip():
        return False
    lists = [answer.get(name) for name in _LISTS]
    return all(isinstance(items, list) and all(isinstance(item, str) for item in items) for items in lists)


def _problem(text: str, facts: SummaryFacts, vocabulary: Vocabulary) -> str | None:
    """The first untruth of a text; a sentence that names a place is held against that place.

    What the rules say themselves is true, even where it has words that a model may not use by itself.
    """
    if not text or not any(map(str.isalpha, text)):
        return "an empty sentence"
    if not text.isprintable():
        return "characters that can't be shown"
    for sentence in facts.said_by_rules:
        text = text.replace(sentence, " ")
    is_said_by_rules = not any(letter.isalnum() for letter in text)
    return None if is_said_by_rules else untruth(text, facts.truth_in, vocabulary)
