"""Questions to the model while dancing: offered every half second, asked now and then, never waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from kdance.coach.ai.error import AiError
from kdance.coach.ai.tip_checks import CheckedTip, is_praiseworthy
from kdance.coach.cues import Cue
from kdance.coach.facts import NOWHERE, Facts, Spot
from kdance.worker import Worker

MAX_AGE: Final = 4.0
"""Seconds after which what was seen is no longer what is danced."""

MIN_INTERVAL: Final = 2.0
"""Seconds between two questions: a cue stays 2.5 s, so more of them would only cost."""

CLOSES_WITHIN_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Question:
    """What the model may be asked about one moment.

    Attributes:
        facts: What was measured.
        cues: What the rules could say about it, the most important first.
        place: Where.
        mended: Joints that were corrected and are right now.
        said: The sentences said last, not to be said again.
        picture: Makes the JPEG that goes with the question, in the worker; ``None`` where no picture leaves.
    """

    facts: Facts
    cues: tuple[Cue, ...] = ()
    place: Spot = NOWHERE
    mended: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    picture: Callable[[], bytes | None] | None = field(default=None, repr=False)

    @property
    def gist(self) -> tuple[object, ...]:
        """What has to change to make another question of it."""
        problems = frozenset((cue.key, cue.tip.severity) for cue in self.cues)
        return self.place.run, self.place.section, problems, self.mended, is_praiseworthy(self.facts)

    @property
    def is_worth_asking(self) -> bool:
        """Whether somebody is there, and there is something to say."""
        facts = self.facts
        is_seen = any(score is not None for score in (facts.pose_score, facts.motion_score, facts.combined_score))
        return is_seen and (bool(self.cues) or is_praiseworthy(facts))


@dataclass(slots=True)
class _Asked:
    """A question on its way, or answered.

    Attributes:
        question: What was measured when it was asked, and what the model gets.
        number: Of how many.
        holds_at: When the dance was last seen to be as in the question.
        tip: The answer that was found true.
        is_used: Whether it was said.
    """

    question: Question
    number: int
    holds_at: float
    tip: CheckedTip | None = None
    is_used: bool = False


class LiveFeedback:
    """Asks in workers; ``submit`` and ``poll`` only ever take a lock that is held for microseconds.

    Args:
        ask: Asks and checks, may take seconds; ``None`` for an answer that may not be said. Raises ``AiError``.
        may_ask: Whether a question would be let through now.
        in_flight: Questions under way at the same time.
        max_age: Seconds after which an answer is dropped.
        min_interval: Least seconds from question to question.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        ask: Callable[[Question], CheckedTip | None],
        *,
        may_ask: Callable[[], bool] = lambda: True,
        in_flight: int,
        max_age: float = MAX_AGE,
        min_interval: float = MIN_INTERVAL,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ask = ask
        self._may_ask = may_ask
        self._max_age = max_age
        self._min_interval = min_interval
        self._clock = clock
        self._changed = threading.Condition()
        self._pending: _Asked | None = None
        self._latest: _Asked | None = None
        self._answered: _Asked | None = None
        self._count = 0
        self._asked_at: float | None = None
        self._place: tuple[int, int | None] | None = None
        self._error: BaseException | None = None
        self._is_closed = False
        self._workers = [
            Worker(f"kdance-ai-{index}", self._work, news=self._changed, join_timeout=CLOSES_WITHIN_S)
            for index in range(in_flight)
        ]
        for worker in self._workers:
            worker.start()

    def submit(self, question: Question) -> None:
        """Offer a snapshot; the newest one is asked when it is time. Never blocks."""
        now = self._clock()
        with self._changed:
            self._place = (question.place.run, question.place.section)
            self._pending = None
            if not question.is_worth_asking:
                return
            for asked in (self._answered, self._latest):
                if asked is not None and asked.question.gist == question.gist:
                    asked.holds_at = now
            latest = self._latest
            if latest is not None and latest.holds_at == now and not latest.is_used:
                return  # nothing changed: its answer is as good as a new one
            if self._is_closed:
                return
            is_time = self._asked_at is None or now - self._asked_at >= self._min_interval - 1e-6
            if is_time and self._may_ask():
                self._count += 1
                self._pending = _Asked(question, self._count, now)
                self._changed.notify()

    def poll(self) -> CheckedTip | None:
        """The newest answer, as long as it holds for where the dancer is now. Never blocks.

        Raises:
            Exception: What a worker failed with, when it was no ``AiError``.
        """
        now = self._clock()
        with self._changed:
            if self._error is not None:
                error, self._error = self._error, None
                raise error
            answered = self._answered
            if answered is None or answered.is_used or now - answered.holds_at > self._max_age:
                return None
            place = answered.question.place
            return answered.tip if (place.run, place.section) == self._place else None

    def take(self) -> None:
        """The answer was said: the same facts may be asked about again."""
        with self._changed:
            if self._answered is not None:
                self._answered.is_used = True

    def close_soon(self) -> None:
        """Ask nothing more; the workers end when the questions under way do, and those are for others to call off."""
        with self._changed:
            self._is_closed = True
            self._pending = None
        for worker in self._workers:
            worker.ask_to_end()

    def close(self) -> None:
        """End the workers. May be called again."""
        self.close_soon()
        for worker in self._workers:
            worker.close()

    def _work(self, stop: threading.Event) -> None:
        while (asked := self._next(stop)) is not None:
            try:
                tip, failed = self._ask(asked.question), False
            except AiError:
                tip, failed = None, True
            except Exception as error:  # noqa: BLE001 - it reaches the main thread by poll
                tip, failed = None, True
                with self._changed:
                    self._error = error
            with self._changed:
                asked.tip = tip
                asked.is_used = failed  # so that the same facts are asked about again
                if tip is not None and (self._answered is None or self._answered.number < asked.number):
                    self._answered = asked

    def _next(self, stop: threading.Event) -> _Asked | None:
        with self._changed:
            self._changed.wait_for(lambda: stop.is_set() or self._pending is not None)
            asked, self._pending = self._pending, None
            if stop.is_set() or asked is None:
                return None
            self._latest, self._asked_at = asked, self._clock()
            return asked
