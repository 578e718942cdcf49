"""The one border to the openai library: a question goes in, a text or one of a few failures comes out.

Nothing else crosses it: no response object, no message of the server, no exception that holds one.
"""

from __future__ import annotations

import base64
import logging
import os
import re
import ssl
import time
from collections.abc import Mapping
from concurrent.futures import CancelledError
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from kdance.coach.ai.background_loop import BackgroundLoop
from kdance.coach.ai.error import AiError, FailureKind
from kdance.coach.ai.server import AiServer, Prompt, Reply
from kdance.coach.live_coach import Usage
from kdance.errors import ConfigError

if TYPE_CHECKING:
    from types import ModuleType

MAX_RETRY_AFTER: Final = 3600.0
"""Longer than any session."""

_LOGGERS: Final = ("openai", "httpx", "httpx2", "httpcore", "httpcore2")
# What some servers don't know, and the words by which they say so.
_OPTIONAL: Final = {
    "response_format": re.compile(r"response_format|json_schema|structured|grammar"),
    "store": re.compile(r"\bstore\b"),
    "max_completion_tokens": re.compile(r"max_completion_tokens|max_tokens"),
    "picture": re.compile(r"image|vision|multimodal|content type|content must be a string"),
}
_KIND_OF_STATUS: Final[dict[int, FailureKind]] = {
    401: "unauthorised",
    402: "quota",
    403: "unauthorised",
    404: "not_found",
    408: "timeout",
    429: "rate_limited",
    504: "timeout",
}
_OUT_OF_CREDIT: Final = re.compile(r"insufficient_quota|billing_hard_limit|exceeded your current quota|credit balance")


class OpenAIClient:
    """Asks an OpenAI-compatible server with ``chat.completions``; use it as a context manager.

    Constructing it starts one daemon thread. The first one imports openai, which takes half a second.

    Args:
        server: Which server.

    Raises:
        ConfigError: The user's proxy settings can't be used.
    """

    def __init__(self, server: AiServer) -> None:
        import openai

        _silence()
        self._openai: ModuleType = openai
        self._model = server.model
        self._without: set[str] = set()
        try:
            self._client = openai.AsyncOpenAI(
                api_key=server.key_to_send().reveal(),
                base_url=server.endpoint,
                default_query=server.query,
                max_retries=0,  # whoever asks decides, and counts
                http_client=openai.DefaultAsyncHttpxClient(
                    proxy=server.proxy(), trust_env=False, follow_redirects=False, verify=_certificates()
                ),
            )
        except (ImportError, ValueError, OSError):
            usable = False
        else:
            usable = True
        if not usable:  # outside of the except, so that no exception with the address of a proxy hangs on this one
            raise ConfigError(
                "Your proxy or certificate settings can't be used for the AI coach.",
                "Check https_proxy and SSL_CERT_FILE, or train with --no-ai.",
            )
        _ = self._client.chat.completions  # imported now, and not with the first question
        self._loop = BackgroundLoop()

    def __enter__(self) -> OpenAIClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, prompt: Prompt, *, timeout: float) -> Reply:
        """Wait for the answer to a question; see :class:`ChatModel`."""
        outcome: Reply | AiError
        sent: list[None] = []
        try:
            outcome = self._loop.run(self._answer(prompt, timeout, sent))
        except CancelledError:
            outcome = AiError("cancelled", usage=Usage(len(sent)))
        if isinstance(outcome, AiError):
            raise outcome
        return outcome

    def cancel(self) -> None:
        """Call off every question that waits."""
        self._loop.cancel()

    def close(self) -> None:
        """Call off everything and close the connections; takes a moment even when the server hangs."""
        self._loop.close(self._client.close)

    async def _answer(self, prompt: Prompt, timeout: float, sent: list[None]) -> Reply | AiError:
        """Failures are given back, not raised: an exception would drag the library's own along as its context.

        ``sent`` gets an item for each request: when this is called off there is nobody to give a number back to.
        """
        import asyncio

        try:
            async with asyncio.timeout(timeout):
                while True:
                    sent.append(None)
                    try:
                        completion = await self._client.chat.completions.create(
                            **self._request(prompt), timeout=timeout
                        )
                    except self._openai.APIStatusError as error:
                        refused = self._refused(error, prompt)
                        if not refused:
                            return _failure_of_status(error, Usage(len(sent)))
                        self._without |= refused  # and ask again without
                    else:
                        return _reply(completion, len(sent))
        except (TimeoutError, self._openai.APITimeoutError):
            return AiError("timeout", usage=Usage(len(sent)))
        except self._openai.APIConnectionError:
            return AiError("unreachable", usage=Usage(len(sent)))
        except (self._openai.OpenAIError, ValueError):  # ValueError: an answer that is no JSON
            return AiError("bad_answer", usage=Usage(len(sent)))

    def _request(self, prompt: Prompt) -> dict[str, Any]:
        content: str | list[dict[str, Any]] = prompt.user
        if prompt.picture is not None and "picture" not in self._without:
            url = f"data:image/jpeg;base64,{base64.b64encode(prompt.picture).decode('ascii')}"
            content = [
                {"type": "text", "text": prompt.user},
                {"type": "image_url", "image_url": {"url": url, "detail": "low"}},
            ]
        schema = {"name": prompt.schema_name, "strict": True, "schema": dict(prompt.schema)}
        optional = {
            "response_format": {"type": "json_schema", "json_schema": schema},
            "store": False,
            "max_completion_tokens": prompt.max_tokens,
        }
        messages = [{"role": "system", "content": prompt.system}, {"role": "user", "content": content}]
        kept = {name: value for name, value in optional.items() if name not in self._without}
        return {"model": self._model, "messages": messages, **kept}

    def _refused(self, error: Any, prompt: Prompt) -> set[str]:
        """What the server says it doesn't know of what was sent; all of it where a 400 gives no reason."""
        if error.status_code in _KIND_OF_STATUS:
            return set()
        sent = set(_OPTIONAL) - self._without - (set() if prompt.picture is not None else {"picture"})
        said = f"{error.message} {error.body}".lower()
        named = {name for name in sent if _OPTIONAL[name].search(said)}
        return named or (sent - {"picture"} if error.status_code in (400, 422) else set())


