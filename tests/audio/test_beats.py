"""The beat of click tracks and songs of known tempo, and silence about what has none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kdance.audio.beats import ANALYSIS_RATE_HZ, Beats, find_beats
from kdance.audio.decode import decode_mono
from tests.conftest import DEMO_CLIPS
from tests.sound_factory import RATE, make_clicks, make_song, make_speech

TEMPOS = [70, 83, 95, 104.5, 120, 133.3, 150, 165, 180]


def found(sound: np.ndarray, **options: float) -> Beats:
    beats = find_beats(sound, RATE, **options)
    assert beats is not None
    return beats


def off_beat(times: np.ndarray, first: float, period: float) -> float:
    """The furthest that any of the moments is from a true beat, seconds."""
    return float(np.abs((times - first + period / 2) % period - period / 2).max())


@pytest.mark.parametrize(
    "track",
    [{}, {"accent": 4}, {"noise": 0.05}, {"silence": 3.0}, {"accent": 8, "noise": 0.03}],
    ids=lambda track: "+".join(track) or "plain",
)
@pytest.mark.parametrize("bpm", TEMPOS)
def test_a_click_track(bpm: float, track: dict[str, float]) -> None:
    beats = found(make_clicks(bpm, 12, **track))  # type: ignore[arg-type]
    assert beats.grid.bpm == pytest.approx(bpm, rel=0.001)
    assert off_beat(beats.times, 0.3 + track.get("silence", 0.0), 60 / bpm) < 0.015


@pytest.mark.parametrize("bpm", [75, 100, 128, 175])
def test_six_seconds_are_enough(bpm: float) -> None:
    beats = found(make_clicks(bpm, 6, accent=4))
    assert beats.grid.bpm == pytest.approx(bpm, rel=0.002)
    assert off_beat(beats.times, 0.3, 60 / bpm) < 0.02


@pytest.mark.parametrize("seed", range(4))
def test_a_song_and_its_one(seed: int) -> None:
    bpm = [98, 113.7, 126, 140][seed]
    period = 60 / bpm
    beats = found(make_song(bpm, 40, first=1.23, seed=seed))
    assert beats.grid.bpm == pytest.approx(bpm, rel=0.001)
    assert off_beat(beats.times, 1.23, period) < 0.015
    assert beats.grid.first == pytest.approx(1.23 % (8 * period), abs=0.02)
    assert beats.one_confidence > 0.3


def test_the_demo_song() -> None:
    """120 beats a minute, 8-counts at 2, 6, 10 and 14 s: shared/demo/README.md."""
    beats = found(decode_mono(Path(DEMO_CLIPS / "demo.mp4"), ANALYSIS_RATE_HZ))
    assert beats.grid.bpm == pytest.approx(120, rel=0.001)
    assert beats.grid.first == pytest.approx(2.0, abs=0.015)
    assert off_beat(beats.times, 0.0, 0.5) < 0.015


def test_a_song_that_begins_later_has_its_beats_later() -> None:
    song = make_song(124, 30, first=0.5)
    late = np.concatenate([np.zeros(round(1.1 * RATE), np.float32), song])
    period = 60 / 124
    before, after = found(song), found(late)
    assert after.grid.bpm == pytest.approx(before.grid.bpm, rel=1e-4)
    assert off_beat(after.times, before.times[0] + 1.1, period) < 0.005
    assert abs((after.grid.first - before.grid.first - 1.1 + 4 * period) % (8 * period) - 4 * period) < 0.01


def test_loudness_does_not_matter() -> None:
    song = make_song(118, 20, first=0.5)
    loud, quiet = found(song), found(0.01 * song)
    assert quiet.grid.first == pytest.approx(loud.grid.first, abs=0.003)
    assert quiet.grid.bpm == pytest.approx(loud.grid.bpm, rel=1e-3)


@pytest.mark.parametrize("bpm", [100, 124, 200])
def test_beats_are_on_their_grid_and_in_the_sound(bpm: float) -> None:
    beats = found(make_clicks(bpm, 10))
    np.testing.assert_allclose(np.diff(beats.times), beats.grid.seconds_per_count)
    assert 0 <= beats.times[0] < beats.grid.seconds_per_count
    assert beats.times[-1] < 10
    counts = np.array([beats.grid.count_at(time) for time in beats.times])
    np.testing.assert_allclose(counts, np.round(counts), atol=1e-6)


def test_a_tempo_that_is_told_is_kept() -> None:
    clicks = make_clicks(120, 10)
    beats = found(clicks, bpm=60.0)
    assert beats.grid.bpm == pytest.approx(60)
    assert off_beat(beats.times, 0.3, 0.5) < 0.015
    assert find_beats(clicks, RATE, bpm=97.0) is None


@pytest.mark.parametrize("seconds", [6, 12])
@pytest.mark.parametrize("seed", range(3))
def test_speech_has_no_beat(seed: int, seconds: float) -> None:
    assert find_beats(make_speech(seconds, seed=seed), RATE) is None


@pytest.mark.parametrize("seconds", [6, 20])
def test_noise_has_no_beat(seconds: float) -> None:
    for seed in range(3):
        noise = np.random.default_rng(seed).normal(size=round(seconds * RATE)).astype(np.float32)
        assert find_beats(noise, RATE) is None


@pytest.mark.parametrize(
    "sound",
    [np.zeros(0), np.zeros(8 * RATE), np.ones(8 * RATE), make_clicks(120, 3), np.sin(np.arange(8 * RATE) / 10)],
    ids=["nothing", "silence", "a constant", "three seconds", "a tone"],
)
def test_what_has_no_beat_says_so(sound: np.ndarray) -> None:
    assert find_beats(sound.astype(np.float32), RATE) is None


def test_where_nothing_tells_the_one_its_confidence_is_low() -> None:
    assert found(make_clicks(120, 20)).one_confidence < 0.3
