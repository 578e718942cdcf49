"""The sound of a recording, written to a WAV file while the dancer dances.

Blocks come with the moment at which they are heard and are written where that moment lies in the file: a gap is
silence, a block that replaces another one overwrites it. The file's header is kept true, so that the sound of a killed
session can be played; soundfile would write it only when the file is closed, and not say why a disk takes no more.
"""

from __future__ import annotations

import struct
import threading
from collections import deque
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kdance.worker import Worker

CHANNELS: Final = 2
SAMPLE_BYTES: Final = 2
MAX_WAITING: Final = 4096
"""Blocks kept while the disk can't take them; half a minute of small ones. The oldest are given up first."""
TOLERANCE: Final = 0.02
"""Seconds by which a block may come early or late and still follow the last one without a seam: the moments of sound
devices jitter by some milliseconds, and less than 40 ms between sound and picture isn't noticed (ITU-R BT.1359)."""
LONGEST_GAP: Final = 3600.0
"""Seconds; a block further ahead than this has a wrong moment."""
JOIN_TIMEOUT: Final = 2.0
"""Seconds that closing waits for the disk."""

_HEADER: Final = struct.Struct("<4sI4s4sIHHIIHH4sI")
_LARGEST_SIZE: Final = 0xFFFFFFFF


class _Block(NamedTuple):
    """Samples, the second of the file at which they are heard, and that at which their stretch begins."""

    samples: NDArray[np.float32]
    second: float
    begin: float


class SoundTrack:
    """Writes the blocks of a session's sound; :meth:`write` never waits.

    Args:
        path: The WAV file; it must not exist.
        rate: Samples a second.

    Attributes:
        failure: Why nothing more is written; ``None`` while all is well.
    """

    def __init__(self, path: Path, rate: int) -> None:
        self.path, self.rate = path, rate
        self.failure: OSError | None = None
        self._early: deque[tuple[NDArray[np.float32], float]] = deque(maxlen=MAX_WAITING)
        self._waiting: deque[_Block] = deque(maxlen=MAX_WAITING)
        self._news = threading.Condition()
        self._zero: float | None = None
        self._begin = 0.0  # of the stretch that is written
        self._end: tuple[float, int] | None = None  # the stretch of the last block and where it ends, pairs of samples
        self._written = 0  # ... and where the file does
        self._file = path.open("xb", buffering=0)
        self._worker = Worker("kdance-recorder-sound", self._run, news=self._news, join_timeout=JOIN_TIMEOUT)
        self._worker.start()

    @property
    def duration(self) -> float:
        """Seconds of sound in the file."""
        return self._written / self.rate

    def begin(self, moment: float, second: float = 0.0) -> None:
        """From a monotonic moment on it is written, and what was handed over by now but is heard later.

        Args:
            moment: When that is.
            second: Where in the file; behind it there may be some of what was cut off.
        """
        with self._news:
            self._zero, self._begin = moment - second, second
            self._waiting.extend(self._placed(*early) for early in self._early)
            self._early.clear()
            self._news.notify()

    def cut(self) -> None:
        """Write nothing more of what is handed over, until it begins again."""
        with self._news:
            self._zero = None

    def write(self, block: NDArray[np.float32], moment: float) -> None:
        """Hand over a block; never waits.

        Args:
            block: (n, 2) samples in -1..1, copied.
            moment: Monotonic seconds at which its first sample is heard.
        """
        if self.failure is not None:
            return
        with self._news:
            samples = np.array(block, dtype=np.float32)
            if self._zero is None:
                self._early.append((samples, moment))
            else:
                self._waiting.append(self._placed(samples, moment))
                self._news.notify()

    def _placed(self, samples: NDArray[np.float32], moment: float) -> _Block:
        assert self._zero is not None
        return _Block(samples, moment - self._zero, self._begin)

    def close(self) -> None:
        """Write what waits and close the file; again is harmless."""
        self._worker.close()

    def check(self) -> None:
        """Raise a mistake of ours that ended the worker."""
        self._worker.check()

    def _run(self, stop: threading.Event) -> None:
        try:
            with self._file:
                self._write_header()
                while (item := self._next(stop)) is not None:
                    self._place(item)
        except OSError as error:
            self.failure = error

    def _next(self, stop: threading.Event) -> _Block | None:
        """The oldest block, waited for; ``None`` at the end."""
        with self._news:
            self._news.wait_for(lambda: stop.is_set() or self._waiting)
            return self._waiting.popleft() if self._waiting else None

    def _place(self, block: _Block) -> None:
        samples, second, begin = block
        if not len(samples) or not abs(second) < self.duration + LONGEST_GAP:
            return
        first, lowest = round(second * self.rate), round(begin * self.rate)
        if self._end is not None and self._end[0] == begin and abs(first - self._end[1]) <= TOLERANCE * self.rate:
            first = self._end[1]
        if first < lowest:  # heard before the first picture
            samples, first = samples[lowest - first :], lowest
        if not len(samples):
            return
        written = np.rint(np.clip(np.nan_to_num(samples), -1.0, 1.0) * 32767).astype("<i2")
        self._put(_HEADER.size + first * CHANNELS * SAMPLE_BYTES, written.tobytes())
        self._end = begin, first + len(written)
        self._written = max(self._written, self._end[1])
        self._write_header()

    def _write_header(self) -> None:
        size = self._written * CHANNELS * SAMPLE_BYTES
        frame = CHANNELS * SAMPLE_BYTES
        self._put(
            0,
            _HEADER.pack(
                *(b"RIFF", min(size + _HEADER.size - 8, _LARGEST_SIZE), b"WAVE"),
                *(b"fmt ", 16, 1, CHANNELS, self.rate, self.rate * frame, frame, 8 * SAMPLE_BYTES),
                *(b"data", min(size, _LARGEST_SIZE)),
            ),
        )

    def _put(self, offset: int, data: bytes) -> None:
        self._file.seek(offset)
        while data:  # a raw file may take less than everything
            data = data[self._file.write(data) :]
