"""What a practice session needs of whoever shows it: a window, or nothing at all."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from kdance.pose import Frame, Pose
from kdance.practice.state import LiveState, SetupState
from kdance.review.findings import Span
from kdance.review.record import SessionReport

Image = NDArray[np.uint8]
"""(H, W, 3) BGR."""


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

    def reference_now(self) -> tuple[Image | None, Pose | None]:
        """The reference's picture and its body in pixels of it, as they were shown last."""

    def show_waiting(self) -> None:
        """Show that the summary is being worked out."""

    def show_end(self, report: SessionReport, drill: Span | None = None) -> None:
        """Show that the session is over, and what to press; ``drill`` is the part that d practises, if any."""

    def renew(self) -> None:
        """Forget the keys of the last session."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class NoView:
    """No window: nothing to see, no keys to hear."""

    wants_to_quit = False
    is_open = False

    def take_keys(self) -> list[str]:
        """There are none."""
        return []

    def poll(self, timeout_ms: int = 1) -> None:
        """Nothing to do."""

    def count_down(self, frame: Frame | None, seconds: int) -> None:
        """Nothing to show."""

    def show_setup(self, frame: Frame, pose: Pose | None, state: SetupState) -> None:
        """Nothing to show."""

    def show_calibration(self, frame: Frame, pose: Pose | None, heard: int, clicks: int) -> None:
        """Nothing to show."""

    def show(self, frame: Frame, pose: Pose | None, state: LiveState) -> None:
        """Nothing to show."""

    def reference_now(self) -> tuple[Image | None, Pose | None]:
        """Nothing is shown."""
        return None, None

    def show_waiting(self) -> None:
        """Nothing to show."""

    def show_end(self, report: SessionReport, drill: Span | None = None) -> None:
        """Nothing to show."""

    def renew(self) -> None:
        """Nothing to forget."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None
