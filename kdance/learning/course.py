"""A course through a dance: what to practise next, worked out anew after every step from what was measured.

It takes the dance 8-count by 8-count: first what is due, then what is new, in the order of the dance, slowly at first;
what was too hard in halves; and what is clean beside each other in one go. What a step came to is in its cards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal

from kdance.learning.cards import PartCard, grade_of, practised, scheduled
from kdance.learning.history import SAME_SPEED, PartRound, at_fastest, part_key
from kdance.motion.speed_ladder import FAILED, GOOD

NEW_IN_A_LESSON: Final = 3
"""More new 8-counts than this in one lesson are not kept."""

SLOW: Final = 0.75
"""Speed at which something new begins, as a drill does."""

SLOWER: Final = 0.6
"""Speed at which something too hard begins."""

SHORTEST_HALVED_S: Final = 3.0
"""What is shorter isn't halved, seconds: four counts are the least that is a move."""

LONGEST_JOIN: Final = 8
"""8-counts danced in one go on the way to the whole dance."""

PAUSE_S: Final = 10.0
"""Seconds a step takes besides its rounds: standing ready, counting in, looking at the score."""

Kind = Literal["due", "new", "half", "again", "join", "whole"]
ROUNDS: Final[dict[Kind, int]] = {"due": 6, "new": 12, "half": 8, "again": 8, "join": 3, "whole": 1}
"""Most rounds of a step; two good ones in a row at full speed end it earlier."""

