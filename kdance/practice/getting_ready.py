"""Before the music: the dancer steps back, and kdance looks whether they can be seen."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING

from kdance.motion.gestures import StartGesture
from kdance.motion.setup_check import Setup, SetupWatch, check_setup
from kdance.video.brightness import mean_brightness

if TYPE_CHECKING:
    from kdance.practice.pipeline import PosePipeline, Seen
    from kdance.practice.view import PracticeView
    from kdance.take import StopSignals
    from kdance.video.frames import FrameSource

_WAIT_S = 0.01


@dataclass(slots=True)
class SetupState:
    """What the set-up check has found by now.

    Attributes:
        setup: The checks of the newest frame.
        headline: The one thing to do now.
        share: How much of the time until the start is done, 0..1.
        seconds_left: Until it starts by itself, when it is going to.
        gesture_share: How much of the start gesture is done, 0..1.
        fps: The camera's.
        size: Width and height of its picture, pixels.
        notes: Short words on what is unusual.
    """

    setup: Setup = field(default_factory=lambda: Setup(()))
    headline: str = ""
    share: float = 0.0
    seconds_left: int = 0
    gesture_share: float = 0.0
    fps: float = 0.0
    size: tuple[int, int] = (0, 0)
    notes: tuple[str, ...] = ()


def check_dancer(
    source: FrameSource,
    pipeline: PosePipeline,
    view: PracticeView,
    signals: StopSignals,
    seconds: float,
    *,
    gestures: bool,
) -> bool:
    """Wait until the dancer can be seen well, or says that it shall begin; whether they still want to dance.

    Args:
        source: The camera.
        pipeline: Its frames and poses.
        view: Shows what is wrong, and hears space.
        signals: Ctrl-C.
        seconds: How long all has to be well before it begins by itself.
        gestures: Whether raising both hands begins it.
    """
    watch, gesture, state = SetupWatch(seconds), StartGesture(), SetupState()
    while not (signals.received or view.wants_to_quit or pipeline.ended):
        seen = pipeline.read(_WAIT_S)
        view.poll()
        if "space" in view.take_keys():
            return True
        if seen is None:
            continue
        held = _look(seen, source, watch, state)
        landmarks = None if seen.pose is None else seen.pose.landmarks
        raised = gestures and gesture.update(landmarks, seen.frame.time)
        state.gesture_share = gesture.share if gestures else 0.0
        state.seconds_left = ceil(seconds * (1 - state.share))
        state.notes = ("light model",) if pipeline.is_light else ()
        view.show_setup(seen.frame, seen.pose, state)
        if held or raised:
            return True
    return False


def _look(seen: Seen, source: FrameSource, watch: SetupWatch, state: SetupState) -> bool:
    """Take a frame in; whether all has been well for long enough."""
    height, width = seen.frame.image.shape[:2]
    state.fps, state.size = source.fps, (width, height)
    state.setup = check_setup(
        None if seen.pose is None else seen.pose.landmarks,
        width_px=width,
        height_px=height,
        brightness=mean_brightness(seen.frame.image),
        fps=source.fps,
    )
    held = watch.update(state.setup, seen.frame.time)
    state.headline, state.share = watch.headline, watch.share
    return held


def count_down(
    source: FrameSource, pipeline: PosePipeline, view: PracticeView, signals: StopSignals, seconds: float
) -> bool:
    """Give the dancer time to step back, without a look at them; whether they still want to dance."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        seen = pipeline.read(_WAIT_S) if source.is_live else None
        view.count_down(None if seen is None else seen.frame, ceil(left))
        view.poll(1 if source.is_live else 20)
        if not source.is_live:
            time.sleep(min(_WAIT_S, left))
        if signals.received or view.wants_to_quit:
            return False
    return True
