"""Signs that are given to the camera where nobody dances: at the end of a dance, and where one is chosen."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import ExitStack

from kdance.capture.frames import open_source
from kdance.capture.pose_extraction import open_pose_estimator
from kdance.config import Settings
from kdance.errors import KdanceError
from kdance.motion.gestures import Signs, right_hand_is_higher
from kdance.practice.pipeline import PosePipeline

_log = logging.getLogger(__name__)


class SignWatch:
    """Looks for signs in front of the camera, with the lighter network; where the camera is gone nothing is seen.

    Args:
        stack: Closes camera and network.
        source: The camera.
        settings: How it is opened.
        keys: The key that each sign stands for: ``both_up``, ``crossed``, and ``one_up`` or, where the side matters,
            ``left_up`` and ``right_up``.
    """

    def __init__(self, stack: ExitStack, source: int | str, settings: Settings, keys: Mapping[str, str]) -> None:
        self._signs = Signs()
        self._keys = keys
        self._pipeline: PosePipeline | None = None
        try:
            camera = stack.enter_context(open_source(source, camera=settings.camera))
            estimator = stack.enter_context(open_pose_estimator("lite", min_confidence=settings.pose.min_confidence))
            self._pipeline = stack.enter_context(PosePipeline(camera, estimator.estimate))
        except KdanceError as error:
            _log.warning("no signs, keys only: %s", error)

    @property
    def sees(self) -> bool:
        """Whether there is a camera that signs can be given to."""
        return self._pipeline is not None

    @property
    def share(self) -> float:
        """0..1 how much of the time is done of the sign that is held."""
        return self._signs.share

    def given(self) -> tuple[str, ...]:
        """The key that a sign stands for, if one was given."""
        if self._pipeline is None:
            return ()
        try:
            seen = self._pipeline.read(0)
        except KdanceError as error:
            _log.warning("no more signs, keys only: %s", error)
            self._pipeline = None
            return ()
        if seen is None:
            return ()
        landmarks = None if seen.pose is None else seen.pose.landmarks
        sign = self._signs.update(landmarks, seen.frame.time)
        if sign is None or landmarks is None:
            return ()
        self._signs.reset()
        side = "right_up" if right_hand_is_higher(landmarks) else "left_up"
        names = ("one_up", side) if sign == "one_up" else (sign,)
        return tuple(self._keys[name] for name in names if name in self._keys)
