"""Before the music: the dancer steps back, and kdance looks whether they can be seen."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Final, cast

from kdance.capture.brightness import mean_brightness
from kdance.choices import Turn
from kdance.motion.gestures import StartGesture
from kdance.motion.setup_check import Setup, SetupWatch, check_setup
from kdance.motion.upright import UprightWatch
from kdance.practice.state import SetupState

if TYPE_CHECKING:
    from collections.abc import Callable

    from kdance.capture.frames import FrameSource
    from kdance.practice.contract import PracticeView
    from kdance.practice.pipeline import PosePipeline, Seen
    from kdance.practice.session import Session
    from kdance.practice.signals import StopSignals

_WAIT_S: Final = 0.01
# A dancer at the edge of what is right would see the words flicker: they wait for a while of the same.
_WORSE_S: Final = 0.15
_OTHERWISE_S: Final = 0.7


class SteadySetup:
    """The checks as they are shown: changed when the frames have said something else for a while."""

    def __init__(self) -> None:
        self._shown = Setup(())
        self._agreed: float | None = None

    def update(self, setup: Setup, time: float) -> Setup:
        """What to show.

        Args:
            setup: The checks of a frame.
            time: Seconds of the frame, later than the frame before.
        """
        is_worse = self._shown.is_ready and not setup.is_ready
        patience = _WORSE_S if is_worse else _OTHERWISE_S
        if _is_alike(setup, self._shown) or self._agreed is None or time - self._agreed >= patience:
            self._shown, self._agreed = setup, time
        return self._shown


def _is_alike(setup: Setup, other: Setup) -> bool:
    """Whether two setups differ by no more than a figure in their findings."""
    said, otherwise = ([(check.name, check.ok, check.advice) for check in s.checks] for s in (setup, other))
    return said == otherwise


def check_dancer(
    source: FrameSource,
    pipeline: PosePipeline,
    view: PracticeView,
    signals: StopSignals,
    seconds: float,
    *,
    gestures: bool,
    half_body: bool = False,
    rotate: Turn = 0,
    has_others: Callable[[], bool] = lambda: False,
) -> bool:
    """Wait until the dancer can be seen well, or says that it shall begin; whether they still want to dance.

    Args:
        source: The camera.
        pipeline: Its frames and poses.
        view: Shows what is wrong, and hears space.
        signals: Ctrl-C.
        seconds: How long all has to be well before it begins by itself.
        gestures: Whether raising both hands begins it.
        half_body: Whether the dance itself shows no legs.
        rotate: Degrees by which the pictures are turned already.
        has_others: Tells whether the dancer is being kept apart from others in the picture.
    """
    watch, steady, gesture, upright = SetupWatch(seconds), SteadySetup(), StartGesture(), UprightWatch()
    while not (signals.received or view.wants_to_quit or pipeline.ended):
        seen = pipeline.read(_WAIT_S)
        view.poll()
        if "space" in view.take_keys():
            return True
        if seen is None:
            continue
        landmarks = None if seen.pose is None else seen.pose.landmarks
        turn = upright.update(landmarks, seen.frame.time)
        needed = None if turn == 0 else cast(Turn, (rotate + turn) % 360)
        setup = _setup_of(seen, source, half_body=half_body, rotate=needed)
        held = watch.update(setup, seen.frame.time)
        shown = steady.update(setup, seen.frame.time)
        raised = gestures and gesture.update(landmarks, seen.frame.time)
        share = watch.share if shown.is_ready else 0.0
        left = ceil(seconds * (1 - share))
        state = SetupState(shown, share, left, gesture.share if gestures else 0.0, has_others())
        view.show_setup(seen.frame, seen.pose, state)
        if held or raised:
            return True
    return False


def _setup_of(seen: Seen, source: FrameSource, *, half_body: bool, rotate: Turn | None) -> Setup:
    """The checks of a frame."""
    height, width = seen.frame.image.shape[:2]
    return check_setup(
        None if seen.pose is None else seen.pose.landmarks,
        width_px=width,
        height_px=height,
        brightness=mean_brightness(seen.frame.image),
        fps=source.fps,
        half_body=half_body,
        rotate=rotate,
    )


def count_down(session: Session, source: FrameSource, pipeline: PosePipeline) -> bool:
    """Give the dancer time to step back, without a look at them; whether they still want to dance."""
    view, clock = session.room.view, session.clock
    end = clock.now() + session.options.countdown
    while (left := end - clock.now()) > 0:
        seen = pipeline.read(_WAIT_S) if source.is_live else None
        view.count_down(None if seen is None else seen.frame, ceil(left))
        view.poll(1 if source.is_live else 20)
        if not source.is_live:
            clock.sleep(min(_WAIT_S, left))
        if session.signals.received or view.wants_to_quit:
            return False
    return True
