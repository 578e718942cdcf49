from collections.abc import Sequence

import numpy as np
import pytest

from kdance.motion.changes import split_changed
from kdance.motion.people import People
from kdance.motion.sightings import Sightings
from kdance.motion.tracklets import safe_tracklets
from kdance.motion.tracks import Tracks, find_tracks
from tests.motion.people_factory import Path, people_on

WIDTH = 1280.0
Y = 360.0


def standing(x: float) -> Path:
    return lambda time: (x + 8 * np.sin(5 * time), Y)


def walking(start: float, end: float, begin: float = 1.5, seconds: float = 1.5) -> Path:
    """From one place to another, softly."""

    def path(time: float) -> tuple[float, float]:
        share = np.clip((time - begin) / seconds, 0, 1)
        return start + (end - start) * (3 * share**2 - 2 * share**3), Y

    return path


def hidden(path: Path, *spans: tuple[float, float]) -> Path:
    return lambda time: None if any(first <= time < last for first, last in spans) else path(time)


def hidden_behind(path: Path, *others: Path) -> Path:
    """Not found while somebody stands in front."""

    def seen(time: float) -> tuple[float, float] | None:
        place = path(time)
        fronts = [other(time) for other in others]
        near = any(front is not None and place is not None and abs(front[0] - place[0]) < 50 for front in fronts)
        return None if near else place

    return seen


def owners_of(tracks: Tracks, owners: list[list[int]]) -> list[list[int]]:
    """Whom each track is on, in some order."""
    found = [{owners[frame][track.rows[frame]] for frame in np.flatnonzero(track.seen)} for track in tracks.tracks]
    return sorted(sorted(people) for people in found)


def require_lawful(tracks: Tracks, people: Sequence[People]) -> None:
    """Nobody is two people: no row of any frame is in two tracks."""
    for frame, found in enumerate(people):
        rows = [int(track.rows[frame]) for track in tracks.tracks if track.rows[frame] >= 0]
        assert len(set(rows)) == len(rows)
        assert max(rows, default=-1) < len(found)


def test_people_who_stay_apart_are_followed_whole() -> None:
    people, times, owners = people_on([standing(200), standing(500), standing(800)], [0, 0, 0], 4)
    tracks = find_tracks(people, times, width=WIDTH)
    require_lawful(tracks, people)
    assert owners_of(tracks, owners) == [[0], [1], [2]]
    assert all(track.seen.all() for track in tracks.tracks)
    assert tracks.questions == ()


@pytest.mark.parametrize("costumes", [(0, 1), (0, 0)], ids=["own clothes", "equal costumes"])
def test_two_who_cross_are_never_mixed_up(costumes: tuple[int, int]) -> None:
    front = walking(400, 800)
    back = hidden_behind(walking(800, 400), front)
    people, times, owners = people_on([front, back], costumes, 5)
    tracks = find_tracks(people, times, width=WIDTH)
    require_lawful(tracks, people)
    assert all(len(found) == 1 for found in owners_of(tracks, owners))


def test_two_in_their_own_clothes_are_followed_through_a_crossing() -> None:
    front = walking(400, 800)
    people, times, owners = people_on([front, hidden_behind(walking(800, 400), front), standing(1100)], [0, 1, 2], 5)
    tracks = find_tracks(people, times, width=WIDTH)
    assert owners_of(tracks, owners) == [[0], [1], [2]]
    assert min(float(track.seen.mean()) for track in tracks.tracks) > 0.85


def test_two_who_meet_and_turn_back_are_known_by_their_clothes() -> None:
    """Movement says they crossed."""

    def to_and_back(start: float, end: float) -> Path:
        there, back = walking(start, end, 1.0, 1.0), walking(end, start, 2.0, 1.0)
        return lambda time: there(time) if time < 2 else back(time)

    left, right = to_and_back(400, 590), to_and_back(800, 610)
    gone = (1.75, 2.25)
    people, times, owners = people_on([hidden(left, gone), hidden(right, gone), standing(1000)], [0, 1, 2], 5)
    tracks = find_tracks(people, times, width=WIDTH)
    assert owners_of(tracks, owners) == [[0], [1], [2]]


def test_equal_costumes_that_meet_in_one_place_and_stand_still_are_a_gap() -> None:
    """Neither clothes nor movement tell who comes out on which side."""
    left, right = walking(400, 600, 1, 1), walking(800, 600, 1, 1)
    out_left, out_right = walking(600, 400, 4, 1), walking(600, 800, 4, 1)
    gone = (1.6, 4.4)
    paths = [hidden(lambda t: left(t) if t < 3 else out_left(t), gone),
             hidden(lambda t: right(t) if t < 3 else out_right(t), gone)]  # fmt: skip
    people, times, owners = people_on(paths, [0, 0], 7)
    tracks = find_tracks(people, times, width=WIDTH)
    assert len(tracks.tracks) == 4
    assert all(len(found) == 1 for found in owners_of(tracks, owners))


