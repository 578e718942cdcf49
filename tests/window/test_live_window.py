"""In front of a live camera: the set-up check, keys pressed in any order, cameras that are slow, odd, or go away."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from kdance.audio.playback import Playback
from kdance.dance.references import Reference
from kdance.motion.picture_points import rotated
from kdance.motion.setup_check import Check, Setup, check_setup
from kdance.pose import Frame, Pose
from kdance.practice.getting_ready import SteadySetup, check_dancer
from kdance.practice.signals import StopSignals
from kdance.practice.transport import Practice
from kdance.window.scenes import flash_strength
from tests.motion_factory import make_pose
from tests.session_factory import (
    FPS,
    InlinePipeline,
    ScriptedCamera,
    ScriptedView,
    SetClock,
    Studio,
    finish_kdance,
    last_report,
    start_kdance,
    stored_frames,
    the_dance,
)
from tests.video_factory import LiveCamera, live_camera, wait_until
from tests.window.test_practice_window import NEEDS_XDOTOOL, ON_LINUX, press_x, window_id

WELL = Setup((Check("body", True, "seen"), Check("distance", True, "good_distance")))
FAR = Setup((Check("body", True, "seen"), Check("distance", False, "too_far", "come_closer", blocks=True)))
GONE = Setup((Check("body", False, "nobody", "step_in_front", blocks=True),))


@pytest.fixture
def studio(home: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    return Studio(home, monkeypatch, the_dance())


# -- the set-up check -------------------------------------------------------------------------------------------------


def shown_of(frames: list[Setup]) -> list[Setup]:
    """What is shown for every frame of a camera of 30 frames a second."""
    steady = SteadySetup()
    return [steady.update(setup, number / FPS) for number, setup in enumerate(frames)]


def changes(shown: list[Setup]) -> int:
    return sum(before is not after for before, after in pairwise(shown))


@pytest.mark.parametrize("bad", [FAR, GONE])
@pytest.mark.parametrize("length", [1, 3, 5])
def test_at_the_edge_of_what_is_right_nothing_flickers(bad: Setup, length: int) -> None:
    """As a dancer of 0.35 of the picture's height was seen: five frames too far, ten well, and so on."""
    shown = shown_of(([WELL] * 10 + [bad] * length) * 8)
    assert changes(shown) <= 1


@pytest.mark.parametrize(("before", "after"), [(WELL, FAR), (FAR, WELL), (FAR, GONE), (GONE, WELL)])
def test_what_lasts_is_shown(before: Setup, after: Setup) -> None:
    shown = shown_of([before] * 30 + [after] * 30)
    assert shown[0] is shown[29] is before
    assert shown[-1] is after
    assert changes(shown) == 1


def test_what_gets_worse_is_shown_sooner_than_what_gets_better() -> None:
    worse, better = (shown_of([a] * 30 + [b] * 30).index(b) for a, b in ((WELL, FAR), (FAR, WELL)))
    assert 30 < worse < better


def test_a_figure_in_the_words_is_kept_up_to_date() -> None:
    slow = [
        Setup((Check("camera", False, "few_pictures", "more_light", figures={"fps": fps}),)) for fps in (12, 13, 11)
    ]
    assert shown_of(slow) == slow


def test_the_check_of_a_frame_is_shown_at_once_when_it_is_the_first() -> None:
    nobody = check_setup(None, width_px=640, height_px=480, brightness=120, fps=30)
    assert SteadySetup().update(nobody, 0.0) is nobody


def standing(*, hands_up: bool = False) -> Pose:
    """Somebody who stands well in the scripted camera's small picture."""
    pose = make_pose(**({"left_shoulder": 175, "right_shoulder": 175} if hands_up else {}))
    points = pose.landmarks[:, :2]
    low, high = points.min(0), points.max(0)
    landmarks = pose.landmarks.copy()
    landmarks[:, :2] = (points - (low + high) / 2) * (90 / (high - low).max()) + [80, 60]
    landmarks[:, 3] = 1.0
    return Pose(landmarks.astype(np.float32), pose.world)


def get_ready(
    pose: Pose | None,
    view: ScriptedView,
    *,
    frames: int = 36,
    hold: float = 30.0,
    signals: StopSignals | None = None,
    gestures: bool = True,
) -> bool:
    """Stand in front of the camera, and see whether the dance begins."""
    camera = ScriptedCamera([number / FPS for number in range(frames)], SetClock().clock)
    with InlinePipeline(camera, lambda frame: pose) as pipeline:
        return check_dancer(camera, pipeline, view, signals or StopSignals(), hold, gestures=gestures)


