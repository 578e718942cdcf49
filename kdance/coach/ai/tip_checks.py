"""A model's answer to the facts of a moment: checked, it becomes a tip; else the coach by rules speaks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

from kdance.coach.ai.checks import Truth, correction, spoken_of, untruth
from kdance.coach.ai.figures import Figures
from kdance.coach.ai.vocabulary import Vocabulary
from kdance.coach.facts import Facts, Tip
from kdance.coach.rules import GOOD, LATE, severity_of_error, severity_of_lateness
from kdance.pose import JOINT_NAMES
from kdance.review.record import Severity

MAX_WORDS: Final = 12
MAX_LETTERS: Final = 80
"""What fits into the window's line of advice."""

FIELDS: Final = frozenset({"text", "severity", "focus_areas", "is_positive"})
"""What the answer to a question while dancing has."""
WARNINGS: Final = frozenset({"unseen", "standing_still", "wrong_dance"})
"""What can't be judged, which comes before any fault."""


@dataclass(frozen=True, slots=True)
class CheckedTip:
    """A tip that was true when it was asked for.

    Attributes:
        tip: The sentence.
        about: What it is about, as the keys of the rules' cues (``left_knee.negative``, ``late``), or ``praise``.
    """

    tip: Tip
    about: str


def truth_of(facts: Facts, mended: tuple[str, ...] = ()) -> Truth:
    """What may be said about the facts of a moment.

    Args:
        facts: What was measured.
        mended: Joints that were corrected and are right now.
    """
    is_dance = not (facts.wrong_dance or facts.standing_still)
    errors = {
        joint: error
        for joint, error in facts.joint_errors.items()
        if is_dance and joint in JOINT_NAMES and math.isfinite(error) and error != 0
    }
    topics = {name for name in ("wrong_dance", "standing_still") if getattr(facts, name)}
    if facts.unseen:
        topics.add("unseen")
    lateness = facts.lateness if is_dance else None
    if lateness is not None:
        topics.add("timing")
        if abs(lateness) > LATE:
            topics.add("late" if lateness > 0 else "early")
    return Truth(
        wrong=frozenset(correction(joint, error) for joint, error in errors.items()),
        right=frozenset((joint.partition("_")[0], joint.partition("_")[2]) for joint in mended if joint not in errors),
        unseen=facts.unseen,
        topics=frozenset(topics),
        praise=is_praiseworthy(facts),
        figures=_figures(facts, tuple(errors.values()), lateness),
    )


def is_praiseworthy(facts: Facts) -> bool:
    """Whether praise is honest."""
    score = facts.combined_score
    return score is not None and score >= GOOD and not (facts.unseen or facts.wrong_dance or facts.standing_still)


def check_tip(
    answer: Mapping[str, Any] | None, facts: Facts, vocabulary: Vocabulary, *, mended: tuple[str, ...] = ()
) -> CheckedTip | None:
    """Make a tip of an answer; ``None`` where anything in it is not among the facts.

    Severity and focus areas of the tip are those of the facts it speaks of, not those the model claims.
    """
    if answer is None or not _is_well_formed(answer, facts, mended):
        return None
    text = " ".join(str(answer["text"]).split())
    if not 0 < len(text) <= MAX_LETTERS or len(text.split()) > MAX_WORDS:
        return None
    truth = truth_of(facts, mended)
    if untruth(text, truth, vocabulary) is not None:
        return None
    claims = vocabulary.claims(text)
    wrong = spoken_of(claims, truth) if claims.limbs and "unseen" not in claims.topics else frozenset()
    joints = [joint for joint in facts.joint_errors if any(joint == f"{side}_{kind}" for side, kind, _ in wrong)]
    topics = claims.topics - {"timing"}
    if not joints and not topics:
        return _praise(text, claims.praise, bool(claims.topics), facts, mended if claims.limbs else ())
    if answer["is_positive"] or (joints and not claims.directions):
        return None  # "your left arm" alone is no advice
    about = next((name for name in (*sorted(WARNINGS), "late", "early") if name in topics), "")
    if joints and about not in WARNINGS:
        about = about or f"{joints[0]}.{'negative' if facts.joint_errors[joints[0]] < 0 else 'positive'}"
    return CheckedTip(Tip(text, _severity(joints, topics, facts), tuple(joints), False), about)


def _is_well_formed(answer: Mapping[str, Any], facts: Facts, mended: tuple[str, ...]) -> bool:
    if not answer.keys() >= FIELDS or not isinstance(answer["text"], str):
        return False
    areas = answer["focus_areas"]
    known = {*facts.joint_errors, *mended}
    return (
        isinstance(answer["is_positive"], bool)
        and answer["severity"] in get_args(Severity)
        and isinstance(areas, list)
        and all(isinstance(area, str) and area in known for area in areas)
    )


def _praise(text: str, has_praise: bool, on_time: bool, facts: Facts, mended: tuple[str, ...]) -> CheckedTip | None:
    if not has_praise or not is_praiseworthy(facts):
        return None
    if on_time and (facts.lateness is None or abs(facts.lateness) > LATE):
        return None
    return CheckedTip(Tip(text, "low", tuple(mended), True), "praise")


def _severity(joints: list[str], topics: frozenset[str], facts: Facts) -> Severity:
    """As the rules see it: of the worst thing that the text speaks of."""
    if topics.intersection(WARNINGS):
        return "high" if facts.combined_score is None or "unseen" not in topics else "medium"
    found = [severity_of_error(facts.joint_errors[joint]) for joint in joints]
    if topics and facts.lateness is not None:
        found.append(severity_of_lateness(facts.lateness))
    return max(found, key=get_args(Severity).index, default="low")


def _figures(facts: Facts, errors: tuple[float, ...], lateness: float | None) -> Figures:
    scores = (facts.pose_score, facts.motion_score, facts.combined_score)
    points = tuple(100 * score for score in scores if score is not None)
    if lateness is None:
        return Figures(points=points, degrees=errors)
    return Figures(
        points=points,
        degrees=errors,
        ms=(1000 * lateness,),
        counts=(lateness / facts.seconds_per_count,) if lateness and facts.seconds_per_count else (),
    )
