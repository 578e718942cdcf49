"""The one border to the openai library: a question goes in, a text or one of a few failures comes out.

Nothing else crosses it: no response object, no message of the server, no exception that holds one.
"""

from __future__ import annotations

import base64
import logging
import os
import re
import ssl
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any, Final, TypeVar

from kdance.coach.ai.background_loop import BackgroundLoop
from kdance.coach.ai.error import AiError
from kdance.coach.ai.responses import failure_of_connection, failure_of_status, is_final, models_of, reply_of
from kdance.coach.ai.server import AiServer, Prompt, Reply
from kdance.coach.live_coach import Usage
from kdance.errors import ConfigError

if TYPE_CHECKING:
    from types import ModuleType

T = TypeVar("T")

_LOGGERS: Final = ("openai", "httpx", "httpx2", "httpcore", "httpcore2")
# What some servers don't know, and the words by which they say so.
_OPTIONAL: Final = {
    "response_format": re.compile(r"response_format|json_schema|structured|grammar"),
    "store": re.compile(r"\bstore\b"),
    "max_completion_tokens": re.compile(r"max_completion_tokens|max_tokens"),
    "picture": re.compile(r"image|vision|multimodal|content type|content must be a string"),
    "system role": re.compile(r"system (?:role|message|prompt)|role[s]? must alternate|only user and assistant roles"),
}
_LAST: Final = frozenset({"picture", "system role"})  # given up only where the server names them


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
        sent: list[None] = []

        async def answer() -> Reply | AiError:
            while True:
                sent.append(None)
                try:
                    completion = await self._client.chat.completions.create(**self._request(prompt), timeout=timeout)
                except self._openai.APIStatusError as error:
                    refused = self._refused(error, prompt)
                    if not refused:
                        return failure_of_status(error, Usage(len(sent)))
                    self._without |= refused  # and ask again without
                else:
                    return reply_of(completion, len(sent))

        return self._run(answer, timeout, sent)

    def models(self, *, timeout: float) -> tuple[str, ...]:
        """Ask for the names of the models that the server serves; empty where it has a list of another form.

        Raises:
            AiError: There is no list.
        """

        async def answer() -> tuple[str, ...] | AiError:
            try:
                return models_of(await self._client.models.list(timeout=timeout))
            except self._openai.APIStatusError as error:
                return failure_of_status(error, Usage(1))
            except AttributeError:  # the library takes a web page for a list, and trips over it
                return AiError("wrong_address", usage=Usage(1))

        return self._run(answer, timeout, [None])

    def cancel(self) -> None:
        """Call off every question that waits."""
        self._loop.cancel()

    def close(self) -> None:
        """Call off everything and close the connections; takes a moment even when the server hangs."""
        self._loop.close(self._client.close)

    def _run(self, ask: Callable[[], Coroutine[Any, Any, T | AiError]], timeout: float, sent: list[None]) -> T:
        try:
            outcome = self._loop.run(self._in_time(ask, timeout, sent))
        except CancelledError:
            outcome = AiError("cancelled", usage=Usage(len(sent)))
        if isinstance(outcome, AiError):
            raise outcome
        return outcome

    async def _in_time(
        self, ask: Callable[[], Coroutine[Any, Any, T | AiError]], timeout: float, sent: list[None]
    ) -> T | AiError:
        """Failures are given back, not raised: an exception would drag the library's own along as its context.

        ``sent`` has an item for each request: when this is called off there is nobody to give a number back to.
        """
        import asyncio

        try:
            async with asyncio.timeout(timeout):
                return await ask()
        except (TimeoutError, self._openai.APITimeoutError):
            return AiError("timeout", usage=Usage(len(sent)))
        except self._openai.APIConnectionError as error:
            return failure_of_connection(error, Usage(len(sent)))
        except (self._openai.OpenAIError, ValueError):  # ValueError: an answer that is no JSON
            return AiError("bad_answer", usage=Usage(len(sent)))

    def _request(self, prompt: Prompt) -> dict[str, Any]:
        has_system = "system role" not in self._without
        user = prompt.user if has_system else f"{prompt.system}\n\n{prompt.user}"
        content: str | list[dict[str, Any]] = user
        if prompt.picture is not None and "picture" not in self._without:
            url = f"data:image/jpeg;base64,{base64.b64encode(prompt.picture).decode('ascii')}"
            content = [
                {"type": "text", "text": user},
                {"type": "image_url", "image_url": {"url": url, "detail": "low"}},
            ]
        schema = {"name": prompt.schema_name, "strict": True, "schema": dict(prompt.schema)}
        optional = {
            "response_format": {"type": "json_schema", "json_schema": schema},
            "store": False,
            "max_completion_tokens": prompt.max_tokens,
        }
        messages: list[dict[str, Any]] = [{"role": "system", "content": prompt.system}] if has_system else []
        messages.append({"role": "user", "content": content})
        kept = {name: value for name, value in optional.items() if name not in self._without}
        return {"model": self._model, "messages": messages, **kept}

    def _refused(self, error: Any, prompt: Prompt) -> set[str]:
        """What the server says it doesn't know of what was sent; all of it where a 400 gives no reason."""
        if is_final(error.status_code):
            return set()
        sent = set(_OPTIONAL) - self._without - (set() if prompt.picture is not None else {"picture"})
        said = f"{error.message} {error.body}".lower()
        named = {name for name in sent if _OPTIONAL[name].search(said)}
        return named or (sent - _LAST if error.status_code in (400, 422) else set())


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
