"""Ctrl-C and SIGTERM, which end a session and not the process: what was danced is kept."""

from __future__ import annotations

import signal
from types import FrameType


class StopSignals:
    """Ctrl-C and SIGTERM, remembered instead of raised, so that what was danced is kept; a context manager."""

    def __init__(self) -> None:
        self.received = False
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> StopSignals:
        for name in (signal.SIGINT, signal.SIGTERM):
            self._before[name] = signal.signal(name, self._remember)
        return self

    def __exit__(self, *_: object) -> None:
        for name, handler in self._before.items():
            signal.signal(name, handler)  # type: ignore[arg-type]

    def _remember(self, _number: int, _frame: FrameType | None) -> None:
        if self.received:  # pressed again: they mean it
            raise KeyboardInterrupt
        self.received = True
