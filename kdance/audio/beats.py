"""The beat of a song: its tempo, the steady grid of its counts, and which of them is the "1" of an 8-count.

K-pop is made to a click, so the beats are a comb: every tempo's comb of pulses is compared with the strength of the
onsets over the whole song at once, which gives the tempo to a few hundredths of a percent. Where no comb stands out
(speech, noise, a band that drifts) nothing is said. Which beat is the "1" is told by what changes there: chords, timbre
and accents change at phrases of four and eight counts. That is a guess, and its confidence says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kdance.audio.spectra import band_powers, mel_bands, mel_edges, note_bands
from kdance.motion.counts import EIGHT, CountGrid
from kdance.motion.curves import peak_shift
from kdance.pose import FloatArray

ANALYSIS_RATE_HZ: Final = 22050
SHORTEST_S: Final = 5.0
# Dancers count K-pop at 95 to 150 counts a minute. A tempo outside has to fit so much better for each octave, which
# settles whether a beat or every other one is counted.
_SLOWEST_BPM: Final = 60.0
_FASTEST_BPM: Final = 200.0
_USUAL_BPM: Final = (95.0, 150.0)
_LOSS_PER_OCTAVE: Final = 0.45
_FRAME_HZ: Final = 100
# The onset strength peaks so long after an onset, at this frame rate and window: 7 ms for clicks, 13 for drums.
_DELAY_S: Final = 0.010
_BANDS: Final = 40
_LEAST_POWER: Final = 1e-10
_HEARD_DB: Final = 80.0  # below the loudest band of the song; what is quieter is silence
# Kick and bass are in few bands and on the beat, hi-hats are in all others and often between the beats. Where the low
# bands say nothing (a metronome in noise), all bands count alike.
_LOW_HZ: Final = 200.0
_LOW_SHARES: Final = (0.5, 0.08)
_PULSE_S: Final = 0.02  # standard deviation of a comb's pulses: as wide as players and analysis frames are exact
_HARMONICS: Final = np.arange(1, 15)
_PHASES: Final = 64
# The least correlation of comb and onsets. By chance it reaches 0.9 / sqrt(seconds) in made-up speech and 0.4 / sqrt in
# noise; songs have 0.33 and more.
_LEAST_FIT: Final = 0.15
_CHANCE_FIT: Final = 1.0
_AS_GOOD: Final = 0.98
_LOUDNESS_SPAN_S: Final = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Beats:
    """The beats of a sound.

    Attributes:
        grid: Its counts; second 0 is the beginning of the sound.
        times: (B,) seconds of all beats in it, ascending.
        fit: 0..1, correlation of a comb of beats with the onsets; a made-up click track has about 1, songs 0.4 to 0.8.
        one_confidence: 0..1, how clearly one count of eight stands out as the "1"; 0.3 is little more than a guess.
    """

    grid: CountGrid
    times: FloatArray
    fit: float
    one_confidence: float


@dataclass(frozen=True, slots=True)
class _Comb:
    frequency_hz: float
    phase: float  # 0..1 of a period at which the pulses lie
    fit: float


def find_beats(sound: NDArray[np.float32], rate: int, *, bpm: float | None = None) -> Beats | None:
    """Find the beat of a song.

    Args:
        sound: (N,) mono samples.
        rate: Samples a second, 8000 or more; :data:`ANALYSIS_RATE_HZ` is what the figures were measured with.
        bpm: Counts a minute where they are known; then only the moments of the beats are looked for.

    Returns:
        The beats; ``None`` for less than five seconds, and where there is no steady beat.
    """
    duration = len(sound) / rate
    if duration < SHORTEST_S or not np.any(sound):
        return None
    for low_share in _LOW_SHARES:
        onsets, frame_hz = _onset_strength(sound, rate, low_share)
        even = _even_loudness(onsets, frame_hz)
        comb = _best_comb(even, frame_hz) if bpm is None else _comb_at(even, frame_hz, bpm / 60)
        if comb.fit >= max(_LEAST_FIT, _CHANCE_FIT / np.sqrt(duration)):
            break
    else:
        return None
    period = 1 / comb.frequency_hz
    first = (comb.phase * period - _DELAY_S) % period
    times = np.arange(first, duration, period)
    accents = _strongest_near(onsets, (times + _DELAY_S) * frame_hz, 0.05 * frame_hz)
    one, confidence = _choose_one(sound, rate, times, accents)
    return Beats(CountGrid.with_one_at(times[one], period), times, comb.fit, confidence)


def _onset_strength(sound: NDArray[np.float32], rate: int, low_share: float) -> tuple[FloatArray, float]:
    """(T,) how much begins at each frame, so much of it counted in the lowest bands, and frames a second."""
    hop, size, highest = round(rate / _FRAME_HZ), _window(0.046, rate), min(8000.0, rate / 2)
    low = mel_edges(_BANDS, low=0.0, high=highest)[1:-1] < _LOW_HZ
    weights = np.where(low, low_share / low.sum(), (1 - low_share) / (~low).sum())
    powers = band_powers(sound, mel_bands(rate, size, _BANDS, high=highest), hop)
    decibels = 10 * np.log10(np.maximum(powers, _LEAST_POWER))
    decibels = np.maximum(decibels, decibels.max() - _HEARD_DB)
    begins = np.average(np.maximum(np.diff(decibels), 0.0), axis=0, weights=weights)
    # What begins is in a frame's window before it is in the frame's middle.
    strength = np.concatenate([np.zeros(1 + size // (2 * hop)), begins])[: decibels.shape[1]]
    return strength, rate / hop


def _window(seconds: float, rate: int) -> int:
    """The power of two next to so many seconds of samples."""
    return int(2 ** round(np.log2(seconds * rate)))


def _even_loudness(onsets: FloatArray, frame_hz: float) -> FloatArray:
    """(T,) onsets with quiet and loud parts made alike, of mean 0 and variance 1; all 0 where nothing begins."""
    window = np.hanning(int(_LOUDNESS_SPAN_S * frame_hz) | 1)
    near = np.convolve(onsets**2, window, "same") / np.convolve(np.ones(len(onsets)), window, "same")
    near = near[: len(onsets)]
    # A quiet part counts less all the same: silence has onsets of its own.
    loudness = np.sqrt(np.maximum(near, (onsets**2).mean() / 16))
    even = np.divide(onsets, loudness, out=np.zeros_like(onsets), where=loudness > 0)
    even -= even.mean()
    deviation = even.std()
    return np.asarray(even / deviation if deviation > 0 else even)


def _best_comb(onsets: FloatArray, frame_hz: float) -> _Comb:
    """The comb of pulses that correlates best with even onsets, tempo and phase at once.

    A comb is a sum of harmonics, so one Fourier transform of the whole song holds its correlation with all of them.
    """
    size = max(2**17, 1 << (16 * len(onsets) - 1).bit_length())
    spectrum = np.fft.rfft(onsets, size) / len(onsets)
    step_hz = frame_hz / size
    bins = np.arange(round(_SLOWEST_BPM / 60 / step_hz), round(_FASTEST_BPM / 60 / step_hz) + 1)
    parts = spectrum[np.minimum(bins[:, None] * _HARMONICS, len(spectrum) - 1)]
    judged = _comb_fits(parts, step_hz * bins).max(-1) * _usual(60 * step_hz * bins)
    best = int(judged.argmax())
    comb = _comb_at(onsets, frame_hz, step_hz * (bins[best] + _round_peak_shift(judged, best)))
    # Most songs are made at a whole number of beats a minute; a short piece of one can't tell it from its neighbours.
    whole = _comb_at(onsets, frame_hz, round(60 * comb.frequency_hz) / 60)
    return whole if whole.fit >= _AS_GOOD * comb.fit else comb


def _comb_at(onsets: FloatArray, frame_hz: float, frequency_hz: float) -> _Comb:
    """The comb of a tempo at the phase that fits best."""
    waves = np.exp(-2j * np.pi * frequency_hz / frame_hz * np.arange(len(onsets)) * _HARMONICS[:, None])  # (K, T)
    fits = _comb_fits((waves @ onsets / len(onsets))[None], np.array([frequency_hz]))[0]
    best = int(fits.argmax())
    return _Comb(frequency_hz, (best + _round_peak_shift(fits, best)) / _PHASES % 1, float(fits[best]))


def _comb_fits(parts: NDArray[np.complex128], frequencies_hz: FloatArray) -> FloatArray:
    """(F, phases) correlation of even onsets with combs.

    Pulses of frequency f at phase p fit by sum_k c_k Re(X(k f) exp(2 pi i k p)), with c_k the spectrum of one pulse.

    Args:
        parts: (F, K) X(k f), the Fourier transform of the onsets at the harmonics of each comb.
        frequencies_hz: (F,) f of each comb.
    """
    pulse = np.exp(-((2 * np.pi * _PULSE_S * frequencies_hz[:, None] * _HARMONICS) ** 2) / 2)  # (F, K)
    spectra = np.zeros((len(parts), _PHASES // 2 + 1), complex)
    spectra[:, _HARMONICS] = pulse * parts
    return np.asarray(np.fft.irfft(spectra, _PHASES) * _PHASES / np.sqrt(2 * (pulse**2).sum(-1))[:, None])


def _usual(bpm: FloatArray) -> FloatArray:
    """What a fit counts at a tempo: 1 where dancers count, less outside."""
    octaves = np.maximum(np.log2(_USUAL_BPM[0] / bpm), np.log2(bpm / _USUAL_BPM[1]))
    return np.asarray(1 - _LOSS_PER_OCTAVE * np.maximum(0.0, octaves))


def _round_peak_shift(values: FloatArray, peak: int) -> float:
    """:func:`peak_shift` of a curve that goes round: the last value is the first one's neighbour."""
    return peak_shift(values[peak - 1], values[peak], values[(peak + 1) % len(values)])


