"""The last word on a session, by rules: from all of its measurements and feedback to a summary a dancer can use.

Every number in the text is one of the measurements, rounded; what was not measured is not mentioned.
"""

from __future__ import annotations

import math
from typing import Any, Final

from kdance.motion.scoring import grade as score_grade
from kdance.review.findings import Findings, accurate_limbs, both_sides, halves
from kdance.review.lateness import LateStretch
from kdance.review.record import FeedbackRecord, Measurements, SessionSummary
from kdance.words.correction_counts import CorrectionCounts, count_corrections
from kdance.words.mistakes import break_area, break_sentence, fault_area, fault_sentence, longest_of
from kdance.words.numbers import clock, how_late, minutes, points, side, sign, where_in
from kdance.words.phrases import Phrases, load_phrases

MIN_INSIGHTS: Final = 3
MAX_INSIGHTS: Final = 5
MAX_SENTENCES: Final = 4
MAX_FAULTS: Final = 3
MAX_LATE_STRETCHES: Final = 2
MAX_BREAKS: Final = 2
_AREAS: Final = {
    "wrong_dance": "right_dance",
    "standing_still": "dance_along",
    "outside": "find_start",
    "too_short": "dance_longer",
    "turned": "turn",
    "few_pictures": "more_pictures",
    "too_far": "come_closer",
}
STRONG: Final = 0.8
"""Score of a section, or of the poses, that is a strength."""


def generate_summary(
    reference: str,
    measurements: Measurements,
    findings: Findings,
    feedback: tuple[FeedbackRecord, ...],
    *,
    language: str = "en",
) -> SessionSummary:
    """Sum up a session by rules.

    Args:
        reference: The name of the dance.
        measurements: What was measured in the whole take.
        findings: What that amounts to.
        feedback: Everything the coach said in it.
        language: Code of the language to write in.
    """
    phrases = load_phrases(language)
    corrected = count_corrections(feedback, findings.unseen)
    if findings.verdict == "danced":
        sentences = _danced(reference, measurements, findings, phrases)
    else:
        sentences = [_not_danced(reference, measurements, findings, phrases)]
    return SessionSummary(
        session_summary=" ".join(sentences),
        key_insights=tuple(_insights(measurements, findings, corrected, phrases)[:MAX_INSIGHTS]),
        improvement_areas=tuple(_improvement_areas(measurements, findings, phrases)),
        strengths=tuple(_strengths(measurements, findings, phrases)),
        summary_source="rules",
    )


def _not_danced(reference: str, measurements: Measurements, findings: Findings, phrases: Phrases) -> str:
    """The whole summary of a take that can't be coached."""
    parts = findings.unseen
    key: str = "part_named" if findings.verdict == "part" and parts else findings.verdict
    if findings.verdict in ("nobody", "part"):
        key = _of_half(key, measurements)
    return phrases.text(
        f"summary.{key}",
        reference=reference,
        points=points(measurements.average_similarity),
        parts=phrases.parts(parts) if parts else "",
        **_figures(measurements, phrases),
    )


def _of_half(key: str, measurements: Measurements) -> str:
    """The sentence that asks for what the camera has to see: of a dance without legs, not for legs."""
    return f"{key}_half" if "legs" in measurements.not_in_reference else key


def _figures(measurements: Measurements, phrases: Phrases) -> dict[str, Any]:
    """What is put into the words for a take that couldn't be judged."""
    pictures = measurements.pictures
    return {
        "seconds": f"{measurements.total_duration:.1f}",
        "option": f"--rotate {pictures.rotate}",
        "number": "" if pictures.per_second is None else f"{pictures.per_second:.2g}",
        "share": phrases.text("report.percent", percent=points(pictures.body_share)),
    }


