"""The numbers of a report in a dancer's words. Plain strings; nothing here knows of a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from kdance.motion import scoring
from kdance.review.findings import Findings
from kdance.review.lateness import LateStretch, parts_within
from kdance.review.record import JointReport, Moment, Section, SessionReport
from kdance.words.numbers import clock, minutes, points, side
from kdance.words.phrases import Phrases

CLOSE_DEG: Final = 10.0
"""Mean error below which a joint needs no advice: about what the pose network itself gets wrong."""

HARDLY_SEEN: Final = 0.2
"""Share of the time below which a joint's error is a matter of chance."""

ON_TIME_MS: Final = 80.0
"""Lateness of a section that is not worth telling: two to three frames of a webcam."""

STARTS_MS: Final = 50.0
"""Between a recording and its dance, from which it is worth telling."""

MAX_LATE_STRETCHES: Final = 3
"""More places in one sentence are not remembered."""

# Beats that words are true to within an eighth of.
_FRACTIONS: Final = {
    0.25: "quarter", 0.5: "half", 0.75: "three_quarters", 1.0: "one", 1.5: "one_and_a_half", 2.0: "two"
}  # fmt: skip
_WITHOUT_SCORE: Final = ("nobody", "outside", "too_short", "unscored", "turned", "few_pictures", "too_far")


