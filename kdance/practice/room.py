"""The room a dancer practises in: what they see, hear, and are recorded by."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kdance.feedback.coach import Tip

if TYPE_CHECKING:
    from kdance.audio.playback import Playback
    from kdance.audio.voice import Voice
    from kdance.practice.view import PracticeView


class Room:
    """What is around the dancer.

    Args:
        view: The window, or none.
        playback: The song's sound, and the clock of a live session; ``None`` where a file runs as fast as it can.
        voice: Speaks the cues, where that was asked for.
        tell: For a line to the dancer on the terminal.
    """

    def __init__(
        self,
        view: PracticeView,
        playback: Playback | None = None,
        voice: Voice | None = None,
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.view, self.playback, self.voice = view, playback, voice
        self._tell = tell
        self._told: set[str] = set()

    def say(self, tip: Tip) -> None:
        """Speak a cue; never waits."""
        if self.voice is not None:
            self.voice.say(tip.text)

    def tell_problems(self) -> None:
        """Tell what is wrong with sound and voice, each thing once."""
        for part in (self.playback, self.voice):
            problem = None if part is None else part.problem
            if problem is not None and problem not in self._told:
                self._told.add(problem)
                self._tell(problem)
