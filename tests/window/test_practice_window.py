"""The practice window: what it shows, and the keys that end a session, on a display of its own where there is Xvfb."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kdance.config import Settings
from kdance.dance.references import Reference
from kdance.pose import Frame, Pose
from kdance.practice.ending import AFTER_END_S
from kdance.practice.state import LiveState, SetupState
from kdance.recording.recorder import Recorder
from kdance.review.lateness import Span
from kdance.window.end_screen import EndScene, draw_end
from kdance.window.overlay import Scene, draw_scene
from kdance.window.player import ReferencePlayer
from kdance.window.practice_window import WindowView
from kdance.window.text import Image
from tests.conftest import Cli
from tests.motion_factory import make_sequence
from tests.session_factory import (
    SetClock,
    Studio,
    finish_kdance,
    make_reference,
    numbers,
    said,
    start_kdance,
    start_scripted_kdance,
    stored_frames,
    strict_json,
    the_dance,
)
from tests.video_factory import read_index, wait_until

NEEDS_XDOTOOL = pytest.mark.skipif(not shutil.which("xdotool"), reason="needs xdotool to press keys")
SHORT = make_sequence(seconds=2.2)
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="about X displays")


# -- what it shows ----------------------------------------------------------------------------------------------------


class GlassWindow:
    """A window that can be looked through: keeps what was drawn, and gives the keys it is told to.

    Args:
        clock: Is set on by what is waited for keys.
    """

    hears_keys = True
    size: tuple[int, int] | None = None
    fills_screen = False

    def __init__(self, clock: SetClock | None = None) -> None:
        self._clock = clock
        self.closed = False
        self.keys: list[str] = []
        self.pictures: list[np.ndarray] = []

    def __enter__(self) -> GlassWindow:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True

    def show(self, image: np.ndarray) -> None:
        self.pictures.append(image.copy())

    def toggle_fullscreen(self) -> None:
        self.fills_screen = not self.fills_screen

    def poll(self, timeout_ms: int = 1) -> str | None:
        if self._clock is not None:
            self._clock.sleep(timeout_ms / 1000)
        return self.keys.pop(0) if self.keys else None


class Stage:
    """The practice window over a :class:`GlassWindow`, and all scenes drawn in it."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings | None = None) -> None:
        self.studio = Studio(home, monkeypatch, the_dance())
        self.studio.clock = self.studio.set_clock.clock
        self.window = GlassWindow(self.studio.set_clock)
        self.scenes: list[Scene] = []
        self.ends: list[EndScene] = []
        self.settings = settings or Settings()
        self._patch = monkeypatch
        self.reference: Reference = self.studio.dance.reference

        def draw(scene: Scene, *size: int, **rest: object) -> np.ndarray:
            self.scenes.append(scene)
            return draw_scene(scene, *size, **rest)  # type: ignore[arg-type]

        def draw_at_end(scene: EndScene, *size: int, **rest: object) -> np.ndarray:
            self.ends.append(scene)
            return draw_end(scene, *size, **rest)  # type: ignore[arg-type]

        monkeypatch.setattr("kdance.window.practice_window.draw_scene", draw)
        monkeypatch.setattr("kdance.window.practice_window.draw_end", draw_at_end)

    def view(self, *, flip: bool = True, recorder: Recorder | None = None) -> WindowView:
        settings = self.settings.changed(camera={"flip": flip})
        return WindowView(
            self.reference, settings, error_band=15.0, window=self.window,  # type: ignore[arg-type]
            recorder=recorder, now=self.studio.clock.now,
        )  # fmt: skip


