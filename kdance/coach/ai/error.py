"""Why a question to the model brought no answer: a closed set, so that nothing of the question gets into an error."""

from __future__ import annotations

from typing import Final, Literal, get_args

from kdance.coach.live_coach import Usage

FailureKind = Literal[
    "unauthorised",
    "quota",
    "not_found",
    "wrong_address",
    "certificate",
    "rate_limited",
    "timeout",
    "unreachable",
    "server",
    "bad_answer",
    "cancelled",
    "refused",
]

_SENTENCES: Final[dict[FailureKind, str]] = {
    "unauthorised": "The AI server does not accept the key.",
    "quota": "The AI account has no credit left.",
    "not_found": "The AI server does not know the model.",
    "wrong_address": "There is no chat model at the AI server's address.",
    "certificate": "The AI server's certificate is not trusted.",
    "rate_limited": "The AI server asks to wait.",
    "timeout": "The AI server took too long.",
    "unreachable": "The AI server can't be reached.",
    "server": "The AI server could not answer.",
    "bad_answer": "The AI's answer can't be used.",
    "cancelled": "The question was called off.",
    "refused": "The question was not asked: this session's questions are used up, or the AI is resting.",
}
assert set(_SENTENCES) == set(get_args(FailureKind))
_NOTHING: Final = Usage()


class AiError(Exception):
    """A question that brought no answer that can be used.

    Its text is one of a few fixed sentences: never the key, the question, the answer, a model's name or an address.

    Args:
        kind: What went wrong.
        retry_after: Seconds the server asks to wait; ``None`` where it doesn't say.
        usage: What the question cost nevertheless.
    """

    def __init__(self, kind: FailureKind, *, retry_after: float | None = None, usage: Usage = _NOTHING) -> None:
        super().__init__(_SENTENCES[kind])
        self.kind = kind
        self.retry_after = retry_after
        self.usage = usage
