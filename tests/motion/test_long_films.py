"""Hours of film: a part at a time they are what they are at once, and work and memory grow as the film does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from kdance.motion import filling, sparse_assignment, tracks
from kdance.motion.film_people import FilmPeople
from kdance.motion.intervals import Intervals
from kdance.motion.people import People
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.sections import pose_speed
from kdance.motion.side_swaps import unswap_sides
from kdance.motion.sightings import Sightings
from kdance.motion.smoothing import smooth_reference
from kdance.motion.tracks import find_tracks
from kdance.pose import PoseSequence, join_poses
from tests.motion.people_factory import people_on
from tests.motion.test_side_swaps import swapped
from tests.motion_factory import make_sequence

SECONDS = 12.0


def sequence() -> PoseSequence:
    """A dance with a gap and with sides mixed up, more than once."""
    whole = swapped(make_sequence("dance", seconds=SECONDS), (2.0, 2.3), (7.0, 7.2))
    whole.landmarks[100:130] = whole.world[100:130] = np.nan
    return whole


def arrays(found: Any) -> list[np.ndarray]:
    if isinstance(found, ReferenceMotion):
        body = found.body
        return [body.picture, body.space, body.length, body.visibility]
    return [found.landmarks, found.world] if isinstance(found, PoseSequence) else [found]


@pytest.mark.parametrize(
    ("module", "make"),
    [
        ("pose_normalization", ReferenceMotion.from_sequence),
        ("reference_motion", ReferenceMotion.from_sequence),
        ("reference_motion", lambda it: ReferenceMotion.from_sequence(it, [1.0, 5.01, 5.5])),
        ("sections", lambda it: pose_speed(ReferenceMotion.from_sequence(it))),
        ("side_swaps", unswap_sides),
        ("side_swaps", lambda it: smooth_reference(it, [40, 200])),
    ],
)
def test_a_part_at_a_time_is_all_at_once(
    module: str, make: Callable[[PoseSequence], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = make(sequence())
    for most in (1, 7, 64):
        monkeypatch.setattr(f"kdance.motion.{module}._AT_ONCE", most)
        for one, other in zip(arrays(make(sequence())), arrays(at_once), strict=True):
            np.testing.assert_array_equal(one, other)


def test_smoothing_leaves_what_was_measured_as_it_was() -> None:
    measured = sequence()
    smooth_reference(measured, [40])
    np.testing.assert_array_equal(measured.landmarks, sequence().landmarks)


def reversed_(part: PoseSequence) -> PoseSequence:
    """Another body at the same times."""
    return PoseSequence(part.landmarks[::-1], part.world[::-1], part.times)


def test_poses_of_parts_joined_are_those_of_the_whole() -> None:
    whole = sequence()
    hands = np.full((len(whole), 2, 21, 3), np.nan, np.float32)
    hands[150:160] = 1.0
    edges = [0, 0, 90, 180, len(whole)]
    parts = [
        PoseSequence(part.landmarks, part.world, part.times, hands[first:end] if first == 90 else None)
        for first, end in pairwise(edges)
        for part in (whole[first:end],)
    ]
    joined, other = join_poses([(), *((part, reversed_(part)) for part in parts)], len(whole), 2)
    np.testing.assert_array_equal(joined.landmarks, whole.landmarks)
    np.testing.assert_array_equal(joined.world, whole.world)
    np.testing.assert_array_equal(joined.times, whole.times)
    np.testing.assert_array_equal(joined.hands, hands)
    np.testing.assert_array_equal(other.world[90:180], whole.world[179:89:-1])
    assert other.hands is None
    assert [len(nobody) for nobody in join_poses([], 0, 2)] == [0, 0]


@pytest.mark.parametrize("seed", range(20))
def test_intervals_are_found_as_by_looking_at_all(seed: int) -> None:
    random = np.random.default_rng(seed)
    begins, lengths = random.uniform(-50, 50, 40), random.exponential(8, 40)
    spans = list(zip(begins.tolist(), (begins + lengths).tolist(), strict=True))
    intervals = Intervals(spans, 10.0)
    for begin, end in [*spans[:10], (0.0, 0.0), (-99.0, 99.0), (200.0, 300.0)]:
        expected = [index for index, span in enumerate(spans) if span[0] <= end and span[1] >= begin]
        assert intervals.meeting(begin, end) == expected


def crossing(seconds: float) -> tuple[list[People], np.ndarray]:
    """Two who meet again and again, in the same costume, and a third who comes and goes."""
    paths = [
        lambda t: (640 + 250 * np.sin(2 * t), 360.0),
        lambda t: (640 - 250 * np.sin(2 * t), 365.0),
        lambda t: (1100.0, 360.0) if t % 4 < 3 else None,
    ]
    people, times, _ = people_on(paths, [1, 1, 4], seconds)
    return people, times


def test_tracks_of_a_longer_film_take_no_more_for_each_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, not timed: comparisons of pieces, steps of searches, and bytes that are held."""
    compared = Counter[str]()

    def counted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*arguments: Any, **named: Any) -> Any:
            compared[name] += 1
            return function(*arguments, **named)

        return counting

    for module, name in ((tracks, "join_evidence"), (filling, "_evidence"), (sparse_assignment, "heappop")):
        monkeypatch.setattr(module, name, counted(name, getattr(module, name)))
    monkeypatch.setattr(tracks, "LONGEST_GAP_S", 2.0)
    figures = []
    for seconds in (12.0, 36.0):  # both long beside the longest gap
        compared.clear()
        people, times = crossing(seconds)
        found = find_tracks(people, times, width=1280)
        held = sum(track.frames.nbytes + track.people.nbytes for track in found.tracks)
        figures.append((*(compared[name] for name in ("join_evidence", "_evidence", "heappop")), held))
    assert min(figures[0]) > 20
    for short, long in zip(*figures, strict=True):
        assert long <= 3 * 1.4 * short


def test_what_is_known_of_a_body_takes_few_bytes() -> None:
    """352 as it was found, a quarter more while tracks are looked for, 8 on its track."""
    people, times = crossing(8.0)
    film = FilmPeople.of(
        [People(one.boxes, one.keypoints, one.scores, one.colours.astype(np.float16)) for one in people]
    )
    bodies, sightings = film.bodies, Sightings.of(film, times)
    own = {"points", "colours"}
    assert all(np.shares_memory(getattr(sightings, name), getattr(bodies, of))
               for name, of in (("points", "keypoints"), ("colours", "colours")))  # fmt: skip
    arrays = [bodies.boxes, bodies.keypoints, bodies.scores, bodies.colours]
    assert sum(array.nbytes for array in arrays) == 352 * len(bodies)
    more = [getattr(sightings, name) for name in sightings.__slots__ if name not in own]
    assert sum(array.nbytes for array in more) <= 90 * len(bodies)
    found = find_tracks(film, times)
    assert sum(track.frames.nbytes + track.people.nbytes for track in found.tracks) <= 8 * len(bodies)
