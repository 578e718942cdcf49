"""The border to the openai library, against a real HTTP server: answers, failures, deadlines, and nothing leaks."""

from __future__ import annotations

import io
import json
import logging
import ssl
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from kdance.coach.ai.api_key import ApiKey, find_api_key, parse_env
from kdance.coach.ai.error import AiError, FailureKind
from kdance.coach.ai.openai_client import OpenAIClient
from kdance.coach.ai.responses import MAX_RETRY_AFTER, failure_of_connection
from kdance.coach.ai.server import AiServer, Prompt
from kdance.coach.live_coach import Usage
from kdance.config import OPENAI_URL
from kdance.errors import ConfigError
from tests import ai_server as ai

KEY = "sk-marked-key-4711"
PROMPT = "marked-prompt-0815"
MODEL = "marked-model-42"
SCHEMA = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}


def make_prompt(picture: bytes | None = None) -> Prompt:
    return Prompt(f"system {PROMPT}", f"user {PROMPT}", "tip", SCHEMA, picture)


@pytest.fixture
def closing() -> Iterator[list[OpenAIClient]]:
    clients: list[OpenAIClient] = []
    yield clients
    for client in clients:
        client.close()


def client_of(server: ai.ScriptedServer, **changes: object) -> OpenAIClient:
    values = {"base_url": server.url, "model": MODEL, "key": ApiKey(KEY), **changes}
    return OpenAIClient(AiServer(**values))  # type: ignore[arg-type]


def failure_of(*replies: ai.Reply, timeout: float = 5.0) -> AiError:
    with ai.scripted_server(replies) as server, client_of(server) as client, pytest.raises(AiError) as caught:
        client.ask(make_prompt(), timeout=timeout)
    return caught.value


def test_a_question_arrives_and_its_answer_comes_back() -> None:
    with ai.scripted_server([ai.words("Hello", tokens=(11, 7))]) as server, client_of(server) as client:
        reply = client.ask(make_prompt(), timeout=5)
    assert (reply.text, reply.usage) == ("Hello", Usage(1, 11, 7))
    (request,) = server.requests
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.body["model"] == MODEL
    assert request.body["store"] is False
    assert request.body["response_format"]["json_schema"]["schema"] == SCHEMA
    assert (request.system, request.user, request.has_picture) == (f"system {PROMPT}", f"user {PROMPT}", False)


def test_the_query_of_an_address_goes_behind_the_path() -> None:
    with ai.scripted_server([ai.good("x")]) as server:
        with OpenAIClient(AiServer(base_url=f"{server.url}?api-version=1#top")) as client:
            client.ask(make_prompt(), timeout=5)
        assert server.requests[0].path == "/v1/chat/completions?api-version=1"


def test_a_picture_goes_along_as_jpeg() -> None:
    with ai.scripted_server([ai.words("Hello")]) as server, client_of(server) as client:
        client.ask(make_prompt(b"\xff\xd8"), timeout=5)
    assert server.requests[0].body["messages"][1]["content"][1]["image_url"]["url"] == "data:image/jpeg;base64,/9g="


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (ai.unauthorised(KEY), "unauthorised"),
        (ai.status(403), "unauthorised"),
        (ai.out_of_credit(), "quota"),
        (ai.status(402), "quota"),
        (ai.rate_limited(7), "rate_limited"),
        (ai.status(429, "rate_limit_exceeded", "See your billing page to raise the limit"), "rate_limited"),
        (ai.status(404, "model_not_found"), "not_found"),
        (ai.Reply(b"404 page not found", 404, {"Content-Type": "text/plain"}), "wrong_address"),
        (ai.Reply(b"<!doctype html>", headers={"Content-Type": "text/html"}), "wrong_address"),
        (ai.status(405), "wrong_address"),
        (ai.Reply(b'{"error": "Unexpected endpoint or method. (POST /chat/completions)"}'), "wrong_address"),
        (ai.Reply(b'{"error": {"message": "model not loaded"}}'), "not_found"),
        (ai.Reply(b'{"error": "out of memory"}'), "server"),
        (ai.status(500), "server"),
        (ai.status(503), "server"),
        (ai.status(302), "server"),
        (ai.status(413), "server"),
        (ai.drops(), "unreachable"),
        (ai.drops_halfway(), "unreachable"),
        (ai.not_json(), "bad_answer"),
        (ai.words(""), "bad_answer"),
        (ai.words(None), "bad_answer"),
        (ai.Reply(b'{"choices": []}'), "bad_answer"),
        (ai.Reply(b'{"choices": [{"message": 5}], "usage": "x"}'), "bad_answer"),
        (ai.Reply(b"[]"), "bad_answer"),
        (ai.Reply(b'"text"'), "bad_answer"),
    ],
)
def test_every_failure_is_one_of_a_few(reply: ai.Reply, kind: FailureKind) -> None:
    assert failure_of(reply).kind == kind


