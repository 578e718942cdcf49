"""Gesture dances as clips: the upper half of a rendered dance, slowed down, with hands drawn that form gestures.

The hands are those of :mod:`tests.gesture_factory`, drawn as shaded fingers and palms on the true wrists; the hands
that were rendered, which are always open, are painted over first. The network finds them as it finds people's.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

import kdance.capture  # noqa: F401 - keeps OpenCV quiet, which has to be said before it is loaded
from kdance.pose import FloatArray
from tests.gesture_factory import hands_in

import cv2  # isort: skip

WIDTH, HEIGHT, FPS = 640, 480, 15.0
_CROP = (110, 20, 440, 330)  # of the clips of 640x480: left, top, width, height
_SKIN = np.array([150.0, 185.0, 222.0])  # BGR
_FINGERS = [list(range(first, first + 4)) for first in (1, 5, 9, 13, 17)]
_PALM = [0, 1, 5, 9, 13, 17]
_HAND = 0.5  # of a forearm
_FINER: Final = 4  # drawn so much larger, for smooth edges


def write_gesture_clip(
    path: Path, clip: Path, gestures: int | None, *, start: float = 6.0, seconds: float = 24.0, slower: float = 3.0,
    swapped: bool = False,
) -> Path:  # fmt: skip
    """Write a clip of a gesture dance.

    Args:
        path: Of the new clip.
        clip: A rendered one, with its true joints beside it (``NAME.npz``).
        gestures: Which sequence of gestures; ``None`` for no hands at all.
        start: Second of the rendered clip that it begins at.
        seconds: Length of the new clip.
        slower: How much slower its arms are: in such a dance the hands move more than they.
        swapped: Whether left and right hand change their gestures, as where the body dances the mirror image.
    """
    with np.load(clip.with_suffix(".npz")) as truth:
        names, times = list(truth["joint_names"]), truth["t"]
        ends = [[names.index(f"{side}_{end}") for side in ("left", "right")] for end in ("elbow", "wrist")]
        scale = WIDTH / _CROP[2]
        elbows, wrists = ((truth["joints2d"][:, rows] - _CROP[:2]) * scale for rows in ends)
    length = float(np.median(np.linalg.norm(wrists - elbows, axis=-1)))
    moments = np.arange(round(seconds * FPS)) / FPS
    frames = np.searchsorted(times, start + moments / slower - 1e-6)
    angles = np.arctan2(*(wrists - elbows)[frames].transpose(2, 0, 1)[::-1])
    hands = None if gestures is None else hands_in(moments, angles, gestures, swapped=swapped) * _HAND * length
    source = cv2.VideoCapture(str(clip))
    images = [source.read()[1] for _ in range(int(frames.max()) + 1)]
    source.release()
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), FPS, (WIDTH, HEIGHT))
    left, top, width, height = _CROP
    for row, frame in enumerate(frames):
        half = images[frame][top : top + height, left : left + width]
        image = cv2.resize(half, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
        for side in (0, 1):
            wrist = wrists[frame, side]
            image = _without_hand(image, wrist, wrist - elbows[frame, side], length)
            if hands is not None:
                points = hands[row, side].copy()
                points[:, :2] += wrist
                draw_hand(image, points, _HAND * length)
        writer.write(image)
    writer.release()
    return path


def draw_hand(image: np.ndarray, points: FloatArray, size: float) -> None:
    """Draw (21, 3) points of a hand, pixels and depth, into a picture; ``size`` is its length in pixels."""
    low = np.maximum(np.floor(points[:, :2].min(0) - size / 2).astype(int), 0)
    high = np.minimum(np.ceil(points[:, :2].max(0) + size / 2).astype(int), image.shape[1::-1])
    if (high - low < 8).any():
        return
    room = image[low[1] : high[1], low[0] : high[0]]
    large = cv2.resize(room, None, fx=_FINER, fy=_FINER, interpolation=cv2.INTER_CUBIC)
    places = ((points[:, :2] - low) * _FINER).astype(np.int32)
    bones = [(a, b, finger.index(b)) for finger in _FINGERS for a, b in pairwise(finger)]
    parts = [(points[_PALM, 2].mean(), None), *((points[[a, b], 2].mean(), (a, b, at)) for a, b, at in bones)]
    for depth, bone in sorted(parts, key=lambda part: -part[0]):  # the farthest first
        color = np.clip(_SKIN * np.clip(1 - 0.25 * depth / size, 0.7, 1.1), 0, 255)
        for shade, more in ((0.62, 2 * _FINER), (1.0, 0)):
            drawn = tuple(float(value) for value in shade * color)
            if bone is None:
                palm = cv2.convexHull(places[_PALM])
                cv2.fillPoly(large, [palm], drawn, cv2.LINE_AA)
                cv2.polylines(large, [palm], True, drawn, int(_FINER * size * 0.2) + more, cv2.LINE_AA)
            else:
                a, b, at = bone
                width = int(_FINER * size * (0.2 if a < 4 else 0.17) * (1.08 - 0.12 * at)) + more
                cv2.line(large, places[a].tolist(), places[b].tolist(), drawn, width, cv2.LINE_AA)
    room[:] = cv2.resize(large, room.shape[1::-1], interpolation=cv2.INTER_AREA)


def _without_hand(image: np.ndarray, wrist: FloatArray, forearm: FloatArray, length: float) -> np.ndarray:
    """The picture with what is beyond a wrist painted over from around it."""
    ahead = forearm / max(float(np.linalg.norm(forearm)), 1.0) * length
    mask = np.zeros(image.shape[:2], np.uint8)
    cv2.circle(mask, np.rint(wrist + 0.42 * ahead).astype(int).tolist(), round(0.46 * length), 255, -1)
    return np.asarray(cv2.inpaint(image, mask, 3, cv2.INPAINT_TELEA))
