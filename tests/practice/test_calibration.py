"""The delay of a camera: raises found in arms, the whole use case with a scripted dancer, and what is stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from kdance.audio.runs import Run
from kdance.errors import CameraLostError, KdanceError
from kdance.motion.delay import measure_delay, raise_moments, wrist_heights
from kdance.pose import FloatArray, Frame, Landmark, Pose
from kdance.practice import clocks
from kdance.practice.calibration import (
    CLICKS,
    END,
    FEWEST,
    LISTENING,
    RAISES,
    Calibration,
    calibrate,
    load_calibration,
    save_calibration,
)
from tests.motion_factory import Build, make_pose

FPS = 30.0
UP_S, TOP_S, DOWN_S = 0.3, 0.15, 0.3
LOW_DEG, TOP_DEG = 20.0, 160.0
NOW = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
Arms = tuple[str, ...]


def swing(since: float) -> float:
    """The shoulder's angle some seconds after an arm began to go up."""
    if since < 0 or since > UP_S + TOP_S + DOWN_S:
        return LOW_DEG
    share = min(since / UP_S, 1.0) if since < UP_S + TOP_S else 1 - (since - UP_S - TOP_S) / DOWN_S
    return LOW_DEG + (TOP_DEG - LOW_DEG) * share * share * (3 - 2 * share)


def _lead() -> float:
    """Seconds from the start of a swing until the hand is as high as the shoulder; of the body itself."""
    for step in range(3000):
        points = make_pose(left_shoulder=swing(step / 10_000)).world
        if points[Landmark.LEFT_WRIST, 1] <= points[Landmark.LEFT_SHOULDER, 1]:
            return step / 10_000
    raise AssertionError("the arm doesn't go up")


LEAD = _lead()


@dataclass
class Dancer:
    """Swings arms so that a hand passes its shoulder at given moments.

    Attributes:
        passes: (moment, arms) of each swing.
    """

    passes: Sequence[tuple[float, Arms]]
    build: Build = field(default_factory=Build)
    unseen: Sequence[tuple[float, float]] = ()

    def at(self, moment: float) -> Pose | None:
        if any(start <= moment < end for start, end in self.unseen):
            return None
        angles = {"left": LOW_DEG, "right": LOW_DEG}
        for passing, arms in self.passes:
            for arm in arms:
                angles[arm] = max(angles[arm], swing(moment - passing + LEAD))
        return make_pose(build=self.build, left_shoulder=angles["left"], right_shoulder=angles["right"])


def on_clicks(late: float | FloatArray, arms: Arms = ("left",), skip: Sequence[int] = ()) -> Dancer:
    """Somebody who swings on every click but some, all as late as each other or each by its own number."""
    each = np.broadcast_to(late, len(CLICKS))
    return Dancer([(click + each[n], arms) for n, click in enumerate(CLICKS) if n not in skip])


