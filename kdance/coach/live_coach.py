"""Who speaks while dancing: the rules alone, or a model that words what the rules found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, Self

from kdance.coach.facts import NOWHERE, Facts, Spot, Tip
from kdance.coach.rules import RulesCoach
from kdance.review.record import SessionReport, SessionSummary, Source

Picture = Callable[[], bytes | None]
"""Makes the JPEG that goes with a question, in a worker and only when one is asked."""


NOT_TRUE: Final = "What it wrote does not agree with what was measured."


@dataclass(frozen=True, slots=True)
class Usage:
    """What was spent.

    Attributes:
        calls: Requests that were sent.
        tokens_in: Tokens of the questions, as far as the server tells; ``tokens_out`` those of the answers.
    """

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.calls + other.calls, self.tokens_in + other.tokens_in, self.tokens_out + other.tokens_out)


class LiveCoach(Protocol):
    """A coach of one session; a context manager. :class:`kdance.coach.ai.ai_coach.AiCoach` is one."""

    @property
    def is_ai(self) -> bool:
        """Whether a model words anything."""

    @property
    def source(self) -> Source:
        """Whose words the last tip was in."""

    @property
    def usage(self) -> Usage:
        """What the session has cost so far."""

    @property
    def problem(self) -> str | None:
        """The one line for the dancer when a model is not asked any more."""

    @property
    def failure(self) -> str | None:
        """Why the last question to a model brought no answer, in a sentence; ``None`` when it did."""

    def observe(self, facts: Facts, place: Spot = NOWHERE, picture: Picture | None = None) -> Tip | None:
        """The tip for a half second, or ``None``; never waits."""

    def summarise(self, report: SessionReport) -> SessionSummary:
        """The last word on the session of a report; a model may take some seconds for it."""

    def stop_listening(self) -> None:
        """Call off whatever is being asked."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class OfflineCoach:
    """The rules alone; nothing leaves the machine."""

    is_ai = False
    source: Source = "rules"
    usage = Usage()
    problem = None
    failure = None

    def __init__(self, rules: RulesCoach) -> None:
        self._rules = rules

    def observe(self, facts: Facts, place: Spot = NOWHERE, picture: Picture | None = None) -> Tip | None:
        """The tip for a half second, or ``None``."""
        return self._rules.observe(facts)

    def summarise(self, report: SessionReport) -> SessionSummary:
        """The last word that the report has: it is the rules' own."""
        return SessionSummary(**{name: getattr(report, name) for name in SessionSummary.model_fields})

    def stop_listening(self) -> None:
        """Nothing is being asked."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


def spent(usage: Usage) -> str:
    """What the AI coach has cost, in a line."""
    questions = "1 question" if usage.calls == 1 else f"{usage.calls} questions"
    tokens = usage.tokens_in + usage.tokens_out
    return f"AI coach: {questions}{f', {tokens:,} tokens' if tokens else ''}."
