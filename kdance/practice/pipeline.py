"""The pose network in a thread of its own, so that it works on the next frame while the last one is compared and drawn.

A camera's frames are skipped while the network is busy: it always gets the newest. A recording's never are.
"""

from __future__ import annotations

import logging
import queue
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from types import TracebackType
from typing import Final, Self

from kdance.capture.frames import FrameSource
from kdance.pose import Frame, Pose
from kdance.practice.clocks import CLOCK, Clock
from kdance.worker import Worker

Estimate = Callable[[Frame], Pose | None]
"""Finds the body, and where wanted the hands, in a frame."""

# How long the thread waits for a frame before it looks whether it shall end.
_WAIT_S: Final = 0.05
# Frames of a recording that may be ready before they are asked for.
_AHEAD: Final = 4
# More where it is shown: as long as the sound that a device was already given, and a reserve; not all of the memory.
_SHOWN_AHEAD_S: Final = 0.4
_MOST_AHEAD: Final = 24
# A pose network that takes longer than this for most of so many frames can't hold 20 fps.
SLOW_S: Final = 1 / 20
SLOW_FRAMES: Final = 45

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A frame and who was found in it.

    Attributes:
        frame: Its time as the source gave it.
        pose: ``None`` when nobody was seen.
        estimated_in: Seconds the network took.
    """

    frame: Frame
    pose: Pose | None
    estimated_in: float


class PosePipeline:
    """Frames of a source with their poses, in order; a context manager over an open source.

    Args:
        source: An open source; only the pipeline reads it from now on.
        estimate: The pose network.
        shown: Whether a recording is shown at its own pace.
        lighter: Gives a faster network in place of one that is too slow for a camera; ``None`` to keep it.
        clock: Whose stopwatch tells how long the network takes.

    Attributes:
        is_light: Whether the faster network took over.
        made: Frames that were looked at.
    """

    def __init__(
        self,
        source: FrameSource,
        estimate: Estimate,
        *,
        shown: bool = False,
        lighter: Callable[[], Estimate] | None = None,
        clock: Clock = CLOCK,
    ) -> None:
        self._source, self._estimate, self._clock = source, estimate, clock
        self._lighter = lighter if source.is_live else None
        self._ready: queue.Queue[Seen] = queue.Queue(1 if source.is_live else _ahead(source.fps) if shown else _AHEAD)
        self._worker = Worker("kdance-pose", self._run)
        self._was_told = False  # of the worker's crash
        self._took: deque[float] = deque(maxlen=SLOW_FRAMES)
        self.is_light = False
        self.made = 0

    def __enter__(self) -> Self:
        self._worker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def ended(self) -> bool:
        """Whether there is nothing more to come."""
        return self._has_run_dry and (self._worker.crash is None or self._was_told)

    @property
    def waiting(self) -> int:
        """Frames that are ready and not yet read."""
        return self._ready.qsize()

    @property
    def is_full(self) -> bool:
        """Whether no more frames can wait, or none will come."""
        return self._ready.full() or self._worker.has_ended

    @property
    def _has_run_dry(self) -> bool:
        return self._worker.has_ended and self._ready.empty()

    def read(self, timeout: float) -> Seen | None:
        """The next frame with its pose; ``None`` when none came in ``timeout`` seconds.

        Raises:
            CameraLostError: The camera is gone; everything it showed before was handed out.
        """
        try:
            return self._ready.get(timeout=timeout) if timeout > 0 else self._ready.get_nowait()
        except queue.Empty:
            if self._has_run_dry and not self._was_told:
                self._was_told = True
                self._worker.check()
            return None

    def close(self) -> None:
        """End the thread; calling it again does nothing."""
        self._worker.close()

    def _run(self, stop: Event) -> None:
        while not (stop.is_set() or self._source.ended):
            frame = self._source.read(timeout=_WAIT_S)
            if frame is not None:
                begin = self._clock.stopwatch()
                pose = self._estimate(frame)
                self._put(Seen(frame, pose, self._clock.stopwatch() - begin), stop)

    def _put(self, seen: Seen, stop: Event) -> None:
        self._watch_pace(seen.estimated_in)
        self.made += 1
        while not stop.is_set():
            try:
                if self._source.is_live:
                    self._ready.put_nowait(seen)
                else:
                    self._ready.put(seen, timeout=_WAIT_S)
            except queue.Full:
                if self._source.is_live:  # the reader is slower than the network: only the newest counts
                    self._drop_oldest()
            else:
                return

    def _drop_oldest(self) -> None:
        try:
            self._ready.get_nowait()
        except queue.Empty:  # the reader was faster
            return

    def _watch_pace(self, took: float) -> None:
        """Take the lighter network when this one can't keep up with a dancer."""
        self._took.append(took)
        if self._lighter is None or len(self._took) < SLOW_FRAMES:
            return
        if (usual := sorted(self._took)[SLOW_FRAMES // 2]) > SLOW_S:
            _log.warning("the pose network takes %.0f ms a frame: the lighter one takes over", 1000 * usual)
            self._estimate, self._lighter, self.is_light = self._lighter(), None, True


def _ahead(fps: float) -> int:
    """Frames that may be ready."""
    return min(max(round(_SHOWN_AHEAD_S * fps), _AHEAD), _MOST_AHEAD)
