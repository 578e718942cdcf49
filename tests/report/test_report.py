"""A finished session as JSON and on a terminal."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console, RenderableType

from kdance.learning.history import practised_in
from kdance.pose import JOINT_NAMES
from kdance.report.json_report import to_json
from kdance.report.listing import ReferenceLine, render_references, render_sessions
from kdance.report.shapes import BigNumber, ScoreBar, ScoreStrip
from kdance.report.terminal import SIDE_BY_SIDE, render_report
from kdance.review.findings import find
from kdance.review.record import Break, JointReport, RunReport, Section, SessionReport, SongCounts, Timing
from kdance.store import SessionRow
from kdance.words import report as words
from kdance.words.numbers import points
from kdance.words.phrases import load_phrases
from tests.report_factory import (
    make_empty_report,
    make_feedback,
    make_joints,
    make_report,
    make_sections,
    make_timeline,
)

EN = load_phrases("en")

# The fixed interface, as it is published: field -> fields below it.
FIELDS: dict[str, set[str] | None] = {
    **dict.fromkeys(
        (
            *("session_id", "reference", "started_at", "source", "status", "mode", "speed", "mirrored"),
            *("total_poses", "total_duration", "average_similarity", "average_pose_score", "average_motion_score"),
            *("coverage", "session_summary", "key_insights", "improvement_areas", "strengths", "summary_source"),
        )
    ),
    "timing": {"start_offset_ms", "offset_ms", "offset_counts", "tempo", "confidence"},
    "best_moment": {"timestamp", "reference_time", "combined_score"},
    "worst_moment": {"timestamp", "reference_time", "combined_score"},
    "distribution": {"perfect", "great", "good", "ok", "miss"},
    "joints": {f"{side}_{name}" for side in ("left", "right") for name in ("elbow", "shoulder", "hip", "knee")},
    "sections": {"index", "start", "end", "score", "offset_ms", "worst_joint"},
    "runs": {"start", "end", "speed", "score", "sections"},
    "counts": {"seconds_per_count", "first"},
    "timeline": {
        *("timestamp", "reference_time", "best_match_idx", "pose_score", "motion_score", "combined_score"),
        *("offset_ms", "offset_confidence", "worst_joint", "worst_error_deg"),
    },
    "severity_distribution": {"low", "medium", "high"},
    "detailed_feedback": {
        *("timestamp", "feedback_text", "severity", "focus_areas", "similarity_score", "is_positive", "context"),
        "source",
    },
}
ADDED = {
    *("strictness", "warnings", "hands", "verdict", "forgiven_ms", "faults", "breaks", "groups", "pictures"),
    *("not_in_reference", "in_video", "asked"),
}


def render(what: RenderableType, width: int = 80, **options: Any) -> str:
    console = Console(file=io.StringIO(), width=width, **options)
    console.print(what)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def flat(text: str) -> str:
    """The text without its line breaks and frames."""
    return " ".join(text.replace("│", " ").split())


def read_json(report: SessionReport) -> dict[str, Any]:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    read: dict[str, Any] = json.loads(to_json(report), parse_constant=refuse)
    return read


# -- JSON -------------------------------------------------------------------------------------------------------------


def test_a_report_from_before_faults_and_breaks_were_told_can_be_read() -> None:
    fields = make_report().model_dump(mode="json", exclude={"faults", "breaks"})
    old = SessionReport.model_validate(fields)
    assert (old.faults, old.breaks) == ((), ())
    assert flat(render(render_report(old, EN))) == flat(render(render_report(make_report(), EN)))


def test_nothing_is_the_hardest_where_all_is_alike() -> None:
    report = make_report()
    text = flat(render(render_report(report, EN)))
    assert text.count("Hardest") == 1
    alike = report.model_copy(update={"worst_moment": report.best_moment})
    assert "Hardest" not in flat(render(render_report(alike, EN)))


def test_who_stopped_was_not_on_time_throughout() -> None:
    timing = make_report().timing.model_copy(update={"offset_ms": 5.0})
    timeline = make_timeline([5.0] * 7)
    stopped = Break(kind="standing_still", start=12.0, end=16.0, to_the_end=False)
    report = make_report(timing=timing, timeline=timeline, breaks=(stopped,))
    text = flat(render(render_report(report, EN)))
    assert "You were on time where you danced along." in text
    assert "throughout" not in text


@pytest.mark.parametrize("make", [make_report, make_empty_report])
def test_json_has_exactly_the_published_fields(make: Callable[..., SessionReport]) -> None:
    read = read_json(make())
    assert set(read) == set(FIELDS) | ADDED
    for name, below in FIELDS.items():
        values = read[name] if isinstance(read[name], list) else [read[name]]
        for value in values:
            if below is not None and value is not None:
                assert set(value) == below, name
    for joint in read["joints"].values():
        assert set(joint) == {"mean_error_deg", "signed_error_deg", "coverage"}
    for record in read["detailed_feedback"]:
        assert set(record["context"]) == {"pose_score", "motion_score", "best_match_idx"}


def test_json_is_read_back_as_a_report_and_keeps_its_order() -> None:
    report = make_report()
    back = SessionReport.model_validate_json(to_json(report))
    assert [row.reference_time for row in back.timeline] == [row.reference_time for row in report.timeline]
    assert [record.feedback_text for record in back.detailed_feedback] == [
        record.feedback_text for record in make_feedback()
    ]
    assert to_json(back) == to_json(report)


def test_json_rounds_to_what_was_measured() -> None:
    read = read_json(make_report())
    assert read["average_similarity"] == 0.7284
    assert read["sections"][0]["score"] == 0.9123
    assert read["total_duration"] == 28.467
    assert read["timing"]["offset_ms"] == 118.4
    assert read["timing"]["offset_counts"] == 0.257
    assert read["joints"]["left_shoulder"] == {"mean_error_deg": 22.7, "signed_error_deg": -18.4, "coverage": 0.93}
    assert read["timeline"][0]["timestamp"] == 0.6
    assert read["detailed_feedback"][0]["similarity_score"] == 0.618


def test_json_of_nobody_is_null_never_zero() -> None:
    read = read_json(make_empty_report())
    for name in ("average_similarity", "average_pose_score", "average_motion_score", "best_moment", "worst_moment"):
        assert read[name] is None
    assert {row["combined_score"] for row in read["timeline"]} == {None}
    assert {joint["mean_error_deg"] for joint in read["joints"].values()} == {None}


def test_json_keeps_korean_and_has_no_negative_zero() -> None:
    timing = Timing(start_offset_ms=-0.01, offset_ms=-0.04, offset_counts=None, tempo=None, confidence=0.5)
    text = to_json(make_report(reference="마그네틱", timing=timing))
    assert "마그네틱" in text
    assert "-0.0" not in text


# -- the terminal -----------------------------------------------------------------------------------------------------


def long_dance() -> SessionReport:
    """Three minutes in eight-counts."""
    sections = tuple(
        Section(
            index=index,
            start=index * 3.7,
            end=(index + 1) * 3.7,
            score=(index * 37 % 100) / 100,
            offset_ms=40.0,
            worst_joint="right_shoulder",
        )
        for index in range(49)
    )
    return make_report(sections=sections, timeline=make_timeline([40.0] * 7), total_duration=181.3)


@pytest.mark.parametrize("width", [40, 50, 56, 60, 68, 74, 80, 120])
@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_the_score_and_the_limbs_are_there_at_every_width(width: int, language: str, encoding: str) -> None:
    phrases, report = load_phrases(language), make_report()
    file = io.TextIOWrapper(io.BytesIO(), encoding, errors="replace")
    console = Console(file=file, width=width)
    console.print(render_report(report, phrases))
    file.flush()
    text = file.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
    assert all(cell_len(line) <= width for line in text.splitlines())
    score = points(report.average_similarity or 0)
    digits = render(BigNumber(score)).splitlines() if encoding == "utf-8" else [str(score)]
    assert all(digit.strip() in text for digit in digits)
    if encoding == "utf-8":
        for joint in JOINT_NAMES:
            name = (
                words.joint(joint, phrases)
                if width < SIDE_BY_SIDE
                else phrases.text(f"report.limb.{joint.partition('_')[2]}")
            )
            assert name in text


@pytest.mark.parametrize("width", [80, 100, 120, 200])
@pytest.mark.parametrize("make", [make_report, make_empty_report, long_dance])
def test_nothing_is_wider_than_the_terminal_or_cut(make: Callable[..., SessionReport], width: int) -> None:
    text = render(render_report(make(), EN), width)
    assert max(len(line) for line in text.splitlines()) <= min(width, 120)
    assert "…" not in text
    assert "nan" not in text.lower().replace("nance", "")
    assert "None" not in text


def test_the_report_says_what_the_dancer_wants_to_know() -> None:
    text = flat(render(render_report(make_report(), EN)))
    for said in (
        "magnetic",
        "of 100 GOOD",
        "poses",
        "You were 0.25 s late in 0:08-0:12",
        "Your camera and room add about 0.12 s; that is not held against you.",
        "A solid take",
        "Your right arm was within 10° of the reference.",
        "Lift your left arm higher",
        "18° too low",
        "15° too straight",
        "10° too bent",
        "Best half second 0:03 in the dance, 95",
        "14 perfect 11 great 9 good 9 ok 5 miss",
        "Your feet were out of the picture for 3 s.",
        "Worded by rules. A model can word it more warmly: kdance ai on",
    ):
        assert said in text
    assert text.endswith("kdance report 20261122-141503-4f2a")
    assert "before the end" not in text


def test_table_and_sentence_give_the_same_lateness() -> None:
    text = flat(render(render_report(make_report(), EN)))
    assert "You were 0.25 s late in 0:08-0:12 and 0.16 s early in 0:24-0:28." in text
    assert "left arm 0.25 s late" in text
    assert "left elbow 0.16 s early" in text


def test_scores_are_0_to_100_on_screen() -> None:
    text = render(render_report(make_report(), EN), legacy_windows=False)
    assert "0.7" not in text
    assert {"76", "68", "42", "55"} <= set(text.split())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Nobody was seen, so there is no score."),
        ({"total_poses": 40, "coverage": 0.1, "verdict": "part"}, "Too little of you was seen, so there is no score."),
    ],
)
def test_nobody_reads_as_a_sentence(changes: dict[str, Any], said: str) -> None:
    text = flat(render(render_report(make_empty_report(**changes), EN)))
    assert said in text
    for absent in ("of 100", "Section", "limbs", "Timing", "perfect"):
        assert absent not in text


@pytest.mark.parametrize(
    ("status", "said"), [("interrupted", "stopped before the end"), ("recovered", "recovered from what was stored")]
)
def test_a_session_that_did_not_simply_end_says_so(status: str, said: str) -> None:
    for report in (make_report(status=status), make_empty_report(status=status)):
        assert said in flat(render(render_report(report, EN)))


def test_meaning_does_not_hang_on_colour() -> None:
    coloured = render(render_report(make_report(), EN), force_terminal=True, color_system="truecolor", no_color=True)
    assert "miss" in coloured
    assert "\x1b[3" not in coloured  # no colour code
    assert "\x1b" in render(render_report(make_report(), EN), force_terminal=True, color_system="truecolor")


def test_a_terminal_without_unicode_gets_ascii_shapes() -> None:
    file = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    console = Console(file=file, width=80)
    console.print(render_report(make_report(), EN))  # raises UnicodeEncodeError for a shape that can't be written
    file.seek(0)
    text = file.read()
    assert "73" in text
    assert "####" in text


def test_text_from_outside_can_not_steer_the_terminal() -> None:
    evil = "[red]a\x1b[2Jb\x07[/nothing]"
    report = make_report(reference=evil, session_summary=evil, strengths=(evil,), warnings=(evil,))
    text = render(render_report(report, EN))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert text.count("[red]a") == 5
    text = render(render_sessions([make_row(reference=evil)], EN), 120)
    assert "\x1b" not in text


def test_a_dance_that_mixes_two_lags_says_both() -> None:
    timing = make_report().timing.model_copy(update={"offset_ms": None})
    sections = tuple(section.model_copy(update={"offset_ms": None}) for section in make_sections())
    late = make_report(timing=timing, sections=sections, timeline=make_timeline([0, 0, 0, 400, 400, 400, 400]))
    text = render(render_report(late, EN))
    assert "You were on time until 0:12, then 0.40 s late." in flat(text)
    (strip,) = (line.split() for line in text.splitlines() if line.rstrip().endswith("▅ late"))
    assert set(strip[0]) == {"▁", "▅"}
    assert strip[0] == "".join(sorted(strip[0]))


def test_the_table_says_from_when_a_section_is_late() -> None:
    report = make_report(timeline=make_timeline([0, 0, 0, 400, 400, 400, 400]))
    section = make_sections()[0].model_copy(update={"start": 8.0, "end": 16.0, "offset_ms": None})
    assert words.section_lateness(section, find(report), EN) == "0.40 s late from 0:12"


def test_a_long_dance_shows_its_weakest_sections_only() -> None:
    text = render(render_report(long_dance(), EN))
    assert "The 10 weakest of 49 sections" in text
    assert len(text.splitlines()) <= 60


@pytest.mark.parametrize(
    ("timing", "said"),
    [
        ({"offset_ms": 480.0, "offset_counts": 0.95}, "You were about one beat (0.48 s) late throughout."),
        ({"offset_ms": -300.0, "offset_counts": None}, "You were 0.30 s early throughout."),
        ({"offset_ms": -90.0}, "All of it came about 0.09 s early; that is not held against you."),
        ({"offset_ms": 5.0}, "You were on time throughout."),
        ({"offset_ms": None}, "could not be told"),
        ({"offset_ms": 0.0, "tempo": 1.1}, "You danced 10 % faster than the reference."),
        ({"offset_ms": 0.0, "tempo": 0.9}, "You danced 10 % slower than the reference."),
        ({"offset_ms": 0.0, "start_offset_ms": 3200.0}, "The dance begins 3.20 s into the recording."),
        ({"offset_ms": 0.0, "start_offset_ms": -3200.0}, "The dance begins 3.20 s before the recording."),
    ],
)
def test_timing_is_said_in_words(timing: dict[str, Any], said: str) -> None:
    fields = {"start_offset_ms": 0.0, "offset_counts": None, "tempo": None, "confidence": 0.9, **timing}
    offset = fields["offset_ms"]
    report = make_report(timing=Timing(**fields), timeline=make_timeline([offset] * 7), key_insights=())
    assert said in flat(render(render_report(report, EN)))


@pytest.mark.parametrize(
    ("name", "signed", "said"),
    [
        ("left_shoulder", -20, "20° too low"),
        ("left_shoulder", 20, "20° too high"),
        ("right_elbow", -20, "20° too bent"),
        ("right_elbow", 20, "20° too straight"),
        ("left_hip", -20, "20° too bent"),
        ("right_knee", 20, "20° too straight"),
    ],
)
def test_signs_of_joints(name: str, signed: float, said: str) -> None:
    report = JointReport(mean_error_deg=abs(signed), signed_error_deg=signed, coverage=1)
    assert words.direction(name, report, EN) == said
    assert said in render(render_report(make_report(joints=make_joints(**{name: (abs(signed), signed)})), EN))


def test_joints_without_a_direction() -> None:
    def said(mean: float | None, signed: float | None, coverage: float) -> str:
        report = JointReport(mean_error_deg=mean, signed_error_deg=signed, coverage=coverage)
        return words.direction("left_knee", report, EN)

    assert said(None, None, 0) == "not seen"
    assert said(40, 40, 0.1) == "hardly seen"
    assert said(5, -5, 1) == "close"
    assert said(30, 4, 1) == "now more, now less"
    assert all(words.joint(name, EN) for name in JOINT_NAMES)


# -- shapes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [0, 7, 42, 100])
def test_big_numbers_have_three_lines(value: int) -> None:
    lines = render(BigNumber(value)).rstrip("\n").split("\n")
    assert len(lines) == 3
    assert max(len(line) for line in lines) <= len(str(value)) * 4


@pytest.mark.parametrize(("score", "filled"), [(0.0, 0), (0.04, 0), (0.5, 10), (1.0, 20)])
def test_a_bar_is_as_long_as_its_score(score: float, filled: int) -> None:
    line = render(ScoreBar(score, 20)).rstrip("\n")
    assert line.count("━") == pytest.approx(filled, abs=1)
    assert len(line) == 20


@pytest.mark.parametrize("count", [1, 7, 49, 80, 81, 500])
def test_a_strip_fits_any_number_of_sections(count: int) -> None:
    scores = [None if index % 5 == 4 else index / count for index in range(count)]
    lines = render(ScoreStrip(scores, 0, count * 4)).splitlines()
    assert len(lines) == 2
    assert len(lines[0]) <= 80
    assert "0:00" in lines[1]


# -- lists ------------------------------------------------------------------------------------------------------------


def make_row(**changes: Any) -> SessionRow:
    fields: dict[str, Any] = {
        "session_id": "20261122-141503-4f2a",
        "reference": "magnetic",
        "started_at": "2026-11-22T14:15:03+01:00",
        "duration": 28.4,
        "average_similarity": 0.728,
        "status": "completed",
        "practised": practised_in(make_report()),
    }
    return SessionRow(**{**fields, **changes})


def make_line(**changes: Any) -> ReferenceLine:
    fields: dict[str, Any] = {
        "name": "magnetic",
        "duration": 181.3,
        "frames": 5439,
        "body_share": 0.976,
        "made_at": "2026-11-20T09:01:00+01:00",
        "source_name": "ILLIT Magnetic dance practice.mp4",
    }
    return ReferenceLine(**{**fields, **changes})


def test_sessions_are_listed_in_the_order_given() -> None:
    rows = [
        make_row(),
        make_row(session_id="b", status="running", duration=None, average_similarity=None, practised=None),
    ]
    rows.append(make_row(status="interrupted", reference="supernova-aespa"))
    text = render(render_sessions(rows, EN), 100)
    assert "supernova-aespa" in text
    assert "stopped" in text
    first, second = text.splitlines()[1:3]
    assert " ".join(first.split()) == "20261122-141503-4f2a magnetic 22 Nov 14:15 0:28 all 73 completed"
    assert second.split()[-3:] == ["-", "-", "running"]
    assert "kdance report" in text


def test_references_are_listed() -> None:
    text = render(render_references([make_line(), make_line(name="a" * 60)], EN))
    assert max(len(line) for line in text.splitlines()) <= 80
    for said in ("3:01", "5439", "98 %", "20 Nov 2026"):
        assert said in text


def test_empty_lists_say_how_to_start() -> None:
    assert "kdance train" in render(render_sessions([], EN))
    assert "kdance preprocess" in render(render_references([], EN))


# -- counts, runs, speed ----------------------------------------------------------------------------------------------


def render_of(report: SessionReport) -> str:
    return render(render_report(report, EN))


COUNTED = SongCounts(seconds_per_count=0.5, first=0.0)


def make_runs(
    *scores: float | None, start: float = 8.0, end: float = 12.0, speed: float = 1.0
) -> tuple[RunReport, ...]:
    return tuple(RunReport(start=start, end=end, speed=speed, score=score) for score in scores)


def test_sections_are_named_by_their_counts_where_the_song_is_counted() -> None:
    text = flat(render_of(make_report(counts=COUNTED)))
    assert "8-count by 8-count" in text
    assert "8-count time" in text
    for number, time in enumerate(("0:00-0:04", "0:04-0:08", "0:08-0:12"), 1):
        assert f" {number} {time} " in text
    plain = flat(render_of(make_report()))
    assert "Section by section" in plain
    assert "8-count" not in plain


def test_the_hardest_part_comes_with_the_command_that_loops_it() -> None:
    assert "Loop the hardest part: kdance train magnetic --counts 3 Watch" in flat(
        render_of(make_report(counts=COUNTED))
    )
    assert "kdance train magnetic --from 0:08 --to 0:12 Watch" in flat(render_of(make_report()))


def test_what_was_danced_more_than_once_is_told_run_by_run() -> None:
    runs = (*make_runs(0.54, 0.61), *make_runs(0.9, start=0.0, end=8.0), *make_runs(0.72))
    text = flat(render_of(make_report(runs=runs, counts=COUNTED)))
    assert "Round by round 8-count 3 (0:08-0:12) 54, 61, 72 18 better than at first" in text
    assert "90" not in text.partition("Round by round")[2].partition("Your limbs")[0]
    assert "0:08-0:12 54, 61, 72" in flat(render_of(make_report(runs=runs)))


def test_runs_at_another_speed_say_so_and_no_progress_is_no_news() -> None:
    runs = (*make_runs(0.70, speed=0.75), *make_runs(0.72))
    text = flat(render_of(make_report(runs=runs)))
    assert "70 at 0.75x, 72" in text
    assert "at first" not in text
    assert "12 worse than at first" in flat(render_of(make_report(runs=make_runs(0.72, 0.6))))


@pytest.mark.parametrize("runs", [(), make_runs(0.5), make_runs(None, None), make_runs(0.5, 0.6, end=9.0)])
def test_without_a_repeated_run_nothing_is_said(runs: tuple[RunReport, ...]) -> None:
    assert "Round by round" not in render_of(make_report(runs=runs))


def test_a_section_outside_of_the_loop_was_not_danced() -> None:
    sections = tuple(
        section.model_copy(update={"score": None, "offset_ms": None, "worst_joint": None})
        if section.index < 2
        else section
        for section in make_sections()
    )
    timeline = tuple(row for row in make_timeline() if (row.reference_time or 0) > 8.0)
    text = render_of(make_report(sections=sections, timeline=timeline))
    assert text.count("not danced") == 2
    assert text.count("not seen") == 1


def test_a_loop_in_a_long_song_lists_what_was_danced() -> None:
    template = make_sections()[0]
    sections = tuple(
        template.model_copy(
            update={
                "index": index,
                "start": 4.0 * index,
                "end": 4.0 * index + 4,
                "score": 0.7 if index in (3, 4) else None,
            }
        )
        for index in range(40)
    )
    text = flat(render_of(make_report(sections=sections, counts=COUNTED)))
    assert "weakest" not in text
    assert " 5 0:16-0:20 " in text
    assert " 4 0:12-0:16 " in text
    assert " 6 0:20-0:24 " not in text


def test_the_speed_is_in_the_headline_where_it_was_another() -> None:
    assert "at 0.75x speed" in flat(render_of(make_report(speed=0.75)))
    assert "speed" not in flat(render_of(make_report()))
