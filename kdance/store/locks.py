"""Who runs a session: a lock file each, which the operating system frees the moment its process dies."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from kdance.errors import StoreError

SETUP_TIMEOUT: Final = 10.0  # seconds; setting up takes milliseconds, even with many commands at once


class SessionLocks:
    """One lock file for each running session, in a folder beside the store.

    Args:
        path: The store's file.
    """

    def __init__(self, path: Path) -> None:
        self.folder = path.with_name(f"{path.stem}.locks")
        self._held: dict[str, FileLock] = {}

    @contextmanager
    def setup(self) -> Generator[None]:
        """Be the only one that makes tables."""
        try:
            with FileLock(self.folder / "setup.lock", timeout=SETUP_TIMEOUT):
                yield
        except Timeout as error:
            raise StoreError(
                f"Another kdance has been setting up {self.folder.parent} for {SETUP_TIMEOUT:.0f} s.",
                "Close it and try again.",
            ) from error

    def acquire(self, session_id: str) -> bool:
        """Whether the session is ours now: nobody else runs or recovers it."""
        if session_id in self._held:
            return True
        lock = FileLock(self.folder / f"{session_id}.lock", thread_local=False)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return False
        self._held[session_id] = lock
        return True

    def release(self, session_id: str, *, ended: bool) -> None:
        """Let go of a session.

        Args:
            session_id: A session whose lock is held, or nothing happens.
            ended: Its report is stored or it is deleted. Only then may the file go: whoever waits for a file that
                goes gets a lock nobody else sees, and must find that there is nothing left to do.
        """
        lock = self._held.pop(session_id, None)
        if lock is None:
            return
        lock.release()
        if ended:
            with suppress(OSError):  # Windows: another process looks at it just now; an empty file stays behind
                (self.folder / f"{session_id}.lock").unlink()

    def release_all(self) -> None:
        """Let go of all sessions that have not ended."""
        for session_id in list(self._held):
            self.release(session_id, ended=False)
