"""Cuts in one room before a camera that stands: only the people show them."""

import numpy as np
import pytest

from kdance.motion.leaps import with_leaps
from kdance.motion.people import People
from tests.motion.people_factory import people_on


def dancers(*places: float, moves: float = 20.0) -> list[People]:
    """Two seconds of some who sway, each at a place, and end where they began."""
    paths = [lambda time, x=x: (x + moves * np.sin(2 * np.pi * time), 360.0) for x in places]
    return people_on(paths, [0] * len(places), 2.0)[0]


def leaps_of(people: list[People], cuts: tuple[int, ...] = ()) -> list[int]:
    return with_leaps(people, np.arange(len(people)) / 30, cuts).tolist()


@pytest.mark.parametrize("places", [(330, 630, 930), (230, 700, 1000)], ids=["a little", "far"])
def test_where_everybody_is_suddenly_elsewhere_there_is_a_cut(places: tuple[float, ...]) -> None:
    first = dancers(300, 600, 900)
    assert leaps_of(first + dancers(*places)) == [len(first)]


def test_near_the_end_of_a_film_there_is_none() -> None:
    """It would be a shot of less than half a second, and tracks that short are nobody."""
    first = dancers(300, 600, 900)
    assert leaps_of(first + dancers(340, 640, 940)[:16]) == [len(first)]
    assert leaps_of(first + dancers(340, 640, 940)[:12]) == []
    assert leaps_of(first[:12] + dancers(340, 640, 940)) == []


def run() -> list[People]:
    """Two who cross the stage, half their height a second."""
    return people_on([lambda time, x=x: (x + 180 * time, 360.0) for x in (200.0, 600.0)], [0, 0], 3.0)[0]


@pytest.mark.parametrize("missing", [1, 2, 3, 4])
def test_pictures_that_are_missing_or_shown_again_make_no_cut(missing: int) -> None:
    people, times = run(), np.arange(90) / 30
    hole = slice(40, 40 + missing)
    assert with_leaps(people[:40] + people[40 + missing :], np.delete(times, hole), ()).tolist() == []
    assert with_leaps(people[:40] + [people[39]] * missing + people[40 + missing :], times, ()).tolist() == []


def test_who_runs_and_who_stays_make_no_cut() -> None:
    assert leaps_of(dancers(300, 600, 900, moves=120)) == []
    first = dancers(300, 600, 900)
    assert leaps_of(first + dancers(300, 600, 960)) == []  # one of three is found elsewhere


def test_one_alone_and_nobody_make_none_and_cuts_stay() -> None:
    assert leaps_of(dancers(300) + dancers(600)) == []
    assert leaps_of([People.nobody()] * 90, (30,)) == [30]
    assert leaps_of([]) == []


def test_a_cut_is_not_found_twice() -> None:
    first = dancers(300, 600, 900)
    assert leaps_of(first + dancers(340, 640, 940), (len(first) + 1,)) == [len(first) + 1]
