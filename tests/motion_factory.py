"""Bodies that move, made on the spot: no binary fixtures.

A body is drawn from the interior angles of its joints, in the picture plane, facing the camera: the dancer's left is
on the right of the picture. World landmarks (metres from mid-hip; x right, y down, z away) and image landmarks
(pixels) are two views of the same points. What is asked for is what comes out: ``make_pose(left_elbow=90)`` has an
elbow of exactly 90 degrees, whatever the build.

Angles may pass their limits: a negative shoulder is an arm across the body, an elbow of 200 is bent the other way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from kdance.motion.chance import calibrate_chance
from kdance.motion.pose_normalization import Body, normalize
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.scoring import Chance, TakeScore, score_take
from kdance.pose import FLIPPED, JOINT_NAMES, NUM_LANDMARKS, FloatArray, Landmark, Pose, PoseSequence

WIDTH_PX = 640
# Standing with the arms hanging: the angles of a pose where nothing else is said.
WAITING = {
    "left_elbow": 170.0, "right_elbow": 170.0, "left_shoulder": 20.0, "right_shoulder": 20.0,
    "left_hip": 176.0, "right_hip": 176.0, "left_knee": 178.0, "right_knee": 178.0, "lean": 0.0,
}  # fmt: skip
# What a dance moves through, degrees.
RANGES = {"elbow": (40.0, 175.0), "shoulder": (5.0, 165.0), "hip": (135.0, 176.0), "knee": (110.0, 178.0)}
LEAN_DEG = 14.0
# Parts of the body that can be out of the picture.
PARTS: dict[str, tuple[Landmark, ...]] = {
    "left arm": tuple(Landmark[f"LEFT_{end}"] for end in ("ELBOW", "WRIST", "PINKY", "INDEX", "THUMB")),
    "right arm": tuple(Landmark[f"RIGHT_{end}"] for end in ("ELBOW", "WRIST", "PINKY", "INDEX", "THUMB")),
    "left leg": tuple(Landmark[f"LEFT_{end}"] for end in ("KNEE", "ANKLE", "HEEL", "FOOT_INDEX")),
    "right leg": tuple(Landmark[f"RIGHT_{end}"] for end in ("KNEE", "ANKLE", "HEEL", "FOOT_INDEX")),
    "feet": tuple(Landmark[f"{side}_{end}"] for side in ("LEFT", "RIGHT") for end in ("ANKLE", "HEEL", "FOOT_INDEX")),
    "hips": (Landmark.LEFT_HIP, Landmark.RIGHT_HIP),
    "head": tuple(Landmark)[:11],
}
PARTS["legs"] = PARTS["left leg"] + PARTS["right leg"]
PARTS["arms"] = PARTS["left arm"] + PARTS["right arm"]


@dataclass(frozen=True)
class Build:
    """A body, and where it stands in the picture. Lengths in metres before ``height`` scales them."""

    height: float = 1.0
    arms: float = 1.0
    legs: float = 1.0
    shoulders: float = 1.0
    hips: float = 1.0
    x_px: float = 320.0
    y_px: float = 240.0
    px_per_m: float = 200.0


TEACHER = Build()
SMALL = Build(height=0.82, shoulders=0.9, hips=1.1)
LANKY = Build(height=1.12, arms=1.2, legs=1.15, shoulders=0.95)
STOCKY = Build(height=0.95, arms=0.85, legs=0.85, shoulders=1.15, hips=1.25)
FAR_LEFT = Build(x_px=90.0, y_px=300.0, px_per_m=110.0)
CLOSE_RIGHT = Build(x_px=500.0, y_px=200.0, px_per_m=330.0)
OTHER_BODIES = {
    "small": SMALL, "lanky": LANKY, "stocky": STOCKY, "far left": FAR_LEFT, "close right": CLOSE_RIGHT,
    "stocky, far": Build(0.95, 0.85, 0.85, 1.15, 1.25, 150.0, 280.0, 120.0),
}  # fmt: skip


@dataclass(frozen=True)
class JointError:
    """A joint that is ``degrees`` off (negative: more bent) between two seconds of the take."""

    joint: str
    degrees: float
    start: float = -np.inf
    end: float = np.inf


def make_pose(
    *,
    build: Build = TEACHER,
    toward_camera: Mapping[str, float] | None = None,
    yaw: float = 0.0,
    hidden: Sequence[str] = (),
    **angles: float,
) -> Pose:
    """One body by its interior angles in degrees (``left_elbow=90``, ``lean=10`` towards the right of the picture).

    Args:
        build: The body and its place.
        toward_camera: Degrees that limbs ("left_forearm") leave the picture plane towards the lens.
        yaw: Degrees that the camera stands to the side.
        hidden: ``PARTS`` out of the picture: their visibility is 0.
        angles: Of ``JOINT_NAMES`` or "lean"; the others as in ``WAITING``.
    """
    unknown = set(angles) - set(WAITING)
    assert not unknown, f"no such joints: {unknown}"
    columns = {name: np.array([angle]) for name, angle in (WAITING | angles).items()}
    depth = {limb: np.array([degrees]) for limb, degrees in (toward_camera or {}).items()}
    world = _turn(_skeleton(columns, depth, build), yaw)
    return Pose(_landmarks(world, build, hidden)[0], world[0].astype(np.float32))


def make_sequence(
    motion: str = "dance",
    *,
    seconds: float = 10.0,
    fps: float = 30.0,
    times: FloatArray | None = None,
    seed: int = 0,
    build: Build = TEACHER,
    late: float | Callable[[FloatArray], FloatArray] = 0.0,
    tempo: float = 1.0,
    errors: Sequence[JointError] = (),
    jitter: float = 0.0,
    depth: float = 0.0,
    yaw: float = 0.0,
    hidden: Sequence[str] = (),
    nobody: Sequence[tuple[float, float]] = (),
    noise_seed: int = 1,
) -> PoseSequence:
    """A take of a motion.

    Args:
        motion: A name of ``MOTIONS``.
        seconds: Length, from 0.
        fps: Frames a second.
        times: Instead of ``seconds`` and ``fps``: (T,) when the frames were taken.
        seed: Which dance.
        build: Who dances, and where.
        late: Seconds, or a function from (T,) times of the take to (T,) seconds late. Before the dance begins the
            dancer waits.
        tempo: 1.1 is faster than the dance.
        errors: Joints that are wrong.
        jitter: Standard deviation of every landmark in metres, in every frame anew.
        depth: Largest angle at which the limbs leave the picture plane, degrees; they do so at their own rhythm.
        yaw: Degrees that the camera stands to the side.
        hidden: ``PARTS`` out of the picture.
        nobody: (from, to) seconds in which nobody was seen.
        noise_seed: Of the jitter.
    """
    if times is None:
        times = np.arange(round(seconds * fps)) / fps
    moment = (times - (late(times) if callable(late) else late)) * tempo
    angles = {name: column.copy() for name, column in MOTIONS[motion](moment, seed).items()}
    for error in errors:
        angles[error.joint] += np.where((times >= error.start) & (times < error.end), error.degrees, 0.0)
    world = _turn(_skeleton(angles, _out_of_plane(moment, depth, seed), build), yaw)
    if jitter:
        world = world + np.random.default_rng(noise_seed).normal(0.0, jitter, world.shape)
    landmarks, world = _landmarks(world, build, hidden), world.astype(np.float32)
    for start, end in nobody:
        gone = (times >= start) & (times < end)
        landmarks[gone], world[gone] = np.nan, np.nan
    return PoseSequence(landmarks, world, times)


def mirror_take(sequence: PoseSequence, *, width_px: float = WIDTH_PX) -> PoseSequence:
    """The take danced as a mirror image: a body with its sides exchanged, inside the same picture.

    On purpose not the project's own function: that one is tested with this one.
    """
    landmarks, world = sequence.landmarks[:, list(FLIPPED)].copy(), sequence.world[:, list(FLIPPED)].copy()
    landmarks[..., 0] = width_px - landmarks[..., 0]
    world[..., 0] = -world[..., 0]
    hands = None if sequence.hands is None else sequence.hands[:, ::-1].copy()
    if hands is not None:
        hands[..., 0] = width_px - hands[..., 0]
    return PoseSequence(landmarks, world, sequence.times, hands)


def shuffle_frames(sequence: PoseSequence, *, seed: int = 0) -> PoseSequence:
    """The same poses in a random order: none of the dance is left."""
    order = np.random.default_rng(seed).permutation(len(sequence))
    return PoseSequence(sequence.landmarks[order], sequence.world[order], sequence.times)


def keep_frames(sequence: PoseSequence, keep: FloatArray) -> PoseSequence:
    """The frames of a boolean or index array: what a slow camera would have delivered."""
    return PoseSequence(sequence.landmarks[keep], sequence.world[keep], sequence.times[keep])


def make_body(**pose: Any) -> Body:
    """(1, B) the normalised form of ``make_pose(**pose)``."""
    return normalize(PoseSequence.from_poses([make_pose(**pose)], [0.0]))


def nobody_for(frames: int, *, fps: float = 30.0) -> PoseSequence:
    """An empty room."""
    return PoseSequence.from_poses([None] * frames, [frame / fps for frame in range(frames)])


def poses_of(sequence: PoseSequence) -> list[Pose | None]:
    """The frames one by one, as the network delivers them."""
    return [
        Pose(landmarks, world, None if sequence.hands is None else sequence.hands[index]) if measured else None
        for index, (landmarks, world, measured) in enumerate(
            zip(sequence.landmarks, sequence.world, sequence.measured, strict=True)
        )
    ]


@cache
def reference(
    motion: str = "dance", *, seconds: float = 10.0, seed: int = 0, depth: float = 0.0, mirror: bool = False
) -> ReferenceMotion:
    """A motion by the teacher at 30 fps, prepared for comparison; made once."""
    sequence = make_sequence(motion, seconds=seconds, seed=seed, depth=depth)
    motion = ReferenceMotion.from_sequence(sequence)
    return motion.mirrored() if mirror else motion


@cache
def chance(
    motion: str = "dance",
    *,
    seconds: float = 10.0,
    seed: int = 0,
    depth: float = 0.0,
    mirror: bool = False,
    strictness: str = "normal",
) -> Chance:
    """The floor of :func:`reference`; made once."""
    return calibrate_chance(
        reference(motion, seconds=seconds, seed=seed, depth=depth, mirror=mirror), strictness=strictness
    )


def score(
    take: PoseSequence,
    *,
    motion: str = "dance",
    seconds: float = 10.0,
    seed: int = 0,
    depth: float = 0.0,
    mirror: bool = False,
    strictness: str = "normal",
    start: float = 0.0,
) -> TakeScore:
    """A take against a reference of the teacher, both started together (or the reference at ``start`` of the take)."""
    dance = reference(motion, seconds=seconds, seed=seed, depth=depth, mirror=mirror)
    floor = chance(motion, seconds=seconds, seed=seed, depth=depth, mirror=mirror, strictness=strictness)
    return score_take(normalize(take), take.times, dance, take.times - start, floor, strictness=strictness)


def mean(values: FloatArray) -> float:
    """Mean of what was measured; NaN of nothing."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _dance(moment: FloatArray, seed: int) -> dict[str, FloatArray]:
    """Two hits a second or so, every joint on its own: a move, a short hold, the next. Never the same twice."""
    return {
        name: _keyframes(moment, np.random.default_rng([seed, index]), *_range(name), WAITING[name])
        for index, name in enumerate(WAITING)
    }


