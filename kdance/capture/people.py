"""Everybody in a picture: boxes, points and clothing colours, through OpenCV's own network runner.

One network of 160 x 256 pixels serves every picture: a wide one fills it, a tall or square one is padded. A body needs
about 54 pixels of it. Smaller bodies are looked for again, larger, in pieces of the picture: first the whole is looked
at, then the band in which they stand; where nobody was seen at all, every quarter.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from kdance.capture.colours import clothing_colours
from kdance.capture.people_decoder import HEADS, Bodies, decode
from kdance.capture.pixels import shrunk
from kdance.motion.people import People, box_covered, box_overlap
from kdance.pose import FloatArray

MODEL: Final = Path(__file__).parent.parent / "models" / "people_160x256.onnx"
INPUT_HEIGHT: Final = 160
INPUT_WIDTH: Final = 256
MIN_SCORE: Final = 0.2

SMALL: Final = 0.38
"""Share of a picture's height under which bodies are looked for again in pieces of it."""

_NEEDED_PX: Final = 62.0  # of a body's height in the network's input; from 54 on nearly all are found
_MOST_TILES: Final = 4  # beside one another
_QUARTER: Final = 0.58  # of width and height; they overlap so that nobody is cut by all of them
_NEAR: Final = 0.1  # of a body's height, beside those who are looked at closer: they move on from frame to frame
_CLOSER: Final = 1.1  # times as large as in the whole picture, to be worth a look
_DOUBLE: Final = 0.06  # sizes of the body within which three of four points lie of one body found twice in one look
_SAME_DISTANCE: Final = 0.15  # median distance of points of one body found in two looks, in sizes of the body
_SAME_OVERLAP: Final = 0.45  # or intersection over union of boxes
_SAME_COVERED: Final = 0.75  # or of a body cut by a piece's edge, the share of its box that lies in the whole one's


class Tile(NamedTuple):
    """A piece of a picture, pixels."""

    left: int
    top: int
    width: int
    height: int


class PeopleFinder:
    """Finds everybody in single pictures; it remembers nothing from one to the next.

    Args:
        min_score: Below this it is nobody, 0..1.
    """

    def __init__(self, *, min_score: float = MIN_SCORE) -> None:
        self._min_score = min_score
        self._net: Any = cv2.dnn.readNetFromONNX(str(MODEL))
        # StatefulPartitionedCall/box_scale_0/conv2d_5/BiasAdd:0 is box_scale.
        names = {name.split("/")[1].removesuffix("_0"): name for name in self._net.getUnconnectedOutLayersNames()}
        self._outputs = [names[head] for head in HEADS]

    def find(self, image: NDArray[np.uint8]) -> People:
        """Everybody in a picture, the surest first.

        Args:
            image: (H, W, 3) BGR of any shape.
        """
        height, width = image.shape[:2]
        bodies = self._find_in(image, Tile(0, 0, width, height))
        tiles = further_tiles(bodies, width, height)
        return _dressed(image, merge([bodies, *(self._find_in(image, tile) for tile in tiles)]))

    def find_closer(self, image: NDArray[np.uint8]) -> People:
        """The same with a closer look at all who were found, who may hide one another.

        Args:
            image: (H, W, 3) BGR of any shape.
        """
        height, width = image.shape[:2]
        bodies = self._find_in(image, Tile(0, 0, width, height))
        tiles = further_tiles(bodies, width, height) or tiles_over(bodies, width, height)
        return _dressed(image, merge([bodies, *(self._find_in(image, tile) for tile in tiles)]))

    def find_in(self, image: NDArray[np.uint8], tiles: Sequence[Tile]) -> People:
        """Everybody in some pieces of a picture, the surest first.

        Args:
            image: (H, W, 3) BGR of any shape.
            tiles: The pieces.
        """
        return _dressed(image, merge([Bodies.none(), *(self._find_in(image, tile) for tile in tiles)]))

    def look(self, image: NDArray[np.uint8]) -> People:
        """Everybody who fills a third of a picture's height or more, the surest first: one run of the network.

        Args:
            image: (H, W, 3) BGR of any shape.
        """
        height, width = image.shape[:2]
        return _dressed(image, self._find_in(image, Tile(0, 0, width, height)))

    def heads(self, image: NDArray[np.uint8]) -> dict[str, FloatArray]:
        """What the network says of a picture of its own size, (160, 256, 3) BGR."""
        self._net.setInput(cv2.cvtColor(image, cv2.COLOR_BGR2RGB)[None].astype(np.int32))
        return dict(zip(HEADS, self._net.forward(self._outputs), strict=True))

    def _find_in(self, image: NDArray[np.uint8], tile: Tile) -> Bodies:
        """The bodies in a piece of a picture, in pixels of the whole."""
        piece = image[tile.top : tile.top + tile.height, tile.left : tile.left + tile.width]
        scale = min(INPUT_WIDTH / tile.width, INPUT_HEIGHT / tile.height)
        size = max(1, round(tile.width * scale)), max(1, round(tile.height * scale))
        ground = np.zeros((INPUT_HEIGHT, INPUT_WIDTH, 3), np.uint8)
        fitting = shrunk(piece, size) if scale < 1 else cv2.resize(piece, size, interpolation=cv2.INTER_LINEAR)
        ground[: size[1], : size[0]] = fitting
        found = decode(self.heads(ground), min_score=self._min_score)
        factor = np.array([tile.width / size[0], tile.height / size[1]], np.float32)
        shift = np.array([tile.left, tile.top], np.float32)
        keypoints = found.keypoints.copy()
        keypoints[..., :2] = keypoints[..., :2] * factor + shift
        return Bodies(found.boxes * np.tile(factor, 2) + np.tile(shift, 2), keypoints, found.scores)


