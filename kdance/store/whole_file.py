"""A file that is written whole or not at all: until the new one is complete, the old one stays."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file; what is no plain file, such as a pipe, is written into as it is.

    Raises:
        OSError: It can't be written.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        path.write_bytes(content)
        return
    target = path.resolve()  # of a link, what it leads to
    temporary = target.with_name(f".{target.name[:200]}-{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
