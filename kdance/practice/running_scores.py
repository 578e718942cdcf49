"""Scores of a take while it is danced: of the run, of the sections, of the phrases."""

from __future__ import annotations

from typing import Final

import numpy as np

from kdance.dance.dance import Dance
from kdance.motion.course import PHRASE
from kdance.motion.timeline import SNAPSHOT_S, Observation, mean_known

PHRASE_S: Final = 2.0
"""A phrase of a song whose counts nobody knows."""
# A section is given a score when so many half seconds of it were danced: one alone may be the network's noise.
_FEWEST_SNAPSHOTS: Final = 2


class RunningScores:
    """What was scored since the run, the section and the phrase under way began.

    Args:
        dance: The reference.

    Attributes:
        sections: The last score of each section that was danced, 0..1, by its index.
    """

    def __init__(self, dance: Dance) -> None:
        self._grid = dance.grid
        self._starts = np.array([start for start, _ in dance.reference.info.sections])
        self.sections: dict[int, float] = {}
        self._run: dict[float, float] = {}
        self._section: tuple[int, int] | None = None
        # Of each section the half seconds of its newest visit, by their ends.
        self._visits: dict[int, dict[float, float]] = {}
        self._phrase: tuple[int, int] | None = None
        self._phrase_began = 0.0

    def begin_run(self) -> None:
        """Forget what is left of a run that was broken off."""
        self._run = {}

    def run_score(self) -> float | None:
        """The mean score of the run that has just ended; ``None`` when nothing was measured in it."""
        scores, self._run = self._run, {}
        return float(np.mean(list(scores.values()))) if scores else None

    def add(self, observation: Observation, run: int) -> None:
        """Take in a half second, or what is known by now of one that was taken in before.

        Args:
            observation: Of it.
            run: Number of the run of the song.
        """
        end, score = observation.timestamp, observation.combined
        if not np.isfinite(score) or not np.isfinite(observation.reference_time):
            return
        self._run[end] = score
        section = next((index for index, visit in self._visits.items() if end in visit), None)
        if section is None:
            section = self.section_at(observation.reference_time)
            if self._section != (run, section):
                self._section, self._visits[section] = (run, section), {}
        visit = self._visits[section]
        visit[end] = score
        if section >= 0 and len(visit) >= _FEWEST_SNAPSHOTS:
            self.sections = {**self.sections, section: mean_known(np.array(list(visit.values())))}

    def phrase_over(self, observation: Observation, run: int) -> tuple[float, float] | None:
        """The phrase that has just ended, seconds of the take; ``None`` where none has.

        Args:
            observation: Of the newest half second.
            run: Number of the run of the song.
        """
        if not np.isfinite(observation.reference_time):
            return None
        phrase, before = (run, self._phrase_at(observation.reference_time)), self._phrase
        if phrase == before:
            return None
        began, self._phrase, self._phrase_began = self._phrase_began, phrase, observation.timestamp - SNAPSHOT_S
        return None if before is None else (began, self._phrase_began)

    def section_at(self, reference_time: float) -> int:
        """Index of the section at a second of the song; -1 before the first."""
        return int(np.searchsorted(self._starts, reference_time, side="right")) - 1

    def _phrase_at(self, reference_time: float) -> int:
        counts = reference_time / PHRASE_S if self._grid is None else self._grid.count_at(reference_time) / PHRASE
        return int(counts // 1)
