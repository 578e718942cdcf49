"""The report as a page, as Markdown and as a table: everything is in it, and nothing can get out of it."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kdance.pose import JOINT_NAMES, PoseSequence
from kdance.report import figures
from kdance.report.charts import late_curve, progress_line, timeline
from kdance.report.markdown import to_markdown
from kdance.report.page import PageParts, render_page
from kdance.report.table import COLUMNS, to_csv
from kdance.review.earlier import Past
from kdance.review.findings import find
from kdance.review.record import Break, RunReport, SessionReport, SongCounts
from kdance.review.side_by_side import SideBySide
from kdance.review.stills import Still
from kdance.window import palette, skeleton
from kdance.words.phrases import available_languages, load_phrases
from tests.motion_factory import make_pose, make_sequence
from tests.report_factory import make_empty_report, make_feedback, make_joints, make_report

EN = load_phrases("en")
LARGEST = 1_500_000
HOSTILE = "<script>alert('x')</script> \"&\x1b[31m {{ 7 * 7 }} javascript:x </style></title>"
VOID = {"meta", "line", "circle", "rect", "polyline", "polygon", "path", "br"}


class Page(HTMLParser):
    """What is in a page, and whether every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str, part: str = "") -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag and part in [*(attrs.get("class") or "").split(), ""]]


def make_still(report: SessionReport, **changes: Any) -> Still:
    fault = find(report).faults[0]
    fields: dict[str, Any] = {
        "fault": fault,
        "frame": 12,
        "time": 5.0,
        "user": make_pose(left_shoulder=60).landmarks,
        "reference": make_pose(left_shoulder=95).landmarks,
        "user_angle": 60.4,
        "reference_angle": 95.2,
        "errors": np.full(8, np.nan),
    }
    return Still(**{**fields, **changes})


def page_of(report: SessionReport, language: str = "en", **parts: Any) -> str:
    return render_page(report, load_phrases(language), PageParts(**parts))


@pytest.mark.parametrize("language", available_languages())
def test_all_of_the_report_is_on_the_page(language: str) -> None:
    report, phrases = make_report(groups={"arms": 0.61, "legs": 0.72, "trunk": None}), load_phrases(language)
    past = (Past("a", "2026-11-20T14:00:00+01:00", 0.5), Past("b", report.started_at, 0.73))
    page = Page(page_of(report, language, stills=(make_still(report),), past=past))
    for said in (
        report.reference,
        "73",
        report.session_summary,
        *report.strengths,
        *report.improvement_areas,
        *report.key_insights,
        *report.warnings,
        *(record.feedback_text for record in report.detailed_feedback),
        *(phrases.text(f"report.joint.{fault.joint}") for fault in report.faults),
        report.session_id,
        "95°",
        "60°",
    ):
        assert said in page.text
    assert {line.get("data-joint") for line in page.all("line")} >= set(JOINT_NAMES)
    assert len(page.all("table")) == 2
    assert page.tags[0] == ("html", {"lang": language})


def test_the_angles_are_said_as_a_dancer_says_them() -> None:
    report = make_report()
    assert "left arm: teacher 95°, you 60°" in Page(page_of(report, stills=(make_still(report),))).text


def test_nothing_is_fetched_and_nothing_runs() -> None:
    page = page_of(make_report())
    assert re.findall(r"https?:|//|@import|url\(|<script|<link|<img|\bon\w+=", page) == []
    assert "default-src 'none'" in page


def test_what_others_wrote_stays_text() -> None:
    report = make_report(
        reference=HOSTILE,
        session_summary=HOSTILE,
        strengths=(HOSTILE,),
        improvement_areas=(HOSTILE,),
        key_insights=(HOSTILE,),
        warnings=(HOSTILE,),
        summary_source="openai",
        detailed_feedback=tuple(r.model_copy(update={"feedback_text": HOSTILE}) for r in make_feedback()),
    )
    text = page_of(report, past=(Past("a", HOSTILE, 0.5), Past("b", HOSTILE, 0.6)))
    page = Page(text)
    assert page.all("script") == []
    assert len(page.all("style")) == len(page.all("title")) == 1
    assert "<script>alert('x')</script>" in page.text
    assert "{{ 7 * 7 }}" in page.text
    assert "\x1b" not in text


