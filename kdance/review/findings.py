"""What a take's measurements amount to, before any words: what was good, what was wrong, and where.

They are worked out once for a report and handed on. The summary by rules words them, the report's sentences and tables
show them; an AI summary can be given them as its facts and be held against them.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import Final

from kdance.motion.hand_score import are_otherwise
from kdance.pose import LIMBS, joints_of, merged_parts
from kdance.review.lateness import LatePart, LateStretch, Span, constant_lateness, late_stretches, level_ms, parts_of
from kdance.review.record import Break, Measurements, Section, Verdict

UNEVEN: Final = 0.1
"""Between the best and the worst section, from which telling them apart helps."""

SEEN: Final = 0.5
"""Share of the time a limb must be seen to be judged, of the time of the limb that is seen best."""

IN_VIDEO: Final = 0.2
"""Share of the dance in which its video has to show a limb for a dancer to be judged by it."""

PARTLY: Final = 0.6
"""Share of the dance from which a score speaks for all of it."""

ACCURATE_DEG: Final = 12.0
"""Mean error of a limb that deserves a compliment."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A joint that was wrong in one direction.

    Attributes:
        joint: Its name.
        degrees: Mean signed error where it was wrong.
        spans: Where, in order.
    """

    joint: str
    degrees: float
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """What there is to say about a take.

    Attributes:
        verdict: What kind of take it was.
        unseen: Limbs seen too rarely to judge ("left arm", "legs").
        partly: Whether so little was seen that the score is for that part alone.
        best: The best section; ``worst`` likewise, ``None`` where all are about as good.
        faults: Worst first; none of limbs that were seen too rarely.
        breaks: Where the dancer stood still or danced something else for some seconds, in order.
        forgiven_ms: Constant lateness that costs nothing; ``None`` where there is none worth telling.
        late_ms: Lateness throughout that is the dancer's own.
        level_ms: What of each part's lateness goes without saying: the lateness of most, where that is forgiven; 0
            where there is none. Tables leave it out, so that they and the sentences give the same numbers.
        late_parts: The dance in parts of one lateness each, as far as that is known, in order.
        late_stretches: What came early or late, in order.
        hands_otherwise: Whether the arms are right and the hands, which count in this dance, do something else.
    """

    verdict: Verdict
    unseen: tuple[str, ...]
    partly: bool
    best: Section | None
    worst: Section | None
    faults: tuple[Fault, ...]
    breaks: tuple[Break, ...]
    forgiven_ms: float | None
    late_ms: float | None
    level_ms: float
    late_parts: tuple[LatePart, ...]
    late_stretches: tuple[LateStretch, ...]
    hands_otherwise: bool


def can_be_worded(measurements: Measurements) -> bool:
    """Whether there is enough for a model to word: this dance, and most of it seen; the rules say the rest best.

    So they do where it is the hands that are wrong, of which a model is told nothing.
    """
    is_seen = measurements.verdict == "danced" and measurements.coverage >= PARTLY
    return is_seen and not _hands_otherwise(measurements)


def both_sides(faults: tuple[Fault, ...]) -> tuple[Fault, ...]:
    """The faults with a joint that was wrong the same way on both sides at once as one: ``both_shoulder``."""
    told: list[Fault] = []
    for fault in faults:
        kind = fault.joint.partition("_")[2]
        for index, other in enumerate(told):
            is_pair = other.joint.partition("_")[2] == kind and other.joint[:4] != fault.joint[:4]
            if is_pair and other.degrees * fault.degrees > 0 and _overlap(other.spans, fault.spans):
                told[index] = Fault(f"both_{kind}", (other.degrees + fault.degrees) / 2, other.spans)
                break
        else:
            told.append(fault)
    return tuple(told)


def _overlap(some: tuple[Span, ...], others: tuple[Span, ...]) -> bool:
    """Whether two faults lie in about the same places: most of the time of each is the other's as well."""
    shared = sum(max(min(a.end, b.end) - max(a.start, b.start), 0.0) for a in some for b in others)
    longest = max(sum(span.end - span.start for span in spans) for spans in (some, others))
    return shared > longest / 2


