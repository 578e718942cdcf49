"""Who is the dancer among others, look by look."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from kdance.motion.following import ALONE_S, Following, biggest_and_central, hand_up
from kdance.motion.people import People
from tests.motion.people_factory import FPS, HEIGHT, Path, people_on

SIZE = (1280, 720)
MIDDLE = (640.0, 360.0)
LOOK = 8  # frames from look to look


def owners_followed(
    paths: Sequence[Path], costumes: Sequence[int], seconds: float, *, following: Following | None = None
) -> list[int]:
    """Who is followed at each look; -1 for nobody."""
    following = following or Following()
    people, times, owners = people_on(paths, costumes, seconds)
    rows = [following.update(people[k], float(times[k]), SIZE) for k in range(0, len(people), LOOK)]
    return [-1 if row < 0 else owners[k * LOOK][row] for k, row in enumerate(rows)]


def waving(people: People, row: int) -> People:
    """Somebody with one hand over the head."""
    points = people.keypoints.copy()
    points[row, 9, :2] = points[row, 0, :2] - (0, 0.2 * HEIGHT)
    return People(people.boxes, points, people.scores, people.colours)


def stays(_: float) -> tuple[float, float]:
    return MIDDLE


def aside(_: float) -> tuple[float, float]:
    return 300.0, 360.0


def test_the_biggest_and_most_central_is_chosen() -> None:
    people, _, owners = people_on([aside, stays], [0, 1], 0.04)
    assert owners[0][biggest_and_central(people[0], SIZE)] == 1
    flipped = People(people[0].boxes[::-1], people[0].keypoints[::-1], people[0].scores, people[0].colours[::-1])
    assert owners[0][::-1][biggest_and_central(flipped, SIZE)] == 1


def test_who_walks_past_is_not_followed() -> None:
    assert set(owners_followed([stays, lambda t: (100 + 200 * t, 350.0)], [0, 1], 6)) == {0}


def test_equal_clothes_are_told_apart_by_place() -> None:
    assert set(owners_followed([stays, aside], [0, 0], 4)) == {0}


@pytest.mark.parametrize("other", [0, 1])
def test_a_dancer_who_leaves_is_a_gap_and_comes_back_by_the_clothes(other: int) -> None:
    def leaves(t: float) -> tuple[float, float] | None:
        return MIDDLE if t < 2 else None if t < 6 else (900.0, 360.0)

    found = owners_followed([leaves, aside], [0, other], 9)
    times = np.arange(len(found)) * LOOK / FPS
    assert set(np.array(found)[times < 2]) == {0}
    assert set(np.array(found)[(times >= 2) & (times < 6)]) == {-1}
    assert set(np.array(found)[times >= 6]) == {0}


def test_who_is_the_only_one_in_the_middle_for_a_while_is_followed_and_not_before() -> None:
    first = 2.0
    found = owners_followed(
        [lambda t: MIDDLE if t < first else None, lambda t: (660.0, 360.0) if t >= first else None], [0, 1], 8
    )
    times = np.arange(len(found)) * LOOK / FPS
    assert 1 not in np.array(found)[times < first + ALONE_S]
    assert found[-1] == 1


@pytest.mark.parametrize("is_choosing", [True, False])
def test_a_hand_held_up_chooses_before_the_dance_alone(is_choosing: bool) -> None:
    following = Following()
    following.is_choosing = is_choosing
    people, times, owners = people_on([stays, aside], [0, 1], 4)
    rows = [
        following.update(waving(people[k], owners[k].index(1)) if k > 30 else people[k], float(times[k]), SIZE)
        for k in range(0, len(people), LOOK)
    ]
    assert owners[0][rows[0]] == 0
    assert owners[(len(rows) - 1) * LOOK][rows[-1]] == (1 if is_choosing else 0)


def test_a_hand_is_up_at_any_size_and_place() -> None:
    people = people_on([stays, aside], [0, 1], 0.04)[0][0]
    shown = waving(people, 1)
    assert hand_up(people).tolist() == [0, 0]
    assert hand_up(shown).tolist() == [0, 1]
    points = shown.keypoints * np.array([0.5, 0.5, 1], np.float32) + np.array([40, 10, 0], np.float32)
    assert hand_up(People(shown.boxes, points, shown.scores, shown.colours)).tolist() == [0, 1]


def test_an_empty_room_is_nobodys() -> None:
    following = Following()
    assert [following.update(People.nobody(), t, SIZE) for t in (0.0, 1.0, 2.0)] == [-1, -1, -1]
    assert not following.has_chosen