@pytest.mark.parametrize("language", available_languages())
@pytest.mark.parametrize(
    "report",
    [
        make_report(faults=()),
        make_report(mode="free", timing=make_empty_report().timing),
        make_report(status="interrupted", speed=0.75),
        make_report(verdict="standing_still", average_similarity=0.0),
        make_report(counts=SongCounts(seconds_per_count=0.5, first=0.0), mirrored=False),
        make_report(sections=(), timeline=(), best_moment=None, worst_moment=None, detailed_feedback=()),
        make_report(breaks=(Break(kind="standing_still", start=4.0, end=9.0, to_the_end=False),)),
        make_report(
            runs=tuple(RunReport(start=0, end=8, speed=speed, score=score) for speed, score in ((1, 0.4), (0.75, 0.8)))
        ),
        make_report(joints=make_joints(**dict.fromkeys(JOINT_NAMES)), started_at="some day"),
        make_empty_report(),
        make_empty_report(verdict="unscored", sections=(), timeline=()),
    ],
    ids=["no fault", "free", "slow", "still", "counted", "bare", "break", "rounds", "unseen", "nobody", "unscored"],
)
def test_every_kind_of_session_has_its_page(report: SessionReport, language: str) -> None:
    page = Page(page_of(report, language))
    assert report.reference in page.text
    assert ("no-score" in str(page.tags)) == (report.average_similarity is None)
    # only what was danced is blamed on a limb
    assert bool(page.all("svg", "body-map")) == (report.verdict == "danced" and report.average_similarity is not None)
    assert not re.search(r"\bnan\b|\bNone\b", page.text)


def test_a_whole_song_is_a_small_page() -> None:
    rows = make_report().timeline
    long = tuple(
        rows[index % len(rows)].model_copy(update={"timestamp": index / 2, "reference_time": index / 2})
        for index in range(480)
    )
    report = make_report(timeline=long, detailed_feedback=make_feedback() * 30)
    assert len(page_of(report, stills=[make_still(report)] * 8).encode()) < LARGEST / 5


def test_the_pages_colours_are_the_windows() -> None:
    css = (Path(figures.__file__).parent / "page" / "page.css").read_text(encoding="utf-8")
    for name in ("right", "nearly", "wrong", "reference"):
        color = {"right": palette.GREEN, "nearly": palette.AMBER, "wrong": palette.RED, "reference": palette.BLUE}[name]
        assert f"--{name}: #{bytes(color[::-1]).hex()};" in css


@pytest.mark.parametrize("error", [None, float("nan"), 0.0, 14.9, -15.1, 29.9, 30.1, -90.0])
def test_a_limb_is_as_wrong_as_in_the_window(error: float | None) -> None:
    looks = {palette.GREEN: "right", palette.AMBER: "nearly", palette.RED: "wrong", palette.WHITE: "unknown"}
    assert figures.limb_look(error, 15.0) == looks[skeleton.limb_style(error, 15.0).color]


# Drawings


def test_both_bodies_are_drawn_equally_large() -> None:
    report = make_report()
    small = make_pose(left_shoulder=60).landmarks.copy()
    small[:, :3] *= 0.3
    drawn = figures.draw_still(make_still(report, user=small), 15.0)
    trunks = [next(line for line in body.lines if line.name == "trunk") for body in (drawn.reference, drawn.user)]
    lengths = [np.hypot(line.x2 - line.x1, line.y2 - line.y1) for line in trunks]
    assert lengths[0] == pytest.approx(lengths[1], rel=0.02)


def test_only_the_limb_to_blame_is_coloured_and_on_top() -> None:
    report = make_report()
    drawn = figures.draw_still(make_still(report), 15.0)
    assert {line.look for line in drawn.reference.lines} == {"plain"}
    assert [line.name for line in drawn.user.lines if line.look != "plain"] == ["left_upper_arm"]
    assert drawn.user.lines[-1].name == "left_upper_arm"


@pytest.mark.parametrize("part", ["left arm", "hips", "legs", "head"])
def test_what_is_not_seen_is_not_drawn(part: str) -> None:
    report = make_report()
    hidden = make_pose(left_shoulder=60, hidden=[part]).landmarks
    drawn = figures.draw_still(make_still(report, user=hidden), 15.0)
    whole = figures.draw_still(make_still(report), 15.0)
    assert len(drawn.user.lines) < len(whole.user.lines)
    assert all(np.isfinite([line.x1, line.y1, line.x2, line.y2]).all() for line in drawn.user.lines)


