"""What a practice session needs of whoever shows it: a window, or nothing at all."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from kdance.coach.live_coach import Picture
from kdance.pose import Frame, Pose
from kdance.practice.state import LiveState, SetupState
from kdance.recording.filmed import Filmed
from kdance.review.lateness import Span
from kdance.review.record import SessionReport

Image = NDArray[np.uint8]
"""(H, W, 3) BGR."""


class PictureMaker(Protocol):
    """Prepares the one picture that may go with a question to a model; see :mod:`kdance.window.collages`."""

    def __call__(
        self, image: Image, pose: Pose | None, *, mirrored: bool, errors: Mapping[str, float], error_band: float
    ) -> Picture:
        """What makes the picture of this moment, later and in a worker.

        Args:
            image: Of the dancer.
            pose: Of the dancer, in pixels of this very picture; ``None`` where nobody is seen.
            mirrored: Whether the mirror image is danced.
            errors: Signed degrees by joint name, of the joints that could be compared.
            error_band: Degrees within which a limb is right.
        """


class CalibrationView(Protocol):
    """Shows the dancer whose camera's delay is measured, and hears whether they have had enough."""

    @property
    def wants_to_quit(self) -> bool:
        """Whether q, Esc or the window's x was pressed."""

    def show_calibration(self, frame: Frame, pose: Pose | None, heard: int, clicks: int) -> None:
        """Show a frame, and how many of the clicks have been heard."""

    def poll(self, timeout_ms: int = 1) -> None:
        """Let the window breathe and hear keys."""


class PracticeView(Protocol):
    """Shows a session and hears its keys; a context manager."""

    @property
    def wants_to_quit(self) -> bool:
        """Whether q, Esc or the window's x was pressed."""

    @property
    def is_open(self) -> bool:
        """Whether there is a window to press keys in."""

    def take_keys(self) -> list[str]:
        """The keys pressed since the last call that are for the session, in order."""

    def poll(self, timeout_ms: int = 1) -> None:
        """Let the window breathe and hear keys."""

    def count_down(self, frame: Frame | None, seconds: int) -> None:
        """Show how long it is until the dance begins."""

    def show_setup(self, frame: Frame, pose: Pose | None, state: SetupState) -> None:
        """Show a frame of the set-up check."""

    def show(self, frame: Frame, pose: Pose | None, state: LiveState) -> None:
        """Show a frame of the session."""

    def end_dance(self) -> Filmed | None:
        """The dance has ended; where it is found in the film, where one is made."""

    def show_waiting(self) -> None:
        """Show that the summary is being worked out."""

    def show_end(self, report: SessionReport, drill: Span | None = None, *, goes_on: bool = False) -> None:
        """Show that the session is over, and what to press.

        Args:
            report: What it came to.
            drill: The part that d practises, if any.
            goes_on: Whether the next one follows by itself.
        """

    def renew(self) -> None:
        """Forget the keys of the last session."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class NoView:
    """No window, for a session and for a calibration: nothing is seen, and nobody presses a key."""

    wants_to_quit = False
    is_open = False

    def _unseen(self, *_: object, **__: object) -> None:
        """Whatever is to be shown or forgotten: there is nowhere to see it."""

    poll = count_down = show_setup = show_calibration = show = end_dance = show_waiting = show_end = renew = _unseen

    def take_keys(self) -> list[str]:
        """Never a key: the session ends with the song, the file, the seconds asked for, or Ctrl-C."""
        return []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None
