"""The song from any place on, at any speed, with its pitch kept.

Signalsmith Stretch (``python_stretch``) stretches one array at a time and carries nothing over to the next. A stream is
therefore made of chunks that overlap: each is stretched with a little of the song before and after it, moved by at most
:data:`SHIFT` to where it fits the end of the chunk before, and faded in over :data:`FADE`. Each chunk is placed by the
clock, so that nothing adds up over a song. Clicks are heard within 4.5 ms of their place; ffmpeg's ``atempo`` moves
them by up to 18 ms, and both it and its ``rubberband`` would be a new process for every start.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

CHUNK = 0.25  # seconds heard that are stretched at once: 8 ms of work, during which no other Python thread runs
CONTEXT = 0.06  # half of Signalsmith's block of 120 ms: nearer to its ends a chunk misses what surrounds it
FADE = 0.02  # one period of the lowest bass (50 Hz)
SHIFT = 0.004  # finds the phase of everything above 125 Hz; a beat may be that much off


class SongStream:
    """The song from a position on, at one speed, read block by block.

    Args:
        samples: The song, (N, 2), int16 or float32 in -1..1.
        rate: Samples a second.
        start: Second of the song to begin with; may be negative, outside of the song there is silence.
        speed: Song seconds per second heard; at exactly 1 the samples pass through untouched.
    """

    def __init__(self, samples: NDArray[Any], rate: int, *, start: float, speed: float) -> None:
        if samples.ndim != 2 or samples.shape[1] != 2:
            raise ValueError(f"samples must have shape (N, 2), but got {samples.shape}")
        if not 0.25 <= speed <= 4.0:
            raise ValueError(f"speed must be within 0.25..4, but got {speed}")
        self._samples, self._rate, self._speed = samples, rate, speed
        self._start = start * rate  # in samples of the song
        self._read = 0  # samples handed out
        self._ready = np.zeros((0, 2), np.float32)  # stretched, not yet handed out
        self._chunks = 0
        self._stretcher: Any = None
        self._tail = np.zeros((0, 2), np.float32)  # how the last chunk goes on, to fade the next one in

    def read(self, count: int) -> Samples:
        """The next ``count`` samples heard, (count, 2)."""
        if self._speed == 1.0:
            first = round(self._start) + self._read
            self._read += count
            return cut(self._samples, first, first + count)
        while len(self._ready) < count:
            self._ready = np.concatenate([self._ready, self._next_chunk()])
        block, self._ready = self._ready[:count], self._ready[count:]
        self._read += count
        return block

    def _next_chunk(self) -> Samples:
        chunk, fade, shift, context = (round(s * self._rate) for s in (CHUNK, FADE, SHIFT, CONTEXT))
        first = self._chunks * chunk
        self._chunks += 1
        before = shift + context
        long = self._stretch(first - before, first + chunk + fade + before)
        moved = before + _best_shift(long[context : context + 2 * shift + fade], self._tail)
        here = long[moved : moved + chunk + fade]
        if len(self._tail):
            here = np.concatenate([crossfade(self._tail, here[:fade]), here[fade:]])
        self._tail = here[chunk:]
        return here[:chunk]

    def _stretch(self, first: int, stop: int) -> Samples:
        """Samples ``first`` to ``stop`` of what is heard, stretched for themselves."""
        song = cut(self._samples, *(round(self._start + self._speed * at) for at in (first, stop)))
        if not song.any():
            return np.zeros((stop - first, 2), np.float32)
        if self._stretcher is None:
            self._stretcher = _stretcher(self._rate)
        # a hair slower than exact: the library rounds the length down
        self._stretcher.setTimeFactor(len(song) / (stop - first + 0.25))
        heard = np.asarray(self._stretcher.process(np.ascontiguousarray(song.T))).T
        return np.concatenate([heard, np.zeros((max(0, stop - first - len(heard)), 2), np.float32)])[: stop - first]


def cut(samples: NDArray[Any], first: int, stop: int) -> Samples:
    """Samples ``first`` to ``stop`` as float32 in -1..1, with silence where there are none; (stop - first, 2)."""
    block = np.zeros((stop - first, 2), np.float32)
    begin, end = max(first, 0), min(stop, len(samples))
    if begin < end:
        block[begin - first : end - first] = samples[begin:end]
        if samples.dtype == np.int16:
            block *= np.float32(1 / 32768)
    return block


def crossfade(out: Samples, into: Samples) -> Samples:
    """From one sound to another over their length, as loud as they are however alike they are.

    Two sounds with the correlation r, weighted a and b, have together the power a^2 + b^2 + 2abr, by whose root their
    sum is divided.
    """
    b = ((np.arange(len(into), dtype=np.float32) + 0.5) / max(len(into), 1))[:, None]
    a = 1 - b
    power = float(np.sqrt(np.sum(out**2) * np.sum(into**2)))
    alike = max(0.0, float(np.sum(out * into)) / power) if power > 0 else 1.0
    return ((a * out + b * into) / np.sqrt(a**2 + b**2 + 2 * a * b * alike)).astype(np.float32)


def _best_shift(around: Samples, tail: Samples) -> int:
    """How far to move a chunk so that it goes on as the last one would have, in samples from the middle."""
    half = (len(around) - len(tail)) // 2
    if not tail.any():
        return 0
    mono, wanted = around.sum(axis=1), tail.sum(axis=1)
    likeness = np.correlate(mono, wanted, "valid")
    energy = np.convolve(mono**2, np.ones(len(wanted), np.float32), "valid")
    likeness = likeness / np.sqrt(np.maximum(energy, 0.1 * np.sum(wanted**2)))  # a faint echo is not a likeness
    likeness -= 0.1 * likeness.max() * np.abs(np.arange(-half, half + 1)) / half  # not moved for next to nothing
    return int(np.argmax(likeness)) - half


def _stretcher(rate: int) -> Any:
    from python_stretch import Signalsmith

    stretch = Signalsmith.Stretch(1)  # a fixed seed: the same song sounds the same
    stretch.preset(2, rate)
    return stretch
