"""One person through several shots of a video, and what each shot shows of them. Pure maths.

Tracks end at cuts. Who is who on both sides of one only clothes can tell, unless one dancer alone is seen on both.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kdance.motion.likeness import Likeness, learn_likeness, look_of
from kdance.motion.people import People
from kdance.motion.same_film import same_film
from kdance.motion.sightings import Sightings
from kdance.motion.tracks import Question, Track, Tracks
from kdance.pose import FloatArray

Shows = Literal["dancer", "angle", "part", "small", "other", "nobody"]
"""What a shot shows: the dancer, usable; the dancer from behind or from the side; a part of a body, such as legs or a
face; somebody too small; somebody else; nobody."""

LEAST_USABLE: Final = 0.3
"""Share of a shot's frames in which the dancer is seen whole, for it to be used."""

SMALLEST: Final = 0.1
"""Height of a dancer who can be followed, as a share of the picture's."""

_SURE: Final = 1.5  # evidence of clothes, and its margin, for one person on both sides of a cut
_OTHER: Final = -2.0  # evidence of clothes against one person, for a dancer who is alone on both sides
_ALONE: Final = 0.4  # share of a shot's frames in which a dancer is followed who is alone in it
_FRONT: Final = 0.25  # width of shoulders and hips over the trunk's height, signed: below it they face elsewhere
_FACING: Final = 0.4  # the same of a dancer who faces the camera in the rest of the video
_VIEWED_S: Final = 1.0  # a shorter shot may be a turn
_SEEN: Final = 0.25


class Shot(NamedTuple):
    """What lies between two cuts.

    Attributes:
        first: Its first frame.
        end: The frame after its last.
        shows: What can be seen in it.
    """

    first: int
    end: int
    shows: Shows


@dataclass(frozen=True, slots=True, eq=False)
class _Person:
    """Tracks of different shots that are one person."""

    tracks: list[int]
    shots: set[int]
    rows: list[int]


def across_shots(
    people: Sequence[People],
    times: FloatArray,
    cuts: Collection[int],
    tracks: Tracks,
    whole: Sequence[NDArray[np.bool_]],
) -> Tracks:
    """The tracks with those joined that are one person in several shots; without cuts they are as they were.

    Args:
        people: For each frame.
        times: (T,) seconds.
        cuts: Indices of the frames that begin a new shot.
        tracks: Who is who within the shots.
        whole: For each frame, (N,) whether the body of each of the people is seen whole.
    """
    if not cuts:
        return tracks
    sightings = Sightings.of(people, np.asarray(times, float))
    starts = np.concatenate([[0], np.cumsum([len(found) for found in people])])
    rows = [[int(starts[f]) + int(track.rows[f]) for f in np.flatnonzero(track.seen)] for track in tracks.tracks]
    likeness = learn_likeness(sightings, rows)
    edges = [0, *sorted(cuts), len(people)]
    shown = [_shown(track, edges, whole) for track in tracks.tracks]
    alone = _alone(tracks.tracks, shown)
    usable = [share >= LEAST_USABLE for share in shown]  # legs are nobody
    copies = [
        copied if usable[copied] and usable[index] else index
        for index, copied in enumerate(same_film(sightings, rows, [edges[track.shot] for track in tracks.tracks]))
    ]
    persons: list[_Person] = []
    for index in range(len(tracks.tracks)):
        if copies[index] != index:
            continue
        those = [other for other, copied in enumerate(copies) if copied == index]
        new = _Person(
            those,
            {tracks.tracks[other].shot for other in those} if usable[index] else set(range(len(edges))),
            [row for other in those for row in rows[other]],
        )
        is_alone = all(alone[other] for other in those)
        found = _same(sightings, new, persons, likeness, is_alone=is_alone) if usable[index] else None
        if found is None:
            persons.append(new)
        else:
            found.tracks.extend(new.tracks)
            found.shots.update(new.shots)
            found.rows.extend(new.rows)
    return _merged(tracks, persons)


def _same(
    sightings: Sightings, new: _Person, persons: list[_Person], likeness: Likeness, *, is_alone: bool
) -> _Person | None:
    """Who of the known somebody of other shots is; ``None`` where nobody can be sure."""
    look = look_of(sightings, new.rows)
    found = sorted(
        ((likeness.evidence(look_of(sightings, person.rows), look), number)
         for number, person in enumerate(persons) if not new.shots & person.shots),
        reverse=True,
    )  # fmt: skip
    if not found:
        return None
    best, margin = found[0][0], found[0][0] - (found[1][0] if len(found) > 1 else 0.0)
    if min(best, margin) >= _SURE or (is_alone and len(found) == 1 and best > _OTHER):
        return persons[found[0][1]]
    return None


def _shown(track: Track, edges: list[int], whole: Sequence[NDArray[np.bool_]]) -> float:
    """Share of its shot for which a track shows a whole body."""
    frames = np.flatnonzero(track.seen).tolist()
    seen = sum(bool(whole[frame][track.rows[frame]]) for frame in frames)
    return seen / max(edges[track.shot + 1] - edges[track.shot], 1)


