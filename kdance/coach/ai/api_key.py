"""The user's API key: where it is looked for, and a wrapping that keeps it out of every text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

KEY_NAME: Final = "OPENAI_API_KEY"
MAX_FILE_BYTES: Final = 1_000_000
"""A larger ``.env`` is something else."""


class ApiKey:
    """A key that shows itself only when asked by name; its repr, and so every traceback and log, hides it."""

    __slots__ = ("_reveal",)

    def __init__(self, key: str) -> None:
        def reveal() -> str:
            return key

        self._reveal = reveal  # not an attribute that a dump of the object would show

    def reveal(self) -> str:
        """The key itself, for the request's header alone."""
        return self._reveal()

    def __repr__(self) -> str:
        return "ApiKey(***)"

    def __reduce__(self) -> str:
        raise TypeError("a key is not stored")


def find_api_key(environment: Mapping[str, str], folders: Sequence[Path]) -> ApiKey | None:
    """Look for ``OPENAI_API_KEY`` in the environment, then in the ``.env`` of each folder.

    Nothing is put into the environment. A ``.env`` that can't be read counts as none.

    Args:
        environment: The process's variables.
        folders: Where a ``.env`` may lie, the most important first.
    """
    if key := _usable(environment.get(KEY_NAME, "")):
        return ApiKey(key)
    for folder in folders:
        if key := _usable(_read(folder / ".env").get(KEY_NAME, "")):
            return ApiKey(key)
    return None


def parse_env(text: str) -> dict[str, str]:
    r"""The variables of a ``.env`` file: ``KEY=VALUE`` lines, with comments, quotes and ``export``.

    >>> parse_env('# mine\nexport A = "b c" # d\nE=f#g # h\n')
    {'A': 'b c', 'E': 'f#g'}
    """
    values = {}
    for line in text.splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        name, value = name.strip(), value.strip()
        if not equals or not name or name.startswith("#"):
            continue
        quote = value[:1]
        if quote in ("'", '"') and (end := value.find(quote, 1)) > 0:
            values[name] = value[1:end]
        else:
            values[name] = value.partition(" #")[0].strip() if not value.startswith("#") else ""
    return values


def _usable(key: str) -> str:
    """A key that fits into a header, else nothing."""
    key = key.strip()
    return key if key.isascii() and key.isprintable() and " " not in key else ""


def _read(path: Path) -> dict[str, str]:
    try:
        if not path.is_file() or path.stat().st_size > MAX_FILE_BYTES:
            return {}
        return parse_env(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        return {}
