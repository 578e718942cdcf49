"""What a file's packets say of its pictures: how many there are and when, whatever the header says."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kdance.audio.ffmpeg import ffmpeg_path

_DISCARDED: Final = 4  # AV_PKT_FLAG_DISCARD: hidden by an edit list, or a picture that others only need


@dataclass(frozen=True, slots=True)
class Packets:
    """The packets of a video stream.

    Attributes:
        shown: Those whose picture is shown.
        hidden: Those an edit list hides.
    """

    shown: int
    hidden: int


def count_packets(path: Path) -> Packets | None:
    """Read all packets of a file's first video stream, without decoding one.

    Returns:
        ``None`` where ffmpeg is missing or can't read it: nothing can be said then.
    """
    options = ["-v", "quiet", "-nostdin", "-copyts", "-i", f"file:{path.absolute()}", "-map", "0:v:0", "-c", "copy"]
    command = [ffmpeg_path(), *options, "-f", "framecrc", "-"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except (OSError, ValueError):
        return None
    shown = hidden = 0
    for line in done.stdout.splitlines():
        if line.startswith(b"#") or line.count(b",") < 5:
            continue
        flags = line.rpartition(b"F=0x")[2].split(b",")[0] if b"F=0x" in line else b"0"
        if int(flags, 16) & _DISCARDED:
            hidden += 1
        else:
            shown += 1
    return Packets(shown, hidden) if shown else None
