"""Where sound goes: a device, nowhere at the pace of a clock, or nowhere step by step.

A sink pulls: it asks for the next block and says at which moment of its clock that block will be heard.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kdance.audio.stretch import Samples
from kdance.worker import Worker

Fill = Callable[[Samples, float], None]  # writes the next block (n, 2) in place; the moment its first sample is heard

BLOCK = 882  # samples a block of the silent sinks: 20 ms
_DEVICE_LATENCY = 0.06  # seconds; must outlast the longest time Python is away: a chunk being stretched takes 10 ms
_SLACK = 0.3  # seconds that a silent clock makes up for when the machine was busy; as long as sound is made ahead
_LONGEST_LATENCY = 2.0  # what a driver says beyond that is a mistake (Bluetooth has 0.3)


class SinkError(Exception):
    """There is no sound device, or it can't be opened."""


class Sink(Protocol):
    """Takes sound. ``latency`` is about how many seconds after being asked for a block is heard."""

    rate: int
    latency: float
    paced: bool  # False: blocks are asked for at any pace, and have to be made when they are

    def start(self, fill: Fill) -> None:
        """Begin to ask for blocks; SinkError when that can't be."""

    def close(self) -> None:
        """Ask for no more; again is harmless."""

    def now(self) -> float:
        """The moment it is, on the clock of this sink; seconds of ``time.monotonic`` unless it is simulated."""

    @property
    def is_alive(self) -> bool:
        """False when the device is gone."""


class SteppedSink:
    """Sound that nobody hears, on a clock that moves a block with every :meth:`step`; for tests and benchmarks.

    Args:
        rate: Samples a second.
        block: Samples a step.
        latency: Seconds from handing over to hearing.
        rate_error: How much faster than it says its crystal is, a fraction (1e-4 are 100 ppm).
    """

    paced = False
    is_alive = True

    def __init__(
        self, rate: int = 44100, *, block: int = BLOCK, latency: float = 0.05, rate_error: float = 0.0
    ) -> None:
        self.rate, self.latency = rate, latency
        self._block, self.true_rate = block, rate * (1 + rate_error)
        self._steps = 0
        self._fill: Fill | None = None

    def start(self, fill: Fill) -> None:
        """Take blocks from ``fill``."""
        self._fill = fill

    def close(self) -> None:
        """Take no more."""
        self._fill = None

    def now(self) -> float:
        """Seconds since the sink was made."""
        return self._steps * self._block / self.true_rate

    def step(self) -> tuple[float, Samples]:
        """Take one block: when it is heard, and its samples."""
        if self._fill is None:
            raise RuntimeError("the sink is not started")
        block = np.zeros((self._block, 2), np.float32)
        moment = self.now() + self.latency
        self._fill(block, moment)
        self._steps += 1
        return moment, block


class SilentSink:
    """No sound, but its clock: a worker takes blocks at the pace at which a device would play them."""

    paced = True
    is_alive = True

    def __init__(self, rate: int = 44100) -> None:
        self.rate, self.latency = rate, 0.04
        self._worker: Worker[None] | None = None

    def start(self, fill: Fill) -> None:
        """Take blocks from ``fill`` until closed."""
        self._worker = Worker("kdance-silence", lambda stop: self._run(fill, stop))
        self._worker.start()

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.close()

    def now(self) -> float:
        """The monotonic clock.

        Raises:
            BaseException: What ``fill`` failed with in the worker.
        """
        if self._worker is not None:
            self._worker.check()
        return time.monotonic()

    def _run(self, fill: Fill, stop: threading.Event) -> None:
        block = np.zeros((BLOCK, 2), np.float32)
        due, since, count = self.now(), self.now(), 0
        while not stop.wait(max(0.0, due - self.now())):
            if self.now() > due + _SLACK:  # the machine slept: the song did so too
                since, count = self.now(), 0
            fill(block, since + count * BLOCK / self.rate + self.latency)
            count += 1
            due = since + count * BLOCK / self.rate


