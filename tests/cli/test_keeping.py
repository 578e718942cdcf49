"""References and settings that people take care of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kdance.store import open_store
from tests.conftest import Cli
from tests.reference_factory import files_in, write_reference
from tests.session_factory import ROOT
from tests.store.test_keeping import GONE, fill


def test_a_reference_is_shown_renamed_and_removed(home: Path, kdance_cli: Cli) -> None:
    write_reference(home / "references")
    fill(home / "sessions.db", GONE)
    assert "0:00" in kdance_cli("references", "show", "magnetic").out
    assert json.loads(kdance_cli("references", "show", "magnetic", "--json").out)["name"] == "magnetic"
    assert kdance_cli("references", "rename", "magnetic", "my dance").code == 0
    assert json.loads(kdance_cli("references", "--json").out)["references"][0]["name"] == "my dance"
    assert "sessions 1" in kdance_cli("progress", "my dance").out
    refused = kdance_cli("references", "remove", "my dance")
    assert (refused.code, (home / "references" / "my dance").is_dir()) == (1, True)
    assert kdance_cli("references", "remove", "my dance", "--yes").code == 0
    assert files_in(home / "references") == set()
    for arguments in (("progress", "my dance"), ("report", GONE), ("sessions", "export", GONE, home / "x.zip")):
        assert kdance_cli(*arguments).code == 0, arguments
    with open_store(home / "sessions.db") as store:
        assert len(store.take(GONE)[0])


@pytest.mark.parametrize("name", ["nothing", "../other", "", ".", "..", "a/b"])
@pytest.mark.parametrize("command", [("show",), ("remove", "--yes"), ("rename",), ("export",)], ids=lambda row: row[0])
def test_what_is_not_there_is_told_with_where_it_was_looked_for(
    name: str, command: tuple[str, ...], home: Path, kdance_cli: Cli
) -> None:
    write_reference(home / "references")
    before = files_in(home)
    first, *options = command
    ran = kdance_cli("references", first, name, *(["new"] if first == "rename" else []), *options)
    assert (ran.code, ran.out) == (1, "")
    assert len(ran.error_lines) == 2
    assert name != "nothing" or str(home / "references") in ran.err
    assert files_in(home) - before <= {"kdance.log"}


def test_a_name_that_is_taken_stays_with_its_dance(home: Path, kdance_cli: Cli) -> None:
    write_reference(home / "references")
    write_reference(home / "references", "other")
    assert "already" in kdance_cli("references", "rename", "magnetic", "other").err
    assert {"magnetic", "other"} <= files_in(home / "references")


def test_a_setting_is_changed_and_the_comments_stay(home: Path, kdance_cli: Cli) -> None:
    shipped = (ROOT / "config.yaml").read_text()
    home.mkdir()
    (home / "config.yaml").write_text(shipped)
    assert kdance_cli("config", "set", "feedback.language", "ko").code == 0
    changed = (home / "config.yaml").read_text()
    assert changed == shipped.replace("language: en  #", "language: ko  #")
    assert kdance_cli("config", "get", "feedback.language").out == "ko\n"
    assert json.loads(kdance_cli("config", "--json").out)["settings"]["feedback"]["language"] == "ko"


@pytest.mark.parametrize(
    ("key", "value", "read"),
    [("training.mirror", "off", "off"), ("sound.music", "no", "false"), ("camera.source", "1", "1"),
     ("camera.source", "http://phone:8080/video", "http://phone:8080/video"), ("camera.lost_after", "7.5", "7.5"),
     ("camera.source", "C:\\clips\\me: 2.mp4", "C:\\clips\\me: 2.mp4")],
)  # fmt: skip
def test_a_setting_begins_a_file_beside_the_data(key: str, value: str, read: str, home: Path, kdance_cli: Cli) -> None:
    ran = kdance_cli("config", "set", key, value)
    assert (ran.code, ran.err) == (0, "")
    assert kdance_cli("config", "get", key).out == f"{read}\n"
    assert (home / "config.yaml").is_file()


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [("window.width", "9000", "3840"), ("training.mirror", "sideways", "auto"), ("feedback.language", "xx", "en, ko"),
     ("camera.nothing", "1", "source, width"), ("nothing", "1", "sections:"), ("camera.fps", "[1", "no YAML"),
     ("camera", "1", "source, width"), ("camera.fps", "{a: 1}", "camera.fps"),
     ("camera.source", "2001-13-45", "no YAML")],
)  # fmt: skip
def test_a_value_that_is_not_allowed_changes_nothing(
    key: str, value: str, said: str, home: Path, kdance_cli: Cli
) -> None:
    home.mkdir()
    (home / "config.yaml").write_text("# mine\ncamera:\n  fps: 25 # steady\n")
    ran = kdance_cli("config", "set", key, value)
    assert (ran.code, ran.out) == (1, "")
    assert said in ran.err
    assert len(ran.error_lines) <= 2
    assert (home / "config.yaml").read_text() == "# mine\ncamera:\n  fps: 25 # steady\n"


def test_the_editor_is_asked_and_what_is_wrong_is_kept_aside(
    home: Path, kdance_cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    script = home.parent / "editor.py"
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")
    script.write_text("import sys; open(sys.argv[1], 'a').write('camera:\\n  fps: 25\\n')")
    assert kdance_cli("config", "edit").code == 0
    assert kdance_cli("config", "get", "camera.fps").out == "25\n"
    script.write_text("import sys; open(sys.argv[1], 'a').write('sound:\\n  music: loud\\n')")
    wrong = kdance_cli("config", "edit")
    assert (wrong.code, "sound.music" in wrong.err) == (1, True)
    assert "loud" in (home / "config.draft.yaml").read_text()
    assert "loud" not in (home / "config.yaml").read_text()
    script.write_text("raise SystemExit(3)")
    assert "ended with 3" in kdance_cli("config", "edit").err
