"""Where in a recording the song of a reference begins, from both sounds.

A phone in a room hears the song late, dull, echoing and among noise, so two steps look for it. The onsets of both in 24
bands are laid over each other at every offset; a song that repeats itself fits in several places. There the waves
themselves are compared, every frequency with the same weight (generalised cross-correlation with phase transform, Knapp
and Carter 1976), piece by piece: a beat too early or late the drums may be the same samples, but the voices are not.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from kdance.audio.spectra import band_powers, mel_bands
from kdance.pose import FloatArray

OFFSET_RATE_HZ: Final = 8000
_FRAME_HZ: Final = 100
_BANDS: Final = 24
_LEAST_OVERLAP_S: Final = 3.0
_CANDIDATES: Final = 10
_REACH_S: Final = 0.06  # around a candidate; candidates are further apart
_PIECE_S: Final = 5.0
_MOST_PIECES: Final = 24
# Recorders' clocks differ by up to 50 millionths: pieces of the same song agree to a few milliseconds.
_SMEAR_S: Final = 0.002
# Squared wave correlation over that of noise. Other songs reach 20, and 70 at the same tempo with the very same drum
# sounds; the song itself 90 and more, heard in a room through a phone with the noise 3 dB louder.
_CHANCE: Final = 30.0
_CLEAR: Final = 90.0
# The second best place misses so much of a clear one; places 0.15 apart are as good as each other.
_ALIKE: Final = 0.15
_CLEAR_MARGIN: Final = 0.4


def find_sound_start(
    reference: NDArray[np.float32], take: NDArray[np.float32], rate: int = OFFSET_RATE_HZ
) -> tuple[float, float]:
    """Where the sound of a reference begins in that of a take.

    Args:
        reference: (N,) mono samples.
        take: (M,) mono samples.
        rate: Samples a second of both; 8000 is enough.

    Returns:
        The second of the take at which the reference begins, negative when the take begins later, to a millisecond or
        two; and how sure that is, 0..1: nearly 0 for another song, noise, silence or less than three seconds in common.
    """
    if min(len(reference), len(take)) < _LEAST_OVERLAP_S * rate or not (np.any(reference) and np.any(take)):
        return 0.0, 0.0
    found = [_refined(reference, take, rate, offset) for offset in _candidates(reference, take, rate)]
    if not found:
        return 0.0, 0.0
    found.sort(key=lambda place: -place[1])
    start, strength = found[0]
    others = [other for at, other in found[1:] if abs(at - start) > _REACH_S]
    margin = 1 - max(others, default=0.0) / strength if strength > 0 else 0.0
    clear = np.log(max(strength, 1.0) / _CHANCE) / np.log(_CLEAR / _CHANCE)
    return start, float(np.clip(min(clear, (margin - _ALIKE) / (_CLEAR_MARGIN - _ALIKE)), 0.0, 1.0))


def _candidates(reference: NDArray[np.float32], take: NDArray[np.float32], rate: int) -> list[float]:
    """Offsets in seconds at which the onsets fit best, the best first, none near another."""
    one, other = _band_onsets(reference, rate), _band_onsets(take, rate)
    count, frame_hz = len(one) + len(other) - 1, rate / round(rate / _FRAME_HZ)
    size = 1 << (count - 1).bit_length()
    fit = _correlation(one, other, size)
    # What there is of both at each offset, so that a short overlap is judged by what it has.
    energy = _correlation(np.ones((len(one), 1)), (other**2).sum(-1)[:, None], size)
    energy *= _correlation((one**2).sum(-1)[:, None], np.ones((len(other), 1)), size)
    overlap = _correlation(np.ones((len(one), 1)), np.ones((len(other), 1)), size)
    fit = fit / np.sqrt(np.maximum(energy, 1e-9)) * np.sqrt(np.maximum(overlap, 0.0))
    fit[overlap < _LEAST_OVERLAP_S * frame_hz] = -np.inf
    lags = np.arange(size)
    lags = np.where(lags < len(other), lags, lags - size)  # negative lags lie at the end
    found: list[float] = []
    reach = round(_REACH_S * frame_hz)
    while len(found) < _CANDIDATES and np.isfinite(fit).any():
        best = int(fit.argmax())
        found.append(float(lags[best] / frame_hz))
        fit[np.arange(best - reach, best + reach + 1) % size] = -np.inf
    return found


def _correlation(one: FloatArray, other: FloatArray, size: int) -> FloatArray:
    """(size,) sum over time and bands of ``one[t] * other[t + lag]``, negative lags from the end on."""
    spectrum = np.conj(np.fft.rfft(one, size, axis=0)) * np.fft.rfft(other, size, axis=0)
    return np.asarray(np.fft.irfft(spectrum.sum(-1), size))


def _band_onsets(sound: NDArray[np.float32], rate: int) -> FloatArray:
    """(T, 24) how much begins in each band at each frame, every band of mean 0 and variance 1."""
    window = int(2 ** round(np.log2(0.05 * rate)))
    weights = mel_bands(rate, window, _BANDS, low=100.0, high=min(3500.0, rate / 2))
    bands = band_powers(sound, weights, round(rate / _FRAME_HZ))
    loudness = np.log(bands + 1e-3 * bands.mean(-1, keepdims=True) + 1e-12)
    onsets = np.maximum(np.diff(loudness, prepend=loudness[:, :1]), 0.0).T
    deviation = onsets.std(0)
    return np.asarray((onsets - onsets.mean(0)) / np.where(deviation > 1e-6, deviation, np.inf), float)


def _refined(
    reference: NDArray[np.float32], take: NDArray[np.float32], rate: int, offset: float
) -> tuple[float, float]:
    """The offset near ``offset`` at which the waves fit best, and how much better than noise they do."""
    shift, reach = round(offset * rate), round(_REACH_S * rate)
    begin, end = max(0, reach - shift), min(len(reference), len(take) - shift - reach)
    length = min(round(_PIECE_S * rate), end - begin)
    if length < rate:
        return offset, 0.0
    places = np.linspace(begin, end - length, min(_MOST_PIECES, max(1, (end - begin) // length)))
    fits = [_wave_fit(reference[at : at + length], take[at + shift - reach : at + shift + length + reach])
            for at in places.astype(int)]  # fmt: skip
    smear = np.hanning(2 * round(_SMEAR_S * rate / 2) + 3)
    fit = np.convolve(np.mean(fits, axis=0), smear / smear.sum(), "same")
    best = int(fit.argmax())
    return (shift + best - reach) / rate, float(fit[best])


def _wave_fit(piece: NDArray[np.float32], around: NDArray[np.float32]) -> FloatArray:
    """(lags,) squared correlation of a piece with each place around it, frequencies weighted alike; noise gives 1."""
    size = 1 << (len(around) + len(piece) - 1).bit_length()
    cross = np.conj(np.fft.rfft(piece, size)) * np.fft.rfft(around, size)
    amount = np.abs(cross)
    cross /= np.maximum(amount, 1e-6 * amount.max() + 1e-20)
    return np.asarray(np.fft.irfft(cross, size)[: len(around) - len(piece) + 1] ** 2 * size)
