"""The keys of the practice window: what the help screen and ``--help`` tell, from one table."""

from __future__ import annotations

from typing import Final

from kdance.words.phrases import Phrases, load_phrases

Key = tuple[tuple[str, ...], str, str]
"""Names as :mod:`kdance.window.window` gives them, what is printed on the key, what it does."""

# The last is the sentence's name, under window.key.
_TABLE: Final[tuple[Key, ...]] = (
    (("space",), "Space", "space"),
    (("d",), "d", "drill"),
    (("left",), "←", "eight_back"),
    (("right",), "→", "eight_on"),
    (("r",), "r", "restart"),
    (("-", "_"), "-", "slower"),
    (("+", "="), "+", "faster"),
    (("a",), "a", "loop_from"),
    (("b",), "b", "loop_to"),
    (("l",), "l", "loop"),
    (("m",), "m", "mirror"),
    (("g",), "g", "ghost"),
    (("n",), "n", "upcoming"),
    (("v",), "v", "layout"),
    (("w",), "w", "whole_stage"),
    (("f",), "f", "fullscreen"),
    (("s",), "s", "sound"),
    (("h",), "h", "help"),
    (("q", "esc"), "q  Esc", "end"),
)


def keys_in(phrases: Phrases) -> tuple[Key, ...]:
    """The keys, with what each does in a language."""
    return tuple((names, label, phrases.text(f"window.key.{what}")) for names, label, what in _TABLE)


KEYS: Final = keys_in(load_phrases())
"""The keys in English."""
