"""Nothing of key, prompts, raw answers, model and address is ever written or shown."""

from __future__ import annotations

import json
import logging
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kdance.coach.ai.api_key import ApiKey
from kdance.coach.ai.server import AiServer
from tests import ai_server as ai
from tests import session_factory
from tests.ai_factory import KEY, MODEL, TIP_WORDS, AiStudio, is_tip, the_take, well
from tests.conftest import Cli
from tests.session_factory import ROOT, finish_kdance, start_scripted_kdance

RAW = "RAW-REPLY-MARK-1618"
USER, PASSWORD, TOKEN = "user-mark-1414", "password-mark-1732", "token-mark-2236"
# Of the question, of the answer's envelope, of who was asked and with what.
SECRETS = (
    KEY, MODEL, RAW, USER, PASSWORD, TOKEN, TIP_WORDS, "You write the summary", "summary_by_rules",
    "praise_is_due", "chatcmpl-1", "scripted-model", "prompt_tokens", "completion_tokens", "Bearer",
)  # fmt: skip
OWN_FILES = {"config.yaml", ".env"}
METADATA = {"model", "models", "usage", "id", "tokens", "tokens_in", "tokens_out", "choices", "base_url", "prompt"}


@pytest.fixture
def studio(home: Path, monkeypatch: pytest.MonkeyPatch, kdance_cli: Cli) -> AiStudio:
    return AiStudio(home, monkeypatch, kdance_cli)


def talkative(request: ai.Request) -> ai.Reply:
    """A good answer with more in it than was asked for."""
    reply = json.loads(well(request).body)
    answer = json.loads(reply["choices"][0]["message"]["content"])
    answer["thoughts"] = RAW
    if not is_tip(request):
        answer["strengths"] = [*answer["strengths"], f"{RAW} your right knee was too bent"]
    return ai.words(f"{RAW}: {json.dumps(answer)}")


def with_secrets(url: str) -> str:
    return url.replace("http://", f"http://{USER}:{PASSWORD}@") + f"?token={TOKEN}"


def secrets_in(text: str | bytes) -> list[str]:
    content = text if isinstance(text, bytes) else text.encode()
    return [secret for secret in SECRETS if secret.encode() in content]


def files_of(studio: AiStudio) -> Iterator[Path]:
    for path in studio.home.rglob("*"):
        if path.is_file() and path.name not in OWN_FILES:
            yield path


def assert_no_leak(studio: AiStudio, *streams: str) -> None:
    for stream in streams:
        assert secrets_in(stream) == []
    paths = list(files_of(studio))
    assert {".db", ".log"} <= {path.suffix for path in paths}
    assert {path.name: found for path in paths if (found := secrets_in(path.read_bytes()))} == {}


SCRIPTS: dict[str, ai.Script] = {
    "good": talkative,
    "401": [ai.unauthorised(KEY)],
    "400": [ai.status(400, "bad", f"{RAW} {MODEL} {KEY}")],
    "500": [ai.status(500, "bad", f"{RAW} {MODEL} {KEY}")],
    "no JSON": [ai.Reply(f"<html>{RAW} {KEY}</html>".encode())],
    "untrue": [ai.words(json.dumps(ai.tip(f"Raise your right arm {RAW}")))],
    "hangs": [ai.hangs()],
    "drops halfway": [ai.drops_halfway()],
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_session_keeps_its_secrets(
    studio: AiStudio, name: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (studio.home / ".env").write_text(f"OPENAI_API_KEY={KEY}\n")  # in place of the environment
    monkeypatch.delenv("OPENAI_API_KEY")
    with ai.scripted_server(SCRIPTS[name]) as server, caplog.at_level(logging.DEBUG):
        # A user in the address takes the place of the key.
        studio.configure(f"{server.url}?token={TOKEN}" if name == "good" else with_secrets(server.url))
        ran = studio.dance_it("--ai", pace=8.0)
        again = studio.cli("report", "--again")
        status = studio.cli("ai", "status")
        shown = studio.cli("report", "--json")
        first = server.requests[0]
        assert first.headers["authorization"].startswith(f"Bearer {KEY}" if name == "good" else "Basic ")
        assert first.path == f"/v1/chat/completions?token={TOKEN}"
    assert ran.code == 0
    assert_no_leak(
        studio, *(text for done in (ran, again, status, shown) for text in (done.out, done.err)), caplog.text
    )


def test_what_is_searched_would_be_found(studio: AiStudio) -> None:
    """The words of the model that may be kept lie in plain text in the store."""
    with ai.scripted_server(talkative) as server:
        studio.configure(server.url)
        ran = studio.dance_it("--ai")
    assert "Here is how it went." in ran.out
    assert any(b"Here is how it went." in path.read_bytes() for path in files_of(studio))


def test_no_record_holds_metadata_of_a_model(studio: AiStudio) -> None:
    with ai.scripted_server(talkative) as server:
        studio.configure(server.url)
        assert studio.dance_it("--ai").code == 0
    report = studio.report()
    assert report["summary_source"] == "openai"
    assert {record["source"] for record in report["detailed_feedback"]} >= {"openai"}
    assert set(keys_of(report)) & METADATA == set()


def keys_of(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    for item in value if isinstance(value, list) else []:
        yield from keys_of(item)


def test_a_traceback_and_a_loud_library_keep_them_too(studio: AiStudio, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake of ours in the worker, with all logging turned on, while everything is recorded."""
    mistake = (
        "import logging; logging.basicConfig(level=0)\n"
        "import kdance.coach.ai.ai_coach as coach\n"
        "def check_tip(said, *_, **__): raise RuntimeError(f'our mistake: {said}')\n"
        "coach.check_tip = check_tip\n"
    )
    monkeypatch.setattr(session_factory, "SCRIPTED_KDANCE", mistake + session_factory.SCRIPTED_KDANCE)
    loud = {"OPENAI_LOG": "debug", "HTTPX_LOG_LEVEL": "trace", "PYTHONASYNCIODEBUG": "1", "PYTHONFAULTHANDLER": "1"}
    with ai.scripted_server(talkative) as server:
        studio.configure(with_secrets(server.url))
        record = studio.home / "practice.mp4"
        arguments = studio.arguments("--ai", "--record", str(record))
        child = start_scripted_kdance(studio.home, the_take(), *arguments, OPENAI_API_KEY=KEY, **loud)
        code, out, err = finish_kdance(child)
    assert code == 1
    assert "RuntimeError" in err
    log = (studio.home / "kdance.log").read_text(encoding="utf-8")
    assert "in check_tip" in log
    assert "our mistake" not in log  # and what it tells of the answer neither
    assert record.stat().st_size > 0
    assert_no_leak(studio, out, err)


def test_nothing_shows_itself() -> None:
    server = AiServer(base_url=f"http://{USER}:{PASSWORD}@localhost/v1?token={TOKEN}", model=MODEL, key=ApiKey(KEY))
    assert secrets_in(f"{server} {server!r} {server.key!r} {vars(type(server))}") == []


def test_one_file_imports_openai() -> None:
    found = subprocess.run(
        ["grep", "-rlE", r"^\s*(import|from) openai\b", "kdance", "--include=*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.split() == ["kdance/coach/ai/openai_client.py"]
    lines = (ROOT / "kdance/coach/ai/openai_client.py").read_text(encoding="utf-8").splitlines()
    imports = [line for line in lines if re.match(r"\s*(import|from) openai\b", line)]
    assert imports
    assert all(line.startswith("    ") for line in imports)  # inside a function
