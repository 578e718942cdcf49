"""Recording a session: what the window shows, with the sound that was heard, as one MP4 file.

Pictures and sound are written beside the target while dancing, and joined when the session ends. Several dances follow
each other in it, without what was between them; :class:`kdance.recording.filmed.Filmed` finds each. A recording that
was interrupted leaves both as ``NAME.unfinished.mp4`` and ``NAME.unfinished.wav``; both can be played.
"""

from __future__ import annotations

import logging
import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from kdance.audio.ffmpeg import ffmpeg_path
from kdance.audio.subprocesses import own_group
from kdance.errors import KdanceError
from kdance.recording.picture_track import PictureTrack, why_it_ended
from kdance.recording.sound_track import SoundTrack

RATE_HZ: Final = 44100
FPS: Final = 30
"""Samples of sound and pictures a second of the file."""

JOIN_TIMEOUT: Final = 300.0
"""Seconds that joining may take; it takes about one for two minutes of dancing."""

_log = logging.getLogger(__name__)


def check_recording(path: Path) -> None:
    """Make sure that a recording can be written there.

    Raises:
        KdanceError: It can't; says why, and what to do.
    """
    if path.suffix.lower() != ".mp4":
        raise KdanceError(f"A recording is an .mp4 file, but {path} is not.", f"Use --record {path.stem}.mp4")
    if not path.parent.is_dir():
        raise KdanceError(f"There is no folder {path.parent} to record into.", "Make it, or choose another one.")
    if path.exists():
        raise KdanceError(f"{path} exists already.", "Choose another name for the recording.")
    if not os.access(path.parent, os.W_OK):
        raise KdanceError(f"The folder {path.parent} can't be written.", "Choose another folder for the recording.")
    for part in _unfinished(path):
        if part.exists():
            raise KdanceError(
                f"{part} is left from a recording that was interrupted.", "Move it away, or choose another name."
            )


