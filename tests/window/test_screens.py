"""The set-up check, the end and the help: what they must show, and that nothing odd breaks them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from kdance.pose import Pose
from kdance.window.end_screen import EndScene, draw_end
from kdance.window.help_screen import draw_help
from kdance.window.hints import draw_hint, key_cap
from kdance.window.keys import KEYS, keys_in
from kdance.window.layout import Rect
from kdance.window.overlay import draw_scene
from kdance.window.palette import AMBER, GREEN, RED
from kdance.window.screen_layouts import end_layout, setup_layout
from kdance.window.setup_screen import SetupItem, SetupScene, draw_setup
from kdance.window.text import Image
from kdance.window.words import WindowWords
from kdance.words.phrases import available_languages, load_phrases
from tests.window.test_overlay import NAN, SIZES, make_body, make_scene

NOBODY = Pose(np.full((33, 4), np.nan, np.float32), np.full((33, 3), np.nan, np.float32))
ITEMS = (
    SetupItem("Head to feet in the picture", True, "Step back"),
    SetupItem("Light", True, "Turn on a lamp"),
    SetupItem("Sound", True),
)
Draw = Callable[..., Image]
WORDS = WindowWords(load_phrases())
HELP = WORDS.help()


def make_setup(**changes: Any) -> SetupScene:
    scene = SetupScene(
        np.full((480, 640, 3), 150, np.uint8), make_body(), ITEMS, headline="Looks good", ready=0.5, title="마그네틱",
        hint="Space: start now   h: help",
    )  # fmt: skip
    return dataclasses.replace(scene, **changes)


def make_end(**changes: Any) -> EndScene:
    scene = EndScene(
        np.full((480, 640, 3), 150, np.uint8), 0.7, "good", "Best: your right arm", "Work on: your left elbow",
        ((0.0, 0.5, 0.9), (0.5, 1.0, 0.2)), title="마그네틱",
        hint="Space: dance again   q: quit", labels=WORDS.end_labels,
    )  # fmt: skip
    return dataclasses.replace(scene, **changes)


def has(picture: Image, color: tuple[int, int, int]) -> bool:
    return bool((picture == np.array(color)).all(axis=2).any())


def box(picture: Image, rect: Rect) -> Image:
    return picture[rect.top : rect.bottom, rect.left : rect.right]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"user_pose": None, "items": (), "headline": " ", "hint": "", "title": ""},
        {"user_pose": NOBODY, "user_image": np.zeros((1280, 720, 3), np.uint8), "ready": 7.0},
        {"headline": "Step back " * 40, "hint": "Space: start now   " * 20, "title": "아이브 " * 90, "ready": NAN},
        {"items": tuple(SetupItem("W" * 90, ok, "advice " * 60) for ok in (True, False, None) * 6)},
    ],
)
@pytest.mark.parametrize(("width", "height"), SIZES[:4])
def test_nothing_odd_breaks_the_set_up_check(changes: dict[str, Any], width: int, height: int) -> None:
    assert draw_setup(make_setup(**changes), width, height).shape == (height, width, 3)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {
            "image": None,
            "score": None,
            "grade": None,
            "best": "",
            "work_on": "",
            "sections": (),
            "hint": "",
        },
        {"score": NAN, "best": "Best " * 90, "work_on": "W" * 300, "title": "가" * 90},
        {"score": 9.0, "sections": ((0.0, 2.0, 9.0), (NAN, NAN, NAN))},
        {"working": "Working out your summary ..."},
        {"working": "W" * 200, "image": None},
        {"working": "x", "image": np.zeros((1, 1, 3), np.uint8)},
    ],
)
@pytest.mark.parametrize(("width", "height"), SIZES[:4])
def test_nothing_odd_breaks_the_end(changes: dict[str, Any], width: int, height: int) -> None:
    assert draw_end(make_end(**changes), width, height).shape == (height, width, 3)


@pytest.mark.parametrize(
    ("draw", "scene"),
    [(draw_setup, make_setup()), (draw_end, make_end()), (draw_end, make_end(working="Working ..."))],
    ids=["set-up", "end", "working"],
)
def test_an_old_picture_s_memory_is_used_again_and_nothing_of_it_remains(draw: Draw, scene: Any) -> None:
    expected = draw(scene, 640, 360)
    old = np.full((360, 640, 3), 200, np.uint8)
    assert draw(scene, 640, 360, out=old) is old
    np.testing.assert_array_equal(old, expected)
    assert draw(scene, 360, 640, out=old).shape == (640, 360, 3)


def test_a_check_that_fails_is_told_by_its_sign_and_advice() -> None:
    checks = setup_layout(1280, 720).checks
    shown = {}
    for ok in (True, False, None):
        items = (dataclasses.replace(ITEMS[0], ok=ok), *ITEMS[1:])
        shown[ok] = box(draw_setup(make_setup(items=items), 1280, 720), checks)
    assert has(shown[False], RED)
    assert not has(shown[True], RED)
    assert not has(shown[None], RED)
    grey = {image.max(axis=2).tobytes() for image in shown.values()}
    assert len(grey) == 3


def test_a_check_that_fails_moves_no_other_line() -> None:
    checks = setup_layout(1280, 720).checks
    items = (dataclasses.replace(ITEMS[0], ok=False), *ITEMS[1:])
    good, bad = (box(draw_setup(make_setup(items=some), 1280, 720), checks) for some in (ITEMS, items))
    rows = np.nonzero(np.any(good != bad, axis=(1, 2)))[0]
    assert rows[-1] < checks.height / 3


def test_the_headline_says_go_only_when_all_is_right() -> None:
    headline = setup_layout(1280, 720).headline
    assert has(box(draw_setup(make_setup(), 1280, 720), headline), GREEN)
    for ok in (False, None):
        scene = make_setup(items=(*ITEMS, SetupItem("Distance", ok)))
        assert has(box(draw_setup(scene, 1280, 720), headline), AMBER)


def test_the_bar_fills_until_it_starts() -> None:
    picture = setup_layout(1280, 720).picture
    scene = make_setup(items=(SetupItem("Sound", None),), user_pose=None)  # white brackets, so that green is the bar
    lengths = []
    for ready in (0.0, 0.3, 0.6, 1.0):
        shown = box(draw_setup(dataclasses.replace(scene, ready=ready), 1280, 720), picture)
        lengths.append(int((shown == np.array(GREEN)).all(axis=2).any(axis=0).sum()))
    inner = picture.fit(640, 480)
    np.testing.assert_allclose(lengths, np.array([0, 0.3, 0.6, 1]) * inner.width, atol=2)


def test_the_score_and_both_lines_are_shown_at_the_end() -> None:
    layout, scene = end_layout(1280, 720), make_end()
    for part, changes in (
        (layout.best, {"labels": dataclasses.replace(scene.labels, best="Finest")}),
        (layout.work_on, {"labels": dataclasses.replace(scene.labels, work_on="Improve")}),
        (layout.score, {"score": 0.2}),
        (layout.score, {"grade": "great"}),
        (layout.best, {"best": ""}),
        (layout.work_on, {"work_on": ""}),
        (layout.song, {"sections": ((0.0, 1.0, 0.5),)}),
        (layout.hint, {"hint": "q: quit"}),
    ):
        one, other = draw_end(scene, 1280, 720), draw_end(dataclasses.replace(scene, **changes), 1280, 720)
        rows, columns = np.nonzero(np.any(one != other, axis=2))
        assert part.top <= rows.min() <= rows.max() < part.bottom
        assert part.left <= columns.min() <= columns.max() < part.right


def test_no_score_is_not_shown_as_zero() -> None:
    assert draw_end(make_end(score=None), 640, 360).tobytes() != draw_end(make_end(score=0.0), 640, 360).tobytes()


def test_a_score_of_zero_has_an_empty_ring() -> None:
    bare = make_end(best="", work_on="", sections=(), image=None)
    low, zero = (draw_end(dataclasses.replace(bare, score=score), 640, 360) for score in (0.1, 0.0))
    assert (has(low, RED), has(zero, RED)) == (True, False)


def test_while_working_there_is_no_score_yet() -> None:
    working = make_end(working="Working out your summary ...")
    without = dataclasses.replace(working, score=None, best="", work_on="", sections=())
    np.testing.assert_array_equal(draw_end(working, 640, 360), draw_end(without, 640, 360))


@pytest.mark.parametrize(("width", "height"), [*SIZES, (160, 120)])
def test_the_help_fits_into_every_window(width: int, height: int) -> None:
    picture = np.full((height, width, 3), 255, np.uint8)
    assert draw_help(picture, dataclasses.replace(HELP, note="Raise both hands to start " * 3)) is picture
    assert picture[0, 0].mean() < 100  # what is behind is dark


def test_the_help_shows_every_key() -> None:
    """Every entry of the table changes the picture, in a place of its own."""
    assert len(HELP.keys) == len(KEYS)
    whole = draw_help(draw_scene(make_scene(), 1280, 720), HELP)
    places = []
    for index in range(len(KEYS)):
        changed = dataclasses.replace(HELP, keys=(*HELP.keys[:index], ("Z", "zzz"), *HELP.keys[index + 1 :]))
        rows, columns = np.nonzero(np.any(draw_help(draw_scene(make_scene(), 1280, 720), changed) != whole, axis=2))
        places.append((rows.min(), rows.max(), columns.min(), columns.max()))
    for index, (top, bottom, left, right) in enumerate(places):
        for other_top, other_bottom, other_left, other_right in places[:index]:
            assert bottom < other_top or top > other_bottom or right < other_left or left > other_right


def test_a_key_does_one_thing_and_is_told_in_words() -> None:
    names = [name for keys, _, _ in KEYS for name in keys]
    assert len(names) == len(set(names))
    assert all(label.strip() and what.strip() for _, label, what in KEYS)
    for language in available_languages():
        told = keys_in(load_phrases(language))
        assert len({what for _, _, what in told}) == len(KEYS)
        assert [key[:2] for key in told] == [key[:2] for key in KEYS]
    wanted = {"space", "q", "esc", "left", "right", "r", "-", "+", "a", "b", "l", "m", "g", "v", "s", "h"}
    assert wanted <= set(names)


def test_keys_look_as_on_a_keyboard() -> None:
    assert [key_cap(label) for label in ("h", "Space", "q  Esc", "Raise both hands")] == [
        "H", "Space", "Q Esc", "Raise both hands",
    ]  # fmt: skip


@pytest.mark.parametrize("hint", ["Space: go on", "Space: start now   Raise both hands: start   h: help", "words", ""])
@pytest.mark.parametrize("rect", [Rect(20, 30, 600, 60), Rect(5, 5, 200, 90)], ids=["wide", "narrow"])
def test_a_hint_stays_in_its_place(hint: str, rect: Rect) -> None:
    blank = np.zeros((150, 640, 3), np.uint8)
    drawn = blank.copy()
    draw_hint(drawn, hint, rect, 1.0)
    assert drawn.any() == bool(hint)
    box(drawn, rect)[:] = 0
    np.testing.assert_array_equal(drawn, blank)
