"""The picture for the AI coach: what it must show, and above all what must never be in it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from kdance.pose import NUM_LANDMARKS, Landmark, Pose
from kdance.window import collage
from kdance.window.collage import MAX_SIDE, make_collage
from kdance.window.text import Image

HEAD = slice(Landmark.NOSE, Landmark.MOUTH_RIGHT + 1)
SHOULDERS = [Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER]
# Of somebody 1 high who faces the camera, from the ground up and to the left of the body.
PLACES = {
    "SHOULDER": (0.11, 0.82),
    "ELBOW": (0.22, 0.68),
    "WRIST": (0.3, 0.55),
    "HIP": (0.06, 0.53),
    "KNEE": (0.08, 0.28),
    "ANKLE": (0.08, 0.04),
    "HEEL": (0.08, 0.02),
    "FOOT_INDEX": (0.12, 0.01),
}
HEAD_MIDDLE = (0.0, 0.94)
HEAD_RADIUS = 0.065


def in_picture(x: float, y: float, height: float, middle: tuple[float, float], angle: float) -> tuple[float, float]:
    """A place of a body that stands in a picture, or is turned by an angle around its middle."""
    u, v = x * height, (0.5 - y) * height
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return middle[0] + cos * u - sin * v, middle[1] + sin * u + cos * v


def make_body(height: float = 360, middle: tuple[float, float] = (200, 220), angle: float = 0) -> Pose:
    landmarks = np.ones((NUM_LANDMARKS, 4), np.float32)
    for landmark in Landmark:
        side = -1 if "RIGHT" in landmark.name else 1 if "LEFT" in landmark.name else 0
        x, y = PLACES.get(landmark.name.partition("_")[2], (0.0, 0.0))
        if landmark in range(11):
            x, y = (0.04, 0.94) if "EAR" in landmark.name else (0.015, 0.93)
        elif landmark.name.split("_")[1] in ("PINKY", "INDEX", "THUMB"):
            x, y = 0.31, 0.52
        landmarks[landmark, :2] = in_picture(side * x, y, height, middle, angle)
    return Pose(landmarks, np.zeros((NUM_LANDMARKS, 3), np.float32))


def changed(pose: Pose, where: Any, **values: float) -> Pose:
    """The pose with some landmarks' x, y or visibility set."""
    landmarks = pose.landmarks.copy()
    for name, value in values.items():
        landmarks[where, {"x": 0, "y": 1, "visibility": 3}[name]] = value
    return Pose(landmarks, pose.world)


def noise(seed: int, width: int = 640, height: int = 480) -> Image:
    """Black and white pixels by chance: whatever stays sharp of it is told by its contrast."""
    return np.random.default_rng(seed).choice(np.array([0, 255], np.uint8), (height, width, 3))


def head_mask(height: float = 360, middle: tuple[float, float] = (200, 220), angle: float = 0) -> np.ndarray:
    """Where the head really is in a picture of 640 x 480."""
    mask = np.zeros((480, 640), np.uint8)
    x, y = in_picture(*HEAD_MIDDLE, height, middle, angle)
    cv2.circle(mask, (round(x), round(y)), round(HEAD_RADIUS * height), 255, -1)
    return mask > 0


def picture(data: bytes) -> Image:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return np.asarray(image, np.uint8)


def collage_of(image: Image | None, pose: Pose | None, **options: Any) -> bytes:
    """The same on both sides."""
    return make_collage(image, pose, image, pose, **{"joint_errors": {}, "error_band": 15.0} | options)


def difference(first: bytes, second: bytes) -> np.ndarray:
    return np.abs(picture(first).astype(int) - picture(second)).max(axis=2)


@pytest.fixture
def without_skeleton(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collage, "draw_skeleton", lambda image, *_, **__: image)


# What it shows


