"""`kdance report` into files and `kdance replay`: what is written, and how mistakes are told."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from kdance.store.whole_file import write_whole
from tests.conftest import Cli
from tests.motion_factory import JointError, make_sequence
from tests.session_factory import Studio

SECONDS = 4.0


@pytest.fixture
def danced(home: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """A home with one session in which the left arm was too low."""
    studio = Studio(home, monkeypatch, make_sequence("dance", seconds=SECONDS))
    studio.score(make_sequence("dance", seconds=SECONDS, errors=[JointError("left_shoulder", -35.0, 1.0, 3.5)]))
    return studio


def test_everything_at_once(kdance_cli: Cli, danced: Studio, tmp_path: Path) -> None:
    files = {kind: tmp_path / f"me.{kind}" for kind in ("html", "png", "csv", "md")}
    ran = kdance_cli(
        "report", "--html", files["html"], "--card", files["png"], "--csv", files["csv"], "--markdown", files["md"]
    )
    assert (ran.code, ran.out) == (0, "")
    assert [line.split(": ")[1] for line in ran.error_lines] == [str(path) for path in files.values()]
    assert "left arm: teacher" in files["html"].read_text(encoding="utf-8")
    assert "**left arm: teacher" in files["md"].read_text(encoding="utf-8")
    assert files["png"].read_bytes().startswith(b"\x89PNG")
    rows = list(csv.DictReader(io.StringIO(files["csv"].read_text(encoding="utf-8"))))
    assert len(rows) == SECONDS * 30
    assert rows[60]["reference_left_shoulder_deg"]
    assert sorted(path.name for path in tmp_path.glob("me.*")) == sorted(path.name for path in files.values())


@pytest.mark.parametrize("kind", ["html", "csv", "markdown"])
def test_one_thing_can_be_printed(kdance_cli: Cli, danced: Studio, kind: str) -> None:
    ran = kdance_cli("report", f"--{kind}", "-")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith({"html": "<!doctype html>", "csv": "time_s,", "markdown": "# dance"}[kind])


def test_json_goes_to_stdout_beside_a_file(kdance_cli: Cli, danced: Studio, tmp_path: Path) -> None:
    ran = kdance_cli("report", "--json", "--markdown", tmp_path / "me.md")
    assert json.loads(ran.out)["reference"] == "dance"
    assert (tmp_path / "me.md").is_file()


def test_korean(kdance_cli: Cli, danced: Studio, home: Path) -> None:
    (home / "config.yaml").write_text("feedback:\n  language: ko\n", encoding="utf-8")
    page = kdance_cli("report", "--html", "-").out
    assert '<html lang="ko">' in page
    assert "왼팔: 원본 " in page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("report", "--html", "{}/none/me.html"), "There is no folder {}/none"),
        (("report", "--html", "{}/song.mp4"), "ends in .html"),
        (("report", "--card", "{}"), "is a folder"),
        (("report", "nope", "--html", "{}/me.html"), "There is no session 'nope' in "),
        (("replay",), "There is no display"),
        (("replay", "nope", "--save", "{}/me.mp4"), "There is no session 'nope' in "),
        (("replay", "--save", "{}/me.avi"), "is an .mp4 file"),
        (("replay", "--save", "{}/song.mp4"), "exists already"),
        (("replay", "--save", "{}/none/me.mp4"), "There is no folder"),
        (("replay", "--stills", "{}/song.mp4"), "is a file"),
        (("replay", "--stills", "{}/none/stills"), "There is no folder"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_mistake_is_one_line_and_what_to_do(
    kdance_cli: Cli, danced: Studio, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    (tmp_path / "song.mp4").write_bytes(b"mine")
    ran = kdance_cli(*(argument.format(tmp_path) for argument in arguments))
    assert ran.code == 1
    assert said.format(tmp_path) in ran.err.replace("\n", " ")
    assert len(ran.error_lines) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"home", "song.mp4"}
    assert (tmp_path / "song.mp4").read_bytes() == b"mine"


def test_two_things_cant_be_printed(kdance_cli: Cli, danced: Studio) -> None:
    ran = kdance_cli("report", "--html", "-", "--json")
    assert ran.code == 2
    assert "only one thing" in ran.err


def test_a_replay_without_a_window(kdance_cli: Cli, danced: Studio, tmp_path: Path) -> None:
    ran = kdance_cli("replay", "--save", tmp_path / "me.mp4", "--stills", tmp_path / "stills")
    assert ran.code == 0
    assert (tmp_path / "me.mp4").stat().st_size > 10_000
    assert any("left-shoulder" in path.name for path in (tmp_path / "stills").iterdir())


def test_what_is_missing_is_told_and_the_rest_is_written(
    kdance_cli: Cli, danced: Studio, home: Path, tmp_path: Path
) -> None:
    (home / "references" / "dance").rename(tmp_path / "elsewhere")
    ran = kdance_cli("report", "--html", tmp_path / "me.html", "--csv", tmp_path / "me.csv")
    assert ran.code == 0
    assert "no reference called 'dance'" in ran.error_lines[0]
    assert (tmp_path / "me.html").is_file()
    rows = list(csv.DictReader(io.StringIO((tmp_path / "me.csv").read_text(encoding="utf-8"))))
    assert rows[60]["user_left_shoulder_deg"] and not rows[60]["reference_s"]


def test_a_session_without_frames_can_be_read_but_not_watched(
    kdance_cli: Cli, danced: Studio, home: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(home / "sessions.db")) as store, store:
        store.execute("DELETE FROM snapshots")
    ran = kdance_cli("replay", "--save", tmp_path / "me.mp4")
    assert ran.code == 1
    assert "no frames of it are stored" in ran.error_lines[0]
    assert kdance_cli("report", "--html", tmp_path / "me.html").code == 0


# Files


def test_a_file_is_the_old_one_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "me.html"
    write_whole(path, b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    with pytest.raises(TypeError):
        write_whole(path, "no bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with a name")
def test_what_is_no_plain_file_is_written_into(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.html"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE) as reader:
        write_whole(pipe, b"all of it")
        assert reader.communicate(timeout=20)[0] == b"all of it"
    assert pipe.is_fifo()


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.html").write_bytes(b"old")
    (tmp_path / "link.html").symlink_to(tmp_path / "real.html")
    write_whole(tmp_path / "link.html", b"new")
    assert (tmp_path / "link.html").is_symlink()
    assert (tmp_path / "real.html").read_bytes() == b"new"
