"""Whether the AI coach may be used, and may have pictures: what the dancer answered, once for each server."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from kdance.choices import OnOff
from kdance.store.json_file import read_json_file, write_json_file

_VERSION: Final = 1
Asked = Literal["servers", "pictures"]
"""Whether a server may be asked at all; whether pictures like the one that was shown may go to it."""


class _Answers(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: Literal[1] = _VERSION
    servers: dict[str, OnOff] = {}
    pictures: dict[str, OnOff] = {}

    def of(self, about: Asked) -> dict[str, OnOff]:
        return self.servers if about == "servers" else self.pictures


def load_answer(path: Path, host: str, about: Asked = "servers") -> OnOff | None:
    """What was answered for a server; ``None`` when nobody was asked yet, or the file is damaged.

    Raises:
        KdanceError: The file can't be read.
    """
    return _load(path).of(about).get(host)


def save_answer(path: Path, host: str, answer: OnOff | None, about: Asked = "servers") -> None:
    """Remember an answer; ``None`` forgets it, so that it is asked again.

    Raises:
        KdanceError: The file can't be read or written.
    """
    answers = _load(path)
    if answer is None:
        answers.of(about).pop(host, None)
    else:
        answers.of(about)[host] = answer
    write_json_file(path, answers)


def _load(path: Path) -> _Answers:
    stored = read_json_file(path)
    if stored is None:
        return _Answers()
    try:
        return _Answers.model_validate_json(stored)
    except ValidationError:  # damaged: then it is asked again
        return _Answers()