def test_a_camera_on_its_side_is_told_with_the_option_that_mends_it() -> None:
    view, upright = ScriptedView(), standing()
    lying = Pose(rotated(upright.landmarks - [80, 60, 0, 0], 90) + np.float32([80, 60, 0, 0]), upright.world)
    get_ready(lying, view, frames=150, hold=0.3)
    worst = view.setups[-1].setup.worst
    assert worst is not None
    assert (worst.finding, worst.figures) == ("turned", {"degrees": 270})
    assert not any(state.setup.is_ready for state in view.setups)


def test_who_stands_well_is_started_by_itself() -> None:
    view = ScriptedView()
    assert get_ready(standing(), view, hold=0.3)
    assert view.setups[0].setup.is_ready
    shares = [state.share for state in view.setups]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_both_hands_up_start() -> None:
    view = ScriptedView()
    assert get_ready(standing(hands_up=True), view)
    assert view.setups[-1].gesture_share == 1.0


@pytest.mark.parametrize(("pose", "gestures"), [(None, True), (standing(), True), (standing(hands_up=True), False)])
def test_nothing_else_starts(pose: Pose | None, gestures: bool) -> None:
    assert not get_ready(pose, ScriptedView(), gestures=gestures)


class PressedView(ScriptedView):
    """Presses space while the first pictures of the set-up check are shown."""

    def show_setup(self, frame: Frame, pose: Pose | None, state: object) -> None:
        super().show_setup(frame, pose, state)  # type: ignore[arg-type]
        self._pressed.append("space")


def test_space_starts_at_once_even_when_nobody_is_seen() -> None:
    view = PressedView()
    assert get_ready(None, view)
    assert len(view.setups) <= 2


def test_q_and_ctrl_c_leave_it() -> None:
    assert not get_ready(standing(), ScriptedView(quit_after=3))
    signals = StopSignals()
    signals.received = True
    view = ScriptedView()
    assert not get_ready(standing(), view, signals=signals)
    assert view.setups == []


def test_a_body_that_is_lost_for_a_frame_now_and_then_still_starts() -> None:
    seen = iter([standing(), None, standing(), standing()] * 30)
    camera = ScriptedCamera([number / FPS for number in range(60)], SetClock().clock)
    with InlinePipeline(camera, lambda frame: next(seen)) as pipeline:
        view = ScriptedView()
        assert check_dancer(camera, pipeline, view, StopSignals(), 0.6, gestures=False)
    assert all(state.setup.is_ready for state in view.setups)


# -- the dance --------------------------------------------------------------------------------------------------------


@pytest.fixture
def playback(studio: Studio) -> Iterator[Playback]:
    with studio.sound() as silent:
        yield silent


def test_a_slow_camera_does_not_slow_the_window(studio: Studio, playback: Playback) -> None:
    """Between its frames the reference goes on."""
    camera = ScriptedCamera([number / 5 for number in range(8)])
    camera.fps = 5  # type: ignore[misc]
    view = ScriptedView()
    outcome = studio.train(the_dance(), view=view, camera=camera, playback=playback)
    assert outcome.report is not None
    assert len(view.clocks) > 2 * outcome.report.total_poses
    assert all(later >= earlier for earlier, later in pairwise(view.clocks))


KEYS = ["space", "left", "right", "r", "-", "+", "a", "b", "l", "m", "s", "_", "=", "z", "enter", "up"]


@pytest.mark.parametrize("seed", range(2))
def test_keys_in_any_order_leave_a_song_that_can_be_danced(studio: Studio, playback: Playback, seed: int) -> None:
    random = np.random.default_rng(seed)
    count = 55
    keys = {number: str(random.choice(KEYS)) for number in range(2, count - 20)}
    view = ScriptedView(keys=keys)
    camera = ScriptedCamera([number / FPS for number in range(count)])
    practice = Practice(loop=True, count_in=bool(seed % 2))
    outcome = studio.train(the_dance(), view=view, camera=camera, playback=playback, practice=practice, mirror="auto")
    assert outcome.error is None
    assert outcome.status == "completed"
    assert len(view.states) >= count / 2
    assert all(0.5 <= state.song.speed <= 1.5 for state in view.states)
    for state in view.states:
        assert state.song.phase in ("count-in", "dancing", "paused")
        assert state.song.loop[0] is None or state.song.loop[1] is None or state.song.loop[0] < state.song.loop[1]
    last = view.states[-1]
    assert last.song.place.position <= studio.sequence.times[-1] + 0.1
    if outcome.report is not None:
        assert outcome.report.total_duration <= count / FPS + 1