def find(measurements: Measurements) -> Findings:
    """Draw the findings from all measurements."""
    unseen = unseen_limbs(measurements)
    hidden = joints_of(unseen)
    scored = [section for section in measurements.sections if section.score is not None]
    best = max(scored, key=_score, default=None)
    worst = min(scored, key=_score, default=None)
    if best is None or worst is None or _score(best) - _score(worst) < UNEVEN:
        worst = None
    parts = parts_of(measurements.timeline)
    forgiven_ms, late_ms = constant_lateness(measurements, parts)
    return Findings(
        verdict=measurements.verdict,
        unseen=unseen,
        partly=measurements.coverage < PARTLY,
        best=best,
        worst=worst,
        faults=tuple(fault for fault in _faults(measurements) if fault.joint not in hidden),
        breaks=measurements.breaks,
        forgiven_ms=forgiven_ms,
        late_ms=late_ms,
        level_ms=0.0 if forgiven_ms is None else level_ms(parts),
        late_parts=parts,
        late_stretches=late_stretches(measurements, parts),
        hands_otherwise=_hands_otherwise(measurements),
    )


def accurate_limbs(measurements: Measurements, findings: Findings) -> tuple[tuple[str, ...], float]:
    """Limbs without a fault that were right nearly always, and the largest mean error of their joints in degrees.

    None where the dancer stood still or danced something else for a while: no limb was right then.
    """
    if findings.breaks:
        return (), 0.0
    wrong = {fault.joint for fault in findings.faults}
    errors: dict[str, float] = {}
    for limb, names in LIMBS.items():
        if wrong.intersection(names):
            continue
        reports = [measurements.joints[name] for name in names if name in measurements.joints]
        means = [r.mean_error_deg for r in reports if r.mean_error_deg is not None and r.coverage >= SEEN]
        if len(means) == len(names) and max(means) <= ACCURATE_DEG:
            errors[limb] = max(means)
    return merged_parts(tuple(errors)), max(errors.values(), default=0.0)


def halves(measurements: Measurements) -> tuple[float, float] | None:
    """Mean score of the first and of the second half of the take; ``None`` where that says little."""
    scores = [row.combined_score for row in measurements.timeline if row.combined_score is not None]
    if len(scores) < 8:
        return None
    middle = len(scores) // 2
    return fmean(scores[:middle]), fmean(scores[middle:])


def _score(section: Section) -> float:
    assert section.score is not None
    return section.score


def unseen_limbs(measurements: Measurements) -> tuple[str, ...]:
    """Limbs seen much less than the others; a dancer who left the picture is another matter.

    What the reference doesn't show isn't missed: at no time, or where its own video hides it.
    """
    missing, unseen = joints_of(measurements.not_in_reference), unseen_joints(measurements)
    return merged_parts(
        tuple(limb for limb, names in LIMBS.items() if missing.isdisjoint(names) and not unseen.isdisjoint(names))
    )


def unseen_joints(measurements: Measurements) -> frozenset[str]:
    """The joints of :func:`unseen_limbs` that are to blame for that."""
    shown, missing = measurements.in_video.joints, joints_of(measurements.not_in_reference)
    coverage = {
        name: report.coverage
        for name, report in measurements.joints.items()
        if name not in missing and shown.get(name, 1.0) >= IN_VIDEO
    }
    most = max(coverage.values(), default=0.0)
    return frozenset(name for name, share in coverage.items() if share < SEEN * most)


def _hands_otherwise(measurements: Measurements) -> bool:
    arms, hands = measurements.groups.get("arms"), measurements.groups.get("hands")
    if measurements.hands is None or arms is None or hands is None:
        return False
    return are_otherwise(arms, hands, measurements.hands.weight)


def _faults(measurements: Measurements) -> tuple[Fault, ...]:
    return tuple(
        Fault(fault.joint, fault.mean_error_deg, tuple(Span(*span) for span in fault.spans))
        for fault in measurements.faults
    )
