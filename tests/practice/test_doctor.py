"""``kdance doctor``: each thing is tried for real; what can't be here is a camera, so a stream stands in for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import kdance
from kdance.practice import doctor
from tests.conftest import DEMO_CLIPS, Cli, Ran
from tests.video_factory import free_port, live_camera

pytestmark = pytest.mark.slow
EVERYTHING = [
    *("libraries", "packages", "networks", "storage", "dances"),
    *("pose network", "camera", "window", "sound device", "ffmpeg", "AI coach"),
]


def signs(ran: Ran) -> dict[str, str]:
    """The sign before each thing, in the order of the lines."""
    return {name: line[0] for line in ran.out.splitlines() for name in EVERYTHING if line[2:].startswith(name)}


def test_a_computer_with_a_camera_is_ready(kdance_cli: Cli) -> None:
    with live_camera() as camera:
        ran = kdance_cli("doctor", "--camera", camera.url)
    found = signs(ran)
    assert list(found) == EVERYTHING
    assert ran.code == 0, ran.out
    assert {name: found[name] for name in ("storage", "dances", "pose network", "window", "ffmpeg")} == {
        "storage": "+", "dances": "-", "pose network": "+", "window": "-", "ffmpeg": "+",
    }  # fmt: skip
    assert " fps" in ran.out
    assert "kdance calibrate" in ran.out
    assert "Ready to dance." in ran.out


@pytest.mark.parametrize("status", ["503 Busy", None])
def test_without_a_camera_all_else_is_told_and_what_to_do(kdance_cli: Cli, status: str | None) -> None:
    if status is None:
        ran = kdance_cli("doctor", "--camera", f"http://127.0.0.1:{free_port()}/video")
    else:
        with live_camera(status=status) as camera:
            ran = kdance_cli("doctor", "--camera", camera.url)
    assert ran.code == 1
    assert list(signs(ran)) == EVERYTHING
    assert [name for name, sign in signs(ran).items() if sign == "!"] == ["camera"]
    assert "Is the camera app running" in " ".join(ran.out.split())
    assert "Traceback" not in ran.out + ran.err


def test_a_slow_camera_is_a_remark(kdance_cli: Cli) -> None:
    with live_camera(fps=8) as camera:
        ran = kdance_cli("doctor", "--camera", camera.url)
    assert (ran.code, signs(ran)["camera"]) == (0, "-")
    assert "More light" in " ".join(ran.out.split())


def test_json_says_the_same_to_programs_and_nothing_of_the_owner(kdance_cli: Cli) -> None:
    ran = kdance_cli("doctor", "--json", "--camera", f"http://ann:secret@127.0.0.1:{free_port()}/video")
    told = json.loads(ran.out)
    assert (ran.code, told["ready"], ran.err) == (1, False, "")
    assert [entry["what"] for entry in told["found"]] == EVERYTHING
    assert {entry["what"] for entry in told["found"] if entry["state"] == "broken"} == {"camera"}
    assert {"python", "system", "packages"} <= set(told)
    assert told["packages"]["kdance"] == kdance.__version__
    assert "secret" not in ran.out


def test_a_video_may_stand_in_for_the_camera(kdance_cli: Cli) -> None:
    ran = kdance_cli("doctor", "--camera", DEMO_CLIPS / "demo_take.mp4")
    assert (ran.code, signs(ran)["camera"]) == (0, "+")


def test_a_folder_that_can_t_be_written_to(kdance_cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("KDANCE_HOME", str(tmp_path / "file" / "home"))
    ran = kdance_cli("doctor", "--camera", DEMO_CLIPS / "demo_take.mp4")
    assert (ran.code, signs(ran)["storage"]) == (1, "!")
    assert "KDANCE_HOME" in ran.out


def test_a_slow_computer_is_told_what_helps(kdance_cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "SLOW_S", 0.0)
    ran = kdance_cli("doctor", "--camera", DEMO_CLIPS / "demo_take.mp4")
    assert (ran.code, signs(ran)["pose network"]) == (0, "-")
    assert "lite" in ran.out


def test_with_a_display_the_window_can_be_opened(
    kdance_cli: Cli, display: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", display)
    ran = kdance_cli("doctor", "--camera", DEMO_CLIPS / "demo_take.mp4")
    assert signs(ran)["window"] == "+"
