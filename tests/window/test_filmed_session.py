"""A session that is recorded: the film holds the dance alone, and each frame of the take is found in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kdance.capture.video_file import VideoFile
from kdance.config import Settings
from kdance.recording.filmed import Filmed
from kdance.recording.recorder import Recorder
from kdance.window.text import Image
from tests.session_factory import empty_room
from tests.window.test_practice_window import Stage

FRAMES = 30


def pictures_of(path: Path) -> list[Image]:
    with VideoFile(path) as video:
        return [frame.image for frame in video]


def number_of(picture: Image) -> float:
    """The number of a frame of a test's clip, by where its red ball is."""
    blue, green, red = (picture[..., color].astype(int) for color in range(3))
    columns = np.nonzero((red > 150) & (green < 90) & (blue < 90))[1]
    return float((columns.mean() * 128 / picture.shape[1] - 20) / 3)


def test_each_frame_of_every_dance_is_found_in_the_film(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each frame of the clip tells which it is; nobody is in it, so nothing is drawn over it."""
    monkeypatch.setattr("kdance.recording.picture_track.MAX_WAITING", 1000)  # time passes faster than it is encoded
    settings = Settings().changed(window={"width": 640, "height": 360})
    stage = Stage(home, monkeypatch, settings)
    path = home / "me.mp4"
    films: list[Filmed] = []
    with Recorder(path, 640, 360) as recorder, stage.view(flip=False, recorder=recorder) as view:
        for _ in range(2):
            outcome = stage.studio.train(
                empty_room(FRAMES / 30), view=view, countdown=0.3, at_own_pace=True  # type: ignore[arg-type]
            )  # fmt: skip
            assert outcome.report is not None
            view.show_end(outcome.report)
            with stage.studio.store() as store:
                film = store.film(outcome.report.session_id)
            assert film is not None
            films.append(film)
    assert recorder.saved, recorder.problem
    pictures = pictures_of(path)
    first, second = films
    assert first.shown[0] == 0.0, "the film begins with the dance"
    assert second.shown[0] == pytest.approx(first.shown[-1] + 1 / 30, abs=1e-3), "and has nothing between two dances"
    assert len(pictures) == pytest.approx(30 * second.shown[-1] + 1, abs=1), "nor after them"
    for film in films:
        np.testing.assert_allclose(film.taken, np.arange(FRAMES) / 30, atol=1e-3)
        for row, shown in enumerate(film.shown):
            left, top, width, height = film.panes[row]
            picture = pictures[round(shown * 30)][top : top + height, left : left + width]
            assert number_of(picture) == pytest.approx(row, abs=1.4), "the newer of two in a thirtieth is shown"
            assert film.parts[row].tolist() == [0, 0, 128, 96]


def test_without_a_recorder_there_is_no_film(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(home, monkeypatch)
    with stage.view() as view:
        report = stage.studio.train(empty_room(0.3), view=view).report  # type: ignore[arg-type]
    assert report is not None
    with stage.studio.store() as store:
        assert store.film(report.session_id) is None
