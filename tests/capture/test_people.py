from pathlib import Path

import cv2
import numpy as np
import pytest

from kdance.capture.colours import clothing_colours
from kdance.capture.people import (
    INPUT_HEIGHT,
    INPUT_WIDTH,
    MODEL,
    PeopleFinder,
    Tile,
    further_tiles,
    merge,
    tiles_over,
)
from kdance.capture.people_decoder import HEADS, Bodies, decode
from kdance.motion.people import COLOUR_BINS, NUM_KEYPOINTS, box_overlap

GOLDEN = Path(__file__).with_name("people_golden.npz")  # made by make_people_golden.py
EVERY = 3
# Left, top, right, bottom of the five in the golden picture, by the clip's ground truth.
TRUE_BOXES = np.array([[116, 266, 335, 598], [323, 239, 607, 646], [581, 256, 808, 611], [796, 247, 1074, 642],
                       [1034, 266, 1259, 590]]) / 5  # fmt: skip


@pytest.fixture(scope="module")
def finder() -> PeopleFinder:
    return PeopleFinder()


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    with np.load(GOLDEN, allow_pickle=False) as golden:
        return cv2.imdecode(golden["picture_png"], cv2.IMREAD_COLOR)


def test_opencv_says_what_onnxruntime_says(finder: PeopleFinder, picture: np.ndarray) -> None:
    heads = finder.heads(picture)
    with np.load(GOLDEN, allow_pickle=False) as golden:
        for name in HEADS:
            found = heads[name] if name == "center" else heads[name][:, ::EVERY, ::EVERY]
            np.testing.assert_allclose(found, golden[name], atol=5e-4, err_msg=name)


def test_everybody_is_found_where_the_truth_is(finder: PeopleFinder, picture: np.ndarray) -> None:
    people = finder.find(picture[:144])
    assert len(people) == 5
    order = np.argsort(people.boxes[:, 0])
    assert np.diag(box_overlap(people.boxes[order], TRUE_BOXES)).min() > 0.75
    shoulders = people.keypoints[order][:, [5, 6], 1].mean(1)
    hips = people.keypoints[order][:, [11, 12], 1].mean(1)
    ankles = people.keypoints[order][:, [15, 16], 1].mean(1)
    assert (shoulders < hips).all()
    assert (hips < ankles).all()


@pytest.mark.parametrize(("width", "height"), [(900, 500), (500, 900), (640, 640), (1400, 300)])
def test_pictures_of_any_shape(finder: PeopleFinder, picture: np.ndarray, width: int, height: int) -> None:
    """One dancer, 240 pixels high, somewhere in a picture."""
    one = cv2.resize(picture[44:132, 20:70], None, fx=3, fy=3)
    image = np.full((height, width, 3), 70, np.uint8)
    top, left = (height - one.shape[0]) // 2, (width - one.shape[1]) // 3
    image[top : top + one.shape[0], left : left + one.shape[1]] = one
    people = finder.find(image)
    assert len(people) >= 1
    expected = (TRUE_BOXES[0] - [20, 44, 20, 44]) * 3 + [left, top, left, top]
    assert box_overlap(people.boxes[:1], expected[None])[0, 0] > 0.7


def test_small_bodies_are_looked_for_again(finder: PeopleFinder, picture: np.ndarray) -> None:
    """Bodies of a fifth of the picture's height, which one look at the whole loses in part."""
    group = cv2.resize(picture[40:140], None, fx=2, fy=2)
    image = cv2.copyMakeBorder(group, 260, 260, 384, 384, cv2.BORDER_REPLICATE)
    people = finder.find(image)
    expected = (TRUE_BOXES - [0, 40, 0, 40]) * 2 + [384, 260, 384, 260]
    overlap = box_overlap(people.boxes, expected)
    assert (overlap.max(0) > 0.6).sum() >= 4
    assert len(people) <= 6


def test_an_empty_picture_has_nobody(finder: PeopleFinder) -> None:
    people = finder.find(np.zeros((360, 640, 3), np.uint8))
    assert len(people) == 0
    assert people.colours.shape == (0, 4, COLOUR_BINS)


def test_more_than_six_are_decoded() -> None:
    """The network's own decoder stops at six."""
    heads = {"center": np.full((1, 40, 64, 1), -9.0, np.float32)}
    channels = zip(HEADS[1:], (2, 2, 17, 34, 34), strict=True)
    heads |= {name: np.zeros((1, 40, 64, count), np.float32) for name, count in channels}
    heads["kpt_heatmap"] -= 9
    heads["box_scale"] += 4
    places = [(row, column) for row in (8, 20, 32) for column in range(4, 64, 8)]
    for row, column in places:
        heads["center"][0, row, column] = 2.0
    found = decode(heads, min_score=0.3)
    assert len(found.scores) == len(places) == 24
    middles = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
    assert {tuple(place) for place in middles.astype(int).tolist()} == {(4 * x, 4 * y) for y, x in places}