def _danced(reference: str, measurements: Measurements, findings: Findings, phrases: Phrases) -> list[str]:
    """The summary of a take that was danced: what was good, what was wrong where, when, and what to do next."""
    sentences = [_opening(reference, measurements, findings, phrases)]
    if findings.unseen:
        sentences.append(phrases.text("summary.unseen", parts=phrases.parts(findings.unseen)))
    if findings.hands_otherwise:
        sentences.append(phrases.text("summary.hands", **_arms_and_hands(measurements)))
    if findings.breaks:
        sentences.append(break_sentence(findings.breaks, phrases))
    if findings.faults:
        sentences.append(fault_sentence(both_sides(findings.faults), phrases))
    timing = _timing_sentence(measurements, findings, phrases)
    if timing:
        sentences.append(timing)
    closing = _closing(measurements, findings, phrases)
    return [*sentences, closing][:MAX_SENTENCES]


def _arms_and_hands(measurements: Measurements) -> dict[str, int]:
    return {name: points(measurements.groups[name]) for name in ("arms", "hands")}


def _opening(reference: str, measurements: Measurements, findings: Findings, phrases: Phrases) -> str:
    score = measurements.average_similarity or 0.0
    grade = {"perfect": "great", "great": "great", "good": "good", "ok": "fair", "miss": "hard"}[score_grade(score)]
    if findings.partly:
        percent = points(measurements.coverage)
        return phrases.text("summary.opening_partly", points=points(score), reference=reference, percent=percent)
    best = findings.best
    key = "opening"
    if best is not None and findings.worst is not None and points(best.score) >= points(score) + 5:
        key = "opening_best"
    return phrases.text(
        f"summary.{key}.{grade}",
        points=points(score),
        reference=reference,
        best=clock(best, phrases) if best else "",
        best_points=points(best.score) if best else "",
    )


def _timing_sentence(measurements: Measurements, findings: Findings, phrases: Phrases) -> str | None:
    if findings.late_ms is not None:
        pose = measurements.average_pose_score
        key = side(findings.late_ms)
        if pose is not None and pose >= 0.6:
            key += "_moves_fine"
        return phrases.text(f"summary.{key}", how_late=how_late(findings.late_ms, phrases), points=points(pose))
    if findings.late_stretches:
        largest = _largest(findings.late_stretches)
        key = f"summary.{side(largest.milliseconds, largest.relative)}_in"
        return phrases.text(key, where=clock(largest.span, phrases), how_late=how_late(largest.milliseconds, phrases))
    return None


def _largest(stretches: tuple[LateStretch, ...]) -> LateStretch:
    return max(stretches, key=lambda stretch: abs(stretch.milliseconds))


def _closing(measurements: Measurements, findings: Findings, phrases: Phrases) -> str:
    if findings.late_ms is not None:
        return phrases.text(f"summary.next_{side(findings.late_ms)}")
    if findings.breaks:
        return phrases.text(f"summary.next_break.{longest_of(findings.breaks).kind}")
    if findings.faults:
        fault = both_sides(findings.faults)[0]
        return phrases.text("summary.next_cue", cue=phrases.text(f"cue.{fault.joint}.{sign(fault)}"))
    if findings.late_stretches:
        return phrases.text(f"summary.next_{side(_largest(findings.late_stretches).milliseconds)}")
    return _closing_of_a_clean_take(measurements, findings, phrases)


def _closing_of_a_clean_take(measurements: Measurements, findings: Findings, phrases: Phrases) -> str:
    if findings.partly:
        return phrases.text(f"area.{_of_half('show_all', measurements)}")
    if findings.hands_otherwise:
        return phrases.text("summary.next_hands")
    if (measurements.average_similarity or 0.0) >= STRONG:
        stricter = "" if measurements.strictness == "strict" else "_stricter"
        return phrases.text(f"summary.nothing_wrong{stricter}")
    if findings.worst is not None:
        worst = findings.worst
        return phrases.text("summary.next_part", where=clock(worst, phrases), points=points(worst.score))
    return phrases.text("area.again")


