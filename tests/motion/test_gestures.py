"""Gestures: both hands up, forearms crossed over the head; and that dancing is neither."""

from __future__ import annotations

import numpy as np
import pytest

from kdance.dance.references import Reference
from kdance.motion.gestures import (
    AT_REST,
    END_HOLD,
    ONE_HOLD,
    RECENT,
    START_HOLD,
    EndGesture,
    Signs,
    StartGesture,
    forearms_crossed,
    hands_over_head,
    hands_raised,
    one_hand_raised,
    right_hand_is_higher,
    wrists_past_each_other,
)
from kdance.motion.hold import OTHER_GAP, UNSEEN_GAP, Hold
from kdance.pose import NUM_LANDMARKS, FloatArray, Landmark, Pose, PoseSequence
from tests.motion_factory import OTHER_BODIES, TEACHER, Build, make_pose, make_sequence, mirror_take

FPS = 30.0
UP = {"left_shoulder": 172.0, "right_shoulder": 172.0}
CROSSED = {"left_shoulder": 202.0, "right_shoulder": 202.0, "left_elbow": 128.0, "right_elbow": 128.0}
HEART = {"left_shoulder": 170.0, "right_shoulder": 170.0, "left_elbow": 116.0, "right_elbow": 116.0}
TOUCHING = {"left_shoulder": 185.0, "right_shoulder": 185.0, "left_elbow": 130.0, "right_elbow": 130.0}
AT_CHEST = {"left_shoulder": -10.0, "right_shoulder": -10.0, "left_elbow": 290.0, "right_elbow": 290.0}
ONE_UP = {"left_shoulder": 172.0}
ON_HIPS = {"left_shoulder": 50.0, "right_shoulder": 50.0, "left_elbow": 260.0, "right_elbow": 260.0}
# What the arms do; are both hands up (None: depends on their length); do the forearms cross over the head.
POSES = {
    "hanging": ({}, 0, 0),
    "up": (UP, 1, 0),
    "crossed over the head": (CROSSED, None, 1),
    "heart over the head": (HEART, 1, 0),
    "crossed at the chest": (AT_CHEST, 0, 0),
    "one up": (ONE_UP, 0, 0),
    "on the hips": (ON_HIPS, 0, 0),
}
BODIES = {"teacher": TEACHER} | OTHER_BODIES


def landmarks_of(arms: dict[str, float], build: Build = TEACHER, hidden: tuple[str, ...] = ()) -> FloatArray:
    return make_pose(build=build, hidden=hidden, **arms).landmarks


def nobody() -> FloatArray:
    return np.full((NUM_LANDMARKS, 4), np.nan, np.float32)


def shown_for(hold: Hold, states: list[float], *, start: float = 0.0) -> list[bool]:
    return [hold.update(state, start + frame / FPS) for frame, state in enumerate(states)]


def end_at(landmarks: list[FloatArray | None], *, reference: FloatArray | None = None) -> float | None:
    """When the end gesture is recognised, if ever; the song goes on from 0 with the frames."""
    dance = np.stack([landmarks_of({})] * len(landmarks)) if reference is None else reference
    gesture = EndGesture(dance, np.arange(len(dance)) / FPS)
    for frame, seen in enumerate(landmarks):
        if gesture.update(seen, frame / FPS, frame / FPS):
            return frame / FPS
    return None


# -- one frame --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("name", POSES)
def test_each_pose_is_what_it_is_on_every_body(name: str, body: str) -> None:
    arms, raised, crossed = POSES[name]
    landmarks = landmarks_of(arms, BODIES[body])
    assert forearms_crossed(landmarks) == crossed
    assert raised is None or hands_raised(landmarks) == raised


@pytest.mark.parametrize("name", POSES)
def test_a_mirrored_dancer_gives_the_same_signs(name: str) -> None:
    arms = POSES[name][0]
    pose = make_pose(**arms)
    mirrored = mirror_take(PoseSequence.from_poses([pose], [0.0])).landmarks[0]
    assert hands_raised(mirrored) == hands_raised(pose.landmarks)
    assert forearms_crossed(mirrored) == forearms_crossed(pose.landmarks)
    assert hands_over_head(mirrored) == pytest.approx(float(hands_over_head(pose.landmarks)), abs=1e-5)
    assert wrists_past_each_other(mirrored) == pytest.approx(float(wrists_past_each_other(pose.landmarks)), abs=1e-4)