def test_a_body_found_twice_is_one() -> None:
    points = np.random.default_rng(1).uniform(0, 100, (1, NUM_KEYPOINTS, 3)).astype(np.float32)
    box = np.array([[0, 0, 50, 100]], np.float32)
    once = Bodies(box, points, np.array([0.6], np.float32))
    again = Bodies(box + 2, points + 2, np.array([0.8], np.float32))
    elsewhere = Bodies(box + 200, points + 200, np.array([0.7], np.float32))
    merged = merge([once, again, elsewhere])
    np.testing.assert_allclose(merged.scores, [0.8, 0.7])


def test_two_who_hide_one_another_are_two_though_some_points_are_mixed_up() -> None:
    points = np.random.default_rng(1).uniform(0, 100, (NUM_KEYPOINTS, 3)).astype(np.float32)
    other = points.copy()
    other[:8, :2] += 30  # the other nine are the neighbour's
    boxes = np.array([[0, 0, 100, 100], [10, 0, 110, 100]], np.float32)
    two = Bodies(boxes, np.stack([points, other]), np.array([0.8, 0.6], np.float32))
    assert len(merge([two]).scores) == 2
    double = Bodies(boxes, np.stack([points, points + 2]), two.scores)
    assert len(merge([double]).scores) == 1


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (720, 1280), (2000, 400)])
@pytest.mark.parametrize("tall", [60, 150, 300])
def test_a_closer_look_shows_everybody_whole_and_larger(width: int, height: int, tall: int) -> None:
    boxes = np.array([[left, 40, left + tall / 3, 40 + tall] for left in (60, 150, 400)], np.float32)
    bodies = Bodies(boxes, np.zeros((3, NUM_KEYPOINTS, 3), np.float32), np.ones(3, np.float32))
    whole = min(INPUT_WIDTH / width, INPUT_HEIGHT / height)
    tiles = tiles_over(bodies, width, height)
    for tile in tiles:
        assert tile.left >= 0 and tile.left + tile.width <= width
        assert tile.top >= 0 and tile.top + tile.height <= height
        assert min(INPUT_WIDTH / tile.width, INPUT_HEIGHT / tile.height) > whole
    for left, top, right, bottom in boxes.tolist():
        assert not tiles or any(
            tile.left <= left
            and right <= tile.left + tile.width
            and tile.top <= top
            and bottom <= tile.top + tile.height
            for tile in tiles
        )
    assert tiles_over(Bodies.none(), width, height) == []


def test_large_bodies_need_no_second_look() -> None:
    points = np.zeros((1, NUM_KEYPOINTS, 3), np.float32)
    large = Bodies(np.array([[10, 10, 60, 200]], np.float32), points, np.ones(1, np.float32))
    assert further_tiles(large, 640, 360) == []
    small = Bodies(np.array([[10, 100, 40, 190]], np.float32), points, np.ones(1, np.float32))
    tiles = further_tiles(small, 640, 360)
    assert 2 <= len(tiles) <= 4
    assert tiles[0].left == 0
    assert abs(tiles[-1].left + tiles[-1].width - 640) <= 1
    for tile in tiles:
        assert isinstance(tile, Tile)
        assert tile.top <= 100 and tile.top + tile.height >= 190
        assert 90 * min(INPUT_WIDTH / tile.width, INPUT_HEIGHT / tile.height) > 50


def test_clothes_have_their_colours() -> None:
    image = np.full((300, 200, 3), 128, np.uint8)
    points = np.zeros((1, NUM_KEYPOINTS, 3), np.float32)
    for index, place in {0: (100, 30), 5: (130, 60), 6: (70, 60), 11: (120, 150), 12: (80, 150), 13: (120, 210),
                         14: (80, 210), 15: (120, 280), 16: (80, 280)}.items():  # fmt: skip
        points[0, index] = (*place, 0.9)
    image[55:150] = (0, 0, 255)
    image[150:] = (255, 0, 0)
    colours = clothing_colours(image, points)[0]
    assert colours[1].argmax() == 0 and colours[1, 0] > 0.8  # red
    assert colours[2].argmax() == 8 and colours[3].argmax() == 8  # blue
    np.testing.assert_allclose(colours.sum(-1), 1, atol=1e-5)
    points[0, 13:, 2] = 0
    assert np.isnan(clothing_colours(image, points)[0, 2:]).all()


def test_the_clothes_of_many_are_those_of_each() -> None:
    chance = np.random.default_rng(4)
    image = chance.integers(0, 256, (300, 200, 3), np.uint8)
    points = np.concatenate(
        [chance.uniform(-40, 340, (9, NUM_KEYPOINTS, 2)), chance.uniform(0, 1, (9, NUM_KEYPOINTS, 1))], -1
    )
    points[..., 1] -= points[..., 1].min(1, keepdims=True)  # of one height: they are read in pictures of one size
    points[:, :2, 1] = 0, 320
    points = points.astype(np.float32)
    together = clothing_colours(image, points)
    assert 0.2 < np.isfinite(together[..., 0]).mean() < 1
    np.testing.assert_array_equal(together, [clothing_colours(image, points[row, None])[0] for row in range(9)])


def test_the_model_is_the_one_in_the_table() -> None:
    import hashlib

    table = (MODEL.parent / "README.md").read_text("utf-8")
    assert hashlib.sha256(MODEL.read_bytes()).hexdigest() in table
