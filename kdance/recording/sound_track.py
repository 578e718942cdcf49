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
from typing import Final

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
        self._waiting: deque[tuple[NDArray[np.float32], float]] = deque(maxlen=MAX_WAITING)
        self._news = threading.Condition()
        self._zero: float | None = None
        self._end = 0  # where the last block ends, in pairs of samples ...
        self._written = 0  # ... and where the file does
        self._file = path.open("xb", buffering=0)
        self._worker = Worker("kdance-recorder-sound", self._run, news=self._news, join_timeout=JOIN_TIMEOUT)
        self._worker.start()

    @property
    def duration(self) -> float:
        """Seconds of sound in the file."""
        return self._written / self.rate

    def begin(self, moment: float) -> None:
        """Say at which monotonic moment the recording begins; nothing is written before that is known."""
        with self._news:
            self._zero = moment
            self._news.notify()

    def write(self, block: NDArray[np.float32], moment: float) -> None:
        """Hand over a block; never waits.

        Args:
            block: (n, 2) samples in -1..1, copied.
            moment: Monotonic seconds at which its first sample is heard.
        """
        if self.failure is not None:
            return
        with self._news:
            self._waiting.append((np.array(block, dtype=np.float32), moment))
            self._news.notify()

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
                    self._place(*item)
        except OSError as error:
            self.failure = error

    def _next(self, stop: threading.Event) -> tuple[NDArray[np.float32], float] | None:
        """The oldest block, waited for; ``None`` at the end."""
        with self._news:
            self._news.wait_for(lambda: stop.is_set() or (self._waiting and self._zero is not None))
            return self._waiting.popleft() if self._waiting and self._zero is not None else None

    def _place(self, block: NDArray[np.float32], moment: float) -> None:
        assert self._zero is not None
        seconds = moment - self._zero
        if not len(block) or not abs(seconds) < self.duration + LONGEST_GAP:
            return
        first = round(seconds * self.rate)
        if self._end and abs(first - self._end) <= TOLERANCE * self.rate:
            first = self._end
        if first < 0:  # heard before the first picture
            block, first = block[-first:], 0
        if not len(block):
            return
        samples = np.rint(np.clip(np.nan_to_num(block), -1.0, 1.0) * 32767).astype("<i2")
        self._put(_HEADER.size + first * CHANNELS * SAMPLE_BYTES, samples.tobytes())
        self._end = first + len(samples)
        self._written = max(self._written, self._end)
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
