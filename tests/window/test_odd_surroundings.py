"""A phone that is turned while it films, and a window that is pulled to any size: the dance goes on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kdance.config import Settings
from kdance.pose import Frame
from kdance.practice.pacing import Pace
from kdance.recording.recorder import Recorder
from kdance.window.words import WindowWords
from kdance.words.phrases import load_phrases
from tests.session_factory import FPS, ScriptedCamera, numbers, the_dance
from tests.window.test_practice_window import Stage

TURNS_AT_S = 1.0


class TurnedPhone(ScriptedCamera):
    """Its pictures are upright from the second second on."""

    def read(self, timeout: float = 0.0) -> Frame | None:
        frame = super().read(timeout)
        if frame is None or frame.time < TURNS_AT_S:
            return frame
        return Frame(np.ascontiguousarray(np.rot90(frame.image)), frame.time)


def script() -> list[float]:
    return [number / FPS for number in range(round(2.5 * FPS))]


@pytest.mark.parametrize("recorded", [False, True])
def test_a_phone_that_is_turned_goes_on(home: Path, monkeypatch: pytest.MonkeyPatch, recorded: bool) -> None:
    monkeypatch.setattr("kdance.recording.picture_track.MAX_WAITING", 1000)
    stage = Stage(home, monkeypatch)
    with Recorder(home / "me.mp4", 1280, 720) as recorder:
        with stage.view(recorder=recorder if recorded else None) as view, stage.studio.sound() as playback:
            camera = TurnedPhone(script(), stage.studio.clock)
            outcome = stage.studio.train(
                the_dance(), view=view, camera=camera, playback=playback  # type: ignore[arg-type]
            )  # fmt: skip
        if recorded:
            assert recorder.problem is None
    assert outcome.report is not None
    assert outcome.error is None
    shapes = {scene.user_image.shape[:2] for scene in stage.scenes}
    assert shapes == {(120, 160), (160, 120)}
    told = WindowWords(load_phrases("en"), gestures=False).text("news.turned")
    before, after = ([scene for scene in stage.scenes if scene.user_image.shape[0] == rows] for rows in (120, 160))
    assert told not in {scene.toast for scene in before}
    assert after[0].toast == told
    assert outcome.report.total_poses >= 70
    if recorded:
        with stage.studio.store() as store:
            film = store.film(outcome.report.session_id)
        assert film is not None
        assert film.pane is None, "the picture lies elsewhere from then on"


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_machine_that_cannot_follow_a_recording_says_so_once(
    home: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    """Every frame is looked at in the time of two, as far as the pace can see."""
    monkeypatch.setattr(Pace, "_slow_down", lambda pace: pace._change(0.5))
    stage = Stage(home, monkeypatch, Settings().changed(feedback={"language": language}))
    with stage.view() as view, stage.studio.sound() as playback:
        outcome = stage.studio.train(
            the_dance(), view=view, playback=playback, at_own_pace=True, seconds=3.5  # type: ignore[arg-type]
        )  # fmt: skip
    assert outcome.report is not None
    told = WindowWords(load_phrases(language), gestures=False).text("news.slowed")
    says = [scene.toast == told for scene in stage.scenes]
    assert says[0]
    assert not says[-1]
    assert says == sorted(says, reverse=True)


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (900, 3), (60, 40), (5000, 20), (4000, 3000)])
def test_a_window_of_any_size_shows_it_and_changes_no_number(
    home: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    stage = Stage(home, monkeypatch)
    stage.window.size = size
    with stage.view() as view:
        seen = stage.studio.train(the_dance(), view=view, seconds=0.4).report  # type: ignore[arg-type]
        assert seen is not None
        view.show_end(seen)
        view._shows_help = True
        view.show_end(seen)
    unseen = stage.studio.train(the_dance(), seconds=0.4).report
    assert unseen is not None
    assert numbers(seen) == numbers(unseen)
    height, width = stage.window.pictures[-1].shape[:2]
    assert width * height <= 1920 * 1200 * 1.01
    assert min(width, height) > 1
