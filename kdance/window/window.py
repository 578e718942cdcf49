"""The practice window. Main thread only: OpenCV's windows belong to the thread that made them.

On Linux without a display ``cv2.imshow`` does not raise but aborts the whole process, so :func:`display_available` asks
first, and :func:`open_window` refuses.
"""

from __future__ import annotations

import os
import re
import socket
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from kdance.errors import KdanceError
from kdance.window.screen import Address, Screen, x_servers

SCREEN_GONE: Final = "The screen went away, and the window with it. What was danced until then is kept."
_BREATH_S: Final = 0.025  # as often as this a window on an X server hears keys where nothing new is shown
CONNECT_TIMEOUT: Final = 1.0  # seconds for an X server to answer

_NAMED_KEYS: Final = {8: "backspace", 9: "tab", 10: "enter", 13: "enter", 27: "esc", 32: "space", 127: "delete"}
# Arrow keys by the codes that Qt, GTK, Windows and macOS give.
_ARROWS: Final = {
    "left": (65361, 2424832, 63234),
    "up": (65362, 2490368, 63232),
    "right": (65363, 2555904, 63235),
    "down": (65364, 2621440, 63233),
}
_ARROW_KEYS: Final = {code: name for name, codes in _ARROWS.items() for code in codes}


def display_available() -> bool:
    """Whether a window can be opened: this OpenCV can, and on Linux an X server answers."""
    if not _has_windows():
        return False
    if sys.platform in ("win32", "darwin"):
        return True
    # OpenCV's wheel has Qt's xcb plugin only; under Wayland it needs Xwayland, which also sets DISPLAY.
    return any(_answers(family, address) for family, address in x_servers(os.environ.get("DISPLAY", "")))


def open_window(title: str, width: int, height: int, *, fullscreen: bool = False) -> Window:
    """A window of a starting size; it opens when entered with ``with``.

    Args:
        title: In its title bar.
        width: Of its contents, pixels.
        height: Of its contents, pixels.
        fullscreen: Whether it fills the screen at first.

    Raises:
        KdanceError: On entering: there is no display.
    """
    return Window(title, width, height, fullscreen=fullscreen)


_NAME: Final = "kdance"  # OpenCV's own for the one window there is: with Hangul in it not every function finds it


class NoWindow:
    """In the place of a window where there is none: pictures are only recorded."""

    closed = False
    hears_keys = False
    size: tuple[int, int] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def show(self, image: NDArray[np.uint8]) -> None:
        """Nowhere to show it."""

    def poll(self, timeout_ms: int = 1) -> str | None:
        """Nobody presses keys."""
        return None

    def toggle_fullscreen(self) -> None:
        """There is nothing to fill a screen with."""


