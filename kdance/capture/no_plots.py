"""Keeping matplotlib out: MediaPipe loads it for plots that nobody here draws, a third of a second in each process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Final

_PLOTS: Final = ("matplotlib", "matplotlib.pyplot")


@contextmanager
def without_matplotlib() -> Iterator[None]:
    """What is imported here finds an empty matplotlib, unless the real one is loaded; later that can be had as ever."""
    if any(name in sys.modules for name in _PLOTS):
        yield
        return
    package, pyplot = (ModuleType(name) for name in _PLOTS)
    package.pyplot = pyplot  # type: ignore[attr-defined]
    sys.modules.update(zip(_PLOTS, (package, pyplot), strict=True))
    try:
        yield
    finally:
        for name in _PLOTS:
            del sys.modules[name]