@pytest.fixture
def stage(home: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(home, monkeypatch)


def train(stage: Stage, view: WindowView, **options: object):  # type: ignore[no-untyped-def]
    outcome = stage.studio.train(the_dance(), view=view, **options)  # type: ignore[arg-type]
    assert outcome.report is not None
    return outcome.report


def test_the_reference_is_shown_in_step(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    at = ReferencePlayer.at

    def in_time(player: ReferencePlayer, time: float) -> Image | None:
        """What is shown when the video is decoded in time, however busy this machine is."""
        wait_until(lambda: at(player, time) is not None and player._next is not None)
        return at(player, time)

    monkeypatch.setattr(ReferencePlayer, "at", in_time)
    with stage.view() as view:
        train(stage, view, at_own_pace=True, seconds=1.5)
    dancing = [scene for scene in stage.scenes if scene.user_pose is not None]
    assert len(dancing) == 46
    for number, scene in enumerate(dancing):
        assert scene.reference_image is not None
        assert abs(read_index(scene.reference_image) - number) <= 1
        assert scene.progress == pytest.approx(number / 30 / stage.reference.info.duration, abs=1e-3)
        assert scene.reference_pose is not None
        shown = scene.reference_pose.landmarks
        np.testing.assert_allclose(shown, the_dance().landmarks[number], atol=0.01)
    assert dancing[-1].time_text == "0:01 / 0:04"


def test_no_flip_changes_the_picture_and_no_number(stage: Stage) -> None:
    reports, pictures = [], []
    for flip in (True, False):
        stage.window = GlassWindow()
        with stage.view(flip=flip) as view:
            reports.append(train(stage, view, seconds=1.0))
        pictures.append(stage.window.pictures[0])
    assert numbers(reports[0]) == numbers(reports[1])
    assert (pictures[0] != pictures[1]).any()


def test_the_window_changes_no_number(stage: Stage) -> None:
    with stage.view() as view:
        seen = train(stage, view)
    assert numbers(seen) == numbers(train(stage, view=None))  # type: ignore[arg-type]


def test_the_end_screen_has_the_score_and_says_what_to_press(stage: Stage) -> None:
    with stage.view() as view:
        report = train(stage, view, seconds=2.0)
        view.show_end(report)
    waiting, end = stage.ends
    assert waiting.working == "Working out your summary ..."
    assert end.working is None
    assert end.score == report.average_similarity
    assert end.best == report.strengths[0]
    assert end.hint == "Space|both_up: dance again   q|crossed: quit"


def test_the_end_screen_offers_to_drill_the_hardest_part(stage: Stage) -> None:
    with stage.view() as view:
        view.show_end(train(stage, view, seconds=2.0), Span(10.0, 14.0))
    assert stage.ends[-1].hint == "Space|both_up: dance again   d|one_up: drill 0:10-0:14 slowly   q|crossed: quit"


def test_the_countdown_is_shown_over_the_dancer(stage: Stage) -> None:
    with stage.view() as view:
        train(stage, view, countdown=0.2, seconds=0.5)
    assert stage.scenes[0].countdown == 1
    assert stage.scenes[0].progress == 0.0
    assert stage.scenes[-1].countdown is None


@pytest.mark.parametrize("video", [None, b"not a video"])
def test_a_broken_reference_video_is_told_and_its_skeleton_dances_on(stage: Stage, video: bytes | None) -> None:
    stage.reference.video.unlink()
    if video is not None:
        stage.reference.video.write_bytes(video)
    with stage.view() as view:
        report = train(stage, view, at_own_pace=True, seconds=1.0)
    assert report.average_similarity > 0.9
    scene = [scene for scene in stage.scenes if scene.user_pose is not None][-1]
    assert scene.reference_image is None
    assert scene.reference_pose is not None
    assert scene.badges[0] == "the reference's video can't be played"


@pytest.mark.parametrize(("key", "quits"), [("q", True), ("esc", True), ("space", False), ("a", False)])
def test_keys_that_end_and_keys_for_the_session(stage: Stage, key: str, quits: bool) -> None:
    with stage.view() as view:
        stage.window.keys = [key]
        view.poll()
        view.poll()
        assert view.wants_to_quit is quits
        assert view.take_keys() == ([] if quits else [key])
        assert view.take_keys() == []
        view.renew()
        assert not view.wants_to_quit


def test_keys_that_only_change_what_is_seen(stage: Stage) -> None:
    with stage.view() as view:

        def scene_after(*keys: str) -> Scene:
            stage.window.keys = list(keys)
            for _ in keys:
                view.poll()
            view.show(Frame(np.zeros((48, 64, 3), np.uint8), 0.0), None, LiveState())
            return stage.scenes[-1]

        assert scene_after().ghost_pose is not None
        assert scene_after("g").ghost_pose is None
        assert scene_after("g").ghost_pose is not None
        assert [scene_after("v").layout for _ in range(4)] == ["side", "stacked", "reference", "you"]
        plain = stage.window.pictures[-1]
        scene_after("h")
        assert (stage.window.pictures[-1] != plain).mean() > 0.3
        scene_after("h")
        assert view.take_keys() == []


def test_a_camera_whose_pictures_change_their_size(stage: Stage) -> None:
    """A phone that is turned, a webcam that renegotiates, and what no camera gives."""
    pose = the_dance().landmarks[0], the_dance().world[0]
    with stage.view() as view:
        for number, (height, width) in enumerate([(480, 640), (640, 480), (479, 637), (1080, 1920), (9, 400), (1, 1)]):
            frame = Frame(np.full((height, width, 3), 60, np.uint8), number / 30)
            view.show_setup(frame, Pose(*pose), SetupState())
            view.show(frame, Pose(*pose), LiveState())
            view.show_waiting()
    size = (stage.settings.window.height, stage.settings.window.width, 3)
    assert [picture.shape for picture in stage.window.pictures] == [size] * 18
    assert all(picture.any() for picture in stage.window.pictures)


def test_help_that_was_left_open_covers_neither_the_score_nor_the_next_dance(stage: Stage) -> None:
    frame = Frame(np.zeros((48, 64, 3), np.uint8), 0.0)

    def pictures(*keys: str) -> list[np.ndarray]:
        stage.window = GlassWindow()
        with stage.view() as view:
            view.show(frame, None, LiveState())
            for key in keys:
                stage.window.keys = [key]
                view.poll()
            view.show_waiting()
            stage.window.keys = list(keys)  # at the end screen
            for _ in keys:
                view.poll()
            view.renew()
            view.show_setup(frame, None, SetupState())
        return stage.window.pictures[1:]

    for plain, after_help in zip(pictures(), pictures("h"), strict=True):
        np.testing.assert_array_equal(plain, after_help)


def test_nobody_seen_shows_no_score(stage: Stage) -> None:
    with stage.view() as view:
        view.show(Frame(np.zeros((48, 64, 3), np.uint8), 0.0), None, LiveState())
    assert stage.scenes[-1].score is None
    assert stage.scenes[-1].joint_errors == {}


# -- without a display ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("display_name", [None, ":4711"])
def test_without_a_display_a_file_goes_on_and_says_so(
    home: Path, monkeypatch: pytest.MonkeyPatch, kdance_cli: Cli, display_name: str | None
) -> None:
    if display_name is not None:
        monkeypatch.setenv("DISPLAY", display_name)  # where nobody answers
    studio = Studio(home, monkeypatch, the_dance())
    studio.script(the_dance())
    done = kdance_cli("train", "dance", "--camera", studio.clip(the_dance()))
    assert done.code == 0
    assert done.error_lines == ["There is no display: going on without the practice window."]
    assert "of 100" in done.out


@pytest.mark.parametrize("camera", ["0", "http://127.0.0.1:9/video.mjpg"])
def test_without_a_display_a_live_camera_is_an_error(
    home: Path, monkeypatch: pytest.MonkeyPatch, kdance_cli: Cli, camera: str
) -> None:
    Studio(home, monkeypatch, the_dance())
    done = kdance_cli("train", "dance", "--camera", camera)
    assert (done.code, done.out) == (1, "")
    assert "There is no display" in done.err
    assert "--no-window" in done.err


# -- a real window ----------------------------------------------------------------------------------------------------


def xdotool(display: str, *arguments: str) -> str:
    done = subprocess.run(
        ["xdotool", *arguments],
        env=os.environ | {"DISPLAY": display},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    return done.stdout.strip()


def window_id(display: str, title: str) -> str:
    found = ""

    def is_there() -> bool:
        nonlocal found
        found = xdotool(display, "search", "--onlyvisible", "--name", f"^{title}$")
        return bool(found)

    assert wait_until(is_there, timeout=30), f"no window called {title!r}"
    return found.splitlines()[0]


def press(display: str, title: str, key: str) -> None:
    xdotool(display, "windowfocus", "--sync", window_id(display, title))
    xdotool(display, "key", key)


# What a window manager does when somebody presses the x: it sends WM_DELETE_WINDOW.
PRESS_X = """
import ctypes, ctypes.util, sys
x11 = ctypes.CDLL(ctypes.util.find_library("X11"))
x11.XOpenDisplay.restype = ctypes.c_void_p
x11.XInternAtom.restype = ctypes.c_ulong
display = ctypes.c_void_p(x11.XOpenDisplay(None))
atoms = [x11.XInternAtom(display, name, False) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW")]
event = (ctypes.c_long * 24)(33, 0, 1, 0, int(sys.argv[1]), atoms[0], 32, atoms[1])
x11.XSendEvent(display, ctypes.c_ulong(int(sys.argv[1])), False, 0, ctypes.byref(event))
x11.XCloseDisplay(display)
"""


def press_x(display: str, title: str) -> None:
    command = [sys.executable, "-c", textwrap.dedent(PRESS_X), window_id(display, title)]
    subprocess.run(command, env=os.environ | {"DISPLAY": display}, timeout=20, check=True)


@ON_LINUX
@NEEDS_XDOTOOL
@pytest.mark.slow
def test_the_demo_in_its_window_ends_with_q(home: Path, demo_reference: Reference, display: str) -> None:
    home.mkdir()
    (home / "references").symlink_to(demo_reference.video.parent.parent, target_is_directory=True)
    child = start_kdance(home, "demo", "--window", DISPLAY=display)
    try:
        window_id(display, "kdance - demo")
        assert wait_until(lambda: stored_frames(home) >= 30, timeout=30)
        press(display, "kdance - demo", "q")
    finally:
        code, out, err = finish_kdance(child, timeout=10)
    assert (code, said(err)) == (0, "")
    assert "of 100" in out
    assert stored_frames(home) < 181


@pytest.fixture
def practising(home: Path, display: str) -> Iterator[subprocess.Popen[str]]:
    """kdance in its window, in front of a dancer who is scripted."""
    make_reference(home / "references", SHORT)
    command = ("train", "dance", "--camera", str(home / "references" / "dance" / "video.mp4"))
    child = start_scripted_kdance(home, SHORT, *command, DISPLAY=display)
    yield child
    if child.poll() is None:
        child.kill()
    child.communicate()


@ON_LINUX
@NEEDS_XDOTOOL
@pytest.mark.slow
@pytest.mark.parametrize("how", ["Escape", "x"])
def test_the_window_is_closed(home: Path, practising: subprocess.Popen[str], display: str, how: str) -> None:
    assert wait_until(lambda: stored_frames(home) >= 15, timeout=30)
    if how == "x":
        press_x(display, "kdance - dance")
    else:
        press(display, "kdance - dance", how)
        press(display, "kdance - dance", how)  # the end screen too
    code, out, err = finish_kdance(practising, timeout=10)
    assert (code, said(err)) == (0, "")
    assert "of 100" in out
    assert 15 <= stored_frames(home) < len(SHORT)


@ON_LINUX
@NEEDS_XDOTOOL
@pytest.mark.slow
def test_space_at_the_end_dances_again(
    home: Path, practising: subprocess.Popen[str], display: str, kdance_cli: Cli
) -> None:
    assert wait_until(lambda: strict_json_or_none(kdance_cli) is not None, timeout=30)
    first = strict_json_or_none(kdance_cli)
    assert first is not None
    press(display, "kdance - dance", "space")
    assert wait_until(lambda: (strict_json_or_none(kdance_cli) or first) != first, timeout=AFTER_END_S)
    press(display, "kdance - dance", "q")
    code, out, err = finish_kdance(practising, timeout=10)
    assert (code, said(err)) == (0, "")
    assert out.count("of 100") == 2
    second = strict_json_or_none(kdance_cli)
    assert second is not None
    assert (first["status"], second["status"]) == ("completed", "completed")
    assert numbers(first) == numbers(second)


def strict_json_or_none(kdance_cli: Cli) -> dict[str, object] | None:
    """The newest report, if there is one."""
    done = kdance_cli("report", "last-session", "--json")
    return strict_json(done.out) if done.code == 0 else None
