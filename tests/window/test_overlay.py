"""The window's picture: what must be where, and that nothing odd breaks it."""

from __future__ import annotations

import dataclasses
from typing import Any, get_args

import numpy as np
import pytest

from kdance.choices import LayoutStyle
from kdance.pose import NUM_LANDMARKS, Landmark, Pose
from kdance.window import palette, skeleton, text
from kdance.window.layout import Layout
from kdance.window.overlay import Flash, Labels, Scene, draw_scene, scene_layout
from kdance.window.palette import ACCENT, AMBER, BLUE, GREEN, INK, MUTED, RED, WHITE, Color
from kdance.window.skeleton import draw_ghost, draw_skeleton, limb_style

NAN = float("nan")
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
        cue="Extend your left elbow",
        progress=0.4,
        sections=((0, 0.5, 0.9), (0.5, 0.8, 0.3), (0.8, 1, None)),
        count=3,
        time_text="0:07 / 0:18",
        badges=("30 fps", "not seen: legs"),
        title="마그네틱",
        labels=Labels("Reference", "You", "score", "Space: go on"),
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
        {"progress": 7.0, "time_text": "", "badges": ("much too long " * 9, " ", "AI on")},
        {"progress": NAN, "score": NAN, "flash": Flash("", NAN, NAN), "speed": NAN},
        {"score": 0.0, "cue": " ", "toast": " "},
        {
            "score": 12.0,
            "flash": Flash("magnificent " * 9, 12.0, 12.0),
            "grade": "magnificent " * 9,
            "toast": "Speed " * 60,
        },
        {"count": 0, "counting_in": True},
        {"count": 99, "counting_in": True, "countdown": 12345},
        {"count": None, "counting_in": True, "paused": True, "warnings": ("not seen: legs " * 9, "", "dark")},
        {"sections": ((0.4, 0.4, 1.0), (0.9, 0.1, NAN), (-3.0, 9.0, 5.0), (NAN, NAN, -1.0)), "loop": (NAN, 7.0)},
        {"loop": (0.9, 0.1), "loop_on": True},
        {"loop": (None, None), "loop_on": True, "sections": ((0.0, 1.0, None),)},
        {"ghost_pose": Pose(np.full((33, 4), np.nan, np.float32), np.zeros((33, 3), np.float32))},
        {"ghost_pose": Pose(np.full((33, 4), 1e9, np.float32), np.zeros((33, 3), np.float32)), "user_trunk": 1e9},
        {"ghost_pose": Pose(np.ones((33, 4), np.float32), np.zeros((33, 3), np.float32)), "reference_trunk": 1e-9},
    ],
)
def test_nothing_odd_breaks_it(changes: dict[str, Any]) -> None:
    for width, height in SIZES[:3]:
        for style in get_args(LayoutStyle)[1:]:
            picture = draw_scene(make_scene(layout=style, **changes), width, height)
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


def _layout(scene: Scene, width: int = 1280, height: int = 720) -> Layout:
    return scene_layout(scene, width, height)


def _dancer(picture: np.ndarray, scene: Scene) -> np.ndarray:
    pane = _layout(scene, picture.shape[1], picture.shape[0]).dancer
    inner = pane.fit(scene.user_image.shape[1], scene.user_image.shape[0])
    return picture[inner.top : inner.bottom, inner.left : inner.right]


def test_flipping_mirrors_the_dancer_and_the_skeleton_with_it() -> None:
    image = np.zeros((480, 640, 3), np.uint8)
    image[:, :320] = 120
    scene = make_scene(user_image=image)
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


@pytest.mark.parametrize(("progress", "share"), [(0, 0), (0.25, 0.25), (1, 1), (2, 1), (-1, 0), (NAN, 0)])
def test_the_bar_is_as_long_as_the_progress(progress: float, share: float) -> None:
    scene = make_scene(progress=progress)
    bar = _layout(scene).song
    row = draw_scene(scene, 1280, 720)[bar.bottom - 2, bar.left : bar.right]
    assert np.mean((row == np.array(ACCENT)).all(axis=1)) == pytest.approx(share, abs=0.01)


def test_no_score_is_not_shown_as_zero() -> None:
    shown = {score: draw_scene(make_scene(score=score), 1280, 720).tobytes() for score in (None, 0.0, 1.0)}
    assert len(set(shown.values())) == 3


def test_a_score_can_be_read_from_three_metres() -> None:
    """25 mm of height on a screen 200 mm high."""
    scene = make_scene(score=0.88, grade=None)
    layout, picture = _layout(scene), draw_scene(scene, 1280, 720)
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


def _differs(scene: Scene, **changes: Any) -> np.ndarray:
    """(H, W) where a change of the scene is seen."""
    one, other = draw_scene(scene, 1280, 720), draw_scene(dataclasses.replace(scene, **changes), 1280, 720)
    return np.any(one != other, axis=2)


def _inside(mask: np.ndarray, *rects: Any) -> bool:
    """Whether something is marked, and nothing outside some rectangles."""
    rest = mask.copy()
    for rect in rects:
        rest[rect.top : rect.bottom, rect.left : rect.right] = False
    return bool(mask.any()) and not bool(rest.any())