def _keyframes(moment: FloatArray, rng: np.random.Generator, low: float, high: float, waiting: float) -> FloatArray:
    keys = 200
    at = np.concatenate(([0.0], np.cumsum(rng.uniform(0.35, 0.75, keys))))
    values = np.concatenate(([waiting], rng.uniform(low, high, keys)))
    after = np.clip(np.searchsorted(at, moment, side="right"), 1, keys)
    share = np.clip((moment - at[after - 1]) / (at[after] - at[after - 1]) * 1.25, 0.0, 1.0)
    eased = share * share * (3 - 2 * share)
    return values[after - 1] + eased * (values[after] - values[after - 1])


def _range(name: str) -> tuple[float, float]:
    return (-LEAN_DEG, LEAN_DEG) if name == "lean" else RANGES[name.split("_")[1]]


def _groove(moment: FloatArray, seed: int) -> dict[str, FloatArray]:
    """A flowing dance: three sinusoids a joint, none of whose periods fits into another."""
    rng = np.random.default_rng([seed, 99])
    columns = {}
    for name in WAITING:
        low, high = _range(name)
        waves = sum(
            weight * np.sin(2 * np.pi * (moment * rate * rng.uniform(0.85, 1.15) + rng.uniform()))
            for weight, rate in ((0.5, 0.31), (0.3, 0.31 * np.sqrt(5)), (0.2, 0.31 * np.pi))
        )
        columns[name] = (low + high) / 2 + (high - low) / 2 * waves
    return columns


