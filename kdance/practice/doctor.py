"""Whether this computer is ready to dance: each thing that kdance needs is tried for real."""

from __future__ import annotations

import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from importlib.resources import as_file, files
from itertools import islice
from statistics import median
from typing import Final, Literal

from kdance.audio.ffmpeg import ffmpeg_path
from kdance.audio.playback import open_playback
from kdance.capture.frames import open_source
from kdance.capture.pose_extraction import open_pose_estimator
from kdance.config import Home, Settings
from kdance.dance.references import list_references
from kdance.errors import KdanceError
from kdance.practice.calibration import load_calibration
from kdance.practice.clocks import CLOCK, Clock
from kdance.practice.installation import check_networks, check_packages
from kdance.practice.pipeline import SLOW_S
from kdance.practice.system_libraries import how_to_install, missing_libraries

_PACKAGES: Final = (
    "kdance",
    "mediapipe",
    "opencv-contrib-python",
    "numpy",
    "sounddevice",
    "openai",
)
State = Literal["good", "note", "broken"]

_LOW_SPACE: Final = 500_000_000  # bytes: a reference of a three-minute song takes about a tenth of it
_PICTURES: Final = 30  # of the built-in dance, to see how fast the pose network is
_WATCHED: Final = 2.0  # seconds in front of the camera
_FIRST_PICTURE: Final = 5.0  # seconds to wait for it
_SLOW_FPS: Final = 20


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found of one thing.

    Attributes:
        what: The thing.
        state: ``good``; ``note`` where dancing goes on without it; ``broken`` where it doesn't.
        text: What was found.
        hint: What mends it; may be empty.
    """

    what: str
    state: State
    text: str
    hint: str = ""


def examine(
    home: Home,
    settings: Settings,
    *,
    can_open_window: Callable[[], bool],
    look_at_ai: Callable[[], Diagnosis],
    clock: Clock = CLOCK,
) -> Iterator[Diagnosis]:
    """Try one thing after the other; each is told as soon as it is known.

    Args:
        home: Where references and sessions are kept.
        settings: Which camera and which pose network.
        can_open_window: Looks whether there is a display to open a window on.
        look_at_ai: Looks at how the AI coach is set up.
        clock: Tells how fast the pose network is.
    """
    looks: tuple[tuple[str, State, Callable[[], Diagnosis]], ...] = (
        ("libraries", "broken", _libraries),
        ("packages", "broken", lambda: Diagnosis("packages", "good", check_packages())),
        ("networks", "broken", lambda: Diagnosis("networks", "good", check_networks())),
        ("storage", "broken", lambda: _storage(home)),
        ("dances", "note", lambda: _dances(home)),
        ("pose network", "broken", lambda: _pose_network(settings, clock)),
        ("camera", "broken", lambda: _camera(home, settings)),
        ("window", "note", lambda: _window(can_open_window)),
        ("sound device", "note", _sound_device),
        ("ffmpeg", "note", _ffmpeg),
        ("AI coach", "broken", look_at_ai),
    )
    for what, if_not, look in looks:
        try:
            yield look()
        except KdanceError as error:
            yield Diagnosis(what, if_not, error.message, error.hint)


def machine() -> dict[str, object]:
    """What a report of a mistake has to say of the computer; nothing of its owner."""
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "packages": {name: metadata.version(name) for name in _PACKAGES},
    }


def _libraries() -> Diagnosis:
    missing = missing_libraries()
    if not missing:
        return Diagnosis("libraries", "good", "the system has all that is needed")
    names, is_needed = ", ".join(library.file for library in missing), any(library.is_needed for library in missing)
    return Diagnosis("libraries", "broken" if is_needed else "note", f"missing: {names}", how_to_install(missing))


def _storage(home: Home) -> Diagnosis:
    try:
        home.data.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home.data):
            free = shutil.disk_usage(home.data).free
    except OSError as error:
        raise KdanceError(
            f"Nothing can be written to {home.data}: {error.strerror}.",
            "Choose another folder with KDANCE_HOME, or make room there.",
        ) from error
    text = f"{home.data}, {free / 1e9:.0f} GB free"
    if free < _LOW_SPACE:
        return Diagnosis("storage", "note", text, "Make room: a dance takes 10 to 50 MB a minute.")
    return Diagnosis("storage", "good", text)


def _dances(home: Home) -> Diagnosis:
    found = list_references(home.references)
    damaged = [entry for entry in found if isinstance(entry, KdanceError)]
    if damaged:
        raise damaged[0]
    if not found:
        return Diagnosis(
            "dances", "note", "none yet", "Make one of a video: kdance preprocess VIDEO, or see kdance demo"
        )
    return Diagnosis("dances", "good", "1 reference" if len(found) == 1 else f"{len(found)} references")


def _pose_network(settings: Settings, clock: Clock) -> Diagnosis:
    """Load it, and look at pictures of the built-in dance; where it is slow, try whether the lighter one would do."""
    took = _seconds_a_picture(settings.pose.model, settings, clock)
    text = f"{settings.pose.model}: {_speed(took)}"
    if took <= SLOW_S:
        return Diagnosis("pose network", "good", text)
    if settings.pose.model != "lite":
        lite = _seconds_a_picture("lite", settings, clock)
        if lite < took:
            return Diagnosis("pose network", "note", f"{text}; lite: {_speed(lite)}", "Set pose.model to lite.")
    return Diagnosis("pose network", "note", text, "Close other programs.")


def _seconds_a_picture(model: str, settings: Settings, clock: Clock) -> float:
    times = []
    with (
        as_file(files("kdance") / "demo" / "demo.mp4") as clip,
        open_source(clip, camera=settings.camera) as source,
        open_pose_estimator(model, min_confidence=settings.pose.min_confidence) as estimator,
    ):
        for frame in islice(source, _PICTURES):
            begun = clock.stopwatch()
            estimator.estimate(frame)
            times.append(clock.stopwatch() - begun)
    return median(times)


def _speed(took: float) -> str:
    return f"{1000 * took:.0f} ms a picture, so up to {1 / took:.0f} a second"


def _camera(home: Home, settings: Settings) -> Diagnosis:
    """Watch it for a moment."""
    with open_source(settings.camera.source, camera=settings.camera) as source:
        if not source.is_live:
            return Diagnosis("camera", "good", f"a video in its place, {source.width_px} x {source.height_px}")
        first = source.read(timeout=_FIRST_PICTURE)
        if first is None:
            raise KdanceError(f"{source.name.capitalize()} sends no picture.", "Try another with --camera.")
        last, pictures = first, 0
        while last.time - first.time < _WATCHED and (frame := source.read(timeout=1.0)) is not None:
            last, pictures = frame, pictures + 1
        fps = pictures / max(last.time - first.time, 1 / settings.camera.fps)
        text = f"{source.name}: {source.width_px} x {source.height_px}, {fps:.0f} fps"
    if fps < _SLOW_FPS:
        return Diagnosis("camera", "note", text, "More light, or closing other programs, may help.")
    delay = load_calibration(home.calibration, source.name)
    if delay is None:
        return Diagnosis("camera", "good", text, "How late it is, is not measured: kdance calibrate")
    return Diagnosis("camera", "good", f"{text}, {1000 * delay.delay:.0f} ms late as measured")


def _window(can_open_window: Callable[[], bool]) -> Diagnosis:
    if can_open_window():
        return Diagnosis("window", "good", "can be opened")
    return Diagnosis("window", "note", "There is no display.", "Dance without a window: kdance train NAME --no-window")


def _sound_device() -> Diagnosis:
    with open_playback(None, muted=True) as playback:
        if playback.problem is not None:
            return Diagnosis(
                "sound device",
                "note",
                playback.problem,
                "Plug in headphones or speakers.",
            )
    return Diagnosis("sound device", "good", "can be opened")


def _ffmpeg() -> Diagnosis:
    ffmpeg_path()
    return Diagnosis("ffmpeg", "good", "there, for the sound of videos and for recordings")
