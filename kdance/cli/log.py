"""The log: a file in the data folder that says afterwards what happened, and with ``--verbose`` the terminal at once.

It never holds a key, a question to a model or its answer, a picture, or the password of an address; and when it can't
be written nobody is disturbed. Nothing else in the package sets up logging.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO, Final

MAX_BYTES: Final = 1_000_000
KEPT: Final = 2
"""Older files that are kept beside the one that is written: 3 MB at most."""

_PACKAGE: Final = "kdance"
_USER: Final = re.compile(r"(\w+://)\S*@")
_QUERY: Final = re.compile(r"(\w+://[^\s?]*)\?\S*")
# What these say of a mistake may be made of a model's answer, or of what was sent to it.
_TALKATIVE: Final = ("pydantic", "pydantic_core", "openai", "httpx", "httpcore", "json")
_AI: Final = Path(__file__).parent.parent / "coach" / "ai"


class Log:
    """The log of one command; :func:`open_log` gives it.

    Attributes:
        path: The file; ``None`` when nothing could be written to it.
    """

    def __init__(self) -> None:
        self._logger = logging.getLogger(_PACKAGE)
        self._file = _LogFile()
        self._handlers: list[logging.Handler] = [self._file]
        self._before = self._logger.level, self._logger.propagate
        self._logger.addHandler(self._file)
        self._logger.setLevel(logging.INFO)
        self._logger.propagate = False  # what others set up to print would print every secret of a traceback

    @property
    def path(self) -> Path | None:
        """The file, once something was written to it."""
        return self._file.path

    def show(self) -> None:
        """Print each further line to stderr as well."""
        handler = _Terminal(sys.stderr)
        self._handlers.append(handler)
        self._logger.addHandler(handler)

    def close(self) -> None:
        """Log nothing more."""
        for handler in self._handlers:
            self._logger.removeHandler(handler)
            with suppress(OSError):  # what a full disk did not take
                handler.close()
        level, self._logger.propagate = self._before
        self._logger.setLevel(level)


@contextmanager
def open_log() -> Iterator[Log]:
    """Log what the package does until the command ends. The file is made by the first line that there is to write."""
    log = Log()
    try:
        yield log
    finally:
        log.close()


def describe(error: BaseException) -> str:
    """A traceback without words that may be secret: those of mistakes around a model are left out, their kind stays."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    stacks = [traceback.extract_tb(link.__traceback__) for link in chain]
    is_of_a_model = any(Path(frame.filename).is_relative_to(_AI) for stack in stacks for frame in stack)
    parts = []
    for link, stack in zip(chain, stacks, strict=True):
        may_speak = not is_of_a_model and type(link).__module__.split(".")[0] not in _TALKATIVE
        parts.append("".join(stack.format()) + type(link).__qualname__ + (f": {link}" if may_speak else ""))
    return _without_secrets("\n\nwhich led to\n\n".join(reversed(parts)))


def _without_secrets(text: str) -> str:
    """Addresses without user, password and query, any of which may be a secret."""
    return _QUERY.sub(r"\1", _USER.sub(r"\1", text))


class _Words(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        # Not kept in the record, where logging's own formatter looks: another handler may have written it in full.
        lines = [_without_secrets(f"{self._head(record)}{record.getMessage()}")]
        error = record.exc_info[1] if record.exc_info else None
        return "\n".join([*lines, *([] if error is None else [describe(error)])])

    def _head(self, record: logging.LogRecord) -> str:
        return f"{self.formatTime(record)} {record.levelname:7} {record.threadName} {record.name}: "


class _LogFile(RotatingFileHandler):
    """The file in the data folder, which it finds and opens when there is a first line, for its owner's eyes alone."""

    def __init__(self) -> None:
        self.path: Path | None = None
        super().__init__(os.devnull, maxBytes=MAX_BYTES, backupCount=KEPT, encoding="utf-8", delay=True)
        self.setFormatter(_Words())

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if self.path is None and not self._find(record):
                return
            super().emit(record)
        except Exception:  # noqa: BLE001 - a log that can't be written must never disturb
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Go without a log: the disk may be full, or the folder not ours."""
        self.path = None

    def _find(self, record: logging.LogRecord) -> bool:
        """Whether there is a folder to write in; only a mistake of ours is worth making one."""
        from kdance.config import find_home

        path = find_home().log
        if record.levelno >= logging.ERROR:
            path.parent.mkdir(parents=True, exist_ok=True)
        if not path.parent.is_dir():
            return False
        self.baseFilename, self.path = str(path), path
        return True

    def _open(self) -> TextIOWrapper:
        # Path.open knows no opener
        return open(self.baseFilename, "a", encoding="utf-8", opener=_for_the_owner)


class _Terminal(logging.StreamHandler[IO[str]]):
    def __init__(self, stream: IO[str]) -> None:
        super().__init__(stream)
        self.setFormatter(_Words())

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """A terminal that is gone is no reason to end."""


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
