"""Whether what a model says is true: no limb, side, direction or number that was not measured, and nothing else at all.

Geometry gives the facts, the model words them. What it says is read with the words of a vocabulary; a text that can't
be read as something that was measured is refused, and the coach by rules speaks instead. Refusing a good sentence costs
nothing, so whatever is ambiguous is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from kdance.coach.ai.figures import Figures, clock_times, unmeasured_numbers
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

_TIMES: Final = frozenset({"late", "early"})
_PLACE_S: Final = 1.0
"""Places in the song are told to the second, and rounding may go either way."""

_UNPRINTABLE: Final = re.compile(r"[^\w\s.,!?'’\"“”:;%°()/~–—-]|_|https?|www|[a-z]\.[a-z]{2,}", re.IGNORECASE)
"""Markup, addresses, pictures of faces: anything that no sentence of a coach needs."""
_QUOTED: Final = re.compile(r"[\"“”]([^\"“”]*)")


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
        where: What was wrong from where to where in the song, in seconds: ``late``, ``early`` or side and joint
            (``left shoulder``). What is not among them may be said of any place.
    """

    wrong: frozenset[tuple[str, str, str]] = frozenset()
    right: frozenset[tuple[str, str]] = frozenset()
    unseen: tuple[str, ...] = ()
    topics: frozenset[str] = frozenset()
    praise: bool = False
    figures: Figures = field(default_factory=Figures)
    where: tuple[tuple[str, float, float], ...] = ()

    def is_at(self, what: str, places: Iterable[float]) -> bool:
        """Whether something was wrong at all of these places."""
        spans = [(start, end) for name, start, end in self.where if name == what]
        return not spans or all(any(start - _PLACE_S <= at <= end + _PLACE_S for start, end in spans) for at in places)

    def known_figures(self, sentence: str) -> Figures:
        """The numbers, with those places of a sentence that lie within something that was wrong."""
        within = tuple(at for at in clock_times(sentence) if any(start <= at <= end for _, start, end in self.where))
        return self.figures + Figures(clock=within)


def untruth(text: str, truth: Truth | Callable[[str], Truth], vocabulary: Vocabulary) -> str | None:
    """The first thing in a text that may not be said, in a few fixed words; ``None`` for a text that is true.

    Args:
        text: One sentence or more; "it" in one is the limb of the one before.
        truth: What may be said, in all of it or in a sentence.
        vocabulary: Of its language.
    """
    if _UNPRINTABLE.search(text) or not vocabulary.is_written_in(text):
        return "not a sentence in this language"
    if any(vocabulary.claims(quoted).praise for quoted in _QUOTED.findall(text)):
        return "praise in quotes, which could be meant otherwise"
    before: Claims | None = None
    for sentence in sentences(text):
        its_truth = truth if isinstance(truth, Truth) else truth(sentence)
        if unmeasured_numbers(sentence, its_truth.known_figures(sentence), vocabulary):
            return "a number that was not measured"
        claims = _in_context(vocabulary.claims(sentence), before)
        problem = _problem(claims, its_truth, clock_times(sentence))
        if problem is not None and not _is_true_by_clauses(sentence, before, its_truth, vocabulary):
            return problem
        before = claims if claims.limbs else before
    return None


def _is_true_by_clauses(sentence: str, before: Claims | None, truth: Truth, vocabulary: Vocabulary) -> bool:
    """Whether a sentence has several clauses, each true by itself."""
    clauses, read = vocabulary.clauses(sentence), list[Claims]()
    for clause in clauses:
        claims = _in_context(vocabulary.claims(clause), before)
        if _problem(claims, truth, clock_times(clause)) is not None:
            return False
        before = claims if claims.limbs else before
        read.append(claims)
    # What a clause adds to praise of a limb ("..., mostly") has to be plain, or it could turn its meaning round.
    praises_limb = any(claims.limbs and claims.praise for claims in read)
    are_plain = all(claims.is_plain or claims.directions or claims.topics for claims in read)
    return len(clauses) > 1 and (are_plain or not praises_limb)


def _in_context(claims: Claims, before: Claims | None) -> Claims:
    """Claims on "it", or on nothing that is named, as claims on the limb that was spoken of before."""
    if before is None or claims.limbs or claims.sides:
        return claims
    goes_on = claims.pronouns or claims.directions
    is_bare = not claims.has_subject and not claims.topics and (claims.praise or claims.blame or claims.effort)
    if not goes_on and not is_bare:
        return claims
    return replace(claims, limbs=before.limbs, sides=before.sides, parts=before.parts)


def spoken_of(claims: Claims, truth: Truth) -> frozenset[tuple[str, str, str]]:
    """The joints of ``truth.wrong`` that a text speaks of."""
    return frozenset(
        (side, joint, direction)
        for side, joint, direction in truth.wrong
        if any(joint in LIMB_JOINTS.get(limb, ()) and (not sides or side in sides) for sides, limb in _parts(claims))
        and (not claims.directions or direction in claims.directions)
    )


