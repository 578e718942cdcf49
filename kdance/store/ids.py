"""The ids of the sessions."""

from __future__ import annotations

import secrets
from datetime import datetime


def new_session_id(now: datetime) -> str:
    """A short id that sorts by time: ``20261122-141503-4f2a``.

    Args:
        now: When the session starts, in the dancer's own time zone.
    """
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
