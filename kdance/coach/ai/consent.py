"""Whether the AI coach may be used: what the dancer answered, once for each server."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from kdance.choices import OnOff
from kdance.store.json_file import read_json_file, write_json_file

_VERSION: Final = 1


class _Answers(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: Literal[1] = _VERSION
    servers: dict[str, OnOff] = {}


def load_answer(path: Path, host: str) -> OnOff | None:
    """What was answered for a server; ``None`` when nobody was asked yet, or the file is damaged.

    Raises:
        KdanceError: The file can't be read.
    """
    return _load(path).servers.get(host)


def save_answer(path: Path, host: str, answer: OnOff) -> None:
    """Remember an answer.

    Raises:
        KdanceError: The file can't be read or written.
    """
    answers = _load(path)
    answers.servers[host] = answer
    write_json_file(path, answers)


def _load(path: Path) -> _Answers:
    stored = read_json_file(path)
    if stored is None:
        return _Answers()
    try:
        return _Answers.model_validate_json(stored)
    except ValidationError:  # damaged: then it is asked again
        return _Answers()
