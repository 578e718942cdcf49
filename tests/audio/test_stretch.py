"""The song at any speed: the same pitch, in time, without a gap."""

from __future__ import annotations

import numpy as np
import pytest

from kdance.audio.clicks import CLICK_SECONDS, add_sound, click_sound
from kdance.audio.stretch import Samples, SongStream, crossfade, cut

RATE = 44100
SPEEDS = (0.5, 0.75, 0.9, 1.25, 1.5)


def stereo(mono: np.ndarray) -> Samples:
    return np.stack([mono, mono], axis=1).astype(np.float32)


def tone(hz: float, seconds: float) -> Samples:
    return stereo(0.3 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE))


def click_track(times: np.ndarray, seconds: float) -> Samples:
    track = np.zeros((round(seconds * RATE), 2), np.float32)
    for time in times:
        add_sound(track, click_sound(RATE), round(time * RATE))
    return track


def read(samples: np.ndarray, seconds: float, *, speed: float, start: float = 0.0, block: int = 882) -> Samples:
    stream = SongStream(samples, RATE, start=start, speed=speed)
    return np.concatenate([stream.read(block) for _ in range(int(seconds * RATE / block))])


def loudness(sound: Samples, window: int) -> np.ndarray:
    mono = sound[:, 0].astype(float)
    return np.sqrt(np.convolve(mono**2, np.ones(window) / window, "valid"))


def heard_at(sound: Samples, expected: float, *, within: float = 0.05) -> float:
    """When a click near an expected moment reaches a third of its height, seconds."""
    first = max(0, round((expected - within) * RATE))
    part = np.abs(sound[first : round((expected + within) * RATE), 0])
    return (first + int(np.argmax(part > part.max() / 3))) / RATE


def test_full_speed_passes_through_bit_for_bit() -> None:
    song = np.random.default_rng(1).uniform(-1, 1, (RATE, 2)).astype(np.float32)
    sound = read(song, 0.8, speed=1.0, start=0.1)
    assert np.array_equal(sound, song[4410 : 4410 + len(sound)])


@pytest.mark.parametrize("speed", SPEEDS)
def test_clicks_are_heard_within_10_ms_of_their_place_wherever_the_stream_begins(speed: float) -> None:
    times = np.arange(0.5, 11.5, 0.27)
    track = click_track(times, 12)
    for start in (0.0, 3.217):
        sound = read(track, (12 - start) / speed - 0.1, speed=speed, start=start)
        expected = (times[times > start + 0.1] - start) / speed
        errors = [heard_at(sound, at) - at for at in expected if at < len(sound) / RATE - 0.1]
        assert len(errors) > 20
        assert np.max(np.abs(errors)) < 0.010
        assert abs(float(np.median(errors))) < 0.002


def test_nothing_adds_up_over_three_minutes() -> None:
    times = np.array([1.0, 2.0, 3.0, 177.0, 178.0, 179.0])
    sound = read(click_track(times, 180), 239, speed=0.7531)
    errors = np.array([heard_at(sound, at / 0.7531) - at / 0.7531 for at in times if at / 0.7531 < 238])
    assert abs(np.mean(errors[3:]) - np.mean(errors[:3])) < 0.008


@pytest.mark.parametrize("speed", SPEEDS)
def test_the_pitch_stays(speed: float) -> None:
    sound = read(tone(440, 4), 4 / speed - 0.5, speed=speed)[:, 0]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    assert np.argmax(spectrum) * RATE / len(sound) == pytest.approx(440, abs=2)


@pytest.mark.parametrize("hz", [80, 440])
@pytest.mark.parametrize("speed", SPEEDS)
def test_no_gap_and_no_crackle_where_chunks_meet(speed: float, hz: float) -> None:
    sound = read(tone(hz, 3), 3 / speed - 0.3, speed=speed)[RATE // 4 :]
    level = loudness(sound, round(2 * RATE / hz))
    assert level.min() > 0.8 * np.median(level)
    assert np.abs(np.diff(sound[:, 0])).max() < 3 * 0.3 * 2 * np.pi * hz / RATE


@pytest.mark.parametrize("speed", [0.75, 1.0])
def test_how_it_is_read_does_not_matter(speed: float) -> None:
    song = tone(300, 2)
    long, short = (read(song, 1.5, speed=speed, block=block) for block in (4096, 37))
    count = min(len(long), len(short))
    assert np.array_equal(long[:count], short[:count])


@pytest.mark.parametrize("speed", [0.5, 1.0, 1.5])
def test_outside_of_the_song_is_silence(speed: float) -> None:
    song = tone(440, 1)
    sound = read(song, 3 / speed, speed=speed, start=-1.0)
    edge = round(0.15 * RATE)  # Signalsmith's block is 0.12 s long
    begin, end = round(1 / speed * RATE), round(2 / speed * RATE)
    assert np.abs(sound[: begin - edge]).max() < 0.003
    assert np.abs(sound[end + edge :]).max() < 0.003
    assert np.abs(sound[begin + edge : end - edge]).max() > 0.2


def test_16_bit_samples_become_fractions() -> None:
    song = np.array([[-32768, 16384], [0, 32767]], np.int16)
    assert cut(song, -1, 3) == pytest.approx(np.array([[0, 0], [-1, 0.5], [0, 32767 / 32768], [0, 0]]))


@pytest.mark.parametrize("speed", [0.0, 9.0, float("nan")])
def test_an_impossible_speed_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        SongStream(tone(440, 1), RATE, start=0, speed=speed)


def test_mono_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\(N, 2\)"):
        SongStream(np.zeros(10, np.float32), RATE, start=0, speed=1)


@pytest.mark.parametrize("other", ["the same", "another"])
def test_a_crossfade_is_as_loud_as_its_ends(other: str) -> None:
    noise = np.random.default_rng(2).standard_normal((2, 8000, 2)).astype(np.float32)
    one, two = noise[0], noise[0] if other == "the same" else noise[1]
    level = loudness(crossfade(one, two), 1000)
    assert level.min() == pytest.approx(1, abs=0.2)
    assert level.max() == pytest.approx(1, abs=0.2)


def test_a_crossfade_from_silence_is_a_fade() -> None:
    faded = crossfade(np.zeros((100, 2), np.float32), np.ones((100, 2), np.float32))[:, 0]
    assert (np.diff(faded) > 0).all()
    assert faded[[0, -1]] == pytest.approx([0, 1], abs=0.01)


def test_a_click_is_loudest_at_once_and_short_and_the_accent_is_higher() -> None:
    plain, accent = click_sound(RATE), click_sound(RATE, accent=True)
    for sound in (plain, accent):
        assert np.argmax(np.abs(sound[:, 0])) < 0.001 * RATE
        assert 0.3 < np.abs(sound).max() <= 0.5
        assert len(sound) == round(CLICK_SECONDS * RATE)
        assert np.abs(sound[-1]).max() < 0.01
    strongest = [int(np.argmax(np.abs(np.fft.rfft(sound[:, 0], RATE)))) for sound in (plain, accent)]
    assert strongest == pytest.approx([1000, 1500], abs=60)


def test_a_sound_beyond_the_block_is_left_out() -> None:
    block, sound = np.zeros((10, 2), np.float32), np.ones((4, 2), np.float32)
    for first in (-9, -2, 8, 30):
        add_sound(block, sound, first)
    assert block[:, 0].tolist() == [1, 1, 0, 0, 0, 0, 0, 0, 1, 1]
