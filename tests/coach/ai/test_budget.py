"""The budget: a cap, a breaker that lets a failing server rest, and what ends the AI for a session."""

from __future__ import annotations

import pytest

from kdance.coach.ai.budget import FAILURES, FIRST_REST, LONGEST_REST, CallBudget
from kdance.coach.ai.error import AiError, FailureKind
from kdance.coach.live_coach import Usage

ONE = Usage(1, 100, 20)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def budget(clock: Clock) -> CallBudget:
    return CallBudget(100, clock=clock)


def fail(budget: CallBudget, kind: FailureKind = "server", retry_after: float | None = None) -> None:
    assert budget.admit()
    budget.failed(AiError(kind, retry_after=retry_after, usage=ONE))


def succeed(budget: CallBudget) -> None:
    assert budget.admit()
    budget.succeeded(ONE)


def test_the_last_failure_is_told_until_an_answer_comes(budget: CallBudget) -> None:
    assert budget.failure is None
    fail(budget, "timeout")
    fail(budget, "server")
    assert budget.failure == str(AiError("server"))
    succeed(budget)
    assert budget.failure is None


def test_what_is_spent_adds_up_whether_it_helped_or_not(budget: CallBudget) -> None:
    succeed(budget)
    fail(budget)
    assert budget.usage == Usage(2, 200, 40)


def test_the_cap_holds_with_questions_under_way_and_keeps_the_reserve(clock: Clock) -> None:
    budget = CallBudget(3, clock=clock)
    assert budget.admit(reserve=1)
    assert budget.admit(reserve=1)
    assert not budget.admit(reserve=1)
    assert budget.admit()
    assert not budget.admit()
    for _ in range(3):
        budget.succeeded(ONE)
    assert not budget.can_ask()
    assert budget.problem is not None
    assert "feedback.max_calls" in budget.problem


def test_requests_that_one_question_took_count_each(clock: Clock) -> None:
    budget = CallBudget(5, clock=clock)
    assert budget.admit()
    budget.succeeded(Usage(5, 1, 1))
    assert not budget.can_ask()


def test_only_failures_in_a_row_open_the_breaker(budget: CallBudget) -> None:
    for _ in range(3):
        for _ in range(FAILURES - 1):
            fail(budget)
        succeed(budget)
    assert budget.can_ask()


def test_the_breaker_rests_twice_as_long_each_time_up_to_five_minutes(budget: CallBudget, clock: Clock) -> None:
    for _ in range(FAILURES):
        fail(budget)
    rests = []
    for _ in range(6):
        start = clock.now
        while not budget.can_ask():
            clock.now += 1
        rests.append(clock.now - start)
        fail(budget)
    assert rests == [30, 60, 120, 240, 300, 300]
    assert (rests[0], rests[-1]) == (FIRST_REST, LONGEST_REST)
    clock.now += LONGEST_REST
    succeed(budget)
    fail(budget)
    assert budget.can_ask(), "a success forgets all of it"


def test_only_one_question_tries_whether_the_server_is_back(budget: CallBudget, clock: Clock) -> None:
    for _ in range(FAILURES):
        fail(budget)
    clock.now += FIRST_REST
    assert budget.admit()
    assert not budget.can_ask()
    budget.succeeded(ONE)
    assert budget.can_ask()


def test_retry_after_is_honoured_and_is_no_failure(budget: CallBudget, clock: Clock) -> None:
    for _ in range(FAILURES + 1):
        fail(budget, "rate_limited", retry_after=40)
        clock.now += 39.9
        assert not budget.can_ask()
        clock.now += 0.1
    assert budget.can_ask()


def test_too_many_requests_without_a_time_count_as_failures(budget: CallBudget) -> None:
    for _ in range(FAILURES):
        fail(budget, "rate_limited")
    assert not budget.can_ask()


def test_what_the_dancer_called_off_is_no_failure(budget: CallBudget) -> None:
    for _ in range(2 * FAILURES):
        fail(budget, "cancelled")
    assert budget.can_ask()


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("unauthorised", "OPENAI_API_KEY"),
        ("quota", "credit"),
        ("not_found", "feedback.model"),
        ("wrong_address", "/v1"),
        ("certificate", "SSL_CERT_FILE"),
    ],
)
def test_what_no_waiting_mends_ends_it_for_the_session_with_one_line(
    budget: CallBudget, clock: Clock, kind: FailureKind, word: str
) -> None:
    assert budget.problem is None
    fail(budget, kind)
    clock.now += 10 * LONGEST_REST
    assert not budget.can_ask()
    assert budget.problem is not None
    assert word in budget.problem
    assert "\n" not in budget.problem
