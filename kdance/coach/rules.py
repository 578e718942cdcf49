"""The coach that needs no network: measured facts to one short sentence, by rules.

Practice advice from motor learning shapes the rules: one cue at a time, held for some seconds, only outside an error
band, fewer as the score rises, and about one tip in three is praise (constant cues make the learner depend on them).
Where the counts of the song are known a cue waits for the end of a phrase, where the dancer has a moment to listen, and
is about what was wrong for longest in it; but no longer than two seconds, and what is over by then is told with its
place.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

from kdance.coach.cues import Cue, DancedPhrase
from kdance.coach.facts import Facts, Tip
from kdance.config import DEFAULTS
from kdance.motion.course import PHRASE
from kdance.pose import JOINT_NAMES, merged_parts
from kdance.review.record import Severity
from kdance.words.phrases import Phrases, load_phrases

LATE: Final = 0.15
"""Seconds off the beat that are worth a cue: below, the measurement is hardly surer than the dancer."""

LARGE_DEG: Final = 15.0
"""Degrees of error that weigh as much as a lateness of :data:`LATE`, where one of two faults is chosen."""

GREAT: Final = 0.8
"""Combined score of dancing that needs no cue."""

GOOD: Final = 0.6
"""Combined score from which encouragement is honest while something is still wrong."""

OK: Final = 0.4
"""Combined score below which nothing is better yet: out of step, a fault comes and goes by chance."""

MAX_IN_A_ROW: Final = 2
"""How often a cue is given before it rests and another problem gets its turn."""

REST: Final = (2, 4)
"""How many cue intervals a cue then rests beyond its own: at least, and at most, with more problems waiting."""

LONG: Final = 4
"""Half seconds of a fault that don't wait for the end of a phrase: four slow counts last longer than a cue is worth."""

MAX_UNPRAISED: Final = 2
"""Corrections after which praise is due, so that one tip in three is praise."""

_QUARTERS: Final = {1: "quarter", 2: "half", 3: "three_quarters", 4: "one", 6: "one_and_a_half", 8: "two"}
_BELOW: Final = frozenset({"legs", "left leg", "right leg", "feet", "left foot", "right foot", "hips"})


def corrections(facts: Facts, phrases: Phrases) -> list[Cue]:
    """Every problem in the facts as a cue, the most important first.

    A dance that is another one, or not danced at all, has no limb or timing worth correcting.
    """
    cues = [_unseen_cue(facts, phrases)] if facts.unseen else []
    if not _is_measured(facts):
        return cues
    if facts.wrong_dance or facts.standing_still:
        key = "standing_still" if facts.standing_still else "wrong_dance"
        return [*cues, Cue(key, Tip(phrases.text(f"cue.{key}"), "high", (), False), is_warning=True)]
    is_scored = facts.combined_score is not None
    if is_scored and facts.lateness is not None and abs(facts.lateness) > LATE:
        cues.append(_timing_cue(facts.lateness, facts.seconds_per_count, phrases))
    for joint, error in facts.joint_errors.items():
        if joint in JOINT_NAMES and math.isfinite(error) and error != 0:
            cues.append(_joint_cue(joint, error, phrases))
    if is_scored and facts.hands_otherwise:
        cues.append(Cue("hands", Tip(phrases.text("cue.hands"), "medium", (), False), size=1.0))
    return cues


def _is_measured(facts: Facts) -> bool:
    return any(score is not None for score in (facts.pose_score, facts.motion_score, facts.combined_score))


def _unseen_cue(facts: Facts, phrases: Phrases) -> Cue:
    severity: Severity = "medium" if _is_measured(facts) else "high"
    parts = merged_parts(facts.unseen)
    key = "unseen_most"
    if len(parts) <= 2:
        key = "unseen_below" if _BELOW.intersection(parts) else "unseen_above"
    text = phrases.text(f"cue.{key}", parts=phrases.parts(parts))
    return Cue("unseen", Tip(text, severity, (), False), is_warning=True)


