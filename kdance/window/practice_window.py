"""What the dancer sees while practising, and the keys they press: the window, or nothing at all."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, get_args

import numpy as np

from kdance.choices import LayoutStyle
from kdance.config import Settings
from kdance.dance.references import Reference
from kdance.pose import Frame, Pose
from kdance.practice.clocks import CLOCK
from kdance.practice.state import LiveState, Note, SetupState
from kdance.recording.filmed import Filmed, FilmLog
from kdance.review.lateness import Span
from kdance.review.record import SessionReport
from kdance.window.end_screen import draw_end
from kdance.window.framing import DancerFraming
from kdance.window.ghost import steady_trunk, trunk_length
from kdance.window.help_screen import draw_help
from kdance.window.overlay import Scene, dancer_view, draw_scene
from kdance.window.player import ReferencePlayer
from kdance.window.scenes import SceneMaker, Surroundings, landmarks_of
from kdance.window.setup_screen import draw_setup
from kdance.window.text import Image
from kdance.window.window import NoWindow, Window
from kdance.words.phrases import load_phrases

if TYPE_CHECKING:
    from kdance.recording.recorder import Recorder

QUIT_KEYS: Final = frozenset({"q", "esc"})
MOST_PX: Final = 1920 * 1200
"""Larger pictures would be drawn slower than one dances; the window makes them as large as itself."""
LEAST_PX: Final = (240, 160)
LONGEST: Final = 8

LAYOUTS: Final[tuple[LayoutStyle, ...]] = tuple(style for style in get_args(LayoutStyle) if style != "auto")


class WindowView:
    """The practice window: the reference on one side, the dancer on the other.

    Args:
        reference: The dance, with its video where it has one.
        settings: Size and layout of the window, ghost, flip, gestures, language.
        error_band: Degrees within which a limb is right: the take's own, by which it is scored.
        window: Where it is shown, already open.
        recorder: Gets every picture of the dance, too.
        now: The clock of the session.
    """

    def __init__(
        self,
        reference: Reference,
        settings: Settings,
        *,
        error_band: float,
        window: Window | NoWindow,
        recorder: Recorder | None = None,
        now: Callable[[], float] = CLOCK.now,
    ) -> None:
        self._window, self._recorder, self._now = window, recorder, now
        self._asked_size = settings.window.width, settings.window.height
        self._text = settings.window.text
        self._wants_upcoming = settings.window.upcoming
        self._whole_stage = False
        self._layout: LayoutStyle = settings.window.layout
        self._ghost = settings.window.ghost
        phrases = load_phrases(settings.feedback.language)
        self._scenes = SceneMaker(
            reference,
            phrases,
            error_band=error_band,
            gestures=settings.training.gestures,
            flip=settings.camera.flip,
        )
        self._flip, self._filmed = settings.camera.flip, FilmLog()
        info = reference.info
        self._player = ReferencePlayer(reference.video, start=info.start, mirrored=info.mirrored, rotate=info.rotate)
        self._framing = DancerFraming(self._scenes.reach)
        self._stack = ExitStack()
        self._canvas: Image | None = None
        self._picture: Image | None = None
        self._position = 0.0
        self._last: Frame | None = None
        self._trunk: float | None = None
        self._trunk_at = 0.0
        self._keys: list[str] = []
        self._shows_help = False
        self.wants_to_quit = False

    def __enter__(self) -> Self:
        self._stack.enter_context(self._player)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def is_open(self) -> bool:
        """Whether there is a window that has not been closed with its x."""
        return self._window.hears_keys and not self._window.closed

    @property
    def _size(self) -> tuple[int, int]:
        """Of the picture: the window's own, unless it is recorded, for a recording has one size."""
        size = None if self._recorder is not None else self._window.size
        return self._asked_size if size is None else drawable(*size)

    def renew(self) -> None:
        """Forget the keys of the last session."""
        self._keys = []
        self.wants_to_quit = self._shows_help = False

    def take_keys(self) -> list[str]:
        """The keys for the session that were pressed since the last call, in order."""
        keys, self._keys = self._keys, []
        return keys

    def poll(self, timeout_ms: int = 1) -> None:
        """Let the window breathe; keys that only change what is seen act at once."""
        key = self._window.poll(timeout_ms)
        if key in QUIT_KEYS or self._window.closed:
            self.wants_to_quit = True
        elif key == "h":
            self._shows_help = not self._shows_help
        elif key == "g":
            self._ghost = not self._ghost
        elif key == "v":
            self._layout = LAYOUTS[(LAYOUTS.index(self._layout) + 1) % len(LAYOUTS) if self._layout in LAYOUTS else 0]
        elif key == "n":
            self._wants_upcoming = not self._wants_upcoming
        elif key == "w":
            self._whole_stage = not self._whole_stage
        elif key == "f":
            self._window.toggle_fullscreen()
        elif key is not None:
            self._keys.append(key)

    def count_down(self, frame: Frame | None, seconds: int) -> None:
        """Show the dancer and, large, how many seconds are left."""
        self._last = frame or self._last
        self._draw(self._image(), None, LiveState(), countdown=seconds)

    def show_setup(self, frame: Frame, pose: Pose | None, state: SetupState) -> None:
        """Show the dancer large, and what is right and what is not yet."""
        self._last = frame
        self._follow(frame, pose)
        scene = self._scenes.setup(frame.image, pose, state, text=self._text)
        self._present(draw_setup(scene, *self._size, out=self._canvas))

    def show(self, frame: Frame, pose: Pose | None, state: LiveState) -> None:
        """Show the dancer beside the reference, with their skeletons, the score and one cue."""
        self._last = frame
        self._measure_trunk(pose, frame.time)
        self._follow(frame, pose)
        scene = self._draw(frame.image, pose, state)
        if self._recorder is not None:
            self._film(self._recorder, scene, state.take.time)

    def end_dance(self) -> Filmed | None:
        """The film ends with the dance; where the dance is found in it."""
        if self._recorder is None:
            return None
        self._recorder.cut()
        return self._filmed.end(flip=self._flip)

    def reference_now(self) -> tuple[Image | None, Pose | None]:
        """The reference's picture and its body in pixels of it, as they were shown last."""
        return self._scenes.reference_at(self._position, self._picture, self._player.scale)

    def show_waiting(self) -> None:
        """The last picture, while the summary is being worked out; help would cover the score."""
        self._shows_help = False
        self._present(draw_end(self._scenes.waiting(self._image(), text=self._text), *self._size, out=self._canvas))
        self.poll()

    def show_end(self, report: SessionReport, drill: Span | None = None, *, goes_on: bool = False) -> None:
        """The score, what was best, what to work on, and what to press to go on."""
        scene = self._scenes.end(self._image(), report, drill, goes_on=goes_on, text=self._text)
        self._present(draw_end(scene, *self._size, out=self._canvas))

    def _measure_trunk(self, pose: Pose | None, at: float) -> None:
        landmarks = landmarks_of(pose)
        if landmarks is not None:
            elapsed = max(at - self._trunk_at, 0.0)
            self._trunk, self._trunk_at = steady_trunk(self._trunk, float(trunk_length(landmarks)), elapsed), at

    def _follow(self, frame: Frame, pose: Pose | None) -> None:
        height, width = frame.image.shape[:2]
        self._framing.update(landmarks_of(pose), frame.time, width, height)

    def _image(self) -> Image:
        return np.zeros((480, 640, 3), np.uint8) if self._last is None else self._last.image

    def _problems(self) -> tuple[Note, ...]:
        """What is wrong with the room: the reference has no pictures, the recording has stopped."""
        problems: list[Note] = []
        if self._player.problem is not None:
            problems.append("no_video")
        if self._recorder is not None and self._recorder.problem is not None:
            problems.append("not_recorded")
        return tuple(problems)

    def _film(self, recorder: Recorder, scene: Scene, taken: float | None) -> None:
        """Record what is shown, and note where the take is found in it."""
        assert self._canvas is not None
        shown = recorder.picture(self._canvas, self._now())
        if taken is not None and shown is not None:
            view = dancer_view(scene, *self._size)
            self._filmed.add(taken, shown, view.inner, view.part)

    def _draw(self, image: Image, pose: Pose | None, state: LiveState, countdown: int | None = None) -> Scene:
        self._position = max(state.song.place.position, 0.0)
        self._picture = self._player.at(self._position)
        around = Surroundings(
            now=self._now(),
            picture=self._picture,
            scale=self._player.scale,
            ghost=self._ghost,
            user_trunk=self._trunk,
            notes=self._problems(),
            layout=self._layout,
            text=self._text,
            box=self._framing.box,
            whole_stage=self._whole_stage,
            upcoming=self._wants_upcoming,
            countdown=countdown,
        )
        scene = self._scenes.dancing(image, pose, state, around)
        self._present(draw_scene(scene, *self._size, out=self._canvas))
        return scene

    def _present(self, canvas: Image) -> None:
        self._canvas = canvas
        if self._shows_help:
            draw_help(canvas, self._scenes.help())
        self._window.show(canvas)


def drawable(width: int, height: int) -> tuple[int, int]:
    """A size in the shape of a window: not so large that drawing it takes too long, not so small that nothing is left.

    A window that is hardly more than a line is filled by a picture that isn't.

    >>> drawable(1280, 720), drawable(3840, 2160), drawable(60, 40), drawable(900, 3)
    ((1280, 720), (2023, 1138), (240, 160), (1285, 160))
    """
    width, height = max(width, height // LONGEST), max(height, width // LONGEST)
    scale = min(1.0, (MOST_PX / (width * height)) ** 0.5)
    scale = max(scale, LEAST_PX[0] / width, LEAST_PX[1] / height) if min(width, height) < LEAST_PX[1] else scale
    return int(width * scale), int(height * scale)
