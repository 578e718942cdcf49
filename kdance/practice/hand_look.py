"""Hands beside the body: looked for in the first frame of each half second."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import Self

from kdance.capture.pose_extraction import HandEstimator, open_hand_estimator
from kdance.motion.timeline import snapshot_index
from kdance.pose import Frame, Pose


class HandLook:
    """Looks for hands in the first frame of each half second, when that was asked for; a context manager."""

    def __init__(self, *, wanted: bool) -> None:
        self._wanted = wanted
        self._last = -1
        self._stack = ExitStack()
        self._estimator: HandEstimator | None = None

    def __enter__(self) -> Self:
        if self._wanted:
            self._estimator = self._stack.enter_context(open_hand_estimator())
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def at(self, frame: Frame, pose: Pose | None) -> Pose | None:
        """The pose with its hands, where this is a frame to look in."""
        moment = snapshot_index(frame.time)
        if self._estimator is None or pose is None or moment == self._last:
            return pose
        self._last = moment
        return replace(pose, hands=self._estimator.estimate(frame, pose))
