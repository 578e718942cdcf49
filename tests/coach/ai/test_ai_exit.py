"""Leaving while a server hangs: the process is gone at once, with a summary by rules, and the session is kept."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from kdance.practice.signals import ending_signals
from tests import ai_server as ai
from tests.ai_factory import KEY, AiStudio, is_tip, the_take, well
from tests.conftest import Cli
from tests.session_factory import (
    ScriptedView,
    finish_kdance,
    last_report,
    start_kdance,
    start_scripted_kdance,
    stored_frames,
)
from tests.video_factory import wait_until

GENEROUS_S = 6.0
"""Far less than what a question while dancing and a summary may take, far more than what leaving takes."""


@pytest.fixture
def studio(home: Path, monkeypatch: pytest.MonkeyPatch, kdance_cli: Cli) -> AiStudio:
    return AiStudio(home, monkeypatch, kdance_cli)


def tips_only(request: ai.Request) -> ai.Reply:
    """A server that hangs when it comes to the summary."""
    return well(request) if is_tip(request) else ai.hangs()


def leave(
    studio: AiStudio, server: ai.ScriptedServer, when: Callable[[], bool], number: signal.Signals
) -> tuple[int, str, str]:
    """Start a real session, send a signal when it is time; exit code, stdout, stderr."""
    studio.configure(server.url)
    child = start_scripted_kdance(studio.home, the_take(), *studio.arguments("--ai"), OPENAI_API_KEY=KEY)
    assert wait_until(when, timeout=20)
    child.send_signal(number)
    code, out, err = finish_kdance(child, timeout=GENEROUS_S)
    return code, out, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_leaving_while_dancing(studio: AiStudio, number: signal.Signals) -> None:
    with ai.scripted_server([ai.hangs()]) as server:
        code, out, err = leave(
            studio, server, lambda: len(server.requests) > 0 and stored_frames(studio.home) > 60, number
        )
        asked = [is_tip(request) for request in server.requests]
    assert code == 130, err
    assert asked == [True]  # no summary is asked for any more
    assert "Worded by rules" in out
    assert err.splitlines()[-1].startswith("AI coach: ")
    report = last_report(studio.home)
    assert (report["status"], report["summary_source"]) == ("interrupted", "rules")


def test_leaving_while_the_summary_is_written(studio: AiStudio) -> None:
    with ai.scripted_server(tips_only) as server:
        waits_for_it = lambda: any(not is_tip(request) for request in list(server.requests))  # noqa: E731
        code, out, err = leave(studio, server, waits_for_it, signal.SIGINT)
    assert code == 0, err  # the dance had come to its end
    assert "Worded by rules" in out
    assert err.splitlines()[-1].endswith("this one is by rules. The question was called off.")
    report = last_report(studio.home)
    assert (report["status"], report["summary_source"]) == ("completed", "rules")
    assert "openai" in [record["source"] for record in report["detailed_feedback"]]


def test_a_killed_session_keeps_what_the_model_said(studio: AiStudio) -> None:
    with ai.scripted_server(well) as server:
        studio.configure(server.url)
        arguments = studio.arguments("--ai")
        child = start_scripted_kdance(studio.home, the_take(), *arguments, die_at=115, OPENAI_API_KEY=KEY)
        code, _, err = finish_kdance(child)
    assert code == -signal.SIGKILL, err
    assert stored_frames(studio.home) > 60
    report = last_report(studio.home)
    assert report["status"] == "recovered"
    said = [record for record in report["detailed_feedback"] if record["source"] == "openai"]
    assert [record["feedback_text"] for record in said] == ["Now, raise your left arm"]
    assert sum(report["severity_distribution"].values()) == len(report["detailed_feedback"])


class ImpatientView(ScriptedView):
    """A window in which q, or its x, is pressed while the summary is written; the dance, too, was ended with q."""

    def __init__(self, asked: Callable[[], bool], *, closes: bool) -> None:
        super().__init__(quit_after=100)
        self._asked = asked
        self._closes = closes

    def poll(self, timeout_ms: int = 1) -> None:
        if self._asked():
            self.is_open = not self._closes
            self.wants_to_quit = True


@pytest.mark.parametrize("closes", [False, True], ids=["q", "x"])
def test_impatience_while_the_summary_is_written(studio: AiStudio, closes: bool) -> None:
    with ai.scripted_server([ai.hangs()]) as server:
        asked = lambda: any(not is_tip(request) for request in list(server.requests))  # noqa: E731
        view = ImpatientView(asked, closes=closes)
        outcome, lines = studio.in_front_of(view, server.url)
    assert (outcome.status, outcome.by_signal, outcome.by_dancer) == ("completed", False, True)
    assert outcome.report is not None
    assert outcome.report.summary_source == "rules"
    assert lines[-1].endswith("The question was called off.")


@pytest.mark.parametrize("number", [signal.SIGINT, *ending_signals()], ids=lambda number: number.name)
def test_leaving_while_the_summary_is_written_later(studio: AiStudio, number: signal.Signals) -> None:
    with ai.scripted_server([ai.hangs()]) as server:
        studio.configure(server.url, ai="on")
        assert studio.dance_it("--no-ai", pace=100.0).code == 0
        before = studio.report()
        child = start_kdance(studio.home, "report", "--again", OPENAI_API_KEY=KEY)
        asked = wait_until(lambda: len(server.requests) > 0, timeout=20)
        child.send_signal(number)
        code, out, err = finish_kdance(child, timeout=GENEROUS_S)
    assert asked
    assert (code, out) == (130, ""), err
    assert studio.report() == before
