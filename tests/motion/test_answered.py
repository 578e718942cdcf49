"""What answers make sure besides what was asked."""

from __future__ import annotations

import numpy as np

from kdance.motion.answered import with_gaps_filled
from kdance.motion.tracks import Track, Tracks, find_tracks
from tests.motion.people_factory import people_on


def without(track: Track, first: int, end: int) -> Track:
    rows = track.rows
    rows[first:end] = -1
    return Track.from_rows(rows, track.shot)


def test_a_short_piece_between_two_that_are_one_by_an_answer_is_theirs() -> None:
    def lost(time: float) -> tuple[float, float] | None:
        return None if 1.3 < time < 1.5 or 1.75 < time < 2.0 else (300 + 9 * np.sin(4 * time), 360.0)

    people, times, owners = people_on([lost, lambda _: (700.0, 360.0)], [0, 0], 4)
    whole = find_tracks(people, times, width=1280.0)
    holed = Tracks(
        tuple(without(track, 39, 60) if not track.seen[42] else track for track in whole.tracks), (), whole.confidences
    )
    filled = with_gaps_filled(people, times, (), holed, width=1280.0)
    for track in filled.tracks:
        assert len({owners[frame][row] for frame, row in zip(track.frames, track.people, strict=True)}) == 1
        assert np.all(np.diff(track.frames) > 0)
    assert sum(len(track.frames) for track in filled.tracks) > sum(len(track.frames) for track in holed.tracks)


def test_without_gaps_nothing_changes() -> None:
    people, times, _ = people_on([lambda _: (300.0, 360.0), lambda _: (700.0, 360.0)], [0, 0], 3)
    tracks = find_tracks(people, times, width=1280.0)
    filled = with_gaps_filled(people, times, (), tracks, width=1280.0)
    for one, other in zip(tracks.tracks, filled.tracks, strict=True):
        np.testing.assert_array_equal(one.rows, other.rows)


def test_nobody_is_filled_across_a_cut() -> None:
    people, times, _ = people_on([lambda _: (300.0, 360.0), lambda _: (700.0, 360.0)], [0, 0], 4)
    tracks = find_tracks(people, times, (60,), width=1280.0)
    filled = with_gaps_filled(people, times, (60,), tracks, width=1280.0)
    assert all((track.frames < 60).all() or (track.frames >= 60).all() for track in filled.tracks)
