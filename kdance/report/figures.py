"""Bodies as lines of a drawing: a still with its angle, and the figure whose limbs are coloured. Numbers, no markup."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from kdance.motion.angle_calculator import MIN_VISIBILITY
from kdance.motion.picture_points import placed
from kdance.pose import BONES, HIPS, JOINTS, SHOULDERS, FloatArray, Landmark
from kdance.review.record import SessionReport
from kdance.review.stills import Still

Look = Literal["plain", "right", "nearly", "wrong", "unknown"]
"""How a limb is drawn; the page's style sheet says what each looks like."""

WRONG_BANDS: Final = 2.0
"""From so many error bands on a limb is wrong rather than nearly right, as in the practice window."""
TRUNK: Final = 62.0
"""Length of the trunk in a drawing: both bodies are as large as each other."""
MARGIN: Final = 24.0
ARC: Final = 17.0
LABEL_AWAY: Final = 36.0
SMALLEST: Final = (150.0, 190.0)
"""Width and height of a drawing, at least: a label needs its room."""

_JOINT_OF_LIMB: Final = {joint.limb: joint.name for joint in JOINTS}
_JOINTS: Final = {joint.name: joint for joint in JOINTS}
_HEAD: Final = [Landmark.LEFT_EAR, Landmark.RIGHT_EAR]
_HEAD_RADIUS: Final = 0.24  # of the trunk

