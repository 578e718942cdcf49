"""The words by which a text about dancing can be checked: ``vocabulary`` in the file of each language.

They are words for sides, limbs, directions and the coach's other subjects, praise, and what is never said. A term
ending in ``*`` stands for all words that begin so. Languages that write endings onto their words set ``whole_words`` to
false; then a term is found anywhere. Of terms that begin at the same place the longest is read, so ``harmless`` phrases
keep "right now" from being a side. ``#`` in a term stands for a number of degrees.

``neutral`` words say nothing by themselves. ``advice`` words neither, but next to praise of a limb they could turn it
round ("needs a great deal of practice"). ``endings`` may follow on them. A judgement without one of the ``subjects``
("perfect, really") goes on about the limb before it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from kdance.errors import ConfigError
from kdance.words.phrases import available_languages, load_language

_GROUPS: Final = ("sides", "limbs", "directions", "topics", "amounts", "seconds_in_words", "throughout")
_LISTS: Final = (
    "harmless",
    "praise",
    "blame",
    "effort",
    "negations",
    "exceptions",
    "pronouns",
    "forbidden",
)
_SENTENCE_END: Final = re.compile(r"(?<=[.!?;。！？])\s+|\n+")
_WORD: Final = re.compile(r"[^\W\d_]+")
_COMMA: Final = re.compile(r",\s+|\s+[–—-]\s+|:\s+")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a text speaks of, in the vocabulary's keys.

    Attributes:
        sides: Of ``left``, ``right``, ``both``.
        limbs: Such as ``arm``, or ``arms`` for both.
        parts: Each limb with the sides that stand before it ("right arm and both legs"); where a side stands anywhere
            else ("and so is the right") it may belong to any of the limbs.
        directions: What the dancer is told to do: ``up``, ``down``, ``straight``, ``bent``; ``other`` for what no fact
            ever says.
        topics: Of ``late``, ``early``, ``timing``, ``unseen``, ``standing_still``, ``wrong_dance``.
        amounts: Counts in words ("half a beat").
        seconds_in_words: Seconds in words ("half a second").
        throughout: ``time`` for all of the dance ("all the way through"), ``all`` for all moves ("everything").
        praise: Whether it praises; ``blame``, ``effort`` (calls for work: "focus on"), ``negations``, ``exceptions``
            ("apart from"), ``pronouns`` and ``forbidden`` likewise.
        is_plain: Whether it has no other words but these and such as say nothing by themselves ("your", "was").
        is_known: The same, but it may also have words of a coach's advice ("try", "slowly").
        has_subject: Whether something else than a limb is spoken of by name.
    """

    sides: frozenset[str]
    limbs: frozenset[str]
    parts: frozenset[tuple[frozenset[str], str]]
    directions: frozenset[str]
    topics: frozenset[str]
    amounts: frozenset[str]
    seconds_in_words: frozenset[str]
    throughout: frozenset[str]
    praise: bool
    blame: bool
    effort: bool
    negations: bool
    exceptions: bool
    pronouns: bool
    forbidden: bool
    is_plain: bool
    is_known: bool
    has_subject: bool


@dataclass(frozen=True, slots=True)
class _Term:
    """A term: its beginning, whether any ending will do, and where it belongs."""

    stem: str
    has_endings: bool
    group: str
    key: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one language.

    Attributes:
        language: Its code; ``name`` what the model calls it.
        scripts: Unicode names of the scripts it is written in, such as ``LATIN``.
        units: What follows a number, longest first: word to key.
        number_words: Word to number.
    """

    language: str
    name: str
    scripts: tuple[str, ...]
    units: dict[str, str]
    number_words: dict[str, int]
    _whole_words: bool
    _terms: dict[str, list[_Term]]  # by their first letter, longest first
    _joiners: re.Pattern[str]
    _degrees: re.Pattern[str]
    _measures: re.Pattern[str]
    _neutral: re.Pattern[str]
    _advice: re.Pattern[str]
    _subjects: tuple[str, ...]

    def claims(self, text: str) -> Claims:
        """Read a text."""
        found: dict[str, set[str]] = {group: set() for group in (*_GROUPS, *_LISTS)}
        text, rest, end = self._degrees.sub("# ", normal(text)), "", 0
        terms = list(self._read(text))
        for term, start, after in terms:
            found[term.group].add(term.key)
            rest, end = f"{rest}{text[end:start]} ", after
        others = set(_WORD.findall(rest + text[end:]))
        groups = {group: frozenset(found[group]) for group in _GROUPS}
        lists = {name: bool(found[name]) for name in _LISTS if name != "harmless"}
        return Claims(
            **groups,  # type: ignore[arg-type]
            **lists,  # type: ignore[arg-type]
            parts=_parts([term for term, _, _ in terms]),
            is_plain=all(map(self._neutral.fullmatch, others)),
            is_known=all(map(self._advice.fullmatch, others)),
            has_subject=any(word in text for word in self._subjects),
        )

    def without_amounts(self, text: str) -> str:
        """The text without what is an amount in words, or harmless: so that no number in it is read twice."""
        text, rest, end = normal(text), "", 0
        for term, start, after in self._read(text):
            if term.group in ("amounts", "seconds_in_words", "harmless"):
                rest, end = f"{rest}{text[end:start]} ", after
        return rest + text[end:]

    def _read(self, text: str) -> Iterator[tuple[_Term, int, int]]:
        """The terms of a text with where they begin and end; of several at one place the longest."""
        at = 0
        while at < len(text):
            end = at + 1
            if not (self._whole_words and at and _is_in_word(text[at - 1])):
                for term in self._terms.get(text[at], ()):
                    after = self._end_of(term, text, at)
                    if after is not None:
                        yield term, at, after
                        end = after
                        break
            at = end

    def _end_of(self, term: _Term, text: str, at: int) -> int | None:
        if not text.startswith(term.stem, at):
            return None
        end = at + len(term.stem)
        while term.has_endings and end < len(text) and _is_in_word(text[end]):
            end += 1
        return None if self._whole_words and end < len(text) and _is_in_word(text[end]) else end

    def is_written_in(self, text: str) -> bool:
        """Whether every letter belongs to the language's scripts, those of units ("250 ms") aside."""
        letters = [letter for letter in self._measures.sub("", normal(text)) if letter.isalpha()]
        return bool(letters) and all(unicodedata.name(letter, "").startswith(self.scripts) for letter in letters)

    def clauses(self, sentence: str) -> list[str]:
        """A sentence at its commas and conjunctions."""
        return [
            part for clause in _COMMA.split(normal(sentence)) for part in self._joiners.split(clause) if part.strip()
        ]