_USUAL_ROUNDS: Final[dict[Kind, int]] = {"due": 3, "new": 8, "half": 5, "again": 5, "join": 2, "whole": 1}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to practise.

    Attributes:
        kind: Why: it is due, new, half of something too hard, that again, or clean parts joined.
        start: Seconds of the reference, likewise ``end``.
        speed: To begin with.
        parts: :func:`part_key` of each 8-count that it is of.
    """

    kind: Kind
    start: float
    end: float
    speed: float
    parts: tuple[float, ...]

    @property
    def rounds(self) -> int:
        """Most rounds of it."""
        return ROUNDS[self.kind]

    @property
    def seconds(self) -> float:
        """How long it usually takes, seconds."""
        return PAUSE_S + _USUAL_ROUNDS[self.kind] * (self.end - self.start) / (0.5 + self.speed / 2)


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was practised: the fastest speed and the score there; ``None`` where nobody was seen."""

    step: Step
    result: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Course:
    """A dance as it is learnt, and the lesson under way.

    Attributes:
        cards: Every 8-count that is danced for the first time, in the order of the dance.
        known: Speed and score of 8-counts by earlier sessions, by :func:`part_key`.
        done: The steps of this lesson.
    """

    cards: tuple[PartCard, ...]
    known: Mapping[float, tuple[float, float]] = field(default_factory=dict)
    done: tuple[Done, ...] = ()

    def next_step(self, now: datetime) -> Step | None:
        """What to practise next; ``None`` where this lesson is complete.

        Args:
            now: What is due until then comes first.
        """
        return self._smaller() or self._due(now) or self._new() or self._joined()

    def after(self, step: Step, rounds: Sequence[PartRound], now: datetime) -> Course:
        """The course after a step was practised.

        Args:
            step: As :meth:`next_step` gave it.
            rounds: Every 8-count each time it was danced, in order.
            now: When.
        """
        cards, results = list[PartCard](), list[tuple[float, float]]()
        for card in self.cards:
            if part_key(card.start) not in step.parts or step.kind == "half":
                cards.append(card)
                continue
            known, alone = _parted(card, rounds, now)
            cards.extend(alone)
            danced = _danced(rounds, (known.start, *known.repeats))
            last, first = at_fastest(danced[-_ROUNDS:]), at_fastest(danced[:_ROUNDS])
            if last is None or first is None:
                cards.append(known)
                continue
            results.append(last)
            after = practised(known, *last)
            if not self._was_done(card):  # once in a lesson: what was just drilled is no news
                grade = grade_of(*last, learnt=False) if card.is_new else grade_of(*first)
                after = scheduled(after, grade, now)
            cards.append(after)
        cards.sort(key=lambda card: card.start)
        return replace(self, cards=tuple(cards), done=(*self.done, Done(step, min(results, default=None))))

    def _smaller(self) -> Step | None:
        """Halves of what has just been too hard, and then all of it again; once in a lesson."""
        if not self.done:
            return None
        last = self.done[-1]
        hard = last.step.kind in ("new", "due") and last.result is not None and _too_hard(*last.result)
        middle = (last.step.start + last.step.end) / 2
        if hard and len(last.step.parts) == 1 and last.step.end - last.step.start >= SHORTEST_HALVED_S:
            return Step("half", last.step.start, middle, SLOWER, last.step.parts)
        if last.step.kind != "half":
            return None
        card = self._card(last.step.parts[0])
        middle = (card.start + card.end) / 2
        if last.step.start < middle - SAME_SPEED:
            return Step("half", middle, card.end, SLOWER, last.step.parts)
        return Step("again", card.start, card.end, SLOWER, last.step.parts)

    def _due(self, now: datetime) -> Step | None:
        """The 8-counts that are due, neighbours that were clean in one go; the longest due first."""
        due = [card for card in self.cards if card.is_due(now) and not self._was_done(card)]
        if not due:
            return None
        first = min(due, key=lambda card: (card.due, card.start))
        run = [first]
        if first.is_clean:
            rest = {part_key(card.start): card for card in due if card.is_clean}
            while (following := rest.get(part_key(run[-1].end))) is not None and len(run) < LONGEST_JOIN:
                run.append(following)
        return _step("due", run, 1.0 if first.is_clean else first.speed or SLOW)

    def _new(self) -> Step | None:
        """The next 8-count of the dance that was never learnt: slowly, unless it is known to go well."""
        begun = sum(done.step.kind == "new" for done in self.done)
        fresh = [card for card in self.cards if card.is_new and not self._was_done(card)]
        if not fresh or begun >= NEW_IN_A_LESSON:
            return None
        speed, score = self.known.get(part_key(fresh[0].start), (0.0, 0.0))
        if score and score < FAILED:
            return _step("new", fresh[:1], SLOWER)
        return _step("new", fresh[:1], 1.0 if score >= GOOD and speed >= 1 - SAME_SPEED else SLOW)

    def _joined(self) -> Step | None:
        """The longest run of clean neighbours with something of today in it, unless it was danced in one go already."""
        today = {key for done in self.done for key in done.step.parts}
        joined = [(done.step.start, done.step.end) for done in self.done]
        best: Step | None = None
        for run in _clean_runs(self.cards):
            is_whole = len(run) == sum(1 + len(card.repeats) for card in self.cards)
            places = run if is_whole else run[:LONGEST_JOIN]
            start, end = places[0][0], places[-1][1]
            keys = tuple(dict.fromkeys(part_key(card.start) for _, _, card in places))
            is_new = not any(first <= start and end <= last for first, last in joined)
            if (
                len(places) > 1
                and is_new
                and today & set(keys)
                and (best is None or end - start > best.end - best.start)
            ):
                best = Step("whole" if is_whole else "join", start, end, 1.0, keys)
        return best

    def _was_done(self, card: PartCard) -> bool:
        return any(part_key(card.start) in done.step.parts for done in self.done)

    def _card(self, key: float) -> PartCard:
        return next(card for card in self.cards if part_key(card.start) == key)


_GAP_S: Final = 0.5  # between 8-counts that follow each other: a repeat may be a little shorter
_ROUNDS: Final = 2  # at the beginning of a step say whether an 8-count is still known, at its end how well it goes


def _too_hard(speed: float, score: float) -> bool:
    """Whether the ladder came to its lowest rungs, or nothing of it was right."""
    return score < FAILED or speed < SLOW - SAME_SPEED


def _step(kind: Kind, cards: Sequence[PartCard], speed: float) -> Step:
    parts = tuple(part_key(card.start) for card in cards)
    return Step(kind, cards[0].start, cards[-1].end, speed, parts)


def _danced(rounds: Sequence[PartRound], starts: Sequence[float]) -> list[PartRound]:
    """The rounds of some 8-counts."""
    places = {part_key(start) for start in starts}
    return [one for one in rounds if part_key(one.start) in places]


