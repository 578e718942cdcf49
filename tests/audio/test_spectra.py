"""Power spectra in bands and notes: laws of the transform, and librosa's figures for one sound."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from kdance.audio.spectra import NOTES, band_powers, mel_bands, mel_edges, note_bands

RATE = 22050
SIZE = 1024
HOP = 220


def sine(hz: float, seconds: float = 1.0) -> NDArray[np.float32]:
    return np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE).astype(np.float32)


@pytest.mark.parametrize("hz", [120.0, 440.0, 2500.0])
def test_a_tone_is_loudest_in_a_band_that_holds_it(hz: float) -> None:
    edges = mel_edges(40, low=0.0, high=8000.0)
    powers = band_powers(sine(hz), mel_bands(RATE, SIZE, 40, high=8000.0), HOP)
    loudest = int(powers[:, 20].argmax())
    assert edges[loudest] < hz < edges[loudest + 2]


@pytest.mark.parametrize("octave", [110.0, 220.0, 440.0, 880.0, 1760.0])
def test_a_tone_is_the_same_note_in_every_octave(octave: float) -> None:
    for semitones in range(NOTES):
        powers = band_powers(sine(octave * 2 ** (semitones / NOTES)), note_bands(RATE, 4096), 512)
        assert int(powers[:, 20].argmax()) == (9 + semitones) % NOTES  # A is nine semitones above C


def test_twice_as_loud_is_four_times_the_power() -> None:
    weights = mel_bands(RATE, SIZE, 24, low=100.0, high=3500.0)
    np.testing.assert_allclose(
        band_powers(2 * sine(300.0), weights, HOP), 4 * band_powers(sine(300.0), weights, HOP), rtol=1e-5
    )


def test_a_long_sound_is_a_short_one_later() -> None:
    sound = np.random.default_rng(3).normal(size=8 * RATE).astype(np.float32)
    weights, frames = note_bands(RATE, SIZE), 640  # beyond what is worked on at once
    late = band_powers(sound[frames * HOP :], weights, HOP)
    whole = band_powers(sound, weights, HOP)
    np.testing.assert_allclose(whole[:, frames + 3 :], late[:, 3:], rtol=1e-4)  # 3 frames see the cut
    assert whole.shape == (NOTES, 1 + len(sound) // HOP)


def test_silence_and_a_click() -> None:
    weights = mel_bands(RATE, SIZE, 40, high=8000.0)
    assert not band_powers(np.zeros(RATE, np.float32), weights, HOP).any()
    click = np.zeros(RATE, np.float32)
    click[50 * HOP] = 1.0
    powers = band_powers(click, weights, HOP).sum(0)
    assert powers.argmax() == 50
    assert not powers[: 50 - SIZE // HOP].any()


def test_the_figures_are_librosas() -> None:
    """Of a sweep; librosa 0.11's melspectrogram and, before it is normalised, chroma_stft with a tuning of 0."""
    times = np.arange(RATE // 2) / RATE
    sweep = np.sin(2 * np.pi * (100 * times + 3000 * times**2)).astype(np.float32)
    bands = band_powers(sweep, mel_bands(RATE, SIZE, 6, high=8000.0), HOP)[:, 10]
    notes = band_powers(sweep, note_bands(RATE, SIZE), HOP)[:, 10]
    np.testing.assert_allclose(bands, BANDS, rtol=2e-4, atol=1e-3)
    np.testing.assert_allclose(notes, CHROMA, rtol=2e-4)


BANDS = [86.392, 132.56, 0.00044555, 1.5254e-08, 2.7036e-10, 1.113e-11]
CHROMA = [20.342, 188.21, 1744.6, 9984.7, 30222.0, 44719.0, 31840.0, 9339.4, 1015.6, 50.724, 2.3292, 2.4242]