class Window:
    """A window that shows one picture and hears keys.

    Attributes:
        problem: Why it is closed, for the dancer, where that wasn't their doing.
    """

    hears_keys = True

    def __init__(self, title: str, width: int, height: int, *, fullscreen: bool = False) -> None:
        self.title = title
        self.width = width
        self.height = height
        self._fullscreen = fullscreen
        self._is_open = False
        self._was_visible = False
        self._closed = False
        self._click: tuple[int, int] | None = None
        self._screen = Screen()
        self._has_news, self._heard_at = True, 0.0
        self.problem: str | None = None

    @property
    def closed(self) -> bool:
        """Whether it was closed, by its x or by :meth:`close`, or went away with its screen."""
        if not self._closed and self._screen.is_gone:
            self._closed = True  # whatever else Qt is asked for would end the process
            self.problem = SCREEN_GONE
        return self._closed

    def __enter__(self) -> Self:
        if not display_available():
            raise KdanceError("There is no display to open a window on.", "Use --no-window.")
        _prepare_qt()
        # The picture is drawn in the window's own shape, so nothing has to be kept.
        cv2.namedWindow(_NAME, cv2.WINDOW_NORMAL | cv2.WINDOW_FREERATIO | cv2.WINDOW_GUI_NORMAL)
        self._is_open = True
        self._was_visible = self._closed = False
        cv2.setWindowTitle(_NAME, self.title)
        cv2.setMouseCallback(_NAME, self._on_mouse)
        cv2.resizeWindow(_NAME, self.width, self.height)
        if self._fullscreen:
            self._fill_screen()
        self._screen.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def show(self, image: NDArray[np.uint8]) -> None:
        """Show a (H, W, 3) BGR picture; does nothing once closed, for showing would open the window again."""
        if not self.closed:
            cv2.imshow(_NAME, image)
            self._has_news = True

    def poll(self, timeout_ms: int = 1) -> str | None:
        """Let the window live for a moment, and hear a key.

        Args:
            timeout_ms: Milliseconds to wait for one, at least 1.

        Returns:
            ``"esc"``, ``"space"``, ``"enter"``, ``"left"``, ``"right"``, ``"up"``, ``"down"``, a character in lower
            case, or ``None``.
        """
        if not self._screen.is_watched:
            return None if self.closed else self._hear(max(1, timeout_ms))
        # Qt has the word as shortly as it can do with, where it may end the process.
        key, until = None, time.monotonic() + timeout_ms / 1000
        while key is None and not self.closed:
            now = time.monotonic()
            silent = 0.0 if self._has_news else self._heard_at + _BREATH_S - now
            if silent <= 0:
                key = self._hear(1)
            elif now < until:
                self._screen.wait(min(silent, until - now))
            else:
                break
        return key

    def _hear(self, timeout_ms: int) -> str | None:
        """Give Qt the word; the key that it heard."""
        key = cv2.waitKeyEx(timeout_ms)
        self._has_news, self._heard_at = False, time.monotonic()
        self._notice_close()
        return key_name(key)

    def take_click(self) -> tuple[int, int] | None:
        """Where the left button was pressed since the last call, pixels of the picture; ``None`` where it wasn't."""
        click, self._click = self._click, None
        return click

    def _on_mouse(self, event: int, x: int, y: int, _flags: int, _data: object) -> None:
        if event == cv2.EVENT_LBUTTONDOWN:
            self._click = x, y

    def rename(self, title: str) -> None:
        """Another text in its title bar."""
        if not self.closed:
            cv2.setWindowTitle(_NAME, title)

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height of its contents as somebody pulled it, pixels; ``None`` while that isn't known."""
        if self.closed or not self._was_visible:
            return None
        try:
            _, _, width, height = cv2.getWindowImageRect(_NAME)
        except cv2.error:  # some back ends forget a window that was closed
            return None
        return (width, height) if width > 0 and height > 0 else None

    def toggle_fullscreen(self) -> None:
        """Fill the screen, or no longer."""
        self._fullscreen = not self._fullscreen
        if not self.closed:
            self._fill_screen()

    def _fill_screen(self) -> None:
        state = cv2.WINDOW_FULLSCREEN if self._fullscreen else cv2.WINDOW_NORMAL
        cv2.setWindowProperty(_NAME, cv2.WND_PROP_FULLSCREEN, state)

    def close(self) -> None:
        """Close the window; calling it again does nothing."""
        self._closed = True
        if self._is_open and not self._screen.is_gone:
            if self._is_visible():
                cv2.destroyWindow(_NAME)
            cv2.waitKey(1)  # the window goes away when events are handled
        self._is_open = False
        self._screen.close()

    def _notice_close(self) -> None:
        visible = self._is_visible()
        if self._was_visible and not visible:
            self._closed = True
        self._was_visible = self._was_visible or visible

    def _is_visible(self) -> bool:
        try:
            return cv2.getWindowProperty(_NAME, cv2.WND_PROP_VISIBLE) >= 1
        except cv2.error:  # some back ends forget a window that was closed
            return False


def key_name(code: int) -> str | None:
    """The name of a key by ``waitKeyEx``'s code; ``None`` for none, and for keys that kdance has no use for."""
    if code < 0:
        return None
    if code in _ARROW_KEYS:
        return _ARROW_KEYS[code]
    code &= 0xFFFF  # some back ends put Shift and the like above
    if code in _NAMED_KEYS:
        return _NAMED_KEYS[code]
    return chr(code).lower() if 0x20 < code < 0x7F else None


def _has_windows() -> bool:
    """Whether this OpenCV was built with windows (a headless one is not)."""
    gui = re.search(r"^\s*GUI:\s*(\S+)", cv2.getBuildInformation(), re.MULTILINE)
    return gui is not None and gui[1] != "NONE"


def _answers(family: int, address: Address) -> bool:
    """Whether somebody listens at an address."""
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(CONNECT_TIMEOUT)
        try:
            connection.connect(address)
        except OSError:
            return False
    return True


def _prepare_qt() -> None:
    """Tell Qt on Linux which of its plugins there is, and where fonts are; else it warns or aborts."""
    if sys.platform in ("win32", "darwin"):
        return
    if not os.environ.get("QT_QPA_PLATFORM"):
        os.environ["QT_QPA_PLATFORM"] = "xcb"
    fonts = os.environ.get("QT_QPA_FONTDIR", "")
    if not Path(fonts).is_dir() or not fonts:
        found = next(
            (folder for folder in ("/usr/share/fonts/truetype/dejavu", "/usr/share/fonts") if Path(folder).is_dir()), ""
        )
        os.environ["QT_QPA_FONTDIR"] = found or "/"
