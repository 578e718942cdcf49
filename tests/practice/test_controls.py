"""What each key does to a session that runs, seen through what the window is told and what the store keeps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kdance.audio.playback import Playback
from kdance.audio.sinks import SteppedSink
from kdance.pose import PoseSequence
from kdance.practice.state import LiveState, Toast
from kdance.practice.transport import Practice
from kdance.window.keys import KEYS
from kdance.window.practice_window import LAYOUTS
from tests.motion_factory import make_sequence, mirror_take
from tests.session_factory import FPS, ScriptedView, Studio, empty_room, join_takes, the_dance

SONG_S = 12.0
VIEW_KEYS = {"g", "n", "v", "w", "f", "h", "q", "esc"}  # the window's own, see test_practice_window


@pytest.fixture
def studio(home: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    return Studio(home, monkeypatch, make_sequence("dance", seconds=SONG_S))


def dance(studio: Studio, *, keys: dict[float, str], seconds: float | None = None, **practice: object) -> ScriptedView:
    """A session in which keys are pressed at seconds of the take."""
    view = ScriptedView(keys={round(at * FPS): key for at, key in keys.items()})
    outcome = studio.train(
        make_sequence("dance", seconds=SONG_S), view=view, seconds=seconds, practice=Practice(**practice)  # type: ignore[arg-type]
    )  # fmt: skip
    assert outcome.report is not None
    return view


def after(view: ScriptedView, at: float) -> LiveState:
    """What was shown a frame after a moment of the take."""
    return view.states[round(at * FPS) + 1]


def test_every_key_of_the_help_does_something(studio: Studio) -> None:
    """A key that is listed and not wired would be a lie."""
    for names, _, _ in KEYS:
        for key in set(names) - VIEW_KEYS - {"s", "space", "d"}:  # d comes after the dance: test_training
            view = dance(studio, keys={1.0: key}, seconds=1.5)
            assert after(view, 1.0).toast, f"{key} says nothing"


def test_faster_and_slower(studio: Studio) -> None:
    view = dance(studio, keys={1.0: "-", 2.0: "-", 3.0: "+"}, seconds=4.0)
    assert [after(view, at).song.speed for at in (0.5, 1.0, 2.0, 3.0)] == [1.0, 0.9, 0.8, 0.9]
    assert after(view, 2.0).toast == Toast("toast.speed", {"speed": "0.80"})
    positions = np.diff(view.clocks)
    assert positions.max() <= 1.01 / FPS
    np.testing.assert_allclose(positions[round(2.2 * FPS) : round(2.8 * FPS)], 0.8 / FPS, rtol=0.02)


def test_a_b_and_loop(studio: Studio) -> None:
    view = dance(studio, keys={4.5: "a", 5.0: "b", 9.0: "l"})
    assert after(view, 4.5).song.loop == (4.0, None)
    assert after(view, 5.0).song.loop == (4.0, 8.0)
    assert after(view, 5.0).song.looping
    assert max(view.clocks[: round(8.9 * FPS)]) <= 8.0
    assert after(view, 8.5).song.place.position == pytest.approx(4.5, abs=0.1)
    assert not after(view, 9.0).song.looping
    assert [after(view, at).toast for at in (4.5, 5.0, 9.0)] == [
        Toast("toast.loop_from", {"time": "0:04"}), Toast("toast.loop_to", {"time": "0:08"}), Toast("toast.loop_off"),
    ]  # fmt: skip


def test_jumps(studio: Studio) -> None:
    view = dance(studio, keys={1.0: "right", 2.0: "right", 3.5: "left", 4.0: "left"}, seconds=5.0)
    places = [after(view, at).song.place for at in (1.0, 2.0, 3.5, 4.0)]
    assert [place.position for place in places] == pytest.approx([4.0, 8.0, 8.0, 4.0], abs=0.1)
    assert [place.run for place in places] == [1, 2, 3, 4]


def test_restart(studio: Studio) -> None:
    view = dance(studio, keys={3.0: "r"}, seconds=4.0)
    assert after(view, 3.0).song.place.position == pytest.approx(0.0, abs=0.1)
    assert after(view, 3.0).toast == Toast("toast.from_the_top")


def test_pause_and_go_on_leave_no_trace_in_the_take(studio: Studio) -> None:
    class Pausing(ScriptedView):
        """Presses space, and again after twenty looks."""

        looks = 0

        def take_keys(self) -> list[str]:
            self.looks += self.states[-1].song.phase == "paused" if self.states else 0
            if self.looks == 20:
                self.looks += 1
                return ["space"]
            return super().take_keys()

    view = Pausing(keys={30: "space"})
    paused = studio.train(make_sequence("dance", seconds=SONG_S), view=view, seconds=4.0).report
    plain = studio.train(make_sequence("dance", seconds=SONG_S), seconds=4.0).report
    assert paused is not None
    assert plain is not None
    assert view.looks > 20
    assert paused.total_duration == pytest.approx(plain.total_duration, abs=0.05)
    assert paused.total_poses == pytest.approx(plain.total_poses, abs=2)
    assert paused.average_similarity == pytest.approx(plain.average_similarity, abs=0.02)


def test_mirror(studio: Studio) -> None:
    view = ScriptedView(keys={30: "m", 90: "m"})
    outcome = studio.train(mirror_take(make_sequence("dance", seconds=SONG_S)), view=view, mirror="off")
    assert (after(view, 1.0).take.mirrored, after(view, 3.0).take.mirrored) == (True, False)
    assert after(view, 3.0).take.is_told_plain
    assert outcome.report is not None
    assert outcome.report.mirrored  # it fits better, whatever was pressed


def looped(length: float, speeds: list[float], *, late: float = 0.0) -> PoseSequence:
    """Rounds of the first seconds of the dance, each at its speed, without a gap."""
    positions, position = [], 0.0
    for speed in speeds:
        while position < length:
            positions.append(position)
            position += speed / FPS
        position -= length
    times = np.arange(len(positions)) / FPS
    behind = times - np.array(positions) + late
    return make_sequence("dance", times=times, late=lambda _: behind)


def test_a_loop_gets_faster_when_it_goes_well_and_slower_when_it_fails(studio: Studio) -> None:
    practice = Practice(end=4.0, loop=True, speed=0.8)
    view = ScriptedView()
    studio.train(looped(4.0, [0.8, 0.8, 0.9, 0.9, 1.0, 1.0]), view=view, practice=practice, auto_speed=True)
    speeds = {state.song.place.run: state.song.speed for state in view.states}
    assert [speeds[run] for run in range(6)] == [0.8, 0.8, 0.9, 0.9, 1.0, 1.0]
    told = {state.toast.name for state in view.states if state.toast}
    assert told == {f"ladder.{news}" for news in ("once_more_for_faster", "faster", "full_speed", "once_more")}
    view = ScriptedView()
    studio.train(make_sequence("groove", seconds=22.0), view=view, practice=practice, auto_speed=True)
    speeds = {state.song.place.run: state.song.speed for state in view.states}
    assert [speeds[run] for run in range(4)] == [0.8, 0.8, 0.7, 0.7]


def test_a_new_round_keeps_the_score_until_it_has_its_own(studio: Studio) -> None:
    view = ScriptedView()
    studio.train(looped(4.0, [1.0] * 3), view=view, practice=Practice(end=4.0, loop=True))
    shown = [state.take.score for state in view.states]
    known = next(number for number, score in enumerate(shown) if score is not None)
    assert view.states[known].song.place.run == 0
    assert None not in shown[known:]
    assert any(not np.isfinite(state.take.scores.combined[0]) for state in view.states[known:] if state.take.scores)


def test_a_round_that_nobody_dances_keeps_no_score(studio: Studio) -> None:
    view = ScriptedView()
    take = join_takes(looped(4.0, [1.0]), empty_room(4.0))
    studio.train(take, view=view, practice=Practice(end=4.0, loop=True))
    second = [state.take.score for state in view.states if state.song.place.run == 1]
    assert second
    assert set(second[5:]) == {None}


def test_a_speed_that_the_dancer_chose_is_where_the_ladder_goes_on(studio: Studio) -> None:
    take = looped(4.0, [1.2, 1.2, 1.2])
    view = ScriptedView()
    studio.train(take, view=view, practice=Practice(end=4.0, loop=True, speed=1.2), auto_speed=True)
    assert {state.song.speed for state in view.states} == {1.2}
    view = ScriptedView(keys={30: "-"})
    studio.train(
        looped(4.0, [0.8, 0.7, 0.7]), view=view, practice=Practice(end=4.0, loop=True, speed=0.8), auto_speed=True
    )
    assert {state.song.place.run: state.song.speed for state in view.states}[1] == 0.7


@pytest.fixture
def playback() -> Iterator[Playback]:
    with Playback(None, 44100, SteppedSink()) as playback:
        yield playback


def test_sound_off_and_on(studio: Studio, playback: Playback) -> None:
    muted = []

    class Listening(ScriptedView):
        def show(self, *what: object) -> None:
            super().show(*what)  # type: ignore[arg-type]
            muted.append(playback.muted)

    view = Listening(keys={10: "s", 20: "s"})
    studio.train(the_dance(), view=view, playback=playback, seconds=1.0)
    assert (muted[5], muted[15], muted[25]) == (False, True, False)
    assert [view.states[number].toast for number in (11, 21)] == [
        Toast("toast.sound_off"), Toast("toast.sound_on"),
    ]  # fmt: skip


def test_who_drives_has_no_song_to_wind(studio: Studio) -> None:
    view = ScriptedView(keys={10: "right", 20: "-", 30: "b", 40: "m"})
    studio.train(the_dance(), view=view, free=True)
    assert [view.states[number].toast for number in (11, 21, 31)] == [Toast("toast.no_song")] * 3
    assert view.states[41].toast == Toast("toast.mirror_on")


def test_layouts_are_those_of_the_window() -> None:
    from typing import get_args

    from kdance.choices import LayoutStyle

    assert set(LAYOUTS) < set(get_args(LayoutStyle))
