"""Cues spoken aloud, offline, by the speech engine of the computer."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections import deque
from types import TracebackType
from typing import IO, Any, Final, Self

from kdance.audio import speaker
from kdance.audio.subprocesses import kill_group, own_group
from kdance.worker import Worker

JOIN_TIMEOUT: Final = 2.0
"""Seconds that closing waits for the worker, whose child was killed."""

_log = logging.getLogger(__name__)


def open_voice(language: str) -> Voice:
    """A voice that speaks a language (``"en"``, ``"ko"``), to be used as a context manager."""
    return Voice(language)


class Voice:
    """Speaks sentences, one at a time and the newest first; a context manager.

    A child process speaks (:mod:`kdance.audio.speaker`) and a worker talks with it, so that nothing here ever waits.
    Leaving the context ends speech in the middle of a word.

    Args:
        language: Two letters, such as ``"en"``.

    Attributes:
        problem: Why nothing is spoken, one line for the dancer; ``None`` while all is well. Known a moment after
            entering.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self.problem: str | None = None
        self._newest: deque[str] = deque(maxlen=1)
        self._news = threading.Condition()
        self._is_speaking = False
        self._child: subprocess.Popen[bytes] | None = None
        self._folder = ""
        self._worker: Worker[None] = Worker("kdance-voice", self._run, news=self._news, join_timeout=JOIN_TIMEOUT)

    @property
    def is_speaking(self) -> bool:
        """Whether a sentence is being spoken or waits to be."""
        return self.problem is None and (self._is_speaking or bool(self._newest))

    def __enter__(self) -> Self:
        try:
            # pyttsx3 forgets its sound files when it is killed; they go away with the folder.
            self._folder = tempfile.mkdtemp(prefix="kdance-voice-")
            self._child = subprocess.Popen(
                [sys.executable, "-P", speaker.__file__, self.language],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "TMPDIR": self._folder},
                **own_group(),
            )
        except OSError as error:
            self.problem = f"No voice: Python can't be started for it ({error.strerror or error})."
            return self
        self._worker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._worker.ask_to_end()
        if self._child is not None:
            kill_group(self._child)
        self._worker.close()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
        if kind is None:
            self._worker.check()

    def say(self, text: str) -> None:
        """Speak a sentence when the one being spoken ends, in place of any other that waits; never waits itself."""
        if self.problem is not None or not text.strip():
            return
        with self._news:
            self._newest.append(text)
            self._news.notify()

    def _run(self, stop: threading.Event) -> None:
        child = self._child
        assert child is not None
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            self._converse(child.stdin, child.stdout, stop)
        except OSError:  # the pipe to a child that ended
            self._give_up("No voice: the speech engine stopped.")
        except BaseException:
            self._give_up("No voice: it failed.")
            raise
        finally:
            self._is_speaking = False
            child.stdout.close()
            try:
                child.stdin.close()
            except OSError:  # what was still to be written to a child that ended
                self._newest.clear()

    def _converse(self, sentences: IO[bytes], answers: IO[bytes], stop: threading.Event) -> None:
        """Hand the child one sentence at a time; the next waits here, where a newer one can replace it."""
        while self._has_answered(answers):
            with self._news:
                self._is_speaking = False
                self._news.wait_for(lambda: stop.is_set() or self._newest)
                if stop.is_set():
                    return
                text = self._newest.popleft()
                self._is_speaking = True
            sentences.write(json.dumps(text).encode() + b"\n")
            sentences.flush()

    def _has_answered(self, answers: IO[bytes]) -> bool:
        """Wait for the child's answer; false when there is nothing more to come."""
        line = answers.readline()
        answer: dict[str, Any] = json.loads(line) if line.endswith(b"\n") else {}
        if answer.get("problem") or not answer:
            self._give_up(str(answer.get("problem", "No voice: the speech engine stopped.")))
            return False
        return True

    def _give_up(self, problem: str) -> None:
        if not self._worker.stop.is_set():
            _log.warning("%s", problem)
            self.problem = problem
        self._newest.clear()
