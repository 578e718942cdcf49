"""Memory that was freed goes back to the system."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from typing import Final

_M_ARENA_MAX: Final = -8
_ARENAS: Final = 2


def give_back() -> None:
    """Give back what was freed: the C library of Linux keeps it in the gaps between what is still held.

    Of a long film that is a quarter of all memory. Elsewhere, and with another C library, nothing happens.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)


def use_few_heaps() -> None:
    """Keep the C library of Linux, from now on, to two heaps for all threads.

    Else each thread takes one of its own, and those of a network that comes and goes with each segment leave gaps in
    them that nobody fills: 450 MB in an hour of film. Elsewhere, and with another C library, nothing happens.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)
