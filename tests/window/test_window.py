"""The window, on a display of its own where there is Xvfb, in processes of its own: Qt stays out of this one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import textwrap
from ctypes.util import find_library
from pathlib import Path

import pytest

from kdance.errors import KdanceError
from kdance.window import window
from kdance.window.screen import Screen
from kdance.window.window import display_available, key_name, open_window

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="about X displays")


PRELUDE = """
import ctypes, ctypes.util, subprocess, time
import numpy as np
from kdance.window.window import display_available, open_window

image = np.zeros((90, 160, 3), np.uint8)
"""

# What a window manager does when somebody presses the x: it sends WM_DELETE_WINDOW.
PRESS_X = """
def press_x(name):
    found = subprocess.run(["xdotool", "search", "--name", name], check=True, timeout=10, capture_output=True)
    x11 = ctypes.CDLL(ctypes.util.find_library("X11"))
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XInternAtom.restype = ctypes.c_ulong
    display = ctypes.c_void_p(x11.XOpenDisplay(None))
    atoms = [x11.XInternAtom(display, name, False) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW")]
    for window in found.stdout.split():
        event = (ctypes.c_long * 24)(33, 0, 1, 0, int(window), atoms[0], 32, atoms[1])
        x11.XSendEvent(display, ctypes.c_ulong(int(window)), False, 0, ctypes.byref(event))
    x11.XFlush(display)

"""


def run(program: str, display: str | None, **more: str) -> subprocess.CompletedProcess[str]:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "QT_QPA_FONTDIR")
    environment = {name: value for name, value in os.environ.items() if name not in hidden} | more
    if display is not None:
        environment["DISPLAY"] = display
    command = [sys.executable, "-c", PRELUDE + textwrap.dedent(program)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)


@LINUX
@pytest.mark.slow
def test_a_window_opens_shows_and_closes_without_a_word(display: str) -> None:
    done = run(
        """
        assert display_available()
        with open_window("kdance 마그네틱", 320, 180) as window:
            for _ in range(5):
                window.show(image)
                assert window.poll(5) is None
            assert not window.closed
        assert window.closed
        window.close()
        window.show(image)
        assert window.poll() is None
        with window:
            window.show(image)
            window.poll(5)
            assert not window.closed
        """,
        display,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@LINUX
@pytest.mark.skipif(not shutil.which("xdotool"), reason="needs xdotool to press keys")
@pytest.mark.slow
def test_keys_are_heard_by_name(display: str) -> None:
    done = run(
        """
        with open_window("kdance", 320, 180) as window:
            for _ in range(5):
                window.show(image)
                window.poll(5)
            subprocess.run(["xdotool", "search", "--name", "^kdance$", "windowfocus", "--sync"], check=True, timeout=10)
            for key in ("q", "Escape", "space", "Return", "Left", "A", "F5", "bracketleft"):
                subprocess.run(["xdotool", "key", key], check=True, timeout=10)
                heard = None
                for _ in range(20):
                    heard = heard or window.poll(10)
                print(heard)
        """,
        display,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["q", "esc", "space", "enter", "left", "a", "None", "["]


@LINUX
@pytest.mark.skipif(not shutil.which("xdotool") or not find_library("X11"), reason="needs xdotool and libX11")
@pytest.mark.slow
def test_the_x_of_the_window_closes_it_and_it_stays_closed(display: str) -> None:
    done = run(
        PRESS_X
        + textwrap.dedent("""
        with open_window("kdance", 320, 180) as window:
            for _ in range(5):
                window.show(image)
                window.poll(5)
            press_x("^kdance$")
            end = time.monotonic() + 5
            while not window.closed and time.monotonic() < end:
                window.show(image)
                window.poll(5)
            print(window.closed)
            window.show(image)
            print(subprocess.run(["xdotool", "search", "--onlyvisible", "--name", "^kdance$"]).returncode)
        """),
        display,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True", "1"]


@LINUX
@pytest.mark.parametrize("asks", ["show(image)", "poll(5)", "size", "rename('a')", "toggle_fullscreen()", "close()"])
@pytest.mark.slow
def test_a_screen_that_goes_away_closes_the_window_and_no_more(display: str, asks: str) -> None:
    """Unless Qt has the word in that very millisecond, which no program can help."""
    done = run(
        f"""
        import os, signal
        reader, writer = os.pipe()
        command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "400x300x24", "-nolisten", "tcp", "-noreset"]
        server = subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL)
        os.environ["DISPLAY"] = ":" + os.read(reader, 20).decode().strip()
        with open_window("kdance", 320, 180) as window:
            for _ in range(5):
                window.show(image)
                window.poll(5)
            print(window.closed, window.problem)
            server.kill()
            server.wait()
            window.{asks}
            print(window.closed)
            window.show(image)
            window.poll(5)
        print("goes on")
        """,
        display,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:3] == ["False None", "True", "goes on"]


@LINUX
@pytest.mark.parametrize("display_name", [None, "", ":4711", "localhost:4711", "nonsense", "/tmp/no-such-socket:0"])
@pytest.mark.slow
def test_without_a_display_the_process_lives_and_is_told(display_name: str | None) -> None:
    done = run(
        """
        from kdance.errors import KdanceError
        print(display_available())
        try:
            with open_window("kdance", 320, 180):
                pass
        except KdanceError as error:
            print(error)
        """,
        display_name,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["False", "There is no display to open a window on. Use --no-window."]


@LINUX
def test_a_display_counts_only_when_somebody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "x")
    monkeypatch.setenv("DISPLAY", path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        assert not display_available()
        server.listen()
        assert display_available()
    assert not display_available()


def test_a_headless_opencv_has_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window.cv2, "getBuildInformation", lambda: "  GUI:                           NONE\n")
    assert not display_available()
    with pytest.raises(KdanceError, match="no display"), open_window("kdance", 320, 180):
        pass


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (-1, None),
        (ord("q"), "q"),
        (ord("Q"), "q"),
        (27, "esc"),
        (32, "space"),
        (13, "enter"),
        (10, "enter"),
        (65361, "left"),
        (2555904, "right"),
        (63232, "up"),
        (0x10000 | ord("Q"), "q"),
        (65474, None),
        (0, None),
    ],
)
def test_key_names(code: int, name: str | None) -> None:
    assert key_name(code) == name


@LINUX
def test_watching_the_screen_opens_nothing_twice_for_good(tmp_path: Path) -> None:
    """A pipe that is open twice never ends, and each window would double what is open."""

    def is_open() -> int:
        return len(list(Path("/dev/fd").iterdir()))

    reader, writer = os.pipe()
    with (tmp_path / "file").open("w"), os.fdopen(reader, "rb") as pipe:
        before = is_open()
        for _ in range(3):
            screen = Screen()
            screen.open()
            screen.close()
        assert is_open() == before
        os.close(writer)
        assert pipe.read() == b""