def test_a_number_lies_beside_the_body_and_inside_the_box() -> None:
    report = make_report()
    drawn = figures.draw_still(make_still(report), 15.0)
    x, y, width, height = drawn.box
    for body in (drawn.reference, drawn.user):
        assert body.angle is not None
        assert x < body.angle.x < x + width and y < body.angle.y < y + height


def test_a_gap_breaks_the_line_of_the_timeline() -> None:
    report = make_report()
    chart = timeline(report)
    assert chart is not None
    assert len(chart.lines) == 2  # nobody was seen in the sixth section
    numbers = [float(number) for line in chart.lines for pair in line.split() for number in pair.split(",")]
    assert min(numbers) >= 0 and max(numbers) <= 100


def test_lateness_is_above_the_middle_and_earliness_below() -> None:
    report = make_report()
    rows = [row.model_copy(update={"offset_ms": 40.0, "offset_confidence": 1.0}) for row in report.timeline]
    on_time = late_curve(report.model_copy(update={"timeline": tuple(rows)}), 40.0)
    assert on_time is not None
    assert {pair.split(",")[1] for line in on_time.lines for pair in line.split()} == {"50.00"}
    rows[3] = rows[3].model_copy(update={"offset_ms": 440.0})
    rows[4] = rows[4].model_copy(update={"offset_ms": -160.0})
    curve = late_curve(report.model_copy(update={"timeline": tuple(rows)}), 40.0)
    assert curve is not None
    assert curve.reach_ms == 400.0
    heights = [float(pair.split(",")[1]) for line in curve.lines for pair in line.split()]
    assert (min(heights), max(heights)) == (0.0, 75.0)


def test_lateness_that_is_not_known_has_no_curve() -> None:
    report = make_report()
    rows = [row.model_copy(update={"offset_ms": None}) for row in report.timeline]
    assert late_curve(report.model_copy(update={"timeline": tuple(rows)}), 0.0) is None


def test_progress_goes_from_edge_to_edge() -> None:
    assert progress_line((0.2, 0.4, 1.0)) == ((0.0, 80.0), (50.0, 60.0), (100.0, 0.0))


# Markdown


def test_markdown_says_it_all_and_escapes() -> None:
    report = make_report(reference="a*b_c <b>|", counts=SongCounts(seconds_per_count=0.5, first=0.0))
    text = to_markdown(report, EN, (make_still(report),))
    assert text.startswith("# a\\*b\\_c \\<b\\>\\|\n")
    for said in (*report.strengths, report.session_summary, "**73** of 100", "**left arm: teacher 95°, you 60°**"):
        assert said in text
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len(table) == 2 + len(report.sections)
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {6}


@pytest.mark.parametrize("language", available_languages())
def test_markdown_of_a_session_without_score(language: str) -> None:
    assert "None" not in to_markdown(make_empty_report(), load_phrases(language))


# CSV


def laid_beside(take: PoseSequence) -> SideBySide:
    return SideBySide.alone(take)


def test_a_table_can_be_read_back() -> None:
    take = make_sequence("dance", seconds=3.0, nobody=((1.0, 1.5),))
    pair = laid_beside(take)
    rows = list(csv.DictReader(io.StringIO(to_csv(make_report(), pair))))
    assert list(rows[0]) == list(COLUMNS)
    assert len(rows) == len(take)
    np.testing.assert_allclose([float(row["time_s"]) for row in rows], take.times, atol=0.0005)
    for index, joint in enumerate(JOINT_NAMES):
        read = [float(row[f"user_{joint}_deg"] or "nan") for row in rows]
        np.testing.assert_allclose(read, pair.user_angles[:, index], atol=0.051)
        assert {row[f"reference_{joint}_deg"] for row in rows} == {""}


def test_each_frame_has_the_score_of_its_half_second() -> None:
    report = make_report()
    rows = list(csv.DictReader(io.StringIO(to_csv(report, laid_beside(make_sequence("dance", seconds=12.0))))))
    for row in rows:
        due = next(half for half in report.timeline if half.timestamp >= float(row["time_s"]) - 0.001)
        assert row["score"] == ("" if due.combined_score is None else f"{due.combined_score:.4f}")


def test_a_table_of_no_frames_has_its_head() -> None:
    take = make_sequence("dance", seconds=1.0)[:0]
    assert to_csv(make_report(), laid_beside(take)).splitlines() == [",".join(COLUMNS)]
