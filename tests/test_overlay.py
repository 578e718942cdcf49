"""The window's picture: what must be where, and that nothing odd breaks it."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from kdance.pose import NUM_LANDMARKS, Landmark, Pose
from kdance.video import skeleton, text
from kdance.video.layout import Rect, window_layout
from kdance.video.overlay import ACCENT, Scene, draw_scene
from kdance.video.skeleton import AMBER, GREEN, RED, WHITE, draw_skeleton, limb_style

SIZES = [(1280, 720), (720, 1280), (480, 320), (333, 777), (3840, 2160)]


def make_body(width: int = 640, height: int = 480) -> Pose:
    """Somebody in the middle of the picture, left hand raised to the right of the picture."""
    landmarks = np.zeros((NUM_LANDMARKS, 4), np.float32)
    landmarks[:, :2] = (0.5 * width, 0.2 * height)
    landmarks[:, 3] = 1
    places = {
        "SHOULDER": (0.06, 0.3),
        "ELBOW": (0.12, 0.4),
        "WRIST": (0.2, 0.3),
        "HIP": (0.04, 0.55),
        "KNEE": (0.06, 0.72),
        "ANKLE": (0.07, 0.9),
        "FOOT_INDEX": (0.1, 0.93),
    }
    for name, (x, y) in places.items():
        landmarks[Landmark[f"LEFT_{name}"], :2] = ((0.5 + x) * width, y * height)
        landmarks[Landmark[f"RIGHT_{name}"], :2] = ((0.5 - x) * width, y * height)
    return Pose(landmarks, np.zeros((NUM_LANDMARKS, 3), np.float32))


def make_scene(**changes: Any) -> Scene:
    scene = Scene(
        user_image=np.full((480, 640, 3), 60, np.uint8),
        user_pose=make_body(),
        reference_image=np.full((480, 640, 3), 90, np.uint8),
        reference_pose=make_body(),
        joint_errors={"left_elbow": -60.0, "right_knee": 20.0, "left_hip": 2.0},
        score=0.87,
        grade="great",
        cue="Straighten your left elbow",
        progress=0.4,
        time_text="0:07 / 0:18",
        badges=("30 fps", "not seen: legs"),
        title="마그네틱",
    )
    return dataclasses.replace(scene, **changes)


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("countdown", [None, 3])
def test_the_picture_has_the_size_asked_for(width: int, height: int, countdown: int | None) -> None:
    picture = draw_scene(make_scene(countdown=countdown), width, height)
    assert picture.shape == (height, width, 3)
    assert picture.dtype == np.uint8


@pytest.mark.parametrize(
    "changes",
    [
        {"user_pose": None, "score": None, "grade": None, "cue": None},
        {"reference_image": None},
        {"reference_image": None, "reference_pose": None},
        {"user_image": np.zeros((1280, 720, 3), np.uint8)},
        {"user_pose": Pose(np.full((33, 4), np.nan, np.float32), np.full((33, 3), np.nan, np.float32))},
        {"user_pose": Pose(np.full((33, 4), 1e9, np.float32), np.zeros((33, 3), np.float32))},
        {"joint_errors": {"left_elbow": float("nan")}},
        {"cue": "Unterarm " * 60},
        {"cue": "W" * 200},
        {"title": "아이브 " * 60, "badges": ("",)},
        {"progress": 7.0},
        {"score": 0.0, "cue": " "},
    ],
)
def test_nothing_odd_breaks_it(changes: dict[str, Any]) -> None:
    for width, height in SIZES[:3]:
        picture = draw_scene(make_scene(**changes), width, height)
        assert picture.shape == (height, width, 3)
        assert picture.std() > 1


def test_the_same_scene_gives_the_same_picture_and_the_sources_stay_as_they_are() -> None:
    scene = make_scene()
    before = scene.user_image.copy()
    first = draw_scene(scene, 1280, 720)
    np.testing.assert_array_equal(first, draw_scene(scene, 1280, 720))
    np.testing.assert_array_equal(scene.user_image, before)


def test_an_old_picture_s_memory_is_used_again_and_nothing_of_it_remains() -> None:
    scene = make_scene()
    expected = draw_scene(scene, 1280, 720)
    old = np.full((720, 1280, 3), 200, np.uint8)
    assert draw_scene(scene, 1280, 720, out=old) is old
    np.testing.assert_array_equal(old, expected)
    assert draw_scene(scene, 720, 1280, out=old).shape == (1280, 720, 3)


def _dancer(picture: np.ndarray, scene: Scene) -> np.ndarray:
    pane = window_layout(picture.shape[1], picture.shape[0], with_reference=True).dancer
    inner = pane.fit(scene.user_image.shape[1], scene.user_image.shape[0])
    return picture[inner.top : inner.bottom, inner.left : inner.right]


def test_flipping_mirrors_the_dancer_and_the_skeleton_with_it() -> None:
    image = np.zeros((480, 640, 3), np.uint8)
    image[:, :320] = 120
    scene = make_scene(user_image=image, badges=())
    mirrored = _dancer(draw_scene(scene, 1280, 720), scene)
    plain = _dancer(draw_scene(dataclasses.replace(scene, flip=False), 1280, 720), scene)
    assert plain[200, 5].tolist() == [120, 120, 120]
    assert mirrored[200, -5].tolist() == [120, 120, 120]
    for side, view in (("right of the picture", plain), ("left of the picture", mirrored)):
        columns = np.nonzero((view == np.array(RED)).all(axis=2))[1]
        assert len(columns) > 20
        assert (columns.mean() > view.shape[1] / 2) == (side == "right of the picture")


def test_text_is_never_mirrored() -> None:
    scene = make_scene(user_pose=None, user_image=np.zeros((480, 640, 3), np.uint8))
    mirrored, plain = draw_scene(scene, 1280, 720), draw_scene(dataclasses.replace(scene, flip=False), 1280, 720)
    np.testing.assert_array_equal(mirrored, plain)


@pytest.mark.parametrize(("progress", "share"), [(0, 0), (0.25, 0.25), (1, 1), (2, 1), (-1, 0)])
def test_the_bar_is_as_long_as_the_progress(progress: float, share: float) -> None:
    picture = draw_scene(make_scene(progress=progress), 1280, 720)
    assert np.mean((picture[-3] == np.array(ACCENT)).all(axis=1)) == pytest.approx(share, abs=0.01)


def test_no_score_is_not_shown_as_zero() -> None:
    shown = {score: draw_scene(make_scene(score=score), 1280, 720).tobytes() for score in (None, 0.0, 1.0)}
    assert len(set(shown.values())) == 3


def test_a_score_can_be_read_from_three_metres() -> None:
    """25 mm of height on a screen 200 mm high."""
    layout = window_layout(1280, 720, with_reference=True)
    picture = draw_scene(make_scene(score=0.88, grade=None), 1280, 720)
    box = picture[layout.score.top : layout.score.bottom, layout.score.left : layout.score.right]
    rows = np.nonzero((box > 200).all(axis=2).any(axis=1))[0]
    assert (rows[-1] - rows[0] + 1) / 720 * 200 >= 18


@pytest.mark.parametrize(
    ("error", "color", "dashed"),
    [
        (0, GREEN, False),
        (-15, GREEN, False),
        (16, AMBER, False),
        (-30, AMBER, False),
        (31, RED, True),
        (-120, RED, True),
        (None, WHITE, False),
        (float("nan"), WHITE, False),
    ],
)
def test_a_limb_s_look_tells_its_error(error: float | None, color: tuple[int, int, int], dashed: bool) -> None:
    style = limb_style(error, 15)
    assert (style.color, style.dashed) == (color, dashed)


def test_what_is_wrong_differs_without_colours_too() -> None:
    widths = [limb_style(error, 15).width for error in (0, 20, 40)]
    assert widths == sorted(set(widths))


def test_what_is_not_visible_is_not_drawn() -> None:
    body = make_body()
    body.landmarks[:, 3] = 0.1
    blank = np.zeros((480, 640, 3), np.uint8)
    np.testing.assert_array_equal(draw_skeleton(blank.copy(), body.landmarks), blank)
    body.landmarks[[Landmark.LEFT_SHOULDER, Landmark.LEFT_ELBOW], 3] = 0.9
    drawn = draw_skeleton(blank.copy(), body.landmarks)
    assert drawn[:, :320].max() == 0
    assert drawn[:, 320:].max() > 200


def test_every_limb_that_hangs_from_a_joint_takes_its_colour() -> None:
    assert set(skeleton._JOINT_OF_LIMB.values()) == {
        f"{side}_{joint}" for side in ("left", "right") for joint in ("elbow", "shoulder", "hip", "knee")
    }


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("with_reference", [True, False])
def test_the_parts_of_the_window_do_not_overlap_and_lie_inside(width: int, height: int, with_reference: bool) -> None:
    layout = window_layout(width, height, with_reference=with_reference)
    covered = np.zeros((height, width), int)
    for rect in (layout.header, layout.reference, layout.dancer, layout.score, layout.cue, layout.progress):
        if rect is not None:
            assert 0 <= rect.left < rect.right <= width
            assert 0 <= rect.top < rect.bottom <= height
            covered[rect.top : rect.bottom, rect.left : rect.right] += 1
    assert covered.max() == 1


def test_the_reference_is_left_of_the_dancer_or_above() -> None:
    wide, tall = window_layout(1280, 720, with_reference=True), window_layout(720, 1280, with_reference=True)
    assert wide.reference is not None
    assert tall.reference is not None
    assert wide.reference.right < wide.dancer.left
    assert tall.reference.bottom < tall.dancer.top


@pytest.mark.parametrize("shape", [(640, 480), (240, 428), (1, 1000)])
def test_a_picture_keeps_its_shape_in_a_pane(shape: tuple[int, int]) -> None:
    inner = Rect(10, 20, 600, 400).fit(*shape)
    assert inner.left >= 10
    assert inner.bottom <= 420
    assert inner.width == pytest.approx(inner.height * shape[0] / shape[1], abs=2)


def test_korean_text_has_shapes_of_its_own() -> None:
    """Not the question marks that stand for letters a font has not."""
    pictures = [
        text.draw_text(np.zeros((60, 200, 3), np.uint8), word, 5, 45, 40, WHITE).tobytes()
        for word in ("마그", "네틱", "??")
    ]
    assert len(set(pictures)) == 3


@pytest.mark.parametrize("words", ["short", "a rather long sentence that needs a line or two", "W" * 90, "가" * 60])
def test_text_fits_into_its_box(words: str) -> None:
    size, lines = text.fit_lines(words, 300, 90, largest=48, smallest=20)
    assert 20 <= size <= 48
    assert len(lines) * text.line_height(size) <= 90
    assert all(text.text_width(line, size) <= 300 for line in lines)


def test_text_outside_the_picture_is_cut_off() -> None:
    picture = np.zeros((20, 20, 3), np.uint8)
    for place in ((-50, 10), (500, 10), (5, -90), (5, 900)):
        assert text.draw_text(picture, "hello", *place, 20, WHITE).max() == 0
    assert text.draw_text(picture, "hello", -10, 15, 20, WHITE).max() > 0
