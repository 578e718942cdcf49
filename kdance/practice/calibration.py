"""Use case: how late this camera sees what the dancer does to the music, measured with arm raises on clicks.

The time of a frame is when it came out of the camera, which is later than when the light fell in; and wireless
loudspeakers sound later than the sound device says. Both make the dancer look late by the same amount in every frame,
whatever they dance. ``position_at(moment of a frame - delay)`` is the second of the song that the dancer was at.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final, Literal, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kdance.audio.runs import Run
from kdance.errors import KdanceError
from kdance.motion.delay import LATEST, Delay, measure_delay, wrist_heights
from kdance.pose import FloatArray, Frame, Pose, PoseSequence
from kdance.practice.clocks import CLOCK, Clock
from kdance.practice.contract import CalibrationView
from kdance.store.json_file import read_json_file, write_json_file

Estimate = Callable[[Frame], Pose | None]

INTERVAL: Final = 1.0  # seconds between two clicks; the arm has time to come down again
LISTENING: Final = 2  # clicks to hear how fast they come; raises on them don't count
RAISES: Final = 10
CLICKS: Final = tuple(INTERVAL * (number + 1) for number in range(LISTENING + RAISES))
END: Final = CLICKS[-1] + LATEST + 0.3  # seconds; the last raise may be late, and has to arrive
FEWEST: Final = 6  # of the ten
# People who listen scatter by 0.03 to 0.05 s. Simulated: these three limits let 0.8 % of arms with a beat of their own
# (near the clicks') through, and 81 to 100 % of people, also with one raise far off or three missed.
LARGEST_SPREAD: Final = 0.07
NEAR: Final = 0.12
NEAR_SHARE: Final = 0.8
_WAIT_S: Final = 0.01
_VERSION: Final = 1


class LiveSource(Protocol):
    """The camera; see :class:`kdance.capture.frames.FrameSource`."""

    @property
    def name(self) -> str:
        """What the delay is stored under."""

    @property
    def is_live(self) -> bool:
        """Whether frames come at their own pace."""

    @property
    def ended(self) -> bool:
        """Whether there will be no more frames."""

    def moment_of(self, time: float) -> float:
        """``time.monotonic()`` when the frame of that time was grabbed."""

    def read(self, timeout: float = 0.0) -> Frame | None:
        """The newest frame, or ``None``."""


class Sound(Protocol):
    """Plays the clicks and knows when they are heard; see :class:`kdance.audio.playback.Playback`."""

    @property
    def problem(self) -> str | None:
        """Why nothing is heard."""

    def play(self, run: Run) -> None:
        """As soon as possible."""

    def stop(self) -> None:
        """Silence."""

    def position_at(self, moment: float) -> float:
        """Seconds of what is heard at ``time.monotonic() == moment``."""


class Interruption(Protocol):
    """Ctrl-C; see :class:`kdance.practice.signals.StopSignals`."""

    @property
    def received(self) -> bool:
        """Whether it was pressed."""


class Calibration(BaseModel):
    """How late a camera is.

    Attributes:
        camera: Its name.
        delay: Seconds from a moment of the song to the time of the frame that shows what was danced to it.
        spread: Seconds that single raises scatter about it, as a standard deviation.
        raises: How many it was measured with: raises of an arm, or changes of the screen.
        way: Which of them.
        measured_at: ISO 8601.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    camera: str
    delay: Annotated[float, Field(ge=-1, le=1)]
    spread: Annotated[float, Field(ge=0, le=1)]
    raises: Annotated[int, Field(gt=0)]
    measured_at: str
    way: Literal["raises", "flashes"] = "raises"


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: Literal[1] = _VERSION
    cameras: dict[str, Calibration] = {}


