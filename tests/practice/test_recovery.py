"""Killed sessions: at the next command they are there, with the numbers of a take that ended where the process did."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from kdance.practice.recovery import recover_sessions
from kdance.practice.reporting import report_of
from kdance.practice.take import start_session
from kdance.practice.take_log import TakeLog
from kdance.review.evaluation import evaluate
from kdance.review.options import TakeOptions
from kdance.store import Snapshot
from tests.conftest import Cli
from tests.course_factory import course_of, danced_along
from tests.motion_factory import JointError, keep_frames, make_sequence, mirror_take, poses_of
from tests.session_factory import (
    FPS,
    SECONDS,
    Studio,
    another_dance,
    finish_kdance,
    kill_in_the_middle,
    make_reference,
    numbers,
    start_scripted_kdance,
    stored_frames,
    strict_json,
    the_dance,
)
from tests.video_factory import wait_until


class Killed(BaseException):
    """As good as SIGKILL for what is in the store: nothing is finished."""


@pytest.fixture
def studio(home: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    return Studio(home, monkeypatch, the_dance())


def die_at(frame: int):  # type: ignore[no-untyped-def]
    def on_frame(number: int) -> None:
        if number == frame:
            raise Killed

    return on_frame


def cut_off(studio: Studio, frame: int, take=None, **options) -> None:  # type: ignore[no-untyped-def]
    """A session that ends without a report, in this process."""
    with pytest.raises(Killed):
        studio.train(the_dance() if take is None else take, on_frame=die_at(frame), **options)


def recover(studio: Studio) -> list[str]:
    with studio.store() as store:
        return recover_sessions(store, studio.home / "references")


@pytest.mark.slow
def test_a_killed_process_loses_less_than_a_second(studio: Studio, kdance_cli: Cli) -> None:
    take = make_sequence(seconds=SECONDS, errors=[JointError("left_shoulder", -40.0)])
    kill_in_the_middle(studio.home, take, studio.clip(take), frame=60)
    stored = stored_frames(studio.home)
    assert 60 - FPS <= stored <= 60
    # The next command, whatever it is, says so and has it.
    done = kdance_cli("report", "last-session", "--json")
    assert done.code == 0
    report = strict_json(done.out)
    assert report["status"] == "recovered"
    assert f"Session {report['session_id']} had been cut off" in " ".join(done.err.split())
    assert report["total_poses"] == stored
    # The numbers are those of a take that ended there.
    expected = studio.train(keep_frames(take, np.arange(stored)), mirror="auto").report
    assert expected is not None
    from kdance.report.json_report import to_json

    assert numbers(report) == numbers(strict_json(to_json(expected)))
    assert report["joints"]["left_shoulder"]["signed_error_deg"] < -20
    # Once is enough.
    again = kdance_cli("report", report["session_id"], "--json")
    assert again.err == ""
    assert strict_json(again.out) == report


@pytest.mark.slow
def test_a_running_session_is_left_alone(studio: Studio, kdance_cli: Cli) -> None:
    take = the_dance()
    arguments = ("train", "dance", "--camera", str(studio.clip(take)), "--no-window", "--seconds", "2")
    child = start_scripted_kdance(studio.home, take, *arguments)
    assert wait_until(lambda: stored_frames(studio.home) > 0, timeout=20)
    listed = kdance_cli("sessions")
    assert "running" in listed.out
    assert listed.err == ""
    assert kdance_cli("report").code == 1
    code, _, err = finish_kdance(child)
    assert (code, err) == (0, "")
    assert strict_json(kdance_cli("report", "--json").out)["status"] == "completed"


@pytest.mark.parametrize("options", [{}, {"mirror": "auto"}, {"strictness": "strict", "loop": True}, {"offset": 0.5}])
def test_a_session_is_recovered_with_its_own_settings(studio: Studio, options: dict[str, object]) -> None:
    take = mirror_take(the_dance())
    cut_off(studio, 75, take, **options)
    (session_id,) = recover(studio)
    with studio.store() as store:
        recovered = store.get(session_id)
    expected = studio.train(keep_frames(take, np.arange(75)), **options).report
    assert expected is not None
    assert recovered.status == "recovered"
    assert numbers(recovered) == numbers(expected)


def test_all_killed_sessions_are_recovered(studio: Studio, kdance_cli: Cli) -> None:
    cut_off(studio, 50)
    cut_off(studio, 70)
    done = kdance_cli("sessions")
    assert done.out.count("recovered") == 2
    assert done.err.count("had been cut off") == 2
    assert kdance_cli("sessions").err == ""


def test_one_killed_before_its_first_frame_was_never_there(studio: Studio, kdance_cli: Cli) -> None:
    cut_off(studio, 0)
    assert recover(studio) == []
    with studio.store() as store:
        assert store.list_sessions() == []
    assert kdance_cli("report").code == 1


def test_one_killed_after_its_first_frame_is_a_session(studio: Studio) -> None:
    cut_off(studio, 1)
    (session_id,) = recover(studio)
    with studio.store() as store:
        report = store.get(session_id)
    assert (report.total_poses, report.total_duration, report.timeline) == (1, 0.0, ())


@pytest.mark.parametrize("accident", ["deleted", "another dance", "damaged", "another cut of the same video"])
def test_without_its_reference_nothing_is_guessed(studio: Studio, kdance_cli: Cli, accident: str) -> None:
    cut_off(studio, 75)
    references = studio.home / "references"
    if accident == "damaged":
        (references / "dance" / "world.npy").write_bytes(b"")
    else:
        shutil.rmtree(references / "dance")
    if accident == "another dance":
        make_reference(references, another_dance())
    if accident == "another cut of the same video":
        make_reference(references, keep_frames(the_dance(), np.arange(90)))
    done = kdance_cli("report", "--json")
    assert done.code == 0
    report = strict_json(done.out)
    assert (report["status"], report["total_poses"]) == ("recovered", 75)
    assert report["total_duration"] == pytest.approx(74 / FPS, abs=2e-3)
    assert report["coverage"] == 1.0
    unknown = ("average_similarity", "average_pose_score", "average_motion_score", "best_moment", "worst_moment")
    assert [report[name] for name in unknown] == [None] * 5
    assert report["timing"]["offset_ms"] is None
    assert (report["timeline"], report["sections"], report["detailed_feedback"]) == ([], [], [])
    assert set(report["distribution"].values()) == {0}
    assert {joint["mean_error_deg"] for joint in report["joints"].values()} == {None}
    assert "dance" in report["session_summary"]
    assert kdance_cli("report").code == 0  # it can be shown as well


def test_the_same_dance_preprocessed_again_is_the_same_reference(studio: Studio) -> None:
    cut_off(studio, 75)
    shutil.rmtree(studio.home / "references" / "dance")
    make_reference(studio.home / "references", the_dance())
    (session_id,) = recover(studio)
    with studio.store() as store:
        assert store.get(session_id).average_similarity > 0.9


def test_a_damaged_session_does_not_cost_the_others_and_no_command(studio: Studio, kdance_cli: Cli) -> None:
    cut_off(studio, 50)
    cut_off(studio, 70)
    with closing(sqlite3.connect(studio.home / "sessions.db")) as connection, connection:
        first = connection.execute("SELECT session_id FROM sessions ORDER BY number").fetchone()[0]
        connection.execute("UPDATE snapshots SET frames = x'00' WHERE session_id = ?", (first,))
    recover(studio)
    damaged = strict_json(kdance_cli("report", first, "--json").out)
    assert (damaged["status"], damaged["total_poses"], damaged["average_similarity"]) == ("recovered", 0, None)
    assert "damaged" in damaged["session_summary"]
    done = kdance_cli("report", "last-session", "--json")
    assert done.code == 0
    assert strict_json(done.out)["total_poses"] == 70
    assert done.err == ""


def test_a_looped_slowed_session_that_was_killed_gets_the_report_it_would_have_had(studio: Studio) -> None:
    times, course = course_of((0.5, 3.0, 0.75), (0.5, 3.0, 0.75), (0.5, 3.0, 1.0))
    take = danced_along(times, course, errors=[JointError("left_shoulder", -60.0, 0.0, 3.3)])
    options = TakeOptions(mirror="off", strictness="strict", latency=0.05)
    start = start_session(studio.dance, "camera 0", options, datetime(2026, 11, 22, tzinfo=UTC))
    with studio.store() as store:
        with store.start(start) as writer:  # left without a report, as by a killed process
            log = TakeLog(writer)
            next_snapshot = 0.5
            for index, pose in enumerate(poses_of(take)):
                while times[index] > next_snapshot:
                    log.hand_over(no_scores(next_snapshot), mirrored=False)
                    next_snapshot += 0.5
                log.add(pose, float(times[index]), float(course.position[index]), int(course.run[index]))
            log.hand_over(no_scores(float(times[-1])), mirrored=False)
        stored, stored_course = store.take(start.session_id)
        kept = log.course()
        assert stored_course is not None
        assert kept is not None
        for found in (stored_course, kept):
            assert found.position.tobytes() == course.position.tobytes()
            assert found.run.tobytes() == course.run.tobytes()
        assert recover_sessions(store, studio.home / "references") == [start.session_id]
        recovered = store.get(start.session_id)
    expected = report_of(evaluate(log.take(), studio.dance, options, course), start, "completed")
    assert numbers(recovered) == numbers(expected)
    assert (recovered.speed, len(recovered.runs)) == (0.75, 3)
    scores = [run.score for run in recovered.runs]
    assert None not in scores
    assert scores[0] < scores[1]  # type: ignore[operator]
    assert len(stored) == len(take)


def no_scores(timestamp: float) -> Snapshot:
    return Snapshot(timestamp=timestamp, pose_score=None, motion_score=None, combined_score=None, best_match_idx=None)