def _parts(claims: Claims) -> list[tuple[tuple[str, ...], str]]:
    """Each limb with its sides, ``left`` and ``right``; none where the text names none."""
    return sorted(
        (SIDES if "both" in sides or limb in _ONE_OF else tuple(sorted(sides)), _ONE_OF.get(limb, limb))
        for sides, limb in claims.parts
    )


def _problem(claims: Claims, truth: Truth, places: list[int]) -> str | None:
    """What is untrue of a sentence or a clause that names these places in the song, in seconds."""
    untrue = claims.topics - truth.topics
    faulted = claims.blame or claims.effort or claims.directions or claims.topics & _TIMES
    problem = None
    if claims.forbidden:
        problem = "a remark on something else than the dance"
    elif claims.negations:
        problem = "a negation, which could turn the meaning round"
    elif not claims.is_known:
        problem = "words of which nobody knows what they claim"
    elif claims.praise and not truth.praise:
        problem = "praise that is not due"
    elif untrue:
        problem = f"{min(untrue)}: not measured"
    elif "time" in claims.throughout and faulted:
        problem = "a fault for all of the dance"
    elif claims.topics & {"timing", *_TIMES}:
        problem = _timing_problem(claims, truth, places)
    if problem is not None:
        return problem
    if claims.limbs:
        if "unseen" in claims.topics:
            return None if _are_unseen(claims, truth) else "a limb that was seen"
        return _limb_problem(claims, truth, places)
    if claims.sides or claims.directions:
        return "a side or a direction without a limb"
    if claims.blame and not claims.topics:
        return "blame of nothing that was measured"
    is_of_all = claims.throughout and claims.praise and truth.wrong and not claims.exceptions
    return "praise of all, of which some was wrong" if is_of_all else None


def _timing_problem(claims: Claims, truth: Truth, places: list[int]) -> str | None:
    for topic in sorted(claims.topics & _TIMES):
        if not truth.is_at(topic, places):
            return f"{topic}: not measured there"
    if claims.topics & _TIMES or claims.exceptions:
        return None
    if claims.blame or claims.effort:
        was_off = any(topic in truth.topics and truth.is_at(topic, places) for topic in _TIMES)
        return None if was_off else "timing that was right"
    if places:
        is_late = any(
            what in _TIMES and start < max(places) and min(places) < end + (len(places) == 1)
            for what, start, end in truth.where
        )
    else:
        is_late = bool(truth.topics & _TIMES) and (claims.praise or bool(claims.throughout))
    return "on time where it was not" if is_late else None


def _are_unseen(claims: Claims, truth: Truth) -> bool:
    hidden = {
        (side, limb)
        for part in truth.unseen
        for side in (SIDES if part.split()[0] not in SIDES else part.split()[:1])
        for limb in [_ONE_OF.get(part.split()[-1], part.split()[-1])]
    }
    return {(side, limb) for sides, limb in _parts(claims) if limb != "body" for side in sides or SIDES} <= hidden


def _limb_problem(claims: Claims, truth: Truth, places: list[int]) -> str | None:
    """Every limb of its sides with every direction must be among the facts, whichever belong together.

    Without a direction it is praise of what was right or blame of what was wrong, in words that are all known.
    """
    is_blame = claims.blame or claims.effort
    if claims.exceptions or (claims.directions and claims.praise and not is_blame):
        return "a claim on a limb that could be read in two ways"
    if not claims.directions and claims.topics & _TIMES:
        return "a limb's timing, which is not measured"
    if not claims.directions and (claims.praise == is_blame or not (claims.is_plain or is_blame)):
        return "a claim on a limb that is neither plain praise nor a correction"
    for sides, limb in _parts(claims):
        joints = LIMB_JOINTS.get(limb, ())
        wrong = {row for row in truth.wrong if row[1] in joints}
        right = {row for row in truth.right if row[1] in joints}
        its_sides = sides or tuple(sorted({row[0] for row in (*wrong, *right)}))
        if not its_sides:
            return "a limb that is not among the facts"
        for side in its_sides:
            its = {row for row in wrong if row[0] == side}
            directions = {direction for _, _, direction in its}
            problem = _side_problem(claims, directions, was_right=any(row[0] == side for row in right))
            if problem is None and its and not any(truth.is_at(f"{side} {joint}", places) for _, joint, _ in its):
                problem = "a place where it was not measured"
            if problem is not None:
                return problem
    return None


def _side_problem(claims: Claims, wrong: set[str], *, was_right: bool) -> str | None:
    """What is untrue of one limb of one side, of which ``wrong`` are the directions that mend it."""
    if not claims.directions <= wrong:
        return "a direction that is not among the facts"
    if not wrong and not was_right:
        return "a limb that is not among the facts"
    if claims.directions or bool(wrong) != claims.praise:
        return None
    return "praise of a limb that was wrong" if claims.praise else "blame of a limb that was right"