def _choose_one(sound: NDArray[np.float32], rate: int, times: FloatArray, accents: FloatArray) -> tuple[int, float]:
    """Which of the first eight beats is a "1", and how clearly it stands out."""
    if len(times) < EIGHT:
        return 0, 0.0
    timbre, chords = _beat_features(sound, rate, times)
    signs = [
        accents,
        _change(chords, 2, _angle),
        _change(chords, 4, _angle),
        _change(timbre, 4, _distance),
        _change(timbre, 8, _distance),
    ]
    evidence = np.mean([_standard(sign) for sign in signs], axis=0)  # (B,)
    votes = np.array([evidence[count::EIGHT].mean() for count in range(EIGHT)])
    second, best = np.sort(votes)[-2:]
    # A margin of a standard deviation is clear, when it was seen in eight phrases.
    seen = min(1.0, np.sqrt(len(times) / EIGHT**2))
    return int(votes.argmax()), float(np.clip((best - second) * seen, 0.0, 1.0))


def _beat_features(sound: NDArray[np.float32], rate: int, times: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(B, 40) loudness of the bands and (B, 12) of the notes of each beat."""
    hop, size = _window(0.023, rate), _window(0.093, rate)
    bands = band_powers(sound, mel_bands(rate, size, _BANDS, high=min(8000.0, rate / 2)), hop)
    bands = np.log(bands + 1e-4 * bands.max() + 1e-12)
    notes = band_powers(sound, note_bands(rate, _window(0.186, rate)), hop)
    notes = notes / np.maximum(notes.max(0), np.finfo(np.float32).tiny)
    edges = np.minimum(np.round(np.append(times, len(sound) / rate) * rate / hop).astype(int), bands.shape[1])
    spans = [(start, max(end, start + 1)) for start, end in pairwise(edges)]
    return _means(bands, spans), _means(notes, spans)


def _means(features: FloatArray, spans: list[tuple[int, int]]) -> FloatArray:
    """(B, K) mean of (K, T) features over each span of frames; the last frame where a span lies behind it."""
    last = features.shape[1] - 1
    return np.array([features[:, min(start, last) : end].mean(-1) for start, end in spans], float)


def _change(features: FloatArray, beats: int, difference: Any) -> FloatArray:
    """(B,) how different the ``beats`` from each beat on are from those before it; less where there are fewer."""
    count = len(features)
    total = np.vstack([np.zeros(features.shape[1]), np.cumsum(features, 0)])
    here = np.arange(1, count)
    start, end = np.maximum(here - beats, 0), np.minimum(here + beats, count)
    before = (total[here] - total[start]) / (here - start)[:, None]
    after = (total[end] - total[here]) / (end - here)[:, None]
    share = np.minimum(here - start, end - here) / beats
    return np.append(0.0, difference(before, after) * share)


def _angle(one: FloatArray, other: FloatArray) -> FloatArray:
    """(B,) 0 for notes of the same mixture, 1 for none in common."""
    length = np.linalg.norm(one, axis=-1) * np.linalg.norm(other, axis=-1)
    return np.asarray(1 - (one * other).sum(-1) / np.maximum(length, 1e-9))


def _distance(one: FloatArray, other: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.norm(one - other, axis=-1))


def _standard(values: FloatArray) -> FloatArray:
    """Values of mean 0 and variance 1, none further out than 3: one loud crash is not a whole song."""
    deviation = values.std()
    return np.clip((values - values.mean()) / deviation, -3.0, 3.0) if deviation > 1e-9 else np.zeros_like(values)


def _strongest_near(onsets: FloatArray, frames: FloatArray, reach: float) -> FloatArray:
    """(B,) the strongest onset within ``reach`` frames of each beat."""
    return np.array([onsets[max(0, int(at - reach)) : int(at + reach) + 1].max(initial=0.0) for at in frames])
