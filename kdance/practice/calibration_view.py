"""What the dancer sees while the delay of their camera is measured."""

from __future__ import annotations

from kdance.pose import Frame, Pose
from kdance.practice.view import QUIT_KEYS
from kdance.video.setup_screen import SetupItem, SetupScene, draw_setup
from kdance.video.text import Image
from kdance.video.window import Window


class CalibrationWindow:
    """The dancer, what to do, and how many of the clicks are over.

    Args:
        window: Where it is shown, already open.
        instruction: What to do.
        flip: Whether the dancer is shown like in a mirror.
    """

    def __init__(self, window: Window, instruction: str, *, flip: bool) -> None:
        self._window, self._instruction, self._flip = window, instruction, flip
        self._canvas: Image | None = None
        self.wants_to_quit = False

    def poll(self, timeout_ms: int = 1) -> None:
        """Let the window breathe and hear q."""
        if self._window.poll(timeout_ms) in QUIT_KEYS or self._window.closed:
            self.wants_to_quit = True

    def show_calibration(self, frame: Frame, pose: Pose | None, heard: int, clicks: int) -> None:
        """Show a frame, and how many of the clicks have been heard."""
        scene = SetupScene(
            user_image=frame.image,
            user_pose=pose,
            items=(
                SetupItem("You are seen", pose is not None, "Step in front of the camera"),
                SetupItem(f"Click {heard} of {clicks}", True if heard == clicks else None),
            ),
            headline=self._instruction,
            ready=heard / clicks,
            hint="q: stop",
            flip=self._flip,
            title="How late is your camera?",
        )
        self._canvas = draw_setup(scene, self._window.width, self._window.height, out=self._canvas)
        self._window.show(self._canvas)
