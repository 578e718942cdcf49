"""How often the model may be asked: a cap for the session, and a breaker that lets a failing server rest.

Pure but for the clock it is given: a failure in, a yes or no out.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from kdance.coach.ai.error import AiError, FailureKind
from kdance.coach.live_coach import Usage
from kdance.config import DEFAULTS

FAILURES: Final = 3
"""Failures in a row that open the breaker."""

FIRST_REST: Final = 30.0
LONGEST_REST: Final = 300.0
"""Seconds before one question tries whether the server is back; each time it isn't, twice as many."""

_OFF: Final[dict[FailureKind, str]] = {
    "unauthorised": "The AI coach is off for this session: the server does not accept the key. Check OPENAI_API_KEY.",
    "quota": "The AI coach is off for this session: the account has no credit left.",
    "not_found": "The AI coach is off for this session: the server does not know the model. Check feedback.model.",
    "wrong_address": "The AI coach is off for this session: there is no chat model at the server's address. "
    "Check feedback.base_url; for most servers it ends in /v1.",
    "certificate": "The AI coach is off for this session: the server's certificate is not trusted. "
    "Check feedback.base_url, or name the certificate's file in SSL_CERT_FILE.",
}
_USED_UP: Final = "The AI coach has asked all it may in a session (feedback.max_calls); the coach goes on by rules."

_log = logging.getLogger(__name__)


class CallBudget:
    """Decides before each question, and is told how each ended. May be used from several threads.

    Args:
        max_calls: Requests of a session, the summary's included, for which the last one is kept.
        clock: Monotonic seconds.
    """

    def __init__(self, max_calls: int = DEFAULTS.feedback.max_calls, *, clock: Callable[[], float]) -> None:
        self._max_calls = max_calls
        self._clock = clock
        self._lock = threading.Lock()
        self._usage = Usage()
        self._asked = 0
        self._failed_for: FailureKind | None = None
        self._last_error: AiError | None = None
        self._failures = 0
        self._rest = FIRST_REST
        self._rests_until: float | None = None
        self._told_to_wait_until: float | None = None
        self._is_trying = False

    @property
    def usage(self) -> Usage:
        """What was spent so far."""
        with self._lock:
            return self._usage

    @property
    def problem(self) -> str | None:
        """The one line for the dancer when nothing more is asked while dancing; ``None`` while it is."""
        with self._lock:
            if self._failed_for is not None:
                return _OFF[self._failed_for]
            return _USED_UP if self._usage.calls + self._asked + 1 >= self._max_calls else None

    @property
    def failure(self) -> str | None:
        """Why the last question that ended brought no answer, in a sentence; ``None`` when it did."""
        with self._lock:
            return None if self._last_error is None else str(self._last_error)

    def can_ask(self, *, reserve: int = 0) -> bool:
        """Whether a question would be admitted now; takes nothing."""
        with self._lock:
            return self._is_open(reserve)

    def admit(self, *, reserve: int = 0, while_resting: bool = False) -> bool:
        """Ask for leave to send one question; whoever gets it must say how it ended.

        Args:
            reserve: Requests to leave over (for the summary).
            while_resting: Whether to ask a resting server: one that is too slow for the dance may do for the summary.
                What the server itself asked for (Retry-After) is kept.
        """
        with self._lock:
            if not self._is_open(reserve, while_resting=while_resting):
                return False
            self._is_trying = self._rests_until is not None
            self._asked += 1
            return True

    def succeeded(self, usage: Usage) -> None:
        """The question brought an answer."""
        with self._lock:
            self._settle(usage)
            self._last_error = None
            self._failures, self._rest, self._rests_until = 0, FIRST_REST, None

    def failed(self, error: AiError) -> None:
        """The question brought none."""
        with self._lock:
            was_trying = self._is_trying
            self._settle(error.usage)
            self._last_error = AiError(error.kind)  # not the error itself: it drags its traceback along
            if error.kind in _OFF:
                _log.warning("the AI coach is off: %s", error.kind)
                self._failed_for = error.kind
            elif error.kind == "cancelled":
                pass  # the dancer's doing, not the server's
            elif error.retry_after is not None:
                self._told_to_wait_until = self._clock() + error.retry_after
            else:
                self._failures += 1
                if was_trying:
                    self._rest = min(2 * self._rest, LONGEST_REST)
                if was_trying or self._failures >= FAILURES:
                    _log.warning("the AI coach rests for %g s: %s", self._rest, error.kind)
                    self._rests_until = self._clock() + self._rest

    def _is_open(self, reserve: int, *, while_resting: bool = False) -> bool:
        if self._failed_for is not None or self._usage.calls + self._asked + reserve >= self._max_calls:
            return False
        now = self._clock()
        if self._told_to_wait_until is not None and now < self._told_to_wait_until:
            return False
        return while_resting or self._rests_until is None or (now >= self._rests_until and not self._is_trying)

    def _settle(self, usage: Usage) -> None:
        self._asked = max(self._asked - 1, 0)
        self._is_trying = False
        self._usage += usage
