"""``kdance cameras``: a list for people and programs, of streams without their passwords; here there is no webcam."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kdance.capture.cameras import FoundCamera, camera_sources, look_at
from kdance.config import CameraSettings
from tests.conftest import Cli

ADDRESS = "http://me:secret@127.0.0.1:9/video"


@pytest.fixture
def _two(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        FoundCamera(0, "Integrated Webcam", 1280, 720, 29.97),
        FoundCamera(ADDRESS, problem="The stream can't be opened.", hint="Is the camera app running?"),
    ]
    monkeypatch.setattr("kdance.capture.cameras.look_at_cameras", lambda settings: found)


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.usefixtures("_two")
def test_each_camera_stands_in_a_line(kdance_cli: Cli, home: Path, language: str) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "config.yaml").write_text(f"feedback:\n  language: {language}\n")
    ran = kdance_cli("cameras")
    assert (ran.code, ran.err) == (0, "")
    first, second = ran.out.splitlines()[1:3]
    used = {"en": "in use", "ko": "사용 중"}[language]
    assert all(told in first for told in ("0  Integrated Webcam", "1280", "720", "30", used))
    assert "http://127.0.0.1:9/video" in second
    assert "secret" not in ran.out
    assert "kdance cameras --preview" in ran.out


@pytest.mark.usefixtures("_two")
def test_programs_get_one_json_object(kdance_cli: Cli) -> None:
    told = json.loads(kdance_cli("cameras", "--json").out)
    assert told["used"] == 0
    assert [(one["source"], one["width_px"]) for one in told["cameras"]] == [(0, 1280), ("http://127.0.0.1:9/video", 0)]


def test_without_a_camera_it_says_what_to_do(kdance_cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kdance.capture.cameras.webcams", lambda: [])
    ran = kdance_cli("cameras")
    assert (ran.code, "kdance doctor" in ran.out) == (0, True)
    ran = kdance_cli("cameras", "--preview")
    assert (ran.code, ran.error_lines[0]) == (1, "There is no display to show the cameras on.")


def test_a_stream_of_the_settings_is_looked_at_and_a_file_is_no_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kdance.capture.cameras.webcams", lambda: [])
    assert camera_sources(CameraSettings(source=ADDRESS)) == [ADDRESS]
    assert camera_sources(CameraSettings(source="dance.mp4")) == []
    found = look_at(ADDRESS, CameraSettings(lost_after=1.0))
    assert (found.width_px, found.fps) == (0, 0.0)
    assert found.problem is not None
    assert "secret" not in found.problem
