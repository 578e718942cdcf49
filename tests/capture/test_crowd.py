"""Finding everybody in consecutive pictures by looking where they were."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from kdance.capture.crowd import WHOLE_EVERY_S, CrowdFinder
from kdance.capture.people import PeopleFinder
from kdance.motion.people import People, box_overlap
from kdance.pose import Frame

GOLDEN = Path(__file__).with_name("people_golden.npz")
FPS = 30


@pytest.fixture(scope="module")
def five() -> np.ndarray:
    """Five dancers, each 150 pixels high."""
    with np.load(GOLDEN, allow_pickle=False) as golden:
        return cv2.resize(cv2.imdecode(golden["picture_png"], cv2.IMREAD_COLOR)[40:140], None, fx=2, fy=2)


def stage_with(*pieces: tuple[np.ndarray, int]) -> np.ndarray:
    """A wide picture in which pieces are seen from a column on."""
    image = np.full((540, 1400, 3), 70, np.uint8)
    for piece, left in pieces:
        image[200 : 200 + piece.shape[0], left : left + piece.shape[1]] = piece
    return image


def test_who_moves_through_the_picture_is_found_as_well_as_at_a_first_look(five: np.ndarray) -> None:
    crowd, alone = CrowdFinder(), PeopleFinder()
    for number in range(8):
        frame = Frame(stage_with((five, 300 + 12 * number)), number / FPS)
        found, expected = crowd.find(frame, is_other=False), alone.find(frame.image)
        assert len(found) == 5
        assert (
            box_overlap(expected.boxes, found.boxes).max(-1).min(initial=1.0) > 0.5
        )  # as detections are usually counted


def looks_until_seen(crowd: CrowdFinder, one: np.ndarray, five: np.ndarray, *, is_other: bool) -> int:
    """After so many frames another one is seen, far from the others."""

    def found(number: int, image: np.ndarray) -> People:
        return crowd.find(Frame(image, number / FPS), is_other=is_other and number == 1)

    assert len(found(0, stage_with((five, 100)))) == 5
    both = stage_with((five, 100), (one, 1150))
    return next(number for number in range(1, 30) if len(found(number, both)) == 6)


def test_who_comes_in_elsewhere_is_seen_at_the_next_look_at_the_whole(five: np.ndarray) -> None:
    one = five[:, :100]
    assert 1 < looks_until_seen(CrowdFinder(), one, five, is_other=False) <= np.ceil(WHOLE_EVERY_S * FPS) + 1
    assert looks_until_seen(CrowdFinder(), one, five, is_other=True) == 1


def test_an_empty_picture_has_nobody_and_is_looked_at_whole(five: np.ndarray) -> None:
    crowd = CrowdFinder()
    assert len(crowd.find(Frame(stage_with(), 0.0), is_other=False)) == 0
    assert len(crowd.find(Frame(stage_with((five, 700)), 1 / FPS), is_other=False)) == 5
