"""Whether what a model says is true: no limb, side, direction or number that was not measured, and nothing else at all.

Geometry gives the facts, the model words them. What it says is read with the words of a vocabulary; a text that can't
be read as something that was measured is refused, and the coach by rules speaks instead. Refusing a good sentence costs
nothing, so whatever is ambiguous is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import product
from typing import Final

from kdance.coach.ai.figures import Figures, unmeasured_numbers
from kdance.coach.ai.vocabulary import Claims, Vocabulary, sentences

SIDES: Final = ("left", "right")
LIMB_JOINTS: Final[dict[str, tuple[str, ...]]] = {
    "arm": ("shoulder", "elbow"),
    "elbow": ("elbow",),
    "leg": ("hip", "knee"),
    "knee": ("knee",),
    "hip": ("hip",),
}
"""The joints by which a limb is judged; no other limb has any."""

_ONE_OF: Final = {
    "arms": "arm",
    "elbows": "elbow",
    "legs": "leg",
    "knees": "knee",
    "hips": "hip",
    "hands": "hand",
    "feet": "foot",
    "shoulders": "shoulder",
}
_DIRECTIONS: Final = {
    ("shoulder", False): "up",
    ("shoulder", True): "down",
    ("elbow", False): "straight",
    ("elbow", True): "bent",
    ("hip", False): "straight",
    ("hip", True): "bent",
    ("knee", False): "straight",
    ("knee", True): "bent",
}
"""What mends a joint, by whether its error is positive."""

_UNPRINTABLE: Final = re.compile(r"[^\w\s.,!?'’\"“”:;%°()/~–—-]|_|https?|www|[a-z]\.[a-z]{2,}", re.IGNORECASE)
"""Markup, addresses, pictures of faces: anything that no sentence of a coach needs."""


def correction(joint: str, error: float) -> tuple[str, str, str]:
    """Side, joint and direction that mend a joint's error.

    >>> correction("left_elbow", -20.0)
    ('left', 'elbow', 'straight')
    """
    side, _, kind = joint.partition("_")
    return side, kind, _DIRECTIONS[kind, error > 0]


@dataclass(frozen=True, slots=True)
class Truth:
    """What may be said.

    Attributes:
        wrong: Joints that were wrong, as side, joint and the direction that mends it.
        right: Joints that deserve praise, as side and joint.
        unseen: Parts of the body that were not seen ("left arm", "legs").
        topics: Those that are true, as in :class:`Claims`.
        praise: Whether praise is honest.
        figures: The numbers.
    """

    wrong: frozenset[tuple[str, str, str]] = frozenset()
    right: frozenset[tuple[str, str]] = frozenset()
    unseen: tuple[str, ...] = ()
    topics: frozenset[str] = frozenset()
    praise: bool = False
    figures: Figures = field(default_factory=Figures)


def untruth(text: str, truth: Truth, vocabulary: Vocabulary) -> str | None:
    """The first thing in a text that may not be said, in a few fixed words; ``None`` for a text that is true."""
    if _UNPRINTABLE.search(text) or not vocabulary.is_written_in(text):
        return "not a sentence in this language"
    if unmeasured_numbers(text, truth.figures, vocabulary):
        return "a number that was not measured"
    for sentence in sentences(text):
        problem = _problem(vocabulary.claims(sentence), truth)
        if problem is not None:
            clauses = [vocabulary.claims(clause) for clause in vocabulary.clauses(sentence)]
            # What a clause adds to another ("..., said nobody") has to be plain, or it could turn its meaning round.
            are_plain = all(claims.is_plain or claims.directions or claims.topics for claims in clauses)
            if len(clauses) < 2 or not are_plain or any(_problem(claims, truth) for claims in clauses):
                return problem
    return None


def spoken_of(claims: Claims, truth: Truth) -> frozenset[tuple[str, str, str]]:
    """The joints of ``truth.wrong`` that a text speaks of."""
    limbs = {_ONE_OF.get(limb, limb) for limb in claims.limbs}
    sides = _sides(claims)
    return frozenset(
        (side, joint, direction)
        for side, joint, direction in truth.wrong
        if any(joint in LIMB_JOINTS.get(limb, ()) for limb in limbs)
        and (not sides or side in sides)
        and (not claims.directions or direction in claims.directions)
    )


def _sides(claims: Claims) -> tuple[str, ...]:
    if "both" in claims.sides or any(limb in _ONE_OF for limb in claims.limbs):
        return SIDES
    return tuple(sorted(claims.sides))


def _problem(claims: Claims, truth: Truth) -> str | None:
    says_something = bool(claims.limbs or claims.sides or claims.directions or claims.topics or claims.praise)
    untrue = claims.topics - truth.topics
    problem = None
    if claims.forbidden:
        problem = "a remark on something else than the dance"
    elif claims.negations and says_something:
        problem = "a negation, which could turn the meaning round"
    elif claims.praise and not truth.praise:
        problem = "praise that is not due"
    elif untrue:
        problem = f"{min(untrue)}: not measured"
    elif not claims.limbs:
        problem = "a side or a direction without a limb" if claims.sides or claims.directions else None
    elif "unseen" in claims.topics:
        problem = None if _are_unseen(claims, truth) else "a limb that was seen"
    else:
        problem = _limb_problem(claims, truth)
    return problem


def _are_unseen(claims: Claims, truth: Truth) -> bool:
    hidden = {
        (side, limb)
        for part in truth.unseen
        for side in (SIDES if part.split()[0] not in SIDES else part.split()[:1])
        for limb in [_ONE_OF.get(part.split()[-1], part.split()[-1])]
    }
    limbs = {_ONE_OF.get(limb, limb) for limb in claims.limbs} - {"body"}
    return set(product(_sides(claims) or SIDES, limbs)) <= hidden


def _limb_problem(claims: Claims, truth: Truth) -> str | None:
    """Every side with every limb with every direction must be among the facts, whichever belong together.

    Without a direction it is praise of what was right or blame of what was wrong, in words that are all known.
    """
    if not claims.directions and (claims.praise == claims.blame or not claims.is_plain):
        return "a claim on a limb that is neither plain praise nor a correction"
    for limb in sorted({_ONE_OF.get(limb, limb) for limb in claims.limbs}):
        joints = LIMB_JOINTS.get(limb, ())
        wrong = {row for row in truth.wrong if row[1] in joints}
        right = {row for row in truth.right if row[1] in joints}
        sides = _sides(claims) or tuple(sorted({row[0] for row in (*wrong, *right)}))
        if not sides:
            return "a limb that is not among the facts"
        for side in sides:
            directions = {direction for its, _, direction in wrong if its == side}
            problem = _side_problem(claims, directions, was_right=any(its == side for its, _ in right))
            if problem is not None:
                return problem
    return None


def _side_problem(claims: Claims, wrong: set[str], *, was_right: bool) -> str | None:
    """What is untrue of one limb of one side, of which ``wrong`` are the directions that mend it."""
    if not claims.directions <= wrong:
        return "a direction that is not among the facts"
    if not wrong and not was_right:
        return "a limb that is not among the facts"
    if claims.directions or (claims.praise and not wrong) or (claims.blame and wrong):
        return None
    return "praise of a limb that was wrong" if claims.praise else "blame of a limb that was right"