def _insights(
    measurements: Measurements, findings: Findings, corrected: CorrectionCounts, phrases: Phrases
) -> list[str]:
    """Insights, the most telling first."""
    insights = []
    if findings.unseen:
        insights.append(phrases.text("insight.unseen", parts=phrases.parts(findings.unseen)))
    if measurements.coverage < 0.9 or findings.verdict in ("nobody", "part"):
        insights.append(phrases.text("insight.seen", percent=points(measurements.coverage)))
    if findings.verdict == "danced":
        insights += _section_insights(measurements, findings, phrases)
        insights += _timing_insights(measurements, findings, phrases)
    insights += _cue_insights(corrected, phrases)
    if findings.verdict == "danced":
        insights += _score_insights(measurements, phrases)
    if measurements.average_similarity is not None and len(insights) < MIN_INSIGHTS:
        insights.append(phrases.text("insight.average", points=points(measurements.average_similarity)))
    if len(insights) < MIN_INSIGHTS:
        insights.append(phrases.text("insight.watched", seconds=f"{measurements.total_duration:.1f}"))
    return insights


def _section_insights(measurements: Measurements, findings: Findings, phrases: Phrases) -> list[str]:
    if findings.best is None or findings.worst is None:
        scores = [points(section.score) for section in measurements.sections if section.score is not None]
        if len(scores) < 2:
            return []
        low, high = min(scores), max(scores)
        if low >= points(STRONG):  # a strength says so
            return []
        low_to_high = phrases.text("list.range", first=low, last=high) if low < high else str(low)
        return [phrases.text("insight.even", low_to_high=low_to_high)]
    return [
        phrases.text(f"insight.{key}", where=clock(section, phrases), points=points(section.score))
        for key, section in (("best", findings.best), ("worst", findings.worst))
    ]


def _timing_insights(measurements: Measurements, findings: Findings, phrases: Phrases) -> list[str]:
    timing = measurements.timing
    insights = []
    if timing.tempo is not None and points(abs(timing.tempo - 1)) >= 3:
        key = "faster" if timing.tempo > 1 else "slower"
        insights.append(phrases.text(f"insight.{key}", percent=points(abs(timing.tempo - 1))))
    if findings.late_ms is not None:
        key, counts = side(findings.late_ms), timing.offset_counts
        insights.append(
            phrases.text(
                f"insight.{key}{'' if counts is None else '_counts'}",
                milliseconds=abs(round(findings.late_ms)),
                counts="" if counts is None else f"{abs(counts):.1f}",
                forgiven=round(measurements.forgiven_ms),
            )
        )
    elif findings.forgiven_ms is not None:
        key = f"insight.forgiven_{side(findings.forgiven_ms)}"
        insights.append(phrases.text(key, milliseconds=abs(round(findings.forgiven_ms))))
    elif _is_steady(measurements, findings):
        insights.append(phrases.text("insight.steady_time"))
    if findings.late_stretches and findings.late_ms is None:
        where = where_in([late.span for late in findings.late_stretches], phrases)
        insights.append(phrases.text("insight.late_stretches", where=where))
    return insights


def _is_steady(measurements: Measurements, findings: Findings) -> bool:
    """Whether the dancer kept time, as far as that could be measured in half of the dance or more."""
    told = [row.offset_ms is not None for row in measurements.timeline if row.combined_score is not None]
    measured = measurements.timing.offset_ms is not None and 2 * sum(told) >= len(told)
    return measured and findings.late_ms is None and not findings.late_stretches and not findings.breaks


def _cue_insights(corrected: CorrectionCounts, phrases: Phrases) -> list[str]:
    if corrected.sentence is not None:
        cue, count = corrected.sentence
        return [phrases.text("insight.frequent_cue", cue=cue, count=count)]
    if corrected.joint is not None:
        joint, count = corrected.joint
        return [phrases.text(f"insight.frequent_joint.{joint}", count=count, total=corrected.total)]
    return []


