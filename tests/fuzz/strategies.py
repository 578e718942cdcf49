"""What is fed everywhere: texts with everything in them, JSON values, bytes that were hurt."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from hypothesis import strategies as st

# Lone surrogates are what Python makes of a name that is no UTF-8, and what JSON's \ud800 becomes.
TEXTS = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
NUMBERS = st.one_of(
    st.integers(),
    st.sampled_from([2**31, 2**63, 2**64, -(2**63) - 1, 10**400, 0, -1]),
    st.floats(allow_nan=True, allow_infinity=True),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=8
)


SEEDS = st.integers(0, 2**64 - 1)
"""What is long is made of one drawn number: drawing it letter by letter takes a hundred times as long."""


def typed(pieces: Sequence[str], most: int = 8) -> st.SearchStrategy[str]:
    """Texts of these pieces, with any other letters among them."""

    def make(seed: int) -> str:
        rng = Random(seed)
        return "".join(
            rng.choice(pieces) if rng.random() < 0.8 else chr(min(0x10FFFF, int(2 ** rng.uniform(0, 20.1))))
            for _ in range(rng.randint(0, most))
        )

    return SEEDS.map(make)


def hurt(whole: bytes) -> st.SearchStrategy[bytes]:
    """The bytes with some of them changed, left out, doubled, or cut off."""

    def make(seed: int) -> bytes:
        rng, data = Random(seed), bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            at, length = rng.randrange(len(data) + 1), rng.randint(1, 16)
            match rng.choice(["set", "set", "set", "insert", "drop", "double", "cut"]):
                case "set":
                    data[at : at + 1] = rng.randbytes(1)
                case "insert":
                    data[at:at] = rng.randbytes(length)
                case "drop":
                    del data[at : at + length]
                case "double":
                    data[at:at] = data[at : at + length]
                case _:
                    del data[at:]
        return bytes(data)

    return SEEDS.map(make)


@st.composite
def hurt_json(draw: st.DrawFn, value: Any) -> Any:
    """The value with one thing in it, however deep, replaced or gone."""
    if isinstance(value, dict) and value and draw(st.integers(0, 5)):
        key = draw(st.sampled_from(sorted(value)))
        if not draw(st.integers(0, 9)):
            return {name: kept for name, kept in value.items() if name != key}
        return {**value, key: draw(hurt_json(value[key]))}
    if isinstance(value, list) and value and draw(st.integers(0, 5)):
        at = draw(st.integers(0, len(value) - 1))
        return [*value[:at], draw(hurt_json(value[at])), *value[at + 1 :]]
    return draw(VALUES)