def _still(moment: FloatArray, seed: int) -> dict[str, FloatArray]:
    return {name: np.full(len(moment), angle) for name, angle in WAITING.items()}


def _raise_left_arm(moment: FloatArray, seed: int) -> dict[str, FloatArray]:
    """The left arm from hanging to overhead within the first second, and nothing else."""
    up = np.clip(moment, 0.0, 1.0)
    return _still(moment, seed) | {"left_shoulder": 20.0 + 140.0 * up * up * (3 - 2 * up)}


def _low_dance(moment: FloatArray, seed: int) -> dict[str, FloatArray]:
    """The dance in a squat: hips and knees have room to be too straight, where a standing leg has none."""
    return {name: angle - 30.0 * name.endswith(("hip", "knee")) for name, angle in _dance(moment, seed).items()}


def _two_step(moment: FloatArray, seed: int) -> dict[str, FloatArray]:
    """The same two seconds over and over, as in the step that every song has."""
    return _dance(np.where(moment < 0, moment, moment % 2.0), seed)


def _hands_before_the_chest(moment: FloatArray, seed: int) -> dict[str, FloatArray]:
    """The forearms alone, a little: the hands stay before the chest, as in the dances of short videos."""
    ranges = {"elbow": (35.0, 110.0), "shoulder": (8.0, 45.0)}
    return _still(moment, seed) | {
        name: _keyframes(moment, np.random.default_rng([seed, index, 3]), low, high, (low + high) / 2)
        for index, name in enumerate(WAITING)
        for low, high in [ranges.get(name.split("_")[-1], (0.0, 0.0))]
        if high
    }


