"""Where a reference shows nothing that could be danced: shots that aren't usable, and dancers nobody can be sure of."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kdance.pose import FloatArray

LEAST_S: Final = 0.5
"""A shorter gap is not worth telling."""


def gaps(measured: NDArray[np.bool_], times: FloatArray) -> tuple[tuple[float, float], ...]:
    """(start, end) in seconds of each stretch without a body, up to the frames beside it.

    Args:
        measured: (T,) whether a body was measured.
        times: (T,) seconds, increasing.

    >>> gaps(np.array([True, False, False, True]), np.array([0.0, 0.5, 1.0, 1.5]))
    ((0.5, 1.5),)
    """
    missing = np.concatenate([[False], ~np.asarray(measured, bool), [False]])
    edges: NDArray[np.integer[Any]] = np.flatnonzero(np.diff(missing))
    spans = [
        (float(times[first]), float(times[min(end, len(times) - 1)]))
        for first, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    ]
    return tuple((start, end) for start, end in spans if end - start >= LEAST_S)


def share_within(start: float, end: float, spans: tuple[tuple[float, float], ...]) -> float:
    """0..1 how much of a stretch lies within spans that don't overlap.

    >>> share_within(0.0, 4.0, ((1.0, 2.0), (3.0, 9.0)))
    0.5
    """
    shared = sum(max(min(end, last) - max(start, first), 0.0) for first, last in spans)
    return shared / (end - start) if end > start else 0.0
