"""Whoever may go on can be asked about, the likeliest and longest first, and never more than anybody answers."""

from __future__ import annotations

import numpy as np
import pytest

from kdance.motion.census import Census
from kdance.motion.joins import best_joins
from kdance.motion.questions import MOST, Question, most_valuable, shares_of
from kdance.motion.sightings import Sightings
from kdance.motion.tracks import find_tracks
from tests.motion.people_factory import Path, people_on


def test_of_equal_chances_all_are_as_likely() -> None:
    shares = shares_of({(row, column): 2.0 for row in range(3) for column in range(3)})
    assert shares == pytest.approx(shares[0])
    assert shares.sum() < 3


def test_who_is_surely_another_leaves_the_rest_likelier() -> None:
    free = shares_of({(0, 0): 2.0, (1, 0): 0.0, (1, 1): 0.0})
    taken = shares_of({(0, 0): 9.0, (1, 0): 0.0, (1, 1): 0.0})
    assert taken[0] > free[0]
    assert taken[2] > free[2]


def test_without_evidence_nothing_is_asked() -> None:
    assert len(shares_of({})) == 0
    assert most_valuable([], []) == ()


def test_what_may_join_most_is_kept() -> None:
    frames = [1000, *range(1, MOST + 20)]
    asked = [Question(0, track, 5, 9, 0.5) for track in range(1, len(frames))]
    kept = most_valuable(asked, frames)
    assert len(kept) == MOST
    assert [question.after for question in kept] == list(range(len(frames) - 1, len(frames) - 1 - MOST, -1))


def test_in_a_crowd_a_join_is_less_sure() -> None:
    alone = {(0, 0): 8.0, (1, 1): 8.0}
    crowd = alone | {(row, column): 3.0 for row in range(6) for column in range(6) if row != column}
    margin = {name: best_joins(evidence)[0].margin for name, evidence in (("alone", alone), ("crowd", crowd))}
    assert margin["crowd"] < margin["alone"] - np.log(5)


def test_who_was_hidden_from_the_beginning_is_missing() -> None:
    def path(x: float, begin: float, end: float) -> object:
        return lambda time: (x, 360.0) if begin <= time < end else None

    people, times, _ = people_on([path(300, 0, 9), path(600, 0, 2), path(900, 2.5, 9)], [0, 0, 0], 6)
    everybody = people_on([path(300, 0, 9), path(600, 0, 2), path(600, 2.5, 9)], [0, 0, 0], 6)[0]
    third = people_on([path(300, 0, 9), path(600, 0, 9), path(900, 2.5, 9)], [0, 0, 0], 6)[0]
    for found, nobody_missing in ((people, True), (everybody, True), (third, False)):
        census = Census(Sightings.of(found, times, 1280.0), [0, len(found)])
        assert census.is_nobody_missing(60, 75) is nobody_missing


@pytest.mark.parametrize("step", [1, 2, 3])
def test_who_is_missing_is_a_matter_of_seconds_not_of_pictures(step: int) -> None:
    """A third who is seen for 0.4 s is missing all the time, one who is seen for 0.2 s was somebody seen twice."""
    for end, nobody_missing in ((4.4, False), (4.2, True)):
        paths: list[Path] = [
            lambda _: (300.0, 360.0),
            lambda _: (600.0, 360.0),
            lambda time, end=end: (900.0, 360.0) if 4 <= time < end else None,
        ]
        people, times, _ = people_on(paths, [0, 0, 0], 6)
        people, times = people[::step], times[::step]
        census = Census(Sightings.of(people, times, 1280.0), [0, len(people)])
        assert census.is_nobody_missing(60 // step, 75 // step) is nobody_missing


def test_in_a_shot_too_short_to_count_in_nobody_knows_who_is_missing() -> None:
    people, times, _ = people_on([lambda _: (300.0, 360.0), lambda _: (600.0, 360.0)], [0, 0], 3)
    census = Census(Sightings.of(people, times, 1280.0), [0, 40, 48, len(people)])
    assert not census.is_nobody_missing(42, 45)
    assert census.is_nobody_missing(20, 25)
    assert census.is_nobody_missing(60, 65)


def test_a_dancer_beside_another_is_known_of() -> None:
    """Two who stand so close that neither is ever alone are followed, and each is somebody."""
    people, times, _ = people_on([lambda _: (400.0, 360.0), lambda _: (455.0, 360.0)], [0, 0], 3)
    assert not Sightings.of(people, times, 1280.0).alone.any()
    assert len(find_tracks(people, times, width=1280.0).tracks) == 2
