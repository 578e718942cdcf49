"""Watching a replay: the loop of its window, its film and its stills."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from kdance.practice.clocks import CLOCK, Clock
from kdance.practice.looking_back import LookBack
from kdance.recording.film import FilmSound
from kdance.replay.scenes import ReplayScenes
from kdance.window.replay_screen import draw_replay, encode_png
from kdance.words.numbers import minutes
from kdance.words.phrases import Phrases

FPS: Final = 30
LONGEST_STEP_S: Final = 0.25
"""A window that was moved or hung for longer goes on where it was."""


class Screen(Protocol):
    """What shows the pictures and hears the keys; :class:`kdance.window.window.Window` does."""

    @property
    def closed(self) -> bool:
        """Whether it was closed."""

    def show(self, image: NDArray[np.uint8]) -> None:
        """Show a picture."""

    def poll(self, timeout_ms: int = 1) -> str | None:
        """A key, waited for at most so long."""


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height of the pictures, pixels."""

    width: int
    height: int


def watch(scenes: ReplayScenes, screen: Screen, size: Size, phrases: Phrases, *, clock: Clock = CLOCK) -> None:
    """Show a replay until the dancer has seen enough."""
    head, hint = scenes.playhead(), phrases.text("window.replay.hint")
    canvas, before = None, clock.now()
    while not (head.over or screen.closed):
        began = clock.now()
        head.advance(min(began - before, LONGEST_STEP_S))
        before = began
        canvas = draw_replay(scenes.at(head, hint=hint), size.width, size.height, out=canvas)
        screen.show(canvas)
        left_ms = round(1000 * (1 / FPS - (clock.now() - began)))
        key = screen.poll(max(1, left_ms))
        while key is not None:
            head.press(key)
            key = screen.poll(1)


def film(
    scenes: ReplayScenes, size: Size, progress: Callable[[int, float, float], None]
) -> Iterator[NDArray[np.uint8]]:
    """Every picture of a replay at full speed, 30 a second; the one before may be drawn over.

    Args:
        scenes: Of the session.
        size: Of the pictures.
        progress: Told pictures, seconds done and seconds in all.
    """
    head, canvas = scenes.playhead(), None
    total = scenes.end - scenes.start
    for number in range(int(total * FPS) + 1):
        head.now = scenes.start + number / FPS
        canvas = draw_replay(scenes.at(head), size.width, size.height, out=canvas)
        progress(number + 1, number / FPS, total)
        yield canvas


def film_sound(seen: LookBack) -> FilmSound | None:
    """The song under a film, where the take was danced to it at full speed and without a jump."""
    course = seen.pair.course
    if seen.dance is None or seen.dance.reference.sound is None or course is None or seen.options.free:
        return None
    times = seen.pair.take.times
    late = times - course.position
    if course.run[0] != course.run[-1] or float(np.ptp(late)) > 0.1 or not seen.dance.reference.sound.is_file():
        return None
    return FilmSound(seen.dance.reference.sound, float(np.median(late) - times[0]))


def stills(scenes: ReplayScenes, size: Size) -> Iterator[tuple[str, bytes]]:
    """A file's name and a PNG of each fault, the most important first."""
    for number, still in enumerate(scenes.stills, 1):
        what = "hardest" if still.fault is None else still.fault.joint.replace("_", "-")
        at = f"{minutes(still.time).replace(':', 'm')}s"
        picture = draw_replay(scenes.of_still(still), size.width, size.height)
        yield f"{number:02d}-{what}-{at}.png", encode_png(picture)


def take_file(source: str) -> Path | None:
    """The file a take was danced in; ``None`` for a webcam or a stream."""
    if re.match(r"\w+://", source):
        return None
    path = Path(source)
    return path if path.is_file() else None
