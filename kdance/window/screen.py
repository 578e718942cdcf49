"""Whether the X server that a window is on is still there.

Qt ends the whole process once it reads from a server that has gone: nothing of Python runs then, and a dance is only
recovered by the next command. So it is looked at before Qt is given the word; a server that goes in the millisecond in
which Qt has it still ends the process.
"""

from __future__ import annotations

import os
import re
import select
import socket
import stat
import sys
from pathlib import Path
from typing import Final

_DESCRIPTORS: Final = Path("/dev/fd")
_HUNG_UP: Final = getattr(select, "POLLRDHUP", 0)  # a server elsewhere; one of this machine hangs up without asking

Address = str | tuple[str, int]


class Screen:
    """Watches this process's own connections to the X server, from opening on: a window has to be there by then.

    Without an X server, as on macOS and Windows, no screen ever goes.
    """

    def __init__(self) -> None:
        self._connections: list[socket.socket] = []
        self._poll: select.poll | None = None

    def open(self) -> None:
        """Begin to watch."""
        if sys.platform not in ("win32", "darwin"):
            servers = {_place(address) for _, address in x_servers(os.environ.get("DISPLAY", ""))}
            self._poll = select.poll()
            for connection in _sockets():
                if _peer(connection) in servers:
                    self._connections.append(connection)
                    self._poll.register(connection, _HUNG_UP)
                else:
                    connection.close()

    def close(self) -> None:
        """Watch no longer; calling it again does nothing."""
        self._poll = None
        for connection in self._connections:
            connection.close()
        self._connections = []

    @property
    def is_watched(self) -> bool:
        """Whether there is a server that may go."""
        return bool(self._connections)

    @property
    def is_gone(self) -> bool:
        """Whether the server has hung up."""
        return self.wait(0.0)

    def wait(self, seconds: float) -> bool:
        """Wait for so long, or until the server has hung up; whether it has."""
        return self._poll is not None and bool(self._poll.poll(1000 * seconds))


def x_servers(display: str) -> list[tuple[int, Address]]:
    """Where the X server of a ``DISPLAY`` may listen, as socket family and address."""
    match = re.fullmatch(r"(?:(?P<protocol>\w+)/)?(?P<host>[^:]*|\[.*\]):(?P<number>\d+)(?:\.\d+)?", display)
    if match is None:
        # macOS and some sandboxes name the socket itself.
        path = re.sub(r"\.\d+$", "", display)
        return [(int(socket.AF_UNIX), path)] if display.startswith("/") else []
    number = int(match["number"])
    if match["host"] in ("", "unix"):
        path = f"/tmp/.X11-unix/X{number}"
        return [(int(socket.AF_UNIX), f"\0{path}"), (int(socket.AF_UNIX), path)]
    return [(int(socket.AF_INET), (match["host"], 6000 + number))]


def _sockets() -> list[socket.socket]:
    """This process's sockets, each once more; whoever gets them closes them.

    Nothing else is copied: a pipe that is open twice never ends, and closing the copy of a database drops its locks.
    """
    try:
        numbers = [int(path.name) for path in _DESCRIPTORS.iterdir()]
    except OSError:  # no such folder here
        return []
    found = []
    for number in numbers:
        try:
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                found.append(socket.socket(fileno=os.dup(number)))
        except OSError:  # the folder that was just listed
            continue
    return found


def _peer(connection: socket.socket) -> str | int | None:
    """Who is at the other end."""
    try:
        return _place(connection.getpeername())
    except OSError:  # nobody
        return None


def _place(address: str | bytes | tuple[str, int]) -> str | int:
    """A path, or a port: the host has many names."""
    return address[1] if isinstance(address, tuple) else os.fsdecode(address)
