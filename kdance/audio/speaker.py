"""The child process that speaks: ``python -P speaker.py LANGUAGE``; it needs nothing of kdance.

Reads one JSON string a line, speaks it and answers with a line: ``{"ready": true}`` at the start, ``{"done": true}``
after each sentence, or ``{"problem": "..."}`` in words for the dancer before it gives up. It ends with its input.

A process of its own, because speech engines block, want to be on the main thread (macOS), can't be interrupted, and
bring down what they live in when they fail.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any, Final

LANGUAGES: Final = {"en": "English", "ko": "Korean"}
_LINUX: Final = "install espeak-ng and alsa-utils (Debian, Ubuntu: sudo apt install espeak-ng alsa-utils)"
_CHECK_TIMEOUT: Final = 5.0


class NoSpeechError(Exception):
    """The voice can't be used; the message says why and what to do."""


def main(language: str, sentences: IO[str], answers: IO[str]) -> int:
    """Speak until the input ends; gives the exit code."""
    try:
        voice = choose_voice(language)
        _check_player()
        _answer(answers, ready=True)
        for line in sentences:
            speak(str(json.loads(line)), voice)
            _answer(answers, done=True)
    except NoSpeechError as error:
        _answer(answers, problem=str(error))
        return 1
    return 0


def choose_voice(language: str) -> str | None:
    """The id of a voice that speaks a language, the computer's own choice before others; ``None``: the usual one.

    Raises:
        NoSpeechError: There is no voice, or none of that language.
    """
    engine = _engine()
    try:
        usual = engine.getProperty("voice")
        voices = list(engine.getProperty("voices") or ())
    except Exception as error:
        raise _unusable(error) from error
    speaking = [str(voice.id) for voice in voices if language in map(_language, voice.languages)]
    if usual in speaking:
        return None
    if speaking:
        return speaking[0]
    name = LANGUAGES.get(language, language)
    raise NoSpeechError(f"No voice: this computer has none that speaks {name}; add one in its speech settings.")


def speak(text: str, voice: str | None) -> None:
    """Speak a sentence to its end.

    Raises:
        NoSpeechError: The engine failed.
    """
    # A new engine for each: pyttsx3 2.9x cuts off every further sentence of an old one (its issues 131, 402, 440).
    engine = _engine()
    try:
        if voice is not None:
            engine.setProperty("voice", voice)
        engine.say(text)
        engine.runAndWait()
    except Exception as error:
        raise _unusable(error) from error
    finally:
        del engine
        gc.collect()  # the old one must be gone before the next is made, for it takes espeak's callback with it


def _engine() -> Any:
    try:
        import pyttsx3
    except ImportError as error:
        raise NoSpeechError("No voice: pyttsx3 is missing; run: pip install pyttsx3") from error
    try:
        return pyttsx3.init()
    except Exception as error:
        raise _unusable(error) from error


def _unusable(error: Exception) -> NoSpeechError:
    if sys.platform.startswith("linux"):
        return NoSpeechError(f"No voice: the speech engine does not start; {_LINUX}.")
    return NoSpeechError(f"No voice: this computer's speech does not work ({type(error).__name__}: {error}).")


def _check_player() -> None:
    """On Linux pyttsx3 plays with ``aplay`` and doesn't notice when that fails, so try it with a moment of silence.

    Raises:
        NoSpeechError: There is no aplay, or it finds no sound device.
    """
    if not sys.platform.startswith("linux"):
        return
    player = shutil.which("aplay")
    if player is None:
        raise NoSpeechError(f"No voice: aplay is missing; {_LINUX}.")
    import numpy as np
    import soundfile

    with tempfile.TemporaryDirectory() as folder:
        silence = Path(folder) / "silence.wav"
        soundfile.write(silence, np.zeros(2205, np.int16), 22050)
        try:
            subprocess.run([player, "-q", str(silence)], check=True, capture_output=True, timeout=_CHECK_TIMEOUT)
        except (OSError, subprocess.SubprocessError) as error:
            raise NoSpeechError("No voice: this computer has no sound device that can be played on.") from error


def _language(name: object) -> str:
    """The two letters of ``en_US``, ``ko-KR`` or ``b"en-gb"``."""
    text = name.decode(errors="ignore") if isinstance(name, bytes) else str(name)
    letters = "".join(character if character.isalnum() else " " for character in text.lower()).split()
    return letters[0] if letters else ""


def _answer(answers: IO[str], **what: object) -> None:
    answers.write(json.dumps(what) + "\n")
    answers.flush()


if __name__ == "__main__":
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # what engines print is no answer
    try:
        sys.exit(main(sys.argv[1], sys.stdin, answers))
    except BrokenPipeError:  # kdance ended in the middle of a sentence
        os._exit(1)
