"""Everybody in a film, in files that other processes read too."""

import gc
import multiprocessing
import pickle
import tempfile
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest

from kdance.capture.shared_people import PackedPeople, SharedPeople
from kdance.errors import KdanceError
from kdance.motion.film_people import FilmPeople
from kdance.motion.people import People
from tests.motion.people_factory import people_on
from tests.motion.test_film_people import are_same, some


def shared(*parts: list[People]) -> SharedPeople:
    return SharedPeople.joined(PackedPeople.of(part) for part in parts)


def test_parts_joined_are_the_whole() -> None:
    people = some()
    film = shared(people[:7], [], people[7:30], people[30:])
    whole = FilmPeople.of(people)
    assert film.starts.tolist() == whole.starts.tolist()
    bodies = whole.bodies
    rounded = People(bodies.boxes, bodies.keypoints, bodies.scores, bodies.colours.astype(np.float16))
    assert are_same(film.bodies, rounded)
    assert np.abs(film.bodies.colours - bodies.colours).max() < 1e-3  # half as precise is enough
    assert len(shared()) == len(shared([])) == 0


def test_a_picture_read_is_what_is_in_memory_but_for_the_colours() -> None:
    people = [People.nobody(), *some(), People.nobody()]
    film = shared(people)
    assert len(film.on_disk) == len(film)
    for frame in range(len(film)):
        read, there = film.on_disk[frame], film[frame]
        assert np.isnan(read.colours).all()
        assert are_same(People(read.boxes, read.keypoints, read.scores, there.colours), there)
    with pytest.raises(IndexError):
        film.on_disk[len(film)]
    for frame in range(-len(film), 0):
        assert film.on_disk[frame].boxes.tolist() == film.on_disk[frame + len(film)].boxes.tolist()
    with pytest.raises(IndexError):
        film.on_disk[-len(film) - 1]


def test_a_part_takes_few_bytes_on_its_way() -> None:
    """352 for each body, of which 128 are the colours, and hardly more."""
    found = people_on([lambda t, x=x: (x, 360.0) for x in (200.0, 500.0, 800.0)], [1, 5, 9], 10.0)[0]
    people = [People(one.boxes, one.keypoints, one.scores, one.colours.astype(np.float16)) for one in found]
    packed = pickle.dumps(PackedPeople.of(people), pickle.HIGHEST_PROTOCOL)
    assert len(packed) < 1.05 * 352 * 900


def test_another_process_reads_the_same() -> None:
    film = shared(some())
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    other = context.Process(target=_answer, args=(there,))
    other.start()
    there.close()
    here.send(film.on_disk)  # to a process that runs already, as those that watch a film do
    assert here.recv() == (len(film), film[30].keypoints.tolist())
    other.join()
    assert len(pickle.dumps(film.on_disk)) < 2000


def test_the_files_go_with_the_last_who_has_them() -> None:
    film = shared(some())
    on_disk, boxes = film.on_disk, film[30].boxes
    folder, known = on_disk.file.parent, boxes.tolist()
    del film
    gc.collect()
    assert on_disk[30].boxes.tolist() == known
    del on_disk
    gc.collect()
    assert folder.exists()  # a view is in the map
    assert boxes.tolist() == known
    del boxes
    gc.collect()
    assert not folder.exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("name", ["people", "colours"])
def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    folder = tmp_path / "full"
    folder.mkdir()
    (folder / name).symlink_to("/dev/full")
    monkeypatch.setattr(tempfile, "mkdtemp", lambda **_: str(folder))
    with pytest.raises(KdanceError, match="No space left"):
        shared(some())
    gc.collect()
    assert not list(tmp_path.iterdir())


def _answer(connection: Connection) -> None:
    film = connection.recv()
    connection.send((len(film), film[30].keypoints.tolist()))
