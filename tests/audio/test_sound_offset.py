"""Where a song begins in what a phone recorded of it."""

from __future__ import annotations

import numpy as np
import pytest

from kdance.audio.decode import decode_mono
from kdance.audio.sound_offset import OFFSET_RATE_HZ, find_sound_start
from tests.conftest import DEMO_CLIPS
from tests.sound_factory import cut_or_pad, heard_in_a_room, make_clicks, make_song, make_speech

HZ = OFFSET_RATE_HZ


def at_8_khz(sound: np.ndarray) -> np.ndarray:
    """A sound of the factory at the rate that offsets are looked for with."""
    seconds = len(sound) / 22050
    return np.interp(np.arange(round(seconds * HZ)) / HZ, np.arange(len(sound)) / 22050, sound).astype(np.float32)


@pytest.fixture(scope="module")
def demo() -> np.ndarray:
    return decode_mono(DEMO_CLIPS / "demo.mp4", HZ)


@pytest.fixture(scope="module")
def song() -> np.ndarray:
    return at_8_khz(make_song(124, 30, first=0.4, seed=1))


@pytest.mark.parametrize("noise_db", [-30.0, 0.0])
@pytest.mark.parametrize(("start", "seconds"), [(0.0, 18.0), (2.345, 25.0), (-3.217, 12.0), (11.5, 17.0), (-12.0, 6.0)])
def test_the_demo_in_a_room(demo: np.ndarray, start: float, seconds: float, noise_db: float) -> None:
    take = heard_in_a_room(cut_or_pad(demo, HZ, start, seconds), HZ, noise_db=noise_db)
    found, confidence = find_sound_start(demo, take, HZ)
    assert found == pytest.approx(start, abs=0.005)
    assert confidence > 0.5


@pytest.mark.parametrize("seed", range(3))
def test_a_song_that_repeats_itself_is_not_a_beat_off(song: np.ndarray, seed: int) -> None:
    start = float(np.random.default_rng(seed).uniform(-5, 5))
    take = heard_in_a_room(cut_or_pad(song, HZ, start, 24), HZ, noise_db=0, seed=seed)
    found, confidence = find_sound_start(song, take, HZ)
    assert found == pytest.approx(start, abs=0.005)
    assert confidence > 0.5


def test_a_recorder_whose_clock_is_fast(song: np.ndarray) -> None:
    take = cut_or_pad(song, HZ, 2.0, 34)
    fast = np.interp(np.arange(len(take)) * (1 + 50e-6), np.arange(len(take)), take).astype(np.float32)
    found, confidence = find_sound_start(song, heard_in_a_room(fast, HZ), HZ)
    assert found == pytest.approx(2.0, abs=0.01)
    assert confidence > 0.5


@pytest.mark.parametrize("gain", [0.001, 30.0])
def test_loudness_does_not_matter(demo: np.ndarray, gain: float) -> None:
    found, confidence = find_sound_start(demo, gain * cut_or_pad(demo, HZ, 1.5, 20), HZ)
    assert found == pytest.approx(1.5, abs=0.002)
    assert confidence > 0.5


def test_exchanging_the_two_turns_the_sign(demo: np.ndarray) -> None:
    take = heard_in_a_room(cut_or_pad(demo, HZ, 2.5, 20), HZ, noise_db=-10)
    there, back = find_sound_start(demo, take, HZ)[0], find_sound_start(take, demo, HZ)[0]
    assert there == pytest.approx(-back, abs=0.005)


def test_another_song_is_refused(demo: np.ndarray, song: np.ndarray) -> None:
    same_tempo = at_8_khz(make_song(120, 20, first=0.0, seed=7))
    for other in (song, same_tempo, at_8_khz(make_speech(20)), np.random.default_rng(0).normal(size=20 * HZ)):
        assert find_sound_start(demo, heard_in_a_room(other.astype(np.float32), HZ, noise_db=-20), HZ)[1] < 0.3


def test_clicks_that_are_all_alike_are_refused() -> None:
    """They begin at any beat."""
    clicks = at_8_khz(make_clicks(120, 20))
    assert find_sound_start(clicks, clicks[4 * HZ : 14 * HZ], HZ)[1] < 0.3


@pytest.mark.parametrize("take", [np.zeros(0), np.zeros(20 * HZ), np.ones(HZ)], ids=["nothing", "silence", "a second"])
def test_nothing_to_hear_is_found_nowhere(demo: np.ndarray, take: np.ndarray) -> None:
    assert find_sound_start(demo, take.astype(np.float32), HZ) == (0.0, 0.0)
    assert find_sound_start(take.astype(np.float32), demo, HZ) == (0.0, 0.0)