@pytest.mark.parametrize(
    "reply", [ai.hangs(), ai.trickles(), ai.slow(20, ai.words("late"))], ids=["hangs", "trickles", "slow"]
)
def test_the_deadline_is_for_all_of_it(reply: ai.Reply) -> None:
    assert failure_of(reply, timeout=0.2).kind == "timeout"


def test_nobody_there_is_unreachable() -> None:
    with ai.scripted_server([ai.words("x")]) as server:
        url = server.url
    with OpenAIClient(AiServer(url)) as client, pytest.raises(AiError) as caught:
        client.ask(make_prompt(), timeout=5)
    assert caught.value.kind == "unreachable"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0.5", 0.5), ("-3", None), ("soon", None), ("1e9", MAX_RETRY_AFTER), (None, None)],
)
def test_retry_after_is_read(header: str | None, seconds: float | None) -> None:
    assert failure_of(ai.status(503, retry_after=header)).retry_after == seconds


def test_retry_after_as_a_date_is_read() -> None:
    from email.utils import formatdate

    seconds = failure_of(ai.status(429, retry_after=formatdate(time.time() + 100, usegmt=True))).retry_after
    assert seconds is not None
    assert 90 < seconds <= 100


def test_tokens_of_an_answer_that_is_no_use_are_counted() -> None:
    assert failure_of(ai.words("", tokens=(50, 900))).usage == Usage(1, 50, 900)


@pytest.mark.parametrize("name", ["response_format", "store", "max_completion_tokens"])
def test_what_a_server_does_not_know_is_left_out_from_then_on(name: str) -> None:
    with ai.scripted_server([ai.refuses(name, reply=ai.words("Hello"))]) as server, client_of(server) as client:
        first = client.ask(make_prompt(), timeout=5)
        second = client.ask(make_prompt(), timeout=5)
    assert (first.usage.calls, second.usage.calls) == (2, 1)
    assert [name in request.body for request in server.requests] == [True, False, False]


def test_a_server_that_knows_none_of_it_is_asked_plainly() -> None:
    script = [ai.refuses("response_format", "store", "max_completion_tokens", reply=ai.words("Hello"))]
    with ai.scripted_server(script) as server, client_of(server) as client:
        assert client.ask(make_prompt(), timeout=5).usage.calls == 4
        assert client.ask(make_prompt(), timeout=5).usage.calls == 1
    assert set(server.requests[-1].body) == {"model", "messages"}


def test_a_server_that_says_no_and_not_why_is_asked_plainly_once() -> None:
    with ai.scripted_server([ai.status(400, "no")]) as server, client_of(server) as client:
        for calls in (2, 1):
            with pytest.raises(AiError) as caught:
                client.ask(make_prompt(), timeout=5)
            assert (caught.value.kind, caught.value.usage.calls) == ("server", calls)


@pytest.mark.parametrize("code", [400, 500])
def test_a_model_without_a_system_role_is_told_in_the_question(code: int) -> None:
    def answer(request: ai.Request) -> ai.Reply:
        has_system = any(message["role"] == "system" for message in request.body["messages"])
        return ai.status(code, "x", "Jinja Exception: System role not supported") if has_system else ai.words("Hello")

    with ai.scripted_server(answer) as server, client_of(server) as client:
        assert client.ask(make_prompt(b"\xff\xd8"), timeout=5).usage.calls == 2
        assert client.ask(make_prompt(), timeout=5).usage.calls == 1
    (message,) = server.requests[-1].body["messages"]
    assert message == {"role": "user", "content": f"system {PROMPT}\n\nuser {PROMPT}"}
    assert "response_format" in server.requests[-1].body


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}], "Hello"),
        ([{"type": "reasoning", "text": "hm"}, {"text": "Hello"}], "Hello"),
    ],
)
def test_an_answer_in_parts_is_put_together(content: list[dict[str, str]], text: str) -> None:
    body = json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}).encode()
    with ai.scripted_server([ai.Reply(body)]) as server, client_of(server) as client:
        assert client.ask(make_prompt(), timeout=5).text == text


