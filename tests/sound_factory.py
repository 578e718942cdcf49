"""Sounds made on the spot: click tracks, songs, speech, and what a phone hears of them in a room."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from kdance.audio.ffmpeg import ffmpeg_path

RATE = 22050
Sound = NDArray[np.float32]


def make_clicks(
    bpm: float,
    seconds: float,
    *,
    first: float = 0.3,
    accent: int | None = None,
    noise: float = 0.0,
    silence: float = 0.0,
) -> Sound:
    """Clicks of a metronome from ``silence + first`` on, every ``accent``-th one louder."""
    sound = np.zeros(round((silence + seconds) * RATE))
    ticks = np.arange(round(0.05 * RATE)) / RATE
    click = 0.4 * np.sin(2 * np.pi * 1500 * ticks) * np.exp(-ticks / 0.01)
    for index, moment in enumerate(np.arange(silence + first, silence + seconds, 60 / bpm)):
        _add(sound, moment, click * (1.8 if accent and index % accent == 0 else 1.0))
    sound += noise * np.random.default_rng(0).normal(size=len(sound))
    return sound.astype(np.float32)


def make_song(bpm: float, seconds: float, *, first: float, seed: int = 0) -> Sound:
    """Drums, bass, chords that change every eight counts, and a melody; a "1" falls at ``first``."""
    rng = np.random.default_rng(seed)
    sound = np.zeros(round(seconds * RATE))
    period = 60 / bpm
    ticks = np.arange(round(0.2 * RATE)) / RATE
    kick = np.sin(2 * np.pi * 55 * ticks) * np.exp(-ticks / 0.08)
    noise = rng.normal(size=len(ticks))
    roots = rng.permutation([220.0, 174.6, 261.6, 196.0])
    for count in range(-int(first // period), int((seconds - first) / period) + 1):
        moment, root = first + count * period, roots[count // 8 % 4]
        _add(sound, moment, 0.8 * kick)
        _add(sound, moment + period / 2, 0.1 * noise * np.exp(-ticks / 0.015))
        if count % 2:
            _add(sound, moment, 0.4 * noise * np.exp(-ticks / 0.04))
        _add(sound, moment, 0.25 * _tone(root / 4, 0.8 * period))
        if count % 8 == 0:
            for ratio in (1.0, 1.26, 1.5):
                _add(sound, moment, 0.1 * _tone(root * ratio, 8 * period))
        for quarter in np.flatnonzero(rng.random(4) < 0.4):
            pitch = root * 2 ** (1 + rng.choice([0, 2, 4, 7, 9]) / 12)
            _add(sound, moment + quarter * period / 4, 0.12 * _tone(pitch, period / 2))
    return (0.7 * sound / np.abs(sound).max()).astype(np.float32)


def make_speech(seconds: float, *, seed: int = 0) -> Sound:
    """Something with the rhythm of speech: syllables of uneven length, with pauses."""
    rng = np.random.default_rng(seed)
    sound = np.zeros(round(seconds * RATE))
    moment = 0.1
    while moment < seconds:
        length = rng.uniform(0.08, 0.32)
        syllable = _tone(rng.uniform(90, 220), length)
        _add(sound, moment, rng.uniform(0.2, 0.6) * syllable)
        moment += length * rng.uniform(0.9, 1.4) + (rng.uniform(0.2, 1.0) if rng.random() < 0.2 else 0.0)
    return (sound + 0.003 * rng.normal(size=len(sound))).astype(np.float32)


def heard_in_a_room(sound: Sound, rate: int, *, noise_db: float = 0.0, seed: int = 0) -> Sound:
    """What a phone records: dull, quiet, with echoes, and noise so much louder than the song."""
    rng = np.random.default_rng(seed)
    room = np.zeros(round(0.3 * rate))
    room[rng.integers(rate // 100, len(room), 40)] = 0.25 * rng.normal(size=40)
    room *= np.exp(-np.arange(len(room)) / rate / 0.1)
    room[0] = 1.0
    size = len(sound) + len(room)
    frequency = np.fft.rfftfreq(size, 1 / rate)
    phone = frequency**2 / (frequency**2 + 150**2) / (1 + (frequency / 3000) ** 4)
    heard = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(room, size) * phone, size)[: len(sound)]
    noise = rng.normal(size=len(sound)) * heard.std() * 10 ** (noise_db / 20)
    return (0.05 * (heard + noise) / heard.std()).astype(np.float32)


def cut_or_pad(sound: Sound, rate: int, start: float, seconds: float) -> Sound:
    """A recording of ``seconds`` in which the sound begins at second ``start``, which may be negative."""
    begin = round(start * rate)
    padded = np.pad(sound[max(0, -begin) :], (max(0, begin), round(seconds * rate)))
    return padded[: round(seconds * rate)]


def write_wav(path: Path, sound: Sound, rate: int = RATE) -> Path:
    """A mono sound as 16-bit PCM."""
    soundfile.write(path, (np.clip(sound, -1, 1) * 32767).astype(np.int16), rate)
    return path


def run_ffmpeg(*arguments: object) -> None:
    """Run the ffmpeg program on something that works."""
    subprocess.run([ffmpeg_path(), "-v", "error", "-nostdin", "-y", *map(str, arguments)], check=True, timeout=60)


def add_sound(clip: Path, sound: Sound, *, rate: int = RATE) -> Path:
    """Give a clip a sound, in place."""
    wav = write_wav(clip.with_suffix(".wav"), sound, rate)
    silent = clip.rename(clip.with_stem(f"{clip.stem}-silent"))
    run_ffmpeg("-i", silent, "-i", wav, "-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", "aac", clip)
    return clip


def _add(sound: NDArray[np.float64], moment: float, part: NDArray[np.float64]) -> None:
    begin = round(moment * RATE)
    if 0 <= begin < len(sound):
        sound[begin : begin + len(part)] += part[: len(sound) - begin]


def _tone(pitch: float, seconds: float) -> NDArray[np.float64]:
    ticks = np.arange(round(seconds * RATE)) / RATE
    wave_form = sum(np.sin(2 * np.pi * pitch * k * ticks) / k for k in (1, 2, 3, 4))
    return np.asarray(wave_form * np.minimum(1, ticks / 0.01) * np.minimum(1, (seconds - ticks) / 0.02))