# The figure of the report: a dancer who faces the reader, so that their left is on the right, in a box of 200 x 264.
FIGURE_SIZE: Final = (200, 264)
_FIGURE: Final = {
    "left_shoulder": (122, 78, 152, 112),
    "right_shoulder": (78, 78, 48, 112),
    "left_elbow": (152, 112, 160, 160),
    "right_elbow": (48, 112, 40, 160),
    "left_hip": (113, 146, 124, 196),
    "right_hip": (87, 146, 76, 196),
    "left_knee": (124, 196, 128, 246),
    "right_knee": (76, 196, 72, 246),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A limb from one end to the other."""

    x1: float
    y1: float
    x2: float
    y2: float
    look: Look
    name: str = ""


@dataclass(frozen=True, slots=True)
class Angle:
    """The angle of a joint: an arc between its two limbs, and where its number stands."""

    path: str
    x: float
    y: float
    degrees: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """One body.

    Attributes:
        lines: Its limbs, what is wrong last, so that it lies on top.
        dots: x and y of its joints.
        head: x, y and radius; ``None`` where it isn't seen.
        angle: The one that is told; ``None`` for none.
    """

    lines: tuple[Line, ...]
    dots: tuple[tuple[float, float], ...]
    head: tuple[float, float, float] | None
    angle: Angle | None


@dataclass(frozen=True, slots=True)
class StillDrawing:
    """Two bodies, drawn in the same size in boxes of the same size.

    Attributes:
        box: x, y, width and height of what is to be seen of either drawing.
        reference: The one to dance like.
        user: The dancer.
    """

    box: tuple[float, float, float, float]
    reference: Drawing
    user: Drawing


def limb_look(error_deg: float | None, error_band: float) -> Look:
    """How a limb is drawn by the error of its joint.

    >>> limb_look(-12.0, 15.0), limb_look(20.0, 15.0), limb_look(-31.0, 15.0), limb_look(None, 15.0)
    ('right', 'nearly', 'wrong', 'unknown')
    """
    if error_deg is None or not math.isfinite(error_deg):
        return "unknown"
    if abs(error_deg) <= error_band:
        return "right"
    return "nearly" if abs(error_deg) <= WRONG_BANDS * error_band else "wrong"


def figure_lines(report: SessionReport, error_band: float) -> tuple[Line, ...]:
    """The eight limbs of the report's figure; a limb with a fault is as wrong as that fault, else as it was on average.

    Args:
        report: The session.
        error_band: Degrees of error that need no word.
    """
    worst: dict[str, float] = {}
    for fault in report.faults:
        worst[fault.joint] = max(worst.get(fault.joint, 0.0), abs(fault.mean_error_deg))
    lines = []
    for joint, ends in _FIGURE.items():
        error = worst.get(joint, report.joints[joint].mean_error_deg)
        lines.append(Line(*ends, limb_look(error, error_band), joint))
    return tuple(lines)


def draw_still(still: Still, error_band: float) -> StillDrawing:
    """Both bodies of a still; the dancer's limbs are coloured, and where one is to blame, only that one.

    Args:
        still: The moment.
        error_band: Degrees of error that need no word.
    """
    looks: dict[str, Look]
    if still.fault is None:
        joints = zip(JOINTS, still.errors.tolist(), strict=True)
        looks = {joint.limb: limb_look(error, error_band) for joint, error in joints}
    else:
        looks = {_JOINTS[still.fault.joint].limb: limb_look(still.fault.degrees, error_band)}
    bodies = [_Body.of(landmarks) for landmarks in (still.reference, still.user)]
    # The one that is told is drawn on both, however small its error is by the band.
    joint = None if still.fault is None else _JOINTS[still.fault.joint]
    angles = (still.reference_angle, still.user_angle)
    drawings = [
        body.drawing(own, None if joint is None or angle is None else body.angle(joint.name, angle))
        for body, own, angle in zip(bodies, ({}, looks), angles, strict=True)
    ]
    return StillDrawing(_box(bodies), drawings[0], drawings[1])


@dataclass(frozen=True, slots=True, eq=False)
class _Body:
    """(33, 2) places with the hips at the origin and the trunk in one length, and (33,) which are seen."""

    places: FloatArray
    seen: NDArray[np.bool_]

    @classmethod
    def of(cls, landmarks: FloatArray) -> _Body:
        points = np.array(landmarks[:, :2], np.float64)
        seen = np.isfinite(points).all(1) & (landmarks[:, 3] >= MIN_VISIBILITY)
        known = points[seen] if seen.any() else np.zeros((1, 2))
        trunk = float(np.linalg.norm(points[SHOULDERS].mean(0) - points[HIPS].mean(0)))
        has_trunk = bool(seen[SHOULDERS + HIPS].all()) and trunk > 0
        # Who bends over has a short trunk in the picture: never less than what the whole body makes likely.
        likely = float(np.ptp(known, axis=0).max()) / 3.4
        scale = TRUNK / max(trunk if has_trunk else likely, likely, 1e-6)
        middle = points[HIPS].mean(0) if seen[HIPS].all() else known.mean(0)
        return cls(placed(np.where(seen[:, None], points, 0.0), origin=middle, scale=scale), seen)

    def drawing(self, looks: Mapping[str, Look], angle: Angle | None) -> Drawing:
        lines = []
        for bone in BONES:
            if self.seen[[*bone.start, *bone.end]].all():
                (x1, y1), (x2, y2) = (self._at(ends) for ends in (bone.start, bone.end))
                lines.append(Line(x1, y1, x2, y2, looks.get(bone.name, "plain"), bone.name))
        lines.sort(key=lambda line: ("plain", "unknown", "right", "nearly", "wrong").index(line.look))
        drawn = {point for joint in JOINTS for point in (joint.upper, joint.vertex, joint.lower)}
        dots = tuple(self._at((point,)) for point in sorted(drawn) if self.seen[point])
        head = None
        if self.seen[_HEAD].all():
            head = (*self._at(tuple(_HEAD)), round(_HEAD_RADIUS * TRUNK, 1))
        return Drawing(tuple(lines), dots, head, angle)

    def angle(self, name: str, degrees: float) -> Angle | None:
        """An arc from one limb of a joint to the other, and a place for its number."""
        joint = _JOINTS[name]
        if not self.seen[[joint.upper, joint.vertex, joint.lower]].all():
            return None
        at = self.places[joint.vertex]
        arms = [self.places[end] - at for end in (joint.upper, joint.lower)]
        if min(float(np.linalg.norm(arm)) for arm in arms) < 1e-6:
            return None
        (x1, y1), (x2, y2) = ((at + ARC * arm / np.linalg.norm(arm)).round(1).tolist() for arm in arms)
        clockwise = arms[0][0] * arms[1][1] - arms[0][1] * arms[1][0] > 0
        x, y = self._free_place(at).round(1).tolist()
        return Angle(f"M{x1} {y1}A{ARC:g} {ARC:g} 0 0 {int(clockwise)} {x2} {y2}", x, y, round(degrees))

    def _free_place(self, at: FloatArray) -> FloatArray:
        """Where a number beside a joint covers as little as possible of the body."""
        turns = np.arange(0, 2 * np.pi, np.pi / 12)
        places = at + LABEL_AWAY * np.stack([np.cos(turns), np.sin(turns)], -1)  # (P, 2)
        ends = [(bone.start, bone.end) for bone in BONES if self.seen[[*bone.start, *bone.end]].all()]
        bones = np.array([[self.places[list(end)].mean(0) for end in both] for both in ends])  # (N, 2, 2)
        along = np.arange(0.0, 1.01, 0.1)[:, None, None]
        # (11, N, 2) -> (11 N, 2) points of the body, against (P, 1, 2)
        body = (bones[:, 0] + along * (bones[:, 1] - bones[:, 0])).reshape(-1, 2)
        # A number is wider than high.
        apart = np.linalg.norm((places[:, None] - body) * (0.75, 1.0), axis=-1).min(1)
        if self.seen[_HEAD].all():
            apart = np.minimum(
                apart, np.linalg.norm(places - self.places[_HEAD].mean(0), axis=1) - _HEAD_RADIUS * TRUNK
            )
        return np.asarray(places[int(np.argmax(apart))])

    def _at(self, ends: tuple[Landmark, ...]) -> tuple[float, float]:
        x, y = self.places[list(ends)].mean(0).round(1).tolist()
        return x, y


def _box(bodies: list[_Body]) -> tuple[float, float, float, float]:
    """x, y, width and height that show both bodies, heads and labels."""
    points = np.concatenate([body.places[body.seen] for body in bodies] + [np.zeros((1, 2))])
    low, high = points.min(0) - MARGIN, points.max(0) + MARGIN
    missing = np.maximum(np.array(SMALLEST) - (high - low), 0.0)
    low, high = low - missing / 2, high + missing / 2
    x, y = low.round(1).tolist()
    width, height = (high - low).round(1).tolist()
    return x, y, width, height
