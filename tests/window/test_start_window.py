"""The start screen: what keys, clicks and signs choose, and that it can be drawn in any window."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kdance.dance.references import Reference
from kdance.practice.signals import StopSignals
from kdance.store.glance import DanceGlance
from kdance.window.layout import Rect
from kdance.window.screen_layouts import start_layout
from kdance.window.start_screen import DanceTile, StartLabels, StartScene, draw_start
from kdance.window.start_window import Choosing, StartWindow
from kdance.window.thumbnails import Thumbnail, Thumbnails, lively, thumbnail
from kdance.window.window import SCREEN_GONE
from kdance.words.phrases import load_phrases
from tests.conftest import Cli
from tests.motion_factory import make_sequence
from tests.session_factory import finish_kdance, make_reference, said, start_scripted_kdance, stored_frames
from tests.video_factory import wait_until
from tests.window.test_layout import assert_apart
from tests.window.test_practice_window import NEEDS_XDOTOOL, ON_LINUX, press, window_id, xdotool

SIZES = [(1280, 720), (1920, 1080), (480, 800), (320, 240), (240, 160)]
ARRANGED = {"columns": 3, "on_page": 9}


class TypedWindow:
    """Keys in an order and clicks, in the place of an open window; ends with its x."""

    width, height, size, closed = 1280, 720, None, False
    problem: str | None = None

    def __init__(self, *keys: str | tuple[int, int]) -> None:
        self._keys: list[Any] = ["", *keys]  # the first look is before there is a camera
        self._click: tuple[int, int] | None = None
        self.shown = 0
        self.titles: list[str] = []

    def rename(self, title: str) -> None:
        self.titles.append(title)

    def poll(self, timeout_ms: int = 1) -> str | None:
        key = self._keys.pop(0) if self._keys else None
        self.closed = key is None
        self._click = key if isinstance(key, tuple) else None
        return key if isinstance(key, str) and key else None

    def take_click(self) -> tuple[int, int] | None:
        return self._click

    def show(self, image: np.ndarray[Any, Any]) -> None:
        assert image.shape == (720, 1280, 3)
        self.shown += 1


class Shown:
    """Gives signs."""

    sees, share = True, 0.4

    def __init__(self, *keys: str) -> None:
        self._keys = list(keys)

    def given(self) -> tuple[str, ...]:
        return (self._keys.pop(0),) if self._keys else ()


def chosen(tmp_path: Path, window: TypedWindow, dances: int, signs: Shown | None = None) -> str | None:
    names = {f"dance {number}": DanceGlance() for number in range(dances)}
    with Thumbnails(tmp_path, list(names)) as thumbnails:
        view = StartWindow(window, load_phrases(), thumbnails, text=1.0)  # type: ignore[arg-type]
        return view.choose(names, StopSignals(), None if signs is None else lambda _: signs)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        (["enter"], "dance 0"),
        (["space"], "dance 0"),
        (["right", "right", "enter"], "dance 2"),
        (["left", "enter"], "dance 39"),
        (["down", "down", "right", "enter"], "dance 7"),
        (["up", "enter"], "dance 0"),
        (["4"], "dance 3"),
        (["left", "4"], "dance 39"),
        (["left", "2"], "dance 37"),
        (["x", "q", "enter"], None),
        (["esc"], None),
        ([], None),
    ],
)
def test_keys_choose(tmp_path: Path, keys: list[str], name: str | None) -> None:
    assert chosen(tmp_path, TypedWindow(*keys), 40) == name


@pytest.mark.parametrize("tile", range(9))
def test_a_click_on_a_picture_starts_that_dance(tmp_path: Path, tile: int) -> None:
    layout = start_layout(1280, 720, 40)

    def middle(rect: Rect) -> tuple[int, int]:
        return rect.left + rect.width // 2, rect.top + rect.height // 2

    assert chosen(tmp_path, TypedWindow(middle(layout.tiles[tile])), 40) == f"dance {tile}"
    assert chosen(tmp_path, TypedWindow("right", middle(layout.chosen)), 40) == "dance 1"
    assert chosen(tmp_path, TypedWindow(middle(layout.hint)), 40) is None


def test_a_click_where_no_dance_is_does_nothing(tmp_path: Path) -> None:
    tile = start_layout(1280, 720, 7).tiles[8]
    assert chosen(tmp_path, TypedWindow((tile.left + 5, tile.top + 5)), 7) is None


def test_signs_choose_as_keys_do(tmp_path: Path) -> None:
    window = TypedWindow(*[""] * 9)
    assert chosen(tmp_path, window, 5, Shown("right", "right", "left", "enter")) == "dance 1"


@pytest.mark.parametrize("dances", [1, 2, 7, 40])
def test_every_dance_is_reached_by_one_hand_and_none_beside_it(dances: int) -> None:
    choosing = Choosing(dances)
    seen = []
    for _ in range(dances):
        seen.append(choosing.index)
        assert not choosing.press("right", **ARRANGED)
        assert 0 <= choosing.first(9) <= choosing.index < choosing.first(9) + 9
    assert (sorted(seen), choosing.index) == (list(range(dances)), 0)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dances", [1, 2, 3, 5, 7, 40])
def test_nothing_lies_over_another_and_all_is_drawn(size: tuple[int, int], dances: int) -> None:
    layout = start_layout(*size, dances)
    tiles = {f"tile {index}": tile for index, tile in enumerate(layout.tiles)}
    assert_apart({"header": layout.header, "chosen": layout.chosen, "hint": layout.hint} | tiles, *size)
    image = np.full((300, 200, 3), 200, np.uint8)
    tile = DanceTile("춤 a name that is far too long", Thumbnail(image), 1.0, 1.0, tuple(np.linspace(0, 1, 40)), 3)
    shown = [tile, replace(tile, last=None, best=None, trend=(), picture=None)] * 20
    labels = StartLabels("title", "last", "best", "3 due", "never", "1 of 5")
    scene = StartScene(shown[: min(dances, len(layout.tiles) or 1)], 0, dances, "q: leave", "gone", labels=labels)
    drawn = draw_start(scene, *size)
    assert drawn.shape == (size[1], size[0], 3)
    for other in (replace(scene, note=""), replace(scene, held=0.5)):
        assert (drawn != draw_start(other, *size)).any()


@pytest.fixture
def reference(tmp_path: Path) -> Reference:
    return make_reference(tmp_path / "references", make_sequence("raise left arm", seconds=2, fps=15))


def test_without_its_video_a_dance_has_its_dancer_as_lines(reference: Reference) -> None:
    made = thumbnail(reference)
    assert made.image is not None
    assert len(np.unique(made.image.reshape(-1, 3), axis=0)) > 2
    index = lively(np.asarray(reference.sequence.landmarks, np.float64))
    assert index is not None
    assert reference.sequence.times[index] > 0.3  # not as it stands at first


def test_a_reference_that_can_t_be_read_has_no_picture_and_stops_nothing(tmp_path: Path, reference: Reference) -> None:
    folder = tmp_path / "references"
    (folder / "damaged").mkdir()
    with Thumbnails(folder, ["damaged", reference.info.name]) as thumbnails, ExitStack():
        while thumbnails.of(reference.info.name) is None:
            pass
        damaged = thumbnails.of("damaged")
    assert damaged is not None
    assert damaged.image is None


# -- the command -----------------------------------------------------------------------------------------------------


def test_without_a_dance_it_says_how_to_make_one(kdance_cli: Cli) -> None:
    ran = kdance_cli("start")
    assert (ran.code, ran.out) == (1, "")
    assert "kdance preprocess VIDEO" in ran.err


def test_without_a_display_it_says_how_to_dance_nevertheless(
    kdance_cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    (home / "references" / "magnetic").mkdir(parents=True)
    ran = kdance_cli("start")
    assert (ran.code, ran.out) == (1, "")
    assert "There is no display" in ran.err
    assert "--no-window" in ran.err


def test_what_went_wrong_is_told_and_there_is_the_choice_again(
    kdance_cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_reference(home / "references", make_sequence(seconds=1), "magnetic")
    (home / "references" / "magnetic" / "times.npy").write_bytes(b"nothing")
    window = TypedWindow("1", "", "enter", "", "q")
    monkeypatch.setattr("kdance.window.window.display_available", lambda: True)
    monkeypatch.setattr("kdance.window.window.open_window", lambda *_, **__: nullcontext(window))
    (home / "config.yaml").write_text("training:\n  gestures: false\n")
    ran = kdance_cli("start")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.count("The reference 'magnetic' is damaged") == 2
    assert window.titles == ["kdance - magnetic", "kdance"] * 2


def test_a_screen_that_went_away_is_told(kdance_cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_reference(home / "references", make_sequence(seconds=1), "magnetic")
    window = TypedWindow()
    window.problem = SCREEN_GONE
    monkeypatch.setattr("kdance.window.window.display_available", lambda: True)
    monkeypatch.setattr("kdance.window.window.open_window", lambda *_, **__: nullcontext(window))
    (home / "config.yaml").write_text("training:\n  gestures: false\n")
    ran = kdance_cli("start")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.split() == SCREEN_GONE.split()


@ON_LINUX
@NEEDS_XDOTOOL
@pytest.mark.slow
def test_a_dance_is_chosen_danced_and_left_for_the_choice_again(home: Path, display: str) -> None:
    moves = make_sequence(seconds=8)
    make_reference(home / "references", moves)
    camera = str(home / "references" / "dance" / "video.mp4")
    child = start_scripted_kdance(home, moves, "start", "--camera", camera, DISPLAY=display)
    chosen, dancing = "kdance", "kdance - dance"

    def shown(title: str) -> bool:
        return bool(xdotool(display, "search", "--onlyvisible", "--name", f"^{title}$"))

    def leads_to(key: str, title: str, there: Callable[[], bool]) -> bool:
        """A key is lost while a window isn't ready for it: it is pressed until it was heard."""
        if not there() and shown(title):
            press(display, title, key)
        return wait_until(there, timeout=2)

    def left() -> bool:
        return shown(chosen) or child.poll() is not None

    try:
        window_id(display, chosen)
        assert wait_until(lambda: leads_to("1", chosen, lambda: shown(dancing)), timeout=40)
        assert wait_until(lambda: stored_frames(home) >= 15, timeout=30)
        assert wait_until(lambda: leads_to("Escape", dancing, left), timeout=40)
        assert wait_until(lambda: leads_to("q", chosen, lambda: child.poll() is not None), timeout=30)
    finally:
        code, out, err = finish_kdance(child, timeout=15)
    assert (code, said(err)) == (0, "")
    assert "of 100" in out