def test_a_certificate_that_is_not_trusted_is_not_called_unreachable() -> None:
    refused = ssl.SSLCertVerificationError("self-signed certificate")
    error = RuntimeError("connection error")
    error.__cause__ = OSError("connect")
    error.__cause__.__context__ = refused
    assert failure_of_connection(error, Usage(1)).kind == "certificate"
    assert failure_of_connection(OSError("refused"), Usage(1)).kind == "unreachable"


def test_a_model_without_eyes_gets_the_words_alone() -> None:
    with ai.scripted_server([ai.refuses("image", reply=ai.words("Hello"))]) as server, client_of(server) as client:
        client.ask(make_prompt(b"\xff\xd8"), timeout=5)
        client.ask(make_prompt(b"\xff\xd8"), timeout=5)
    assert [request.has_picture for request in server.requests] == [True, False, False]


# Ending


@pytest.mark.parametrize("end", ["cancel", "close"])
def test_a_hung_question_is_called_off_at_once(end: str, closing: list[OpenAIClient]) -> None:
    with ai.scripted_server([ai.hangs()]) as server:
        client = client_of(server)
        closing.append(client)
        caught: list[tuple[str, int]] = []

        def ask() -> None:
            try:
                client.ask(make_prompt(), timeout=30)
            except AiError as error:
                caught.append((error.kind, error.usage.calls))

        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        while len(server.requests) < 3:
            time.sleep(0.005)
        getattr(client, end)()
        for thread in threads:
            thread.join(10)  # far less than the 30 s of the question
        assert caught == [("cancelled", 1)] * 3  # sent nevertheless


def test_a_closed_client_asks_nothing_and_closes_again() -> None:
    with ai.scripted_server([ai.words("x")]) as server:
        client = client_of(server)
        client.close()
        client.close()
        with pytest.raises(AiError) as caught:
            client.ask(make_prompt(), timeout=5)
    assert (caught.value.kind, caught.value.usage.calls) == ("cancelled", 0)
    assert server.requests == []


def test_a_cancelled_client_can_be_asked_again() -> None:
    with ai.scripted_server([ai.words("x")]) as server, client_of(server) as client:
        client.cancel()
        assert client.ask(make_prompt(), timeout=5).text == "x"


# Which server, which way


def test_the_environment_s_dead_proxy_is_not_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with ai.scripted_server([ai.words("Hello")]) as server, client_of(server) as client:
        assert client.ask(make_prompt(), timeout=5).text == "Hello"


def test_the_user_s_proxy_is_used() -> None:
    with ai.scripted_server([ai.words("Hello")]) as proxy:
        address = proxy.url.removesuffix("/v1")
        server = AiServer("http://ai.example/v1", proxies={"http_proxy": address})
        with OpenAIClient(server) as client:
            client.ask(make_prompt(), timeout=5)
    assert proxy.requests[0].path == "http://ai.example/v1/chat/completions"


