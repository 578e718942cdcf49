"""Whether the AI coach may be used: asked once, in plain words, and never without a terminal."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kdance.coach.ai.api_key import ApiKey
from kdance.coach.ai.consent import load_answer, save_answer
from kdance.coach.ai.server import AiServer
from kdance.coach.ai.setup import coach_maker, find_server, is_wanted, question
from kdance.config import FeedbackSettings, find_home
from kdance.errors import ConfigError, KdanceError
from tests import ai_server as ai
from tests.ai_factory import KEY, MODEL, AiStudio, the_take, well
from tests.conftest import Cli
from tests.session_factory import SCRIPTED_KDANCE, environment

LOCAL = "http://localhost:11434/v1"
FAR = "https://ai.example/v1"
NO_KEY = "The AI coach can't be used. There is no OPENAI_API_KEY, in the environment or in a .env file."


def server_at(url: str, key: str | None = None) -> AiServer:
    return AiServer(base_url=url, model=MODEL, key=None if key is None else ApiKey(key))


# -- the answer -------------------------------------------------------------------------------------------------------


def test_an_answer_is_remembered_for_its_server_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "ai.json"
    assert load_answer(path, "a.example") is None
    save_answer(path, "a.example", "on")
    save_answer(path, "b.example", "off")
    save_answer(path, "a.example", "off")
    save_answer(path, "a.example", "on")
    assert [load_answer(path, f"{name}.example") for name in "abc"] == ["on", "off", None]
    assert [file.name for file in path.parent.iterdir()] == ["ai.json"]


@pytest.mark.parametrize("content", [b"", b"{", b'{"version": 2}', b'{"servers": {"a.example": "maybe"}}', b"\xff"])
def test_a_damaged_answer_is_asked_for_again(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ai.json"
    path.write_bytes(content)
    assert load_answer(path, "a.example") is None
    save_answer(path, "a.example", "off")
    assert load_answer(path, "a.example") == "off"


def test_an_answer_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KdanceError, match="can't be"):
        save_answer(tmp_path / "file" / "ai.json", "a.example", "on")


# -- whether ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "setting", "answer", "wanted"),
    [
        (None, "ask", None, None),
        (None, "ask", "on", True),
        (None, "ask", "off", False),
        (None, "on", "off", True),
        (None, "off", "on", False),
        (True, "off", "off", True),
        (False, "on", "on", False),
        (False, "ask", None, False),
    ],
)
def test_the_option_beats_the_settings_which_beat_the_answer(
    home: Path, option: bool | None, setting: str, answer: str | None, wanted: bool | None
) -> None:
    settings = FeedbackSettings.model_validate({"ai": setting})
    if answer is not None:
        save_answer(home / "ai.json", "ai.example", answer)  # type: ignore[arg-type]
    assert is_wanted(settings, find_home(), server_at(FAR, KEY), option) is wanted


@pytest.mark.parametrize(("option", "setting"), [(True, "ask"), (None, "on"), (True, "off")])
def test_wanted_by_name_without_a_key(home: Path, option: bool | None, setting: str) -> None:
    settings = FeedbackSettings.model_validate({"ai": setting})
    with pytest.raises(KdanceError) as error:
        is_wanted(settings, find_home(), AiServer(), option)
    assert error.value.message == NO_KEY


def test_without_a_key_nobody_is_asked(home: Path) -> None:
    assert is_wanted(FeedbackSettings(), find_home(), AiServer(), None) is False
    assert is_wanted(FeedbackSettings(), find_home(), server_at(LOCAL), None) is None  # needs none


def test_the_key_of_the_environment_comes_before_the_files(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home.mkdir()
    monkeypatch.chdir(tmp_path)

    def found() -> str | None:
        key = find_server(FeedbackSettings(), find_home()).key
        return None if key is None else key.reveal()

    assert found() is None
    (home / ".env").write_text("OPENAI_API_KEY=of-the-home")
    assert found() == "of-the-home"
    (tmp_path / ".env").write_text("OPENAI_API_KEY=of-the-folder")
    assert found() == "of-the-folder"
    monkeypatch.setenv("OPENAI_API_KEY", "of-the-environment")
    assert found() == "of-the-environment"


def test_the_question_says_what_leaves_and_whereto() -> None:
    facts, picture = (FeedbackSettings.model_validate({"level": level}) for level in ("facts", "picture"))
    assert "no picture, no sound, no file" in question(server_at(FAR), facts)
    assert "one small picture" in question(server_at(FAR), picture)
    assert question(server_at(FAR), facts).endswith("It would go to ai.example.")
    assert question(server_at(LOCAL), facts).endswith("The server is this machine: nothing leaves it.")
    assert MODEL not in question(server_at(FAR, KEY), picture)


@pytest.mark.parametrize("server", [None, server_at(LOCAL)], ids=["rules", "AI"])
def test_an_unknown_language_is_refused_before_the_camera_is_opened(server: AiServer | None) -> None:
    with pytest.raises(ConfigError) as error:
        coach_maker(FeedbackSettings(language="xx"), server)
    assert error.value.message == "The coach does not speak 'xx'."
    assert "en, ko" in (error.value.hint or "")


def test_what_takes_long_is_done_before_the_dance(home: Path) -> None:
    """The openai library is there when the coach is made, and not only when it is asked."""
    code = (
        "import sys\nfrom kdance.coach.ai.setup import coach_maker\nfrom kdance.config import FeedbackSettings\n"
        "from kdance.coach.ai.server import AiServer\n"
        "assert 'openai' not in sys.modules\ncoach_maker(FeedbackSettings(), None)\n"
        "assert 'openai' not in sys.modules\n"
        "coach_maker(FeedbackSettings(), AiServer())\nassert 'openai.resources.chat.completions' in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment(home)
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_proxy_that_can_t_be_used_is_told_before_the_dance() -> None:
    with pytest.raises(ConfigError, match="proxy"):
        coach_maker(FeedbackSettings(), AiServer(proxies={"https_proxy": "gopher://p:1"}))


# -- the commands -----------------------------------------------------------------------------------------------------


@pytest.fixture
def studio(home: Path, monkeypatch: pytest.MonkeyPatch, kdance_cli: Cli) -> AiStudio:
    return AiStudio(home, monkeypatch, kdance_cli)


def test_on_off_and_status(studio: AiStudio) -> None:
    studio.configure(FAR)
    words = {switch: studio.cli("ai", switch) for switch in ("status", "on", "off")}
    assert [done.code for done in words.values()] == [0, 0, 0]
    first_lines = [" ".join(done.out.split()).partition(". ")[0].rstrip(".") for done in words.values()]
    assert first_lines == [
        "The AI coach is not decided: the next train asks",
        "The AI coach is on",
        "The AI coach is off",
    ]
    assert "ai.example" in words["on"].out
    assert load_answer(studio.home / "ai.json", "ai.example") == "off"
    assert all(MODEL not in done.out and KEY not in done.out for done in words.values())


def test_the_config_has_the_last_word_on_status(studio: AiStudio) -> None:
    studio.configure(FAR, ai="off")
    assert "off (feedback.ai in config.yaml)" in " ".join(studio.cli("ai", "on").out.split())


def test_turned_on_without_a_key(studio: AiStudio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    studio.configure("https://api.openai.com/v1")
    assert "There is no OPENAI_API_KEY" in " ".join(studio.cli("ai", "on").out.split())
    ran = studio.dance_it("--ai")
    assert (ran.code, ran.out, ran.error_lines[0]) == (1, "", NO_KEY)
    assert "--no-ai" in ran.error_lines[1]
    again = studio.cli("report", "--again")
    assert again.code == 1
    assert studio.dance_it(pace=100.0).code == 0  # by rules, as without an answer


def test_without_a_terminal_nobody_is_asked_and_nothing_leaves(studio: AiStudio) -> None:
    with ai.scripted_server(well) as server:
        studio.configure(server.url)
        ran = studio.dance_it(pace=100.0)
        assert (ran.code, ran.err, server.requests) == (0, "", [])
        assert load_answer(studio.home / "ai.json", "127.0.0.1") is None
        assert studio.cli("ai", "on").code == 0
        assert studio.dance_it().code == 0
        assert server.requests  # the answer holds without a terminal


# -- on a terminal ----------------------------------------------------------------------------------------------------


def on_a_terminal(studio: AiStudio, answer: str | None) -> tuple[int, str]:
    """Two seconds of dancing on a pseudo-terminal; the answer is typed when the question is there."""
    script, take = studio.home / "script.npz", the_take()
    np.savez(script, landmarks=take.landmarks, world=take.world, times=take.times)
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", SCRIPTED_KDANCE, str(script), "-1", *studio.arguments("--seconds", "2")],
        env=environment(studio.home, OPENAI_API_KEY=KEY, TERM="dumb"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen = b""
    with os.fdopen(ours, "rb+", buffering=0) as terminal:
        while True:
            try:
                new = terminal.read(4096)
            except OSError:  # the other end was closed
                break
            if not new:
                break
            seen += new
            if answer is not None and b"Turn it on?" in seen:
                terminal.write(answer.encode())
                answer = None
    return child.wait(20), " ".join(seen.decode().split())


def test_the_first_train_asks_and_no_other(studio: AiStudio) -> None:
    with ai.scripted_server(well) as server:
        studio.configure(server.url)
        code, seen = on_a_terminal(studio, "y\n")
        assert code == 0, seen
        assert "The server is this machine: nothing leaves it." in seen
        assert "no picture, no sound, no file" in seen
        assert seen.count("Turn it on?") == 1
        assert MODEL not in seen
        assert server.requests
        code, seen = on_a_terminal(studio, None)
    assert (code, "Turn it on?" in seen) == (0, False)
    assert json.loads((studio.home / "ai.json").read_text())["servers"] == {"127.0.0.1": "on"}


def test_no_is_remembered_too(studio: AiStudio) -> None:
    studio.configure(FAR)
    code, seen = on_a_terminal(studio, "\n")  # no is what Enter means
    assert code == 0, seen
    assert "It would go to ai.example." in seen
    assert json.loads((studio.home / "ai.json").read_text())["servers"] == {"ai.example": "off"}
