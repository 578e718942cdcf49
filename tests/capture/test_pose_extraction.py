"""The real networks on the shipped demo clip, and that nothing is reported to anybody."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import kdance
from kdance.capture import pose_extraction, telemetry
from kdance.capture.hand_crop import hand_crop, is_own_hand
from kdance.capture.pose_extraction import is_outside, model_path, open_hand_estimator, open_pose_estimator
from kdance.capture.telemetry import DEAD_PROXY, blocked_telemetry, user_proxies
from kdance.capture.video_file import VideoFile
from kdance.errors import KdanceError
from kdance.pose import NUM_LANDMARKS, Frame, Landmark, Pose
from tests.video_factory import make_image

DEMO = Path(kdance.__file__).parent / "demo" / "demo.mp4"
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    with VideoFile(DEMO) as source:
        return [frame for _, frame in zip(range(24), source, strict=False)]


@pytest.fixture(scope="module")
def poses(frames: list[Frame]) -> list[Pose]:
    with open_pose_estimator("lite") as estimator:
        found = [estimator.estimate(frame) for frame in frames]
    assert None not in found
    return [pose for pose in found if pose is not None]


# Poses


def test_landmarks_are_pixels_of_a_standing_body(poses: list[Pose]) -> None:
    for pose in poses:
        assert pose.landmarks.dtype == pose.world.dtype == np.float32
        height = {
            name: pose.landmarks[Landmark[name], 1] for name in ("NOSE", "LEFT_SHOULDER", "LEFT_HIP", "LEFT_ANKLE")
        }
        assert list(height) == sorted(height, key=lambda name: float(height[name]))
        assert 0 < height["NOSE"] < height["LEFT_ANKLE"] < 480
        assert height["LEFT_ANKLE"] - height["NOSE"] > 100
        assert np.all((pose.landmarks[:, 3] >= 0) & (pose.landmarks[:, 3] <= 1))
        # She faces the camera: her left is to the right of the picture.
        assert pose.landmarks[Landmark.LEFT_SHOULDER, 0] > pose.landmarks[Landmark.RIGHT_SHOULDER, 0]


def test_world_landmarks_are_metres_from_the_hips(poses: list[Pose]) -> None:
    hips = poses[0].world[[Landmark.LEFT_HIP, Landmark.RIGHT_HIP]].mean(axis=0)
    np.testing.assert_allclose(hips, 0, atol=0.02)
    assert 0.6 < poses[0].world[Landmark.LEFT_ANKLE, 1] < 1.1


def test_pixels_keep_the_shape_of_the_body_in_any_picture(frames: list[Frame], poses: list[Pose]) -> None:
    """The same picture with bars beside it: x and y stay in pixels, moved by the bar."""
    padded = np.pad(frames[0].image, ((0, 0), (100, 100), (0, 0)))
    with open_pose_estimator("lite") as estimator:
        pose = estimator.estimate(Frame(padded, 0.0))
    assert pose is not None
    body = slice(Landmark.LEFT_SHOULDER, Landmark.RIGHT_ANKLE + 1)
    moved = pose.landmarks[body, :2] - poses[0].landmarks[body, :2]
    np.testing.assert_allclose(np.median(moved, axis=0), [100, 0], atol=6)


def test_the_same_frames_give_the_same_poses(frames: list[Frame], poses: list[Pose]) -> None:
    with open_pose_estimator("lite") as estimator:
        for frame, pose in zip(frames[:8], poses, strict=False):
            again = estimator.estimate(frame)
            assert again is not None
            np.testing.assert_array_equal(again.landmarks, pose.landmarks)


def test_what_lies_outside_the_picture_is_not_seen(frames: list[Frame], poses: list[Pose]) -> None:
    """The network guesses it, and calls most of it visible."""
    thighs = int(np.mean([pose.landmarks[[Landmark.LEFT_HIP, Landmark.LEFT_KNEE], 1].mean() for pose in poses]))
    with open_pose_estimator("lite") as estimator:
        found = [estimator.estimate(Frame(np.ascontiguousarray(frame.image[:thighs]), frame.time)) for frame in frames]
    cut = [pose for pose in found if pose is not None]
    assert len(cut) == len(frames)
    for pose in cut:
        assert (pose.landmarks[[Landmark.LEFT_ANKLE, Landmark.RIGHT_ANKLE, Landmark.LEFT_KNEE], 3] == 0).all()
        assert (pose.landmarks[[Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER], 3] > 0.9).all()


def test_a_landmark_at_the_edge_is_inside() -> None:
    points = np.array([[0.5, 0.5], [-0.01, 0.5], [0.5, 1.01], [-0.03, 0.5], [0.5, 1.03], [np.nan, 0.5]])
    assert is_outside(points).tolist() == [False, False, False, True, True, False]


def test_nobody_is_none_and_times_may_be_as_close_as_they_like() -> None:
    with open_pose_estimator("lite") as estimator:
        for time in (0.0, 0.0001, 0.0002, 0.0002, 0.1):
            assert estimator.estimate(Frame(make_image(0), time)) is None


def test_the_full_model_sees_what_the_lite_one_sees(frames: list[Frame], poses: list[Pose]) -> None:
    with open_pose_estimator("full") as estimator:
        pose = estimator.estimate(frames[0])
    assert pose is not None
    body = slice(Landmark.LEFT_SHOULDER, Landmark.RIGHT_ANKLE + 1)
    assert np.median(np.abs(pose.landmarks[body, :2] - poses[0].landmarks[body, :2])) < 8


def test_mediapipe_writes_nothing_to_the_terminal(frames: list[Frame], capfd: pytest.CaptureFixture[str]) -> None:
    with open_pose_estimator("lite") as estimator, open_hand_estimator() as hands:
        for frame in frames[:3]:
            hands.estimate(frame, estimator.estimate(frame))
    os.write(2, b"still here")
    assert capfd.readouterr() == ("", "still here")


# Models


@pytest.mark.parametrize("model", ["full", "lite"])
def test_shipped_models_have_a_name(model: str) -> None:
    assert model_path(model).is_file()
    assert model_path(str(model_path(model))) == model_path(model)


def test_a_model_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    for model in ("heavy", str(tmp_path / "none.task"), str(tmp_path), __file__):
        with pytest.raises(KdanceError, match="There is no pose model") as caught:
            model_path(model)
        assert "full, lite" in caught.value.hint


@pytest.mark.parametrize("content", [b"", b"no model at all" * 99], ids=["empty", "garbage"])
def test_a_broken_model_is_a_sentence_and_leaves_nothing_behind(content: bytes, tmp_path: Path) -> None:
    broken = tmp_path / "broken.task"
    broken.write_bytes(content)
    with pytest.raises(KdanceError, match="not a model that kdance can use"), open_pose_estimator(str(broken)):
        pass
    assert "https_proxy" not in os.environ


def test_a_hand_model_is_no_pose_model() -> None:
    hands = model_path("full").with_name("hand_landmarker.task")
    with pytest.raises(KdanceError, match="not a model"), open_pose_estimator(str(hands)):
        pass


# Hands


def test_hands_are_found_at_their_own_wrists(frames: list[Frame], poses: list[Pose]) -> None:
    with open_hand_estimator() as estimator:
        hands = np.array([estimator.estimate(*pair) for pair in zip(frames[::4], poses[::4], strict=True)])
    assert hands.shape == (6, 2, 21, 3)
    assert hands.dtype == np.float32
    found = np.isfinite(hands[:, :, 0, 0])
    assert found.mean() > 0.5
    np.testing.assert_array_equal(np.isfinite(hands).all(axis=(2, 3)), found)
    for row, wrist in enumerate((Landmark.LEFT_WRIST, Landmark.RIGHT_WRIST)):
        for hand, pose, seen in zip(hands[:, row], poses[::4], found[:, row], strict=True):
            if seen:
                assert np.linalg.norm(hand[0, :2] - pose.landmarks[wrist, :2]) < 30


def test_no_body_no_hands(frames: list[Frame]) -> None:
    with open_hand_estimator() as estimator:
        assert np.isnan(estimator.estimate(frames[0], None)).all()


def make_arms(**changes: float) -> np.ndarray:
    landmarks = np.zeros((NUM_LANDMARKS, 4), np.float32)
    landmarks[:, 3] = 1
    for side, x in (("LEFT", 400), ("RIGHT", 300)):
        landmarks[Landmark[f"{side}_SHOULDER"], :2] = (x, 100)
        landmarks[Landmark[f"{side}_HIP"], :2] = (x, 220)
        landmarks[Landmark[f"{side}_ELBOW"], :2] = (x, 160)
        landmarks[Landmark[f"{side}_WRIST"], :2] = (x, 220)
    return landmarks


def test_a_crop_is_a_square_around_the_hand() -> None:
    crop = hand_crop(make_arms(), 0, width=640, height=480)
    assert crop is not None
    assert abs(crop.width - crop.height) <= 1
    assert crop.left < 400 < crop.left + crop.width
    assert crop.top < 240 < crop.top + crop.height


def test_a_forearm_that_points_at_the_camera_still_has_a_hand_of_its_size() -> None:
    arms = make_arms()
    side = hand_crop(arms, 0, width=640, height=480)
    arms[Landmark.LEFT_ELBOW, :2] = arms[Landmark.LEFT_WRIST, :2]
    foreshortened = hand_crop(arms, 0, width=640, height=480)
    assert side is not None
    assert foreshortened is not None
    assert foreshortened.width == pytest.approx(side.width, rel=0.1)


@pytest.mark.parametrize("visibility", [0.2, float("nan")])
def test_a_wrist_that_is_not_seen_has_no_crop(visibility: float) -> None:
    arms = make_arms()
    arms[Landmark.LEFT_WRIST, 3] = visibility
    assert hand_crop(arms, 0, width=640, height=480) is None
    assert hand_crop(arms, 1, width=640, height=480) is not None


def test_a_crop_is_cut_to_the_picture_and_a_tiny_one_is_none() -> None:
    arms = make_arms()
    arms[:, 0] -= 300  # the right arm is at the left border
    crop = hand_crop(arms, 1, width=640, height=480)
    assert crop is not None
    assert crop.left == 0
    arms[:, 0] -= 300  # far outside
    assert hand_crop(arms, 1, width=640, height=480) is None
    small = make_arms() * np.float32([0.1, 0.1, 1, 1])
    assert hand_crop(small, 0, width=64, height=48) is None


def test_a_hand_found_near_the_other_wrist_is_not_taken() -> None:
    arms = make_arms()
    crop = hand_crop(arms, 0, width=640, height=480)
    assert crop is not None
    assert is_own_hand(np.float32([402, 225]), arms, 0, crop)
    assert not is_own_hand(np.float32([310, 220]), arms, 0, crop)
    assert not is_own_hand(np.float32([402, 300]), arms, 0, crop)


# Telemetry


@pytest.fixture
def own_proxies(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    mine = {"https_proxy": "http://proxy.example:3128", "NO_PROXY": "*", "all_proxy": "socks5://proxy.example"}
    for name, value in mine.items():
        monkeypatch.setenv(name, value)
    return mine


def _guarded() -> bool:
    return (
        os.environ.get("https_proxy") == os.environ.get("HTTPS_PROXY") == DEAD_PROXY
        and "no_proxy" not in os.environ
        and "NO_PROXY" not in os.environ
    )


def test_the_proxy_is_dead_while_a_landmarker_lives_and_the_user_s_own_comes_back(own_proxies: dict[str, str]) -> None:
    before = dict(os.environ)
    with open_pose_estimator("lite") as pose:
        assert _guarded()
        assert user_proxies() == own_proxies
        with open_hand_estimator():
            assert _guarded()
        assert _guarded()
        pose.close()
        pose.close()
        assert dict(os.environ) == before
    assert dict(os.environ) == before
    assert user_proxies() == own_proxies


def test_nested_and_overlapping_guards_restore_once(own_proxies: dict[str, str]) -> None:
    first, second = blocked_telemetry(), blocked_telemetry()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert _guarded()
    second.__exit__(None, None, None)
    assert os.environ["https_proxy"] == own_proxies["https_proxy"]
    assert "HTTPS_PROXY" not in os.environ


def test_an_error_restores_the_environment_too(own_proxies: dict[str, str]) -> None:
    with pytest.raises(ZeroDivisionError), open_pose_estimator("lite"):
        raise ZeroDivisionError
    assert {name: os.environ.get(name) for name in own_proxies} == own_proxies


def test_no_certificate_authority_is_known_to_mediapipe(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Path] = []
    create = pose_extraction.PoseEstimator._landmarker_from

    def spy(self: pose_extraction.PoseEstimator, options: object) -> object:
        given.append(Path(options.to_ctypes().ca_bundle_path.decode()))  # type: ignore[attr-defined]
        return create(self, options)

    monkeypatch.setattr(pose_extraction.PoseEstimator, "_landmarker_from", spy)
    with open_pose_estimator("lite"):
        assert given[0].is_file()
        assert given[0].stat().st_size == 0


@pytest.fixture
def listening_proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """A proxy that says yes to every CONNECT and notes all bytes that follow."""
    heard: list[bytes] = []
    done = threading.Event()

    def serve(server: socket.socket) -> None:
        while not done.is_set():
            try:
                client, _ = server.accept()
            except TimeoutError:
                continue
            with client:
                client.settimeout(3)
                try:
                    heard.append(client.recv(65536))
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    while data := client.recv(65536):
                        heard.append(data)
                        client.sendall(b"\x15\x03\x01\x00\x02\x02\x28")  # a TLS alert: handshake failure
                except OSError:
                    continue

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        monkeypatch.setattr(telemetry, "DEAD_PROXY", f"http://127.0.0.1:{server.getsockname()[1]}")
        monkeypatch.setattr(
            telemetry,
            "_GUARD",
            {**telemetry._GUARD, "https_proxy": telemetry.DEAD_PROXY, "HTTPS_PROXY": telemetry.DEAD_PROXY},
        )
        thread = threading.Thread(target=serve, args=(server,), name="test-proxy")
        thread.start()
        yield heard
        done.set()
        thread.join(5)


def test_every_report_goes_to_the_dead_proxy_and_to_nobody_else(
    frames: list[Frame], listening_proxy: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With somebody at the dead port, a report asks it for Google: without our guard it would have gone there.

    MediaPipe sends its last report when it is closed. All that gets as far as the proxy is the name of the host and the
    beginning of a TLS handshake; no payload.
    """
    monkeypatch.setenv("no_proxy", "*")
    with open_pose_estimator("lite") as estimator:
        for frame in frames[:3]:
            estimator.estimate(frame)
    assert listening_proxy, "MediaPipe no longer reports, or not through the proxy: look where it does"
    assert all(
        data.startswith((b"CONNECT play.googleapis.com:443", b"\x16\x03", b"\x15\x03")) for data in listening_proxy
    )
