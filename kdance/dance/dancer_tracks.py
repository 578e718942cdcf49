"""Who is who in a reference's video, kept beside it: the tracks, what is doubtful, and what was answered."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kdance.dance.references import writing
from kdance.errors import DanceReferenceError
from kdance.motion.answers import Answer, Doubt, Person, doubts_about, track_of, with_answers
from kdance.motion.questions import Question
from kdance.motion.tracks import Track, Tracks

TRACKS: Final = "tracks.yaml"
TRACK_ROWS: Final = "tracks.npy"
FORMAT_VERSION: Final = 2

Index = Annotated[int, Field(ge=0)]
_Person = tuple[Index, Index]
_Box = tuple[float, float, float, float]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Seen(_Record):
    """Somebody in a frame."""

    person: _Person
    second: float
    box: Annotated[_Box, Field(description="left, top, right, bottom, pixels")]


class _Question(_Record):
    tracks: tuple[Index, Index]
    before: _Seen
    after: _Seen
    confidence: Annotated[float, Field(ge=0, le=1)]


class _Answer(_Record):
    before: _Person
    after: _Person
    same: bool


class _SideCar(_Record):
    format_version: int = FORMAT_VERSION
    frame_s: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    dancers: dict[Annotated[int, Field(ge=1)], _Person]
    shots: list[Index]
    confidences: list[list[float]]
    questions: list[_Question]
    answers: list[_Answer]


@dataclass(frozen=True, slots=True)
class TrackLine:
    """What is known of one dancer's track.

    Attributes:
        number: As they were offered.
        seconds: For which they are seen.
        share: Of the video, 0..1.
        sure: Joins that nobody had to be asked about.
        answered: Joins that somebody made.
        doubtful: Places where it is still open who they were before, or are after: of several who may be, one is.
    """

    number: int
    seconds: float
    share: float
    sure: int
    answered: int
    doubtful: int


@dataclass(frozen=True, slots=True, eq=False)
class KeptTracks:
    """Who is who in a video, before anything was answered, and what was answered.

    Attributes:
        tracks: Everybody.
        dancers: Where each who was offered is seen first, by their numbers.
        boxes: (4,) pixels of everybody a question is about.
        seconds: Of the frames of the questions.
        frame_s: Seconds of a frame.
        answers: What was said.
    """

    tracks: Tracks
    dancers: dict[int, Person]
    boxes: dict[Person, _Box]
    seconds: dict[int, float]
    frame_s: float
    answers: tuple[Answer, ...] = ()

    def answered(self, answers: tuple[Answer, ...]) -> KeptTracks:
        """The same with all that was answered."""
        return replace(self, answers=answers)

    def doubts(self, number: int) -> tuple[Doubt, ...]:
        """What is still open about a dancer."""
        now = with_answers(self.tracks, self.answers)
        return doubts_about(now, [track_of(now, self.dancers[number])])

    @property
    def lines(self) -> tuple[TrackLine, ...]:
        """What is known of each dancer, by number; two who were said to be one are one, with the lower number."""
        now, lines = with_answers(self.tracks, self.answers), dict[int, TrackLine]()
        for number, person in sorted(self.dancers.items()):
            index = track_of(now, person)
            seen, joins = len(now.tracks[index].frames), len(now.confidences[index])
            made = sum(answer.same and track_of(now, answer.before) == index for answer in self.answers)
            line = TrackLine(number, round(seen * self.frame_s, 2), round(seen / now.tracks[index].of, 3),
                             joins - made, made, _open_ends(now, index))  # fmt: skip
            lines.setdefault(index, line)
        return tuple(lines.values())


def _open_ends(tracks: Tracks, index: int) -> int:
    """At how many ends of a track something may be asked."""
    asked = tracks.questions
    ends = {question.last for question in asked if question.before == index}
    return len(ends) + len({question.first for question in asked if question.after == index})


def save_tracks(home: Path, kept: KeptTracks | None) -> None:
    """Write the tracks into the folder of a reference that is being made; nothing where one dances alone."""
    if kept is None:
        return
    np.save(home / TRACK_ROWS, _owners(kept.tracks), allow_pickle=False)
    (home / TRACKS).write_text(_as_yaml(kept), encoding="utf-8")


def save_answers(folder: Path, name: str, kept: KeptTracks) -> None:
    """Keep what was answered about the reference ``folder/name``.

    Raises:
        DanceReferenceError: The folder can't be written, or the disk is full.
    """
    temporary = folder / name / f".{TRACKS}.{os.getpid()}"
    with writing(name, folder):
        try:
            temporary.write_text(_as_yaml(kept), encoding="utf-8")
            temporary.replace(folder / name / TRACKS)
        finally:
            temporary.unlink(missing_ok=True)


def load_tracks(home: Path) -> KeptTracks | None:
    """The tracks in the folder of a reference; ``None`` where one danced alone.

    Raises:
        DanceReferenceError: They are damaged.
    """
    if not (home / TRACKS).is_file():
        return None
    try:
        record = _SideCar.model_validate(yaml.safe_load((home / TRACKS).read_text(encoding="utf-8")))
        owners = np.load(home / TRACK_ROWS, allow_pickle=False)
        if record.format_version != FORMAT_VERSION or owners.dtype.kind != "i" or owners.ndim != 2:
            raise ValueError("another format")
        kept = _kept(record, owners)
        _ = kept.lines  # everybody who is named is there
    except (OSError, EOFError, ValueError, IndexError, RecursionError, yaml.YAMLError, ValidationError) as error:
        raise DanceReferenceError(
            f"The tracks of the reference '{home.name}' are damaged.",
            f"Make it again: kdance preprocess VIDEO --name '{home.name}' --force",
        ) from error
    return kept


def answers_before(folder: Path, names: Sequence[str], kept: KeptTracks) -> tuple[Answer, ...]:
    """What was answered about the same tracks when a reference of one of some names was made; most of what there is.

    Args:
        folder: Of all references.
        names: Theirs.
        kept: The tracks as they were found now.
    """
    found: tuple[Answer, ...] = ()
    for name in names:
        try:
            before = load_tracks(folder / name)
        except DanceReferenceError:  # it is about to be replaced, and what is damaged tells nothing
            continue
        if before is not None and _are_same(before.tracks, kept.tracks) and len(before.answers) > len(found):
            found = before.answers
    return found


def _are_same(first: Tracks, second: Tracks) -> bool:
    return len(first.tracks) == len(second.tracks) and all(
        one.of == other.of and np.array_equal(one.frames, other.frames) and np.array_equal(one.people, other.people)
        for one, other in zip(first.tracks, second.tracks, strict=True)
    )


def _owners(tracks: Tracks) -> NDArray[np.int32]:
    """(T, N) on which track each of the N people of a frame is, -1 on none: no more than there are people."""
    most = max((int(track.people.max(initial=-1)) for track in tracks.tracks), default=-1) + 1
    owners = np.full((max((track.of for track in tracks.tracks), default=0), most), -1, np.int32)
    for index, track in enumerate(tracks.tracks):
        owners[track.frames, track.people] = index
    return owners


def _tracks_of(owners: NDArray[np.integer[Any]], shots: list[int]) -> tuple[Track, ...]:
    """The tracks, given on which each of the people of a frame is."""
    frames, people = np.nonzero(owners >= 0)
    index = owners[frames, people]
    if len(index) and index.max() >= len(shots):
        raise ValueError("a track without a shot")
    order = np.argsort(index, kind="stable")
    ends = np.searchsorted(index[order], np.arange(len(shots) + 1))
    return tuple(
        Track(frames[its].astype(np.int32), people[its].astype(np.int32), len(owners), shot)
        for shot, (first, end) in zip(shots, pairwise(ends), strict=True)
        for its in (order[first:end],)
    )


def _kept(record: _SideCar, owners: NDArray[np.integer[Any]]) -> KeptTracks:
    asked = [seen for question in record.questions for seen in (question.before, question.after)]
    tracks = Tracks(
        _tracks_of(owners, record.shots),
        tuple(
            Question(*question.tracks, question.before.person[0], question.after.person[0], question.confidence)
            for question in record.questions
        ),
        tuple(tuple(found) for found in record.confidences),
    )
    for question in tracks.questions:
        if tracks.tracks[question.before].row_in(question.last) < 0:
            raise ValueError("nobody is where a question is")
    return KeptTracks(
        tracks,
        dict(record.dancers),
        {seen.person: seen.box for seen in asked},
        {seen.person[0]: seen.second for seen in asked},
        record.frame_s,
        tuple(Answer(answer.before, answer.after, answer.same) for answer in record.answers),
    )


def _as_yaml(kept: KeptTracks) -> str:
    def seen(track: int, frame: int) -> _Seen:
        person = frame, kept.tracks.tracks[track].row_in(frame)
        return _Seen(person=person, second=kept.seconds[frame], box=kept.boxes[person])

    record = _SideCar(
        frame_s=kept.frame_s,
        dancers=kept.dancers,
        shots=[track.shot for track in kept.tracks.tracks],
        confidences=[list(found) for found in kept.tracks.confidences],
        questions=[
            _Question(
                tracks=(question.before, question.after),
                before=seen(question.before, question.last),
                after=seen(question.after, question.first),
                confidence=question.confidence,
            )
            for question in kept.tracks.questions
        ],
        answers=[_Answer(before=answer.before, after=answer.after, same=answer.same) for answer in kept.answers],
    )
    return str(yaml.safe_dump(record.model_dump(mode="json"), sort_keys=False))
