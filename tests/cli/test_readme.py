"""README against the command line: its tables hold every command and option; what it says to type is taken."""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from pathlib import Path

import pytest

from kdance.capture.addresses import refuse_url
from kdance.errors import VideoError
from kdance.practice.system_libraries import LIBRARIES
from tests.cli.every_command import ROOT, every_command, options_of

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
COMMANDS = {"": ROOT, **every_command()}
_ROW = re.compile(r"^\| `kdance(?P<typed>[^`]*)` \|.*\| (?P<options>[^|]*) ?\|$", re.MULTILINE)
_OPTION = re.compile(r"--[a-z][a-z-]*")


def path_of(words: list[str]) -> str:
    """The command that is named at the beginning, as far as its words are commands."""
    path: list[str] = []
    for word in words:
        if " ".join([*path, word]) not in COMMANDS:
            break
        path.append(word)
    return " ".join(path)


def tables() -> dict[str, set[str]]:
    """The options that the tables give each command, all its rows together."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in _ROW.finditer(README):
        words = row["typed"].split()
        assert all(word.isupper() or word.startswith("VIDEO") or word in path_of(words).split() for word in
                   (w.rstrip(".") for w in words)), f"no such command: kdance{row['typed']}"  # fmt: skip
        found[path_of(words)] |= set(_OPTION.findall(row["options"]))
    return found


@pytest.mark.parametrize("command", COMMANDS)
def test_the_tables_have_every_command_and_option_and_no_other(command: str) -> None:
    assert command in tables(), f"kdance {command} is in no table"
    there = set().union(*options_of(COMMANDS[command]))
    assert tables()[command] == there


def test_what_stands_in_the_text_exists() -> None:
    known = {option for command in COMMANDS.values() for names in options_of(command) for option in names} | {"--help"}
    spans = [span for span in re.findall(r"`([^`\n]+)`", README) if span.startswith(("kdance", "--"))]
    assert len(spans) > 50
    for span in spans:
        words = span.replace("COMMAND ", "").split()
        if words[0] == "kdance" and len(words) > 1 and not words[1].startswith("-"):
            assert path_of(words[1:]), f"no such command: {span}"
        assert set(_OPTION.findall(span)) <= known, f"no such option: {span}"


def typed_lines() -> list[str]:
    """What the code blocks say to type after ``kdance``."""
    blocks = re.findall(r"^```sh\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in re.findall(r"^kdance (.+)$", block, flags=re.MULTILINE)]


@pytest.mark.parametrize("line", typed_lines())
def test_what_the_blocks_say_to_type_is_taken(line: str) -> None:
    words = shlex.split(line, comments=True)
    path = path_of(words)
    assert path
    COMMANDS[path].make_context("kdance", words[len(path.split()) :])  # refuses what it doesn't know


def test_the_command_that_fetches_a_video_is_the_one_that_preprocess_prints() -> None:
    with pytest.raises(VideoError) as told:
        refuse_url("https://ADDRESS")
    command = re.search(r"yt-dlp .+", str(told.value))
    assert command is not None
    assert command[0] in README


def test_the_libraries_of_linux_are_those_that_doctor_looks_for() -> None:
    for system in ("debian", "fedora"):
        line = re.search(rf"sudo {'apt' if system == 'debian' else 'dnf'} install ([^#\n]+)", README)
        assert line is not None
        assert set(re.findall(r"[\w.-]+", line[1])) == {getattr(library, system) for library in LIBRARIES}
