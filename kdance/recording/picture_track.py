"""The pictures of a recording, encoded by ffmpeg while the dancer dances.

Pictures come at any rate and leave at a constant one: each picture of the file is the newest one at its time. The file
is a fragmented MP4, of which everything but the last two seconds can be played even when all is killed.
"""

from __future__ import annotations

import shlex
import subprocess
import tempfile
import threading
from collections import deque
from pathlib import Path
from typing import IO, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from kdance.audio.subprocesses import own_group
from kdance.worker import Worker

MAX_WAITING: Final = 30
"""Pictures that wait for the encoder: one second of a live camera, 40 MB at 1280x720."""
KEYFRAMES_APART: Final = 60
"""Pictures in a fragment, the most that is lost when ffmpeg is killed as well."""
QUALITY: Final = 23
"""x264's own default of its ``-crf``."""
CLOSE_TIMEOUT: Final = 10.0
"""Seconds that closing waits for the encoder to work off what waits."""
KILL_TIMEOUT: Final = 2.0


class PictureTrack:
    """Encodes pictures with their moments; :meth:`write` never waits.

    Args:
        ffmpeg: The ffmpeg program.
        path: The MP4 file; it must not exist.
        width: Pixels of every picture, at least 2; the last column of an odd number is cut off, H.264 needs pairs.
        height: The same for rows.
        fps: Pictures a second in the file.

    Attributes:
        dropped: Pictures that were left out because the encoder was busy; the one before is shown longer instead.
        failure: Why nothing more is written, in words; ``None`` while all is well.

    Raises:
        OSError: ffmpeg can't be started.
    """

    def __init__(self, ffmpeg: str, path: Path, width: int, height: int, *, fps: int) -> None:
        self.path, self.width, self.height, self.fps = path, width, height, fps
        self.dropped = 0
        self.failure: str | None = None
        self._waiting: deque[tuple[NDArray[np.uint8], float]] = deque()
        self._news = threading.Condition()
        self._written = 0
        self._complaints: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        try:
            self._encoder = self._start(ffmpeg)
        except OSError:
            self._complaints.close()
            raise
        self._worker = Worker("kdance-recorder-pictures", self._run, news=self._news, join_timeout=CLOSE_TIMEOUT)
        self._worker.start()

    @property
    def duration(self) -> float:
        """Seconds of pictures in the file."""
        return self._written / self.fps

    def write(self, image: NDArray[np.uint8], second: float) -> bool:
        """Hand over a picture; never waits. Whether it is taken.

        Args:
            image: (height, width, 3) BGR; free to be drawn on afterwards.
            second: Of the file, at which it is shown; the first picture is shown from 0 on.
        """
        if image.shape != (self.height, self.width, 3):
            raise ValueError(f"image must be {(self.height, self.width, 3)}, but got {image.shape}")
        if self.failure is not None:
            return False
        if len(self._waiting) >= MAX_WAITING:
            self.dropped += 1
            return False
        # Half the bytes of BGR, which saves the copy its time and the pipe half of its own.
        even = np.ascontiguousarray(image[: self.height & ~1, : self.width & ~1])
        planes = np.asarray(cv2.cvtColor(even, cv2.COLOR_BGR2YUV_I420), dtype=np.uint8)
        with self._news:
            self._waiting.append((planes, second))
            self._news.notify()
        return True

    def close(self) -> None:
        """Encode what waits and end ffmpeg; again is harmless."""
        if not self._worker.close():  # ffmpeg hangs; without it the worker ends
            self.failure = self.failure or "ffmpeg no longer answered"
            self._encoder.kill()
            self._worker.close(KILL_TIMEOUT)
        self._complaints.close()

    def check(self) -> None:
        """Raise a mistake of ours that ended the worker."""
        self._worker.check()

    def _start(self, ffmpeg: str) -> subprocess.Popen[bytes]:
        source = f"-f rawvideo -pix_fmt yuv420p -color_range tv -colorspace smpte170m -r {self.fps}"
        source += f" -s {self.width & ~1}x{self.height & ~1} -i pipe:0"
        # One thread, no B-frames: the pose network needs the processor, and a fragment is complete at once.
        codec = f"-c:v libx264 -preset ultrafast -crf {QUALITY} -threads 1 -bf 0 -g {KEYFRAMES_APART}"
        colours = "-pix_fmt yuv420p -color_range tv -colorspace smpte170m -color_primaries smpte170m"
        file = "-movflags +frag_keyframe+empty_moov+default_base_moof -flush_packets 1 -f mp4 -n"
        options = shlex.split(f"-nostdin -loglevel error {source} {codec} {colours} {file}")
        command = [ffmpeg, *options, str(self.path)]
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._complaints,
            **own_group(),
        )

    def _run(self, stop: threading.Event) -> None:
        pipe = self._encoder.stdin
        assert pipe is not None
        try:
            with pipe:
                self._encode(pipe, stop)
        except OSError:  # ffmpeg is gone; what it says is the better reason
            self._encoder.wait()
            self.failure = self.failure or why_it_ended(self._complaints)
        finally:
            code = self._encoder.wait()
            self._waiting.clear()
        if code:
            self.failure = self.failure or why_it_ended(self._complaints)

    def _encode(self, pipe: IO[bytes], stop: threading.Event) -> None:
        """Write each picture as often as it takes to fill the time until the next one."""
        shown: NDArray[np.uint8] | None = None
        while (item := self._next(stop)) is not None:
            picture, second = item
            due = round(second * self.fps)
            while shown is not None and self._written < due:
                pipe.write(shown.data)
                self._written += 1
            shown = picture
        if shown is not None:
            pipe.write(shown.data)
            self._written += 1

    def _next(self, stop: threading.Event) -> tuple[NDArray[np.uint8], float] | None:
        """The oldest picture, waited for; ``None`` at the end."""
        with self._news:
            self._news.wait_for(lambda: stop.is_set() or self._waiting)
            return self._waiting.popleft() if self._waiting else None


def why_it_ended(complaints: IO[bytes]) -> str:
    """What ffmpeg wrote to its standard error, as a reason in words."""
    complaints.seek(0)
    text = complaints.read().decode(errors="replace")
    if "No space left" in text or "not enough space" in text:
        return "the disk is full"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return f"ffmpeg ended ({lines[0]})" if lines else "ffmpeg ended"
