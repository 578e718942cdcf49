"""``kdance`` alone: three commands that can be typed and fit to what there is, in few lines, at any width."""

from __future__ import annotations

import re
import shlex
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kdance.cli.common import end_of_day
from kdance.store.glance import dances_at_a_glance
from tests.cli.every_command import ROOT
from tests.conftest import Cli
from tests.session_factory import Studio, the_dance

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def told(text: str) -> list[str]:
    """The commands that stand on lines of their own or begin one."""
    return [found.strip() for found in re.findall(r"^  (kdance .+?)(?:   .*)?$", text, flags=re.MULTILINE)]


def test_without_a_dance_it_says_how_to_begin(kdance_cli: Cli, home: Path) -> None:
    ran = kdance_cli()
    assert (ran.code, ran.err) == (0, "")
    assert told(ran.out) == ["kdance demo", "kdance preprocess VIDEO.mp4", "kdance doctor"]
    assert "\x1b" not in ran.out
    assert len(ran.out.splitlines()) < 15
    assert not (home / "sessions.db").exists()  # it only looks


@pytest.mark.parametrize("columns", ["40", "80", "120"])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_with_dances_it_says_how_to_go_on(
    kdance_cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch, columns: str, language: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    home.mkdir(parents=True, exist_ok=True)
    (home / "config.yaml").write_text(f"feedback:\n  language: {language}\n")
    Studio(home, monkeypatch, the_dance()).train(the_dance())
    for number in range(20):
        (home / "references" / f"next level {number}").mkdir()
    ran = kdance_cli()
    assert (ran.code, ran.err) == (0, "")
    name = "dance"
    commands = told(ran.out)
    assert commands == [f"kdance train {shlex.quote(name)}", f"kdance learn {shlex.quote(name)}", "kdance report"]
    for command in commands:
        words = shlex.split(command)[1:]
        ROOT.commands[words[0]].make_context("kdance", words[1:])
    assert "14" in ran.out  # more, that are only counted
    assert len(ran.out.splitlines()) < 30


def test_the_dance_danced_last_comes_first_and_what_is_due_is_told(
    kdance_cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Studio(home, monkeypatch, the_dance()).train(the_dance())
    name = "dance"
    (home / "references" / "a dance that was never danced").mkdir()
    with sqlite3.connect(home / "sessions.db") as connection:
        (digest,) = connection.execute("SELECT reference_digest FROM sessions").fetchone()
        rows = [
            (name, digest, 0, 1, "[]", (NOW - timedelta(days=1)).isoformat()),
            (name, digest, 1, 2, "[]", (NOW + timedelta(days=9999)).isoformat()),
            (name, "another", 0, 1, "[]", (NOW - timedelta(days=1)).isoformat()),
        ]
        connection.executemany(
            'INSERT INTO cards (reference, digest, start, "end", repeats, due) VALUES (?, ?, ?, ?, ?, ?)', rows
        )
    connection.close()
    glance = dances_at_a_glance(home / "sessions.db", end_of_day())[name]
    assert glance.due == 1
    assert glance.last is not None
    out = kdance_cli().out
    assert told(out)[:2] == [f"kdance train {shlex.quote(name)}", "kdance today"]
    assert re.search(rf"^  {re.escape(name)} +{round(100 * glance.last)} ", out, flags=re.MULTILINE)


@pytest.mark.parametrize("content", [None, b"", b"no database at all", b"SQLite format 3\0" + b"\xff" * 500])
def test_a_store_that_can_t_be_read_hides_no_dance(kdance_cli: Cli, home: Path, content: bytes | None) -> None:
    (home / "references" / "magnetic").mkdir(parents=True)
    if content is not None:
        (home / "sessions.db").write_bytes(content)
    ran = kdance_cli()
    assert (ran.code, ran.err) == (0, "")
    assert told(ran.out) == ["kdance train magnetic", "kdance learn magnetic", "kdance doctor"]