class DeviceSink:
    """The sound device of the machine, through PortAudio."""

    paced = True

    def __init__(self, rate: int = 44100) -> None:
        self.rate, self.latency = rate, _DEVICE_LATENCY
        self._stream: Any = None
        self._closing = False
        self._ended = False
        self._began, self._taken = 0.0, 0
        self._clock = DeviceClock(rate)

    @property
    def is_alive(self) -> bool:
        """False when the stream ended by itself."""
        return not self._ended

    def start(self, fill: Fill) -> None:
        """Open the default output and play what ``fill`` gives.

        Raises:
            SinkError: PortAudio is not installed, there is no output, or it refuses stereo at this rate.
        """
        try:
            import sounddevice
        except OSError as error:
            raise SinkError("PortAudio is missing") from error

        def callback(out: NDArray[np.float32], frames: int, times: Any, status: Any) -> None:
            now = self.now()
            fill(out, self._clock.heard(now, times.currentTime, times.outputBufferDacTime, self.latency, frames))
            self._taken += frames
            if self._taken / self.rate > 1.05 * (now - self._began) + 1.0:
                raise sounddevice.CallbackAbort  # no device plays that fast (ALSA's null does); it can't be the clock

        try:
            self._stream = sounddevice.OutputStream(
                samplerate=self.rate, channels=2, dtype="float32", latency=_DEVICE_LATENCY, callback=callback,
                finished_callback=self._finished,
            )  # fmt: skip
            self.latency = min(float(self._stream.latency) or _DEVICE_LATENCY, _LONGEST_LATENCY)  # JACK says 0
            self._began = self.now()
            self._stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            self.close()
            raise SinkError(str(error)) from error

    def close(self) -> None:
        """Silence at once, and let go of the device."""
        self._closing = True
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close(ignore_errors=True)

    def now(self) -> float:
        """The monotonic clock."""
        return time.monotonic()

    def _finished(self) -> None:
        self._ended = not self._closing


class DeviceClock:
    """When the blocks of a device are heard, in seconds of the monotonic clock.

    PortAudio tells for each block its own time and when the block leaves the converter. Two things are taken out of
    that: the callback runs a little after PortAudio looked at its clock (so the shortest of the last delays counts),
    and drivers tell the time in steps of up to a buffer. The count of samples is exact and is held to those times
    by a second-order loop (Adriaensen, "Using a DLL to filter time", Linux Audio Conference 2005), which learns the
    crystal's true rate.
    """

    _BANDWIDTH_HZ = 0.2
    _LOST = 0.1  # seconds: off by more, blocks were left out and the loop begins anew

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._delays: deque[float] = deque(maxlen=256)
        self._next: float | None = None
        self._pace = 1.0  # seconds of the monotonic clock per second of the device

    def heard(self, now: float, device_now: float, device_heard: float, latency: float, count: int) -> float:
        """When the first sample of the next block is heard.

        Args:
            now: Monotonic clock, in the callback.
            device_now: PortAudio's clock when it called.
            device_heard: PortAudio's time of hearing; drivers that don't know it say 0.
            latency: What is assumed then, seconds.
            count: Samples in the block.
        """
        if 0 < device_heard - device_now < _LONGEST_LATENCY and device_now > 0:
            if self._delays and abs(now - device_now - self._delays[-1]) > self._LOST:
                self._delays.clear()  # PortAudio's clock was set: on Linux it may be the time of day
            self._delays.append(now - device_now)
            told = device_heard + min(self._delays)
        else:
            told = now + latency
        if self._next is None or abs(told - self._next) > self._LOST:
            self._next = told
        moment, error, length = self._next, told - self._next, count / self._rate
        gain = 2 * np.pi * self._BANDWIDTH_HZ * length
        self._pace += gain**2 * error / length
        self._next = moment + np.sqrt(2) * gain * error + length * self._pace
        return float(moment)