@pytest.mark.parametrize(("seconds", "joined"), [(6.0, True), (2.9, False)], ids=["a whole dance", "a short shot"])
def test_who_is_hidden_is_who_comes_out_where_nobody_else_is_missing(seconds: float, joined: bool) -> None:
    """They run while they are hidden, as nobody can foresee: two people would be hidden nearly all of the time."""
    runner = hidden(walking(300, 1010, 1.5, 1.0), (1.7, 2.3))
    people, times, owners = people_on([runner, standing(150), standing(1150)], [0, 0, 0], seconds)
    tracks = find_tracks(people, times, width=WIDTH)
    assert owners_of(tracks, owners) == ([[0], [1], [2]] if joined else [[0], [0], [1], [2]])
    assert len(tracks.questions) == (0 if joined else 1)


def test_who_leaves_is_not_continued_by_another() -> None:
    leaving = hidden(walking(200, -100, 1, 1), (1.9, 99))
    coming = hidden(walking(-100, 200, 2.2, 1), (0, 2.4))
    people, times, owners = people_on([leaving, coming, standing(700)], [0, 1, 2], 5)
    tracks = find_tracks(people, times, width=WIDTH)
    assert owners_of(tracks, owners) == [[0], [1], [2]]
    assert all(question.confidence < 0.5 for question in tracks.questions)


def test_a_body_that_turns_into_another_is_two() -> None:
    """Two take each other's place without a frame between: nothing but the clothes shows it."""
    first, second = hidden(standing(400), (2, 99)), hidden(standing(400), (0, 2))
    people, times, owners = people_on([first, second, standing(800)], [0, 1, 2], 4)
    tracks = find_tracks(people, times, width=WIDTH)
    assert owners_of(tracks, owners) == [[0], [1], [2]]


def test_a_runner_who_turns_back_at_once_is_two() -> None:
    """Two in equal costumes cross, and from one picture to the next it is the other who is in front."""
    right = hidden(lambda time: (300 + 750 * float(np.clip(time - 1, 0, 1)), Y), (1.5, 1.6))
    left = hidden(lambda time: (1050 - 750 * float(np.clip(time - 1, 0, 1)), Y), (1.4, 1.5))
    people, times, owners = people_on([right, left, standing(150)], [0, 0, 0], 4)
    sightings = Sightings.of(people, times, WIDTH)
    for piece in split_changed(sightings, safe_tracklets(sightings, ())):
        assert len({owners[sightings.frame[row]][sightings.row[row]] for row in piece}) == 1
    assert owners_of(find_tracks(people, times, width=WIDTH), owners) == [[0], [1], [2]]


def test_who_comes_out_of_hiding_while_running_is_seen_from_the_first_picture() -> None:
    """Five body heights a second: farther from picture to picture than anybody jumps who stood still."""
    runner = hidden(lambda time: (50 + 1600 * (time - 1.0), Y), (0, 1.0), (1.6, 99))
    people, times, _ = people_on([runner], [0], 2)
    seen = [frame for frame, found in enumerate(people) if len(found)]
    pieces = safe_tracklets(Sightings.of(people, times, WIDTH), ())
    assert [len(piece) for piece in pieces] == [len(seen)]


def test_a_track_never_crosses_a_cut() -> None:
    people, times, _ = people_on([standing(400), standing(800)], [0, 1], 4)
    tracks = find_tracks(people, times, [60], width=WIDTH)
    assert len(tracks.tracks) == 4
    for track in tracks.tracks:
        assert track.seen[:60].all() != track.seen[60:].all()
        assert track.shot == int(track.seen[60:].any())


def test_short_losses_are_gaps_and_no_questions() -> None:
    people, times, owners = people_on([hidden(standing(400), (1.0, 1.2), (2.5, 2.8)), standing(800)], [0, 1], 4)
    tracks = find_tracks(people, times, width=WIDTH)
    assert owners_of(tracks, owners) == [[0], [1]]
    assert tracks.questions == ()


def test_one_alone_who_is_lost_twice_is_one() -> None:
    people, times, owners = people_on([hidden(standing(400), (2.4, 3.3), (3.45, 3.9))], [0], 6)
    tracks = find_tracks(people, times, width=WIDTH)
    require_lawful(tracks, people)
    assert owners_of(tracks, owners) == [[0]]


def test_backwards_it_is_the_same() -> None:
    front = walking(400, 800)
    people, times, _ = people_on([front, hidden_behind(walking(800, 400), front), standing(1100)], [0, 1, 2], 5)
    forwards = find_tracks(people, times, width=WIDTH)
    backwards = find_tracks(people[::-1], times[-1] - times[::-1], width=WIDTH)
    there = sorted((track.rows >= 0).sum() for track in forwards.tracks)
    back = sorted((track.rows >= 0).sum() for track in backwards.tracks)
    assert len(there) == len(back)
    assert np.abs(np.array(there) - back).max() <= 5


@pytest.mark.parametrize("frames", [0, 1, 30])
def test_nobody(frames: int) -> None:
    tracks = find_tracks([People.nobody()] * frames, np.arange(frames) / 30)
    assert tracks == Tracks((), (), ()) or (tracks.tracks, tracks.questions) == ((), ())
