"""What every test gets: no way to the user's own files, a terminal of fixed width, and an error for a leaked thread."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import kdance
from kdance.config import PoseSettings
from kdance.dance.process_video import VideoPart, process_video
from kdance.dance.references import Reference

DEMO_CLIPS = Path(kdance.__file__).parent / "demo"
COLUMNS = 80
_THREADS_END_WITHIN_S = 2.0

# Where programs look for a user's files, and what changes what Rich and Typer write.
_FOLDERS = ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME")
_TERMINAL = ("FORCE_COLOR", "CLICOLOR_FORCE", "PY_COLORS", "GITHUB_ACTIONS", "TERMINAL_WIDTH", "_TYPER_FORCE_TERMINAL")
_SECRETS = ("OPENAI_API_KEY", "OPENAI_BASE_URL")
_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def error_lines(self) -> list[str]:
        """The lines of stderr without empty ones."""
        return [line for line in self.err.splitlines() if line.strip()]


Cli = Callable[..., Ran]


@pytest.fixture(scope="session", autouse=True)
def _isolated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reaches the user's files, not even one that asks for no folder of its own."""
    root = tmp_path_factory.mktemp("user")
    with pytest.MonkeyPatch.context() as patch:
        for name in (*_TERMINAL, *_SECRETS):
            patch.delenv(name, raising=False)
        for name in _FOLDERS:
            patch.setenv(name, str(root / name.lower()))
        patch.setenv("KDANCE_HOME", str(root / "kdance"))
        patch.setenv("COLUMNS", str(COLUMNS))
        patch.setenv("LINES", "50")
        patch.setenv("NO_COLOR", "1")
        patch.setenv("TERM", "dumb")
        yield


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    """Threads are closed by whoever began them."""
    before = set(threading.enumerate())
    yield
    end = time.monotonic() + _THREADS_END_WITHIN_S
    while (left := set(threading.enumerate()) - before) and time.monotonic() < end:
        gc.collect()  # ends the executor that MediaPipe leaves behind with a model it refused
        time.sleep(0.01)
    assert not left, f"threads left behind: {sorted(thread.name for thread in left)}"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ``KDANCE_HOME`` of the test's own; it doesn't exist yet."""
    folder = tmp_path / "home"
    monkeypatch.setenv("KDANCE_HOME", str(folder))
    return folder


@pytest.fixture
def kdance_cli(home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Cli:
    """Runs the real command line in this process, without a display: ``kdance_cli("report", "--json").code``."""
    for name in _DISPLAYS:
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: object) -> Ran:
        from kdance.cli import main

        monkeypatch.setattr(sys, "argv", ["kdance", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        return Ran(int(ended.value.code or 0), out, err)

    return run


@pytest.fixture(scope="session")
def demo_reference(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """The first 6 s of the built-in dance as the real network sees them; the name is ``demo``. Not to be changed."""
    part = VideoPart(video=DEMO_CLIPS / "demo.mp4", name="demo", end=6.0)
    references = tmp_path_factory.mktemp("demo") / "references"
    return process_video(part, references, settings=PoseSettings(hands=False), force=False, progress=lambda *_: None)


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """A virtual display; a real X server.

    Without ``-noreset`` it starts over whenever its last client leaves, as xdotool does with every call, and refuses
    who comes in that moment: one window in eight then didn't open.
    """
    if not shutil.which("Xvfb"):
        pytest.skip("needs Xvfb")
    reader, writer = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1400x900x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=[writer],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    with os.fdopen(reader) as answer:
        number = answer.readline().strip()
    try:
        if not number:
            pytest.skip("Xvfb does not start here")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(timeout=10)
