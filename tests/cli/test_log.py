"""What happened can be read afterwards; a mistake of ours says in one line where."""

from __future__ import annotations

import json
import logging
import stat
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import BaseModel, ValidationError

from kdance.cli import log as module
from kdance.cli.log import describe, open_log
from kdance.coach.ai import answer_json
from kdance.coach.ai.answer_json import read_json
from tests.conftest import Cli
from tests.session_factory import Studio, the_dance

_log = logging.getLogger("kdance.test")


@pytest.fixture
def studio(home: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    return Studio(home, monkeypatch, the_dance())


@pytest.fixture
def file(home: Path) -> Path:
    """The log of a home that exists."""
    home.mkdir(exist_ok=True)
    return home / "kdance.log"


@pytest.fixture
def mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr("kdance.config.load_settings", broken)


@pytest.mark.usefixtures("mistake")
def test_a_mistake_of_ours_is_one_line_and_a_traceback_in_the_log(file: Path, kdance_cli: Cli) -> None:
    ran = kdance_cli("references")
    assert (ran.code, ran.out) == (1, "")
    assert ran.error_lines == [
        f"kdance had to stop: a mistake of its own (ZeroDivisionError). The log with the details lies at {file}"
    ]
    text = file.read_text(encoding="utf-8")
    assert "CRITICAL" in text
    assert "in broken" in text
    assert "ZeroDivisionError: a mistake of ours" in text


@pytest.mark.usefixtures("mistake")
def test_a_mistake_makes_the_folder_of_its_log(home: Path, kdance_cli: Cli) -> None:
    assert kdance_cli("references").code == 1
    assert "in broken" in (home / "kdance.log").read_text(encoding="utf-8")


@pytest.mark.usefixtures("mistake")
def test_without_a_log_the_details_are_told(file: Path, kdance_cli: Cli) -> None:
    file.mkdir()  # for root may write anywhere
    ran = kdance_cli("references")
    assert ran.code == 1
    assert "No log can be written" in ran.err
    assert "ZeroDivisionError: a mistake of ours" in ran.err


def test_a_log_that_cant_be_written_disturbs_nobody(file: Path, studio: Studio, kdance_cli: Cli) -> None:
    file.mkdir()
    ran = kdance_cli("references")
    assert (ran.code, ran.err) == (0, "")
    assert "dance" in ran.out


def test_a_mistake_in_the_middle_keeps_the_session(file: Path, studio: Studio, kdance_cli: Cli) -> None:
    def break_at(number: int) -> None:
        if number == 60:
            raise ZeroDivisionError("in the pose network")

    take = the_dance()
    studio.script(take, break_at)
    ran = kdance_cli("train", "dance", "--camera", studio.clip(take), "--no-window")
    assert ran.code == 1
    assert ran.error_lines[-1].endswith(f"lies at {file}")
    assert "Traceback" not in ran.err
    text = file.read_text(encoding="utf-8")
    assert "ERROR   kdance-pose kdance.worker: kdance-pose crashed" in text
    assert "ends without a report" in text
    again = kdance_cli("report", "--json")
    assert (again.code, json.loads(again.out)["status"]) == (0, "recovered")
    assert "is recovered" in file.read_text(encoding="utf-8")


def test_a_session_is_told_from_its_beginning_to_its_end(file: Path, studio: Studio, kdance_cli: Cli) -> None:
    take = the_dance()
    studio.script(take)
    ran = kdance_cli("--verbose", "train", "dance", "--camera", studio.clip(take), "--no-window", "--mirror", "off")
    assert ran.code == 0
    session_id = json.loads(kdance_cli("report", "--json").out)["session_id"]
    for text in (file.read_text(encoding="utf-8"), ran.err):
        assert text.index(f"session {session_id} begins") < text.index(f"session {session_id} ends, completed")


def test_only_verbose_prints_the_log(file: Path, studio: Studio, kdance_cli: Cli) -> None:
    assert kdance_cli("references").err == ""
    plain = len(file.read_text(encoding="utf-8").splitlines())
    (line,) = kdance_cli("--verbose", "references").error_lines
    assert "INFO" in line
    assert kdance_cli("references").err == ""
    lines = file.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 3 * plain
    assert line in lines


@pytest.mark.parametrize("command", [("--help",), ("train", "--help"), ("references",), ("train", "none")])
def test_nothing_is_written_where_there_is_no_home(home: Path, kdance_cli: Cli, command: tuple[str, ...]) -> None:
    kdance_cli(*command)
    assert not (home / "kdance.log").exists()


def test_what_a_dancer_was_told_is_in_the_log(file: Path, kdance_cli: Cli) -> None:
    assert kdance_cli("train", "super shy").code == 1
    assert "WARNING MainThread kdance.cli.app: There is no reference called 'super shy'" in file.read_text("utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_the_log_is_for_its_owner_alone_and_does_not_grow_for_ever(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 1000)
    with open_log() as log:
        for number in range(100):
            _log.info("line %d of many", number)
        assert log.path == file
    files = sorted(path for path in file.parent.iterdir() if path.name.startswith("kdance.log"))
    assert [path.name for path in files] == ["kdance.log", "kdance.log.1", "kdance.log.2"]
    assert all(path.stat().st_size <= 1000 for path in files)
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert "line 99 of many" in file.read_text(encoding="utf-8")


def test_nothing_is_set_up_outside_of_a_command(file: Path) -> None:
    logger = logging.getLogger("kdance")
    before = logger.level, logger.propagate, list(logger.handlers)
    with open_log() as log:
        log.show()
    assert (logger.level, logger.propagate, logger.handlers) == before
    _log.info("nobody listens")
    assert not file.exists()


# No secrets


def test_addresses_lose_what_may_be_secret(file: Path) -> None:
    with open_log():
        _log.warning("at %s", "rtsp://me:password-mark@10.0.0.7:554/live?token=token-mark now")
        try:
            raise OSError("no answer from http://me:password-mark@host/video?token=token-mark")
        except OSError as error:
            _log.error("gone", exc_info=error)
    text = file.read_text(encoding="utf-8")
    assert "at rtsp://10.0.0.7:554/live now" in text
    assert "OSError: no answer from http://host/video" in text
    assert "mark" not in text


def test_a_mistake_around_a_model_keeps_its_words_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = "answer-" + "mark"  # not as the lines of a traceback quote it

    def broken() -> None:
        raise RuntimeError(f"can't read {answer}")

    monkeypatch.setattr(answer_json, "json", SimpleNamespace(JSONDecoder=broken))
    with pytest.raises(RuntimeError) as caught:
        read_json(answer)
    with pytest.raises(LookupError) as above:
        raise LookupError(answer) from caught.value
    text = describe(above.value)
    assert answer not in text
    assert "RuntimeError" in text.splitlines()
    assert text.splitlines()[-1] == "LookupError"
    assert "in read_json" in text


def test_a_validation_error_does_not_quote_what_it_refused() -> None:
    class Tip(BaseModel):
        text: int

    with pytest.raises(ValidationError) as caught:
        Tip.model_validate({"text": "answer-" + "mark"})
    assert "answer-mark" in str(caught.value)
    assert "answer-mark" not in describe(caught.value)
    assert describe(caught.value).endswith("ValidationError")


def test_what_led_to_a_mistake_comes_first() -> None:
    try:
        try:
            raise KeyError("first")
        except KeyError as error:
            raise ValueError("second") from error
    except ValueError as error:
        text = describe(error)
    assert text.index("KeyError: 'first'") < text.index("which led to") < text.index("ValueError: second")
