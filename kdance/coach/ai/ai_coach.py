"""The coach that asks a model: the rules say when and what is wrong, the model how, and only what is true is said."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Final

from kdance.coach.ai.answer_json import read_json
from kdance.coach.ai.budget import CallBudget
from kdance.coach.ai.error import AiError
from kdance.coach.ai.live_feedback import MAX_AGE, MIN_INTERVAL, LiveFeedback, Question
from kdance.coach.ai.prompts import tip_prompt
from kdance.coach.ai.server import ChatModel
from kdance.coach.ai.summary import USUAL, SummaryOptions, generate_ai_summary
from kdance.coach.ai.tip_checks import FIELDS, WARNINGS, CheckedTip, check_tip
from kdance.coach.ai.vocabulary import load_vocabulary
from kdance.coach.facts import NOWHERE, Coach, Facts, Spot, Tip
from kdance.coach.live_coach import Usage
from kdance.coach.rules import corrections
from kdance.config import DEFAULTS
from kdance.review.record import SessionReport, SessionSummary, Source
from kdance.words.phrases import load_phrases

_REMEMBERED: Final = 3
"""Sentences the model is told not to say again."""

RECENT: Final = 3.0
"""Seconds for which a fault stays worth a word: a phrase, at whose end the rules speak of what was wrong in it, and
some of the time that a model takes."""


@dataclass(frozen=True, slots=True)
class AiOptions:
    """How the model is used.

    Attributes:
        language: Code of the language it speaks.
        in_flight: Questions under way at the same time while dancing.
        max_calls: Requests of a session; one is kept for the summary.
        timeout: Seconds for a question while dancing.
        max_age: Seconds after which an answer is dropped.
        min_interval: Least seconds from question to question.
        summary: How long the summary may take.
    """

    language: str = DEFAULTS.feedback.language
    in_flight: int = DEFAULTS.feedback.in_flight
    max_calls: int = DEFAULTS.feedback.max_calls
    timeout: float = 4.0
    max_age: float = MAX_AGE
    min_interval: float = MIN_INTERVAL
    summary: SummaryOptions = USUAL


_USUAL: Final = AiOptions()


class AiCoach:
    """A coach whose sentences a model words; use it as a context manager. It closes the model, too.

    The rules keep the rhythm (one cue at a time, at phrase ends, fewer as the score rises, a third of them praise).
    When it is time for a tip and a checked answer is there, about the same thing or about another that was true a
    moment ago, its words are said, else those of the rules.

    Args:
        model: Who is asked.
        rules: The coach by rules, in the same language.
        options: How.
        clock: Monotonic seconds.

    Raises:
        ConfigError: What a model says in this language can't be checked.
    """

    def __init__(
        self,
        model: ChatModel,
        rules: Coach,
        options: AiOptions = _USUAL,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._model = model
        self._rules = rules
        self._options = options
        self._phrases = load_phrases(options.language)
        self._vocabulary = load_vocabulary(options.language)
        self._clock = clock
        self._budget = CallBudget(options.max_calls, clock=clock)
        self._said: tuple[str, ...] = ()
        self._last_about = ""
        self._keys: dict[str, str] = {}
        self._seen_at: dict[str, float] = {}
        self._corrected: tuple[str, ...] = ()
        self._source: Source = "rules"
        self._live = LiveFeedback(
            self._answer,
            may_ask=lambda: self._budget.can_ask(reserve=1),
            in_flight=options.in_flight,
            max_age=options.max_age,
            min_interval=options.min_interval,
            clock=clock,
        )

    def __enter__(self) -> AiCoach:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_ai(self) -> bool:
        """Whether a model words anything: it may have been switched off by the server."""
        return True

    @property
    def source(self) -> Source:
        """Whose words the last tip was in."""
        return self._source

    @property
    def usage(self) -> Usage:
        """What the session has cost so far."""
        return self._budget.usage

    @property
    def problem(self) -> str | None:
        """The one line for the dancer when the model is not asked any more in this session."""
        return self._budget.problem

    @property
    def failure(self) -> str | None:
        """Why the last question brought no answer, in a sentence; ``None`` when it did."""
        return self._budget.failure

    def observe(
        self, facts: Facts, place: Spot = NOWHERE, picture: Callable[[], bytes | None] | None = None
    ) -> Tip | None:
        """The tip for this snapshot, or ``None``. Never waits.

        Args:
            facts: What was measured.
            place: Where in the dance; an answer to a question from another run or section is not said.
            picture: Makes the JPEG that goes with a question, called in a worker and only when one is asked.
        """
        cues = tuple(corrections(facts, self._phrases))
        for cue in cues:  # a cue may come at the end of the phrase in which it was seen
            self._keys[cue.tip.text], self._seen_at[cue.key] = cue.key, facts.timestamp
        mended = self._mended(facts)
        self._live.submit(Question(facts, cues, place, mended, self._said, picture))
        tip = self._rules.observe(facts)
        if tip is None:
            return None
        about = "praise" if tip.is_positive else self._keys.get(tip.text, "")
        answer = self._fitting(facts, mended, tip, about)
        self._source = "rules" if answer is None else "openai"
        if answer is not None:
            self._live.take()
            tip, about = answer.tip, answer.about
        self._said = (*self._said, tip.text)[-_REMEMBERED:]
        self._last_about = about
        self._corrected = () if tip.is_positive else tip.focus_areas
        return tip

    def summarise(self, report: SessionReport) -> SessionSummary:
        """The last word on the session of a report; waits for the model, then by rules when that fails or on Ctrl-C."""
        return generate_ai_summary(
            self._model,
            self._budget,
            report,
            language=self._options.language,
            options=self._options.summary,
            clock=self._clock,
        )

    def stop_listening(self) -> None:
        """The dance is over: questions under way are called off, so that the summary need not wait for them."""
        self._live.close_soon()
        self._model.cancel()
        self._live.close()

    def close(self) -> None:
        """End all threads and connections; takes a moment even when the server hangs. May be called again."""
        self._live.close_soon()
        self._model.close()
        self._live.close()

    def _mended(self, facts: Facts) -> tuple[str, ...]:
        if facts.unseen or facts.combined_score is None:
            return ()
        return tuple(joint for joint in self._corrected if joint not in facts.joint_errors)

    def _fitting(self, facts: Facts, mended: tuple[str, ...], tip: Tip, about: str) -> CheckedTip | None:
        """The answer that is there, if it is of the kind whose turn it is, true, and not what was said just before."""
        answer = self._live.poll()
        if answer is None or answer.tip.text in self._said or answer.tip.is_positive != tip.is_positive:
            return None
        if tip.is_positive:
            said = asdict(answer.tip) | {"focus_areas": list(answer.tip.focus_areas)}
            return check_tip(said, facts, self._vocabulary, mended=mended)
        if answer.about == about:
            return answer
        is_recent = facts.timestamp - self._seen_at.get(answer.about, -math.inf) <= RECENT
        was_said = answer.about == self._last_about
        if was_said or not is_recent or {about, answer.about} & WARNINGS or self._is_contradicted(answer, facts):
            return None
        return answer

    @staticmethod
    def _is_contradicted(answer: CheckedTip, facts: Facts) -> bool:
        """Whether what the answer says would now make it worse."""
        if answer.about in ("late", "early"):
            return facts.lateness is not None and (facts.lateness > 0) != (answer.about == "late")
        joint, _, sign = answer.about.partition(".")
        error = facts.joint_errors.get(joint)
        return error is not None and (error < 0) != (sign == "negative")

    def _answer(self, question: Question) -> CheckedTip | None:
        """Ask and check; in a worker."""
        if not self._budget.admit(reserve=1):
            raise AiError("refused")
        try:
            picture = None if question.picture is None else question.picture()
            prompt = tip_prompt(question, self._vocabulary, picture)
            reply = self._model.ask(prompt, timeout=self._options.timeout)
        except AiError as error:
            self._budget.failed(error)
            raise
        except BaseException:
            self._budget.failed(AiError("cancelled"))
            raise
        self._budget.succeeded(reply.usage)
        return check_tip(read_json(reply.text, FIELDS), question.facts, self._vocabulary, mended=question.mended)
