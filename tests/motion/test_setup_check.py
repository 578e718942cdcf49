"""The set-up check: what a frame says about place, light and camera, and when the dance can start."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kdance.motion.picture_points import rotated
from kdance.motion.setup_check import READY_HOLD, Advice, Finding, Setup, SetupWatch, body_share, check_setup
from kdance.pose import FloatArray, Landmark, PoseSequence
from tests.motion_factory import Build, make_pose, mirror_take

WIDTH, HEIGHT = 640, 480
# 1.7 m of body at 200 px a metre, in the middle of the picture.
GOOD = Build(x_px=320.0, y_px=215.0)


def setup(landmarks: FloatArray | None, **changes: Any) -> Setup:
    picture = {"width_px": WIDTH, "height_px": HEIGHT, "brightness": 120.0, "fps": 30.0} | changes
    return check_setup(landmarks, **picture)


def body(*, hidden: tuple[str, ...] = (), build: Build = GOOD, **angles: float) -> FloatArray:
    return make_pose(build=build, hidden=hidden, **angles).landmarks


def failed(found: Setup) -> list[str]:
    return [check.name for check in found.checks if not check.ok]


def to_do(found: Setup) -> tuple[Finding, Advice | None]:
    """The one thing to do now, and why."""
    assert found.worst is not None
    return found.worst.finding, found.worst.advice


# -- one frame --------------------------------------------------------------------------------------------------------


def test_all_is_well() -> None:
    found = setup(body())
    assert [check.name for check in found.checks] == ["body", "distance", "light", "camera"]
    assert all(check.ok and not check.advice and not check.blocks for check in found.checks)
    assert found.is_ready
    assert found.worst is None


def lying_nan() -> FloatArray:
    return np.full((33, 4), np.nan, np.float32)


CASES: dict[str, tuple[FloatArray | None, Finding, Advice]] = {
    "nobody": (None, "nobody", "step_in_front"),
    "NaN": (lying_nan(), "nobody", "step_in_front"),
    "feet hidden": (body(hidden=("feet",)), "feet_missing", "step_back"),
    "feet below": (body(build=Build(y_px=330.0)), "feet_missing", "step_back"),
    "head above": (body(build=Build(y_px=120.0)), "head_missing", "step_back_or_tilt"),
    "head hidden": (body(hidden=("head",)), "head_missing", "step_back_or_tilt"),
    "only the middle": (body(build=Build(px_per_m=700.0)), "head_and_feet_missing", "step_back"),
    "right hand off": (
        body(build=Build(x_px=80.0, y_px=215.0), right_shoulder=90.0),
        "hands_cut_off",
        "step_left",
    ),
    "left hand off": (
        body(build=Build(x_px=560.0, y_px=215.0), left_shoulder=90.0),
        "hands_cut_off",
        "step_right",
    ),
    "both hands off": (
        body(build=Build(x_px=150.0, y_px=215.0), left_shoulder=90.0, right_shoulder=90.0),
        "hands_cut_off",
        "step_back",
    ),
    "feet at the side": (body(build=Build(x_px=10.0, y_px=215.0)), "feet_cut_off", "step_left"),
    "half of the body": (body(build=Build(x_px=-2.0, y_px=215.0)), "body_cut_off", "step_left"),
    "too close": (body(build=Build(px_per_m=270.0, y_px=205.0)), "too_close", "step_back"),
    "too far": (body(build=Build(px_per_m=80.0)), "too_far", "come_closer"),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_said_what_to_do_and_the_dance_waits(name: str) -> None:
    landmarks, *expected = CASES[name]
    found = setup(landmarks, width_px=300 if name == "both hands off" else WIDTH)
    assert to_do(found) == tuple(expected)
    assert not found.is_ready


def test_a_mirrored_dancer_goes_the_other_way() -> None:
    pose = make_pose(build=Build(x_px=80.0, y_px=215.0), right_shoulder=90.0)
    mirrored = mirror_take(PoseSequence.from_poses([pose], [0.0]), width_px=WIDTH - 1).landmarks[0]
    assert to_do(setup(pose.landmarks)) == ("hands_cut_off", "step_left")
    assert to_do(setup(mirrored)) == ("hands_cut_off", "step_right")


def test_seen_from_behind_left_is_still_the_dancers_own() -> None:
    pose = make_pose(build=Build(x_px=80.0, y_px=215.0), yaw=180.0, left_shoulder=90.0)
    assert pose.landmarks[Landmark.LEFT_WRIST, 0] < 0
    assert to_do(setup(pose.landmarks)) == ("hands_cut_off", "step_right")


def test_hands_over_the_head_out_of_the_picture_are_no_reason_to_wait() -> None:
    up = body(left_shoulder=172.0, right_shoulder=172.0, build=Build(y_px=198.0))
    assert up[Landmark.LEFT_WRIST, 1] < 0
    assert setup(up).is_ready


@pytest.mark.parametrize(
    ("changes", "name", "finding", "figures"),
    [
        ({"fps": 12.4}, "camera", "few_pictures", {"width": WIDTH, "height": HEIGHT, "fps": 12}),
        ({"height_px": 460}, "camera", "few_lines", {"width": WIDTH, "height": 460, "fps": 30}),
        ({"brightness": 20.0}, "light", "dark", {}),
    ],
)
def test_camera_and_a_dim_room_are_told_but_nobody_waits_for_them(
    changes: dict[str, Any], name: str, finding: Finding, figures: dict[str, int]
) -> None:
    found = setup(body(build=Build(y_px=205.0)), **changes)
    assert failed(found) == [name]
    assert found.worst is not None
    assert (found.worst.finding, found.worst.figures) == (finding, figures)
    assert found.is_ready


def test_what_blocks_is_said_first() -> None:
    everything_wrong = {"fps": 5.0, "height_px": 240, "brightness": 10.0}
    assert to_do(setup(None, **everything_wrong)) == ("nobody_in_the_dark", "turn_on_light")
    assert to_do(setup(body(hidden=("feet",)), fps=5.0, brightness=10.0)) == ("feet_missing", "step_back")
    assert to_do(setup(body(build=Build(px_per_m=80.0)), fps=5.0, brightness=10.0)) == ("too_far", "come_closer")
    assert to_do(setup(body(), fps=5.0, brightness=10.0)) == ("dark", "turn_on_light")
    assert to_do(setup(body(), fps=5.0)) == ("few_pictures", "more_light")


def test_there_is_advice_where_something_is_wrong() -> None:
    for landmarks, *_ in CASES.values():
        for check in setup(landmarks, brightness=10.0, fps=5.0).checks:
            assert (check.advice is None) == check.ok
            assert not (check.ok and check.blocks)


def test_height_is_a_share_of_the_picture() -> None:
    assert body_share(body(), HEIGHT) == pytest.approx(0.74, abs=0.05)
    shares = [body_share(body(build=Build(px_per_m=scale)), HEIGHT) for scale in (80.0, 120.0, 160.0, 240.0)]
    assert np.diff(shares).min() > 0
    assert shares[-1] == pytest.approx(3 * shares[0])
    crouching = body(left_hip=100.0, right_hip=100.0, left_knee=80.0, right_knee=80.0)
    assert body_share(crouching, HEIGHT) < body_share(body(), HEIGHT)


# -- over time --------------------------------------------------------------------------------------------------------

FPS = 30.0
WELL, LOST, FEETLESS = setup(body()), setup(None), setup(body(hidden=("feet",)))


def watch(frames: list[Setup], watcher: SetupWatch | None = None) -> list[bool]:
    watcher = watcher or SetupWatch()
    return [watcher.update(found, frame / FPS) for frame, found in enumerate(frames)]


def test_it_starts_after_two_seconds_of_all_well() -> None:
    assert watch([WELL] * 70).index(True) == round(READY_HOLD * FPS)


@pytest.mark.parametrize("bad", [LOST, FEETLESS], ids=["lost", "feet"])
def test_a_flicker_does_not_delay_the_start(bad: Setup) -> None:
    assert watch([WELL] * 20 + [bad] * 2 + [WELL] * 50).index(True) == round(READY_HOLD * FPS)


def test_a_step_out_of_the_picture_delays_the_start() -> None:
    ready = watch([WELL] * 40 + [FEETLESS] * 30 + [WELL] * 100)
    assert ready.index(True) == 40 + 30 + round(READY_HOLD * FPS)


def test_it_never_starts_while_something_is_wrong() -> None:
    assert not any(watch([FEETLESS] * 200))
    assert not any(watch([LOST] * 200))
    assert not any(watch([WELL, FEETLESS, FEETLESS, FEETLESS, FEETLESS] * 40))


def test_a_slow_camera_starts_as_well() -> None:
    assert watch([setup(body(), fps=12.0)] * 70)[-1]


def test_reset_begins_anew() -> None:
    watcher = SetupWatch()
    watch([WELL] * 70, watcher)
    assert watcher.share == 1.0
    watcher.reset()
    assert watcher.share == 0.0


def test_a_turned_picture_is_what_is_told_and_nothing_else_of_the_body() -> None:
    found = setup(rotated(body(), 90), rotate=270)
    assert not found.is_ready
    assert found.worst is not None
    assert (found.worst.finding, found.worst.advice, found.worst.figures) == ("turned", "rotate", {"degrees": 270})
    assert [check.name for check in found.checks] == ["body", "light", "camera"]