def calibrate(
    source: LiveSource,
    estimate: Estimate,
    sound: Sound,
    view: CalibrationView,
    signals: Interruption,
    *,
    clock: Clock = CLOCK,
) -> Calibration | None:
    """Play clicks, watch the arms, and say how late they are seen.

    Args:
        source: An open camera.
        estimate: Finds the body in a frame.
        sound: Plays the clicks; nothing else is to be heard.
        view: The window, or nothing.
        signals: Ctrl-C.
        clock: The time that ``source`` and ``sound`` go by, and the date to keep.

    Returns:
        ``None`` when the dancer left before the last click.

    Raises:
        KdanceError: Nothing can be heard, it isn't a camera, or the raises are too few or too scattered.
        CameraLostError: The camera stopped sending pictures.
    """
    if not source.is_live:
        raise KdanceError(f"{source.name} is a recording: only a camera has a delay to measure.", "Give --camera 0.")
    _require_sound(sound)
    begun = clock.today()
    sound.play(Run(start=END, end=END, lead_in=END, clicks=CLICKS))
    try:
        take = _watch(source, estimate, sound, view, signals, clock.now)
    finally:
        sound.stop()
    if take is None:
        return None
    _require_sound(sound)  # it may have gone meanwhile
    delay = _delay_of(take)
    return Calibration(
        camera=source.name,
        delay=round(delay.median, 4),
        spread=round(delay.spread, 4),
        raises=delay.found,
        measured_at=begun.isoformat(timespec="seconds"),
    )


def _require_sound(sound: Sound) -> None:
    if sound.problem is not None:
        raise KdanceError(
            f"The clicks can't be heard: {sound.problem.partition(':')[0].lower()}.",
            "Plug in a loudspeaker and try again.",
        )


def _watch(
    source: LiveSource,
    estimate: Estimate,
    sound: Sound,
    view: CalibrationView,
    signals: Interruption,
    now: Callable[[], float],
) -> PoseSequence | None:
    """The dancer from the first click to the last, times in seconds of what is heard; ``None`` when they left."""
    poses: list[Pose | None] = []
    times: list[float] = []
    while (heard := sound.position_at(now())) < END and not source.ended:
        if signals.received or view.wants_to_quit:
            return None
        frame = source.read(timeout=_WAIT_S)
        if frame is not None:
            pose = estimate(frame)
            position = sound.position_at(source.moment_of(frame.time))
            if not times or position > times[-1]:
                poses.append(pose)
                times.append(position)
            view.show_calibration(frame, pose, sum(click <= heard for click in CLICKS), len(CLICKS))
        view.poll()
    return PoseSequence.from_poses(poses, times)


def _delay_of(take: PoseSequence) -> Delay:
    clicks: FloatArray = np.array(CLICKS[LISTENING:])
    delay = measure_delay(clicks, take.times, wrist_heights(take.landmarks))
    if delay.found < FEWEST:
        raise KdanceError(
            f"Only {delay.found} of {RAISES} arm raises were seen.",
            "Stand where the camera sees you from your hips to your raised hands, let the arm hang between the "
            "clicks, and swing it up well above your shoulder on each.",
        )
    near = delay.within(NEAR)
    if delay.spread > LARGEST_SPREAD or near < max(FEWEST, NEAR_SHARE * delay.found):
        raise KdanceError(
            f"Only {near} of {delay.found} arm raises kept about the same distance to their clicks.",
            "Listen to the first clicks, then swing an arm up with each: your hand passes your shoulder as it clicks.",
        )
    return delay


def load_calibration(path: Path, camera: str) -> Calibration | None:
    """What is known of a camera; ``None`` when it was never measured.

    Raises:
        KdanceError: The file can't be read, or is damaged.
    """
    file = _load(path)
    if file is None:
        raise KdanceError(
            f"The measured delay of your camera, {path}, is damaged.", "Measure it again: kdance calibrate"
        )
    return file.cameras.get(camera)


def save_calibration(path: Path, calibration: Calibration) -> None:
    """Keep what was measured, beside that of other cameras; a damaged file is replaced.

    Raises:
        KdanceError: The file can't be read or written.
    """
    file = _load(path) or _File()  # what a damaged one held is lost either way
    file.cameras[calibration.camera] = calibration
    write_json_file(path, file)


def _load(path: Path) -> _File | None:
    """All that was kept; ``None`` where the file is damaged."""
    stored = read_json_file(path)
    try:
        return _File() if stored is None else _File.model_validate_json(stored)
    except ValidationError:
        return None
