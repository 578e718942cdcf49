"""Bones don't change their length: where an arm's do, the network hardly sees it, and its elbow is told with caution.

In a blurred or coarse picture the network draws the wrist towards the elbow, in the picture as in space: a stretched
arm looks bent. How far the lengths in space are off within half a second is noise, and widens what needs no word.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from kdance.motion.pose_normalization import dot
from kdance.motion.trail import Trail
from kdance.pose import JOINT_NAMES, FloatArray, Landmark

_JOINTS: Final = np.array(
    [[Landmark[f"{side}_{joint}"] for joint in ("SHOULDER", "ELBOW", "WRIST")] for side in ("LEFT", "RIGHT")]
)
_ELBOWS: Final = [JOINT_NAMES.index(f"{side}_elbow") for side in ("left", "right")]
# Degrees of an elbow for a bone that is off by the factor e. Out of focus, elbows that were right came out 20 to 35
# degrees off with 0.2 to 0.6 of that; in sharp pictures it is 0.05 to 0.15.
_DEGREES: Final = 45.0
# Foreshortened bones come out short in space too: most are shorter than they really are.
_USUAL: Final = 75


def arm_lengths(world: FloatArray) -> FloatArray:
    """(..., 2, 2) metres of the left and the right upper arm and forearm; NaN where nobody is seen.

    Args:
        world: (..., 33, 3) metres.
    """
    joints = world[..., _JOINTS, :]
    bones = joints[..., 1:, :] - joints[..., :-1, :]
    return np.sqrt(dot(bones, bones))


def usual_arm(lengths: FloatArray) -> FloatArray:
    """(2,) metres of a dancer's upper arm and forearm, of all that was seen: (T, 2, 2) of both sides; NaN of nobody."""
    both = lengths.reshape(-1, 2)
    known = both[np.isfinite(both).all(-1)]
    return np.asarray(np.percentile(known, _USUAL, axis=0)) if len(known) else np.full(2, np.nan)


def elbow_noise(lengths: FloatArray, usual: FloatArray) -> FloatArray:
    """(8,) degrees by which the error of each joint is uncertain over some frames; 0 of all but the elbows.

    Args:
        lengths: (N, 2, 2) of the frames.
        usual: (2,) of the dancer.

    >>> short = np.array([[[0.3, 0.125], [0.3, 0.25]]])  # half a left forearm
    >>> elbow_noise(short, np.array([0.3, 0.25]))[_ELBOWS].round(1).tolist()
    [31.2, 0.0]
    """
    noise = np.zeros(len(JOINT_NAMES))
    known = lengths[np.isfinite(lengths).all((1, 2)) & (lengths > 0).all((1, 2))]
    if len(known) and np.isfinite(usual).all():
        off = np.sqrt(np.square(np.log(known / usual)).mean(0))
        noise[_ELBOWS] = _DEGREES * off.max(-1)
    return noise


class LiveArms:
    """The arms of a stream of poses."""

    def __init__(self) -> None:
        self._lengths = Trail(4)

    def add(self, world: FloatArray, taken: float) -> None:
        """Take in (33, 3) metres at ``taken``, seconds of the take, later than before."""
        self._lengths.append(taken, arm_lengths(world).ravel())

    def noise_since(self, taken: float) -> FloatArray:
        """(8,) :func:`elbow_noise` of what came after ``taken``, with what is usual by now."""
        usual = usual_arm(self._lengths.since(-np.inf))
        return elbow_noise(self._lengths.since(taken).reshape(-1, 2, 2), usual)
