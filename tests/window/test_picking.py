"""A window with one picture, in which something is chosen by a click or a key, on a display of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from tests.video_factory import wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux" or not shutil.which("xdotool"), reason="needs xdotool"),
]
TITLE = "Whose dance"
# A picture twice as large as the screen: what is right of its middle is 2, the rest is 1, but for its lowest tenth.
PROGRAM = f"""
import numpy as np
from kdance.window.picking import pick

picture = np.zeros((2000, 2400, 3), np.uint8)
at = lambda x, y: None if y > 1800 else 1 if x < 1200 else 2
print(pick({TITLE!r}, picture, {{"1": 1, "2": 2, "0": 10}}, at), flush=True)
"""


def xdotool(display: str, *arguments: str) -> str:
    environment = os.environ | {"DISPLAY": display}
    command = ["xdotool", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20, check=False)
    return done.stdout.strip()


def chosen(display: str, *acts: list[str]) -> str:
    """What is chosen when something is done with mouse or keys, until something is."""
    hidden = ("WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "QT_QPA_FONTDIR")
    environment = {name: value for name, value in os.environ.items() if name not in hidden} | {"DISPLAY": display}
    child = subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        find = ("search", "--onlyvisible", "--name", f"^{TITLE}$")
        assert wait_until(lambda: bool(xdotool(display, *find)), timeout=30)
        window = xdotool(display, *find).splitlines()[0]
        xdotool(display, "windowfocus", "--sync", window)

        def act() -> bool:
            for what in acts:
                xdotool(display, *(window if word == "WINDOW" else word for word in what))
            return child.poll() is not None

        assert wait_until(act, timeout=30)
        return child.communicate(timeout=20)[0].strip()
    finally:
        child.kill()
        child.wait(10)


def click(x: int, y: int) -> list[str]:
    return ["mousemove", "--window", "WINDOW", str(x), str(y), "sleep", "0.1", "click", "1", "sleep", "0.2"]


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        ([click(200, 300)], "1"),
        ([click(800, 300)], "2"),
        ([click(800, 780), ["key", "0"]], "10"),
        ([["key", "7"], ["key", "Escape"]], "None"),
    ],
    ids=["left", "right", "a click on nobody chooses nobody", "esc"],
)
def test_a_click_or_a_key_chooses(display: str, acts: list[list[str]], expected: str) -> None:
    assert chosen(display, *acts) == expected
