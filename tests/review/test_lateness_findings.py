"""What is said about early and late: against the clock where somebody was on the beat, never "throughout" then."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from kdance.review.findings import Findings, find
from kdance.review.record import SessionReport
from kdance.words.summary import generate_summary
from tests.report_factory import make_report

LENGTH = 4.0


def report_of(offsets: Sequence[float | None], offset: float | None, *, length: float = LENGTH) -> SessionReport:
    """A report whose parts of so many seconds were so many milliseconds late, and all of it so many."""
    report = make_report()
    template = report.timeline[0]
    rows = [
        template.model_copy(
            update={
                "timestamp": time,
                "reference_time": time,
                "offset_ms": late,
                "offset_confidence": 0.0 if late is None else 0.9,
            }
        )
        for time, late in (
            (part * length + step * 0.5, late)
            for part, late in enumerate(offsets)
            for step in range(1, round(2 * length) + 1)
        )
    ]
    timing = report.timing.model_copy(update={"offset_ms": offset})
    return report.model_copy(update={"timeline": tuple(rows), "timing": timing})


def found(offsets: Sequence[float | None], offset: float | None) -> Findings:
    return find(report_of(offsets, offset))


def told(offsets: Sequence[float | None], offset: float | None) -> str:
    report = report_of(offsets, offset)
    summary = generate_summary("magnetic", report, find(report), ())
    return " ".join([summary.session_summary, *summary.improvement_areas, *summary.key_insights])


@pytest.mark.parametrize("sign", [1, -1], ids=["late", "early"])
def test_who_was_on_time_in_a_part_was_not_late_throughout(sign: int) -> None:
    findings = found([sign * late for late in (0, -1, 2, 292, 299, 287, 300)], sign * 295)
    assert findings.late_ms is None
    (late,) = findings.late_stretches
    assert not late.relative
    assert late.milliseconds == pytest.approx(sign * 294.5)
    assert (late.span.start, late.span.end) == (12, 28)


def test_nobody_who_was_on_the_beat_is_told_to_wait_for_it() -> None:
    text = told([0, -1, 2, 292, 299, 287, 300], 295)
    assert "throughout" not in text
    assert "early" not in text
    assert "earlier" not in text
    assert "Wait for the beat" not in text
    assert "You fell behind in 0:12-0:28: you were 0.29 s late." in text


@pytest.mark.parametrize("offsets", [[300, 310, 290, 305], [500, None, 480, 520], [300, 160, 310, 290]])
def test_who_was_late_in_every_part_was_late_throughout(offsets: list[float | None]) -> None:
    findings = found(offsets, 300)
    assert findings.late_ms == 300
    assert findings.late_stretches == ()


@pytest.mark.parametrize("sign", [1, -1], ids=["later", "earlier"])
def test_who_gets_ever_later_fell_behind_and_had_nothing_to_wait_for(sign: int) -> None:
    findings = found([sign * late for late in (66, 109, 183, 258, 335, 399, 501)], None)
    assert findings.late_ms is None
    (late,) = findings.late_stretches
    assert not late.relative
    assert late.milliseconds == pytest.approx(sign * 335.2)
    assert (late.span.start, late.span.end) == (8, 28)


@pytest.mark.parametrize("constant", [160, 200, 240])
def test_in_a_forgiven_delay_a_part_on_the_clock_is_not_called_early(constant: float) -> None:
    findings = found([constant, constant, 0, constant], constant)
    assert findings.forgiven_ms == constant
    assert findings.late_stretches == ()


def test_a_part_that_is_early_by_the_clock_as_well_is_told() -> None:
    (late,) = found([200, 200, -150, 200], 200).late_stretches
    assert late.relative
    assert late.milliseconds == -350


def test_where_most_of_it_is_equally_late_the_rest_is_held_against_that() -> None:
    (late,) = found([100, 400, 100, 100], None).late_stretches
    assert late.relative
    assert late.milliseconds == 300