def plain(text: str) -> str:
    """Text without control characters: neither a file's name nor an AI may steer the terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


def grade(score: float, phrases: Phrases) -> str:
    """The grade of a score 0..1.

    >>> from kdance.words.phrases import load_phrases
    >>> grade(0.83, load_phrases("en"))
    'GREAT'
    """
    return phrases.text(f"report.grade.{scoring.grade(score)}")


def no_score(report: SessionReport, phrases: Phrases) -> str:
    """Why there is no score, as a sentence."""
    return phrases.text(f"report.no_score.{report.verdict if report.verdict in _WITHOUT_SCORE else 'part'}")


def ending(report: SessionReport, phrases: Phrases) -> str:
    """How the session ended, where it did not simply end."""
    return "" if report.status == "completed" else phrases.text(f"report.ending.{report.status}")


def date(started_at: str, phrases: Phrases, *, year: bool = True) -> str:
    """When a session started, by the dancer's own clock then.

    >>> from kdance.words.phrases import load_phrases
    >>> date("2026-11-22T14:15:03+01:00", load_phrases("en"))
    '22 Nov 2026, 14:15'
    """
    try:
        started = datetime.fromisoformat(started_at)
    except ValueError:
        return plain(started_at)
    return phrases.text(
        "report.date" if year else "report.date_without_year",
        year=started.year,
        month=phrases.text(f"report.month.{started.month}"),
        day=started.day,
        time=f"{started:%H:%M}",
    )


def day(started_at: str, phrases: Phrases) -> str:
    """The day of it alone.

    >>> from kdance.words.phrases import load_phrases
    >>> day("2026-11-22T14:15:03+01:00", load_phrases("en")), day("2026-11-22T14:15:03+01:00", load_phrases("ko"))
    ('22 Nov', '11월 22일')
    """
    started = datetime.fromisoformat(started_at)
    return phrases.text("report.day", month=phrases.text(f"report.month.{started.month}"), day=started.day)


def percent(share: float, phrases: Phrases) -> str:
    """A share 0..1 as per cent; never a rounded 0 or 100 that is not true.

    >>> from kdance.words.phrases import load_phrases
    >>> percent(0.999, load_phrases("en")), percent(0.001, load_phrases("ko"))
    ('99 %', '1%')
    """
    whole = round(share * 100)
    percents = min(max(whole, 0 if share <= 0 else 1), 100 if share >= 1 else 99)
    return phrases.text("report.percent", percent=percents)


def joint(name: str, phrases: Phrases) -> str:
    """A joint as a dancer calls it.

    >>> from kdance.words.phrases import load_phrases
    >>> joint("left_shoulder", load_phrases("en")), joint("left_knee", load_phrases("en"))
    ('left arm', 'left knee')
    """
    return phrases.text(f"report.joint.{name}")


def is_off(report: JointReport) -> bool:
    """Whether a joint was wrong, and in one direction."""
    mean, signed = report.mean_error_deg, report.signed_error_deg
    if mean is None or signed is None or report.coverage < HARDLY_SEEN:
        return False
    return mean >= CLOSE_DEG and abs(signed) >= mean / 2


def direction(name: str, report: JointReport, phrases: Phrases, *, in_video: bool = True) -> str:
    """How a joint was wrong; ``in_video`` says whether the reference shows it at all.

    >>> from kdance.words.phrases import load_phrases
    >>> direction(
    ...     "left_shoulder", JointReport(mean_error_deg=22, signed_error_deg=-18, coverage=1), load_phrases("en")
    ... )
    '18° too low'
    """
    mean, signed = report.mean_error_deg, report.signed_error_deg
    if not in_video:
        return phrases.text("report.off.not_in_video")
    if mean is None or signed is None:
        return phrases.text(f"report.off.{'hardly_seen' if report.coverage > 0 else 'not_seen'}")
    if report.coverage < HARDLY_SEEN:
        return phrases.text("report.off.hardly_seen")
    if mean < CLOSE_DEG:
        return phrases.text("report.off.close")
    if not is_off(report):
        return phrases.text("report.off.both_ways")
    way = "negative" if signed < 0 else "positive"
    return phrases.text(f"report.off.{name.rpartition('_')[2]}.{way}", degrees=f"{abs(signed):.0f}")


def moment(found: Moment, phrases: Phrases) -> str:
    """The best or the worst half second."""
    return phrases.text("report.moment.at", time=minutes(found.reference_time), points=points(found.combined_score))


def seconds(milliseconds: float, phrases: Phrases) -> str:
    """The size of a lateness.

    >>> from kdance.words.phrases import load_phrases
    >>> seconds(-254.0, load_phrases("en"))
    '0.25 s'
    """
    return phrases.text("report.seconds", seconds=f"{abs(milliseconds) / 1000:.2f}")


def lateness(milliseconds: float | None, phrases: Phrases) -> str:
    """Lateness in a table.

    >>> from kdance.words.phrases import load_phrases
    >>> [lateness(late, load_phrases("en")) for late in (-254.0, 12.0, None)]
    ['0.25 s early', 'on time', '']
    """
    if milliseconds is None:
        return ""
    if abs(milliseconds) < ON_TIME_MS:
        return phrases.text("report.lateness.none")
    return phrases.text(f"report.lateness.{side(milliseconds)}", seconds=seconds(milliseconds, phrases))


def section_lateness(section: Section, findings: Findings, phrases: Phrases) -> str:
    """Lateness of a section in a table; of one that mixes two, how late it was from, until or at which second."""
    if section.offset_ms is not None:
        return lateness(section.offset_ms - findings.level_ms, phrases)
    parts = parts_within(findings.late_parts, section.start, section.end)
    off = [part for part in parts if abs(part.milliseconds - findings.level_ms) >= ON_TIME_MS]
    if not off:
        return ""
    worst = max(off, key=lambda part: (abs(part.milliseconds - findings.level_ms), part.seconds))
    key = "from" if worst is parts[-1] else "until" if worst is parts[0] else "at"
    return phrases.text(
        f"report.lateness.{key}",
        late=lateness(worst.milliseconds - findings.level_ms, phrases),
        time=minutes(worst.span.end if key == "until" else worst.span.start),
    )


def is_danced(report: SessionReport) -> bool:
    """Whether it was this dance, and danced."""
    return report.verdict == "danced"


def timing(report: SessionReport, findings: Findings, phrases: Phrases) -> list[str]:
    """When the dancer danced, as sentences; the constant part apart from the rest."""
    said = _timing_of_the_dancer(report, findings, phrases)
    starts = report.timing.start_offset_ms
    if abs(starts) >= STARTS_MS and report.average_similarity is not None:
        key = "starts_after" if starts > 0 else "starts_before"
        said.append(phrases.text(f"report.timing.{key}", seconds=seconds(starts, phrases)))
    return said


def _timing_of_the_dancer(report: SessionReport, findings: Findings, phrases: Phrases) -> list[str]:
    if report.average_similarity is None or not is_danced(report):  # early or late in which dance?
        return []
    said = _tempo(report, phrases)
    if report.mode == "free":
        return said or [phrases.text("report.timing.led")]
    if report.timing.offset_ms is None and not findings.late_parts:
        return [*said, phrases.text("report.timing.unknown")]
    if findings.late_ms is not None:
        said.append(_throughout(report, findings.late_ms, phrases))
    if findings.late_stretches:
        said.append(_since(findings, phrases) or _late_stretches_of(findings, phrases))
    elif findings.late_ms is None:
        said.append(phrases.text(f"report.timing.on_time{'_where_danced' if findings.breaks else ''}"))
    if (forgiven := findings.forgiven_ms) is not None:
        said.append(phrases.text(f"report.timing.forgiven_{side(forgiven)}", seconds=seconds(forgiven, phrases)))
    return said


def _tempo(report: SessionReport, phrases: Phrases) -> list[str]:
    tempo = report.timing.tempo
    if tempo is None or abs(tempo - 1) < 0.02:
        return []
    percents = phrases.text("report.percent", percent=f"{abs(tempo - 1) * 100:.0f}")
    return [phrases.text(f"report.timing.{'faster' if tempo > 1 else 'slower'}", percent=percents)]


def _throughout(report: SessionReport, milliseconds: float, phrases: Phrases) -> str:
    """How early or late all of it came: in beats where words are true, and in seconds."""
    counts = report.timing.offset_counts
    how_much = "seconds" if counts is None else _fraction(abs(counts))
    return phrases.text(f"report.timing.{side(milliseconds)}.{how_much}", seconds=seconds(milliseconds, phrases))


def _fraction(counts: float) -> str:
    nearest = min(_FRACTIONS, key=lambda value: abs(value - counts))
    return _FRACTIONS[nearest] if abs(nearest - counts) <= 0.125 else "seconds"


def _since(findings: Findings, phrases: Phrases) -> str:
    """On time first, then late to the end: where that is all there is to say."""
    stretches, parts = findings.late_stretches, findings.late_parts
    if len(stretches) != 1 or findings.late_ms is not None or stretches[0].relative:
        return ""
    (late,) = stretches
    before = [part for part in parts if part.span.start < late.span.start]
    if not before or late.span.end < parts[-1].span.end or any(abs(p.milliseconds) >= ON_TIME_MS for p in before):
        return ""
    key = f"report.timing.then_{side(late.milliseconds)}"
    return phrases.text(key, time=minutes(late.span.start), seconds=seconds(late.milliseconds, phrases))


def _late_stretches_of(findings: Findings, phrases: Phrases) -> str:
    return _late_stretches(findings.late_stretches, phrases, of_the_rest=findings.late_ms is not None)


def _late_stretches(stretches: Sequence[LateStretch], phrases: Phrases, *, of_the_rest: bool) -> str:
    """The parts that came early or late, the largest few, in the order of the dance."""
    largest = sorted(stretches, key=lambda late: -abs(late.milliseconds))[:MAX_LATE_STRETCHES]
    told = [
        phrases.text(
            f"report.late_stretch.{side(late.milliseconds, of_the_rest)}",
            seconds=seconds(late.milliseconds, phrases),
            where=clock(late.span, phrases),
        )
        for late in sorted(largest, key=lambda late: late.span.start)
    ]
    first, second, third = (*told, "", "")[:MAX_LATE_STRETCHES]
    key = f"report.{'late_stretches_against_the_rest' if of_the_rest else 'late_stretches'}.{len(told)}"
    return phrases.text(key, first=first, second=second, third=third)
