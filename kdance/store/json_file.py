"""A small JSON file of the dancer's: read whole, and never half written."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import BaseModel

from kdance.errors import KdanceError
from kdance.store.whole_file import write_whole


def read_json_file(path: Path) -> bytes | None:
    """What is in a file, for pydantic to validate; ``None`` where there is none.

    Raises:
        KdanceError: It can't be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _not_possible("read", path, error) from error


def write_json_file(path: Path, content: BaseModel) -> None:
    """Write a file, all or nothing: it is the old one until the new one is whole.

    Raises:
        KdanceError: It can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(content.model_dump(mode="json"), ensure_ascii=False, indent=2)
        write_whole(path, f"{text}\n".encode())
    except OSError as error:
        raise _not_possible("written", path, error) from error


def _not_possible(what: str, path: Path, error: OSError) -> KdanceError:
    reason = (error.strerror or str(error)).lower()
    return KdanceError(f"{path} can't be {what}: {reason}.", "Check the folder's permissions, or set KDANCE_HOME.")
