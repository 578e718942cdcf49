"""A scripted server that speaks OpenAI's ``chat/completions`` over real HTTP, for everything that asks a model.

    with scripted_server([good("Raise your left arm"), slow(10), status(500)]) as server:
        client = OpenAIClient(AiServer(base_url=server.url))
        ...
        assert len(server.requests) == 3

Each request is answered by the next reply of the script, the last one again and again; or give a function
``request -> Reply`` for answers that depend on what is asked. What came in is in ``server.requests`` (path, headers,
body as a dict). A ``Reply`` is made by one of

* ``good(text, severity=..., focus_areas=..., is_positive=...)``: a tip as JSON; ``summary(...)``: a summary;
  ``words(text)``: any text as the model's answer (broken JSON, prose, code fences, nothing, an injection's echo)
* ``slow(seconds, reply)``: the same, late; ``hangs()``: no header ever comes; ``trickles()``: a byte now and then
* ``status(code, code_word, message, retry_after)``: an error of the API; ``unauthorised()``, ``rate_limited(seconds)``,
  ``out_of_credit()`` are the usual ones
* ``drops()``: closes the connection before it answers; ``drops_halfway()`` in the middle of the body
* ``not_json()``: a body that is no JSON
* ``refuses(*names)``: 400 for a request with one of these fields, ``good`` without

Ending the ``with`` releases whatever hangs.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HANG_S = 30.0


@dataclass(frozen=True)
class Request:
    """What a client sent."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def system(self) -> str:
        return str(self.body["messages"][0]["content"])

    @property
    def user(self) -> str:
        """The words of the question, without a picture."""
        content = self.body["messages"][1]["content"]
        return content if isinstance(content, str) else str(content[0]["text"])

    @property
    def has_picture(self) -> bool:
        return not isinstance(self.body["messages"][1]["content"], str)


@dataclass(frozen=True)
class Reply:
    """What the server does with a request."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    then: str = "answer"  # or "drop", "drop halfway", "hang", "trickle"
    refused: tuple[str, ...] = ()


Script = Sequence[Reply] | Callable[[Request], Reply]


def words(text: str | None, *, tokens: tuple[int, int] = (100, 20)) -> Reply:
    """Any text as the model's answer."""
    completion = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "scripted-model",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)},
    }
    return Reply(json.dumps(completion).encode())


def tip(
    text: str, *, severity: str = "low", focus_areas: Sequence[str] = (), is_positive: bool = False
) -> dict[str, Any]:
    """The object that the live coach is to answer."""
    return {"text": text, "severity": severity, "focus_areas": list(focus_areas), "is_positive": is_positive}


def good(text: str, **fields: Any) -> Reply:
    """A tip."""
    return words(json.dumps(tip(text, **fields), ensure_ascii=False))


def summary(text: str, insights: Sequence[str], areas: Sequence[str] = (), strengths: Sequence[str] = ()) -> Reply:
    """A summary."""
    fields = {"key_insights": list(insights), "improvement_areas": list(areas), "strengths": list(strengths)}
    return words(json.dumps({"session_summary": text, **fields}, ensure_ascii=False))


def slow(seconds: float, reply: Reply) -> Reply:
    return replace(reply, delay=seconds)


def hangs() -> Reply:
    return Reply(then="hang")


def trickles() -> Reply:
    return Reply(then="trickle")


def drops() -> Reply:
    return Reply(then="drop")


def drops_halfway() -> Reply:
    return replace(good("Raise your left arm"), then="drop halfway")


def not_json() -> Reply:
    return Reply(b"<html>502 from some proxy</html>")


def status(code: int, code_word: str = "some_error", message: str = "", retry_after: str | None = None) -> Reply:
    """An error as the API words it."""
    body = {"error": {"message": message or code_word, "type": code_word, "param": None, "code": code_word}}
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Reply(json.dumps(body).encode(), code, headers)


def unauthorised(echo: str = "") -> Reply:
    return status(401, "invalid_api_key", f"Incorrect API key provided: {echo}.")


def rate_limited(seconds: float) -> Reply:
    return status(429, "rate_limit_exceeded", "Rate limit reached", str(seconds))


def out_of_credit() -> Reply:
    return status(429, "insufficient_quota", "You exceeded your current quota, please check your plan and billing.")


def refuses(*names: str, reply: Reply) -> Reply:
    return replace(reply, refused=names)


class ScriptedServer:
    """A running server; see the top of this file."""

    def __init__(self, script: Script) -> None:
        self.requests: list[Request] = []
        self.released = threading.Event()
        self._script = script
        self._lock = threading.Lock()
        self._http = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), name="scripted-ai-server")
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    def reply_to(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            index = len(self.requests) - 1
            script = self._script
            reply = script(request) if callable(script) else script[min(index, len(script) - 1)]
        named = [name for name in reply.refused if name in request.body]
        if "image" in reply.refused and request.has_picture:
            named.append("image")
        return status(400, "unknown_parameter", f"Unsupported: {named[0]}") if named else reply

    def close(self) -> None:
        self.released.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # server_close waits for them

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a client that went away


def _handler(server: ScriptedServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 2.0

        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
            reply = server.reply_to(Request(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            if server.released.wait(HANG_S if reply.then == "hang" else reply.delay) or reply.then in ("hang", "drop"):
                self.close_connection = True
                return
            with suppress(OSError):  # the client may have gone
                self._send(reply)

        def _send(self, reply: Reply) -> None:
            self.send_response(reply.status)
            headers = {"Content-Type": "application/json", "Content-Length": str(len(reply.body) or 1000)}
            for name, value in {**headers, **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            while reply.then == "trickle" and not server.released.wait(0.02):
                self.wfile.write(b" ")
            if reply.then == "drop halfway":
                self.wfile.write(reply.body[: len(reply.body) // 2])
            elif reply.then == "answer":
                self.wfile.write(reply.body)
            self.close_connection = reply.then != "answer"

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@contextmanager
def scripted_server(script: Script) -> Iterator[ScriptedServer]:
    """A scripted server for the length of a ``with``."""
    server = ScriptedServer(script)
    try:
        yield server
    finally:
        server.close()
