"""What can go wrong for a dancer, and the exit codes.

A :class:`KdanceError` is a sentence for a person: what failed, which thing, and what mends it. ``cli.main`` alone
catches it. Anything else that escapes is a mistake of ours: its traceback stands in the log.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the ``kdance`` command."""

    OK = 0
    ERROR = 1
    USAGE = 2
    INTERRUPTED = 130


class KdanceError(Exception):
    """Something a dancer can understand and mend.

    Args:
        message: What failed and which thing, in one sentence.
        hint: The command or setting that mends it.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class ConfigError(KdanceError):
    """``config.yaml`` says something that is not allowed."""


class DanceReferenceError(KdanceError):
    """A reference is missing, damaged or already there."""


class VideoError(KdanceError):
    """A video or a camera can't be opened or read."""


class CameraLostError(VideoError):
    """A live source stopped delivering pictures in the middle of a session."""


class StoreError(KdanceError):
    """The session store can't be read or written."""
