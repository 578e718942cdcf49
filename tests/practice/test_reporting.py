"""One report for finished and recovered takes: numbers first, then words, and findings worked out once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kdance.dance.dance import Dance
from kdance.practice.reporting import report_of
from kdance.practice.take import start_session
from kdance.review import evaluation, findings
from kdance.review.evaluation import evaluate
from kdance.review.options import TakeOptions
from kdance.review.record import Measurements, SessionHeader, SessionReport, SessionSummary, count_severities
from tests.motion_factory import JointError, make_sequence
from tests.report_factory import make_feedback
from tests.session_factory import make_reference

SECONDS = 8.0


@pytest.fixture
def dance(tmp_path: Path) -> Dance:
    return Dance.of(make_reference(tmp_path, make_sequence(seconds=SECONDS)))


def test_the_same_evaluation_is_the_same_report_however_it_ended(dance: Dance) -> None:
    options = TakeOptions(mirror="off")
    start = start_session(dance, "take.mp4", options, datetime(2026, 11, 22, tzinfo=UTC))
    take = make_sequence(seconds=SECONDS, errors=[JointError("left_shoulder", -40.0)])
    found = evaluate(take, dance, options)
    finished, recovered = (report_of(found, start, status) for status in ("completed", "recovered"))
    assert finished.model_copy(update={"status": "recovered"}) == recovered
    assert finished.detailed_feedback
    assert finished.session_summary
    assert found.measurements == Measurements(**{name: getattr(finished, name) for name in Measurements.model_fields})


def test_findings_are_worked_out_once_a_report(dance: Dance, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def counted(measurements: Measurements) -> findings.Findings:
        calls.append(measurements)
        return findings.find(measurements)

    monkeypatch.setattr(evaluation, "find", counted)
    options = TakeOptions(mirror="off")
    start = start_session(dance, "take.mp4", options, datetime(2026, 11, 22, tzinfo=UTC))
    report_of(evaluate(make_sequence(seconds=SECONDS), dance, options), start, "completed")
    assert len(calls) == 1


def test_a_report_is_its_head_its_numbers_and_then_its_words() -> None:
    words = [*SessionSummary.model_fields, "severity_distribution", "detailed_feedback"]
    expected = [*SessionHeader.model_fields, *Measurements.model_fields, "warnings", *words]
    assert list(SessionReport.model_fields) == expected


def test_severities_are_counted() -> None:
    record = make_feedback()[0]
    feedback = (record.model_copy(update={"severity": severity}) for severity in ("low", "high", "high"))
    assert count_severities(feedback).model_dump() == {"low": 1, "medium": 0, "high": 2}
