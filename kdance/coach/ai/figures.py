"""Whether the numbers in a text were measured: each must be one of the figures, rounded as it is written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Final

from kdance.coach.ai.vocabulary import Vocabulary, normal

_NUMBER: Final = re.compile(r"(?P<minutes>\d+):(?P<seconds>\d\d)(?!\d)|\d+(?:[.,]\d+)?")
_CLOCK_S: Final = 1.0
"""Places in the song are told to the second, and rounding may go either way."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured, by unit; signs are left away because a text says "late" and not "-".

    Attributes:
        points: Scores, 0-100; ``percent`` shares, 0-100.
        degrees: Errors of joints.
        ms: Delays in milliseconds.
        seconds: Durations.
        counts: Delays in counts of the song.
        times: How often something was.
        clock: Places in the song, in seconds.
    """

    points: tuple[float, ...] = ()
    percent: tuple[float, ...] = ()
    degrees: tuple[float, ...] = ()
    ms: tuple[float, ...] = ()
    seconds: tuple[float, ...] = ()
    counts: tuple[float, ...] = ()
    times: tuple[float, ...] = ()
    clock: tuple[float, ...] = ()

    def __add__(self, other: Figures) -> Figures:
        return Figures(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(Figures)))

    def of_unit(self, unit: str | None) -> tuple[float, ...]:
        """All that a number of this unit may be; a score, a share or a count for a number without one."""
        late = tuple(ms / 1000 for ms in self.ms)
        if unit is None:
            return (*self.points, *self.percent, *self.times)
        either = (*self.points, *self.percent)
        named = {"points": self.points, "percent": either, "seconds": (*self.seconds, *late)}
        return named[unit] if unit in named else tuple(getattr(self, unit))


def unmeasured_numbers(text: str, figures: Figures, vocabulary: Vocabulary) -> list[str]:
    """The numbers of a text that were not measured, as they are written there."""
    claims = vocabulary.claims(text)
    wrong = [
        amount
        for amounts, known in (
            (claims.amounts, figures.counts),
            (claims.seconds_in_words, figures.of_unit("seconds")),
        )
        for amount in sorted(amounts)
        if not any(abs(float(amount) - abs(value)) <= _word_tolerance(float(amount)) for value in known)
    ]
    rest = vocabulary.without_amounts(text)
    read_to = 0
    for match in _NUMBER.finditer(rest):
        if match.start() < read_to:
            continue  # the 100 of "73/100"
        if match["minutes"] is not None:
            clock = 60 * int(match["minutes"]) + int(match["seconds"])
            is_measured = any(abs(clock - value) <= _CLOCK_S for value in figures.clock)
        else:
            unit, read_to = _unit_after(rest, match.end(), vocabulary)
            is_measured = _is_one_of(match[0], figures.of_unit(unit), unit)
        if not is_measured:
            wrong.append(match[0])
    return wrong + _unmeasured_words(rest, figures, vocabulary)


def clock_times(text: str) -> list[int]:
    """Every place in the song that a text names, in seconds.

    >>> clock_times("From 0:58-1:02 it was 5.")
    [58, 62]
    """
    return [60 * int(match["minutes"]) + int(match["seconds"]) for match in _NUMBER.finditer(text) if match["minutes"]]


def _word_tolerance(amount: float) -> float:
    return 0.126 if amount < 1 else 0.25


def _unit_after(text: str, end: int, vocabulary: Vocabulary) -> tuple[str | None, int]:
    """The unit of a number that ends there, and where the unit ends."""
    rest = text[end:].lstrip(" -\u00a0")
    for word, key in vocabulary.units.items():  # longest first
        is_cut = word[-1].isascii() and word[-1].isalpha() and rest[len(word) :][:1].isalpha()
        if rest.startswith(word) and not is_cut:
            return key, len(text) - len(rest) + len(word)
    return None, end


def _is_one_of(written: str, known: Iterable[float], unit: str | None) -> bool:
    value = float(written.replace(",", "."))
    decimals = len(re.split(r"[.,]", written)[1]) if re.search(r"[.,]", written) else 0
    tolerance = 0.5 * 10.0**-decimals
    if decimals == 0 and unit == "degrees" and value % 5 == 0:
        tolerance = 2.5
    elif decimals == 0 and unit == "ms" and value % 10 == 0:
        tolerance = 25.0 if value % 50 == 0 else 5.0
    return any(abs(value - abs(truth)) <= tolerance + 1e-6 for truth in known)


def _unmeasured_words(text: str, figures: Figures, vocabulary: Vocabulary) -> list[str]:
    """Numbers written as words that a unit follows ("twenty degrees")."""
    wrong = []
    for match in re.finditer(r"[^\W\d]+", normal(text)):
        value = vocabulary.number_words.get(match[0])
        unit, _ = _unit_after(text, match.end(), vocabulary)
        if value is not None and not _is_one_of(str(value), figures.of_unit(unit), unit):
            wrong.append(match[0])
    return wrong
