"""Whether the AI server that the settings name is there, and serves the model: what `kdance doctor --ai` asks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from kdance.coach.ai.error import AiError
from kdance.coach.ai.openai_client import OpenAIClient
from kdance.coach.ai.server import AiServer
from kdance.errors import KdanceError

TIMEOUT: Final = 10.0
"""Seconds for the list of models."""

_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class ServerLook:
    """What was found.

    Attributes:
        models: Names of the models that the server says it serves; empty where it doesn't say.
        has_model: Whether the one of the settings is among them, or may be.
    """

    models: tuple[str, ...]
    has_model: bool


def look_at_server(server: AiServer, *, timeout: float = TIMEOUT) -> ServerLook:
    """Ask a server which models it serves. Nothing of a dance is sent, and no model is asked.

    Raises:
        KdanceError: It can't be asked, or has no list of models; with what mends it.
    """
    try:
        models = _models(server, timeout)
    except AiError as error:
        raise KdanceError(str(error), _remedy(server, error, timeout)) from None
    return ServerLook(models, not models or server.model in models)


def shown(models: tuple[str, ...]) -> str:
    """Some names in a line.

    >>> shown(("a", "b", "c", "d", "e", "f"))
    'a, b, c, d, e and 1 more'
    """
    more = f" and {len(models) - _SHOWN} more" if len(models) > _SHOWN else ""
    return f"{', '.join(models[:_SHOWN])}{more}"


def _models(server: AiServer, timeout: float) -> tuple[str, ...]:
    with OpenAIClient(server) as client:
        return client.models(timeout=timeout)


def _remedy(server: AiServer, error: AiError, timeout: float) -> str:
    if error.kind == "unauthorised":
        return "Check OPENAI_API_KEY."
    if error.kind == "certificate":
        return "Name the file of its certificate in SSL_CERT_FILE."
    if error.kind in ("unreachable", "timeout"):
        return "Is it running, and feedback.base_url in config.yaml right?"
    if error.kind in ("wrong_address", "not_found", "bad_answer") and _answers_with_v1(server, timeout):
        return "feedback.base_url in config.yaml lacks /v1 at its end: with it the server answers."
    return "Check feedback.base_url in config.yaml; for most servers it ends in /v1."


def _answers_with_v1(server: AiServer, timeout: float) -> bool:
    parts = urlsplit(server.base_url)
    path = parts.path.rstrip("/")
    if path.endswith("/v1"):
        return False
    try:
        _models(replace(server, base_url=urlunsplit(parts._replace(path=f"{path}/v1"))), timeout)
    except AiError:
        return False
    return True
