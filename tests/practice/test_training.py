"""The practice loop: what ends it, what it keeps when something fails, and that its numbers are those of the take."""

from __future__ import annotations

import signal
import threading
import time
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from kdance.dance.references import Reference
from kdance.errors import CameraLostError, StoreError
from kdance.pose import Frame, Pose, PoseSequence
from kdance.practice.dancing import TOO_SLOW, dance_once, dance_until_enough
from kdance.practice.options import DRILL_SPEED, TrainingOptions
from kdance.practice.room import Room
from kdance.practice.signals import StopSignals
from kdance.practice.transport import Practice
from kdance.review.lateness import Span
from kdance.review.options import TakeOptions
from kdance.store import new_session_id
from tests.conftest import Cli
from tests.motion_factory import JointError, keep_frames, make_pose, make_sequence, mirror_take
from tests.session_factory import (
    DEMO_TAKE,
    FPS,
    SECONDS,
    Disk,
    ScriptedCamera,
    ScriptedView,
    SetClock,
    Studio,
    another_dance,
    empty_room,
    finish_kdance,
    frames_of,
    join_takes,
    last_report,
    lost,
    numbers,
    run_kdance,
    said,
    start_kdance,
    stored_frames,
    strict_json,
    the_dance,
)
from tests.video_factory import free_port, live_camera, wait_until

FRAMES = round(SECONDS * FPS)


