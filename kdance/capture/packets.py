"""What a file's packets say of its pictures: how many there are and when, whatever the header says."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np

from kdance.audio.ffmpeg import ffmpeg_path
from kdance.errors import VideoError
from kdance.pose import ROUNDING_S, FloatArray

_STUCK: Final = 5  # packets at one time: ffmpeg lets no clock go back, it holds it until the time has come again
_NO_TIME: Final = -(2**63)
_LEAST_STEP_S: Final = 0.002  # between two pictures; what is closer is moved apart when it is read
_DISCARDED: Final = 4  # AV_PKT_FLAG_DISCARD: hidden by an edit list, or a picture that others only need


@dataclass(frozen=True, slots=True, eq=False)
class Packets:
    """The packets of a video stream.

    Attributes:
        shown: Those whose picture is shown.
        hidden: Those an edit list hides.
        restarts: How often their clock goes back: pieces of a film that were put together with cat.
        times: (shown,) seconds of the pictures, increasing from 0; ``None`` where the packets don't tell them for sure.
    """

    shown: int
    hidden: int
    restarts: int
    times: FloatArray | None = None

    def times_within(self, start: float, end: float | None) -> FloatArray | None:
        """The times of a part of the film, from 0 again; ``None`` as of :attr:`times`, and where nothing is in it."""
        if self.times is None:
            return None
        until = np.inf if end is None else end
        part = self.times[(self.times >= start - ROUNDING_S) & (self.times < until - ROUNDING_S)]
        return part - part[0] if len(part) else None


def count_packets(path: Path) -> Packets | None:
    """Read all packets of a file's first video stream, without decoding one.

    Returns:
        ``None`` where ffmpeg is missing or can't read it: nothing can be said then.
    """
    options = ["-v", "quiet", "-nostdin", "-copyts", "-i", f"file:{path.absolute()}", "-map", "0:v:0", "-c", "copy"]
    try:
        command = [ffmpeg_path(), *options, "-f", "framecrc", "-"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except (OSError, ValueError, VideoError):
        return None
    shown = hidden = restarts = stuck = 0
    last: int | None = None
    ticks, tick = list[int](), Fraction(0)
    for line in done.stdout.splitlines():
        if line.startswith(b"#tb 0:"):
            tick = Fraction(line.split(b":")[1].decode().strip())
        fields = line.split(b",")
        if line.startswith(b"#") or len(fields) < 6:
            continue
        flags = int(fields[6].strip().removeprefix(b"F=0x"), 16) if len(fields) > 6 and b"F=0x" in fields[6] else 0
        shown, hidden = shown + (not flags & _DISCARDED), hidden + bool(flags & _DISCARDED)
        decoded_at = int(fields[1])
        ticks.append(int(fields[2]))
        stuck = stuck + 1 if last is not None and decoded_at <= last else 0
        restarts, last = restarts + (stuck == _STUCK), decoded_at
    times = None if hidden or restarts else _seconds(ticks, tick)
    return Packets(shown, hidden, restarts, times) if shown else None


def _seconds(ticks: list[int], tick: Fraction) -> FloatArray | None:
    """(T,) seconds from the first picture, in order; ``None`` where some have no time of their own.

    >>> _seconds([-512, 1024, 512, 0], Fraction(1, 1024))
    array([0. , 0.5, 1. , 1.5])
    >>> _seconds([0, 1, 1], Fraction(1, 30)) is None
    True
    """
    times = np.sort(np.array(ticks, np.int64))
    if not len(times) or times[0] == _NO_TIME or np.diff(times).min(initial=2**62) * tick < _LEAST_STEP_S:
        return None
    return np.asarray((times - times[0]) * float(tick))
