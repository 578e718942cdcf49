"""What answers make sure besides what was asked."""

from __future__ import annotations

import numpy as np
import pytest

from kdance.motion.answered import with_gaps_filled
from kdance.motion.answers import Answer
from kdance.motion.people import People
from kdance.motion.tracks import Track, Tracks
from tests.motion.people_factory import Path, people_on

LOST = (40, 59)  # frames between which one is on no track, though seen in some
SEEN = (45, 53)


def seen(path: Path, *holes: tuple[int, int]) -> Path:
    """A path without some frames."""
    return lambda time: None if any(first <= round(30 * time) < end for first, end in holes) else path(time)


def tracks_of(owners: list[list[int]], *, without: range, count: int = 2) -> Tracks:
    """Everybody as they are, the first lost in some frames."""
    tracks = []
    for owner in range(count):
        rows = [its.index(owner) if owner in its else -1 for its in owners]
        found = np.array([-1 if owner == 0 and frame in without else row for frame, row in enumerate(rows)])
        tracks.append(Track.from_rows(found, 0))
    return Tracks(tuple(tracks), (), ((),) * count)


def filled(
    people: list[People], times: np.ndarray, tracks: Tracks, *, cuts: tuple[int, ...] = (), of: int = 0
) -> Tracks:
    """The tracks after somebody has said that who is lost is who is found."""
    track = tracks.tracks[of]
    first = int(np.searchsorted(track.frames, LOST[0])) - 1
    before, after = ((int(track.frames[at]), int(track.people[at])) for at in (first, first + 1))
    return with_gaps_filled(people, times, cuts, tracks, [Answer(before, after, same=True)], width=1280.0)


def lost() -> Path:
    return seen(lambda time: (300 + 9 * np.sin(4 * time), 360.0), (LOST[0], SEEN[0]), (SEEN[1], LOST[1]))


def beside(_: float) -> tuple[float, float]:
    return 700.0, 360.0


def test_a_short_piece_between_two_that_are_one_by_an_answer_is_theirs() -> None:
    people, times, owners = people_on([lost(), beside], [0, 0], 4)
    whole, holed = (tracks_of(owners, without=range(*frames)) for frames in ((0, 0), LOST))
    for one, other in zip(filled(people, times, holed).tracks, whole.tracks, strict=True):
        np.testing.assert_array_equal(one.rows, other.rows)


def test_whom_no_answer_joined_stays_as_they_were() -> None:
    people, times, owners = people_on([lost(), beside], [0, 0], 4)
    holed = tracks_of(owners, without=range(*LOST))
    people_of = [(int(track.frames[0]), int(track.people[0])) for track in holed.tracks]
    for answers in ((), (Answer(*people_of, same=False),)):
        assert with_gaps_filled(people, times, (), holed, answers, width=1280.0) is holed
    for one, other in zip(filled(people, times, holed, of=1).tracks, holed.tracks, strict=True):
        np.testing.assert_array_equal(one.rows, other.rows)


@pytest.mark.parametrize(("x", "frames"), [(520.0, SEEN), (305.0, (42, 57))])
def test_another_in_the_gap_is_nobody(x: float, frames: tuple[int, int]) -> None:
    """Who is too far away, or seen for so long that they may be somebody by themselves."""
    other = seen(lambda _: (x, 360.0), (0, frames[0]), (frames[1], 120))
    people, times, owners = people_on([seen(lost(), LOST), beside, other], [0, 0, 0], 4)
    holed = tracks_of(owners, without=range(0))
    for one, same in zip(filled(people, times, holed).tracks, holed.tracks, strict=True):
        np.testing.assert_array_equal(one.rows, same.rows)


def test_nobody_is_filled_across_a_cut() -> None:
    people, times, owners = people_on([lost(), beside], [0, 0], 4)
    holed = tracks_of(owners, without=range(LOST[0], 120))
    track = holed.tracks[0]
    its = [(int(track.frames[at]), int(track.people[at])) for at in (0, -1)]
    for cuts, is_filled in (((), True), ((LOST[0] + 2,), False)):
        found = with_gaps_filled(people, times, cuts, holed, [Answer(its[0], its[1], same=True)], width=1280.0)
        assert found.tracks[0].seen[slice(*SEEN)].any() == is_filled
