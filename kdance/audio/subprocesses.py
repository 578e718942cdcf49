"""Child processes: kept from our Ctrl-C, and ended with all that they started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any, Final

WAIT_TIMEOUT: Final = 2.0
"""Seconds to wait for the end of a child that was killed."""


def own_group() -> dict[str, Any]:
    """Arguments for ``Popen`` that make the child the head of its own group.

    Ctrl-C in the terminal goes to a whole group and is meant for kdance alone: an encoder has to finish its file.
    """
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def kill_group(child: subprocess.Popen[Any]) -> None:
    """End a child begun with :func:`own_group` at once, with its own children; one that ended already is fine."""
    if child.poll() is not None:
        return
    if sys.platform == "win32":
        child.kill()
    else:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            child.kill()  # checks itself whether it is still there
    try:
        child.wait(WAIT_TIMEOUT)
    except subprocess.TimeoutExpired:
        return  # it hangs in a driver; it ends when the driver lets go of it
