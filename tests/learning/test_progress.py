"""Over sessions: whole dances by themselves, parts and slow rounds by themselves, and what keeps being wrong."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from kdance.learning.history import DancedSession, PartFault, Practised, faults_in, practised_in, rounds_in
from kdance.learning.progress import compare, progress_of
from kdance.report.progress import render_compared, render_dances, render_progress
from kdance.review.record import RunReport, RunSection, SessionReport, SongCounts
from kdance.store import open_store
from kdance.store.rows import store_report
from kdance.words.phrases import available_languages, load_phrases
from tests.report.test_report import render
from tests.report_factory import SECTION_SECONDS, make_empty_report, make_report
from tests.store.test_sessions import make_start

TODAY = date(2026, 11, 22)
COUNTS = SongCounts(seconds_per_count=0.5, first=0.0)


def drill(*speeds: float, score: float = 0.5, **changes: Any) -> SessionReport:
    """A session that danced the second 8-count alone, once at each speed."""
    runs = tuple(
        RunReport(start=4.0, end=8.0, speed=speed, score=score, sections=(RunSection(index=1, score=score),))
        for speed in speeds
    )
    return make_report(runs=runs, speed=min(speeds), **changes)


def danced(report: SessionReport, digest: str = "one", **changes: Any) -> DancedSession:
    """A report as the store gives it back."""
    fields = {
        "session_id": report.session_id,
        "reference": report.reference,
        "digest": digest,
        "started_at": report.started_at,
        "score": report.average_similarity,
        "offset_ms": 0.0,
        "counts": report.counts,
        "practised": practised_in(report),
        "rounds": rounds_in(report),
        "faults": faults_in(report),
    }
    return DancedSession(**{**fields, **changes})


def test_a_whole_dance_is_told_from_a_part_and_from_a_slow_one() -> None:
    assert practised_in(make_report()).is_full
    assert not practised_in(make_report(speed=0.75)).is_full
    assert not practised_in(make_report(mode="free")).is_full
    assert not practised_in(make_report(verdict="wrong_dance")).is_full
    part = practised_in(drill(0.75, 0.85))
    assert (part.start, part.end, part.whole, part.slowest, part.fastest) == (4.0, 8.0, False, 0.75, 0.85)


def test_a_dance_that_was_left_early_is_no_whole_dance() -> None:
    report = make_report()
    left = make_report(timeline=report.timeline[: len(report.timeline) // 2])
    assert not practised_in(left).whole


def test_an_empty_room_practised_all_of_it_and_danced_nothing_of_it() -> None:
    report = make_empty_report()
    assert not practised_in(report).danced
    assert rounds_in(report) == faults_in(report) == ()


def test_rounds_of_different_speeds_are_never_averaged() -> None:
    slow, fast = (rounds_in(drill(speed, score=score))[0] for speed, score in ((0.5, 0.9), (1.0, 0.6)))
    row = progress_of([danced(drill(0.5, 1.0, 1.0), rounds=(slow, fast, fast))], TODAY).parts[0]
    assert (row.drilled, row.drill, row.scores) == (3, (1.0, 0.6), ())


def test_drills_never_touch_the_scores_of_whole_dances() -> None:
    whole = danced(make_report())
    alone, besides = progress_of([whole], TODAY), progress_of([whole, danced(drill(1.0, score=0.1))], TODAY)
    assert [part.scores for part in besides.parts] == [part.scores for part in alone.parts]
    assert besides.whole == alone.whole
    assert (besides.drills, besides.slow) == (1, 0)


def test_a_part_that_was_left_after_a_moment_has_no_round() -> None:
    report = make_report()
    rows = [row for row in report.timeline if not (row.reference_time and 4.5 < row.reference_time <= 8.0)]
    starts = [found.start for found in rounds_in(make_report(timeline=tuple(rows)))]
    assert 1 * SECTION_SECONDS not in starts
    assert 2 * SECTION_SECONDS in starts


def test_the_limb_that_keeps_being_wrong_is_named_and_one_that_was_once_is_not() -> None:
    row = progress_of([danced(make_report())] * 3, TODAY).parts
    assert [(part.wrong.joint, part.wrong.times, part.wrong.of) if part.wrong else None for part in row] == [
        None,
        ("left_shoulder", 3, 3),
        ("left_shoulder", 3, 3),
        ("left_knee", 3, 3),
        None,
        ("left_elbow", 3, 3),
    ]
    assert all(part.wrong is None for part in progress_of([danced(make_report())], TODAY).parts)


def test_what_was_wrong_long_ago_does_not_keep_being_wrong() -> None:
    well = tuple(PartFault(fault.start, fault.end, 0.0, None) for fault in faults_in(make_report()))
    sessions = [danced(make_report())] * 3 + [danced(make_report(), faults=well)] * 5
    assert all(part.wrong is None for part in progress_of(sessions, TODAY).parts)


def test_sessions_of_another_reference_of_this_name_are_not_counted_but_told() -> None:
    found = progress_of([danced(make_report(), "old"), danced(make_report())], TODAY)
    assert (found.sessions, found.earlier, len(found.whole)) == (1, 1, 1)


def test_two_sessions_are_compared_only_at_the_same_speed() -> None:
    rows = compare(danced(drill(0.75, score=0.5)), danced(drill(0.75, 1.0, score=0.9)))
    assert [(row.start, row.gain) for row in rows] == [(4.0, None)]
    rows = compare(danced(drill(1.0, score=0.5)), danced(drill(0.75, 1.0, score=0.9)))
    assert [(row.start, row.gain) for row in rows] == [(4.0, pytest.approx(0.4))]


def test_the_store_gives_back_what_a_report_says(tmp_path: Any) -> None:
    reports = [make_report(counts=COUNTS), drill(0.75, 0.85, session_id="20261122-151503-aaaa")]
    with open_store(tmp_path / "sessions.db") as store:
        for report in reports:
            with store.start(make_start(report.session_id)) as writer:
                writer.finish(report)
        for report in reports:
            found = store.danced(report.session_id)
            assert found.practised == practised_in(report)
            assert (found.rounds, found.faults) == (rounds_in(report), faults_in(report))
            assert (found.score, found.counts) == (report.average_similarity, report.counts)
            assert isinstance(found.practised, Practised)
        assert [row.session_id for row in store.history("magnetic")] == [report.session_id for report in reports]
        assert [row.practised for row in store.list_sessions()] == [practised_in(report) for report in reports[::-1]]
        store_report(store._open(), reports[0])  # worded anew: the numbers are still there once
        assert store.danced(reports[0].session_id).rounds == rounds_in(reports[0])


@pytest.mark.parametrize("language", available_languages())
@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("counts", [None, COUNTS], ids=["sections", "counted"])
def test_everything_fits_and_nothing_is_cut_off(language: str, width: int, counts: SongCounts | None) -> None:
    phrases = load_phrases(language)
    sessions = [
        danced(make_report(counts=counts, average_similarity=0.5 + number / 10), offset_ms=300.0 - 100 * number)
        for number in range(4)
    ]
    sessions += [danced(drill(0.75, 0.85, counts=counts)), danced(make_report(counts=counts, speed=0.75))]
    sessions.insert(0, danced(make_report(), "old"))
    found = progress_of(sessions, TODAY)
    pictures = [
        render_progress(found, phrases),
        render_dances([found], phrases),
        render_compared(sessions[0], sessions[-2], compare(sessions[0], sessions[-2]), phrases),
    ]
    for picture in pictures:
        assert "…" not in render(picture, width)


def test_a_dance_that_was_only_drilled_says_so() -> None:
    text = render(render_progress(progress_of([danced(drill(0.75))], TODAY), load_phrases("en")))
    assert "No whole dance at full speed yet." in text
    assert "1, 50 at 0.75x" in text
