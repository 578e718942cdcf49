"""What somebody who looked said of doubtful joins, and the tracks with that. Pure maths.

Who is meant is said by a frame and a row of its people, so an answer means the same when the tracks are found again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from kdance.motion.questions import Question
from kdance.motion.tracks import Tracks, one_track

Person = tuple[int, int]
"""A frame, and a row of its people."""


class Answer(NamedTuple):
    """Whether who was seen last is who is seen next.

    Attributes:
        before: Who is seen last, before the doubt.
        after: Who is seen first after it.
        same: Whether they are one person.
    """

    before: Person
    after: Person
    same: bool


@dataclass(frozen=True, slots=True)
class Doubt:
    """A question about somebody, as it is asked.

    Attributes:
        track: Index of the track of who is asked about.
        other: Index of the track that may be theirs too.
        before: Who is seen last, before the doubt.
        after: Who is seen first after it.
        gain: Frames that the other track is seen.
        confidence: That they are one, 0..1.
    """

    track: int
    other: int
    before: Person
    after: Person
    gain: int
    confidence: float

    @property
    def worth(self) -> float:
        """Frames that asking may be expected to gain."""
        return self.gain * self.confidence

    def answer(self, *, same: bool) -> Answer:
        """What was said to it."""
        return Answer(self.before, self.after, same)


def with_answers(tracks: Tracks, answers: Iterable[Answer]) -> Tracks:
    """The tracks after somebody has said who is one person and who isn't; without answers they are as they were.

    Raises:
        ValueError: Two tracks are seen in one frame, or were said to be two people: they can't be one. Or nobody is
            there of whom something was said.
    """
    answers = list(answers)
    for answer in answers:
        if answer.same:
            tracks = _joined(tracks, answer)
        for other in answers:
            if not other.same and track_of(tracks, other.before) == track_of(tracks, other.after):
                raise ValueError(f"{other.before} and {other.after} were said to be two people")
    if not answers:
        return tracks
    apart = [{track_of(tracks, answer.before), track_of(tracks, answer.after)} for answer in answers if not answer.same]
    left = tuple(question for question in tracks.questions if {question.before, question.after} not in apart)
    return replace(tracks, questions=left)


def doubts_about(tracks: Tracks, those: Collection[int]) -> tuple[Doubt, ...]:
    """What is still open about some tracks, what may be expected to gain most first.

    Args:
        tracks: Everybody.
        those: Indices of the tracks.
    """
    found = []
    for question in tracks.questions:
        before, after = question.before, question.after
        if before not in those and after not in those:
            continue
        seen = [len(tracks.tracks[index].frames) for index in (before, after)]
        is_before = before in those and (after not in those or seen[0] >= seen[1])
        found.append(
            Doubt(
                before if is_before else after,
                after if is_before else before,
                (question.last, tracks.tracks[before].row_in(question.last)),
                (question.first, tracks.tracks[after].row_in(question.first)),
                seen[1] if is_before else seen[0],
                question.confidence,
            )
        )
    return tuple(sorted(found, key=lambda doubt: -doubt.worth))


def track_of(tracks: Tracks, person: Person) -> int:
    """Index of the track of somebody.

    Raises:
        ValueError: They are on none.
    """
    frame, row = person
    for index, track in enumerate(tracks.tracks):
        if row >= 0 and track.row_in(frame) == row:
            return index
    raise ValueError(f"row {row} of frame {frame} is on no track")


def _joined(tracks: Tracks, answer: Answer) -> Tracks:
    """The tracks with two of them as one, the longest first as before."""
    first, second = track_of(tracks, answer.before), track_of(tracks, answer.after)
    if first == second:
        return tracks
    if tracks.tracks[first].meets(tracks.tracks[second]):
        raise ValueError(f"tracks {first} and {second} are seen together: they are two people")
    one = one_track([tracks.tracks[first], tracks.tracks[second]])
    made = (*tracks.confidences[first], 1.0, *tracks.confidences[second])
    kept = [index for index in range(len(tracks.tracks)) if index != second]
    every = [one if index == first else tracks.tracks[index] for index in kept]
    confidences = [made if index == first else tracks.confidences[index] for index in kept]
    order = sorted(range(len(every)), key=lambda index: -len(every[index].frames))
    place = {kept[index]: new for new, index in enumerate(order)}
    place[second] = place[first]
    renamed = [
        Question(place[asked.before], place[asked.after], asked.last, asked.first, asked.confidence)
        for asked in tracks.questions
    ]
    ordered = tuple(every[index] for index in order)
    left = tuple(
        asked for asked in renamed if not ordered[asked.before].meets(ordered[asked.after])
    )  # a question that was answered is about one track by now
    return Tracks(ordered, left, tuple(confidences[index] for index in order))
