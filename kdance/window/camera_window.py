"""What each camera sees, one at a time: keys go from one to the next, and one key takes it into use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from kdance.capture.cameras import FoundCamera
from kdance.capture.frames import FrameSource
from kdance.errors import KdanceError
from kdance.practice.signals import StopSignals
from kdance.window.practice_window import QUIT_KEYS, drawable
from kdance.window.setup_screen import SetupItem, SetupScene, draw_setup
from kdance.window.text import Image
from kdance.window.window import Window
from kdance.words.phrases import Phrases

_LOOK_MS: Final = 10
_READ_S: Final = 0.05
_NEXT: Final = {"left": -1, "up": -1, "right": 1, "down": 1, "space": 1, "tab": 1}


@dataclass(frozen=True, slots=True)
class Preview:
    """A camera to look at: what was found of it, and what it is called on the screen."""

    found: FoundCamera
    label: str


class CameraWindow:
    """Shows the cameras, and hears which one is to be used.

    Args:
        window: Where they are shown, already open.
        phrases: Of the dancer's language.
        open_camera: Opens one of them.
        flip: Whether they are shown like a mirror.
        text: Size of the text, 1 as designed.
    """

    def __init__(
        self,
        window: Window,
        phrases: Phrases,
        open_camera: Callable[[int | str], FrameSource],
        *,
        flip: bool,
        text: float,
    ) -> None:
        self._window, self._phrases, self._open = window, phrases, open_camera
        self._flip, self._text = flip, text
        self._canvas: Image | None = None
        self._black: Image = np.zeros((480, 640, 3), np.uint8)

    def choose(self, cameras: Sequence[Preview], chosen: int, signals: StopSignals) -> int | str | None:
        """The source of the camera that is to be used; ``None`` when the dancer left without one.

        Args:
            cameras: All of them, one at least.
            chosen: The first to look at.
            signals: Ctrl-C.
        """
        index = chosen
        while True:
            key = self._watch(cameras[index], index, len(cameras), signals)
            if key is None or key in QUIT_KEYS:
                return None
            if key == "enter":
                return cameras[index].found.source
            index = int(key) - 1 if key.isdecimal() else (index + _NEXT[key]) % len(cameras)

    def _watch(self, camera: Preview, index: int, cameras: int, signals: StopSignals) -> str | None:
        """Show one camera until a key that leads away from it; ``None`` where the window or the program ends."""
        self._show(self._black, camera, "opening", index, cameras)
        self._window.poll(_LOOK_MS)
        try:
            with self._open(camera.found.source) as source:
                while not (signals.received or self._window.closed):
                    frame = source.read(timeout=_READ_S)
                    if frame is not None:
                        self._show(frame.image, camera, None, index, cameras, fps=source.fps)
                    if (key := self._key(cameras)) is not None:
                        return key
        except KdanceError as error:
            self._show(self._black, camera, str(error), index, cameras)
            while not (signals.received or self._window.closed):
                if (key := self._key(cameras, timeout_ms=50)) not in (None, "enter"):
                    return key
        return None

    def _key(self, cameras: int, timeout_ms: int = _LOOK_MS) -> str | None:
        """A key that means something here."""
        key = self._window.poll(timeout_ms)
        if key == "f":
            self._window.toggle_fullscreen()
        is_number = key is not None and key.isdecimal() and 1 <= int(key) <= cameras
        return key if is_number or key in _NEXT or key == "enter" or key in QUIT_KEYS else None

    def _show(
        self, image: Image, camera: Preview, problem: str | None, index: int, cameras: int, *, fps: float = 0.0
    ) -> None:
        say = self._phrases.text
        height, width = image.shape[:2]
        size = say("report.cameras.pictures", width=width, height=height, fps=f"{fps:.0f}")
        states = {None: SetupItem(size, True), "opening": SetupItem(say("window.cameras.opening"), None)}
        silent = SetupItem(say("window.cameras.silent"), False, problem or "")
        scene = SetupScene(
            user_image=image,
            items=(
                SetupItem(say("window.cameras.which", number=index + 1, of=cameras), True),
                states.get(problem, silent),
            ),
            headline=camera.label,
            hint=say(f"window.cameras.hint{'' if cameras > 1 else '_one'}"),
            flip=self._flip,
            text=self._text,
            title=say("window.cameras.title"),
        )
        size_now = self._window.size
        asked = (self._window.width, self._window.height) if size_now is None else drawable(*size_now)
        self._canvas = draw_setup(scene, *asked, out=self._canvas)
        self._window.show(self._canvas)
