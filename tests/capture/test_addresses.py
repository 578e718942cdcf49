"""What is shown of an address, and what is no path."""

from __future__ import annotations

from pathlib import Path

import pytest

from kdance.capture.addresses import refuse_address, without_secrets
from kdance.capture.frames import open_source
from kdance.config import CameraSettings
from kdance.errors import VideoError

PASSWORDS = (
    "secret",
    "se/cret",
    "sec?ret",
    "sec#ret",
    "se@cret",
    "s@e/c#r@et",
    "1/2secret",
    "[secret",
    "sec:ret",
    "s/@",
)


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("rest", ["127.0.0.1:8081/video", "cam.local", "host/x?token=secret#secret"])
def test_no_part_of_a_password_is_shown(password: str, rest: str) -> None:
    shown = without_secrets(f"http://me:{password}@{rest}")
    assert shown.startswith("http://")
    for part in ("me", "sec", "ret", "cret", "se", "2s", "@"):
        assert part not in shown.removeprefix("http://").replace("cam", "")


def test_an_address_without_secrets_is_shown_whole() -> None:
    assert without_secrets("rtsp://10.0.0.7:554/live/1") == "rtsp://10.0.0.7:554/live/1"


@pytest.mark.parametrize("text", ["me:secret@10.0.0.7/video", "10.0.0.7:8080/video", "10.0.0.7", "cam.local:8080"])
def test_an_address_without_its_beginning_is_told_as_one_and_not_repeated(text: str) -> None:
    with pytest.raises(VideoError) as caught, open_source(text, camera=CameraSettings()):
        pass
    assert "address" in caught.value.message
    assert "http://" in caught.value.hint
    assert text not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["dance.mp4", "a/b.mp4", "my dance 10.5.mp4", "C:\\videos\\dance.mp4", "2024.01.02 live.mp4"]
)
def test_a_path_is_none(text: str) -> None:
    refuse_address(text)


def test_a_file_that_is_called_like_an_address_is_a_file(tmp_path: Path) -> None:
    video = tmp_path / "me@home.mp4"
    video.write_bytes(b"no video")
    with pytest.raises(VideoError) as caught, open_source(str(video), camera=CameraSettings()):
        pass
    assert "me@home.mp4" in str(caught.value)


def test_a_name_that_can_be_no_path_is_no_video() -> None:
    with pytest.raises(VideoError), open_source("~\0", camera=CameraSettings()):
        pass
