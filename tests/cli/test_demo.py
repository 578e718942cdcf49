"""``kdance demo``, from nothing, with the real network, in a process of its own: what a new user sees first."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.session_factory import last_report, run_kdance

pytestmark = pytest.mark.slow

JOINTS = {f"{side}_{joint}" for side in ("left", "right") for joint in ("elbow", "shoulder", "hip", "knee")}
# SYSTEM.md, "The JSON report: a fixed interface". Names may be added, never renamed or dropped.
FIELDS = {
    *("session_id", "reference", "started_at", "source", "status", "mode", "speed", "mirrored"),
    *("total_poses", "total_duration", "average_similarity", "average_pose_score", "average_motion_score", "coverage"),
    *("timing", "best_moment", "worst_moment", "distribution", "joints", "sections", "timeline"),
    *("session_summary", "key_insights", "improvement_areas", "strengths", "summary_source"),
    *("severity_distribution", "detailed_feedback"),
}
ADDED = {
    *(
        "strictness",
        "warnings",
        "hands",
        "verdict",
        "runs",
        "counts",
        "forgiven_ms",
        "faults",
        "breaks",
        "groups",
        "pictures",
    ),
    *("not_in_reference", "in_video", "asked"),
}
MOMENT = {"timestamp", "reference_time", "combined_score"}
PARTS = {
    "timing": {"start_offset_ms", "offset_ms", "offset_counts", "tempo", "confidence"},
    "best_moment": MOMENT,
    "worst_moment": MOMENT,
    "distribution": {"perfect", "great", "good", "ok", "miss"},
    "joints": JOINTS,
    "severity_distribution": {"low", "medium", "high"},
}
ROWS = {
    "sections": {"index", "start", "end", "score", "offset_ms", "worst_joint"},
    "timeline": {
        *("timestamp", "reference_time", "best_match_idx", "pose_score", "motion_score", "combined_score"),
        *("worst_joint", "worst_error_deg", "offset_ms", "offset_confidence"),
    },
    "detailed_feedback": {
        *("timestamp", "feedback_text", "severity", "focus_areas", "similarity_score", "is_positive", "context"),
        "source",
    },
}


@dataclass(frozen=True)
class Demo:
    """What ``kdance demo`` left in its home, what it printed, and its exit code."""

    home: Path
    done: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    home = tmp_path_factory.mktemp("demo")
    return Demo(home, run_kdance(home, "demo", timeout=240))


@pytest.fixture(scope="module")
def report(demo: Demo) -> dict[str, Any]:
    return last_report(demo.home)


def test_it_works_from_nothing_and_says_nothing_else(demo: Demo) -> None:
    assert demo.done.returncode == 0
    assert demo.done.stderr.strip() == ""
    assert sorted(path.name for path in demo.home.iterdir()) == [
        *("kdance.log", "references", "sessions.db", "sessions.locks")
    ]


def test_the_summary_names_what_was_put_into_the_take(demo: Demo) -> None:
    """The left arm about 40 degrees too low from 10 to 14 s, a quarter of a second late from 6 to 10 s."""
    said = " ".join(demo.done.stdout.split())
    assert "left arm" in said
    assert "too low" in said
    assert "late" in said
    assert "right arm was" not in said
    assert "Raise your left arm" in said


def test_the_report_has_exactly_the_fields_of_the_interface(report: dict[str, Any]) -> None:
    assert set(report) - ADDED == FIELDS
    for name, keys in PARTS.items():
        assert set(report[name]) == keys, name
    for name, keys in ROWS.items():
        assert report[name], name
        for row in report[name]:
            assert set(row) == keys, name
    for joint in report["joints"].values():
        assert set(joint) == {"mean_error_deg", "signed_error_deg", "coverage"}
    for record in report["detailed_feedback"]:
        assert set(record["context"]) == {"pose_score", "motion_score", "best_match_idx"}


def test_the_take_is_counted_whole(report: dict[str, Any]) -> None:
    assert (report["status"], report["mode"], report["speed"], report["mirrored"]) == (
        "completed",
        "follow",
        1.0,
        False,
    )
    assert report["reference"] == "demo"
    assert report["source"].endswith("demo_take.mp4")
    assert report["summary_source"] == "rules"
    assert (report["total_poses"], report["coverage"]) == (540, 1.0)
    assert report["total_duration"] == pytest.approx(17.967, abs=0.002)
    assert [row["timestamp"] for row in report["timeline"]] == [0.5 * row for row in range(1, 37)]
    scored = [row for row in report["timeline"] if row["combined_score"] is not None]
    assert sum(report["distribution"].values()) == len(scored) == 36
    assert report["sections"][0]["start"] == 0
    assert report["sections"][-1]["end"] == pytest.approx(17.967, abs=0.002)
    for one, two in pairwise(report["sections"]):
        assert one["end"] == two["start"]


def test_the_arm_is_blamed_when_it_is_wrong_and_no_other_limb_ever(report: dict[str, Any]) -> None:
    told = {row["timestamp"] for row in report["timeline"] if row["worst_joint"] == "left_shoulder"}
    wrong = {0.5 * row for row in range(21, 29)}  # the half seconds of 10 s to 14 s, by their ends
    assert len(told & wrong) / len(told | wrong) >= 0.6
    assert all(row["worst_error_deg"] < -15 for row in report["timeline"] if row["worst_joint"] == "left_shoulder")
    assert {row["worst_joint"] for row in report["timeline"]} == {None, "left_shoulder"}
    signed = {name: joint["signed_error_deg"] for name, joint in report["joints"].items()}
    assert min(signed, key=lambda name: signed[name]) in ("left_shoulder", "right_knee")
    assert signed["left_shoulder"] < -2


def test_the_late_part_is_late_and_the_others_are_not(report: dict[str, Any]) -> None:
    """The late counts are 9 to 16, the second 8-count, from 6 s to 10 s."""
    inside = [section for section in report["sections"] if 5.9 < section["start"] < 6.1]
    outside = [section for section in report["sections"] if section not in inside]
    assert len(inside) == 1
    assert len(outside) == 4
    assert all(150 < section["offset_ms"] < 350 for section in inside)
    assert all(abs(section["offset_ms"]) < 100 for section in outside)
    assert any("late" in text for text in report["improvement_areas"])
    assert any(record["focus_areas"] == ["left_shoulder"] for record in report["detailed_feedback"])
    assert any("late" in record["feedback_text"] for record in report["detailed_feedback"])


def test_the_good_part_is_good(report: dict[str, Any]) -> None:
    for row in report["timeline"]:
        if row["timestamp"] <= 5.5 or row["timestamp"] >= 15:
            assert row["combined_score"] > 0.9
