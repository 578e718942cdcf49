"""Which server the questions go to, and which way; and what is asked and answered, whatever library carries it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Protocol
from urllib.parse import SplitResult, parse_qsl, urlsplit, urlunsplit

from kdance.coach.ai.api_key import ApiKey
from kdance.coach.live_coach import Usage
from kdance.config import DEFAULTS, OPENAI_URL
from kdance.errors import ConfigError


@dataclass(frozen=True, slots=True)
class AiServer:
    """An OpenAI-compatible server; its repr shows neither address, key, model nor the user's proxies.

    Attributes:
        base_url: Such as ``http://localhost:11434/v1`` for Ollama.
        model: The model's name there.
        key: Sent only over https and to this machine itself, never in the clear over a network.
        proxies: The user's own proxy variables (``https_proxy``, ``no_proxy``, ...); the process's environment is not
            asked, because there stands the dead proxy that keeps MediaPipe quiet.

    Raises:
        ConfigError: ``base_url`` is no http(s) address.
    """

    base_url: str = field(default=DEFAULTS.feedback.base_url, repr=False)  # may hold a password
    model: str = field(default=DEFAULTS.feedback.model, repr=False)
    key: ApiKey | None = None
    proxies: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        try:
            address = self._address
            is_one = address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
        except ValueError:
            is_one = False
        if not is_one:
            raise ConfigError(
                "feedback.base_url is no http(s) address.",
                f"For OpenAI it is {OPENAI_URL}; Ollama's is usually http://localhost:11434/v1.",
            )

    @property
    def host(self) -> str:
        """Where everything goes, for the question whether it may."""
        return self._address.hostname or ""

    @property
    def endpoint(self) -> str:
        """The address without its query, which goes behind the path of each request; see :attr:`query`."""
        return urlunsplit(self._address._replace(query="", fragment=""))

    @property
    def query(self) -> dict[str, str]:
        """What the address says behind its question mark, such as ``api-version=2024-10-21``."""
        return dict(parse_qsl(self._address.query))

    @property
    def is_local(self) -> bool:
        """Whether the server is this machine itself, so that nothing leaves it."""
        try:
            address = ip_address(self.host)
        except ValueError:
            return self.host == "localhost" or self.host.endswith(".localhost")
        return address.is_loopback or address.is_unspecified  # 0.0.0.0 is what many servers print as their address

    @property
    def is_ready(self) -> bool:
        """Whether there is a key, or none is needed: only OpenAI itself is known to want one."""
        return self.key is not None or self.host != urlsplit(OPENAI_URL).hostname

    def key_to_send(self) -> ApiKey:
        """The key for the request's header; a stand-in where none is needed or may be sent."""
        may_be_sent = self._address.scheme == "https" or self.is_local
        return self.key if self.key is not None and may_be_sent else ApiKey("none")

    def proxy(self) -> str | None:
        """The user's proxy for this server, ``None`` to go straight there."""
        named = {name.lower(): value for name, value in self.proxies.items() if value}
        if self.is_local or self._is_exempt(named.get("no_proxy", "")):
            return None
        address = named.get(f"{self._address.scheme}_proxy") or named.get("all_proxy")
        return f"http://{address}" if address and "://" not in address else address

    def _is_exempt(self, no_proxy: str) -> bool:
        """Whether a list such as ``.lan,example.com`` names the host or a domain above it."""
        names = [name.strip().lower().removeprefix("*").removeprefix(".") for name in no_proxy.split(",")]
        domain = f".{self.host}"
        return "*" in no_proxy.split(",") or any(name and domain.endswith(f".{name}") for name in names)

    @property
    def _address(self) -> SplitResult:
        return urlsplit(self.base_url)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question to the model; its repr shows nothing of it.

    Attributes:
        system: What the model is to do, and what it must not.
        user: What was measured, in the form the prompts give it.
        schema_name: What the answer is called.
        schema: JSON schema of the answer, in the strict form (all required, nothing else allowed).
        picture: JPEG, or ``None`` for words alone.
        max_tokens: Longest answer.
    """

    system: str = field(repr=False)
    user: str = field(repr=False)
    schema_name: str
    schema: Mapping[str, Any] = field(repr=False)
    picture: bytes | None = field(default=None, repr=False)
    max_tokens: int = 300


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model answered; its repr doesn't show it.

    Attributes:
        text: As it came; not empty.
        usage: What it cost.
    """

    text: str = field(repr=False)
    usage: Usage


class ChatModel(Protocol):
    """A model that can be asked from any thread."""

    def ask(self, prompt: Prompt, *, timeout: float) -> Reply:
        """Wait for the answer.

        Args:
            prompt: What is asked, with its schema and picture.
            timeout: Seconds for all of it, from connecting to the last byte.

        Raises:
            AiError: There is none.
        """
        ...

    def cancel(self) -> None:
        """Call off every question that waits; they fail with ``cancelled``."""
        ...

    def close(self) -> None:
        """Call off everything and let go of the connections. May be called again."""
        ...