def _parts(terms: list[_Term]) -> frozenset[tuple[frozenset[str], str]]:
    """Each limb with its sides, in the order of the text."""
    parts: list[tuple[frozenset[str], str]] = []
    sides: set[str] = set()
    for term in terms:
        if term.group == "sides":
            sides.add(term.key)
        elif term.group == "limbs":
            parts.append((frozenset(sides), term.key))
            sides = set()
    if sides:
        every = sides.union(*(its for its, _ in parts))
        parts = [(frozenset(every), limb) for _, limb in parts]
    return frozenset(parts)


def normal(text: str) -> str:
    """Small letters, composed, with plain apostrophes."""
    return unicodedata.normalize("NFC", text).casefold().replace("\u2019", "'")


def sentences(text: str) -> list[str]:
    """The sentences of a text.

    >>> sentences("At 0:10 it was 1.5 beats. Good!")
    ['At 0:10 it was 1.5 beats.', 'Good!']
    """
    return [sentence for sentence in _SENTENCE_END.split(text) if sentence.strip()]


def checkable_languages() -> tuple[str, ...]:
    """The codes of the languages in which a model's words can be checked."""
    return tuple(code for code in available_languages() if "vocabulary" in load_language(code))


@cache
def load_vocabulary(language: str) -> Vocabulary:
    """Load the words of a language.

    Raises:
        ConfigError: Its file has none, so nothing a model says in it could be checked.
    """
    languages = checkable_languages()
    if language not in languages:
        raise ConfigError(
            f"The AI coach can't be checked in the language {language!r}, so it does not speak it.",
            f"Languages of the AI coach: {', '.join(languages)}. Without it the coach goes on by rules.",
        )
    return _vocabulary(language, load_language(language)["vocabulary"])


def _vocabulary(language: str, content: dict[str, Any]) -> Vocabulary:
    placed = [(term, group, key) for group in _GROUPS for key, terms in content[group].items() for term in terms]
    placed += [(term, group, group) for group in _LISTS for term in content[group]]
    terms: dict[str, list[_Term]] = {}
    for text, group, key in sorted(placed, key=lambda row: -len(row[0])):
        stem = normal(text).removesuffix("*")
        terms.setdefault(stem[0], []).append(_Term(stem, text.endswith("*"), group, key))
    whole = content["whole_words"]
    joiners = "|".join(rf"\b{word}\b" if whole else re.escape(word) for word in content["joiners"])
    about, degrees = "|".join(content["approximations"]), "|".join(content["units"]["degrees"])
    units = {unit: key for key, words in content["units"].items() for unit in words}
    neutral = [*content["neutral"], *units, *content["approximations"], *content["number_words"]]
    return Vocabulary(
        language=language,
        name=content["name"],
        scripts=tuple(content["scripts"]),
        units={unit: units[unit] for unit in sorted(units, key=lambda unit: -len(unit))},
        number_words=content["number_words"],
        _whole_words=whole,
        _terms=terms,
        _joiners=re.compile(joiners),
        _neutral=_words(neutral, content["endings"]),
        _advice=_words([*neutral, *content["advice"]], content["endings"]),
        _subjects=tuple(map(normal, content["subjects"])),
        _measures=re.compile(rf"(?<=\d)\s*(?:{'|'.join(map(re.escape, units))})(?![a-z])"),
        _degrees=re.compile(rf"(?:(?:{about})\s*)?\d+(?:[.,]\d+)?\s*(?:{degrees})\s*"),
    )


def _words(words: Iterable[str], endings: Iterable[str]) -> re.Pattern[str]:
    """What matches each of these words with up to two endings; ``*`` at the end of one is any ending."""
    any_of = "|".join(re.escape(normal(word)).replace(r"\*", r"\w*") for word in words)
    ending = "|".join(map(re.escape, map(normal, endings)))
    return re.compile(rf"(?:{any_of})" + (rf"(?:{ending}){{0,2}}" if ending else ""))


def _is_in_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"