def _timing_cue(lateness: float, seconds_per_count: float | None, phrases: Phrases) -> Cue:
    key = "late" if lateness > 0 else "early"
    seconds = abs(lateness)
    quarters = round(4 * seconds / seconds_per_count) if seconds_per_count else 0
    amount = _QUARTERS.get(quarters, "seconds")
    text = phrases.text(f"cue.{key}.{amount}", seconds=f"{seconds:.1f}")
    return Cue(key, Tip(text, severity_of_lateness(seconds), (), False), size=seconds / LATE)


def _joint_cue(joint: str, error: float, phrases: Phrases) -> Cue:
    key = f"{joint}.{'negative' if error < 0 else 'positive'}"
    tip = Tip(phrases.text(f"cue.{key}"), severity_of_error(error), (joint,), False)
    return Cue(key, tip, size=abs(error) / LARGE_DEG)


def severity_of_error(error: float) -> Severity:
    """How much an error of a joint matters, degrees."""
    return "low" if abs(error) < 20 else "medium" if abs(error) < 35 else "high"


def severity_of_lateness(lateness: float) -> Severity:
    """How much it matters to be late or early, seconds."""
    return "low" if abs(lateness) < 0.2 else "medium" if abs(lateness) < 0.35 else "high"


class RulesCoach:
    """A coach by rules; the same facts in the same order always give the same tips.

    Args:
        cue_interval: Seconds a cue has to itself before the next.
        language: Code of the language it speaks.
        says_when: Whether a cue about what is no longer on the screen says which part it means; in a report its time
            does.
    """

    def __init__(
        self,
        cue_interval: float = DEFAULTS.feedback.cue_interval,
        *,
        language: str = DEFAULTS.feedback.language,
        says_when: bool = True,
    ) -> None:
        self._interval, self._says_when = cue_interval, says_when
        self._phrases = load_phrases(language)
        self._phrase, self._phrase_s = DancedPhrase(), math.inf
        self._forget()

    def observe(self, facts: Facts) -> Tip | None:
        """The tip for this snapshot, or ``None`` while the last one still holds or nothing needs saying."""
        if self._said_at is not None and facts.timestamp < self._said_at:
            self._forget()  # the dance started again
        problems = corrections(facts, self._phrases)
        score = facts.combined_score
        if facts.seconds_per_count is not None:
            self._phrase_s = PHRASE * facts.seconds_per_count
            self._phrase.add(problems, score)
            if not facts.phrase_end:
                return self._within(facts, problems)
            danced, self._phrase = self._phrase, DancedPhrase()
            problems, score = self._still_worth_a_word(danced, problems), danced.score
        cue = self._choose(facts, problems, score)
        if cue is None or not self._is_time_for(cue, facts.timestamp, problems, score):
            return None
        self._remember(cue, facts.timestamp, score, waiting=len(problems) - 1)
        return cue.tip

    def _still_worth_a_word(self, phrase: DancedPhrase, now: list[Cue]) -> list[Cue]:
        """The problems of a phrase at its end; a limb that was wrong is told with its place, a lateness is over."""
        told = []
        for cue in phrase.problems(now):
            if cue.is_warning or not phrase.is_over(cue):
                told.append(cue)
            elif cue.tip.focus_areas:
                told.append(replace(cue, tip=self._of_the_phrase(cue.tip)) if self._says_when else cue)
        return told

    def _of_the_phrase(self, tip: Tip) -> Tip:
        text = self._phrases.text("cue.in_phrase", cue=tip.text[:1].lower() + tip.text[1:], counts=PHRASE)
        return replace(tip, text=text)

    def _within(self, facts: Facts, problems: list[Cue]) -> Tip | None:
        """Within a phrase: what can't wait for its end."""
        urgent = [cue for cue in problems if cue.is_warning]
        if not any(cue.key != "unseen" for cue in urgent):
            urgent += self._phrase.lasting(LONG)
        urgent = [cue for cue in urgent if self._is_ready(cue, facts.timestamp)]
        if not urgent or not self._is_time_for(urgent[0], facts.timestamp, problems, facts.combined_score):
            return None
        self._remember(urgent[0], facts.timestamp, facts.combined_score, waiting=len(problems) - 1)
        return urgent[0].tip

    def _forget(self) -> None:
        self._phrase = DancedPhrase()
        self._said_at: float | None = None
        self._last: Cue | None = None
        self._in_a_row = 0
        self._resting: dict[str, float] = {}
        self._corrected: Cue | None = None
        self._last_problem: str | None = None
        self._corrected_score: float | None = None
        self._unpraised = 0
        self._praises = 0

    def _is_ready(self, cue: Cue, now: float) -> bool:
        return now >= self._resting.get(cue.key, -math.inf)

    def _choose(self, facts: Facts, problems: list[Cue], score: float | None) -> Cue | None:
        ready = [cue for cue in problems if self._is_ready(cue, facts.timestamp)]
        praise = self._praise(facts, problems, score)
        if praise is not None and (not ready or self._unpraised >= MAX_UNPRAISED):
            return praise
        return ready[0] if ready else None

    def _praise(self, facts: Facts, problems: list[Cue], score: float | None) -> Cue | None:
        """Praise that the facts allow, whether or not it is its turn."""
        if score is None or facts.unseen or facts.wrong_dance or facts.standing_still:
            return None
        if score >= GREAT and not problems:
            key = "great"
        elif score >= OK and self._has_mended(score, problems):
            key = "better"
        elif score >= GOOD and self._unpraised >= MAX_UNPRAISED:
            key = "good"
        else:
            return None
        text = self._phrases.text(f"praise.{key}", turn=self._praises)
        return Cue(key, Tip(text, "low", (), True))

    def _has_mended(self, score: float, problems: list[Cue]) -> bool:
        """Whether what was last corrected is gone, and not because everything got worse."""
        if self._corrected is None or any(cue.key == self._corrected.key for cue in problems):
            return False
        return self._corrected_score is None or score >= self._corrected_score

    def _is_time_for(self, cue: Cue, now: float, problems: list[Cue], score: float | None) -> bool:
        if self._said_at is None or self._last is None:
            return True
        score = score or 0.0
        patience = 1.0 if score < GOOD else 2.0 if score < GREAT else 3.0
        if cue.tip.is_positive and any(problem.key != self._last_problem for problem in problems):
            patience = 1.0  # praise must not keep a new fault waiting
        if not cue.tip.is_positive:
            if cue.key != self._last_problem:
                patience = 1.0  # a new fault may be over before a patient coach speaks
            elif self._last.tip.is_positive:
                patience = min(patience, 2.0)
        wait = patience * self._interval
        if self._last.tip.is_positive and not cue.tip.is_positive and cue.key != self._last_problem:
            wait = min(wait, self._phrase_s)  # praise at the end of a phrase is over at the end of the next
        # A hair's breadth less, since 0.5 s steps added up need not hit the interval exactly.
        return now - self._said_at >= wait - 1e-6

    def _remember(self, cue: Cue, now: float, score: float | None, *, waiting: int) -> None:
        self._in_a_row = self._in_a_row + 1 if self._last is not None and self._last.key == cue.key else 1
        self._said_at, self._last = now, cue
        if cue.tip.is_positive:
            self._praises += 1
            self._unpraised = 0
            self._corrected = None
            return
        self._unpraised += 1
        self._corrected, self._corrected_score = cue, score
        self._last_problem = cue.key
        if self._in_a_row >= MAX_IN_A_ROW:
            self._in_a_row = 0
            rest = min(max(MAX_IN_A_ROW * waiting, REST[0]), REST[1])
            self._resting[cue.key] = now + (1 + rest) * self._interval