def _reply(completion: Any, calls: int) -> Reply | AiError:
    """The text of a response; the library doesn't validate what it parses, so anything may be missing."""
    spent = getattr(completion, "usage", None)
    tokens = [getattr(spent, name, None) for name in ("prompt_tokens", "completion_tokens")]
    usage = Usage(calls, *(count if isinstance(count, int) and count > 0 else 0 for count in tokens))
    choices = getattr(completion, "choices", None)
    message = getattr(choices[0], "message", None) if isinstance(choices, list) and choices else None
    text = getattr(message, "content", None)
    if not isinstance(text, str) or not text.strip():
        return AiError("bad_answer", usage=usage)
    return Reply(text, usage)


def _failure_of_status(error: Any, usage: Usage) -> AiError:
    kind = _KIND_OF_STATUS.get(error.status_code, "server")
    if kind == "rate_limited" and _OUT_OF_CREDIT.search(f"{error.code} {error.type} {error.message}".lower()):
        kind = "quota"
    return AiError(kind, retry_after=_retry_after(error.response.headers), usage=usage)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait (RFC 9110, 10.2.3: seconds or a date), at most an hour."""
    text = headers.get("retry-after")
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - time.time()
        except ValueError:
            return None
    return min(seconds, MAX_RETRY_AFTER) if seconds > 0 else None


def _certificates() -> ssl.SSLContext | bool:
    """The user's own certificates, which the library does not look for when it is not to look for proxies."""
    file = os.environ.get("SSL_CERT_FILE")
    return ssl.create_default_context(cafile=file) if file else True


def _silence() -> None:
    """The libraries' loggers write addresses, headers and whole questions when somebody turns logging on."""
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
        for child in [key for key in logging.Logger.manager.loggerDict if key.startswith(f"{name}.")]:
            logging.getLogger(child).setLevel(logging.NOTSET)
