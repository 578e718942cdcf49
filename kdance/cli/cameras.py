"""The camera in use: whether it is one, how late it is, and how that is measured."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from kdance.cli.common import may_open_window, told_window
from kdance.errors import KdanceError

if TYPE_CHECKING:
    from kdance.choices import Turn
    from kdance.config import Home, Settings
    from kdance.practice.calibration import Calibration
    from kdance.practice.contract import CalibrationView


def is_live(settings: Settings) -> bool:
    """Whether the pictures come from a camera or a stream, and not from a file."""
    from kdance.capture.frames import open_source

    return open_source(settings.camera.source, camera=settings.camera).is_live


def turned_camera(settings: Settings, rotate: Turn | None) -> Settings:
    """The settings with what ``--rotate`` says; what ``config.yaml`` says is true of the camera, and of no file."""
    if rotate is None and not is_live(settings):
        rotate = 0
    return settings.changed(camera={"rotate": rotate})


def latency_of(home: Home, settings: Settings) -> float | None:
    """Seconds that the camera in use lags behind, where that was measured."""
    from kdance.capture.frames import open_source
    from kdance.cli import console
    from kdance.practice.calibration import load_calibration

    camera = open_source(settings.camera.source, camera=settings.camera).name
    try:
        found = load_calibration(home.calibration, camera)
    except KdanceError as error:  # no reason not to dance
        console.note(str(error))
        return None
    return None if found is None else found.delay


def calibrate_camera(home: Home, settings: Settings, *, window: bool, flashes: bool = False) -> Calibration | None:
    """Measure the delay of the camera in use and keep it; ``None`` when the dancer left.

    Args:
        home: Where it is kept.
        settings: The camera.
        window: Whether one is wanted.
        flashes: Whether to go by flashes of the window; so it does where no click can be heard.
    """
    from kdance.audio.playback import open_playback
    from kdance.capture.frames import open_source
    from kdance.capture.pose_extraction import open_pose_estimator
    from kdance.practice.calibration import calibrate, save_calibration
    from kdance.practice.contract import NoView
    from kdance.practice.flash_calibration import calibrate_by_flashes
    from kdance.practice.signals import StopSignals
    from kdance.window.calibration_window import CalibrationWindow
    from kdance.words.phrases import load_phrases

    screen_wanted = may_open_window(window, live=True, command="kdance calibrate")
    phrases = load_phrases(settings.feedback.language)
    with ExitStack() as stack:
        signals = stack.enter_context(StopSignals())
        source = stack.enter_context(open_source(settings.camera.source, camera=settings.camera))
        sound = stack.enter_context(open_playback(None))
        if screen_wanted:
            opened = stack.enter_context(told_window("kdance - calibrate", settings))
            screen = CalibrationWindow(opened, phrases, flip=settings.camera.flip)
        if screen_wanted and (flashes or sound.problem is not None):
            found = calibrate_by_flashes(source, screen, signals)
        elif flashes:
            raise KdanceError("Flashes need a window.", "Leave out --no-window, or leave out --flashes.")
        else:
            estimator = stack.enter_context(
                open_pose_estimator(settings.pose.model, min_confidence=settings.pose.min_confidence)
            )
            view: CalibrationView = screen if screen_wanted else NoView()
            found = calibrate(source, estimator.estimate, sound, view, signals)
    if found is not None:
        save_calibration(home.calibration, found)
    return found
