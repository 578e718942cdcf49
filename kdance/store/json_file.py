"""A small JSON file of the dancer's: read whole, and never half written."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from pydantic import BaseModel

from kdance.errors import KdanceError


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
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(content.model_dump(mode="json"), file, ensure_ascii=False, indent=2)
                file.write("\n")
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise _not_possible("written", path, error) from error


def _not_possible(what: str, path: Path, error: OSError) -> KdanceError:
    reason = (error.strerror or str(error)).lower()
    return KdanceError(f"{path} can't be {what}: {reason}.", "Check the folder's permissions, or set KDANCE_HOME.")
