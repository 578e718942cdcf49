"""The preview of the cameras: keys go round, a camera that is gone can be left, and one key takes one into use."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import pytest

from kdance.capture.cameras import FoundCamera
from kdance.errors import VideoError
from kdance.pose import Frame
from kdance.practice.signals import StopSignals
from kdance.window.camera_window import CameraWindow, Preview
from kdance.words.phrases import load_phrases
from tests.window.test_start_window import TypedWindow


class Still:
    """A camera in front of which nothing happens."""

    fps = 30.0

    def read(self, timeout: float = 0.0) -> Frame:
        return Frame(np.zeros((48, 64, 3), np.uint8), 0.0)


def chosen(*keys: str, cameras: int = 3, broken: int | None = None) -> tuple[int | str | None, list[int]]:
    """What was taken, and which cameras were opened."""
    opened: list[int] = []

    def open_camera(source: int | str) -> AbstractContextManager[Any]:
        opened.append(int(source))
        if source == broken:
            raise VideoError(f"Camera {source} can't be opened.", "Close other programs.")
        return nullcontext(Still())

    window = TypedWindow(*(key for pressed in keys for key in (pressed, "")))
    view = CameraWindow(window, load_phrases(), open_camera, flip=True, text=1.0)  # type: ignore[arg-type]
    previews = [Preview(FoundCamera(number), f"camera {number}") for number in range(cameras)]
    return view.choose(previews, 0, StopSignals()), opened


@pytest.mark.parametrize(
    ("keys", "source", "opened"),
    [
        (["enter"], 0, [0]),
        (["right", "right", "enter"], 2, [0, 1, 2]),
        (["left", "enter"], 2, [0, 2]),
        (["3", "right", "enter"], 0, [0, 2, 0]),
        (["9", "x", "q"], None, [0]),
        (["right", "esc"], None, [0, 1]),
        ([], None, [0]),
    ],
)
def test_keys_go_from_camera_to_camera(keys: list[str], source: int | None, opened: list[int]) -> None:
    assert chosen(*keys) == (source, opened)


def test_a_camera_that_can_t_be_opened_is_left_and_never_taken() -> None:
    assert chosen("enter", "right", "enter", broken=0) == (1, [0, 1])
    assert chosen("enter", "q", broken=0) == (None, [0])