def test_positions_only_go_on_within_a_run(studio: Studio, playback: Playback) -> None:
    keys = {10: "right", 20: "left", 30: "+", 40: "-", 50: "r", 60: "space", 66: "space"}
    view = ScriptedView(keys=keys)
    camera = ScriptedCamera([number / FPS for number in range(90)])
    outcome = studio.train(the_dance(), view=view, camera=camera, playback=playback, practice=Practice(loop=True))
    assert outcome.report is not None
    with studio.store() as store:
        sequence, course = store.take(outcome.report.session_id)
    assert course is not None
    for run in np.unique(course.run):
        assert (np.diff(course.position[course.run == run]) > 0).all()
    assert len(np.unique(course.run)) == 5
    assert (np.diff(sequence.times) > 0).all()


@pytest.mark.parametrize("loop", [False, True])
def test_a_camera_that_is_late_loses_nothing_of_the_song(studio: Studio, playback: Playback, loop: bool) -> None:
    """A frame is judged by where the song was when it was taken, also when the song has ended or begun anew since."""
    late, start, end = 0.3, 2.0, 3.0
    camera = ScriptedCamera([number / FPS for number in range(60)])
    practice = Practice(start=start, end=end, loop=loop)
    outcome = studio.train(the_dance(), camera=camera, playback=playback, practice=practice, latency=late)
    assert (outcome.status, outcome.error) == ("completed", None)
    assert outcome.report is not None
    with studio.store() as store:
        _, course = store.take(outcome.report.session_id)
    assert course is not None
    assert len(np.unique(course.run)) == (2 if loop else 1)
    first, *_, last = course.position[course.run == 0]
    assert start <= first < start + 0.12
    assert end - 0.12 < last <= end + 0.01
    assert camera.ended is loop  # the song ends before the camera where it doesn't go round


def test_a_grade_is_flashed_in_front_of_a_recording_too(studio: Studio) -> None:
    view = ScriptedView()
    studio.train(the_dance(), view=view)
    assert max(flash_strength(state, now) for state, now in zip(view.states, view.shown_at, strict=True)) > 0.9


# -- a real window and a real stream ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dancer() -> list[np.ndarray]:
    from tests.session_factory import DEMO_TAKE, frames_of

    return list(frames_of(DEMO_TAKE))[:90]


@pytest.fixture
def camera(dancer: list[np.ndarray]) -> Iterator[LiveCamera]:
    with live_camera(dancer) as serving:
        yield serving


def adopt(home: Path, reference: Reference) -> None:
    home.mkdir()
    (home / "references").symlink_to(reference.video.parent.parent, target_is_directory=True)


TITLE = "kdance - demo"


@ON_LINUX
@NEEDS_XDOTOOL
@pytest.mark.slow
@pytest.mark.parametrize("how", ["x", "cut", "ctrl-c"])
def test_a_live_session_in_its_window_is_kept_however_it_ends(
    home: Path, demo_reference: Reference, display: str, camera: LiveCamera, how: str
) -> None:
    adopt(home, demo_reference)
    command = ("train", "demo", "--camera", camera.url, "--countdown", "0.2", "--no-count-in", "--loop")
    child = start_kdance(home, *command, DISPLAY=display)
    try:
        window_id(display, TITLE)
        assert wait_until(lambda: stored_frames(home) >= 20, timeout=30)
        if how == "cut":
            camera.stop()
        elif how == "x":
            press_x(display, TITLE)
        else:
            child.send_signal(signal.SIGINT)
    finally:
        code, out, err = finish_kdance(child, timeout=15)
    expected = {"cut": (1, "interrupted"), "x": (0, "completed"), "ctrl-c": (130, "interrupted")}[how]
    assert (code, last_report(home)["status"]) == expected
    assert "of 100" in out
    assert ("stopped sending pictures" in err) is (how == "cut")
    assert last_report(home)["total_poses"] >= 20
