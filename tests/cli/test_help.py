"""--help says what there is, on a narrow terminal too."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer

from kdance import __version__
from kdance.cli import app
from kdance.window.keys import KEYS
from tests.cli.every_command import ROOT, every_command
from tests.conftest import COLUMNS, Cli

# Options of SYSTEM.md and of the issues that exist by now, by command.
OPTIONS = {
    "preprocess": ["--name", "--start", "--end", "--bpm", "--first-beat", "--model", "--no-hands",
                   "--mirrored", "--force"],
    "train": [
        "--camera", "--no-window", "--countdown", "--seconds", "--loop", "--mirror", "--no-flip", "--strictness",
        "--from", "--to", "--counts", "--speed", "--auto-speed", "--no-count-in", "--layout", "--no-ghost", "--record",
        "--no-sound", "--voice", "--no-ai",
    ],
    "start": ["--camera"],
    "cameras": ["--preview", "--json"],
    "score": ["--json", "--offset", "--mirror", "--strictness", "--speed"],
    "report": ["--json", "--again", "--html", "--card", "--csv", "--markdown"],
    "replay": ["--save", "--stills"],
    "ai": [],
    "counts": ["--shift", "--bpm", "--first-beat"],
    "calibrate": ["--camera", "--no-window", "--flashes"],
    "doctor": ["--camera"],
    "learn": [
        "--minutes", "--camera", "--countdown", "--no-count-in", "--mirror", "--hands", "--strictness", "--no-window",
        "--record", "--no-sound", "--voice",
    ],
    "today": ["--minutes", "--json"],
    "progress": ["--json"],
    "compare": ["--json"],
    "config": ["--json"],
    "references": ["--json"],
    "sessions": ["--json"],
    "demo": ["--window"],
}  # fmt: skip
ARGUMENTS = {
    "preprocess": ["VIDEO"], "train": ["NAME"], "score": ["NAME", "VIDEO"], "report": ["SESSION"], "counts": ["NAME"],
    "ai": ["SWITCH"], "replay": ["SESSION"], "learn": ["NAME"], "progress": ["NAME"], "compare": ["SESSION"],
}  # fmt: skip


def help_of(kdance_cli: Cli, *command: str) -> str:
    ran = kdance_cli(*command, "--help")
    assert (ran.code, ran.err) == (0, "")
    return ran.out


def commands() -> dict[str, typer.core.TyperCommand]:
    group = typer.main.get_command(app)
    return dict(group.commands)  # type: ignore[attr-defined]


def test_every_command_is_in_the_list_above() -> None:
    assert set(commands()) == set(OPTIONS)


@pytest.mark.parametrize("command", ["", *every_command()])
def test_help_fits_80_columns(kdance_cli: Cli, command: str) -> None:
    text = help_of(kdance_cli, *command.split())
    assert max(map(len, text.splitlines())) <= COLUMNS == 80
    assert "\u2026" not in text  # nothing cut off
    assert "\x1b" not in text


@pytest.mark.parametrize("command", OPTIONS)
def test_help_of_a_command_shows_its_arguments_and_options(kdance_cli: Cli, command: str) -> None:
    text = help_of(kdance_cli, command)
    for option in OPTIONS[command]:
        assert re.search(rf"(?<!\S){option}(?![\w-])", text), f"{option} is missing from:\n{text}"
    for argument in ARGUMENTS.get(command, []):
        assert argument in text


@pytest.mark.parametrize("command", OPTIONS)
def test_every_option_and_command_is_explained_in_a_sentence(command: str) -> None:
    found = commands()[command]
    assert (found.help or "").partition("\n\n")[0].strip().endswith("."), f"{command} has no sentence"
    for parameter in found.params:
        if parameter.name == "help":
            continue
        text = getattr(parameter, "help", None) or ""
        assert re.search(r"\.( \\\[config: \w+\.\w+\])?$", text), f"{command} {parameter.name}: {text!r}"


@pytest.mark.parametrize("command", ["", *every_command()])
def test_help_has_examples_that_can_be_typed(kdance_cli: Cli, command: str) -> None:
    """Each stands on a line of its own, names this command (or one below it), and its options exist."""
    text = help_of(kdance_cli, *command.split())
    found = re.findall(r"^ (?:[A-Z]+=\S+ )?kdance( .+|)$", text, flags=re.MULTILINE)
    assert found, f"{command} has no example"
    for example in found:
        assert f"{example} ".startswith(f" {command} " if command else " ")
        target, words = ROOT, shlex.split(example)
        while words and words[0] in getattr(target, "commands", {}):
            target = target.commands[words.pop(0)]
        target.make_context("kdance", words)  # refuses what it doesn't know


def test_options_that_have_a_setting_name_one_that_exists(kdance_cli: Cli) -> None:
    from kdance.config import Settings

    named = 0
    for command in OPTIONS:
        text = " ".join(help_of(kdance_cli, command).replace("│", " ").split())
        for section, key in re.findall(r"\[config: (\w+)\.(\w+)\]", text):
            assert key in type(getattr(Settings(), section)).model_fields
            named += 1
    assert named > 5


def test_the_keys_of_the_window_are_in_the_help_of_train(kdance_cli: Cli) -> None:
    text = help_of(kdance_cli, "train")
    for _, label, what in KEYS:
        assert re.search(rf"{re.escape(label)}: +{re.escape(what)}", text)


def test_help_lists_every_command(kdance_cli: Cli) -> None:
    text = help_of(kdance_cli)
    for command in OPTIONS:
        assert re.search(rf"│ {command} ", text)


def test_version(kdance_cli: Cli) -> None:
    ran = kdance_cli("--version")
    assert (ran.code, ran.out, ran.err) == (0, f"kdance {__version__}\n", "")


def test_help_needs_and_makes_no_files(kdance_cli: Cli, home: Path) -> None:
    for command in OPTIONS:
        help_of(kdance_cli, command)
    assert not home.exists()
