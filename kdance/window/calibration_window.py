"""What the dancer sees while the delay of their camera is measured."""

from __future__ import annotations

import numpy as np

from kdance.motion.setup_check import Check
from kdance.pose import Frame, Pose
from kdance.window.palette import MUTED
from kdance.window.practice_window import QUIT_KEYS
from kdance.window.setup_screen import SetupItem, SetupScene, draw_setup
from kdance.window.text import Image, fit_lines, line_height
from kdance.window.widgets import draw_centered
from kdance.window.window import Window
from kdance.window.words import WindowWords
from kdance.words.phrases import Phrases


class CalibrationWindow:
    """The dancer, what to do, and how many of the clicks are over.

    Args:
        window: Where it is shown, already open.
        phrases: Of the dancer's language.
        flip: Whether the dancer is shown like in a mirror.
    """

    def __init__(self, window: Window, phrases: Phrases, *, flip: bool) -> None:
        self._window, self._words, self._flip = window, WindowWords(phrases), flip
        self._canvas: Image | None = None
        self.wants_to_quit = False

    def poll(self, timeout_ms: int = 1) -> None:
        """Let the window breathe and hear q."""
        if self._window.poll(timeout_ms) in QUIT_KEYS or self._window.closed:
            self.wants_to_quit = True

    def show_flash(self, *, lit: bool) -> None:
        """All of the window white, or black, and what to do in letters that change nothing of it."""
        picture: Image = np.full((self._window.height, self._window.width, 3), 255 if lit else 0, np.uint8)
        text = self._words.text("calibration.point")
        room, below = round(0.9 * picture.shape[1]), picture.shape[0]
        size, lines = fit_lines(text, room, below // 3, largest=below // 16, smallest=10)
        for row, line in enumerate(lines):
            draw_centered(picture, line, picture.shape[1] / 2, below / 2 + row * line_height(size), size, MUTED)
        self._window.show(picture)

    def show_calibration(self, frame: Frame, pose: Pose | None, heard: int, clicks: int) -> None:
        """Show a frame, and how many of the clicks have been heard."""
        say = self._words.text
        nobody = self._words.setup_item(Check("body", False, "nobody", "step_in_front"))
        scene = SetupScene(
            user_image=frame.image,
            user_pose=pose,
            items=(
                nobody if pose is None else SetupItem(say("calibration.seen"), True),
                SetupItem(say("calibration.click", heard=heard, clicks=clicks), True if heard == clicks else None),
            ),
            headline=say("calibration.instruction"),
            ready=heard / clicks,
            hint=say("calibration.hint"),
            flip=self._flip,
            title=say("calibration.title"),
        )
        self._canvas = draw_setup(scene, self._window.width, self._window.height, out=self._canvas)
        self._window.show(self._canvas)
