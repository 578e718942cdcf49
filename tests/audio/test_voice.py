"""The spoken voice, with a scripted speech engine in the child process, and once with a real one."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from kdance.audio import speaker
from kdance.audio.voice import Voice, open_voice

PATIENCE_S = 20.0

ENGINE = '''
"""A pyttsx3 that writes down what it is told, speaks until it is let go, and fails when asked to."""
import os, time
from pathlib import Path

LOG = Path(os.environ["VOICE_LOG"])
SCRIPT = os.environ.get("VOICE_SCRIPT", "")

class Told:
    def __init__(self, id, languages):
        self.id, self.languages = id, languages

VOICES = [Told("caribbean", ["en-029"]), Told("english", ["en_US"]), Told("korean", [b"ko"]), Told("odd", [])]

def log(text):
    with LOG.open("a", encoding="utf-8") as file:
        file.write(text + "\\n")

class Engine:
    def __init__(self):
        self.voice, self.text = "english", None
    def getProperty(self, name):
        return {"voices": VOICES, "voice": self.voice}[name]
    def setProperty(self, name, value):
        assert name == "voice"
        self.voice = value
    def say(self, text):
        assert self.text is None, "an engine speaks once"
        self.text = text
    def runAndWait(self):
        print("what an engine prints is no answer")
        log(f"{self.voice}: {self.text}")
        if SCRIPT == "held":
            while not LOG.with_suffix(".go").exists():
                time.sleep(0.01)
        if SCRIPT == "dies":
            os._exit(3)
        if SCRIPT == "fails":
            raise ValueError("lost its voice")
        log("end")

def init():
    if SCRIPT == "does not start":
        raise RuntimeError("no espeak here")
    return Engine()
'''


class Stage:
    """Where the scripted engine lives, and what it wrote down."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.log, self._folder, self._patch = folder / "log", folder, monkeypatch
        self.engine(ENGINE)
        self.player("#!/bin/sh\nexit 0\n")
        monkeypatch.setenv("PYTHONPATH", str(folder))
        monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setenv("VOICE_LOG", str(self.log))

    def engine(self, source: str) -> None:
        (self._folder / "pyttsx3.py").write_text(source)

    def player(self, source: str) -> None:
        player = self._folder / "bin" / "aplay"
        player.parent.mkdir(exist_ok=True)
        player.write_text(source)
        player.chmod(0o755)

    def script(self, what: str) -> None:
        self._patch.setenv("VOICE_SCRIPT", what)

    def let_go(self) -> None:
        self.log.with_suffix(".go").touch()

    @property
    def lines(self) -> list[str]:
        return self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []

    @property
    def spoken(self) -> list[str]:
        return [line for line in self.lines if line != "end"]


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(tmp_path, monkeypatch)


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.005)


def problem_of(voice: Voice) -> str:
    until(lambda: voice.problem)
    return voice.problem or ""


def test_a_sentence_is_spoken_with_the_usual_voice(stage: Stage) -> None:
    with open_voice("en") as voice:
        voice.say("Raise your left arm")
        until(lambda: stage.lines == ["english: Raise your left arm", "end"])
        until(lambda: not voice.is_speaking)
        assert voice.problem is None


def test_korean_gets_a_korean_voice(stage: Stage) -> None:
    with open_voice("ko") as voice:
        voice.say("왼팔을 더 높이\n올려요")
        until(lambda: "end" in stage.lines)
    assert stage.lines == ["korean: 왼팔을 더 높이", "올려요", "end"]


def test_sentence_after_sentence(stage: Stage) -> None:
    with open_voice("en") as voice:
        for k in range(3):
            voice.say(f"number {k}")
            until(lambda k=k: len(stage.lines) == 2 * k + 2)  # type: ignore[misc]
    assert stage.spoken == ["english: number 0", "english: number 1", "english: number 2"]


def test_the_newest_sentence_waits_and_the_one_being_spoken_ends(stage: Stage) -> None:
    stage.script("held")
    with open_voice("en") as voice:
        voice.say("first")
        until(lambda: stage.spoken)
        for k in range(1000):
            voice.say(f"number {k}")
        assert voice.is_speaking
        stage.let_go()
        until(lambda: len(stage.lines) == 4)
        until(lambda: not voice.is_speaking)
    assert stage.lines == ["english: first", "end", "english: number 999", "end"]


def test_nothing_is_said_of_nothing(stage: Stage) -> None:
    with open_voice("en") as voice:
        voice.say("  ")
        voice.say("words")
        until(lambda: "end" in stage.lines)
    assert stage.spoken == ["english: words"]


def test_leaving_ends_speech_in_the_middle(stage: Stage) -> None:
    stage.script("held")
    with open_voice("en") as voice:
        voice.say("a long story")
        voice.say("and another one")
        until(lambda: stage.spoken)
        child = voice._child
    assert child is not None
    assert child.poll() is not None
    assert "end" not in stage.lines
    assert voice.problem is None
    assert not Path(voice._folder).exists()


def test_leaving_at_once_is_fine(stage: Stage) -> None:
    with open_voice("en") as voice:
        voice.say("too late")
    assert voice.problem is None


def test_an_error_of_the_session_is_not_hidden(stage: Stage) -> None:
    with pytest.raises(RuntimeError, match="session"), open_voice("en"):
        raise RuntimeError("the session broke")