@pytest.fixture
def studio(home: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    return Studio(home, monkeypatch, the_dance())


# -- the numbers ------------------------------------------------------------------------------------------------------


def test_the_reference_danced_again_is_perfect(studio: Studio) -> None:
    outcome = studio.train(the_dance())
    assert (outcome.status, outcome.error, outcome.by_signal) == ("completed", None, False)
    report = outcome.report
    assert report is not None
    assert report.total_poses == FRAMES
    assert report.total_duration == pytest.approx((FRAMES - 1) / FPS, abs=2e-3)
    assert report.average_similarity > 0.97
    assert report.coverage == 1.0
    assert report.timing.offset_ms == pytest.approx(0.0, abs=20)
    assert [row.timestamp for row in report.timeline] == [0.5 * row for row in range(1, 9)]


@pytest.mark.parametrize(("mirror", "strictness"), [("auto", "normal"), ("on", "easy"), ("off", "strict")])
def test_a_take_has_the_same_numbers_trained_and_scored(studio: Studio, mirror: str, strictness: str) -> None:
    take = make_sequence(seconds=SECONDS, late=0.15, errors=[JointError("left_shoulder", -40.0, 2.0, 4.0)], jitter=0.01)
    trained = studio.train(take, mirror=mirror, strictness=strictness)
    scored = studio.score(take, mirror=mirror, strictness=strictness)
    assert trained.report is not None
    assert scored.report is not None
    assert numbers(trained.report) == numbers(scored.report)


def test_the_same_take_twice_gives_the_same_numbers_whatever_the_machine_does(studio: Studio) -> None:
    take = make_sequence(seconds=SECONDS, late=0.1, jitter=0.02, nobody=[(2.0, 2.6)])
    rng = np.random.default_rng(3)
    one = studio.train(take)
    two = studio.train(take, on_frame=lambda number: time.sleep(rng.uniform(0, 0.01)))
    assert one.report is not None
    assert two.report is not None
    assert numbers(one.report) == numbers(two.report)


def test_a_file_never_drops_a_frame_however_slow_the_network_is(studio: Studio) -> None:
    outcome = studio.train(the_dance(), on_frame=lambda number: time.sleep(0.05 if number % 20 == 0 else 0.0))
    assert outcome.report is not None
    assert outcome.report.total_poses == FRAMES


def test_what_is_stored_is_what_was_seen(studio: Studio) -> None:
    take = make_sequence(seconds=SECONDS, nobody=[(1.0, 1.2)])
    outcome = studio.train(take)
    assert outcome.report is not None
    with studio.store() as store:
        assert store.latest() == outcome.report
        frames = store.take(outcome.report.session_id)[0]
        snapshots = store.snapshots(outcome.report.session_id)
    np.testing.assert_array_equal(frames.landmarks, take.landmarks)
    np.testing.assert_array_equal(frames.world, take.world)
    np.testing.assert_allclose(frames.times, take.times, atol=1e-3)
    assert [snapshot.comparison["timestamp"] for snapshot in snapshots][:-1] == [0.5 * row for row in range(1, 8)]
    scores = [snapshot.comparison["combined_score"] for snapshot in snapshots]
    assert min(score for score in scores if score is not None) > 0.5


def test_nobody_in_it_is_null_and_no_error(studio: Studio, kdance_cli: Cli) -> None:
    take = empty_room()
    studio.script(take)
    done = kdance_cli("train", "dance", "--camera", studio.clip(take), "--no-window")
    assert (done.code, done.error_lines) == (0, [])
    report = strict_json(kdance_cli("report", "last-session", "--json").out)
    assert report["status"] == "completed"
    assert (report["total_poses"], report["coverage"]) == (0, 0.0)
    assert report["total_duration"] == pytest.approx((FRAMES - 1) / FPS, abs=2e-3)
    empty = ("average_similarity", "average_pose_score", "average_motion_score", "best_moment", "worst_moment")
    assert [report[name] for name in empty] == [None] * 5
    assert report["timing"]["offset_ms"] is None
    assert len(report["timeline"]) == 8
    for row in report["timeline"]:
        assert row["offset_confidence"] == 0
        known = ("timestamp", "reference_time", "offset_confidence")
        assert {value for name, value in row.items() if name not in known} == {None}
    assert sum(report["distribution"].values()) == 0
    assert {joint["mean_error_deg"] for joint in report["joints"].values()} == {None}


def test_the_wrong_dance_and_standing_still_are_low_numbers(studio: Studio) -> None:
    for take in (another_dance(), make_sequence("stand still", seconds=SECONDS)):
        outcome = studio.train(take)
        assert outcome.report is not None
        assert outcome.report.total_poses == FRAMES
        assert outcome.report.average_similarity is not None
        assert outcome.report.average_similarity < 0.3


def test_a_mirrored_take_is_found_out(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dance = make_sequence(seconds=5.0)
    studio = Studio(home, monkeypatch, dance)
    take = mirror_take(dance)
    view = ScriptedView(is_open=False)
    found = studio.train(take, view=view, mirror="auto").report
    told = studio.train(take, mirror="on").report
    refused = studio.score(take, mirror="off").report
    plain = studio.score(dance, mirror="auto").report
    assert found is not None
    assert told is not None
    assert refused is not None
    assert plain is not None
    assert (found.mirrored, told.mirrored, refused.mirrored, plain.mirrored) == (True, True, False, False)
    assert numbers(found) == numbers(told)
    assert found.average_similarity > 0.9
    assert refused.average_similarity < 0.5
    assert any("--mirror on" in warning for warning in refused.warnings)
    # It is said on the screen once it is decided, and not before: the decision can still change.
    assert view.notes[0] == ()
    assert view.notes[-1] == ("mirrored",)


# -- what ends it -----------------------------------------------------------------------------------------------------


def test_it_ends_with_the_reference(studio: Studio) -> None:
    outcome = studio.train(join_takes(the_dance(), another_dance()))
    assert outcome.report is not None
    assert outcome.status == "completed"
    assert outcome.report.total_poses == FRAMES


def test_it_ends_with_the_file(studio: Studio) -> None:
    outcome = studio.train(keep_frames(the_dance(), np.arange(100)))
    assert outcome.report is not None
    assert outcome.status == "completed"
    assert outcome.report.total_poses == 100


def test_it_ends_after_the_seconds_asked_for(studio: Studio) -> None:
    outcome = studio.train(the_dance(), seconds=2.5)
    assert outcome.report is not None
    assert outcome.status == "completed"
    assert outcome.report.total_duration == pytest.approx(2.5, abs=2e-3)
    assert len(outcome.report.timeline) == 5


def test_it_goes_round(studio: Studio) -> None:
    # A round lasts as long as the reference: to its last frame, which is the first of the next round.
    rounds = join_takes(*[keep_frames(the_dance(), np.arange(FRAMES - 1))] * 3)
    view = ScriptedView(is_open=False)
    outcome = studio.train(rounds, view=view, loop=True)
    assert outcome.report is not None
    assert outcome.report.total_poses == len(rounds)
    assert outcome.report.average_similarity > 0.9
    times = [row.reference_time for row in outcome.report.timeline if row.reference_time is not None]
    assert sum(later < earlier for earlier, later in pairwise(times)) == 2
    assert sum(later < earlier for earlier, later in pairwise(view.clocks)) == 2
    assert max(view.clocks) <= studio.dance.plain.duration
    short = studio.train(rounds, loop=True, seconds=5.0)
    assert short.report is not None
    assert short.report.total_duration == pytest.approx(5.0, abs=2e-3)


def test_q_ends_it(studio: Studio) -> None:
    outcome = studio.train(the_dance(), view=ScriptedView(quit_after=50))
    assert outcome.report is not None
    assert outcome.status == "completed"
    assert outcome.report.total_poses == 50


def test_ctrl_c_ends_it_and_everything_is_kept(studio: Studio) -> None:
    def press(number: int) -> None:
        studio.signals.received |= number == 60

    outcome = studio.train(the_dance(), on_frame=press)
    assert (outcome.status, outcome.by_signal, outcome.error) == ("interrupted", True, None)
    assert outcome.report is not None
    assert 50 <= outcome.report.total_poses <= 61  # the network was a few frames ahead
    with studio.store() as store:
        assert store.latest() == outcome.report
        assert len(store.take(outcome.report.session_id)[0]) == outcome.report.total_poses


def test_ctrl_c_before_the_first_frame_keeps_nothing(studio: Studio) -> None:
    studio.signals.received = True
    outcome = studio.train(the_dance())
    assert (outcome.report, outcome.status, outcome.by_signal) == (None, "interrupted", True)
    outcome = studio.train(the_dance(), countdown=5.0)
    assert (outcome.report, outcome.status, outcome.by_signal) == (None, "interrupted", True)
    with studio.store() as store:
        assert store.abandoned() == []
        assert store.list_sessions() == []


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no SIGHUP")
def test_a_terminal_that_is_closed_asks_for_the_end_but_not_under_nohup() -> None:
    before = signal.getsignal(signal.SIGHUP)
    try:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        with StopSignals() as signals:
            signal.raise_signal(signal.SIGHUP)
            assert signals.received
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_DFL
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with StopSignals() as signals:
            signal.raise_signal(signal.SIGHUP)
            assert not signals.received
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_stop_signals_are_remembered_once_and_handlers_put_back() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with StopSignals() as signals:
        assert not signals.received
        signal.raise_signal(signal.SIGTERM)
        assert signals.received
        with pytest.raises(KeyboardInterrupt):  # pressed again: they mean it
            signal.raise_signal(signal.SIGINT)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_mistake_of_ours_is_not_hidden_and_what_was_danced_can_be_recovered(studio: Studio) -> None:
    def fail(number: int) -> None:
        if number == 70:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        studio.train(the_dance(), on_frame=fail)
    with studio.store() as store:
        (session,) = store.abandoned()
        assert session.num_frames == 70


# -- dancing again ----------------------------------------------------------------------------------------------------


def test_space_dances_again_in_a_session_of_its_own(studio: Studio) -> None:
    view = ScriptedView(at_end=["space", "space"])
    outcomes = studio.dance_until_enough(the_dance(), view)
    assert [outcome.status for outcome in outcomes] == ["completed"] * 3
    assert len(view.ends) == 3
    reports = [outcome.report for outcome in outcomes if outcome.report]
    assert len({report.session_id for report in reports}) == 3
    assert numbers(reports[0]) == numbers(reports[1]) == numbers(reports[2])
    assert view.drills == [None] * 3  # a recording can't be danced in parts
    with studio.store() as store:
        assert len(store.list_sessions()) == 3


def test_d_drills_the_hardest_part_slowly_and_space_dances_all_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dance = make_sequence("dance", seconds=5.0)
    studio = Studio(home, monkeypatch, dance)
    studio.put_up(lambda: ScriptedCamera([*dance.times]))
    view = ScriptedView(at_end=["d", "space"])
    take = make_sequence("dance", seconds=5.0, errors=[JointError("left_shoulder", -45.0, 2.5, 5.0)])
    outcomes = studio.dance_until_enough(take, view)
    assert [outcome.status for outcome in outcomes] == ["completed"] * 3
    part = view.drills[0]
    assert part is not None
    assert part.end > 2.5
    first, drill, again = (outcome.report for outcome in outcomes if outcome.report)
    assert (first.speed, drill.speed, again.speed) == (1.0, DRILL_SPEED, 1.0)
    assert drill.runs
    assert all(run.start == pytest.approx(part.start, abs=0.1) for run in drill.runs)
    assert all(section.score is not None for section in (*first.sections, *again.sections))


ARMS = {
    "one_up": {"left_shoulder": 172.0},
    "both_up": {"left_shoulder": 172.0, "right_shoulder": 172.0},
    "crossed": {"left_shoulder": 202.0, "right_shoulder": 202.0, "left_elbow": 128.0, "right_elbow": 128.0},
}


@pytest.mark.parametrize(("sign", "comes"), [("both_up", 1.0), ("one_up", DRILL_SPEED), ("crossed", None)])
def test_far_from_the_keys_signs_choose_what_comes_next(
    home: Path, monkeypatch: pytest.MonkeyPatch, sign: str, comes: float | None
) -> None:
    dance = make_sequence("dance", seconds=5.0)
    studio = Studio(home, monkeypatch, dance)
    studio.put_up(lambda: ScriptedCamera([*np.arange(round(5 * FPS) + 1) / FPS]))
    take = make_sequence("dance", seconds=5.0, errors=[JointError("left_shoulder", -45.0, 2.5, 5.0)])
    ends = [sign, "crossed"]
    view = ScriptedView()
    monkeypatch.setattr(view, "poll", lambda timeout_ms=1: studio.set_clock.sleep(timeout_ms / 1000))
    options = studio._options(take, lambda number: None, None, 0.0, None, False, None, {})

    def at_the_end(model: str, *, min_confidence: float) -> Signalling:
        return Signalling(make_pose(), make_pose(**ARMS[ends.pop(0)]))

    monkeypatch.setattr("kdance.practice.sign_watch.open_pose_estimator", at_the_end)
    with studio.store() as store:
        session = studio.session(replace(options, gestures=True), store, Room(view))
        outcomes = list(dance_until_enough(session))
    assert [outcome.report.speed for outcome in outcomes if outcome.report] == [
        1.0,
        *([] if comes is None else [comes]),
    ]


@pytest.mark.parametrize(("sign", "runs"), [("both_up", 2), ("one_up", 2), ("crossed", 1)])
def test_far_from_the_keys_signs_end_a_pause(home: Path, monkeypatch: pytest.MonkeyPatch, sign: str, runs: int) -> None:
    studio = Studio(home, monkeypatch, make_sequence("dance", seconds=5.0))
    studio.put_up(lambda: ScriptedCamera([*np.arange(round(12 * FPS)) / FPS]))
    view = ScriptedView(keys={60: "space"})
    options = studio._options(make_sequence("dance", seconds=5.0), lambda n: None, None, 0.0, None, False, None, {})
    monkeypatch.setattr(
        "kdance.practice.dancing.open_pose_estimator",
        lambda *_, **__: Signalling(make_pose(), make_pose(**ARMS[sign]), at=3.0, until=5.5),
    )
    with studio.store() as store:
        outcome = dance_once(studio.session(replace(options, gestures=True), store, Room(view)))
    phases = [state.song.phase for state in view.states]
    assert "paused" in phases
    assert outcome.report is not None
    assert len({state.song.place.run for state in view.states}) == runs
    assert (phases[-1] == "paused") == (sign == "crossed")


class Signalling:
    """Somebody who stands for a second and then holds a sign."""

    def __init__(self, rest: Pose, sign: Pose, *, at: float = 1.0, until: float = 60.0) -> None:
        self._rest, self._sign, self._at, self._until = rest, sign, at, until

    def __enter__(self) -> Signalling:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def estimate(self, frame: Frame) -> Pose:
        return self._sign if self._at <= frame.time < self._until else self._rest


def test_a_drill_is_never_faster_than_what_was_asked_for() -> None:
    options = TrainingOptions(
        source=0, countdown=3.0, seconds=None, at_own_pace=False, judging=TakeOptions(), practice=Practice(speed=0.6)
    )
    drill = options.drill(Span(2.0, 6.0))
    assert (drill.practice.start, drill.practice.end, drill.practice.loop) == (2.0, 6.0, True)
    assert drill.practice.speed == drill.take.speed == 0.6
    assert drill.take.loop
    assert drill.auto_speed


def test_without_a_window_it_is_danced_once(studio: Studio) -> None:
    assert len(studio.dance_until_enough(the_dance(), ScriptedView(at_end=["space"], is_open=False))) == 1


def test_an_error_is_told_at_once_and_not_after_the_end_screen(studio: Studio) -> None:
    view = ScriptedView(at_end=["space"])
    studio.put_up(lambda: ScriptedCamera([*np.arange(60) / FPS, lost()]))
    (outcome,) = studio.dance_until_enough(the_dance(), view)
    assert isinstance(outcome.error, CameraLostError)
    assert view.ends == []


# -- a live camera ----------------------------------------------------------------------------------------------------


def test_a_live_session_begins_with_its_first_frame_after_the_countdown(studio: Studio) -> None:
    view = ScriptedView(is_open=False)
    camera = ScriptedCamera([*the_dance().times, lost()])
    outcome = studio.train(the_dance(), view=view, camera=camera, countdown=0.6)
    assert camera.closed
    assert outcome.report is not None
    assert [seconds for _, seconds in view.countdown][-1] == 1
    assert any(with_picture for with_picture, _ in view.countdown)
    assert 0 <= view.clocks[0] < 0.15
    assert outcome.report.total_duration == pytest.approx(SECONDS - 0.6, abs=0.3)
    assert outcome.report.source == "camera 7"


def test_a_live_session_is_a_function_of_its_frames_and_their_times(studio: Studio) -> None:
    def danced() -> tuple[dict[str, object], list[float]]:
        studio.set_clock = SetClock()
        view = ScriptedView(keys={20: "-", 60: "r", 80: "space", 90: "space"})
        with studio.sound() as playback:
            camera = ScriptedCamera([*the_dance().times, lost()])
            outcome = studio.train(the_dance(), view=view, camera=camera, playback=playback)
        assert outcome.report is not None
        return numbers(outcome.report), view.clocks

    assert danced() == danced()


def test_a_camera_that_is_lost_keeps_the_session(studio: Studio) -> None:
    outcome = studio.train(the_dance(), camera=ScriptedCamera([*the_dance().times[:100], None, None, lost()]))
    assert outcome.status == "interrupted"
    assert not outcome.by_signal
    assert isinstance(outcome.error, CameraLostError)
    assert outcome.report is not None
    assert outcome.report.total_poses == pytest.approx(100, abs=10)
    assert outcome.report.total_duration == pytest.approx(99 / FPS, abs=0.2)  # not the wait for the dead camera
    with studio.store() as store:
        assert store.latest() == outcome.report


@pytest.mark.parametrize("countdown", [0.0, 1.0])
def test_a_camera_that_is_lost_before_the_dance_leaves_nothing(studio: Studio, countdown: float) -> None:
    outcome = studio.train(the_dance(), camera=ScriptedCamera([None, lost()]), countdown=countdown)
    assert outcome.report is None
    assert isinstance(outcome.error, CameraLostError)
    with studio.store() as store:
        assert store.abandoned() == []
        assert store.list_sessions() == []


def test_a_camera_that_pauses_leaves_a_gap_and_no_guess(studio: Studio) -> None:
    times = the_dance().times
    seen = times[(times < 1.0) | (times > 2.7)]
    outcome = studio.train(the_dance(), camera=ScriptedCamera([*seen, lost()]))
    assert outcome.report is not None
    assert outcome.report.total_poses == pytest.approx(len(seen), abs=8)
    assert outcome.report.average_similarity > 0.9
    rows = {row.timestamp: row.combined_score for row in outcome.report.timeline}
    assert [time for time, score in rows.items() if score is None] == [1.5, 2.0, 2.5]


def test_a_slow_camera_scores_like_a_fast_one(studio: Studio) -> None:
    rng = np.random.default_rng(5)
    keep = np.sort(rng.choice(FRAMES, FRAMES // 2, replace=False))
    outcome = studio.train(the_dance(), camera=ScriptedCamera([*the_dance().times[keep], lost()]))
    assert outcome.report is not None
    assert outcome.report.average_similarity > 0.9


# -- a store that fails -----------------------------------------------------------------------------------------------


def test_a_full_disk_is_told_and_the_summary_is_complete(
    studio: Studio, kdance_cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = studio.train(the_dance()).report
    assert undisturbed is not None
    disk = Disk(monkeypatch)
    view = ScriptedView(is_open=False)

    def fill(number: int) -> None:
        disk.is_full |= number == 60
        time.sleep(0.002)

    outcome = studio.train(the_dance(), view=view, on_frame=fill)
    assert view.notes[0] == ()
    assert view.notes[-1] == ("not_saved",)
    assert isinstance(outcome.error, StoreError)
    assert "disk is full" in str(outcome.error)
    assert outcome.report is not None
    assert numbers(outcome.report) == numbers(undisturbed)
    # The command: the summary first, the error last, exit code 1.
    disk.is_full = False
    studio.script(the_dance(), fill)
    done = kdance_cli("train", "dance", "--camera", studio.clip(the_dance()), "--no-window")
    assert done.code == 1
    assert "of 100" in done.out
    assert "Section by section" in done.out
    assert "disk is full" in " ".join(done.error_lines[-3:])


def test_a_store_that_vanishes_costs_no_summary(studio: Studio) -> None:
    def unplug(number: int) -> None:
        if number == 70:
            for file in studio.home.glob("sessions.db*"):
                file.rename(file.with_suffix(".gone"))

    outcome = studio.train(the_dance(), on_frame=unplug)
    assert isinstance(outcome.error, StoreError)
    assert outcome.report is not None
    assert outcome.report.total_poses == FRAMES
    assert not (studio.home / "sessions.db").exists()


def test_the_loop_never_waits_for_the_disk(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(monkeypatch)
    began: list[float] = []

    def note(number: int) -> None:
        disk.delay = 0.8 if 20 < number < FRAMES - 1 else 0.0
        began.append(time.monotonic())

    outcome = studio.train(the_dance(), on_frame=note)
    assert outcome.report is not None
    assert outcome.error is None
    assert max(np.diff(began)) < 0.3
    with studio.store() as store:
        assert len(store.take(outcome.report.session_id)[0]) == FRAMES


# -- real processes, the real network ---------------------------------------------------------------------------------


@pytest.fixture
def homes(tmp_path: Path, demo_reference: Reference) -> list[Path]:
    """Two homes with the built-in dance, for two processes at once: this machine has two cores."""
    found = [tmp_path / "one", tmp_path / "two"]
    for home in found:
        home.mkdir()
        (home / "references").symlink_to(demo_reference.video.parent.parent, target_is_directory=True)
    return found


@pytest.mark.slow
def test_a_signal_in_the_middle_shows_the_summary(homes: list[Path]) -> None:
    command = ("train", "demo", "--camera", str(DEMO_TAKE), "--no-window", "--loop")
    children = [start_kdance(home, *command) for home in homes]
    for home, child, number in zip(homes, children, (signal.SIGINT, signal.SIGTERM), strict=True):
        assert wait_until(partial(has_stored, home, 30), timeout=30)
        child.send_signal(number)
    for home, child in zip(homes, children, strict=True):
        code, out, err = finish_kdance(child)
        assert (code, err) == (130, "")
        assert "stopped before the end" in out
        report = last_report(home)
        assert report["status"] == "interrupted"
        assert report["total_poses"] >= 30
        assert report["average_similarity"] > 0.8


def has_stored(home: Path, frames: int) -> bool:
    return stored_frames(home) >= frames


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    """What a camera in front of the learner of the built-in take would see."""
    return list(frames_of(DEMO_TAKE))


@pytest.mark.slow
def test_a_stream_is_danced_in_front_of(homes: list[Path], pictures: list[np.ndarray]) -> None:
    with live_camera(pictures) as camera:
        done = run_kdance(
            homes[0], "train", "demo", "--camera", camera.url, "--no-window", "--countdown", "0", "--seconds", "4"
        )
    assert done.returncode == 0
    assert said(done.stderr) == ""
    report = last_report(homes[0])
    assert (report["status"], report["source"]) == ("completed", camera.url)
    assert 3.5 < report["total_duration"] <= 4.0
    # 30 a second on two idle cores; this is what a busy machine must still reach.
    assert report["total_poses"] / report["total_duration"] > 12
    assert report["coverage"] > 0.9
    assert len(report["timeline"]) == 8


@pytest.mark.slow
def test_a_stream_that_hangs_up_or_stalls_keeps_the_session(homes: list[Path], pictures: list[np.ndarray]) -> None:
    with live_camera(pictures) as hung_up, live_camera(pictures) as stalled:
        cameras = (hung_up, stalled)
        options = ("--no-window", "--countdown", "0", "--loop")  # a slow machine must not come to the end first
        started = time.monotonic()
        children = [
            start_kdance(home, "train", "demo", "--camera", camera.url, *options)
            for home, camera in zip(homes, cameras, strict=True)
        ]
        assert wait_until(lambda: all(has_stored(home, 10) for home in homes), timeout=30)
        before = [stored_frames(home) for home in homes]
        hung_up.stop()
        stalled.stall()
        began = time.monotonic()
        lived = began - started
        ends = [finish_kdance(child) for child in children]
        assert time.monotonic() - began < 10
    for home, camera, stored, (code, out, err) in zip(homes, cameras, before, ends, strict=True):
        assert code == 1
        assert "stopped before the end" in out
        assert f"The camera {camera.url} stopped sending pictures." in " ".join(err.split())
        report = last_report(home)
        assert report["status"] == "interrupted"
        assert report["total_poses"] >= stored
        assert report["total_duration"] < lived + 1  # without the wait for the dead camera


@pytest.mark.slow
def test_a_stream_that_refuses_or_never_answers_is_an_error(studio: Studio, kdance_cli: Cli) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        for port in (silent.getsockname()[1], free_port()):
            url = f"http://127.0.0.1:{port}/video.mjpg"
            done = kdance_cli("train", "dance", "--camera", url, "--no-window")
            assert done.code == 1
            assert f"The stream {url} can't be opened." in done.err
            assert done.out == ""
    with studio.store() as store:
        assert store.list_sessions() == []


def test_session_ids_of_one_second_differ() -> None:
    from datetime import datetime

    now = datetime(2026, 11, 22, 14, 15, 3)
    assert len({new_session_id(now) for _ in range(50)}) > 45


def test_no_thread_is_left_of_a_session(studio: Studio) -> None:
    before = threading.active_count()
    studio.train(keep_frames(the_dance(), np.arange(40)))
    assert threading.active_count() == before


def test_two_frames_and_one_frame_are_sessions_too(studio: Studio) -> None:
    for count in (1, 2):
        take = PoseSequence(the_dance().landmarks[:count], the_dance().world[:count], the_dance().times[:count])
        outcome = studio.train(take)
        assert outcome.report is not None
        assert outcome.report.total_poses == count
        assert outcome.report.timeline == ()


def test_a_lighter_model_that_took_over_is_told(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kdance.practice.pipeline.SLOW_S", 0.0)
    told: list[str] = []
    studio.script(the_dance())
    camera = ScriptedCamera([*the_dance().times[:60], lost()])
    monkeypatch.setattr("kdance.practice.dancing.open_source", lambda source, *, camera_=camera, camera: camera_)
    options = TrainingOptions(
        source="7", countdown=0.0, seconds=None, at_own_pace=False, judging=TakeOptions(mirror="off")
    )  # fmt: skip
    with studio.store() as store:
        dance_once(studio.session(options, store, Room(ScriptedView(is_open=False), tell=told.append)))
    assert TOO_SLOW in told
