"""The clicks of a count-in: short made-up sounds that are heard over any song."""

from __future__ import annotations

from functools import cache

import numpy as np

from kdance.audio.stretch import Samples

CLICK_SECONDS = 0.06
_PITCH_HZ, _ACCENT_HZ = 1000.0, 1500.0
_LOUDNESS = 0.5  # with the ducked song below it stays under full scale
_DECAY = 0.012  # seconds to 37 %
_ATTACK = 0.0005  # steep enough to be exact, long enough not to crackle


@cache
def click_sound(rate: int, *, accent: bool = False) -> Samples:
    """One click, (N, 2) within -0.5..0.5; it is loudest within its first millisecond.

    Args:
        rate: Samples a second.
        accent: The higher one, for the first of a count-in.
    """
    time = np.arange(round(CLICK_SECONDS * rate)) / rate
    envelope = np.minimum(time / _ATTACK, 1.0) * np.exp(-time / _DECAY)
    wave = np.cos(2 * np.pi * (_ACCENT_HZ if accent else _PITCH_HZ) * time)
    mono = (_LOUDNESS * envelope * wave).astype(np.float32)
    sound = np.stack([mono, mono], axis=1)
    sound.flags.writeable = False  # everybody gets the same one
    return sound


def add_sound(block: Samples, sound: Samples, first: int) -> None:
    """Mix a sound into a block, in place, from sample ``first`` of the block on (may be negative or beyond its end)."""
    begin, end = max(first, 0), min(first + len(sound), len(block))
    if begin < end:
        block[begin:end] += sound[begin - first : end - first]
