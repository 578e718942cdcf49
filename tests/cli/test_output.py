"""What is printed gets out in any encoding, and nothing that goes wrong on the way is a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

NAME = "아이브 💃"
_FULL = Path("/dev/full")


def run(*command: str, encoding: str = "utf-8", **to: object) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "COLUMNS": "80"}
    arguments = [sys.executable, "-m", "kdance", *command]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **to}
    return subprocess.run(arguments, env=environment, timeout=120, check=False, **streams)  # type: ignore[call-overload, no-any-return]


@pytest.fixture
def dances(home: Path) -> Path:
    """A reference that can't be read, with a name that few encodings have."""
    (home / "references" / NAME).mkdir(parents=True)
    return home


@pytest.mark.parametrize("encoding", ["cp1252", "cp949", "ascii"])
@pytest.mark.parametrize("command", ["references", "train --help", f"train {NAME}"])
def test_letters_that_an_encoding_lacks_are_replaced(dances: Path, encoding: str, command: str) -> None:
    first, _, rest = command.partition(" ")
    ran = run(first, *([rest] if rest else []), encoding=encoding)
    said = (ran.stdout + ran.stderr).decode(encoding)
    assert "Traceback" not in said
    assert "mistake" not in said
    assert ran.returncode == (1 if NAME in command else 0)
    assert not (dances / "kdance.log").exists() or "UnicodeEncodeError" not in (dances / "kdance.log").read_text(
        "utf-8"
    )


def test_programs_lose_no_letter(home: Path) -> None:
    ran = run("doctor", "--json", "--camera", str(home / f"{NAME}.mp4"), encoding="ascii")
    assert NAME in str(json.loads(ran.stdout))


@pytest.mark.skipif(not _FULL.exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("command", ["--version", "sessions", "--help"])
def test_a_full_disk_behind_the_output_is_told(home: Path, command: str) -> None:
    with _FULL.open("wb") as full:
        ran = run(command, stdout=full)
    assert ran.returncode == 1
    assert ran.stderr.decode().splitlines() == ["What kdance prints can't be written: No space left on device."]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_what_is_kept_is_for_its_owner_alone(home: Path) -> None:
    home.parent.chmod(0o755)
    assert run("sessions").returncode == 0
    files = [home, *home.rglob("*")]
    assert home / "sessions.db" in files
    assert [file.name for file in files if file.stat().st_mode & 0o077] == []


def test_a_reader_that_has_seen_enough_is_no_failure(home: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ran = run("--help", stdout=writer)
    finally:
        os.close(writer)
    assert ran.stderr == b""


@pytest.mark.skipif(sys.platform == "win32", reason="a shell's >&-")
def test_no_output_at_all(home: Path) -> None:
    ran = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -m kdance sessions >&-'], capture_output=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
