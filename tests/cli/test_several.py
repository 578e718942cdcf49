"""Several videos in one command."""

from __future__ import annotations

from pathlib import Path

import pytest

from kdance.cli.several import Turn, expanded_patterns, for_each
from kdance.errors import KdanceError
from tests.conftest import Cli
from tests.video_factory import write_clip


@pytest.fixture
def clips(tmp_path: Path) -> list[Path]:
    """Of 1 and of 2 seconds, and one that is no film."""
    (tmp_path / "no film.mp4").write_text("text")
    return [
        write_clip(tmp_path / "a.mp4", 30),
        write_clip(tmp_path / "b.mp4", 60),
        tmp_path / "no film.mp4",
    ]


def test_patterns_are_the_files_they_stand_for(tmp_path: Path) -> None:
    for name in ("b.mp4", "a.mp4", "c.mkv", "[live].mp4"):
        (tmp_path / name).touch()
    files = {name: tmp_path / name for name in ("a.mp4", "b.mp4", "c.mkv", "[live].mp4", "*.avi")}
    assert expanded_patterns([tmp_path / "?.mp4", files["a.mp4"]]) == [files["a.mp4"], files["b.mp4"]]
    assert expanded_patterns([files["[live].mp4"]]) == [files["[live].mp4"]]
    assert expanded_patterns([files["c.mkv"], files["*.avi"]]) == [files["c.mkv"], files["*.avi"]]


def test_it_goes_on_after_one_that_fails_and_names_it_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    made = []

    def make(path: Path, turn: Turn) -> None:
        if path.name == "b":
            raise KdanceError("b is broken.")
        made.append((path.name, turn.which))

    with pytest.raises(KdanceError, match="1 of 3 videos did not become a reference: b"):
        for_each([Path("a"), Path("b"), Path("c")], make)
    assert made == [("a", "1 of 3: "), ("c", "3 of 3: ")]
    assert "b is broken." in capsys.readouterr().err


def test_a_bar_goes_over_all_of_them(clips: list[Path]) -> None:
    turns = list[Turn]()
    for_each(clips, lambda _, turn: turns.append(turn))
    assert [turn.before for turn in turns] == pytest.approx([0.0, 1.0, 3.0], abs=0.05)
    assert [turn.after for turn in turns] == pytest.approx([2.0, 0.0, 0.0], abs=0.05)


def test_a_name_is_for_one(kdance_cli: Cli) -> None:
    ran = kdance_cli("preprocess", "a.mp4", "b.mp4", "--name", "c")
    assert (ran.code, ran.out) == (1, "")
    assert "--name is for one video" in ran.err


def test_all_that_fail_are_named(kdance_cli: Cli) -> None:
    ran = kdance_cli("preprocess", "a.mp4", "b.mp4")
    assert ran.code == 1
    assert ran.error_lines[0] == "There is no video a.mp4."
    assert "2 of 2 videos did not become a reference: a.mp4, b.mp4." in ran.err
