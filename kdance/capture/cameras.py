"""Which cameras there are: each is opened for a moment, because only its pictures tell their size and rate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kdance.capture.devices import webcams
from kdance.capture.frames import open_source
from kdance.config import CameraSettings
from kdance.errors import KdanceError, VideoError

_WATCHED: Final = 1.0  # seconds in front of a camera: the first pictures come slower than the rest
_TRIED: Final = 4  # numbers that are tried where a system doesn't tell which there are
_SYSTEM: Final = Path("/sys/class/video4linux")


@dataclass(frozen=True, slots=True)
class FoundCamera:
    """A camera as it was found.

    Attributes:
        source: Its number, or the address of a stream: what ``camera.source`` takes.
        name: As its maker calls it; empty where the system doesn't tell.
        width_px: Of its pictures; 0 where it sends none.
        height_px: Likewise.
        fps: Measured pictures a second; 0 where it sends none.
        problem: Why it sends none; ``None`` where it does.
        hint: What to do about that.
    """

    source: int | str
    name: str = ""
    width_px: int = 0
    height_px: int = 0
    fps: float = 0.0
    problem: str | None = None
    hint: str = ""


def camera_sources(settings: CameraSettings) -> list[int | str]:
    """The numbers of the webcams that there are or may be, and the stream of the settings."""
    numbers = webcams()
    found: list[int | str] = list(range(_TRIED)) if numbers is None else [n for n in numbers if _takes_pictures(n)]
    source = settings.source
    if isinstance(source, str) and "://" in source and open_source(source, camera=settings).is_live:
        found.append(source)
    return found


def look_at_cameras(settings: CameraSettings) -> Iterator[FoundCamera]:
    """Every camera, one after the other, as each is found; a number behind which there is nothing is left out.

    Args:
        settings: The size and rate to ask for; a camera gives what it can.
    """
    is_known = webcams() is not None
    for source in camera_sources(settings):
        found = look_at(source, settings)
        if found.problem is None or is_known or isinstance(source, str):
            yield found


def look_at(source: int | str, settings: CameraSettings) -> FoundCamera:
    """Watch one camera for a moment."""
    name = maker_name(source)
    try:
        with open_source(source, camera=settings) as camera:
            first = camera.read(timeout=settings.lost_after)
            if first is None:
                raise VideoError(f"{camera.name.capitalize()} sends no picture.")
            last, pictures = first, 0
            while last.time - first.time < _WATCHED and (frame := camera.read(timeout=1.0)) is not None:
                last, pictures = frame, pictures + 1
            fps = pictures / (last.time - first.time) if pictures else 0.0
            return FoundCamera(source, name, camera.width_px, camera.height_px, fps)
    except KdanceError as error:
        return FoundCamera(source, name, problem=error.message, hint=error.hint or "")


def maker_name(source: int | str) -> str:
    """What Linux calls a webcam; empty elsewhere, and for a stream."""
    if not isinstance(source, int):
        return ""
    return _told(source, "name")


def _takes_pictures(number: int) -> bool:
    """Whether a device is a webcam's first: its others give what is known of the pictures, or the same again."""
    return _told(number, "index") in ("", "0")


def _told(number: int, what: str) -> str:
    try:
        return (_SYSTEM / f"video{number}" / what).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
