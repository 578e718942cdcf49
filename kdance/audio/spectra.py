"""What sounds when: the power of a sound in bands that grow wider upwards, and in the twelve notes.

Short-time Fourier transforms with a Hann window around each frame, and zeros beyond both ends. The bands are triangles
of equal area on Slaney's mel scale ("Auditory Toolbox", 1998); the notes are bumps around every octave of each,
weighted towards the middle octaves (Ellis, "Chroma feature analysis and synthesis", 2007). The figures are librosa
0.11's to the rounding of 32 bits, without its compiler, which takes seconds to load and to compile.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from kdance.pose import FloatArray

NOTES: Final = 12
_BLOCK: Final = 512  # frames at once: hours of sound need no more memory than minutes

_LINEAR_HZ: Final = 200 / 3  # a mel below the knee
_KNEE_HZ: Final = 1000.0
_KNEE_MEL: Final = _KNEE_HZ / _LINEAR_HZ
_MEL_ABOVE: Final = np.log(6.4) / 27  # of the frequency's logarithm

_A0_HZ: Final = 27.5
_A_ABOVE_C: Final = 9
_MIDDLE_OCTAVE: Final = 5.0
_OCTAVES: Final = 2.0  # standard deviation of the weight of octaves


def band_powers(sound: NDArray[np.float32], weights: FloatArray, hop: int) -> FloatArray:
    """The weighted sums of a sound's power spectra.

    Args:
        sound: (N,) samples.
        weights: (K, F) what each of the F frequencies counts; a spectrum is taken of 2 (F - 1) samples.
        hop: Samples from one frame to the next.

    Returns:
        (K, T) float32 for the frames around the samples 0, ``hop``, 2 ``hop``, ...

    >>> band_powers(np.ones(8, np.float32), np.array([[1.0, 0.0, 0.0]]), 4).round(2).tolist()
    [[2.25, 4.0, 0.25]]
    """
    size = 2 * (weights.shape[1] - 1)
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)
    frames = sliding_window_view(np.pad(np.asarray(sound, np.float32), size // 2), size)[::hop]
    powers = np.empty((len(weights), len(frames)), np.float32)
    narrow = weights.astype(np.float32)
    for first in range(0, len(frames), _BLOCK):
        spectra = np.fft.rfft(frames[first : first + _BLOCK] * window)
        powers[:, first : first + _BLOCK] = narrow @ (spectra.real**2 + spectra.imag**2).T
    return powers


def mel_bands(rate: int, size: int, count: int, *, low: float = 0.0, high: float) -> FloatArray:
    """(count, size / 2 + 1) weights of the frequencies of a spectrum of ``size`` samples in each band.

    Args:
        rate: Samples a second.
        size: Even number of samples.
        count: Of bands.
        low: Hz where the first band begins.
        high: Hz where the last one ends.
    """
    edges = mel_edges(count, low=low, high=high)
    frequencies = np.arange(size // 2 + 1) * rate / size
    begin, centre, end = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (frequencies - begin) / (centre - begin), (end - frequencies) / (end - centre)
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)) * 2 / (end - begin))


def mel_edges(count: int, *, low: float, high: float) -> FloatArray:
    """(count + 2,) Hz at which bands begin; each ends where the next but one begins, and is loudest in between.

    >>> mel_edges(2, low=0.0, high=3000.0).round().tolist()
    [0.0, 688.0, 1475.0, 3000.0]
    """
    mels = np.linspace(_mel(low), _mel(high), count + 2)
    above = _KNEE_HZ * np.exp(_MEL_ABOVE * (mels - _KNEE_MEL))
    return np.where(mels < _KNEE_MEL, _LINEAR_HZ * mels, above)


def _mel(hz: float) -> float:
    return float(hz / _LINEAR_HZ if hz < _KNEE_HZ else _KNEE_MEL + np.log(hz / _KNEE_HZ) / _MEL_ABOVE)


def note_bands(rate: int, size: int) -> FloatArray:
    """(12, size / 2 + 1) weights of the frequencies of a spectrum of ``size`` samples in each note, from C on.

    Args:
        rate: Samples a second.
        size: Even number of samples.
    """
    heard = NOTES * np.log2(np.arange(1, size) * rate / size / _A0_HZ)  # semitones above the lowest A of a piano
    heard = np.concatenate([[heard[0] - 1.5 * NOTES], heard])  # no frequency at all is no note
    widths = np.append(np.maximum(np.diff(heard), 1.0), 1.0)
    half = NOTES // 2
    away = (heard - np.arange(NOTES)[:, None] + half) % NOTES - half
    bumps = np.exp(-0.5 * (2 * away / widths) ** 2)
    bumps /= np.linalg.norm(bumps, axis=0)
    bumps *= np.exp(-0.5 * ((heard / NOTES - _MIDDLE_OCTAVE) / _OCTAVES) ** 2)
    return np.asarray(np.roll(bumps, _A_ABOVE_C, axis=0)[:, : size // 2 + 1])
