"""The window in which a dance is chosen: by keys, by a click, or by a sign to the camera."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final, Protocol

from kdance.practice.sign_watch import SignWatch
from kdance.practice.signals import StopSignals
from kdance.window.hints import without_signs
from kdance.window.layout import Rect
from kdance.window.practice_window import QUIT_KEYS, drawable
from kdance.window.screen_layouts import start_layout
from kdance.window.start_screen import DanceTile, StartLabels, StartScene, draw_start, is_same
from kdance.window.text import Image
from kdance.window.thumbnails import Thumbnails
from kdance.window.window import Window
from kdance.words.phrases import Phrases

SIGN_KEYS: Final[Mapping[str, str]] = {"left_up": "left", "right_up": "right", "both_up": "enter", "crossed": "q"}
_LOOK_MS: Final = 20
_START_KEYS: Final = frozenset({"enter", "space"})


class Known(Protocol):
    """What is known of a dance; :class:`kdance.store.glance.DanceGlance` has it."""

    @property
    def last(self) -> float | None:
        """Its last score, 0..1."""

    @property
    def best(self) -> float | None:
        """Its best score, 0..1."""

    @property
    def trend(self) -> tuple[float, ...]:
        """Scores of whole dances, oldest first."""

    @property
    def due(self) -> int:
        """8-counts that are due today."""


@dataclass(slots=True)
class Choosing:
    """Which dance is chosen, of how many; pages hold as many as there is room for.

    Attributes:
        dances: How many there are.
        index: The one that is chosen.

    >>> choosing = Choosing(3)
    >>> choosing.press("left", columns=3, on_page=9), choosing.index
    (False, 2)
    >>> choosing.press("2", columns=3, on_page=9), choosing.index
    (True, 1)
    """

    dances: int
    index: int = 0

    def press(self, key: str, *, columns: int, on_page: int) -> bool:
        """Take in a key; whether the chosen dance is to be started.

        Args:
            key: As :meth:`kdance.window.window.Window.poll` names it.
            columns: How many dances lie side by side.
            on_page: How many a page holds.
        """
        steps = {"left": -1, "right": 1, "up": -columns, "down": columns}
        if key in steps:
            self._move(steps[key])
        elif key.isdecimal() and key != "0":
            number = self.first(on_page) + int(key) - 1
            if int(key) <= on_page and number < self.dances:
                self.index = number
                return True
        return key in _START_KEYS

    def first(self, on_page: int) -> int:
        """The first dance of the page that is shown."""
        return self.index - self.index % on_page

    def _move(self, step: int) -> None:
        """Go round in the row of all; a step to another row stays where there is none."""
        if abs(step) == 1:
            self.index = (self.index + step) % self.dances
        elif 0 <= self.index + step < self.dances:
            self.index += step


class StartWindow:
    """Shows the dances, and hears which one is chosen.

    Args:
        window: Where it is shown, already open.
        phrases: Of the dancer's language.
        thumbnails: Their pictures.
        text: Size of the text, 1 as designed.
    """

    def __init__(self, window: Window, phrases: Phrases, thumbnails: Thumbnails, *, text: float) -> None:
        self._window, self._phrases, self._thumbnails, self._text = window, phrases, thumbnails, text
        self._canvas: Image | None = None
        self._shown: StartScene | None = None
        self._size = (window.width, window.height)
        self._choosing = Choosing(0)
        self.note = ""

    def choose(
        self,
        dances: Mapping[str, Known],
        signals: StopSignals,
        open_signs: Callable[[ExitStack], SignWatch] | None,
    ) -> str | None:
        """The dance that is chosen; ``None`` to leave.

        Args:
            dances: All of them, in the order in which they are shown.
            signals: Ctrl-C.
            open_signs: Opens the camera for signs; ``None`` for keys alone.
        """
        names = list(dances)
        self._choosing = Choosing(len(names), min(self._choosing.index, len(names) - 1))
        self._shown = None
        with ExitStack() as stack:
            self._show(names, dances, None)
            keys: list[str | None] = [self._window.poll(_LOOK_MS)]  # the window is there before the camera is
            signs = None if open_signs is None else open_signs(stack)
            while not (signals.received or self._window.closed):
                self._show(names, dances, signs if signs is not None and signs.sees else None)
                keys += [self._window.poll(_LOOK_MS), *(() if signs is None else signs.given())]
                clicked = self._clicked(len(names))
                if clicked is not None:
                    return names[clicked]
                pressed, keys = list(filter(None, keys)), []
                for key in pressed:
                    self.note = ""
                    if key in QUIT_KEYS:
                        return None
                    if key == "f":
                        self._window.toggle_fullscreen()
                    elif self._choosing.press(key, **self._arrangement(len(names))):
                        return names[self._choosing.index]
        return None

    def _arrangement(self, dances: int) -> dict[str, int]:
        layout = start_layout(*self._size, dances, text=self._text)
        return {"columns": layout.columns, "on_page": max(len(layout.tiles), 1)}

    def _clicked(self, dances: int) -> int | None:
        """The dance that was clicked on, if one was."""
        click = self._window.take_click()
        if click is None:
            return None
        layout = start_layout(*self._size, dances, text=self._text)
        if _holds(layout.chosen, click):
            return self._choosing.index
        first = self._choosing.first(max(len(layout.tiles), 1))
        hit = [first + index for index, tile in enumerate(layout.tiles) if _holds(tile, click)]
        if hit and hit[0] < dances:
            self._choosing.index = hit[0]
            return hit[0]
        return None

    def _show(self, names: Sequence[str], dances: Mapping[str, Known], signs: SignWatch | None) -> None:
        size = self._window.size
        before, self._size = self._size, self._size if size is None else drawable(*size)
        on_page = self._arrangement(len(names))["on_page"]
        first = self._choosing.first(on_page)
        here, hint = (
            names[first : first + on_page],
            self._phrases.text(f"window.start.hint{'' if len(names) > 1 else '_one'}"),
        )
        scene = StartScene(
            tiles=[self._tile(name, dances[name]) for name in here],
            chosen=self._choosing.index - first,
            dances=len(names),
            hint=without_signs(hint) if signs is None else hint,
            note=self.note,
            held=0.0 if signs is None else signs.share,
            text=self._text,
            labels=self._labels(dances[names[self._choosing.index]], first // on_page, -(-len(names) // on_page)),
        )
        if before != self._size or not is_same(self._shown, scene):
            self._canvas = draw_start(scene, *self._size, out=self._canvas)
            self._shown = scene
        if self._canvas is not None:
            self._window.show(self._canvas)

    def _tile(self, name: str, known: Known) -> DanceTile:
        return DanceTile(name, self._thumbnails.of(name), known.last, known.best, known.trend, known.due)

    def _labels(self, known: Known, page: int, pages: int) -> StartLabels:
        say = self._phrases.text
        return StartLabels(
            title=say("window.start.title"),
            last=say("progress.column.last"),
            best=say("progress.column.best"),
            due=say("window.start.due", count=known.due),
            never=say("window.start.never"),
            page=say("window.start.page", page=page + 1, pages=pages) if pages > 1 else "",
        )


def _holds(rect: Rect, point: tuple[int, int]) -> bool:
    return rect.left <= point[0] < rect.right and rect.top <= point[1] < rect.bottom
