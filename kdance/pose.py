"""The shared types: landmarks, bones, frames, poses and sequences of poses.

left and right are always the dancer's own. Coordinates of the picture are pixels (x to the right, y down), because
MediaPipe's 0..1 coordinates distort every angle of a picture that is not square. NaN is the only "missing" in arrays,
``None`` the only "nobody there".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]


class Landmark(IntEnum):
    """MediaPipe's 33 body landmarks."""

    NOSE = 0
    LEFT_EYE_INNER = 1
    LEFT_EYE = 2
    LEFT_EYE_OUTER = 3
    RIGHT_EYE_INNER = 4
    RIGHT_EYE = 5
    RIGHT_EYE_OUTER = 6
    LEFT_EAR = 7
    RIGHT_EAR = 8
    MOUTH_LEFT = 9
    MOUTH_RIGHT = 10
    LEFT_SHOULDER = 11
    RIGHT_SHOULDER = 12
    LEFT_ELBOW = 13
    RIGHT_ELBOW = 14
    LEFT_WRIST = 15
    RIGHT_WRIST = 16
    LEFT_PINKY = 17
    RIGHT_PINKY = 18
    LEFT_INDEX = 19
    RIGHT_INDEX = 20
    LEFT_THUMB = 21
    RIGHT_THUMB = 22
    LEFT_HIP = 23
    RIGHT_HIP = 24
    LEFT_KNEE = 25
    RIGHT_KNEE = 26
    LEFT_ANKLE = 27
    RIGHT_ANKLE = 28
    LEFT_HEEL = 29
    RIGHT_HEEL = 30
    LEFT_FOOT_INDEX = 31
    RIGHT_FOOT_INDEX = 32


ROUNDING_S: Final = 1e-6
"""By which two ways to the time of one picture may differ; none of a part's limits falls between them."""

NUM_LANDMARKS: Final = len(Landmark)
NUM_HAND_LANDMARKS: Final = 21
HANDS_SHAPE: Final = (2, NUM_HAND_LANDMARKS, 3)

# Every landmark's partner on the other side of the body (its own index where it has none).
FLIPPED: Final[tuple[int, ...]] = tuple(
    Landmark[name.replace("LEFT", "#").replace("RIGHT", "LEFT").replace("#", "RIGHT")].value
    for name in Landmark.__members__
)
# The corners of the trunk, left first.
SHOULDERS: Final = [Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER]
HIPS: Final = [Landmark.LEFT_HIP, Landmark.RIGHT_HIP]


class Bone(NamedTuple):
    """An ordered pair of places on the body: a limb from its upper end ``start`` to its lower end ``end``.

    Each end is a landmark, or the midpoint of two. ``part`` is what a dancer calls it.
    """

    name: str
    start: tuple[Landmark, ...]
    end: tuple[Landmark, ...]
    part: str


BONES: Final[tuple[Bone, ...]] = (
    Bone("left_upper_arm", (Landmark.LEFT_SHOULDER,), (Landmark.LEFT_ELBOW,), "left arm"),
    Bone("right_upper_arm", (Landmark.RIGHT_SHOULDER,), (Landmark.RIGHT_ELBOW,), "right arm"),
    Bone("left_forearm", (Landmark.LEFT_ELBOW,), (Landmark.LEFT_WRIST,), "left arm"),
    Bone("right_forearm", (Landmark.RIGHT_ELBOW,), (Landmark.RIGHT_WRIST,), "right arm"),
    Bone("left_thigh", (Landmark.LEFT_HIP,), (Landmark.LEFT_KNEE,), "left leg"),
    Bone("right_thigh", (Landmark.RIGHT_HIP,), (Landmark.RIGHT_KNEE,), "right leg"),
    Bone("left_shin", (Landmark.LEFT_KNEE,), (Landmark.LEFT_ANKLE,), "left leg"),
    Bone("right_shin", (Landmark.RIGHT_KNEE,), (Landmark.RIGHT_ANKLE,), "right leg"),
    Bone("left_foot", (Landmark.LEFT_ANKLE,), (Landmark.LEFT_FOOT_INDEX,), "left foot"),
    Bone("right_foot", (Landmark.RIGHT_ANKLE,), (Landmark.RIGHT_FOOT_INDEX,), "right foot"),
    Bone("shoulders", (Landmark.RIGHT_SHOULDER,), (Landmark.LEFT_SHOULDER,), "shoulders"),
    Bone("hips", (Landmark.RIGHT_HIP,), (Landmark.LEFT_HIP,), "hips"),
    Bone(
        "trunk",
        (Landmark.LEFT_HIP, Landmark.RIGHT_HIP),
        (Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER),
        "trunk",
    ),
    Bone("neck", (Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER), (Landmark.LEFT_EAR, Landmark.RIGHT_EAR), "head"),
)
BONE_NAMES: Final = tuple(bone.name for bone in BONES)