@pytest.mark.parametrize("lean", [-15.0, 15.0])
@pytest.mark.parametrize("yaw", [-30.0, 30.0])
def test_the_signs_survive_a_lean_and_a_camera_to_the_side(lean: float, yaw: float) -> None:
    assert forearms_crossed(make_pose(lean=lean, yaw=yaw, **CROSSED).landmarks) == 1
    assert hands_raised(make_pose(lean=lean, yaw=yaw, **UP).landmarks) == 1
    assert forearms_crossed(make_pose(lean=lean, yaw=yaw, **HEART).landmarks) == 0


def test_what_is_not_seen_is_nan() -> None:
    assert np.isnan(hands_raised(nobody()))
    assert np.isnan(forearms_crossed(nobody()))
    assert np.isnan(hands_raised(landmarks_of(UP, hidden=("left arm",))))
    assert np.isnan(forearms_crossed(landmarks_of(CROSSED, hidden=("right arm",))))
    assert np.isnan(forearms_crossed(landmarks_of(CROSSED, hidden=("head",))))
    assert np.isnan(hands_raised(landmarks_of(UP, hidden=("head",))))


def test_hands_that_left_the_picture_at_the_top_are_up() -> None:
    wrists = [Landmark.LEFT_WRIST, Landmark.RIGHT_WRIST]
    landmarks = landmarks_of(UP)
    landmarks[:, 1] -= landmarks[wrists, 1].max() + 1
    landmarks[wrists, 3] = 0.0
    assert hands_raised(landmarks) == 1
    landmarks[:, 1] += 1000  # as little seen, but inside
    assert np.isnan(hands_raised(landmarks))


def test_legs_are_not_needed() -> None:
    assert forearms_crossed(landmarks_of(CROSSED, hidden=("legs",))) == 1


def test_a_sequence_gives_what_its_frames_give() -> None:
    frames = [landmarks_of(arms) for arms, *_ in POSES.values()] + [nobody()]
    for judge in (hands_raised, forearms_crossed, hands_over_head, wrists_past_each_other):
        np.testing.assert_array_equal(judge(np.stack(frames)), [judge(frame) for frame in frames])


# -- held -------------------------------------------------------------------------------------------------------------


def test_it_has_to_be_held_as_long_as_it_says() -> None:
    held = shown_for(Hold(1.0), [1.0] * 40)
    assert held.index(True) == 30
    assert all(held[30:])


def test_progress_only_grows_while_it_is_held() -> None:
    hold = Hold(1.0)
    shares = []
    for frame in range(40):
        hold.update(1.0, frame / FPS)
        shares.append(hold.share)
    assert shares[0] < 0.01
    assert np.all(np.diff(shares) >= 0)
    assert shares[-1] == 1.0


@pytest.mark.parametrize(("state", "allowed"), [(np.nan, UNSEEN_GAP), (0.0, OTHER_GAP)], ids=["unseen", "other"])
def test_a_short_gap_does_not_reset_and_a_long_one_does(state: float, allowed: float) -> None:
    short, long = round(allowed * FPS) - 1, round(allowed * FPS) + 1
    assert shown_for(Hold(1.0), [1.0] * 15 + [state] * short + [1.0] * 40).index(True) == 30
    assert shown_for(Hold(1.0), [1.0] * 15 + [state] * long + [1.0] * 40).index(True) == 15 + long + 30


def test_a_camera_that_stalls_resets() -> None:
    hold = Hold(1.0)
    shown_for(hold, [1.0] * 15)
    assert not hold.update(1.0, 2.0)
    assert hold.share < 0.01


