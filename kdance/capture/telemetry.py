"""MediaPipe's usage reports, switched off.

MediaPipe posts usage figures to Google while a landmarker lives, last when it is closed, and has no switch for it. Its
HTTP client reads ``https_proxy`` when it sends, so while a landmarker lives the proxy is a dead port of this machine;
and it gets an empty list of certificate authorities (see ``pose_extraction``), so that even past the proxy no TLS
handshake would succeed. Closing waits for the last report to fail (measured: 10 ms), so the environment can be restored
right after.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

DEAD_PROXY: Final = "http://127.0.0.1:9"  # the discard port of the loopback interface: nobody listens

_PROXY_NAMES: Final = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_ALL_NAMES: Final = (*_PROXY_NAMES, *(name.upper() for name in _PROXY_NAMES))
# What the environment holds while a landmarker lives; None: unset, for an exception list leads past the proxy.
_GUARD: Final[dict[str, str | None]] = {
    "https_proxy": DEAD_PROXY,
    "HTTPS_PROXY": DEAD_PROXY,
    "no_proxy": None,
    "NO_PROXY": None,
}

_lock = threading.Lock()
_users = 0
_before: dict[str, str | None] = {}


@contextmanager
def blocked_telemetry() -> Iterator[None]:
    """Point this process's HTTPS proxy at a dead port; what was set before comes back when the last user leaves."""
    _enter()
    try:
        yield
    finally:
        _leave()


def user_proxies() -> dict[str, str]:
    """The user's own proxy variables, also while a landmarker lives.

    Returns:
        ``http_proxy``, ``https_proxy``, ``all_proxy`` and ``no_proxy``, in either case, as far as they are set.
    """
    with _lock:
        now = {name: os.environ.get(name) for name in _ALL_NAMES} | _before
    return {name: value for name, value in now.items() if value}


def _enter() -> None:
    global _users  # noqa: PLW0603 - the environment is the process's, and so is its count of users
    with _lock:
        _users += 1
        if _users == 1:
            _before.update((name, os.environ.get(name)) for name in _GUARD)
            _set_environment(_GUARD)


def _leave() -> None:
    global _users  # noqa: PLW0603
    with _lock:
        _users -= 1
        if _users == 0:
            _set_environment(_before)
            _before.clear()


def _set_environment(values: dict[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
