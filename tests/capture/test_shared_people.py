"""Everybody in a film, in memory that other processes have too."""

import multiprocessing
import pickle
from multiprocessing.connection import Connection

import numpy as np
import pytest

from kdance.capture.shared_people import PackedPeople, SharedPeople
from kdance.motion.film_people import FilmPeople
from kdance.motion.people import People
from tests.motion.people_factory import people_on
from tests.motion.test_film_people import are_same, some


def shared(*parts: list[People]) -> SharedPeople:
    return SharedPeople.joined([PackedPeople.of(part) for part in parts])


def test_parts_joined_are_the_whole() -> None:
    people = some()
    film = shared(people[:7], [], people[7:30], people[30:])
    whole = FilmPeople.of(people)
    assert film.starts.tolist() == whole.starts.tolist()
    assert are_same(film.undressed().bodies, whole.undressed().bodies)
    assert np.abs(film.bodies.colours - whole.bodies.colours).max() < 1e-3  # half as precise is enough
    assert len(shared()) == len(shared([])) == 0


def test_a_part_takes_few_bytes_on_its_way() -> None:
    """352 for each body, of which 128 are the colours, and hardly more."""
    found = people_on([lambda t, x=x: (x, 360.0) for x in (200.0, 500.0, 800.0)], [1, 5, 9], 10.0)[0]
    people = [People(one.boxes, one.keypoints, one.scores, one.colours.astype(np.float16)) for one in found]
    packed = pickle.dumps(PackedPeople.of(people), pickle.HIGHEST_PROTOCOL)
    assert len(packed) < 1.05 * 352 * 900


def test_another_process_has_the_same_memory() -> None:
    film = shared(some())
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    other = context.Process(target=_answer, args=(film, there))
    other.start()
    there.close()
    assert here.recv() == (len(film), film[30].keypoints.tolist())
    film[30].boxes[:] = 7.0
    here.send("look again")
    assert here.recv() == film[30].boxes.tolist()
    other.join()
    with pytest.raises((RuntimeError, pickle.PicklingError)):
        pickle.dumps(film)  # a copy by mistake would be a large one


def _answer(film: SharedPeople, connection: Connection) -> None:
    connection.send((len(film), film[30].keypoints.tolist()))
    connection.recv()
    connection.send(film[30].boxes.tolist())
