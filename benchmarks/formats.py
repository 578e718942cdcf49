"""Files as fans have them: one dance in many formats, and whether kdance sees the same dance in each.

    python benchmarks/formats.py [CLIP]

Each row is the clip (the built-in demo by default) written anew by ffmpeg. ``frames`` and ``seconds`` are what kdance
reads, ``sound`` seconds of sound, ``gap`` the longest time between two frames, ``ms`` the time to
decode a frame, ``told`` what a dancer is told of the file.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import kdance
from kdance.audio.decode import decode_mono
from kdance.audio.ffmpeg import ffmpeg_path
from kdance.capture.video_file import VideoFile
from kdance.errors import VideoError

DEMO = Path(kdance.__file__).parent / "demo" / "demo.mp4"
RATE_HZ = 8000
X264 = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-c:a", "aac"]
# Name of the file, what ffmpeg is told to write it.
ROWS: dict[str, list[str]] = {
    "h264.mp4": X264,
    "hevc.mp4": ["-c:v", "libx265", "-preset", "ultrafast", "-c:a", "aac", "-tag:v", "hvc1"],
    "vp9.webm": ["-c:v", "libvpx-vp9", "-cpu-used", "8", "-deadline", "realtime", "-c:a", "libopus"],
    "av1.mp4": ["-c:v", "libaom-av1", "-cpu-used", "9", "-usage", "realtime", "-c:a", "aac"],
    "mpeg4.avi": ["-c:v", "mpeg4", "-q:v", "3", "-c:a", "mp3"],
    "mjpeg.mov": ["-c:v", "mjpeg", "-q:v", "3", "-c:a", "pcm_s16le"],
    "picture.gif": ["-vf", "fps=25,scale=320:-1"],
    "15 fps.mp4": ["-r", "15", *X264],
    "120 fps.mp4": ["-r", "120", *X264],
    "variable rate.mp4": ["-vf", "select='not(mod(n,7))+mod(n,3)'", "-fps_mode", "vfr", *X264],
    "edit list.mp4": ["-ss", "1.3", "-c", "copy"],
    "square pixels not.mp4": ["-vf", "scale=480:480,setsar=4/3", *X264],
    "odd size.mkv": ["-vf", "scale=427:321", "-c:v", "ffv1", "-c:a", "copy"],
    "4k.mp4": ["-vf", "scale=3840:2160", *X264, "-t", "4"],
    "silent.mp4": ["-an", *X264],
    "surround.mkv": [*X264, "-ac", "6", "-c:a", "ac3"],
    "piece.ts": X264,
}


def write(clip: Path, target: Path, options: list[str]) -> None:
    """Write a clip anew; some options (-ss) belong before the input."""
    before, after = (options[:2], options[2:]) if options[0] == "-ss" else ([], options)
    command = [ffmpeg_path(), "-v", "error", "-nostdin", "-y", *before, "-i", str(clip), *after, str(target)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)


def row(clip: Path, folder: Path, name: str, make: Callable[[Path], None]) -> str:
    """One line of the table."""
    target = folder / name
    try:
        make(target)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return f"{name:24} this ffmpeg does not write it"
    begun = time.perf_counter()
    try:
        with VideoFile(target) as source:
            times = np.array([frame.time for frame in source])
            size, told = f"{source.width_px}x{source.height_px}", " ".join(source.damage.sentences)
    except VideoError as error:
        return f"{name:24} {error}"
    took = 1000 * (time.perf_counter() - begun) / len(times)
    sound = len(decode_mono(target, RATE_HZ)) / RATE_HZ
    gap = 1000 * float(np.diff(times).max())
    return f"{name:24} {size:>10} {len(times):7} {times[-1]:8.2f} {sound:8.2f} {gap:8.0f} {took:7.1f}  {told}"


def main() -> None:
    """Print the table."""
    clip = Path(sys.argv[1]) if len(sys.argv) > 1 else DEMO
    print(f"{'file':24} {'size':>10} {'frames':>7} {'seconds':>8} {'sound':>8} {'gap ms':>8} {'ms':>7}  told")
    with tempfile.TemporaryDirectory() as folder:
        for name, options in ROWS.items():
            print(
                row(clip, Path(folder), name, lambda target, options=options: write(clip, target, options)), flush=True
            )
        print(row(clip, Path(folder), "two joined.ts", lambda target: _joined(clip, target)), flush=True)


def _joined(clip: Path, target: Path) -> None:
    """Two pieces one behind the other, as camcorders and streams write them."""
    parts = []
    for number in range(2):
        piece = target.with_name(f"{number}.ts")
        write(clip, piece, ["-ss", str(9 * number), "-t", "9", *X264])
        parts.append(piece.read_bytes())
    target.write_bytes(b"".join(parts))


if __name__ == "__main__":
    main()