def test_it_is_a_small_jpeg_with_the_reference_on_the_left() -> None:
    red, blue = np.full((480, 640, 3), (0, 0, 255), np.uint8), np.full((480, 640, 3), (255, 0, 0), np.uint8)
    data = make_collage(red, make_body(), blue, make_body(), joint_errors={}, error_band=15)
    image = picture(data)
    assert data.startswith(b"\xff\xd8")
    assert max(image.shape[:2]) <= MAX_SIDE
    middle = image.shape[1] // 2
    assert image[:, :middle, 2].mean() > 100 > image[:, :middle, 0].mean()
    assert image[:, middle:, 0].mean() > 100 > image[:, middle:, 2].mean()


@pytest.mark.parametrize("zoom", [0.1, 0.5, 2.0])
def test_both_bodies_are_equally_large_however_far_away(zoom: float, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[np.ndarray] = []
    monkeypatch.setattr(collage, "draw_skeleton", lambda _, landmarks, **__: drawn.append(landmarks))
    far = make_body(360 * zoom, (200 * zoom, 220 * zoom))
    make_collage(noise(1), make_body(), noise(2, 1280, 960), far, joint_errors={}, error_band=15)
    heights = [np.ptp(landmarks[:, 1]) for landmarks in drawn]
    assert heights[0] == pytest.approx(heights[1], rel=0.01)


def test_only_the_dancer_is_coloured_by_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    monkeypatch.setattr(collage, "draw_skeleton", lambda *_, **options: drawn.append(options))
    collage_of(noise(1), make_body(), joint_errors={"left_elbow": -40.0}, error_band=12.0)
    assert [(options["joint_errors"], options["error_band"]) for options in drawn] == [
        (None, 12.0),
        ({"left_elbow": -40.0}, 12.0),
    ]


def test_without_a_picture_there_is_a_skeleton_on_plain_ground() -> None:
    image = picture(collage_of(None, make_body()))
    assert np.median(image) == pytest.approx(collage._GROUND, abs=3)
    assert (image > 200).any()


def test_the_body_stays_sharp(without_skeleton: None) -> None:
    sharp = difference(collage_of(noise(1), make_body()), collage_of(noise(2), make_body()))
    assert (sharp > 100).mean() > 0.1


# What must never be in it


@pytest.mark.parametrize("angle", [0, 40, -90, 180])
@pytest.mark.parametrize(
    ("where", "values"),
    [
        (0, {}),
        (HEAD, {"x": np.nan, "y": np.nan}),
        (HEAD, {"x": np.nan, "y": np.nan, "visibility": np.nan}),
        (HEAD, {"visibility": 0.0}),
        (slice(Landmark.LEFT_HIP, None), {"visibility": 0.0, "x": np.nan}),
        ([*range(11), *range(23, 33)], {"visibility": 0.0, "x": np.nan}),
        (Landmark.LEFT_SHOULDER, {"x": np.nan}),
    ],
    ids=["all seen", "no head", "no head at all", "head hidden", "no legs", "shoulders and arms alone", "one shoulder"],
)
def test_nobody_can_be_recognised_by_their_face(
    angle: float, where: Any, values: dict[str, float], without_skeleton: None
) -> None:
    """Two pictures that differ in the details of the face alone give the same collage."""
    pose, face = changed(make_body(angle=angle), where, **values), head_mask(angle=angle)
    first, second = noise(1), noise(1)
    second[face] = noise(2)[face]
    blurred = difference(collage_of(first, pose), collage_of(second, pose))
    assert blurred.max() < 40
    # The instrument: a face that may be seen makes a difference.
    shown = difference(collage_of(first, pose, blur_faces=False), collage_of(second, pose, blur_faces=False))
    assert shown.max() > 150


@pytest.mark.parametrize(("right", "down"), [(0.16, 0.1), (-0.16, 0.1), (0.0, 0.25), (0.0, 0.4)])
def test_a_head_that_is_not_above_the_shoulders_is_found(right: float, down: float, without_skeleton: None) -> None:
    """Leaning to a side, or bowed before the chest."""
    landmarks = make_body().landmarks.copy()
    landmarks[HEAD, :2] += np.array([right, down]) * 360
    face = np.roll(head_mask(), (round(down * 360), round(right * 360)), axis=(0, 1))
    first, second = noise(1), noise(1)
    second[face] = noise(2)[face]
    pose = Pose(landmarks, make_body().world)
    assert difference(collage_of(first, pose), collage_of(second, pose)).max() < 40


def test_a_face_is_a_few_averages(without_skeleton: None) -> None:
    """The high frequencies are gone: hardly any contrast between neighbours, however sharp the picture was."""

    def contrast(**options: Any) -> float:
        image = picture(collage_of(noise(1), make_body(), **options))
        middle = image.shape[1] // 4
        head = image[30:80, middle - 15 : middle + 15]  # in the left half
        return float(np.abs(cv2.Laplacian(head, cv2.CV_64F)).mean())

    assert contrast() < 0.05 * contrast(blur_faces=False)


@pytest.mark.parametrize("blur_faces", [True, False])
def test_who_stands_beside_or_behind_is_averaged(blur_faces: bool, without_skeleton: None) -> None:
    """Between the arms and the legs, where no limb is, details make no difference."""
    first, second = noise(1), noise(1)
    second[330:370, 195:205], second[260:300, 115:125] = noise(2)[330:370, 195:205], noise(2)[260:300, 115:125]
    both = [collage_of(image, make_body(), blur_faces=blur_faces) for image in (first, second)]
    assert difference(*both).max() < 60


def test_nothing_outside_of_the_crop_leaves() -> None:
    first, second = noise(1), noise(1)
    second[:, 380:] = 255
    second[:, :20] = 0
    assert collage_of(first, make_body()) == collage_of(second, make_body())


@pytest.mark.parametrize("blur_faces", [True, False])
def test_where_nobody_knows_where_the_head_is_no_picture_is_shown(blur_faces: bool) -> None:
    pose = changed(make_body(), [*range(11), *SHOULDERS], x=np.nan)
    one, other = (collage_of(noise(seed), pose, blur_faces=blur_faces) for seed in (1, 2))
    assert one == other
    assert (picture(one) > 200).any(), "the legs' skeleton is still there"


# Odd input


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (8, 8), (640, 1), (1, 480), (1920, 1080)])
def test_any_size_of_picture(size: tuple[int, int]) -> None:
    for pose in (make_body(), make_body(0.9 * size[1], (size[0] / 2, size[1] / 2)), make_body(1, (0, 0)), None):
        image = picture(collage_of(noise(1, *size), pose))
        assert max(image.shape[:2]) <= MAX_SIDE


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30, -1e30, 1e5, -300.0, 700.0])
@pytest.mark.parametrize("where", [slice(None), 0, HEAD, SHOULDERS, Landmark.LEFT_WRIST, slice(23, 33)], ids=str)
def test_landmarks_that_are_missing_or_far_outside(value: float, where: Any) -> None:
    pose = changed(make_body(), where, x=value, y=value)
    for image in (noise(1), None):
        assert max(picture(collage_of(image, pose)).shape[:2]) <= MAX_SIDE
    assert max(picture(make_collage(None, None, noise(1), pose, joint_errors={}, error_band=15)).shape) <= MAX_SIDE


def test_nobody_gives_plain_ground() -> None:
    nobody = changed(make_body(), slice(None), x=np.nan, y=np.nan)
    for pose in (None, nobody, changed(make_body(), slice(None), visibility=0.0)):
        image = picture(collage_of(noise(1), pose))
        assert np.ptp(image) <= 2


def test_the_pictures_given_are_left_alone() -> None:
    image = noise(1)
    collage_of(image, make_body())
    assert np.array_equal(image, noise(1))
