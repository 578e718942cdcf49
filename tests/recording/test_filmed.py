"""Where a take is found in its film."""

from __future__ import annotations

import numpy as np
import pytest

from kdance.recording.filmed import Filmed, FilmLog

PANE, PART = (10, 20, 30, 40), (1, 2, 3, 4)


def noted(*times: tuple[float, float], pane: tuple[int, ...] = PANE) -> Filmed:
    log = FilmLog()
    for taken, shown in times:
        log.add(taken, shown, pane, PART)
    film = log.end(flip=True)
    assert film is not None
    return film


def test_a_second_of_the_take_is_found_whatever_stood_still_between() -> None:
    film = noted((0.0, 1.0), (1.0, 2.0), (1.1, 7.0), (2.1, 8.0))  # a pause of five seconds
    assert [film.at(taken) for taken in (0.5, 1.0, 1.1, 1.6)] == pytest.approx([1.5, 2.0, 7.0, 7.5])
    assert (film.at(-1), film.at(9)) == (1.0, 8.0)
    assert [film.frame_at(taken) for taken in (-1, 0.0, 0.99, 1.0, 1.09, 5)] == [0, 0, 0, 1, 1, 3]


def test_a_frame_that_is_drawn_again_is_found_where_it_was_seen_first() -> None:
    film = noted((0.0, 1.0), (0.0, 1.1), (0.1, 1.2))
    assert film.taken.tolist() == [0.0, 0.1]
    assert film.shown.tolist() == [1.0, 1.2]


def test_a_pane_that_moved_has_no_one_place() -> None:
    assert noted((0.0, 0.0), (1.0, 1.0)).pane == PANE
    log = FilmLog()
    log.add(0.0, 0.0, PANE, PART)
    log.add(1.0, 1.0, (11, 20, 30, 40), PART)
    film = log.end(flip=False)
    assert film is not None
    assert film.pane is None
    assert film.panes.tolist() == [list(PANE), [11, 20, 30, 40]]


def test_each_dance_is_noted_anew() -> None:
    log = FilmLog()
    log.add(5.0, 5.0, PANE, PART)
    assert log.end(flip=False) is not None
    assert log.end(flip=False) is None
    log.add(0.0, 6.0, PANE, PART)
    film = log.end(flip=False)
    assert film is not None
    assert (film.taken.tolist(), film.shown.tolist()) == ([0.0], [6.0])


@pytest.mark.parametrize(
    ("taken", "shown"),
    [([], []), ([0.0, 0.0], [0.0, 1.0]), ([0.0, 1.0], [1.0, 0.0]), ([0.0, np.nan], [0.0, 1.0]), ([0.0], [0.0, 1.0])],
)
def test_times_that_can_not_be_are_refused(taken: list[float], shown: list[float]) -> None:
    count = len(taken)
    with pytest.raises(ValueError, match="must"):
        Filmed(np.array(taken), np.array(shown), np.zeros((count, 4), int), np.zeros((count, 4), int), flip=False)