class Clock:
    """Time that passes when the camera is waited for."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class FakeSound:
    """Begins to be heard 120 ms after it is told to."""

    problem: str | None = None

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begin = 0.0
        self.runs: list[Run] = []
        self.stopped = 0

    def play(self, run: Run) -> None:
        self.runs.append(run)
        self._begin = self._clock.now + 0.12 - (run.start - run.lead_in)

    def stop(self) -> None:
        self.stopped += 1

    def position_at(self, moment: float) -> float:
        return moment - self._begin


class FakeCamera:
    """Delivers a frame each 1/30 s, ``grab_delay`` seconds after what it shows; the times of its frames start at 0."""

    is_live = True
    ended = False
    name = "camera 0"

    def __init__(self, clock: Clock, *, grab_delay: float = 0.0, jitter: float = 0.0, fails_after: int = 10**6) -> None:
        self._clock, self.grab_delay, self._fails_after = clock, grab_delay, fails_after
        self._zero = clock.now
        self._rng = np.random.default_rng(5)
        self._jitter, self.frames = jitter, 0

    def moment_of(self, time: float) -> float:
        return self._zero + time

    def read(self, timeout: float = 0.0) -> Frame | None:
        if self.frames >= self._fails_after:
            raise CameraLostError("The camera 0 stopped sending pictures.", "Is it still plugged in?")
        self._clock.now += 0.5 / FPS
        if (self._clock.now - self._zero) * FPS % 1 < 0.5 and self.frames % 2:  # now and then there is no news
            return None
        self.frames += 1
        self._clock.now += 0.5 / FPS + float(self._rng.uniform(0, self._jitter))
        return Frame(np.zeros((1, 1, 3), np.uint8), self._clock.now - self._zero)


@dataclass
class FakeView:
    quit_after: int = 10**6
    heard: list[int] = field(default_factory=list)

    @property
    def wants_to_quit(self) -> bool:
        return len(self.heard) >= self.quit_after

    def show_calibration(self, frame: Frame, pose: Pose | None, heard: int, clicks: int) -> None:
        self.heard.append(heard)
        assert clicks == len(CLICKS)

    def poll(self, timeout_ms: int = 1) -> None:
        return None


@dataclass
class Signals:
    received: bool = False


class Room:
    """A dancer in front of a camera, with a loudspeaker; all on one clock."""

    def __init__(self, dancer: Dancer, *, grab_delay: float = 0.0, jitter: float = 0.004, **camera: int) -> None:
        self.clock = Clock()
        self.sound = FakeSound(self.clock)
        self.camera = FakeCamera(self.clock, grab_delay=grab_delay, jitter=jitter, **camera)
        self.view, self.signals = FakeView(), Signals()
        self._dancer = dancer

    def see(self, frame: Frame) -> Pose | None:
        taken = self.camera.moment_of(frame.time) - self.camera.grab_delay
        pose = self._dancer.at(self.sound.position_at(taken))
        self.clock.now += 0.03  # what the network takes
        return pose

    def calibrate(self) -> Calibration | None:
        clock = clocks.Clock(now=self.clock, today=lambda: NOW)
        return calibrate(self.camera, self.see, self.sound, self.view, self.signals, clock=clock)


# -- raises -----------------------------------------------------------------------------------------------------------


def heights_of(dancer: Dancer, times: FloatArray) -> FloatArray:
    poses = [dancer.at(float(time)) for time in times]
    nobody = np.full((33, 4), np.nan, np.float32)
    return wrist_heights(np.stack([nobody if pose is None else pose.landmarks for pose in poses]))


@pytest.mark.parametrize("fps", [60.0, 30.0, 20.0, 15.0])
@pytest.mark.parametrize("arm", [0, 1])
def test_a_raise_is_where_the_wrist_passes_the_shoulder(fps: float, arm: int) -> None:
    times = np.arange(0, 6, 1 / fps)
    passes = [1.013, 2.5, 3.777, 5.02]
    heights = heights_of(Dancer([(moment, (("left", "right")[arm],)) for moment in passes]), times)
    found = raise_moments(times, heights[:, arm])
    np.testing.assert_allclose(found, passes, atol=0.01)
    assert len(raise_moments(times, heights[:, 1 - arm])) == 0


@pytest.mark.parametrize(
    "build", [Build(px_per_m=60.0), Build(px_per_m=330.0, x_px=500.0), Build(height=0.8, arms=1.2)]
)
def test_distance_and_build_do_not_matter(build: Build) -> None:
    times = np.arange(0, 3, 1 / FPS)
    found = raise_moments(times, heights_of(Dancer([(1.5, ("left",))], build), times)[:, 0])
    np.testing.assert_allclose(found, [1.5], atol=0.03)  # long arms pass a little earlier


def test_small_moves_and_a_slow_arm_are_no_raises() -> None:
    times = np.arange(0, 10, 1 / FPS)
    assert len(raise_moments(times, -0.05 + 0.2 * np.sin(6 * times))) == 0  # trembling about the shoulder
    assert len(raise_moments(times, -0.8 + 0.16 * times)) == 0  # ten seconds of it
    assert len(raise_moments(times, np.full(len(times), 0.9))) == 0
    assert len(raise_moments(times, np.full(len(times), np.nan))) == 0
    assert len(raise_moments(times[:1], np.zeros(1))) == 0


def test_a_raise_nobody_saw_is_not_guessed() -> None:
    times = np.arange(0, 3, 1 / FPS)
    passes = [(1.5, ("left",))]
    assert len(raise_moments(times, heights_of(Dancer(passes, unseen=[(1.42, 1.58)]), times)[:, 0])) == 0
    short = raise_moments(times, heights_of(Dancer(passes, unseen=[(1.48, 1.52)]), times)[:, 0])
    np.testing.assert_allclose(short, [1.5], atol=0.02)


def test_moving_everything_in_time_moves_the_delay() -> None:
    times = np.arange(0, END, 1 / FPS)
    heights = heights_of(on_clicks(0.1), times)
    clicks = np.array(CLICKS)
    plain = measure_delay(clicks, times, heights)
    later = measure_delay(clicks, times + 0.2, heights)
    assert plain.found == later.found == len(CLICKS)
    assert later.median - plain.median == pytest.approx(0.2)
    assert later.spread == pytest.approx(plain.spread)


def test_one_raise_gone_wrong_changes_nothing() -> None:
    times, clicks = np.arange(0, END, 1 / FPS), np.array(CLICKS)
    late = np.full(len(CLICKS), 0.15)
    late[5] = -0.35  # so early that the click before has two
    found = measure_delay(clicks, times, heights_of(on_clicks(late), times))
    assert found.median == pytest.approx(0.15, abs=0.01)
    assert found.spread < 0.02
    assert found.found >= len(CLICKS) - 2


def test_nothing_to_see_is_nan() -> None:
    found = measure_delay(np.array(CLICKS), np.empty(0), np.empty((0, 2)))
    assert found.found == 0
    assert np.isnan(found.median)
    assert np.isnan(found.spread)


# -- the use case -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arms", [("left",), ("right",), ("left", "right")], ids="+".join)
def test_arms_180_ms_after_the_clicks(arms: Arms) -> None:
    found = Room(on_clicks(0.18, arms)).calibrate()
    assert found is not None
    assert found.delay == pytest.approx(0.18, abs=0.015)
    assert found.spread < 0.015
    assert (found.raises, found.camera, found.measured_at) == (RAISES, "camera 0", NOW.isoformat())


@pytest.mark.parametrize(("dancer_late", "grab_delay"), [(0.18, 0.0), (0.1, 0.08), (-0.03, 0.21), (0.3, 0.15)])
def test_a_late_dancer_and_a_late_camera_add_up(dancer_late: float, grab_delay: float) -> None:
    found = Room(on_clicks(dancer_late), grab_delay=grab_delay).calibrate()
    assert found is not None
    assert found.delay == pytest.approx(dancer_late + grab_delay, abs=0.015)


def test_three_missed_raises_and_changing_arms_do_not_matter() -> None:
    dancer = on_clicks(0.18, skip=[3, 6, 9])
    dancer.passes = [(moment, ("left", "right")[n % 2 :][:1]) for n, (moment, _) in enumerate(dancer.passes)]
    found = Room(dancer).calibrate()
    assert found is not None
    assert found.delay == pytest.approx(0.18, abs=0.015)
    assert found.raises == RAISES - 3


def test_a_human_is_found_to_20_ms() -> None:
    late = 0.18 + np.random.default_rng(11).normal(0, 0.03, len(CLICKS))
    late[7] = -0.1  # much too early, once
    found = Room(on_clicks(late)).calibrate()
    assert found is not None
    assert found.delay == pytest.approx(0.18, abs=0.02)
    assert 0.01 < found.spread < 0.06


def test_the_first_clicks_are_for_listening() -> None:
    late = np.full(len(CLICKS), 0.18)
    late[:LISTENING] = 0.6
    found = Room(on_clicks(late)).calibrate()
    assert found is not None
    assert (found.raises, found.delay) == (RAISES, pytest.approx(0.18, abs=0.015))


@pytest.mark.parametrize("seed", range(8))
def test_arms_that_have_nothing_to_do_with_the_clicks_are_refused(seed: int) -> None:
    rng = np.random.default_rng(seed)
    moments = np.cumsum(rng.uniform(0.76, 1.4, 16))
    room = Room(Dancer([(float(moment), ("left",)) for moment in moments]))
    with pytest.raises(KdanceError, match=r"kept about the same distance|arm raises were seen"):
        room.calibrate()
    assert room.sound.stopped == 1


REFUSED: dict[str, Callable[[], Dancer]] = {
    "standing still": lambda: Dancer([]),
    "too few": lambda: on_clicks(0.18, skip=range(LISTENING, LISTENING + RAISES - FEWEST + 1)),
    "nobody": lambda: Dancer([], unseen=[(-10.0, 100.0)]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_too_few_raises_are_refused_in_words(name: str) -> None:
    with pytest.raises(KdanceError, match=r"Only \d of 10 arm raises were seen") as refused:
        Room(REFUSED[name]()).calibrate()
    assert "hips" in refused.value.hint


def test_clicks_are_heard_on_time_and_counted_for_the_view() -> None:
    room = Room(on_clicks(0.1))
    room.calibrate()
    (run,) = room.sound.runs
    assert run.clicks == CLICKS
    assert (run.start - run.lead_in, run.speed) == (0.0, 1.0)
    assert max(CLICKS) < run.start
    assert room.view.heard == sorted(room.view.heard)
    assert (room.view.heard[0], room.view.heard[-1]) == (0, len(CLICKS))


def test_whoever_leaves_gets_nothing_and_silence() -> None:
    for leave in ("q", "Ctrl-C"):
        room = Room(on_clicks(0.1))
        room.view.quit_after = 40 if leave == "q" else 10**6
        room.signals.received = leave == "Ctrl-C"
        assert room.calibrate() is None
        assert room.sound.stopped == 1


def test_a_lost_camera_is_told_and_the_clicks_stop() -> None:
    room = Room(on_clicks(0.1), fails_after=60)
    with pytest.raises(CameraLostError):
        room.calibrate()
    assert room.sound.stopped == 1


def test_without_sound_there_is_nothing_to_measure() -> None:
    room = Room(on_clicks(0.1))
    room.sound.problem = "No sound device."
    with pytest.raises(KdanceError, match="can't be heard"):
        room.calibrate()
    assert room.sound.runs == []


def test_a_loudspeaker_that_dies_meanwhile_is_told() -> None:
    room = Room(on_clicks(0.1))
    stop = room.sound.stop

    def die() -> None:
        room.sound.problem = "The sound device is gone."
        stop()

    room.sound.stop = die  # type: ignore[method-assign]
    with pytest.raises(KdanceError, match=r"can't be heard: the sound device is gone\."):
        room.calibrate()


def test_a_recording_has_no_delay_to_measure() -> None:
    room = Room(on_clicks(0.1))
    room.camera.is_live = False
    with pytest.raises(KdanceError, match="recording"):
        room.calibrate()


# -- storage ----------------------------------------------------------------------------------------------------------


def calibration(camera: str = "camera 0", delay: float = 0.18) -> Calibration:
    return Calibration(camera=camera, delay=delay, spread=0.02, raises=9, measured_at=NOW.isoformat())


def test_what_is_saved_is_loaded_for_each_camera(tmp_path: Path) -> None:
    path = tmp_path / "new" / "calibration.json"
    assert load_calibration(path, "camera 0") is None
    for stored in (calibration(), calibration("http://phone:8080/", 0.31), calibration(delay=0.12)):
        save_calibration(path, stored)
        assert load_calibration(path, stored.camera) == stored
    assert load_calibration(path, "http://phone:8080/") == calibration("http://phone:8080/", 0.31)
    assert load_calibration(path, "camera 0") == calibration(delay=0.12)
    assert load_calibration(path, "camera 1") is None
    assert [file.name for file in path.parent.iterdir()] == ["calibration.json"]


DAMAGED = {
    "cut off": b'{"version": 1, "cam',
    "empty": b"",
    "not text": b"\xff\xfe\x00",
    "something else": b"[1, 2]",
    "another version": b'{"version": 2, "cameras": {}}',
    "NaN": json.dumps({"version": 1, "cameras": {"camera 0": calibration().model_dump() | {"delay": np.nan}}}).encode(),
    "hours": json.dumps({"version": 1, "cameras": {"camera 0": calibration().model_dump() | {"delay": 9e3}}}).encode(),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_told_and_replaced_by_the_next_measurement(name: str, tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.write_bytes(DAMAGED[name])
    with pytest.raises(KdanceError, match="damaged") as error:
        load_calibration(path, "camera 0")
    assert "kdance calibrate" in error.value.hint
    save_calibration(path, calibration())
    assert load_calibration(path, "camera 0") == calibration()


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "calibration.json"
    save_calibration(path, calibration())

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(KdanceError, match="can't be written: no space left"):
        save_calibration(path, calibration(delay=0.3))
    assert load_calibration(path, "camera 0") == calibration()
    assert [file.name for file in tmp_path.iterdir()] == ["calibration.json"]


def test_a_place_that_is_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(KdanceError, match="can't be read"):
        load_calibration(tmp_path, "camera 0")
    with pytest.raises(KdanceError, match="can't be read"):
        save_calibration(tmp_path, calibration())