def _dressed(image: NDArray[np.uint8], bodies: Bodies) -> People:
    """Bodies of a picture with the colours of their clothes."""
    colours = clothing_colours(image, bodies.keypoints).astype(np.float16)  # kept of each frame of a long film
    return People(bodies.boxes, bodies.keypoints, bodies.scores, colours)


def further_tiles(bodies: Bodies, width: int, height: int) -> list[Tile]:
    """The pieces of a picture to look at again, given what was seen in the whole; none where that is enough."""
    if not len(bodies.scores):
        part_width, part_height = round(_QUARTER * width), round(_QUARTER * height)
        return [
            Tile(left, top, part_width, part_height)
            for top in (0, height - part_height)
            for left in (0, width - part_width)
        ]
    tall = float(np.median(bodies.boxes[:, 3] - bodies.boxes[:, 1]))
    if tall >= SMALL * height:
        return []
    low, high = float(bodies.boxes[:, 1].min()), float(bodies.boxes[:, 3].max())
    # As high as makes a body large enough, and at least the band in which all of them stand.
    band = min(float(height), max(tall * INPUT_HEIGHT / _NEEDED_PX, high - low + 0.5 * tall))
    step = band * INPUT_WIDTH / INPUT_HEIGHT
    overlap = 0.8 * tall
    count = int(np.clip(np.ceil((width - overlap) / max(step - overlap, 1.0)), 1, _MOST_TILES))
    part = min(float(width), (width + (count - 1) * overlap) / count)
    top = np.clip((low + high - band) / 2, 0, height - band)
    lefts = np.linspace(0, width - part, count)
    return [Tile(round(left), round(float(top)), round(part), round(band)) for left in lefts.tolist()]


def tiles_over(bodies: Bodies | People, width: int, height: int) -> list[Tile]:
    """The pieces in which everybody is seen as large as can be, and large enough; none where the whole does as well."""
    if not len(bodies.scores):
        return []
    tall = float(np.median(bodies.boxes[:, 3] - bodies.boxes[:, 1]))
    low = np.maximum(bodies.boxes[:, :2].min(0) - _NEAR * tall, 0.0)
    across, down = (np.minimum(bodies.boxes[:, 2:].max(0) + _NEAR * tall, (width, height)) - low).tolist()
    overlap, largest = 0.8 * tall, tall * INPUT_WIDTH / _NEEDED_PX
    count = int(np.clip(np.ceil((across - overlap) / max(largest - overlap, 1.0)), 1, _MOST_TILES))
    part = (across + (count - 1) * overlap) / count
    if min(INPUT_WIDTH / part, INPUT_HEIGHT / down) < _CLOSER * min(INPUT_WIDTH / width, INPUT_HEIGHT / height):
        return []
    lefts = np.linspace(low[0], low[0] + across - part, count)
    return [Tile(int(left), int(low[1]), int(part), int(down)) for left in lefts.tolist()]


def merge(parts: list[Bodies]) -> Bodies:
    """Everybody found in several pieces of a picture, once; the surest first.

    Args:
        parts: What was found in the whole picture, then in each piece of it; a piece knows small bodies better.
    """
    boxes = np.concatenate([part.boxes for part in parts])
    keypoints = np.concatenate([part.keypoints for part in parts])
    scores = np.concatenate([part.scores for part in parts])
    origin = np.repeat(np.arange(len(parts)), [len(part.scores) for part in parts])
    size = (boxes[:, 2:] - boxes[:, :2]).max(-1, initial=1.0)
    overlap, covered = box_overlap(boxes, boxes), box_covered(boxes, boxes)
    distance = np.linalg.norm(keypoints[:, None, :, :2] - keypoints[None, :, :, :2], axis=-1)
    distance /= np.maximum(size[:, None], size)[..., None]
    # Of two who overlap the network mixes up some points, and finds them twice all the same; a body of another look in
    # the same place is the same one.
    is_other_look = origin[:, None] != origin
    is_whole_look = (origin == 0)[:, None]
    is_same = (np.quantile(distance, 0.75, axis=-1) < _DOUBLE) | (
        is_other_look
        & (
            (np.median(distance, axis=-1) < _SAME_DISTANCE)
            | (overlap > np.where(is_whole_look, 0.25, _SAME_OVERLAP))
            | (covered > _SAME_COVERED)
        )
    )
    kept: list[int] = []
    for row in np.lexsort((-scores, origin == 0)).tolist():
        if not is_same[row, kept].any():
            kept.append(row)
    kept.sort(key=lambda row: -scores[row])
    return Bodies(boxes[kept], keypoints[kept], scores[kept])
