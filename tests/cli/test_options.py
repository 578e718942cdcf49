"""What a score depends on, of what was typed, configured and danced."""

from __future__ import annotations

from pathlib import Path

import pytest

from kdance.cli.options import take_options
from kdance.config import Settings
from kdance.review.asked import Asked
from tests.motion_factory import make_sequence
from tests.reference_factory import make_info


@pytest.mark.parametrize("of_hands", [True, False])
@pytest.mark.parametrize("asked", [None, True, False])
def test_hands_are_compared_where_they_are_the_dance_unless_told_otherwise(of_hands: bool, asked: bool | None) -> None:
    info = make_info(make_sequence(seconds=2))
    info = info.model_copy(update={"quality": info.quality.model_copy(update={"of_hands": of_hands})})
    assert take_options(Settings(), info, hands=asked).hands is (of_hands if asked is None else asked)


def test_only_what_was_typed_is_asked_for_again(tmp_path: Path) -> None:
    info, settings = make_info(make_sequence(seconds=2)), Settings().changed(training={"mirror": "on"})
    assert take_options(settings, info).asked == Asked()
    typed = take_options(settings, info, hands=False, strictness="easy", rotate=90, camera="1", live=True).asked
    assert typed == Asked(hands=False, strictness="easy", rotate=90, camera="1")
    of_file = take_options(settings, info, mirror="off", rotate=90, camera=str(tmp_path / "me.mp4")).asked
    assert of_file == Asked(mirror="off")


@pytest.mark.parametrize(
    "secret",
    ["rtsp://me:word@cam/live", "http://cam/live?token=word", "http://me:a/b@cam", "http://[me", "rtsp://cam/#word"],
)
def test_a_camera_is_asked_for_again_without_secrets_alone(secret: str) -> None:
    info = make_info(make_sequence(seconds=2))
    assert take_options(Settings(), info, camera=secret, live=True).asked.camera is None


@pytest.mark.parametrize(
    "address", ["rtsp://cam:554/live", "rtsp://Cam/live", "http://[::1]:80/video", "HTTP://cam:080"]
)
def test_a_camera_without_secrets_is_asked_for_again_as_it_was_typed(address: str) -> None:
    info = make_info(make_sequence(seconds=2))
    assert take_options(Settings(), info, camera=address, live=True).asked.camera == address