# What goes wrong: the dancer is told, and saying goes on doing nothing


def test_without_the_extra(stage: Stage) -> None:
    stage.engine("raise ImportError('No module named pyttsx3')")
    with open_voice("en") as voice:
        assert "pip install pyttsx3" in problem_of(voice)
        voice.say("nobody hears this")
        assert not voice.is_speaking


def test_without_a_speech_engine(stage: Stage) -> None:
    stage.script("does not start")
    with open_voice("en") as voice:
        assert "No voice" in problem_of(voice)
        if sys.platform.startswith("linux"):
            assert "sudo apt install espeak-ng" in problem_of(voice)


def test_a_language_nobody_speaks(stage: Stage) -> None:
    with open_voice("xx") as voice:
        assert "speaks xx" in problem_of(voice)


def test_an_engine_that_fails_in_a_sentence(stage: Stage) -> None:
    stage.script("fails")
    with open_voice("en") as voice:
        voice.say("one")
        assert "No voice" in problem_of(voice)


def test_a_child_that_dies(stage: Stage) -> None:
    stage.script("dies")
    with open_voice("en") as voice:
        voice.say("one")
        assert "stopped" in problem_of(voice)
        voice.say("two")
    assert stage.spoken == ["english: one"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_a_child_that_is_killed_while_silent(stage: Stage) -> None:
    with open_voice("en") as voice:
        voice.say("one")
        until(lambda: "end" in stage.lines)
        until(lambda: not voice.is_speaking)
        assert voice._child is not None
        voice._child.kill()
        voice._child.wait()
        voice.say("two")
        assert "stopped" in problem_of(voice)


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_a_child_that_hangs_holds_up_nothing(stage: Stage) -> None:
    with open_voice("en") as voice:
        voice.say("one")
        until(lambda: "end" in stage.lines)
        assert voice._child is not None
        os.kill(voice._child.pid, signal.SIGSTOP)
        for _ in range(100):
            voice.say("word " * 1000)  # more than a pipe takes
    assert voice._child.returncode is not None


linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="aplay belongs to Linux")


@linux
def test_no_sound_device(stage: Stage) -> None:
    stage.player("#!/bin/sh\nexit 1\n")
    with open_voice("en") as voice:
        assert "no sound device" in problem_of(voice)


@linux
def test_no_player(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(speaker.NoSpeechError, match=r"aplay is missing.*alsa-utils"):
        speaker._check_player()


@pytest.mark.skipif(sys.platform == "win32", reason="needs process groups")
def test_ctrl_c_in_the_terminal_does_not_reach_the_child(stage: Stage) -> None:
    with open_voice("en") as voice:
        assert voice._child is not None
        assert os.getpgid(voice._child.pid) != os.getpgid(0)


# The child


def test_files_of_the_folder_one_is_in_are_not_taken_for_modules(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (here / "json.py").write_text("raise SystemExit(5)")
    monkeypatch.chdir(here)
    with open_voice("en") as voice:
        voice.say("one")
        until(lambda: voice.problem or "end" in stage.lines)
        assert voice.problem is None


def test_the_child_ends_with_its_input(stage: Stage) -> None:
    run = subprocess.run(
        [sys.executable, "-P", speaker.__file__, "en"],
        input='"one"\n"two"\n',
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE_S,
    )
    assert [json.loads(line) for line in run.stdout.splitlines()] == [{"ready": True}, {"done": True}, {"done": True}]
    assert stage.spoken == ["english: one", "english: two"]


@pytest.mark.parametrize("name", ["en", "en_US", "EN-gb", b"en-gb", b"\x05en-029"], ids=str)
def test_names_of_a_language(name: object) -> None:
    assert speaker._language(name) == "en"


@pytest.mark.parametrize("name", ["", "-", b"", None, "eng"], ids=str)
def test_names_of_no_language_we_know(name: object) -> None:
    assert speaker._language(name) not in speaker.LANGUAGES


@linux
@pytest.mark.parametrize(("language", "text"), [("en", "Raise your left arm"), ("ko", "왼팔을 더 높이 올려요")])
def test_a_real_engine_speaks(language: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real pyttsx3 and espeak-ng; only what plays the sound is ours, for this machine may have no loudspeaker."""
    if find_spec("pyttsx3") is None:
        pytest.skip("needs pyttsx3")
    if shutil.which("espeak-ng") is None:
        pytest.skip("needs espeak-ng")
    stage = Stage(tmp_path, monkeypatch)
    monkeypatch.delenv("PYTHONPATH")
    stage.player(f'#!/bin/sh\nfor file; do case "$file" in *.wav) wc -c <"$file" >>{tmp_path}/played;; esac; done\n')
    with open_voice(language) as voice:
        voice.say(text)
        until(lambda: voice.problem or (not voice.is_speaking))
        voice.say(text)
        until(lambda: voice.problem or (not voice.is_speaking))
        assert voice.problem is None
    check, first, second = (int(line) for line in (tmp_path / "played").read_text().split())
    assert check < 10_000
    assert first == second
    assert first > 22050  # half a second of 16-bit sound


def test_answers_are_lines() -> None:
    answers = io.StringIO()
    speaker._answer(answers, problem="두 줄\nhier")
    assert answers.getvalue().count("\n") == 1
    assert answers.getvalue().isascii()
