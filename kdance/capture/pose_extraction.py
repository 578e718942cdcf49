"""Bodies and hands in a picture: the only importer of mediapipe.

The networks run in this process and nothing leaves it: see :mod:`kdance.capture.telemetry`.
"""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from kdance.capture.hand_crop import ARMS, Crop, hand_crop, is_own_hand
from kdance.capture.no_plots import without_matplotlib
from kdance.capture.quiet import quiet_stderr
from kdance.capture.telemetry import blocked_telemetry
from kdance.config import DEFAULTS, expanded
from kdance.errors import KdanceError
from kdance.motion.picture_points import placed
from kdance.pose import NUM_HAND_LANDMARKS, FloatArray, Frame, Pose

with without_matplotlib():
    import mediapipe as mp
    from mediapipe.tasks.python import BaseOptions, vision

MODELS: Final = Path(__file__).parent.parent / "models"
POSE_MODELS: Final = ("full", "lite")
EDGE: Final = 0.02
"""Share of the picture's width and height by which a landmark may miss it and still be seen: half of it is inside."""
HAND_CONFIDENCE: Final = 0.5
"""Below this the network sees no hand, 0..1."""
NO_AUTHORITIES: Final = Path(__file__).with_name("no_authorities.pem")  # an empty file; see telemetry

_log = logging.getLogger(__name__)


class _PrivateOptions(BaseOptions):  # type: ignore[misc]
    """Options under which MediaPipe's usage reports fail: no certificate authority is known."""

    def to_ctypes(self) -> Any:
        """The options for the C library, with a list of certificate authorities that is empty."""
        options = super().to_ctypes()
        options.ca_bundle_path = str(NO_AUTHORITIES).encode()
        return options


def model_path(model: str) -> Path:
    """The pose network's file.

    Args:
        model: ``full``, ``lite``, or the path of a MediaPipe pose ``.task`` file.

    Raises:
        KdanceError: There is no such file.
    """
    path = MODELS / f"pose_landmarker_{model}.task" if model in POSE_MODELS else expanded(Path(model))
    if not path.is_file() or path.suffix != ".task":
        raise KdanceError(
            f"There is no pose model '{model}'.",
            "pose.model in config.yaml is full, lite, or the path of a .task file.",
        )
    return path


def open_pose_estimator(
    model: str = DEFAULTS.pose.model, *, min_confidence: float = DEFAULTS.pose.min_confidence
) -> PoseEstimator:
    """An estimator of one body's pose in consecutive frames; it loads when entered with ``with``.

    Args:
        model: As for :func:`model_path`.
        min_confidence: Below this the network sees nobody, 0..1.

    Raises:
        KdanceError: There is no such model; on entering: it is not a pose model.
    """
    return PoseEstimator(model_path(model), min_confidence)


def open_hand_estimator() -> HandEstimator:
    """An estimator of a dancer's hands; it loads when entered with ``with``."""
    return HandEstimator(MODELS / "hand_landmarker.task", HAND_CONFIDENCE)


