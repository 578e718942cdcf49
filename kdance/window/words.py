"""What the practice window says, in the dancer's language.

What happens while practising is passed around without words, as names of sentences; they become words here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from kdance.motion.scoring import Grade
from kdance.motion.setup_check import Check
from kdance.practice.state import Note, SetupState, Toast
from kdance.review.lateness import Span
from kdance.window.end_screen import EndLabels
from kdance.window.help_screen import HelpScene
from kdance.window.hints import without_signs
from kdance.window.keys import keys_in
from kdance.window.overlay import Labels
from kdance.window.setup_screen import SetupItem
from kdance.words.numbers import clock
from kdance.words.phrases import Phrases

_QUARTERS: Final = {1: "quarter", 2: "half", 3: "three_quarters", 4: "one", 6: "one_and_a_half", 8: "two"}


class WindowWords:
    """The words of the practice window.

    Args:
        phrases: Of the dancer's language.
        gestures: Whether a camera looks for signs: then hints show them beside the keys.
    """

    def __init__(self, phrases: Phrases, *, gestures: bool = True) -> None:
        self._phrases, self._gestures = phrases, gestures
        self.labels = Labels(self.text("reference"), self.text("you"), self.text("score"), self._hint("paused"))
        self.end_labels = EndLabels(self.text("end.best"), self.text("end.work_on"), self.text("end.no_score"))

    def text(self, name: str, **values: Any) -> str:
        """A sentence of the window with its values put in."""
        return self._phrases.text(f"window.{name}", **values)

    def grade(self, grade: Grade) -> str:
        """The word for a score: the same as in the report."""
        return self._phrases.text(f"report.grade.{grade}")

    def toast(self, toast: Toast) -> str:
        """What has just been done."""
        return self.text(toast.name, **toast.values)

    def badges(self, notes: Sequence[Note], fps: float) -> tuple[str, ...]:
        """Short facts."""
        return (*(self.text(f"note.{note}") for note in notes), self.text("note.fps", fps=round(fps)))

    def unseen(self, parts: Sequence[str]) -> tuple[str, ...]:
        """What the camera doesn't see of the dancer."""
        return (self.text("unseen", parts=self._phrases.parts(parts)),) if parts else ()

    def setup_item(self, check: Check) -> SetupItem:
        """One line of the set-up check."""
        advice = "" if check.advice is None else self.text(f"setup.advice.{check.advice}", **check.figures)
        return SetupItem(sentence(self._finding(check)), check.ok, advice)

    def headline(self, state: SetupState) -> str:
        """The one thing to do before the music, or that it begins."""
        if state.gesture_share > 0:
            return self.text("setup.hands_up")
        worst = state.setup.worst
        if state.setup.is_ready or worst is None:
            return self.text("setup.starts_in", seconds=max(state.seconds_left, 1))
        advice = self.text(f"setup.advice.{worst.advice}", **worst.figures)
        return self.text("setup.to_do", advice=advice, finding=self._finding(worst))

    def followed(self, state: SetupState) -> str:
        """Beside the mark around the dancer; nothing where nobody else is there."""
        return self.text("setup.followed") if state.has_others else ""

    def setup_hint(self) -> str:
        """The keys before the music."""
        return self._hint("setup.hint")

    def end_hint(self, drill: Span | None, *, goes_on: bool = False) -> str:
        """The keys after the dance; ``drill`` is the part to practise by itself, if any."""
        if goes_on:
            return self.text("end.hint_next")
        if drill is None:
            return self._hint("end.hint")
        return self._hint("end.hint_with_drill", where=clock(drill, self._phrases))

    def _hint(self, name: str, **values: Any) -> str:
        hint = self.text(name, **values)
        return hint if self._gestures else without_signs(hint)

    def in_beats(self, line: str, seconds_per_count: float | None) -> str:
        """A line of the report as the window says it: in beats, or in seconds where no beat is known."""

        def told(found: re.Match[str]) -> str:
            seconds = int(found[1]) / 1000
            quarters = round(4 * seconds / seconds_per_count) if seconds_per_count else 0
            name = _QUARTERS.get(quarters)
            return self.text("beats.seconds", seconds=f"{seconds:.1f}") if name is None else self.text(f"beats.{name}")

        return re.sub(rf"(\d+) ?{self.text('beats.milliseconds')}", told, line)

    def help(self) -> HelpScene:
        """All keys."""
        return HelpScene(
            keys=tuple((label, what) for _, label, what in keys_in(self._phrases)),
            title=self.text("help.title"),
            close=self.text("help.close"),
            note=self.text("help.gestures") if self._gestures else "",
        )

    def _finding(self, check: Check) -> str:
        return self.text(f"setup.finding.{check.finding}", **check.figures)


def sentence(text: str) -> str:
    """With a capital letter, where the script has them."""
    return text[:1].upper() + text[1:]
