"""Where what is printed goes: any encoding, a pipe that is closed, a disk that is full."""

from __future__ import annotations

import codecs
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

_PLAIN: Final = {
    **dict(zip("‘’“”–—·•×━─│█←→↑↓", "''\"\"--.*x--|#<>^v", strict=True)),
    "°": " deg",
    "…": "...",
}
_ERRORS: Final = "kdance.plain"


def prepare() -> None:
    """Let stdout and stderr replace what their encoding lacks: every pipe on Windows has one of 256 letters."""
    codecs.register_error(_ERRORS, _plainly)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us, or a window's own Python
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - open as long as the program runs
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)  # a test's stream has none
        if reconfigure is not None:
            reconfigure(errors=_ERRORS)


def finish() -> None:
    """Write what is still on its way, so that a failure is noticed while it can be told.

    Raises:
        OSError: It can't be written.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()


def is_refused(error: OSError) -> bool:
    """Whether an error means that stdout takes nothing more; from then on what is printed goes nowhere.

    The error itself does not say which file it is about: one more empty line does.
    """
    if error.filename is not None:
        return False
    try:
        os.write(sys.stdout.fileno(), b"\n")
    except (OSError, ValueError):
        _forget()
        return True
    return False


def _forget() -> None:
    """Python writes the buffers again when it ends, and would complain then."""
    with suppress(OSError, ValueError), Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _plainly(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    return "".join(_encodable(_PLAIN.get(letter, "?"), error.encoding) for letter in lost), error.end


def _encodable(text: str, encoding: str) -> str:
    try:
        text.encode(encoding)
    except UnicodeError:
        return "?"
    return text