@pytest.mark.parametrize(
    ("url", "proxies", "proxy"),
    [
        (OPENAI_URL, {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        (OPENAI_URL, {"https_proxy": "p:1"}, "http://p:1"),
        (OPENAI_URL, {"all_proxy": "http://p:1"}, "http://p:1"),
        (OPENAI_URL, {"http_proxy": "http://p:1"}, None),
        (OPENAI_URL, {"https_proxy": "http://p:1", "no_proxy": "lan, .openai.com"}, None),
        (OPENAI_URL, {"https_proxy": "http://p:1", "no_proxy": "*"}, None),
        (OPENAI_URL, {"https_proxy": "http://p:1", "no_proxy": "notopenai.com,penai.com"}, "http://p:1"),
        ("http://localhost:1234/v1", {"http_proxy": "http://p:1"}, None),
        (OPENAI_URL, {}, None),
    ],
)
def test_which_proxy(url: str, proxies: dict[str, str], proxy: str | None) -> None:
    assert AiServer(url, proxies=proxies).proxy() == proxy


def test_a_proxy_that_cannot_be_used_is_told_without_its_password() -> None:
    with pytest.raises(ConfigError) as caught:
        OpenAIClient(AiServer(OPENAI_URL, proxies={"https_proxy": f"gopher://me:{KEY}@p:1"}))
    assert KEY not in texts_of(caught.value)


@pytest.mark.parametrize("url", ["", "ollama", "ftp://host/v1", "http://", "http://host:port/v1", "http://[::1/v1"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="base_url"):
        AiServer(url)


@pytest.mark.parametrize(
    ("url", "is_local", "is_ready", "sends_key"),
    [
        (OPENAI_URL, False, False, True),
        ("http://localhost:11434/v1", True, True, True),
        ("http://127.0.0.1:1234/v1", True, True, True),
        ("http://[::1]:1234/v1", True, True, True),
        ("http://192.168.1.5:8000/v1", False, True, False),
        ("https://openrouter.ai/api/v1", False, True, True),
    ],
)
def test_whom_a_key_is_needed_for_and_shown(url: str, is_local: bool, is_ready: bool, sends_key: bool) -> None:
    assert AiServer(url).is_local is is_local
    assert AiServer(url).is_ready is is_ready
    server = AiServer(url, key=ApiKey(KEY))
    assert server.is_ready
    assert (server.key_to_send().reveal() == KEY) is sends_key
    assert AiServer(url).key_to_send().reveal() == "none"


# The key


def test_the_environment_comes_before_files_and_the_first_file_before_the_second(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for folder, key in ((first, "one"), (second, "two")):
        folder.mkdir()
        (folder / ".env").write_text(f"OTHER=x\nOPENAI_API_KEY={key}\n")

    def found(environment: dict[str, str], *folders: Path) -> str | None:
        key = find_api_key(environment, folders)
        return None if key is None else key.reveal()

    assert found({"OPENAI_API_KEY": " zero "}, first, second) == "zero"
    assert found({"OPENAI_API_KEY": ""}, first, second) == "one"
    assert found({}, tmp_path, second) == "two"
    assert found({}, tmp_path) is None


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("K=v", "v"),
        ("export K=v", "v"),
        (" K = v ", "v"),
        ("K='a b'", "a b"),
        ('K="a # b" # c', "a # b"),
        ("K=v # mine", "v"),
        ("K=v#w", "v#w"),
        ("K=", ""),
        ("K=#v", ""),
        ("K=a=b", "a=b"),
        ("\ufeffX=1\nK=v", "v"),
        ("# K=v", None),
        ("K", None),
        ("=v", None),
    ],
)
def test_a_line_of_an_env_file(line: str, value: str | None) -> None:
    assert parse_env(line).get("K") == value


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"OPENAI_API_KEY=a b", "OPENAI_API_KEY=schlüssel".encode(), b""])
def test_an_env_file_that_is_no_use_counts_as_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".env").write_bytes(content)
    assert find_api_key({}, [tmp_path]) is None


# Nothing leaks


def texts_of(error: BaseException | None) -> str:
    """Everything an exception shows, and what hangs on it."""
    text = ""
    while error is not None:
        text += "".join(traceback.format_exception(error)) + repr(vars(error)) + repr(error)
        error = error.__cause__ or error.__context__
    return text


@pytest.mark.parametrize(
    "reply",
    [
        ai.unauthorised(KEY),
        ai.status(400, "bad", f"{PROMPT} {MODEL}"),
        ai.status(500, "bad", PROMPT),
        ai.drops(),
        ai.not_json(),
        ai.hangs(),
        ai.words(""),
    ],
)
def test_a_failure_shows_neither_key_nor_prompt_nor_model(reply: ai.Reply) -> None:
    error = failure_of(reply, timeout=0.3)
    assert error.__cause__ is None
    assert error.__context__ is None
    shown = texts_of(error)
    assert not any(marked in shown for marked in (KEY, PROMPT, MODEL, "127.0.0.1"))


def test_no_object_shows_key_or_prompt() -> None:
    server = AiServer(key=ApiKey(KEY), model=MODEL, proxies={"http_proxy": "http://me:secret@p"})
    shown = repr(server) + repr(make_prompt()) + repr(ApiKey(KEY)) + str(ApiKey(KEY))
    assert not any(marked in shown for marked in (KEY, PROMPT, MODEL, "secret"))


def test_the_libraries_log_nothing_even_when_asked_to(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_LOG", "debug")
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with ai.scripted_server([ai.words("Hello"), ai.unauthorised(KEY)]) as server, client_of(server) as client:
            client.ask(make_prompt(), timeout=5)
            with pytest.raises(AiError):
                client.ask(make_prompt(), timeout=5)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    out, err = capfd.readouterr()
    assert not any(marked in stream.getvalue() + out + err for marked in (KEY, PROMPT, MODEL, "127.0.0.1"))