class Joint(NamedTuple):
    """A joint angle: the landmark ``vertex`` with its two neighbours, and the limb that hangs from it."""

    name: str
    upper: Landmark
    vertex: Landmark
    lower: Landmark
    limb: str


JOINTS: Final[tuple[Joint, ...]] = (
    Joint("left_elbow", Landmark.LEFT_SHOULDER, Landmark.LEFT_ELBOW, Landmark.LEFT_WRIST, "left_forearm"),
    Joint("right_elbow", Landmark.RIGHT_SHOULDER, Landmark.RIGHT_ELBOW, Landmark.RIGHT_WRIST, "right_forearm"),
    Joint("left_shoulder", Landmark.LEFT_HIP, Landmark.LEFT_SHOULDER, Landmark.LEFT_ELBOW, "left_upper_arm"),
    Joint("right_shoulder", Landmark.RIGHT_HIP, Landmark.RIGHT_SHOULDER, Landmark.RIGHT_ELBOW, "right_upper_arm"),
    Joint("left_hip", Landmark.LEFT_SHOULDER, Landmark.LEFT_HIP, Landmark.LEFT_KNEE, "left_thigh"),
    Joint("right_hip", Landmark.RIGHT_SHOULDER, Landmark.RIGHT_HIP, Landmark.RIGHT_KNEE, "right_thigh"),
    Joint("left_knee", Landmark.LEFT_HIP, Landmark.LEFT_KNEE, Landmark.LEFT_ANKLE, "left_shin"),
    Joint("right_knee", Landmark.RIGHT_HIP, Landmark.RIGHT_KNEE, Landmark.RIGHT_ANKLE, "right_shin"),
)
JOINT_NAMES: Final = tuple(joint.name for joint in JOINTS)


# The limbs a dancer is spoken to about, and the joints by which they are judged.
LIMBS: Final = {
    "left arm": ("left_shoulder", "left_elbow"),
    "right arm": ("right_shoulder", "right_elbow"),
    "left leg": ("left_hip", "left_knee"),
    "right leg": ("right_hip", "right_knee"),
}
_PAIRS: Final = {
    "arms": ("left arm", "right arm"),
    "legs": ("left leg", "right leg"),
    "feet": ("left foot", "right foot"),
}
_FEET: Final = {"feet": ("legs",), "left foot": ("legs", "left leg"), "right foot": ("legs", "right leg")}


def joints_of(parts: Iterable[str]) -> frozenset[str]:
    """The joints of parts of the body such as ``left arm`` or ``legs``; a foot or the head has none.

    >>> sorted(joints_of(("left arm", "head")))
    ['left_elbow', 'left_shoulder']
    """
    pairs = {f"{limb}s": (*LIMBS[f"left {limb}"], *LIMBS[f"right {limb}"]) for limb in ("arm", "leg")}
    return frozenset(joint for part in parts for joint in (LIMBS | pairs).get(part, ()))


