"""The ghost: the reference's body in the dancer's size and place. Pure arithmetic."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from kdance.motion.picture_points import placed
from kdance.pose import HIPS, SHOULDERS, FloatArray

# A landmark below this is neither drawn nor measured by.
MIN_VISIBILITY: Final = 0.5
GROWING_S: Final = 0.7  # somebody who comes nearer, or straightens up
SHRINKING_S: Final = 4.0  # mostly somebody who leans: the trunk only looks shorter


def place_ghost(
    reference_landmarks: FloatArray,
    user_landmarks: FloatArray,
    *,
    reference_trunk: float | None = None,
    user_trunk: float | None = None,
) -> FloatArray | None:
    """The reference's body, scaled by the lengths of the trunks and moved onto the dancer's hips.

    Where a hip of either is hidden, the other hip is what it is moved to, and without hips the shoulders.

    Args:
        reference_landmarks: (33, 4) x, y in pixels of any picture, z, visibility.
        user_landmarks: (33, 4) in pixels of the dancer's picture.
        reference_trunk: Usual length of the reference's trunk, pixels of its picture; this frame's without it. A
            steady one keeps the ghost from breathing with every lean.
        user_trunk: The same of the dancer, such as :func:`steady_trunk` gives.

    Returns:
        (33, 4) in pixels of the dancer's picture; ``None`` when one of them can't be seen well enough.
    """
    scale = _known(user_trunk, user_landmarks) / _known(reference_trunk, reference_landmarks)
    if not 0 < scale < np.inf:
        return None
    seen = _seen(reference_landmarks) & _seen(user_landmarks)
    anchors = next((both for group in (HIPS, SHOULDERS) if (both := [i for i in group if seen[i]])), None)
    if anchors is None:
        return None
    scaled = placed(np.array(reference_landmarks, np.float64), scale=scale)
    onto = np.mean(user_landmarks[anchors, :2] - scaled[anchors, :2], axis=0, dtype=np.float64)
    return placed(scaled, target=onto)


def trunk_length(landmarks: FloatArray) -> FloatArray:
    """(...) pixels from the middle of the hips to the middle of the shoulders; NaN where one of them is hidden.

    Args:
        landmarks: (..., 33, 4) x, y in pixels, z, visibility. The median over a whole dance is its usual length.
    """
    vector = landmarks[..., SHOULDERS, :2].mean(-2) - landmarks[..., HIPS, :2].mean(-2)
    seen = _seen(landmarks)[..., SHOULDERS + HIPS].all(-1)
    return np.where(seen, np.linalg.norm(vector, axis=-1), np.nan)


def steady_trunk(previous: float | None, measured: float, elapsed: float) -> float | None:
    """A length of the trunk that follows the dancer's distance but not every lean.

    Args:
        previous: What this gave for the last frame, pixels; ``None`` at first.
        measured: Of this frame, pixels; NaN when it can't be seen.
        elapsed: Seconds since the last frame.
    """
    if not measured > 0:
        return previous
    if previous is None:
        return float(measured)
    settling = GROWING_S if measured > previous else SHRINKING_S
    return float(measured + (previous - measured) * np.exp(-max(elapsed, 0.0) / settling))


def _known(trunk: float | None, landmarks: FloatArray) -> float:
    """The length given or this frame's; NaN when there is none to divide by."""
    length = float(trunk_length(landmarks)) if trunk is None else trunk
    return length if length > 0 else np.nan


def _seen(landmarks: FloatArray) -> NDArray[np.bool_]:
    seen: NDArray[np.bool_] = np.isfinite(landmarks[..., :2]).all(-1) & (landmarks[..., 3] >= MIN_VISIBILITY)
    return seen
