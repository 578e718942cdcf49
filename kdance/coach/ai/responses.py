"""What the server's responses mean: a text, or one of a few failures. Nothing of them gets any further."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

from kdance.coach.ai.error import AiError, FailureKind
from kdance.coach.ai.server import Reply
from kdance.coach.live_coach import Usage

MAX_RETRY_AFTER: Final = 3600.0
"""Longer than any session."""

_KIND_OF_STATUS: Final[dict[int, FailureKind]] = {
    401: "unauthorised",
    402: "quota",
    403: "unauthorised",
    404: "not_found",
    405: "wrong_address",
    408: "timeout",
    429: "rate_limited",
    504: "timeout",
}
_OUT_OF_CREDIT: Final = re.compile(r"insufficient_quota|billing_hard_limit|exceeded your current quota|credit balance")
_NO_SUCH_PATH: Final = re.compile(r"endpoint|\bmethod\b|\bpath\b|\broute\b|not found")


def is_final(status: int) -> bool:
    """Whether a status says what is wrong by itself, so that asking more plainly is no use."""
    return status in _KIND_OF_STATUS


def reply_of(completion: Any, calls: int) -> Reply | AiError:
    """The text of a response; the library doesn't validate what it parses, so anything may be missing.

    Some servers answer with their web page, some tell an error with status 200, some give the text in parts.
    """
    if isinstance(completion, str):
        is_page = completion.lstrip("\ufeff \t\r\n").startswith("<")
        return AiError("wrong_address" if is_page else "bad_answer", usage=Usage(calls))
    spent = getattr(completion, "usage", None)
    tokens = [getattr(spent, name, None) for name in ("prompt_tokens", "completion_tokens")]
    usage = Usage(calls, *(count if isinstance(count, int) and count > 0 else 0 for count in tokens))
    choices = getattr(completion, "choices", None)
    message = getattr(choices[0], "message", None) if isinstance(choices, list) and choices else None
    error = getattr(completion, "error", None)
    if message is None and error:
        return AiError(_kind_of_words(str(error).lower()) or "server", usage=usage)
    text = _text_of(getattr(message, "content", None))
    return Reply(text, usage) if text.strip() else AiError("bad_answer", usage=usage)


def models_of(page: Any) -> tuple[str, ...] | AiError:
    """The names in a list of models."""
    if isinstance(page, str):
        return AiError("wrong_address", usage=Usage(1))
    data = getattr(page, "data", None)
    names = [getattr(model, "id", None) for model in data] if isinstance(data, list) else []
    return tuple(name for name in names if isinstance(name, str))


def failure_of_status(error: Any, usage: Usage) -> AiError:
    """The failure that an error of the API (``openai.APIStatusError``) stands for."""
    kind = _KIND_OF_STATUS.get(error.status_code, "server")
    said = f"{error.code} {error.type} {error.message}".lower()
    if kind == "rate_limited" and _OUT_OF_CREDIT.search(said):
        kind = "quota"
    elif kind == "not_found" and "model" not in said:
        kind = "wrong_address"
    return AiError(kind, retry_after=_retry_after(error.response.headers), usage=usage)


def failure_of_connection(error: BaseException, usage: Usage) -> AiError:
    """Nobody there, or somebody who can't prove to be the one."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    return AiError("unreachable" if cause is None else "certificate", usage=usage)


def _kind_of_words(said: str) -> FailureKind | None:
    if "model" in said:
        return "not_found"
    return "wrong_address" if _NO_SUCH_PATH.search(said) else None


def _text_of(content: Any) -> str:
    """A content is a text, or a list of parts of which some are text."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict) and part.get("type", "text") == "text"]
    return "".join(text for text in texts if isinstance(text, str))


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