def test_nothing_fires_in_a_gap_or_when_nothing_was_shown() -> None:
    assert not any(shown_for(Hold(0.5), [np.nan] * 60))
    assert not any(shown_for(Hold(0.5), [0.0] * 60))
    hold = Hold(0.5)
    assert shown_for(hold, [1.0] * 20)[-1]
    assert not hold.update(np.nan, 20 / FPS)


def test_reset_begins_anew() -> None:
    hold = Hold(0.5)
    assert shown_for(hold, [1.0] * 20)[-1]
    hold.reset()
    assert hold.share == 0.0
    assert not hold.update(1.0, 20 / FPS)


def test_both_hands_up_start_after_a_second() -> None:
    gesture = StartGesture()
    given = [gesture.update(None if frame in (10, 11) else landmarks_of(UP), frame / FPS) for frame in range(40)]
    assert given.index(True) == round(START_HOLD * FPS)
    gesture.reset()
    assert gesture.share == 0.0
    assert not any(gesture.update(landmarks_of({}), 2 + frame / FPS) for frame in range(60))


def test_crossed_forearms_end_after_two_seconds() -> None:
    assert end_at([landmarks_of(CROSSED)] * 90) == pytest.approx(END_HOLD, abs=1.5 / FPS)
    assert end_at([landmarks_of(CROSSED)] * 55 + [landmarks_of({})] * 60) is None


@pytest.mark.parametrize("name", [name for name, (*_, crossed) in POSES.items() if not crossed])
def test_no_other_pose_ends_it_however_long_it_is_held(name: str) -> None:
    assert end_at([landmarks_of(POSES[name][0])] * 150) is None


# -- the dance --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("motion", ["dance", "groove", "low dance", "two-step"])
@pytest.mark.parametrize("seed", range(3))
def test_dancing_never_ends_the_session(motion: str, seed: int) -> None:
    take = make_sequence(motion, seconds=20, seed=seed, jitter=0.01, depth=40.0)
    assert end_at(list(take.landmarks)) is None


def test_the_demo_dance_as_the_network_sees_it_never_ends_the_session(demo_reference: Reference) -> None:
    frames = list(demo_reference.sequence.landmarks)
    assert end_at(frames) is None
    assert not np.nanmax(forearms_crossed(np.stack(frames)))


def test_it_does_not_count_while_the_reference_does_it() -> None:
    calm, crossed = landmarks_of({}), landmarks_of(CROSSED)
    dance = np.stack([calm] * 60 + [crossed] * 90 + [calm] * 150)
    late = [calm] * 75 + [crossed] * 90 + [calm] * 135  # half a second behind
    assert end_at(late, reference=dance) is None
    assert end_at(late) is not None


def test_it_counts_again_when_the_reference_has_gone_on() -> None:
    calm, crossed = landmarks_of({}), landmarks_of(CROSSED)
    dance = np.stack([crossed] * 60 + [calm] * 300)
    ended = end_at([crossed] * 360, reference=dance)
    assert ended is not None
    assert END_HOLD + 2.0 < ended <= 2.0 + RECENT + END_HOLD + 0.1


def test_a_single_frame_of_the_reference_does_not_take_the_sign_away() -> None:
    calm, crossed = landmarks_of({}), landmarks_of(CROSSED)
    dance = np.stack([calm] * 30 + [crossed] + [calm] * 120)
    assert end_at([crossed] * 100, reference=dance) == pytest.approx(END_HOLD, abs=1.5 / FPS)


def test_hands_that_meet_over_the_head_of_the_reference_count_as_the_dance() -> None:
    together = np.stack([landmarks_of(TOUCHING)] * 120)
    assert EndGesture(together, np.arange(120) / FPS).is_danced(2.0)
    assert end_at(list(together)) is None
    apart = np.stack([landmarks_of(UP)] * 120)
    assert not EndGesture(apart, np.arange(120) / FPS).is_danced(2.0)


def test_a_reference_with_nobody_in_it_blocks_nothing() -> None:
    empty = np.stack([nobody()] * 90)
    assert end_at([landmarks_of(CROSSED)] * 90, reference=empty) is not None