MOTIONS: dict[str, Callable[[FloatArray, int], dict[str, FloatArray]]] = {
    "dance": _dance,
    "groove": _groove,
    "low dance": _low_dance,
    "two-step": _two_step,
    "stand still": _still,
    "raise left arm": _raise_left_arm,
    "hands before the chest": _hands_before_the_chest,
}


def _out_of_plane(moment: FloatArray, depth: float, seed: int) -> dict[str, FloatArray]:
    if not depth:
        return {}
    rng = np.random.default_rng([seed, 7])
    limbs = [f"{side}_{limb}" for side in ("left", "right") for limb in ("upper_arm", "forearm", "thigh", "shin")]
    return {limb: depth * np.sin(2 * np.pi * (moment * rng.uniform(0.2, 0.5) + rng.uniform())) for limb in limbs}


def _skeleton(angles: Mapping[str, FloatArray], depth: Mapping[str, FloatArray], build: Build) -> FloatArray:
    """(T, 33, 3) metres from mid-hip, from (T,) angles in degrees."""
    size = build.height
    points = np.zeros((len(angles["lean"]), NUM_LANDMARKS, 3))
    lean = angles["lean"]
    neck, along = 0.50 * size * _direction(lean - 90.0), _direction(lean)
    for side, outward in (("LEFT", 1.0), ("RIGHT", -1.0)):

        def place(end: str, where: FloatArray, side: str = side) -> FloatArray:
            points[:, Landmark[f"{side}_{end}"]] = where
            return where

        def limb(name: str, degrees: FloatArray, side: str = side) -> FloatArray:
            return _direction(degrees, depth.get(f"{side.lower()}_{name}"))

        name = side.lower()
        hip = place("HIP", np.broadcast_to([outward * 0.11 * size * build.hips, 0.0, 0.0], neck.shape))
        shoulder = place("SHOULDER", neck + outward * 0.18 * size * build.shoulders * along)
        down = np.degrees(np.arctan2(*(hip - shoulder)[:, 1::-1].T))
        # Away from the body is counterclockwise on the screen for the left arm: degrees grow clockwise, y is down.
        arm = down - outward * angles[f"{name}_shoulder"]
        elbow = place("ELBOW", shoulder + 0.28 * size * build.arms * limb("upper_arm", arm))
        forearm = arm + 180.0 + outward * angles[f"{name}_elbow"]
        wrist = place("WRIST", elbow + 0.25 * size * build.arms * limb("forearm", forearm))
        for finger, turn in (("PINKY", 20.0), ("INDEX", -10.0), ("THUMB", -40.0)):
            place(finger, wrist + 0.08 * size * build.arms * limb("forearm", forearm + outward * turn))
        thigh = down + 180.0 + outward * angles[f"{name}_hip"]
        knee = place("KNEE", hip + 0.42 * size * build.legs * limb("thigh", thigh))
        shin = thigh + 180.0 - outward * angles[f"{name}_knee"]
        ankle = place("ANKLE", knee + 0.40 * size * build.legs * limb("shin", shin))
        place("HEEL", ankle + 0.05 * size * _direction(np.full(len(lean), 90.0)))
        place("FOOT_INDEX", ankle + 0.14 * size * _direction(np.full(len(lean), 90.0 - outward * 50.0)))
        ear = place("EAR", neck + 0.20 * size * _direction(lean - 90.0) + outward * 0.07 * size * along)
        for eye, share in (("EYE_INNER", 0.3), ("EYE", 0.5), ("EYE_OUTER", 0.7)):
            place(eye, neck + share * (ear - neck) + 0.14 * size * _direction(lean - 90.0))
        points[:, Landmark[f"MOUTH_{side}"]] = neck + 0.5 * (ear - neck)
    points[:, Landmark.NOSE] = neck + 0.17 * size * _direction(lean - 90.0)
    return points


