"""Whether the AI coach may be used: what the dancer answered, once for each server."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from kdance.errors import KdanceError

Answer = Literal["on", "off"]
_VERSION: Final = 1


class _Answers(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: Literal[1] = _VERSION
    servers: dict[str, Answer] = {}


def load_answer(path: Path, host: str) -> Answer | None:
    """What was answered for a server; ``None`` when nobody was asked yet, or the file is damaged.

    Raises:
        KdanceError: The file can't be read.
    """
    return _load(path).servers.get(host)


def save_answer(path: Path, host: str, answer: Answer) -> None:
    """Remember an answer.

    Raises:
        KdanceError: It can't be written.
    """
    answers = _load(path)
    answers.servers[host] = answer
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(answers.model_dump(), file, indent=2)
        Path(name).replace(path)
    except OSError as error:
        raise _not_possible("written", path, error) from error


def _load(path: Path) -> _Answers:
    try:
        return _Answers.model_validate_json(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValidationError, UnicodeDecodeError):  # then it is asked again
        return _Answers()
    except OSError as error:
        raise _not_possible("read", path, error) from error


def _not_possible(what: str, path: Path, error: OSError) -> KdanceError:
    reason = (error.strerror or str(error)).lower()
    return KdanceError(f"{path} can't be {what}: {reason}.", "Check the folder's permissions, or set KDANCE_HOME.")