def test_a_pose_of_the_network_is_taken_as_it_is() -> None:
    pose: Pose = make_pose(**CROSSED)
    assert EndGesture(np.empty((0, NUM_LANDMARKS, 4)), np.empty(0)).update(pose.landmarks, 0.0, 0.0) is False


# -- where nobody dances ----------------------------------------------------------------------------------------------


def signs_of(*shown: tuple[dict[str, float], float], build: Build = TEACHER) -> list[tuple[str, float]]:
    """Every sign that is recognised and when, of arms that are held for some seconds each."""
    signs, given, time = Signs(), [], 0.0
    for arms, seconds in shown:
        landmarks = landmarks_of(arms, build)
        for _ in range(round(seconds * FPS)):
            if (sign := signs.update(landmarks, time)) is not None:
                given.append((sign, time))
                signs.reset()
            time += 1 / FPS
    return given


@pytest.mark.parametrize("build", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize(
    ("arms", "sign", "hold"),
    [(UP, "both_up", START_HOLD), (CROSSED, "crossed", END_HOLD), (ONE_UP, "one_up", ONE_HOLD)],
)
def test_each_sign_is_given_once_it_was_held_after_a_moment_of_rest(
    build: Build, arms: dict[str, float], sign: str, hold: float
) -> None:
    ((given, time),) = signs_of(({}, 1.0), (arms, hold + 0.5), build=build)
    assert given == sign
    assert time == pytest.approx(1.0 + hold, abs=0.1)


@pytest.mark.parametrize("arms", [UP, CROSSED, ONE_UP])
def test_what_was_still_shown_when_the_dance_ended_is_no_sign(arms: dict[str, float]) -> None:
    assert signs_of((arms, 6.0)) == []
    assert len(signs_of((arms, 3.0), ({}, AT_REST + 0.2), (arms, END_HOLD + 0.5))) == 1


@pytest.mark.parametrize("arms", [{}, AT_CHEST, ON_HIPS])
def test_who_stands_or_walks_about_gives_no_sign(arms: dict[str, float]) -> None:
    assert signs_of(({}, 1.0), (arms, 6.0)) == []


def test_one_hand_is_the_same_on_either_side_and_in_a_mirror() -> None:
    for arms in (ONE_UP, {"right_shoulder": 172.0}):
        assert one_hand_raised(landmarks_of(arms)) == 1
    for arms in (UP, CROSSED, {}, ON_HIPS):
        assert one_hand_raised(landmarks_of(arms)) == 0
    assert np.isnan(one_hand_raised(nobody()))


def test_nobody_gives_no_sign() -> None:
    signs = Signs()
    assert not any(signs.update(None, frame / FPS) for frame in range(90))


@pytest.mark.parametrize("build", BODIES.values(), ids=BODIES)
def test_which_hand_is_up_is_told_by_the_picture_however_the_network_names_it(build: Build) -> None:
    for arms, is_right in ((ONE_UP, False), ({"right_shoulder": 172.0}, True)):
        landmarks = landmarks_of(arms, build)
        assert right_hand_is_higher(landmarks) == is_right
        swapped = np.array(landmarks)
        swapped[[Landmark.LEFT_WRIST, Landmark.RIGHT_WRIST]] = landmarks[[Landmark.RIGHT_WRIST, Landmark.LEFT_WRIST]]
        assert right_hand_is_higher(swapped) == is_right
        in_mirror = np.array(landmarks)
        in_mirror[:, 0] = 640 - in_mirror[:, 0]
        assert right_hand_is_higher(in_mirror) != is_right


def test_progress_of_a_sign_is_shown_once_it_counts() -> None:
    signs, shares = Signs(), []
    for number in range(round((AT_REST + 2.6) * FPS)):
        time = number / FPS
        signs.update(landmarks_of({} if 1.0 <= time < 1.8 else ONE_UP), time)
        shares.append(signs.share)
    before, during = shares[: round(1.8 * FPS)], shares[round(1.8 * FPS) + 1 :]
    assert set(before) == {0.0}  # still up when the dance ended: it doesn't count
    assert during == sorted(during)
    assert during[-1] == 1.0
