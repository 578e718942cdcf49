"""Every language kdance speaks: one JSON file each, in the folder ``languages``.

Adding a language is adding a file with the keys of ``en.json``. Whole sentences stand there, never glued from words,
because other languages order and inflect them differently; what is put in (a time, a number, a list) stands in braces,
in Korean with the two forms of the particle that may follow: ``{parts:이/가}``. Under ``vocabulary`` are the words by
which :mod:`kdance.coach.ai.vocabulary` checks a model's sentences; a language without them has the rules' coach alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from string import Formatter
from typing import Any, Final

from kdance.errors import ConfigError
from kdance.words.particles import with_particle

_FILES: Final = resources.files("kdance.words") / "languages"


class _Formatter(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        if "/" in format_spec:
            return with_particle(str(value), format_spec)
        return str(super().format_field(value, format_spec))


_FORMATTER: Final = _Formatter()


@dataclass(frozen=True, slots=True)
class Phrases:
    """The sentences of one language.

    Attributes:
        language: Its code, such as ``en``.
        sentences: Key (``cue.left_knee.negative``) to the sentence, or to several that mean the same.
    """

    language: str
    sentences: dict[str, str | tuple[str, ...]]

    def text(self, key: str, /, *, turn: int = 0, **values: object) -> str:
        """The sentence of a key with its values put in; of several, the one whose ``turn`` it is."""
        variants = self.variants(key)
        return _FORMATTER.vformat(variants[turn % len(variants)], (), values)

    def variants(self, key: str) -> tuple[str, ...]:
        """All sentences of a key, before anything is put in."""
        sentence = self.sentences[key]
        return (sentence,) if isinstance(sentence, str) else sentence

    def joined(self, items: Sequence[str], *, last_key: str = "list.last") -> str:
        """Items in a row: 'a', 'a and b', 'a, b and c'."""
        *rest, last = items
        while len(rest) > 1:
            rest[:2] = [self.text("list.more", first=rest[0], next=rest[1])]
        return self.text(last_key, first=rest[0], last=last) if rest else last

    def parts(self, names: Sequence[str]) -> str:
        """Parts of the dancer's body ('left arm') as this language says them ('your left arm')."""
        return self.joined([self.text(f"part.{name}") for name in names], last_key="list.last_part")


def available_languages() -> tuple[str, ...]:
    """The codes of all languages."""
    names = (entry.name for entry in _FILES.iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in names if name.endswith(".json")))


def languages() -> dict[str, str]:
    """Every language: its code and what its speakers call it (``{"ko": "한국어"}``)."""
    return {code: load_phrases(code).text("language.name") for code in available_languages()}


@cache
def load_language(language: str) -> dict[str, Any]:
    """What stands in the file of a language.

    Raises:
        ConfigError: There is none.
    """
    languages = available_languages()
    if language not in languages:
        raise ConfigError(f"The coach does not speak {language!r}.", f"Languages: {', '.join(languages)}.")
    content: dict[str, Any] = json.loads(_FILES.joinpath(f"{language}.json").read_text(encoding="utf-8"))
    return content


@cache
def load_phrases(language: str = "en") -> Phrases:
    """Load the sentences of a language.

    Raises:
        ConfigError: The coach does not speak it.
    """
    sentences = {name: part for name, part in load_language(language).items() if name != "vocabulary"}
    return Phrases(language, dict(_flattened(sentences)))


def _flattened(tree: dict[str, object], prefix: str = "") -> list[tuple[str, str | tuple[str, ...]]]:
    rows: list[tuple[str, str | tuple[str, ...]]] = []
    for name, value in tree.items():
        if isinstance(value, dict):
            rows += _flattened(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            rows.append((prefix + name, tuple(value)))
        else:
            rows.append((prefix + name, str(value)))
    return rows