@pytest.mark.parametrize("style", get_args(LayoutStyle))
def test_what_changes_while_dancing_moves_nothing_else(style: LayoutStyle) -> None:
    scene = make_scene(layout=style)
    layout = _layout(scene)
    assert layout.count is not None
    assert _inside(_differs(scene, count=4), layout.count)
    assert _inside(_differs(scene, score=0.11, grade="miss"), layout.score)
    assert _inside(_differs(scene, cue=None), layout.cue)
    assert _inside(_differs(scene, cue_kind="praise"), layout.cue)
    assert _inside(_differs(scene, progress=0.7), layout.song)
    assert _inside(_differs(scene, loop=(0.2, 0.6)), layout.song)
    assert _inside(_differs(scene, time_text="0:11 / 0:18", speed=0.75), layout.status)
    assert _inside(_differs(scene, warnings=("not seen: legs",)), layout.dancer)
    assert _inside(_differs(scene, flash=Flash("GREAT", 0.85, 0.5)), layout.dancer)
    assert _inside(_differs(scene, ghost_pose=make_body(300, 480)), layout.dancer)
    assert _inside(_differs(scene, title="Magnetic"), layout.header)
    assert layout.reference is not None
    for labels, place in (
        (Labels("Original", "You", "score", "Space: go on"), layout.reference),
        (Labels("Reference", "Me", "score", "Space: go on"), layout.dancer),
    ):
        assert _inside(_differs(scene, labels=labels), place)
    ungraded = dataclasses.replace(scene, grade=None)
    assert _inside(_differs(ungraded, labels=Labels("Reference", "You", "points")), layout.score)
    paused = dataclasses.replace(scene, paused=True)
    assert _inside(_differs(paused, labels=Labels("Reference", "You", "score", "Space: on")), layout.stage)


def test_the_clock_does_not_move_the_badges() -> None:
    changed = _differs(make_scene(time_text="0:00 / 0:18"), time_text="0:11 / 0:18")
    columns = np.nonzero(changed.any(axis=0))[0]
    assert 0 < np.ptp(columns) < 120


def test_a_number_in_a_badge_does_not_move_the_others() -> None:
    changed = _differs(make_scene(badges=("30 fps", "AI on")), badges=("11 fps", "AI on"))
    assert 0 < np.ptp(np.nonzero(changed.any(axis=0))[0]) < 60


def test_only_a_speed_that_is_not_full_is_shown() -> None:
    scene = make_scene(badges=())
    layout = _layout(scene)

    def pink(speed: float) -> bool:
        shown = draw_scene(dataclasses.replace(scene, speed=speed), 1280, 720)
        return bool((shown[: layout.status.bottom, layout.status.left :] == np.array(ACCENT)).all(axis=2).any())

    assert not pink(1.0)
    assert pink(0.75)


def test_the_flash_fades_away() -> None:
    scene = make_scene(user_pose=None)
    plain = draw_scene(scene, 1280, 720).astype(int)
    strength = [
        np.abs(draw_scene(dataclasses.replace(scene, flash=Flash("GREAT", 0.85, strength)), 1280, 720) - plain).sum()
        for strength in (0.0, 0.1, 0.5, 1.0)
    ]
    assert strength[0] == 0
    assert strength == sorted(set(strength))