class _Estimator:
    """A landmarker's life: telemetry blocked, its lines off the terminal, closed idempotently."""

    def __init__(self, model: Path, min_confidence: float) -> None:
        self.model = model
        self.min_confidence = min_confidence
        self._landmarker: Any = None
        self._resources = ExitStack()
        self._has_spoken = False  # MediaPipe writes its last line to stderr when it first finds something

    def __enter__(self) -> Self:
        self.close()
        self._has_spoken = False
        with ExitStack() as stack:
            stack.enter_context(blocked_telemetry())
            options = _PrivateOptions(model_asset_path=str(self.model.resolve()))
            with quiet_stderr():
                self._landmarker = self._create(options)
            stack.callback(self._let_go)
            _log.info("loaded %s", self.model.name)
            self._resources = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the network; calling it again does nothing."""
        self._resources.close()

    def _let_go(self) -> None:
        # MediaPipe 1.2.3 writes two INFO lines when a landmarker is closed, and the object must not outlive the silence
        with quiet_stderr():
            self._landmarker.close()
            self._landmarker = None

    def _quiet(self) -> AbstractContextManager[None]:
        return nullcontext() if self._has_spoken else quiet_stderr()

    def _create(self, options: BaseOptions) -> Any:
        try:
            return self._landmarker_from(options)
        except (ValueError, RuntimeError, OSError) as error:
            raise KdanceError(
                f"{self.model} is not a model that kdance can use.",
                "Set pose.model in config.yaml to full or lite, or reinstall kdance if it is one of those.",
            ) from error

    def _landmarker_from(self, options: BaseOptions) -> Any:
        raise NotImplementedError


class PoseEstimator(_Estimator):
    """One body in consecutive frames; the network follows it from frame to frame."""

    def __enter__(self) -> Self:
        self._last_ms = -1
        return super().__enter__()

    def estimate(self, frame: Frame) -> Pose | None:
        """The body in a frame.

        Args:
            frame: Times must not go back; two frames of one millisecond are told apart.

        Returns:
            Landmarks in pixels of the picture, or ``None`` when nobody is seen.
        """
        self._last_ms = max(self._last_ms + 1, round(1000 * frame.time))
        image = _mediapipe_image(frame.image)
        with self._quiet():
            result = self._landmarker.detect_for_video(image, self._last_ms)
        if not result.pose_landmarks:
            return None
        self._has_spoken = True
        height, width = frame.image.shape[:2]
        found = [(point.x, point.y, point.z, point.visibility) for point in result.pose_landmarks[0]]
        points = np.array(found, np.float32)
        points[is_outside(points), 3] = 0.0
        world = [(point.x, point.y, point.z) for point in result.pose_world_landmarks[0]]
        return Pose(placed(points, scale=(width, height)), np.array(world, np.float32))

    def _landmarker_from(self, options: BaseOptions) -> Any:
        return vision.PoseLandmarker.create_from_options(
            vision.PoseLandmarkerOptions(
                base_options=options,
                running_mode=vision.RunningMode.VIDEO,
                min_pose_detection_confidence=self.min_confidence,
                min_pose_presence_confidence=self.min_confidence,
                min_tracking_confidence=self.min_confidence,
            )
        )


def is_outside(points: FloatArray) -> NDArray[np.bool_]:
    """(...) whether points lie beyond the edge of the picture; (..., 2 or more) shares of its width and height.

    The network guesses them and often calls them visible: 70 % of knees in clips that end at the thighs.
    """
    return np.asarray((np.abs(points[..., :2] - 0.5) > 0.5 + EDGE).any(-1))


class HandEstimator(_Estimator):
    """The two hands of a dancer whose pose is known.

    At dance distance a hand is too small for the network to find it in the whole picture, so it looks at a square
    around each wrist.
    """

    def estimate(self, frame: Frame, pose: Pose | None) -> FloatArray:
        """The hands in a frame.

        Returns:
            (2, 21, 3) float32; row 0 is the dancer's left hand, 1 the right; x, y in pixels, z on the scale of x from
            the wrist; NaN where no hand was found.
        """
        hands = np.full((2, NUM_HAND_LANDMARKS, 3), np.nan, np.float32)
        if pose is None:
            return hands
        height, width = frame.image.shape[:2]
        for row in range(len(ARMS)):
            crop = hand_crop(pose.landmarks, row, width=width, height=height)
            hand = None if crop is None else self._hand_in(frame.image, crop)
            if crop is not None and hand is not None and is_own_hand(hand[0, :2], pose.landmarks, row, crop):
                hands[row] = hand
        return hands

    def _hand_in(self, image: NDArray[np.uint8], crop: Crop) -> FloatArray | None:
        """(21, 3) the hand in a part of a picture, in pixels of the whole; ``None`` when there is none."""
        with self._quiet():
            result = self._landmarker.detect(_mediapipe_image(crop.of(image)))
        if not result.hand_landmarks:
            return None
        self._has_spoken = True
        points = np.array([(point.x, point.y, point.z) for point in result.hand_landmarks[0]], np.float32)
        return placed(points, scale=(crop.width, crop.height), target=(crop.left, crop.top))

    def _landmarker_from(self, options: BaseOptions) -> Any:
        return vision.HandLandmarker.create_from_options(
            vision.HandLandmarkerOptions(
                base_options=options,
                running_mode=vision.RunningMode.IMAGE,
                num_hands=1,
                min_hand_detection_confidence=self.min_confidence,
                min_hand_presence_confidence=self.min_confidence,
            )
        )


def _mediapipe_image(image: NDArray[np.uint8]) -> mp.Image:
    """MediaPipe's copy of a (H, W, 3) BGR picture."""
    return mp.Image(image_format=mp.ImageFormat.SRGB, data=cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
