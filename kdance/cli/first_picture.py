"""Before the first picture goes to a model, the dancer sees it; until they said yes, none leaves."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from kdance.cli.asking import asking

if TYPE_CHECKING:
    from kdance.coach.ai.server import AiServer
    from kdance.coach.live_coach import Picture
    from kdance.config import Home, Settings
    from kdance.pose import Pose
    from kdance.practice.contract import Image, PictureMaker

    Guard = Callable[[PictureMaker], PictureMaker | None]

_log = logging.getLogger(__name__)


class KeptBack:
    """Makes the pictures of a session as they would leave, keeps the first as a file, and lets none of them go.

    Args:
        maker: Makes them.
        path: Of the file.
    """

    def __init__(self, maker: PictureMaker, path: Path) -> None:
        self._maker, self._path = maker, path
        self._lock = threading.Lock()
        self._is_kept = False

    def __call__(
        self, image: Image, pose: Pose | None, *, mirrored: bool, errors: Mapping[str, float], error_band: float
    ) -> Picture:
        """Keeps the picture of this moment, later and in a worker, if it is the first; gives none to send."""
        make = self._maker(image, pose, mirrored=mirrored, errors=errors, error_band=error_band)

        def keep() -> bytes | None:
            with self._lock:
                if not self._is_kept:
                    self._keep(make())
            return None

        return keep

    def _keep(self, picture: bytes | None) -> None:
        from kdance.store.whole_file import write_whole

        self._is_kept = picture is not None
        if picture is not None:
            try:
                write_whole(self._path, picture)
            except OSError as error:
                _log.warning("the first picture can't be kept: %s", error.strerror)


@contextmanager
def guarded_pictures(home: Home, settings: Settings, server: AiServer | None) -> Iterator[Guard]:
    """What stands between a session and the pictures that may leave it.

    Asks before the session or after it, as soon as there is a picture to look at.

    Yields:
        A function that gives of a picture maker the one to use, or ``None`` where none is.
    """
    if server is None or settings.feedback.level != "picture":
        yield lambda maker: None
        return
    may_leave = _answer(home, server)
    if may_leave is None:
        yield lambda maker: KeptBack(maker, home.ai_picture)
        _answer(home, server)
    else:
        yield lambda maker: maker if may_leave else None


def _answer(home: Home, server: AiServer) -> bool | None:
    """What the dancer has said; ``None`` while there is no picture to look at, or nobody to ask."""
    from kdance.cli import console
    from kdance.coach.ai.consent import load_answer, save_answer

    answer = load_answer(home.ai, server.host, "pictures")
    if answer is not None:
        return answer == "on"
    if not home.ai_picture.is_file():
        return None
    console.note(
        f"The first picture that the AI coach would be sent lies in {home.ai_picture}. "
        "It has not left; please look at it."
    )
    if not _is_terminal():
        console.note("Until you have said yes, which needs a terminal, it goes without pictures.")
        return None
    with asking():
        wanted = typer.confirm(f"May pictures like this one go to {server.host}?", default=False)
    save_answer(home.ai, server.host, "on" if wanted else "off", "pictures")
    home.ai_picture.unlink(missing_ok=True)
    return wanted


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()
