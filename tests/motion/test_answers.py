"""What an answer does to tracks: yes loses no frame, no joins nothing, silence changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

from kdance.motion.answers import Answer, doubts_about, track_of, with_answers
from kdance.motion.questions import Question
from kdance.motion.tracks import Track, Tracks


def rows(**where: int) -> np.ndarray:
    """(12,) a track that is on one row of ``a_b`` frames."""
    found = np.full(12, -1)
    for span, row in where.items():
        first, end = span[1:].split("_")
        found[int(first) : int(end)] = row
    return found


@pytest.fixture
def tracks() -> Tracks:
    """Who is seen throughout, and somebody in three pieces of whom nobody can be sure."""
    its = [rows(f0_12=1), rows(f8_12=0), rows(f0_3=0), rows(f4_6=0)]
    questions = (Question(3, 1, 5, 8, 0.8), Question(2, 3, 2, 4, 0.7), Question(2, 1, 2, 8, 0.6))
    return Tracks(tuple(Track.from_rows(row, 0) for row in its), questions, ((), (0.9,), (), ()))


FIRST, MIDDLE, LAST = (0, 0), (4, 0), (8, 0)
YES = [Answer((5, 0), (8, 0), True), Answer((2, 0), (4, 0), True)]


def test_yes_loses_no_frame_and_keeps_the_longest_first(tracks: Tracks) -> None:
    joined = with_answers(tracks, YES)
    assert [int(track.seen.sum()) for track in joined.tracks] == [12, 9]
    assert track_of(joined, FIRST) == track_of(joined, MIDDLE) == track_of(joined, LAST) == 1
    assert sum(track.seen.sum() for track in joined.tracks) == sum(track.seen.sum() for track in tracks.tracks)
    assert joined.questions == ()
    assert joined.confidences[1] == (1.0, 1.0, 0.9)


def test_the_order_of_answers_does_not_matter(tracks: Tracks) -> None:
    one, other = with_answers(tracks, YES), with_answers(tracks, YES[::-1])
    for first, second in zip(one.tracks, other.tracks, strict=True):
        assert np.array_equal(first.rows, second.rows)


def test_no_joins_nothing_and_is_not_asked_again(tracks: Tracks) -> None:
    told = with_answers(tracks, [replace_same(YES[0])])
    assert all(a is b for a, b in zip(told.tracks, tracks.tracks, strict=True))
    assert [question.confidence for question in told.questions] == [0.7, 0.6]


def test_what_was_said_to_be_two_people_does_not_become_one_by_way_of_a_third(tracks: Tracks) -> None:
    no = Answer((2, 0), (8, 0), False)
    told = with_answers(tracks, [no, YES[1]])
    assert told.questions == ()  # the middle is the first by now, and the last isn't
    for order in ([no, *YES], [*YES, no]):
        with pytest.raises(ValueError, match="two people"):
            with_answers(tracks, order)


def test_silence_changes_nothing(tracks: Tracks) -> None:
    assert with_answers(tracks, []) is tracks


def test_two_seen_together_cannot_be_one(tracks: Tracks) -> None:
    with pytest.raises(ValueError, match="seen together"):
        with_answers(tracks, [Answer((0, 1), (8, 0), True)])


@pytest.mark.parametrize("person", [(3, 0), (0, 7), (12, 0), (3, -1)])
def test_nobody_is_on_no_track(tracks: Tracks, person: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no track"):
        with_answers(tracks, [Answer(person, (8, 0), True)])


def test_what_gains_most_is_asked_first(tracks: Tracks) -> None:
    doubts = doubts_about(tracks, [2])
    assert [(doubt.other, doubt.gain) for doubt in doubts] == [(1, 4), (3, 2)]
    assert doubts[0].answer(same=True) == Answer((2, 0), (8, 0), True)
    assert doubts_about(tracks, [0]) == ()
    assert [doubt.track for doubt in doubts_about(tracks, [1])] == [1, 1]


def replace_same(answer: Answer) -> Answer:
    return answer._replace(same=not answer.same)