def merged_parts(parts: Sequence[str]) -> tuple[str, ...]:
    """Name both sides at once ('legs'), and leave out feet whose leg is named already.

    >>> merged_parts(("left leg", "head", "right leg", "left foot"))
    ('head', 'legs')
    """
    names = list(dict.fromkeys(parts))
    for both, sides in _PAIRS.items():
        if both in names or all(side in names for side in sides):
            names = [name for name in names if name not in (*sides, both)] + [both]
    return tuple(name for name in names if not any(leg in names for leg in _FEET.get(name, ())))


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A picture and when it was taken.

    Attributes:
        image: (H, W, 3) uint8, BGR.
        time: Seconds; presentation time of a file's frame from its first one, or when a camera's frame was grabbed.
    """

    image: NDArray[np.uint8]
    time: float


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """One measured body.

    Attributes:
        landmarks: (33, 4) float32; x, y in pixels, z on the scale of x, visibility 0..1.
        world: (33, 3) float32; metres from the middle of the hips, y down.
        hands: (2, 21, 3) float32, left and right hand; x, y in pixels, z on the scale of x; NaN for a hand that
            wasn't found. ``None`` where nobody looked.
    """

    landmarks: FloatArray
    world: FloatArray
    hands: FloatArray | None = None

    def __post_init__(self) -> None:
        _require_shape("landmarks", self.landmarks, (NUM_LANDMARKS, 4))
        _require_shape("world", self.world, (NUM_LANDMARKS, 3))
        if self.hands is not None:
            _require_shape("hands", self.hands, HANDS_SHAPE)


@dataclass(frozen=True, slots=True, eq=False)
class PoseSequence:
    """Poses over time; rows of NaN where nobody was seen.

    Attributes:
        landmarks: (T, 33, 4) float32, as in :class:`Pose`.
        world: (T, 33, 3) float32, as in :class:`Pose`.
        times: (T,) seconds, strictly increasing.
        hands: (T, 2, 21, 3) float32, as in :class:`Pose`, NaN in frames in which nobody looked; ``None`` without hands.
    """

    landmarks: FloatArray
    world: FloatArray
    times: FloatArray
    hands: FloatArray | None = None

    def __post_init__(self) -> None:
        count = len(self.times)
        _require_shape("times", self.times, (count,))
        _require_shape("landmarks", self.landmarks, (count, NUM_LANDMARKS, 4))
        _require_shape("world", self.world, (count, NUM_LANDMARKS, 3))
        if self.hands is not None:
            _require_shape("hands", self.hands, (count, *HANDS_SHAPE))
        if count > 1 and not np.all(np.diff(self.times) > 0):
            raise ValueError("times must be strictly increasing")

    def __len__(self) -> int:
        return len(self.times)

    def __getitem__(self, index: slice) -> PoseSequence:
        """The poses of a slice of frames."""
        hands = None if self.hands is None else self.hands[index]
        return PoseSequence(self.landmarks[index], self.world[index], self.times[index], hands)

    @property
    def measured(self) -> NDArray[np.bool_]:
        """(T,) whether a body was measured in the frame."""
        return np.isfinite(self.landmarks[:, 0, 0])

    @classmethod
    def from_poses(cls, poses: list[Pose | None], times: list[float]) -> PoseSequence:
        """Stack poses, with NaN for ``None``."""
        nobody = Pose(np.full((NUM_LANDMARKS, 4), np.nan, np.float32), np.full((NUM_LANDMARKS, 3), np.nan, np.float32))
        bodies = [nobody if pose is None else pose for pose in poses]
        return cls(
            np.array([body.landmarks for body in bodies], np.float32).reshape(-1, NUM_LANDMARKS, 4),
            np.array([body.world for body in bodies], np.float32).reshape(-1, NUM_LANDMARKS, 3),
            np.array(times, np.float64),
            _stack_hands(poses),
        )


def join_poses(parts: Iterable[Sequence[PoseSequence]], frames: int, bodies: int = 1) -> list[PoseSequence]:
    """The poses of each body through all of a film.

    Args:
        parts: For consecutive parts the poses of each body; none where a part has no frames. Only one is held at once:
            of a long film there is no room for the poses twice.
        frames: Of all parts.
        bodies: How many there are.
    """
    joined = [_Joined.of(frames) for _ in range(bodies)]
    first = 0
    for part in parts:
        for whole, poses in zip(joined, part, strict=False):
            whole.put(first, poses)
        first += len(part[0]) if part else 0
    return [PoseSequence(whole.landmarks, whole.world, whole.times, whole.hands) for whole in joined]


@dataclass(slots=True, eq=False)
class _Joined:
    """A sequence that is filled part by part; arrays as of :class:`PoseSequence`."""

    landmarks: FloatArray
    world: FloatArray
    times: FloatArray
    hands: FloatArray | None = None

    @classmethod
    def of(cls, frames: int) -> _Joined:
        return cls(
            np.empty((frames, NUM_LANDMARKS, 4), np.float32),
            np.empty((frames, NUM_LANDMARKS, 3), np.float32),
            np.empty(frames),
        )

    def put(self, first: int, part: PoseSequence) -> None:
        """Fill in the frames from the first one on."""
        those = slice(first, first + len(part))
        self.landmarks[those], self.world[those], self.times[those] = part.landmarks, part.world, part.times
        if part.hands is not None:
            if self.hands is None:
                self.hands = np.full((len(self.times), *HANDS_SHAPE), np.nan, np.float32)
            self.hands[those] = part.hands


def _stack_hands(poses: list[Pose | None]) -> FloatArray | None:
    looked = [(index, pose.hands) for index, pose in enumerate(poses) if pose is not None and pose.hands is not None]
    if not looked:
        return None
    hands = np.full((len(poses), *HANDS_SHAPE), np.nan, np.float32)
    for index, found in looked:
        hands[index] = found
    return hands


def _require_shape(name: str, array: FloatArray, shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, but got {array.shape}")
