"""Korean particles, whose form depends on whether the word before them ends in a consonant."""

from __future__ import annotations

from typing import Final

_FIRST_SYLLABLE: Final = 0xAC00  # 가; the syllables follow in the order of initial, vowel and final consonant
_LAST_SYLLABLE: Final = 0xD7A3
_FINALS: Final = 28  # final consonants, the first of them none
_RIEUL: Final = 8  # ㄹ, which (으)로 treats as a vowel


def with_particle(word: str, forms: str) -> str:
    """A word and the form of the particle that fits it.

    Args:
        word: Anything; where it doesn't end in Hangul both forms are written, as Korean print does.
        forms: After a consonant and after a vowel, such as ``이/가``, ``을/를``, ``과/와`` or ``으로/로``.

    >>> with_particle("왼팔", "이/가"), with_particle("다리", "이/가"), with_particle("왼발", "으로/로")
    ('왼팔이', '다리가', '왼발로')
    >>> with_particle("magnetic", "은/는")
    'magnetic은(는)'
    """
    after_consonant, after_vowel = forms.split("/")
    last = ord(word[-1]) if word else 0
    if not _FIRST_SYLLABLE <= last <= _LAST_SYLLABLE:
        return f"{word}{after_consonant}({after_vowel})"
    final = (last - _FIRST_SYLLABLE) % _FINALS
    is_vowel = final == 0 or (final == _RIEUL and after_vowel == "로")
    return word + (after_vowel if is_vowel else after_consonant)