class Recorder:
    """Records the pictures and the sound of a session; a context manager.

    Neither :meth:`picture` nor :meth:`sound` ever waits. What goes wrong while recording ends the recording, not the
    session.

    Args:
        path: The ``.mp4`` file to make.
        width: Pixels of every picture, at least 2.
        height: The same for rows.

    Attributes:
        saved: Whether the file is complete; known when the recording ended.
    """

    def __init__(self, path: Path, width: int, height: int) -> None:
        if min(width, height) < 2:
            raise ValueError(f"pictures must be at least 2 x 2 pixels, but got {width} x {height}")
        self.path, self.width, self.height = path, width, height
        self.saved = False
        self._problem: str | None = None
        self._pictures: PictureTrack | None = None
        self._sound: SoundTrack | None = None
        self._ffmpeg = ""
        self._zero: float | None = None  # the moment of second 0, as the film goes on now; None while it doesn't
        self._newest: float | None = None  # second of the last picture

    @property
    def problem(self) -> str | None:
        """What is wrong with the recording, one line for the dancer; ``None`` while all is well."""
        if self._problem is None and self._pictures is not None and self._pictures.failure is not None:
            return f"The recording stopped: {self._pictures.failure}."
        if self._problem is None and self._sound is not None and self._sound.failure is not None:
            return f"The recording goes on without sound: {_words(self._sound.failure)}."
        return self._problem

    @property
    def dropped(self) -> int:
        """Pictures that were left out because the encoder was busy; the timing stays right."""
        return 0 if self._pictures is None else self._pictures.dropped

    @property
    def duration(self) -> float:
        """Seconds recorded so far."""
        return 0.0 if self._pictures is None else self._pictures.duration

    def __enter__(self) -> Self:
        """Start the encoder; when that fails there is a ``problem``.

        Raises:
            KdanceError: Nothing can be recorded under that name, see :func:`check_recording`.
        """
        check_recording(self.path)
        video, sound = _unfinished(self.path)
        try:
            self._ffmpeg = ffmpeg_path()
            self._sound = SoundTrack(sound, RATE_HZ)
            self._pictures = PictureTrack(self._ffmpeg, video, self.width, self.height, fps=FPS)
        except KdanceError as error:
            self._problem = f"This session is not recorded. {error}"
        except OSError as error:
            self._problem = f"This session is not recorded: {_words(error)}."
            self._close_tracks()
            sound.unlink(missing_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Join pictures and sound; takes about a second for two minutes of dancing."""
        self._close_tracks()
        for track in (self._pictures, self._sound):
            if track is not None and kind is None:
                track.check()
        if self._problem is None and self._pictures is not None and self._sound is not None:
            self._finish(self._pictures, self._sound)
        self._log_end()

    def picture(self, image: NDArray[np.uint8], moment: float) -> float | None:
        """Hand over what the window shows; never waits.

        Args:
            image: (height, width, 3) BGR; free to be drawn on afterwards.
            moment: Monotonic seconds at which it is shown, not before the last one's.

        Returns:
            The second of the film at which it is seen; ``None`` where the film has no room for it.
        """
        if self._pictures is None or self._sound is None:
            return None
        if self._zero is None:  # nothing before has been recorded, or it was cut
            second = 0.0 if self._newest is None else self._newest + 1 / FPS
            self._zero = moment - second
            self._sound.begin(moment, second)
        self._newest = moment - self._zero
        return round(self._newest * FPS) / FPS if self._pictures.write(image, moment - self._zero) else None

    def cut(self) -> None:
        """Leave out what comes until the next picture, with which the film goes on."""
        self._zero = None
        if self._sound is not None:
            self._sound.cut()

    def sound(self, block: NDArray[np.float32], moment: float) -> None:
        """Hand over what is heard, from any thread; never waits.

        Args:
            block: (n, 2) samples in -1..1, copied.
            moment: Monotonic seconds at which its first sample is heard. Where no sound is handed over, the
                recording is silent; what is heard before the first picture is left out.
        """
        if self._sound is not None and self._pictures is not None and self._pictures.failure is None:
            self._sound.write(block, moment)

    def _log_end(self) -> None:
        if self.problem is not None:
            _log.warning("%s", self.problem)
        _log.info("the recorder stopped after %.1f s, %d pictures left out", self.duration, self.dropped)

    def _close_tracks(self) -> None:
        if self._pictures is not None:
            self._pictures.close()
        if self._sound is not None:
            self._sound.close()

    def _finish(self, pictures: PictureTrack, sound: SoundTrack) -> None:
        """Make the file of what was written; keep the parts where that fails."""
        if not pictures.duration:
            self._problem = self.problem or "Nothing was recorded: no picture came."
            _remove(pictures.path, sound.path)
            return
        lost = self.problem
        joined = self.path.with_name(f"{self.path.stem}.joining.mp4")
        try:
            failure = self._join(pictures, sound, joined)
        except (OSError, subprocess.TimeoutExpired) as error:
            failure = _words(error)
        finally:
            _remove(joined)  # there is none any more after a success
        if failure is not None:
            kept = f"{pictures.path.name} and {sound.path.name}" if sound.duration else pictures.path.name
            self._problem = f"{lost or f'The recording is unfinished: {failure}.'} It is kept as {kept}."
            return
        _remove(pictures.path, sound.path)
        self.saved = True
        self._problem = lost

    def _join(self, pictures: PictureTrack, sound: SoundTrack, joined: Path) -> str | None:
        """Put pictures and sound into one file; gives the reason where that fails."""
        inputs = ["-i", str(pictures.path)]
        if sound.duration:
            inputs += ["-i", str(sound.path), *shlex.split("-map 0:v -map 1:a -c:a aac -aac_coder fast -b:a 160k")]
        options = ["-c:v", "copy", "-t", f"{pictures.duration:.6f}", "-movflags", "+faststart", "-f", "mp4"]
        command = [self._ffmpeg, "-nostdin", "-loglevel", "error", "-y", *inputs, *options, str(joined)]
        with tempfile.TemporaryFile() as complaints:
            run = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                timeout=JOIN_TIMEOUT,
                check=False,
                **own_group(),
            )
            if run.returncode:
                return why_it_ended(complaints)
        if self.path.exists():
            return f"{self.path.name} was made by another program meanwhile"
        joined.rename(self.path)
        return None


def _unfinished(path: Path) -> tuple[Path, Path]:
    """Where pictures and sound are written until they are joined."""
    return path.with_name(f"{path.stem}.unfinished.mp4"), path.with_name(f"{path.stem}.unfinished.wav")


def _remove(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _words(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
