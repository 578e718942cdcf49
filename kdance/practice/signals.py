"""The signals that ask for the end. They end a session and not the process: what was danced is kept."""

from __future__ import annotations

import signal
from types import FrameType


def ending_signals() -> list[signal.Signals]:
    """What asks for the end besides Ctrl-C: SIGTERM, and SIGHUP of a terminal that is closed.

    Windows has no SIGHUP, and what was started with nohup goes on without its terminal.
    """
    hangup: signal.Signals | None = getattr(signal, "SIGHUP", None)
    if hangup is None or signal.getsignal(hangup) == signal.SIG_IGN:
        return [signal.SIGTERM]
    return [signal.SIGTERM, hangup]


class StopSignals:
    """Ctrl-C, SIGTERM and SIGHUP, remembered instead of raised, so that what was danced is kept; a context manager."""

    def __init__(self) -> None:
        self.received = False
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> StopSignals:
        for name in (signal.SIGINT, *ending_signals()):
            self._before[name] = signal.signal(name, self._remember)
        return self

    def __exit__(self, *_: object) -> None:
        for name, handler in self._before.items():
            signal.signal(name, handler)  # type: ignore[arg-type]

    def _remember(self, _number: int, _frame: FrameType | None) -> None:
        if self.received:  # pressed again: they mean it
            raise KeyboardInterrupt
        self.received = True
