"""The libraries of a Linux system that Python's packages don't bring along: which are missing, and how to install them.

Imports nothing that needs them.
"""

from __future__ import annotations

import ctypes
import re
import sys
from dataclasses import dataclass
from typing import Final

from kdance.errors import KdanceError


@dataclass(frozen=True, slots=True)
class SystemLibrary:
    """A library of the system.

    Attributes:
        file: As the loader looks for it.
        debian: The package of Debian and Ubuntu; ``fedora`` likewise.
        is_needed: Whether nothing works without it.
    """

    file: str
    debian: str
    fedora: str
    is_needed: bool = True


LIBRARIES: Final = (
    SystemLibrary("libGL.so.1", "libgl1", "mesa-libGL"),
    SystemLibrary("libglib-2.0.so.0", "libglib2.0-0", "glib2"),
    SystemLibrary("libgthread-2.0.so.0", "libglib2.0-0", "glib2"),
    SystemLibrary("libxcb.so.1", "libxcb1", "libxcb"),
    SystemLibrary("libEGL.so.1", "libegl1", "mesa-libEGL"),
    SystemLibrary("libGLESv2.so.2", "libgles2", "mesa-libGLES"),
    SystemLibrary("libportaudio.so.2", "libportaudio2", "portaudio", is_needed=False),
)
_IN_ERROR: Final = re.compile(r"(lib[\w.+-]+\.so[\w.]*): cannot open shared object file")


def missing_libraries() -> list[SystemLibrary]:
    """Those that can't be loaded here; none on other systems, whose packages bring all of it."""
    if sys.platform != "linux":
        return []
    return [library for library in LIBRARIES if not _loads(library.file)]


def how_to_install(libraries: list[SystemLibrary]) -> str:
    """The command that installs them, for two families of systems."""
    debian = " ".join(dict.fromkeys(library.debian for library in libraries))
    fedora = " ".join(dict.fromkeys(library.fedora for library in libraries))
    return f"Debian and Ubuntu: sudo apt install {debian}   Fedora: sudo dnf install {fedora}"


def explain(error: BaseException) -> KdanceError | None:
    """What a failed import means for a dancer, where a library of the system is what is missing.

    >>> explain(ImportError("libGL.so.1: cannot open shared object file: No such file or directory")).message
    'kdance needs a library that this system lacks: libGL.so.1.'
    """
    found = _IN_ERROR.search(str(error)) if isinstance(error, (ImportError, OSError)) else None
    if found is None:
        return None
    missing = [library for library in missing_libraries() if library.is_needed]
    if not missing:
        missing = [library for library in LIBRARIES if library.file == found[1]]
    names = ", ".join(library.file for library in missing) or found[1]
    what = "a library" if "," not in names else "libraries"
    return KdanceError(
        f"kdance needs {what} that this system lacks: {names}.", how_to_install(missing) if missing else ""
    )


def _loads(file: str) -> bool:
    try:
        ctypes.CDLL(file)
    except OSError:
        return False
    return True
