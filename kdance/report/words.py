"""The numbers of a report in a dancer's words. Plain strings; nothing here knows of a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from statistics import median_high, median_low
from typing import Final

from kdance.feedback.findings import LEVEL_MS, Delay, find
from kdance.feedback.wording import clock, minutes, points
from kdance.motion import scoring
from kdance.records import JointReport, Moment, SessionReport

CLOSE_DEG: Final = 10.0
"""Mean error below which a joint needs no advice: about what the pose network itself gets wrong."""

HARDLY_SEEN: Final = 0.2
"""Share of the time below which a joint's error is a matter of chance."""

ON_TIME_MS: Final = 80.0
"""Lateness of a section that is not worth telling: two to three frames of a webcam."""

MAX_DELAYS: Final = 3
"""More places in one sentence are not remembered."""

_STATUS: Final = {
    "completed": "",
    "interrupted": "stopped before the end",
    "recovered": "kdance was stopped; recovered from what was stored",
}
# a joint's signed error: (negative: more bent, or the limb nearer the body; positive)
_DIRECTIONS: Final = {
    "elbow": ("too bent", "too straight"),
    "shoulder": ("too low", "too high"),
    "hip": ("too bent", "too straight"),
    "knee": ("too bent", "too straight"),
}


def plain(text: str) -> str:
    """Text without control characters: neither a file's name nor an AI may steer the terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


def grade(score: float) -> str:
    """The grade of a score 0..1.

    >>> grade(0.83)
    'great'
    """
    return str(scoring.grade(score))


_NO_SCORE: Final = {
    "nobody": "Nobody was seen, so there is no score.",
    "outside": "Nothing of this lies within the dance, so there is no score.",
    "too_short": "That was too short for a score.",
    "unscored": "This session has no score.",
}


def no_score(report: SessionReport) -> str:
    """Why there is no score, as a sentence."""
    return _NO_SCORE.get(report.verdict, "Too little of you was seen, so there is no score.")


def status(report: SessionReport) -> str:
    """How the session ended, where it did not simply end."""
    return _STATUS[report.status]


def date(started_at: str, *, year: bool = True) -> str:
    """When a session started, by the dancer's own clock then.

    >>> date("2026-11-22T14:15:03+01:00")
    '22 Nov 2026, 14:15'
    """
    try:
        started = datetime.fromisoformat(started_at)
    except ValueError:
        return started_at
    return f"{started.day} {started:%b}{f' {started.year},' if year else ''} {started:%H:%M}"


def percent(share: float) -> str:
    """A share 0..1 as per cent; never a rounded 0 or 100 that is not true.

    >>> percent(0.999), percent(0.001)
    ('99 %', '1 %')
    """
    whole = round(share * 100)
    return f"{min(max(whole, 0 if share <= 0 else 1), 100 if share >= 1 else 99)} %"


def joint(name: str) -> str:
    """A joint as a dancer calls it.

    >>> joint("left_shoulder"), joint("left_knee")
    ('left arm', 'left knee')
    """
    return name.replace("_", " ").replace("shoulder", "arm")


def direction(name: str, report: JointReport) -> str:
    """How a joint was wrong.

    >>> direction("left_shoulder", JointReport(mean_error_deg=22, signed_error_deg=-18, coverage=1))
    '18° too low'
    """
    mean, signed = report.mean_error_deg, report.signed_error_deg
    if mean is None or signed is None:
        return "not seen"
    if report.coverage < HARDLY_SEEN:
        return "hardly seen"
    if mean < CLOSE_DEG:
        return "close"
    if abs(signed) < mean / 2:
        return "now more, now less"
    negative, positive = _DIRECTIONS[name.rpartition("_")[2]]
    return f"{abs(signed):.0f}° {negative if signed < 0 else positive}"


def moment(found: Moment) -> str:
    """The best or the worst half second."""
    return f"{minutes(found.reference_time)} in the dance, {points(found.combined_score)}"


def seconds(milliseconds: float) -> str:
    """The size of a lateness.

    >>> seconds(-254.0)
    '0.25 s'
    """
    return f"{abs(milliseconds) / 1000:.2f} s"


def lateness(milliseconds: float | None) -> str:
    """Lateness in a table.

    >>> lateness(-254.0), lateness(12.0), lateness(None)
    ('0.25 s early', 'on time', '')
    """
    if milliseconds is None:
        return ""
    if abs(milliseconds) < ON_TIME_MS:
        return "on time"
    return f"{seconds(milliseconds)} {_side(milliseconds)}"


def forgiven_ms(report: SessionReport) -> float:
    """The constant lateness in milliseconds that a section's lateness is told without; 0 where there is none.

    It is the lateness of most sections, as in the findings, so that table and sentence give the same numbers.
    """
    offsets = [section.offset_ms for section in report.sections if section.offset_ms is not None]
    if not offsets or find(report, report.detailed_feedback).forgiven_ms is None:
        return 0.0
    typical = min(median_low(offsets), median_high(offsets), key=abs)
    return typical if abs(typical) >= LEVEL_MS else 0.0


def is_danced(report: SessionReport) -> bool:
    """Whether it was this dance, and danced."""
    return report.verdict == "danced"


def timing(report: SessionReport) -> list[str]:
    """When the dancer danced, as sentences; the constant part apart from the rest."""
    if report.average_similarity is None or not is_danced(report):  # early or late in which dance?
        return []
    if report.mode == "free":
        return _tempo(report) or ["You led: nothing to be early or late against."]
    if report.timing.offset_ms is None and all(section.offset_ms is None for section in report.sections):
        return [*_tempo(report), "Whether you were early or late could not be told from this take."]
    findings = find(report, report.detailed_feedback)
    said = _tempo(report)
    if findings.late_ms is not None:
        said.append(f"You were {_throughout(report, findings.late_ms)} throughout.")
    if findings.delays:
        said.append(_delays(findings.delays, of_the_rest=findings.late_ms is not None))
    elif findings.late_ms is None:
        said.append("You were on time throughout.")
    forgiven = findings.forgiven_ms
    if forgiven is not None and forgiven > 0:
        said.append(f"Your camera and room add about {seconds(forgiven)}; that is not held against you.")
    elif forgiven is not None:
        said.append(f"All of it came about {seconds(forgiven)} early; that is not held against you.")
    return said


def _tempo(report: SessionReport) -> list[str]:
    tempo = report.timing.tempo
    if tempo is None or abs(tempo - 1) < 0.02:
        return []
    return [f"You danced {abs(tempo - 1) * 100:.0f} % {'faster' if tempo > 1 else 'slower'} than the reference."]


def _throughout(report: SessionReport, milliseconds: float) -> str:
    counts = report.timing.offset_counts
    fraction = None if counts is None else _counts(abs(counts))
    side = _side(milliseconds)
    return (
        f"{seconds(milliseconds)} {side}" if fraction is None else f"about {fraction} ({seconds(milliseconds)}) {side}"
    )


def _counts(counts: float) -> str | None:
    """A number of counts in words, where words are true to an eighth."""
    words = {
        0.25: "a quarter of a count",
        0.5: "half a count",
        0.75: "three quarters of a count",
        1.0: "one count",
        1.5: "a count and a half",
        2.0: "two counts",
    }
    nearest = min(words, key=lambda value: abs(value - counts))
    return words[nearest] if abs(nearest - counts) <= 0.125 else None


def _delays(delays: Sequence[Delay], *, of_the_rest: bool) -> str:
    """The parts that came early or late, the largest few, in the order of the dance."""
    largest = sorted(delays, key=lambda delay: -abs(delay.milliseconds))[:MAX_DELAYS]
    told = [
        f"{seconds(delay.milliseconds)} {_side(delay.milliseconds, than=of_the_rest)} in {clock(delay.span)}"
        for delay in sorted(largest, key=lambda delay: delay.span.start)
    ]
    listed = " and ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told)
    return f"You were {listed}{', against the rest of the dance' if of_the_rest else ''}."


def _side(milliseconds: float, *, than: bool = False) -> str:
    return ("later" if than else "late") if milliseconds > 0 else ("earlier" if than else "early")