def _direction(degrees: FloatArray, toward_camera: FloatArray | None = None) -> FloatArray:
    """(T, 3) unit vectors in the picture plane, turned out of it where asked."""
    angle = np.radians(degrees)
    out = np.radians(np.zeros_like(angle) if toward_camera is None else toward_camera)
    return np.stack([np.cos(out) * np.cos(angle), np.cos(out) * np.sin(angle), -np.sin(out)], -1)


def _turn(world: FloatArray, yaw_deg: float) -> FloatArray:
    """(T, 33, 3) seen by a camera to the side; positive brings what is behind the dancer to the right."""
    cos, sin = np.cos(np.radians(yaw_deg)), np.sin(np.radians(yaw_deg))
    return world @ np.array([[cos, 0.0, -sin], [0.0, 1.0, 0.0], [sin, 0.0, cos]])


def _landmarks(world: FloatArray, build: Build, hidden: Sequence[str]) -> FloatArray:
    """(T, 33, 4) pixels, depth on the scale of x, visibility."""
    landmarks = np.concatenate([world * build.px_per_m, np.ones((*world.shape[:-1], 1))], -1)
    landmarks[..., 0] += build.x_px
    landmarks[..., 1] += build.y_px
    for part in hidden:
        landmarks[..., list(PARTS[part]), 3] = 0.0
    return landmarks.astype(np.float32)


assert set(JOINT_NAMES) < set(WAITING)
