"""Tab knows the dances and the sessions; a command without its dance names those that there are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kdance.cli import completion
from kdance.store.glance import newest_ids
from tests.conftest import Cli
from tests.session_factory import Studio, the_dance


def test_dances_and_sessions_are_offered(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Studio(home, monkeypatch, the_dance()).train(the_dance())
    (name,) = completion.dances()
    assert completion.dances(name[:2]) == [name]
    assert completion.dances("nothing") == []
    last, session = completion.sessions()
    assert last == "last-session"
    assert completion.sessions(session[:8]) == [session]


@pytest.mark.parametrize("content", [None, b"", b"no database at all", b"SQLite format 3\0" + b"\xff" * 500])
def test_what_can_t_be_read_offers_nothing(tmp_path: Path, content: bytes | None) -> None:
    database = tmp_path / "sessions.db"
    if content is not None:
        database.write_bytes(content)
    assert newest_ids(database) == []
    assert database.exists() == (content is not None)


def test_the_shell_is_answered(home: Path) -> None:
    (home / "references" / "magnetic").mkdir(parents=True)
    environment = {
        **os.environ,
        "_KDANCE_COMPLETE": "complete_bash",
        "COMP_WORDS": "kdance train ma",
        "COMP_CWORD": "2",
    }
    code = "from kdance.cli import main; import sys; sys.argv[0] = 'kdance'; main()"
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert (ran.stdout.strip(), ran.stderr) == ("magnetic", "")


def test_train_alone_names_the_dances(kdance_cli: Cli, home: Path) -> None:
    ran = kdance_cli("train")
    assert (ran.code, "kdance preprocess VIDEO" in ran.err) == (1, True)
    for name in ("magnetic", "next level"):
        (home / "references" / name).mkdir(parents=True)
    ran = kdance_cli("train")
    assert (ran.code, ran.out) == (1, "")
    assert "magnetic, next level" in ran.err
    assert "kdance train magnetic" in ran.err


def test_a_short_h_is_help_too(kdance_cli: Cli) -> None:
    for command in ((), ("train",), ("report",)):
        assert kdance_cli(*command, "-h").out == kdance_cli(*command, "--help").out
