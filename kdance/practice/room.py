"""The room a dancer practises in: what they see, hear, and are coached and recorded by."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from kdance.coach.facts import Tip
from kdance.coach.live_coach import LiveCoach, OfflineCoach
from kdance.coach.rules import RulesCoach
from kdance.words.phrases import Phrases, load_phrases

if TYPE_CHECKING:
    from kdance.audio.playback import Playback
    from kdance.audio.voice import Voice
    from kdance.practice.contract import PictureMaker, PracticeView


class Room:
    """What is around the dancer.

    Args:
        view: The window, or none.
        playback: The song's sound, and the clock of a live session; ``None`` where a file runs as fast as it can.
        voice: Speaks the cues, where that was asked for.
        coach: Makes the coach of a session.
        picture_maker: Prepares the picture that goes with the coach's questions; ``None`` where none may leave.
        tell: For a line to the dancer on the terminal, which may make them wait: not while they dance.
        waiting: Shows that people have to wait, with the text given.
        phrases: Of the language of that text; English when not given.
    """

    def __init__(
        self,
        view: PracticeView,
        playback: Playback | None = None,
        voice: Voice | None = None,
        *,
        coach: Callable[[], LiveCoach] = lambda: OfflineCoach(RulesCoach()),
        picture_maker: PictureMaker | None = None,
        tell: Callable[[str], None] = lambda line: None,
        waiting: Callable[[str], AbstractContextManager[None]] = lambda text: nullcontext(),
        phrases: Phrases | None = None,
    ) -> None:
        self.view, self.playback, self.voice = view, playback, voice
        self.coach, self.picture_maker = coach, picture_maker
        self.tell, self.waiting = tell, waiting
        self.phrases = phrases or load_phrases()
        self._told: set[str] = set()

    def say(self, tip: Tip) -> None:
        """Speak a cue; never waits."""
        if self.voice is not None:
            self.voice.say(tip.text)

    def tell_problems(self) -> None:
        """Tell what is wrong with sound and voice, each thing once."""
        for part in (self.playback, self.voice):
            if part is not None and part.problem is not None and part.problem not in self._told:
                self._told.add(part.problem)
                self.tell(part.problem)
