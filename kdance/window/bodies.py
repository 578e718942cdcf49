"""Two bodies beside each other: where they stand in their panes, and the angle of a joint written on them."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import cv2
import numpy as np

from kdance.motion.picture_points import placed
from kdance.pose import BONES, JOINTS, FloatArray, Landmark
from kdance.window.ghost import MIN_VISIBILITY, trunk_length
from kdance.window.layout import Rect
from kdance.window.palette import INK, WHITE, Color
from kdance.window.text import BOLD, Image, draw_text, text_width

FILLED: Final = 0.86
"""Share of a pane that a body takes at most."""
_SPREAD: Final = (1.0, 99.0)
"""Per cent of all places between which a whole take is framed: a glitch of the network doesn't make everybody small."""
_ARC: Final = 1.6  # radius, in heights of the number beside it
_ARC_OF_LIMB: Final = 0.5  # and no more than this share of the shorter limb
_AWAY: Final = 2.3  # of the number, likewise
_HEAD: Final = 0.24  # radius, of the trunk
_EARS: Final = [Landmark.LEFT_EAR, Landmark.RIGHT_EAR]
_PLACES: Final = 6  # around a joint; of more places the best one changes with every other frame
_JOINTS: Final = {joint.name: joint for joint in JOINTS}


class Extent(NamedTuple):
    """A part of a picture: x and y of its upper left and lower right corner, pixels."""

    low: FloatArray
    high: FloatArray


class Framing(NamedTuple):
    """How a picture's points come into a pane: this point into its middle, so much larger."""

    middle: FloatArray
    scale: float


def extent(landmarks: FloatArray) -> Extent:
    """The part of the picture in which a body is in all of some frames; nothing where nobody is.

    Args:
        landmarks: (..., 33, 4) in pixels of any picture.
    """
    seen = landmarks[(landmarks[..., 3] >= MIN_VISIBILITY) & np.isfinite(landmarks[..., :2]).all(-1)][:, :2]
    if not len(seen):
        return Extent(np.zeros(2), np.zeros(2))
    is_single = landmarks.ndim == 2
    low, high = (seen.min(0), seen.max(0)) if is_single else np.percentile(seen, _SPREAD, axis=0)
    return Extent(low, high)


def framing(shown: Extent, pane: Rect) -> Framing:
    """The framing that shows a part of a picture as large as a pane allows."""
    size = np.maximum(shown.high - shown.low, 1.0)
    scale = FILLED * min(pane.width / size[0], pane.height / size[1])
    return Framing((shown.low + shown.high) / 2, float(scale))


def equally_large(bodies: list[FloatArray], panes: list[Rect]) -> list[Framing]:
    """Framings of one frame each in which the trunks have one length, as far as they can be seen."""
    own = [framing(extent(body), pane) for body, pane in zip(bodies, panes, strict=True)]
    trunks = [float(trunk_length(body)) for body in bodies]
    if not all(trunk > 1 for trunk in trunks):
        return own
    length = min(found.scale * trunk for found, trunk in zip(own, trunks, strict=True))
    return [found._replace(scale=length / trunk) for found, trunk in zip(own, trunks, strict=True)]


def in_pane(landmarks: FloatArray, found: Framing, pane: Rect) -> FloatArray:
    """(33, 4) landmarks in pixels of a pane."""
    points = landmarks.astype(np.float64)
    return placed(points, origin=found.middle, scale=found.scale, target=(pane.width / 2, pane.height / 2))


def draw_head(picture: Image, landmarks: FloatArray, color: Color) -> None:
    """Draw a head around the ears; none where it isn't seen.

    Args:
        picture: (H, W, 3) BGR, changed in place.
        landmarks: (33, 4) in pixels of it.
        color: BGR.
    """
    trunk = float(trunk_length(landmarks))
    if not trunk > 0 or not (landmarks[_EARS, 3] >= MIN_VISIBILITY).all():
        return
    x, y = landmarks[_EARS, :2].mean(0).round().astype(int).tolist()
    radius = max(2, round(_HEAD * trunk))
    for shade, edge in ((INK, max(1, radius // 10)), (color, 0)):
        cv2.circle(picture, (x, y), radius + edge, shade, -1, cv2.LINE_AA)


def draw_angle(picture: Image, landmarks: FloatArray, name: str, degrees: float, size: int) -> None:
    """Draw the angle of a joint: an arc between its limbs, and its number where it covers least of the body.

    Args:
        picture: (H, W, 3) BGR, changed in place.
        landmarks: (33, 4) in pixels of it.
        name: Of the joint.
        degrees: What is written.
        size: Height of the number, pixels.
    """
    joint = _JOINTS[name]
    ends = landmarks[[joint.upper, joint.vertex, joint.lower]]
    if not (np.isfinite(ends[:, :2]).all() and (ends[:, 3] >= MIN_VISIBILITY).all()):
        return
    at = ends[1, :2]
    first, second = (math.degrees(math.atan2(*(end[:2] - at)[::-1])) for end in (ends[0], ends[2]))
    turn = (second - first + 180) % 360 - 180
    shortest = min(float(np.linalg.norm(end[:2] - at)) for end in (ends[0], ends[2]))
    radius = round(max(min(_ARC * size, _ARC_OF_LIMB * shortest), 4.0))
    middle = (round(at[0]), round(at[1]))
    for color, width in ((INK, 7), (WHITE, 3)):
        cv2.ellipse(picture, middle, (radius, radius), 0, first, first + turn, color, width, cv2.LINE_AA)
    text = f"{degrees:.0f}°"
    x, y = free_place(landmarks, at, _AWAY * size)
    wide = text_width(text, size, BOLD)
    left = min(max(x - wide / 2, 2), picture.shape[1] - wide - 2)
    baseline = min(max(y + 0.35 * size, size), picture.shape[0] - 4)
    for dx, dy in ((-2, 0), (2, 0), (0, -2), (0, 2)):
        draw_text(picture, text, left + dx, baseline + dy, size, INK, BOLD)
    draw_text(picture, text, left, baseline, size, WHITE, BOLD)


def free_place(landmarks: FloatArray, at: FloatArray, away: float) -> tuple[float, float]:
    """The place so far from a point that is farthest from every limb."""
    turns = np.arange(_PLACES) * (2 * np.pi / _PLACES)
    places = at + away * np.stack([np.cos(turns), np.sin(turns)], -1)  # (P, 2)
    ends = np.array([[landmarks[list(end), :2].mean(0) for end in (bone.start, bone.end)] for bone in BONES])
    along = np.arange(0.0, 1.01, 0.1)[:, None, None]
    body = (ends[:, 0] + along * (ends[:, 1] - ends[:, 0])).reshape(-1, 2)
    body = body[np.isfinite(body).all(1)]
    # (P, 1, 2) against (N, 2); a number is wider than high
    apart = np.linalg.norm((places[:, None] - body) * (0.75, 1.0), axis=-1).min(1)
    x, y = places[int(np.argmax(apart))].tolist()
    return x, y
