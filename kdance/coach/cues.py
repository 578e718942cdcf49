"""What could be said: one cue for each thing that is wrong, gathered over a phrase of four counts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from kdance.coach.facts import Tip


@dataclass(frozen=True, slots=True)
class Cue:
    """Something that could be said.

    Attributes:
        key: What it is about; stays the same while the problem lasts, whatever its size.
        tip: The sentence.
        size: How far it is off, in errors that are just worth a cue; weighs one fault against another.
        is_warning: Whether it is about what can't be judged: that needs no end of a phrase.
    """

    key: str
    tip: Tip
    size: float = 0.0
    is_warning: bool = False


@dataclass(slots=True)
class DancedPhrase:
    """The half seconds of a phrase so far."""

    _faults: defaultdict[str, list[Cue]] = field(default_factory=lambda: defaultdict(list))
    _scores: list[float] = field(default_factory=list)
    _last: list[frozenset[str]] = field(default_factory=list)

    def add(self, problems: list[Cue], score: float | None) -> None:
        """Remember a half second.

        Args:
            problems: What was wrong in it.
            score: Combined score, ``None`` where nothing was measured.
        """
        for cue in problems:
            if not cue.is_warning:
                self._faults[cue.key].append(cue)
        if score is not None:
            self._scores.append(score)
        self._last = [*self._last[-1:], frozenset(cue.key for cue in problems)]

    @property
    def score(self) -> float | None:
        """The mean score of the phrase; ``None`` where nothing was measured."""
        return sum(self._scores) / len(self._scores) if self._scores else None

    def is_over(self, cue: Cue) -> bool:
        """Whether a fault of the phrase is not on the screen any more: neither of the last two half seconds has it."""
        return not any(cue.key in keys for keys in self._last)

    def lasting(self, half_seconds: int) -> list[Cue]:
        """The faults that have lasted so many half seconds of the phrase and still do, the most important first."""
        return [
            cue for cue in self.problems([]) if len(self._faults[cue.key]) >= half_seconds and cue.key in self._last[-1]
        ]

    def problems(self, now: list[Cue]) -> list[Cue]:
        """What is worth a cue at the end of the phrase, the most important first.

        Warnings of this moment, then the faults by the sum of their sizes: by how long they lasted and how large they
        were. Each is told as it was at its worst.

        Args:
            now: What is wrong in the half second that ends the phrase. A dance that is another one, or not danced at
                all, has no faults.
        """
        warnings = [cue for cue in now if cue.is_warning]
        if any(cue.key != "unseen" for cue in warnings):
            return warnings
        faults = sorted(self._faults.values(), key=lambda cues: -sum(cue.size for cue in cues))
        return warnings + [max(cues, key=lambda cue: cue.size) for cues in faults]
