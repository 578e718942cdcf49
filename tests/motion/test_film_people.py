"""Everybody in a film, in long arrays: the same as frame by frame, and never more bytes than what is known of them."""

import numpy as np
import pytest

from kdance.motion.film_people import FilmPeople
from kdance.motion.people import People
from tests.motion.people_factory import people_on


def some() -> list[People]:
    """Two people, of whom one is there for a while, and empty frames at both ends."""
    paths = [lambda t: (300 + 50 * t, 360.0), lambda t: (700.0, 360.0) if 0.5 < t < 1.5 else None]
    return [People.nobody(), *people_on(paths, [1, 5], 2.0)[0], People.nobody()]


def are_same(first: People, second: People) -> bool:
    return all(
        np.array_equal(getattr(first, name), getattr(second, name), equal_nan=True)
        for name in ("boxes", "keypoints", "scores", "colours")
    )


def test_each_frame_is_as_it_was() -> None:
    people = some()
    film = FilmPeople.of(people)
    assert len(film) == len(people)
    assert film.counts.tolist() == [len(found) for found in people]
    assert all(are_same(one, other) for one, other in zip(film, people, strict=True))
    assert are_same(film[-2], people[-2])
    assert FilmPeople.of(film) is film
    with pytest.raises(IndexError):
        film[len(people)]


@pytest.mark.parametrize("part", [slice(0, 5), slice(20, 40), slice(-3, None), slice(7, 7), slice(9, 3)])
def test_neighbouring_frames_are_those_of_the_film(part: slice) -> None:
    people = some()
    found = FilmPeople.of(people)[part]
    assert len(found) == len(people[part])
    assert all(are_same(one, other) for one, other in zip(found, people[part], strict=True))


def test_every_body_has_one_place() -> None:
    film = FilmPeople.of(some())
    frames = np.repeat(np.arange(len(film)), film.counts)
    rows = np.concatenate([np.arange(count) for count in film.counts])
    assert film.body(frames, rows).tolist() == list(range(len(film.bodies)))


def test_frames_are_views() -> None:
    film = FilmPeople.of(some())
    assert np.shares_memory(film[30].keypoints, film.bodies.keypoints)
    assert np.shares_memory(film[10:30][5].boxes, film.bodies.boxes)
