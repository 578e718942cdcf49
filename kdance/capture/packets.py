"""What a file's packets say of its pictures: how many there are and when, whatever the header says."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kdance.audio.ffmpeg import ffmpeg_path
from kdance.errors import VideoError

_STUCK: Final = 5  # packets at one time: ffmpeg lets no clock go back, it holds it until the time has come again
_DISCARDED: Final = 4  # AV_PKT_FLAG_DISCARD: hidden by an edit list, or a picture that others only need


@dataclass(frozen=True, slots=True)
class Packets:
    """The packets of a video stream.

    Attributes:
        shown: Those whose picture is shown.
        hidden: Those an edit list hides.
        restarts: How often their clock goes back: pieces of a film that were put together with cat.
    """

    shown: int
    hidden: int
    restarts: int


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
    for line in done.stdout.splitlines():
        fields = line.split(b",")
        if line.startswith(b"#") or len(fields) < 6:
            continue
        flags = int(fields[6].strip().removeprefix(b"F=0x"), 16) if len(fields) > 6 and b"F=0x" in fields[6] else 0
        shown, hidden = shown + (not flags & _DISCARDED), hidden + bool(flags & _DISCARDED)
        decoded_at = int(fields[1])
        stuck = stuck + 1 if last is not None and decoded_at <= last else 0
        restarts, last = restarts + (stuck == _STUCK), decoded_at
    return Packets(shown, hidden, restarts) if shown else None