def _score_insights(measurements: Measurements, phrases: Phrases) -> list[str]:
    insights = []
    grades = measurements.distribution
    great = grades.perfect + grades.great
    total = great + grades.good + grades.ok + grades.miss
    key, count = ("great", great) if 4 * great >= total else ("good", great + grades.good)
    if count:
        insights.append(phrases.text(f"insight.consistency_{key}", count=count, total=total))
    pose, motion = measurements.average_pose_score, measurements.average_motion_score
    if pose is not None and motion is not None and abs(pose - motion) >= 0.1:
        key = "pose_ahead" if pose > motion else "motion_ahead"
        insights.append(phrases.text(f"insight.{key}", pose=points(pose), motion=points(motion)))
    return insights


def _improvement_areas(measurements: Measurements, findings: Findings, phrases: Phrases) -> list[str]:
    if findings.verdict != "danced":
        key = _AREAS.get(findings.verdict) or _of_half("show_all", measurements)
        return [phrases.text(f"area.{key}", **_figures(measurements, phrases))]
    areas = []
    if findings.unseen:
        areas.append(phrases.text("area.show_parts", parts=phrases.parts(findings.unseen)))
    elif findings.partly:
        areas.append(phrases.text(f"area.{_of_half('show_all', measurements)}"))
    if findings.hands_otherwise:
        areas.append(phrases.text("area.hands", **_arms_and_hands(measurements)))
    if findings.late_ms is not None:
        key = f"area.{side(findings.late_ms)}"
        areas.append(phrases.text(key, milliseconds=abs(round(findings.late_ms))))
    areas += [break_area(found, phrases) for found in findings.breaks[:MAX_BREAKS]]
    areas += [fault_area(fault, phrases) for fault in both_sides(findings.faults)[:MAX_FAULTS]]
    for late in sorted(findings.late_stretches, key=lambda late: -abs(late.milliseconds))[:MAX_LATE_STRETCHES]:
        key = f"area.{side(late.milliseconds, late.relative)}_in"
        areas.append(phrases.text(key, where=clock(late.span, phrases), milliseconds=abs(round(late.milliseconds))))
    if areas or (measurements.average_similarity or 0.0) >= STRONG:
        return areas
    worst = findings.worst
    if worst is None:
        return [phrases.text("area.again")]
    return [phrases.text("area.part", where=clock(worst, phrases), points=points(worst.score))]


def _strengths(measurements: Measurements, findings: Findings, phrases: Phrases) -> list[str]:
    if findings.verdict != "danced":
        return []
    strengths = _section_strengths(measurements, phrases)
    pose = measurements.average_pose_score
    if pose is not None and pose >= STRONG:
        strengths.append(phrases.text("strength.poses", points=points(pose)))
    if _is_steady(measurements, findings):
        strengths.append(phrases.text("strength.timing"))
    limbs, error = accurate_limbs(measurements, findings)
    if limbs and pose is not None and pose >= 0.5:
        strengths.append(phrases.text("strength.limbs", parts=phrases.parts(limbs), degrees=math.ceil(error)))
    means = halves(measurements)
    if means is not None and means[1] - means[0] >= 0.05:
        strengths.append(phrases.text("strength.rising", first=points(means[0]), second=points(means[1])))
    moment = measurements.best_moment
    if not strengths and moment is not None:
        where = minutes(moment.reference_time)
        strengths.append(phrases.text("strength.moment", where=where, points=points(moment.combined_score)))
    return strengths


def _section_strengths(measurements: Measurements, phrases: Phrases) -> list[str]:
    scored = [section for section in measurements.sections if section.score is not None]
    strong = [section for section in scored if section.score is not None and section.score >= STRONG]
    if not strong:
        return []
    least = points(min(section.score or 0.0 for section in strong))
    if len(strong) == len(measurements.sections):
        return [phrases.text("strength.whole", points=least)]
    where = phrases.joined([clock(section, phrases) for section in strong[:3]])
    return [phrases.text("strength.parts", where=where, points=least)]
