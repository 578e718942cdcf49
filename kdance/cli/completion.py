"""What a shell offers after the Tab key: names of dances and of sessions."""

from __future__ import annotations

import os
from contextlib import suppress

_OFFERED = 30


def dances(incomplete: str = "") -> list[str]:
    """Names of the references that begin so, without opening one."""
    from kdance.config import find_home

    folder = find_home().references
    with suppress(OSError):
        names = [entry.name for entry in os.scandir(folder) if entry.is_dir() and not entry.name.startswith(".")]
        return sorted(name for name in names if name.startswith(incomplete))
    return []


def sessions(incomplete: str = "") -> list[str]:
    """Ids of sessions that begin so, the newest first, and ``last-session``."""
    from kdance.config import find_home
    from kdance.store.glance import newest_ids

    names = ["last-session", *newest_ids(find_home().sessions)]
    return [name for name in names if name.startswith(incomplete)][:_OFFERED]
