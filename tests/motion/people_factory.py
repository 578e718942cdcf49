"""People as a detector would find them, on paths that are given."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from kdance.motion.people import COLOUR_BINS, People

HEIGHT = 300.0
FPS = 30.0
# x, y of the seventeen points of somebody who stands, of a height of 1 from the middle of the box
_STANDING = np.array([
    (0, -0.42), (0.02, -0.44), (-0.02, -0.44), (0.04, -0.43), (-0.04, -0.43), (0.1, -0.32), (-0.1, -0.32),
    (0.14, -0.18), (-0.14, -0.18), (0.15, -0.04), (-0.15, -0.04), (0.06, -0.02), (-0.06, -0.02), (0.07, 0.22),
    (-0.07, 0.22), (0.08, 0.44), (-0.08, 0.44)])  # fmt: skip

Path = Callable[[float], tuple[float, float] | None]
"""From seconds to the middle of a body in pixels; ``None`` where it isn't seen."""


def costume(colour: int) -> np.ndarray:
    """(4, 16) colours of a costume; each number another."""
    shares = np.full((4, COLOUR_BINS), 0.01)
    for region in range(4):
        shares[region, (3 * colour + 5 * region) % COLOUR_BINS] = 1.0
    return shares / shares.sum(-1, keepdims=True)


def people_on(
    paths: Sequence[Path], costumes: Sequence[int], seconds: float, *, seed: int = 0
) -> tuple[list[People], np.ndarray, list[list[int]]]:
    """The people of each frame, (T,) times, and for each frame whose each row is."""
    random = np.random.default_rng(seed)
    times = np.arange(round(seconds * FPS)) / FPS
    people, owners = [], []
    for time in times:
        rows, places = [], []
        for owner, path in enumerate(paths):
            if (place := path(float(time))) is not None:
                rows.append(owner)
                places.append(place)
        order = random.permutation(len(rows))
        rows, places = [rows[index] for index in order], [places[index] for index in order]
        people.append(_people(places, [costumes[row] for row in rows], random))
        owners.append(rows)
    return people, times, owners


def _people(places: list[tuple[float, float]], costumes: list[int], random: np.random.Generator) -> People:
    if not places:
        return People.nobody()
    middle = np.array(places)[:, None] + random.normal(0, 1.0, (len(places), 1, 2))
    points = middle + HEIGHT * _STANDING + random.normal(0, 1.0, (len(places), 17, 2))
    keypoints = np.concatenate([points, np.full((len(places), 17, 1), 0.8)], -1).astype(np.float32)
    half = HEIGHT * np.array([0.17, 0.5])
    boxes = np.concatenate([middle[:, 0] - half, middle[:, 0] + half], -1).astype(np.float32)
    colours = np.stack([costume(number) for number in costumes]) + random.uniform(
        0, 0.02, (len(places), 4, COLOUR_BINS)
    )
    return People(
        boxes,
        keypoints,
        np.full(len(places), 0.8, np.float32),
        (colours / colours.sum(-1, keepdims=True)).astype(np.float32),
    )
