"""The picture to post, the bodies in their panes, and the replay's picture."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from kdance.pose import JOINT_NAMES, Landmark
from kdance.review.stills import Still
from kdance.window.bodies import draw_angle, equally_large, extent, framing, free_place, in_pane
from kdance.window.card import HEIGHT, WIDTH, make_card
from kdance.window.layout import Rect
from kdance.window.palette import AMBER, BLUE, RED, WHITE
from kdance.window.replay_screen import ReplayPane, ReplayScene, draw_replay, encode_png
from kdance.words.phrases import available_languages, load_phrases
from tests.motion_factory import make_pose, make_sequence, nobody_for
from tests.report_factory import make_empty_report, make_report

EN = load_phrases("en")
PANE = Rect(0, 0, 300, 400)


def best(**changes: Any) -> Still:
    fields: dict[str, Any] = {
        "fault": None,
        "frame": 3,
        "time": 3.0,
        "user": make_pose(left_shoulder=60).landmarks,
        "reference": make_pose(left_shoulder=95).landmarks,
        "user_angle": None,
        "reference_angle": None,
        "errors": np.zeros(8),
    }
    return Still(**{**fields, **changes})


def decoded(data: bytes) -> np.ndarray:
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture


def has(picture: np.ndarray, color: tuple[int, int, int]) -> bool:
    return bool((picture == color).all(-1).any())


# The card


@pytest.mark.parametrize("language", available_languages())
@pytest.mark.parametrize("name", ["magnetic", "아일릿 (ILLIT) 마그네틱", "x" * 200], ids=["short", "Korean", "long"])
def test_a_card_of_every_name_has_its_size_and_both_bodies(name: str, language: str) -> None:
    report = make_report(reference=name, groups={"arms": 0.6, "legs": 0.8, "trunk": 0.2})
    card = decoded(make_card(report, best(), load_phrases(language), error_band=15.0))
    assert card.shape == (HEIGHT, WIDTH, 3)
    assert has(card, BLUE) and has(card, WHITE)


def test_nothing_private_is_on_a_card() -> None:
    """Neither who, when nor where: a card of the same score is the same card."""
    one = make_card(make_report(), best(), EN, error_band=15.0)
    other = make_report(
        session_id="20990101-000000-0000", started_at="2099-01-01T00:00:00+00:00", source="/home/me.mp4"
    )
    assert make_card(other, best(), EN, error_band=15.0) == one
    assert b"tEXt" not in one and b"eXIf" not in one


@pytest.mark.parametrize("report", [make_report(), make_empty_report()], ids=["danced", "nobody"])
def test_a_card_without_bodies(report: Any) -> None:
    assert not has(decoded(make_card(report, None, EN, error_band=15.0)), BLUE)


def test_hidden_bodies_are_no_error() -> None:
    nobody = nobody_for(1).landmarks[0]
    decoded(make_card(make_report(), best(user=nobody, reference=nobody), EN, error_band=15.0))


# Bodies


def test_a_whole_take_stays_in_its_pane() -> None:
    take = make_sequence("dance", seconds=4.0).landmarks
    shown = framing(extent(take), PANE)
    placed = np.array([in_pane(frame, shown, PANE) for frame in take])[..., :2]
    inside = (placed > -10).all(-1) & (placed < (PANE.width + 10, PANE.height + 10)).all(-1)
    assert inside.mean() > 0.98
    assert np.ptp(placed.reshape(-1, 2), axis=0).max() > 200


def test_nobody_has_no_extent() -> None:
    assert [*map(list, extent(nobody_for(3).landmarks))] == [[0, 0], [0, 0]]


def test_two_bodies_get_the_same_trunk() -> None:
    near, far = make_pose().landmarks, make_pose().landmarks.copy()
    far[:, :3] *= 0.2
    lengths = []
    for body, shown in zip((near, far), equally_large([near, far], [PANE, PANE]), strict=True):
        points = in_pane(body, shown, PANE)
        lengths.append(np.linalg.norm(points[Landmark.LEFT_HIP, :2] - points[Landmark.LEFT_SHOULDER, :2]))
    assert lengths[0] == pytest.approx(lengths[1], rel=0.01)


@pytest.mark.parametrize("joint", JOINT_NAMES)
def test_an_angle_is_written_beside_the_body(joint: str) -> None:
    picture = np.zeros((480, 640, 3), np.uint8)
    body = make_pose(left_shoulder=80, right_shoulder=80).landmarks.astype(float)
    draw_angle(picture, body, joint, 142.0, 24)
    assert has(picture, WHITE)
    hidden = body.copy()
    hidden[:, 3] = 0.0
    empty = np.zeros_like(picture)
    draw_angle(empty, hidden, joint, 142.0, 24)
    assert not empty.any()


def test_a_number_keeps_away_from_the_limbs() -> None:
    body = make_pose(left_shoulder=90).landmarks.astype(float)
    at = body[Landmark.LEFT_SHOULDER, :2]
    place = np.array(free_place(body, at, 40.0))
    assert np.linalg.norm(place - at) == pytest.approx(40.0)
    assert np.linalg.norm(body[11:, :2] - place, axis=1).min() > 20


# The replay's picture


def scene(**changes: Any) -> ReplayScene:
    body = make_pose(left_shoulder=60).landmarks
    errors = dict.fromkeys(JOINT_NAMES, 0.0) | {"left_shoulder": -40.0, "right_elbow": 20.0}
    shown = extent(body)
    fields: dict[str, Any] = {
        "panes": (
            ReplayPane("teacher", BLUE, shown, body, angles=(("left_shoulder", 95.0),)),
            ReplayPane("you", WHITE, shown, body, errors=errors, angles=(("left_shoulder", 60.0),)),
        ),
        "title": "magnetic",
        "time_text": "0:03 / 3:10",
        "caption": "left arm: 35° too low",
        "blocks": ((0.0, 0.5, 0.9), (0.5, 1.0, None)),
        "progress": 0.3,
        "moments": (0.25, 0.75),
        "hint": "Space: pause   q: end",
    }
    return ReplayScene(**{**fields, **changes})


@pytest.mark.parametrize("size", [(1280, 720), (480, 320), (1081, 1919)], ids=str)
def test_a_replay_fits_every_window(size: tuple[int, int]) -> None:
    picture = draw_replay(scene(), *size)
    assert picture.shape == (size[1], size[0], 3)
    for color in (BLUE, RED, AMBER):
        assert has(picture, color)


def test_a_replay_draws_into_the_memory_it_is_given() -> None:
    first = draw_replay(scene(), 640, 360)
    again = draw_replay(scene(caption=""), 640, 360, out=first)
    assert again is first
    np.testing.assert_array_equal(draw_replay(scene(caption=""), 640, 360), again)


def test_pictures_lie_behind_the_skeletons() -> None:
    plain = scene()
    image = np.full((480, 640, 3), (10, 200, 30), np.uint8)
    panes = tuple(
        ReplayPane(pane.label, pane.color, pane.extent, pane.landmarks, image, pane.errors) for pane in plain.panes
    )
    assert has(draw_replay(scene(panes=panes), 1280, 720), (10, 200, 30))


def test_a_take_alone_and_nobody_in_it() -> None:
    alone = (ReplayPane("you", WHITE, extent(make_pose().landmarks)),)
    draw_replay(scene(panes=alone, moments=(), blocks=()), 640, 360)
    assert decoded(encode_png(draw_replay(scene(panes=alone), 640, 360))).shape == (360, 640, 3)
