"""Every key, pressed in a real window: what the store says of the song, and what the screen shows."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from kdance.motion.course import Course
from kdance.store import open_store
from kdance.window.keys import KEYS
from tests.motion_factory import make_sequence
from tests.session_factory import finish_kdance, make_reference, said, start_scripted_kdance, stored_frames
from tests.video_factory import wait_until
from tests.window.test_practice_window import press, window_id

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="about X displays"),
    pytest.mark.skipif(not shutil.which("xdotool"), reason="needs xdotool to press keys"),
    pytest.mark.skipif(not shutil.which("import"), reason="needs ImageMagick to look at the screen"),
]

LONG = make_sequence(seconds=40.0)
TITLE = "kdance - dance"
X_NAMES = {
    "+": "plus",
    "-": "minus",
    "=": "equal",
    "_": "underscore",
    "left": "Left",
    "right": "Right",
    "esc": "Escape",
}


class Practising:
    """kdance in its window, in front of a dancer who is scripted."""

    def __init__(self, home: Path, display: str) -> None:
        self.home, self.display = home, display
        make_reference(home / "references", LONG)
        command = ("train", "dance", "--camera", str(home / "references" / "dance" / "video.mp4"))
        self.child = start_scripted_kdance(home, LONG, *command, DISPLAY=display)

    def press(self, key: str) -> None:
        press(self.display, TITLE, X_NAMES.get(key, key))

    def course(self) -> Course:
        """Where the song was at every frame that has been stored by now."""
        with open_store(self.home / "sessions.db") as store:
            (row,) = store.list_sessions()
            course = store.take(row.session_id)[1]
        assert course is not None
        return course

    def comes_to(self, condition: Callable[[Course], bool]) -> bool:
        return wait_until(lambda: len(self.course()) > 0 and condition(self.course()), timeout=8)

    def screen(self) -> np.ndarray:
        """(H, W, 3) what the window shows."""
        command = [
            "import",
            "-display",
            self.display,
            "-window",
            window_id(self.display, TITLE),
            "-depth",
            "8",
            "rgb:-",
        ]
        pixels = subprocess.run(command, capture_output=True, check=True, timeout=20).stdout
        return np.frombuffer(pixels, np.uint8).reshape(720, 1280, 3)


@pytest.fixture
def practising(home: Path, display: str) -> Iterator[Practising]:
    home.mkdir()
    session = Practising(home, display)
    yield session
    if session.child.poll() is None:
        session.child.kill()
    session.child.communicate()


def speed_of(course: Course) -> float:
    """Song seconds a second, of the last quarter of a second."""
    last = course.position[course.run == course.run[-1]][-8:]
    return float(np.diff(last).mean() * 30) if len(last) == 8 else 1.0


@pytest.mark.slow
def test_every_key(practising: Practising) -> None:
    assert wait_until(lambda: stored_frames(practising.home) >= 15, timeout=30)
    pressed = set()

    def press_and_see(key: str, condition: Callable[[Course], bool]) -> None:
        pressed.add(key)
        practising.press(key)
        assert practising.comes_to(condition), f"{key}: {practising.course().position[-5:]}"

    press_and_see("right", lambda course: course.run[-1] == 1 and course.position[-1] >= 4.0)
    press_and_see("right", lambda course: course.run[-1] == 2 and course.position[-1] >= 8.0)
    press_and_see("left", lambda course: course.run[-1] == 3)
    press_and_see("-", lambda course: abs(speed_of(course) - 0.9) < 0.02)
    press_and_see("+", lambda course: abs(speed_of(course) - 1.0) < 0.02)
    press_and_see("r", lambda course: course.run[-1] == 4 and course.position[-1] < 4.0)
    practising.press("right")
    assert practising.comes_to(lambda course: course.run[-1] == 5)
    press_and_see("a", lambda course: True)
    press_and_see("b", lambda course: course.run[-1] >= 6 and 4.0 <= course.position[-1] < 8.0)  # it went round
    press_and_see("l", lambda course: course.position[-1] > 8.2)  # and no more

    pressed.add("space")
    practising.press("space")
    time.sleep(1.0)
    frames = stored_frames(practising.home)
    time.sleep(1.0)
    assert stored_frames(practising.home) == frames
    practising.press("space")
    assert wait_until(lambda: stored_frames(practising.home) > frames + 15, timeout=5)

    for key in ("g", "v", "n", "w", "h", "h", "s", "m"):  # these only change what is seen or heard
        pressed.add(key)
        before = practising.screen().astype(int)
        practising.press(key)
        assert wait_until(
            lambda before=before: (np.abs(practising.screen() - before) > 40).mean() > 0.001, timeout=4
        ), key
    practising.press("q")
    practising.press("q")
    code, out, err = finish_kdance(practising.child, timeout=15)
    assert (code, said(err)) == (0, "")
    assert "of 100" in out
    listed = {names[0] for names, _, _ in KEYS}
    # d comes after a dance in front of a camera: test_training; f needs a window manager
    assert listed == pressed | {"q", "d", "f"}