def _parted(card: PartCard, rounds: Sequence[PartRound], now: datetime) -> tuple[PartCard, list[PartCard]]:
    """A card without those of its repeats that don't sit although its 8-count does, and a card for each of these.

    The same poses may come after another move, or be told apart by what the comparison doesn't see. Whoever knows the
    8-count and fails at its repeat has to learn the repeat for itself.
    """
    own = at_fastest(_danced(rounds, (card.start,)))
    if not (card.is_clean if own is None else own[1] >= GOOD):
        return card, []
    alone = []
    for start in card.repeats:
        result = at_fastest(_danced(rounds, (start,))[-_ROUNDS:])
        if result is not None and result[1] < GOOD:
            repeat = practised(PartCard(start, start + card.end - card.start), *result)
            alone.append(scheduled(repeat, "again", now))
    left = {part_key(repeat.start) for repeat in alone}
    return replace(card, repeats=tuple(start for start in card.repeats if part_key(start) not in left)), alone


def _places(card: PartCard) -> list[tuple[float, float, PartCard]]:
    """Wherever an 8-count is danced: (start, end) in seconds, and itself."""
    return [(start, start + card.end - card.start, card) for start in (card.start, *card.repeats)]


def _clean_runs(cards: Sequence[PartCard]) -> list[list[tuple[float, float, PartCard]]]:
    """What of the dance is clean in one go, repeats too, as the places of its 8-counts."""
    runs: list[list[tuple[float, float, PartCard]]] = [[]]
    for place in sorted((place for card in cards for place in _places(card)), key=lambda place: place[0]):
        if not place[2].is_clean:
            runs.append([])
        elif runs[-1] and place[0] - runs[-1][-1][1] > _GAP_S:
            runs.append([place])
        else:
            runs[-1].append(place)
    return [run for run in runs if run]


def cards_of(parts: Sequence[tuple[float, float]], first_times: Sequence[int]) -> tuple[PartCard, ...]:
    """A new card for each 8-count that is danced for the first time.

    Args:
        parts: (start, end) of each 8-count.
        first_times: For each the index of the first that dances the same.

    >>> cards = cards_of([(0.0, 4.0), (4.0, 8.0), (8.0, 12.0)], [0, 1, 0])
    >>> [(card.start, card.repeats) for card in cards]
    [(0.0, (8.0,)), (4.0, ())]
    """
    again: dict[int, list[float]] = {}
    for index, first in enumerate(first_times):
        again.setdefault(first, []).extend([parts[index][0]] if index != first else [])
    return tuple(PartCard(*parts[first], tuple(starts)) for first, starts in sorted(again.items()))


def kept(new: Sequence[PartCard], stored: Sequence[PartCard]) -> tuple[PartCard, ...]:
    """The cards of a dance with what is stored of them; of 8-counts that are cut otherwise now nothing is known."""
    known = {(part_key(card.start), part_key(card.end)): card for card in stored}
    alone = {part_key(card.start): card for card in stored if not card.repeats}
    cards = list[PartCard]()
    for card in new:
        parted = [alone[key] for start in card.repeats if (key := part_key(start)) in alone]
        cards.extend(parted)
        left = {part_key(repeat.start) for repeat in parted}
        repeats = tuple(start for start in card.repeats if part_key(start) not in left)
        cards.append(replace(known.get((part_key(card.start), part_key(card.end)), card), repeats=repeats))
    return tuple(sorted(cards, key=lambda card: card.start))


def planned(cards: Sequence[PartCard], now: datetime, seconds: float) -> list[Step]:
    """What a lesson would begin with, as far as so much time goes; nothing is known of its results yet.

    Args:
        cards: Of one dance.
        now: What is due until then is due.
        seconds: That there are.
    """
    course, steps = Course(tuple(cards)), list[Step]()
    while (step := course.next_step(now)) is not None:
        seconds -= step.seconds
        if steps and seconds < 0:
            break
        steps.append(step)
        course = replace(course, done=(*course.done, Done(step, None)))
    return steps
