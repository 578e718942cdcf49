"""The reference's pictures: the one that is due, without ever waiting for it."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from kdance.pose import Frame
from kdance.window import player as player_module
from kdance.window.player import AHEAD, ReferencePlayer
from tests.video_factory import read_index, set_frame_durations, wait_until, write_clip


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "reference.mp4", 60)


def shown(player: ReferencePlayer, time: float) -> int | None:
    """The number of the picture due, once the player has had time to decode it."""
    index: int | None = None

    def is_due() -> bool:
        nonlocal index
        image = player.at(time)
        index = None if image is None else read_index(image)
        return index is not None and index >= min(int(time * 30), 59)

    wait_until(is_due, timeout=2)
    return index


def test_the_picture_due_is_shown(clip: Path) -> None:
    with ReferencePlayer(clip, start=0.0) as player:
        assert [shown(player, number / 30 + 0.001) for number in range(60)] == list(range(60))
        assert shown(player, 1.9666) == 59  # a small step back is no new start
        assert shown(player, 99.0) == 59  # after the end the last one stays
        assert player.problem is None


def test_pictures_that_are_late_are_left_out(clip: Path) -> None:
    with ReferencePlayer(clip, start=0.0) as player:
        assert [shown(player, time) for time in (0.0, 0.51, 1.01, 1.51)] == [0, 15, 30, 45]


def test_a_reference_that_begins_inside_its_video_begins_there(clip: Path) -> None:
    with ReferencePlayer(clip, start=1.0) as player:
        image = None

        def has_begun() -> bool:
            nonlocal image
            image = player.at(0.0)
            return image is not None

        assert wait_until(has_begun)
        assert read_index(image) == 30


def test_a_variable_frame_rate_goes_by_time_stamps(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "phone.mp4", 20)
    set_frame_durations(clip, [512] * 10 + [5120] * 10)  # 1/30 s each, then 1/3 s each
    with ReferencePlayer(clip, start=0.0) as player:
        wait_until(lambda: player.at(0.0) is not None)
        wait_until(lambda: read_index(player.at(1.1)) >= 12, timeout=2)
        assert read_index(player.at(1.1)) == 12  # 10 at 0.33, 11 at 0.67, 12 at 1.0


def test_it_starts_again_when_the_dance_does(clip: Path) -> None:
    with ReferencePlayer(clip, start=0.0) as player:
        for _ in range(5):
            assert shown(player, 1.5) == 45
            assert wait_until(lambda: shown(player, 0.1) == 3)
    assert not [thread for thread in threading.enumerate() if thread.name == "kdance-reference"]


def test_it_follows_a_song_that_is_wound(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "long.mp4", 240)

    def shown_at(time: float) -> int:
        wait_until(lambda: read_index(player.at(time)) == int(time * 30 + 1e-6), timeout=2)
        return read_index(player.at(time))

    with ReferencePlayer(clip, start=0.0) as player:
        wait_until(lambda: player.at(0.0) is not None)
        for time in (6.0, 2.5, 7.9, 0.0, 4.2, 4.5, 1.1):
            assert shown_at(time) == int(time * 30 + 1e-6)


def test_the_last_picture_stays_while_it_is_wound(clip: Path) -> None:
    with ReferencePlayer(clip, start=0.0) as player:
        assert shown(player, 1.5) == 45
        assert player.at(0.0) is not None


def test_closing_leaves_no_thread_and_can_be_repeated(clip: Path) -> None:
    player = ReferencePlayer(clip, start=0.0)
    with player:
        time.sleep(0.05)  # its thread waits for somebody to take pictures
        assert player._ahead.qsize() <= AHEAD
        began = time.monotonic()
    assert time.monotonic() - began < 0.5
    player.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "kdance-reference"]


def test_nobody_waits_for_a_slow_video(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class SlowVideo(player_module.VideoFile):
        def read(self, timeout: float = 0.0) -> Frame | None:
            time.sleep(0.2)
            return super().read(timeout)

    monkeypatch.setattr(player_module, "VideoFile", SlowVideo)
    with ReferencePlayer(clip, start=0.0) as player:
        longest = 0.0
        for moment in [*np.arange(0, 2, 0.05), *np.arange(0, 2, 0.05)]:
            began = time.monotonic()
            player.at(float(moment))
            longest = max(longest, time.monotonic() - began)
            time.sleep(0.01)
    assert longest < 0.1


@pytest.mark.parametrize("content", [None, b"", b"not a video"])
def test_a_video_that_can_not_be_played_is_a_problem_and_no_error(tmp_path: Path, content: bytes | None) -> None:
    broken = tmp_path / "reference.mp4"
    if content is not None:
        broken.write_bytes(content)
    with ReferencePlayer(broken, start=0.0) as player:
        assert wait_until(lambda: player.problem is not None)
        assert "reference.mp4" in str(player.problem)
        assert player.at(0.0) is None
        assert player.at(1.0) is None


def test_large_pictures_are_made_smaller_and_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player_module, "MAX_HEIGHT_PX", 60)
    clip = write_clip(tmp_path / "large.mp4", 5, width=240, height=120)
    with ReferencePlayer(clip, start=0.0) as player:
        assert wait_until(lambda: player.at(0.0) is not None)
        image = player.at(0.0)
        assert image is not None
        assert image.shape == (60, 120, 3)
        assert player.scale == 0.5


def test_a_picture_is_a_frame_of_its_own(clip: Path) -> None:
    """The window draws into its canvas, never into the picture."""
    with ReferencePlayer(clip, start=0.0) as player:
        assert shown(player, 0.2) == 6
        image = player.at(0.2)
        assert image is not None
        assert Frame(image, 0.2).image is player.at(0.2)


def test_a_song_that_stands_still_shows_exactly_its_picture(clip: Path) -> None:
    """Back to the top after a third of a second, and waiting for the first count."""
    with ReferencePlayer(clip, start=0.0) as player:
        assert shown(player, 0.35) == 10
        assert wait_until(lambda: (image := player.at(0.0)) is not None and read_index(image) == 0)
        winding = player._winding
        for _ in range(20):
            assert player.at(0.0) is not None
        assert player._winding == winding


def test_a_song_whose_position_trembles_is_not_wound(clip: Path) -> None:
    with ReferencePlayer(clip, start=0.0) as player:
        assert shown(player, 0.5) == 15
        for moment in (0.45, 0.52, 0.47, 0.55, 0.5):
            player.at(moment)
        assert player._winding == 0