def _alone(tracks: Sequence[Track], shown: list[float]) -> list[bool]:
    """Whether each track is the only one of its shot that shows a dancer for a while."""
    lasting = [track.shot for track, share in zip(tracks, shown, strict=True) if share >= LEAST_USABLE]
    return [share >= _ALONE and lasting.count(track.shot) == 1 for track, share in zip(tracks, shown, strict=True)]


def _merged(tracks: Tracks, persons: list[_Person]) -> Tracks:
    owner = {track: number for number, person in enumerate(persons) for track in person.tracks}
    merged = [
        Track(
            np.max([tracks.tracks[index].rows for index in person.tracks], axis=0), tracks.tracks[person.tracks[0]].shot
        )
        for person in persons
    ]
    order = sorted(range(len(merged)), key=lambda number: -int(merged[number].seen.sum()))
    place = {number: index for index, number in enumerate(order)}
    questions = tuple(
        Question(place[owner[q.before]], place[owner[q.after]], q.last, q.first, q.confidence) for q in tracks.questions
    )
    confidences = tuple(
        tuple(value for index in persons[number].tracks for value in tracks.confidences[index]) for number in order
    )
    return Tracks(tuple(merged[number] for number in order), questions, confidences)


def find_shots(
    people: Sequence[People],
    times: FloatArray,
    cuts: Collection[int],
    rows: NDArray[np.integer[Any]],
    whole: Sequence[NDArray[np.bool_]],
    height: float,
) -> tuple[Shot, ...]:
    """What each shot shows of a dancer.

    Args:
        people: For each frame.
        times: (T,) seconds.
        cuts: Indices of the frames that begin a new shot.
        rows: (T,) which of the people the dancer is, -1 where they aren't seen.
        whole: For each frame, (N,) whether the body of each of the people is seen whole.
        height: Of the pictures, pixels.
    """
    edges = [0, *sorted(cuts), len(people)]
    width = np.array([_shoulders(found, row) for found, row in zip(people, rows, strict=True)])
    usual = float(np.nanmedian(width)) if np.isfinite(width).any() else np.nan
    shots = []
    for first, end in pairwise(edges):
        frames = range(first, end)
        mine = [int(rows[frame]) >= 0 and bool(whole[frame][rows[frame]]) for frame in frames]
        shows: Shows = "dancer"
        if np.mean(mine) < LEAST_USABLE:
            shows = _instead(people[first:end], whole[first:end], height)
        elif _median_height(people, rows, frames) < SMALLEST * height:
            shows = "small"
        elif len(edges) > 2 and _is_elsewhere(width[first:end], usual, float(times[end - 1] - times[first])):
            shows = "angle"
        shots.append(Shot(first, end, shows))
    return tuple(shots)


def _instead(people: Sequence[People], whole: Sequence[NDArray[np.bool_]], height: float) -> Shows:
    """What a shot shows that doesn't show the dancer whole."""
    tallest = [float((found.boxes[:, 3] - found.boxes[:, 1]).max(initial=0.0)) for found in people]
    if np.mean([size > 0 for size in tallest]) < LEAST_USABLE:
        return "nobody"
    bodies = [
        float((found.boxes[:, 3] - found.boxes[:, 1])[its].max(initial=0.0))
        for found, its in zip(people, whole, strict=True)
    ]
    if np.mean([size > 0 for size in bodies]) >= LEAST_USABLE:
        return "small" if np.median([size for size in bodies if size > 0]) < SMALLEST * height else "other"
    return "part"


def _median_height(people: Sequence[People], rows: NDArray[np.integer[Any]], frames: range) -> float:
    boxes = np.array([people[frame].boxes[rows[frame]] for frame in frames if rows[frame] >= 0])
    return float(np.median(boxes[:, 3] - boxes[:, 1]))


def _shoulders(people: People, row: int) -> float:
    """Width of the shoulders and hips over the height of the trunk: positive of who faces the camera; NaN unseen."""
    points = people.keypoints[row] if row >= 0 else np.zeros((17, 3))
    trunk = points[[5, 6, 11, 12]]
    if (trunk[:, 2] < _SEEN).any():
        return float("nan")
    tall = float(np.linalg.norm(trunk[:2, :2].mean(0) - trunk[2:, :2].mean(0)))
    return float((trunk[0, 0] - trunk[1, 0] + trunk[2, 0] - trunk[3, 0]) / 2 / max(tall, 1.0))


def _is_elsewhere(width: FloatArray, usual: float, seconds: float) -> bool:
    """Whether a dancer who faces the camera elsewhere is seen from the side or from behind throughout a shot."""
    known = width[np.isfinite(width)]
    if usual < _FACING or seconds < _VIEWED_S or len(known) < len(width) / 2:
        return False
    return bool(np.mean(known < _FRONT) > 0.8)