@pytest.mark.parametrize(("score", "color"), [(0.85, GREEN), (0.65, AMBER), (0.45, RED)])
def test_the_flash_has_the_colour_of_its_own_score(score: float, color: Color) -> None:
    """And not of the score now: at the start of a round there is none."""
    shown = draw_scene(make_scene(user_pose=None, score=None, flash=Flash("GRADE", score, 1.0)), 1280, 720)
    pane = _layout(make_scene()).dancer
    lower = shown[pane.top + pane.height // 2 : pane.bottom, pane.left : pane.right]
    assert (lower == np.array(color)).all(axis=2).any()


@pytest.mark.parametrize("changes", [{"counting_in": True, "count": 5}, {"paused": True}, {"countdown": 3}])
def test_a_count_in_and_a_pause_darken_the_pictures_and_nothing_else(changes: dict[str, Any]) -> None:
    scene = make_scene(user_image=np.full((480, 640, 3), 200, np.uint8), count=5, flip=False)
    layout, pane = _layout(scene), _layout(scene).dancer
    assert layout.reference is not None
    assert _inside(_differs(scene, **changes), layout.stage)
    one, other = draw_scene(scene, 1280, 720), draw_scene(dataclasses.replace(scene, **changes), 1280, 720)
    far = (pane.bottom - 30, pane.right - 60)
    assert 0 < other[far].mean() < 0.5 * one[far].mean()


def test_the_numbers_of_a_count_in_are_all_different_and_as_large_as_a_hand() -> None:
    shown = {}
    for count in (5, 6, 7, 8):
        scene = make_scene(user_pose=None, reference_pose=None, counting_in=True, count=count)
        stage = _layout(scene).stage
        picture = draw_scene(scene, 1280, 720)[stage.top : stage.bottom, stage.left : stage.right]
        shown[count] = picture.tobytes()
        rows = np.nonzero((picture == np.array(WHITE)).all(axis=2).any(axis=1))[0]
        assert np.ptp(rows) > 0.4 * stage.height
    assert len(set(shown.values())) == 4


def test_a_toast_is_no_cue() -> None:
    scene = make_scene()
    assert _inside(_differs(scene, toast="Loop from 3 to 6"), _layout(scene).stage)


def test_the_ghost_needs_the_dancer() -> None:
    assert not _differs(make_scene(user_pose=None), ghost_pose=make_body()).any()
    assert _differs(make_scene(), ghost_pose=make_body()).any()


def test_the_ghost_is_mirrored_with_the_dancer() -> None:
    """A ghost whose left arm is up: it is where the dancer's left arm is."""
    up = make_body()
    up.landmarks[[Landmark.LEFT_ELBOW, Landmark.LEFT_WRIST], 1] -= 150
    image = np.zeros((480, 640, 3), np.uint8)
    for flip in (True, False):
        scene = make_scene(user_image=image, flip=flip)
        picture = draw_scene(dataclasses.replace(scene, ghost_pose=up), 1280, 720)
        changed = np.any(_dancer(picture, scene) != _dancer(draw_scene(scene, 1280, 720), scene), axis=2)
        columns = np.nonzero(changed[: len(changed) // 4])[1]  # above the head, but for the arm
        assert len(columns) > 20
        assert (columns.mean() < changed.shape[1] / 2) == flip


def test_the_ghost_can_be_seen_through_and_looks_unlike_a_skeleton() -> None:
    blank = np.full((480, 640, 3), 100, np.uint8)
    ghost, lines = draw_ghost(blank.copy(), make_body().landmarks), draw_skeleton(blank.copy(), make_body().landmarks)
    middle = ghost[210, 320]  # of the trunk
    assert (middle == np.rint((100 + np.array(BLUE)) / 2)).all()
    assert np.any(ghost != 100, axis=2).sum() > 2 * np.any(lines != 100, axis=2).sum()
    np.testing.assert_array_equal(draw_ghost(blank.copy(), np.full((33, 4), np.nan)), blank)


def test_a_better_section_is_higher_and_has_another_colour() -> None:
    scene = make_scene(sections=((0, 0.3, 0.3), (0.3, 0.6, 0.7), (0.6, 0.8, 0.95), (0.8, 1, None)), progress=0)
    bar, picture = _layout(scene).song, draw_scene(scene, 1280, 720)
    heights = []
    for share, color in ((0.15, RED), (0.45, AMBER), (0.7, GREEN)):
        column = picture[bar.top : bar.bottom, bar.left + round(share * bar.width)]
        heights.append(int((column == np.array(color)).all(axis=1).sum()))
    assert heights == sorted(set(heights))
    assert heights[0] > 0
    untold = picture[bar.top : bar.bottom, bar.left + round(0.9 * bar.width)]
    assert not any((untold == np.array(color)).all(axis=1).any() for color in (RED, AMBER, GREEN))


def test_a_and_b_are_where_the_loop_is() -> None:
    scene = make_scene(progress=0, sections=())
    bar = _layout(scene).song
    columns = np.nonzero(_differs(scene, loop=(0.25, 0.75), loop_on=True).any(axis=0))[0]
    assert columns[0] == pytest.approx(bar.left + 0.25 * bar.width, abs=2)
    assert columns[-1] == pytest.approx(bar.left + 0.75 * bar.width, abs=4)
    assert _differs(dataclasses.replace(scene, loop=(0.25, 0.75)), loop_on=True).any()


def _luminance(color: tuple[int, int, int]) -> float:
    """Relative luminance (WCAG 2.2)."""
    shares = [value / 255 for value in color[::-1]]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


@pytest.mark.parametrize(
    ("color", "ground"),
    [(WHITE, ground) for ground in (palette.BACKGROUND, palette.SURFACE, palette.WELL, palette.RAISED, INK)]
    + [(MUTED, ground) for ground in (palette.BACKGROUND, palette.SURFACE, INK)]
    + [(ACCENT, ground) for ground in (palette.SURFACE, INK)]
    + [(INK, ground) for ground in (GREEN, AMBER, RED, ACCENT)],
)
def test_text_stands_out_from_its_ground(color: tuple[int, int, int], ground: tuple[int, int, int]) -> None:
    lighter, darker = sorted((_luminance(color), _luminance(ground)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


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
    assert (len(lines) - 1) * text.line_height(size) + size <= 90
    assert all(text.text_width(line, size) <= 300 for line in lines)


def test_text_outside_the_picture_is_cut_off() -> None:
    picture = np.zeros((20, 20, 3), np.uint8)
    for place in ((-50, 10), (500, 10), (5, -90), (5, 900)):
        assert text.draw_text(picture, "hello", *place, 20, WHITE).max() == 0
    assert text.draw_text(picture, "hello", -10, 15, 20, WHITE).max() > 0
