"""The usual scores of open dance scorers, on the same poses as ours, so that the difference is a table."""

from __future__ import annotations

import numpy as np

from kdance.motion.alignment import warping_path
from kdance.motion.angle_calculator import joint_angles
from kdance.pose import FloatArray, PoseSequence

BODY = slice(11, 33)  # shoulders to feet: peers leave the face out


def same_clock(take: PoseSequence, reference: PoseSequence) -> tuple[PoseSequence, PoseSequence]:
    """The measured frames of the take during the dance, each with the reference's frame of the same instant."""
    rows = np.flatnonzero(take.measured & (take.times <= reference.times[-1]))
    partner = np.abs(reference.times[:, None] - take.times[rows]).argmin(0)
    both = reference.measured[partner]
    rows, partner = rows[both], partner[both]
    return (
        PoseSequence(take.landmarks[rows], take.world[rows], take.times[rows]),
        PoseSequence(reference.landmarks[partner], reference.world[partner], take.times[rows]),
    )


def cosine_of_coordinates(take: PoseSequence, reference: PoseSequence) -> float:
    """0..100 mean cosine of the centred, scaled landmark vectors of each frame (Move Mirror and its many heirs)."""
    mine, theirs = (_centred(sequence.landmarks[:, BODY, :2]) for sequence in same_clock(take, reference))
    return float(100 * np.clip((mine * theirs).sum((1, 2)), 0, 1).mean())


def linear_joint_angle(take: PoseSequence, reference: PoseSequence) -> float:
    """0..100 one minus the mean difference of the eight joint angles over 180 degrees."""
    mine, theirs = (joint_angles(sequence.world) for sequence in same_clock(take, reference))
    return float(100 * (1 - np.nanmean(np.abs(mine - theirs)) / 180))


def fastdtw_distance(take: PoseSequence, reference: PoseSequence) -> float:
    """0..100 of the fastdtw distance of joint angles per step, mapped linearly so that 180 degrees off is 0."""
    mine, theirs = (joint_angles(s.world[s.measured])[::3] for s in (take, reference))
    distance, path = warping_path(mine, theirs, method="fast")
    return float(100 * (1 - distance / len(path) / (180 * np.sqrt(mine.shape[1]))))


def _centred(points: FloatArray) -> FloatArray:
    centred = points - points.mean(1, keepdims=True)
    return centred / np.linalg.norm(centred, axis=(1, 2), keepdims=True)


PEERS = {
    "cosine": cosine_of_coordinates,
    "linear angle": linear_joint_angle,
    "fastdtw": fastdtw_distance,
}
