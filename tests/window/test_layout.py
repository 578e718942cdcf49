"""Where things stand: nothing lies over another, nothing outside, whatever the window and the pictures."""

from __future__ import annotations

import dataclasses
from itertools import product
from typing import Any, get_args

import numpy as np
import pytest

from kdance.choices import LayoutStyle
from kdance.window.layout import Rect, window_layout
from kdance.window.screen_layouts import end_layout, setup_layout

SIZES = [(1280, 720), (720, 1280), (1920, 1080), (480, 320), (320, 480), (333, 777), (1000, 1000), (2560, 1080)]
SHAPES = [4 / 3, 16 / 9, 9 / 16, 1 / 1000, 1000]


def rects_of(layout: Any) -> dict[str, Rect]:
    """The parts of a layout, without the one that lies over the panes."""
    found = {field.name: getattr(layout, field.name) for field in dataclasses.fields(layout)}
    return {name: rect for name, rect in found.items() if isinstance(rect, Rect) and name != "stage"}


def assert_apart(rects: dict[str, Rect], width: int, height: int) -> None:
    covered = np.zeros((height, width), np.uint8)
    for name, rect in rects.items():
        assert 0 <= rect.left < rect.right <= width, name
        assert 0 <= rect.top < rect.bottom <= height, name
        part = covered[rect.top : rect.bottom, rect.left : rect.right]
        assert not part.any(), name
        part[:] = 1


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("style", get_args(LayoutStyle))
@pytest.mark.parametrize(("with_reference", "with_count"), [*product((True, False), repeat=2)])
def test_the_parts_of_the_window_do_not_overlap_and_lie_inside(
    width: int, height: int, style: LayoutStyle, with_reference: bool, with_count: bool
) -> None:
    for reference, dancer in product(SHAPES, repeat=2):
        layout = window_layout(
            width, height, with_reference=with_reference, with_count=with_count, style=style,
            reference_aspect=reference, dancer_aspect=dancer,
        )  # fmt: skip
        rects = rects_of(layout)
        assert ("reference" in rects, "count" in rects) == (with_reference, with_count)
        if (reference, dancer) == (SHAPES[0], SHAPES[0]) or 1000 in (reference, dancer):
            assert_apart(rects, width, height)
        assert layout.stage.left <= layout.dancer.left
        assert layout.stage.bottom >= layout.dancer.bottom
        assert all(min(rect.width, rect.height) >= 8 for rect in rects.values())


@pytest.mark.parametrize(("width", "height"), [*SIZES, (160, 120), (3840, 2160)])
@pytest.mark.parametrize("divide", [setup_layout, end_layout])
def test_the_parts_of_the_other_screens_do_not_overlap_and_lie_inside(divide: Any, width: int, height: int) -> None:
    assert_apart(rects_of(divide(width, height)), width, height)


def test_the_reference_is_left_of_the_dancer_or_above() -> None:
    wide = window_layout(1280, 720, with_reference=True, style="side")
    tall = window_layout(1280, 720, with_reference=True, style="stacked")
    assert wide.reference is not None
    assert tall.reference is not None
    assert wide.reference.right < wide.dancer.left
    assert tall.reference.bottom < tall.dancer.top


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("aspect", [0.5, 0.7, 1.0, 16 / 9])
def test_auto_shows_the_bodies_nearly_as_large_as_the_better_of_both(width: int, height: int, aspect: float) -> None:
    def shown(style: LayoutStyle) -> int:
        layout = window_layout(
            width, height, with_reference=True, style=style, reference_aspect=aspect, dancer_aspect=0.7
        )
        assert layout.reference is not None
        return layout.reference.fit(aspect, 1).height * layout.dancer.fit(0.7, 1).height

    assert shown("auto") >= 0.9 * max(shown("side"), shown("stacked"))


@pytest.mark.parametrize(
    ("width", "height", "with_upcoming"),
    [(1280, 720, True), (1280, 720, False), (1920, 1080, True), (1024, 768, True), (480, 800, True)],
)
@pytest.mark.parametrize("aspect", [0.85, 0.95, 1.05])
def test_arms_far_out_get_panes_that_their_bodies_fill(
    width: int, height: int, with_upcoming: bool, aspect: float
) -> None:
    layout = window_layout(
        width, height, with_reference=True, with_upcoming=with_upcoming, reference_aspect=aspect, dancer_aspect=aspect
    )
    assert layout.reference is not None
    for pane in (layout.reference, layout.dancer):
        assert pane.fit(aspect, 1).height >= 0.87 * pane.height
    assert_apart(rects_of(layout), width, height)


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (720, 1280), (1920, 1080)])
@pytest.mark.parametrize("dancer", [4 / 3, 16 / 9])
@pytest.mark.parametrize("reference", [4 / 3, 16 / 9, 9 / 16])
def test_in_you_the_dancer_is_larger_than_in_any_other_layout(
    width: int, height: int, dancer: float, reference: float
) -> None:
    def area(style: LayoutStyle) -> int:
        layout = window_layout(
            width, height, with_reference=True, style=style, reference_aspect=reference, dancer_aspect=dancer
        )
        inner = layout.dancer.fit(dancer, 1)
        return inner.width * inner.height

    assert area("you") >= max(area("side"), area("stacked"))


def test_a_portrait_reference_leaves_its_room_to_the_dancer() -> None:
    even = window_layout(1280, 720, with_reference=True, style="side")
    portrait = window_layout(1280, 720, with_reference=True, style="side", reference_aspect=9 / 16)
    assert portrait.dancer.width > 1.2 * even.dancer.width


@pytest.mark.parametrize("shape", [(640, 480), (240, 428), (1, 1000)])
def test_a_picture_keeps_its_shape_in_a_pane(shape: tuple[int, int]) -> None:
    inner = Rect(10, 20, 600, 400).fit(*shape)
    assert inner.left >= 10
    assert inner.bottom <= 420
    assert inner.width == pytest.approx(inner.height * shape[0] / shape[1], abs=2)


@pytest.mark.parametrize("size", [1, 30, 99, 500, -1, -30, -500])
def test_a_split_leaves_two_parts_and_the_gap(size: int) -> None:
    rect = Rect(3, 5, 100, 100)
    upper, lower = rect.split_rows(size, 10)
    left, right = rect.split_columns(size, 10)
    assert upper.height + 10 + lower.height == 100
    assert (upper.top, lower.bottom, lower.top - upper.bottom) == (5, 105, 10)
    assert (left.width, right.width, right.left) == (upper.height, lower.height, left.right + 10)
    if abs(size) == 30:
        assert (upper if size > 0 else lower).height == 30
