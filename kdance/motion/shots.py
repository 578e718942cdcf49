"""One person through several shots of a video, and what each shot shows of them. Pure maths.

Tracks end at cuts. Who is who on both sides of one only clothes can tell, unless one dancer alone is seen on both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kdance.motion.film_people import FilmPeople
from kdance.motion.likeness import Likeness, Look, learn_likeness, look_of
from kdance.motion.people import IntArray, People
from kdance.motion.questions import LEAST, Question, most_valuable, shares_of
from kdance.motion.same_film import same_film
from kdance.motion.sightings import Sightings
from kdance.motion.tracks import Track, Tracks, one_track
from kdance.pose import FloatArray

Shows = Literal["dancer", "angle", "part", "small", "other", "nobody"]
"""What a shot shows: the dancer, usable; the dancer from behind or from the side; a part of a body, such as legs or a
face; somebody too small; somebody else; nobody."""

LEAST_USABLE: Final = 0.3
"""Share of a shot's frames in which the dancer is seen whole, for it to be used."""

SMALLEST: Final = 0.1
"""Height of a dancer who can be followed, as a share of the picture's."""

_SURE: Final = 3.0  # evidence of clothes, and its margin, for one person on both sides of a cut
_OTHER: Final = -2.0  # evidence of clothes against one person, for a dancer who is alone on both sides
_MOVED: Final = 2.0  # evidence against one person of who stands two body heights away after a cut, or farther
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


@dataclass(slots=True, eq=False)
class _Person:
    """Tracks of different shots that are one person.

    Attributes:
        tracks: Their indices.
        shots: Those in which they are.
        rows: Of the sightings.
        look: How they are dressed.
    """

    tracks: list[int]
    shots: set[int]
    rows: IntArray
    look: Look


def across_shots(
    people: Sequence[People],
    times: FloatArray,
    cuts: Collection[int],
    tracks: Tracks,
    whole: NDArray[np.bool_],
) -> Tracks:
    """The tracks with those joined that are one person in several shots; without cuts they are as they were.

    Args:
        people: For each frame.
        times: (T,) seconds.
        cuts: Indices of the frames that begin a new shot.
        tracks: Who is who within the shots.
        whole: (D,) whether each of all bodies, frame after frame, is seen whole.
    """
    if not cuts:
        return tracks
    film = FilmPeople.of(people)
    sightings = Sightings.of(film, np.asarray(times, float))
    rows = [film.body(track.frames, track.people) for track in tracks.tracks]
    likeness = learn_likeness(sightings, rows)
    edges = [0, *sorted(cuts), len(film)]
    shown = [
        int(whole[its].sum()) / max(edges[track.shot + 1] - edges[track.shot], 1)
        for track, its in zip(tracks.tracks, rows, strict=True)
    ]
    alone = _alone(tracks.tracks, shown)
    usable = [share >= LEAST_USABLE for share in shown]  # legs are nobody
    copies: dict[int, list[int]] = {}  # of a track that repeats none: those that repeat it, and itself
    for index, copied in enumerate(same_film(sightings, rows, [edges[track.shot] for track in tracks.tracks])):
        copies.setdefault(copied if usable[copied] and usable[index] else index, []).append(index)
    persons, nobody = list[_Person](), list[list[int]]()
    for index, its in sorted(copies.items()):
        if not usable[index]:
            nobody.append(its)
            continue
        shots = {tracks.tracks[copy].shot for copy in its}
        new_rows = np.concatenate([rows[copy] for copy in its])
        new = _Person(its, shots, new_rows, look_of(sightings, new_rows))
        found = _same(new, persons, likeness, is_alone=all(alone[copy] for copy in its))
        if found is None:
            persons.append(new)
        else:
            found.tracks.extend(its)
            found.shots |= shots
            found.rows = np.concatenate([found.rows, new_rows])
            found.look = look_of(sightings, found.rows)
    asked = (*tracks.questions, *_across(sightings, tracks.tracks, rows, persons, likeness))
    return _merged(replace(tracks, questions=asked), sorted([*nobody, *(person.tracks for person in persons)]))


def _same(new: _Person, persons: list[_Person], likeness: Likeness, *, is_alone: bool) -> _Person | None:
    """Who of the known somebody of other shots is; ``None`` where nobody can be sure."""
    others = [person for person in persons if not new.shots & person.shots]
    if not others:
        return None
    found = likeness.evidences([person.look for person in others], new.look)
    order = np.argsort(-found)
    best, margin = found[order[0]], found[order[0]] - (found[order[1]] if len(found) > 1 else 0.0)
    if min(best, margin) >= _SURE or (is_alone and len(found) == 1 and best > _OTHER):
        return others[int(order[0])]
    return None


def _across(
    sightings: Sightings, tracks: Sequence[Track], rows: list[IntArray], persons: list[_Person], likeness: Likeness
) -> list[Question]:
    """Whether somebody of one shot is somebody of the next one that shows dancers, where clothes don't forbid it."""
    in_shot: dict[int, list[tuple[_Person, int]]] = {}  # with the track there
    for person in persons:
        for track in person.tracks:
            in_shot.setdefault(tracks[track].shot, []).append((person, track))
    found = []
    for before, after in pairwise(sorted(in_shot)):
        pairs = [
            (mine, other, likeness.evidence(one.look, two.look))
            for one, mine in in_shot[before]
            for two, other in in_shot[after]
            if not one.shots & two.shots
        ]
        evidence = {}
        for mine, other, clothes in pairs:
            last, first = int(rows[mine][-1]), int(rows[other][0])
            moved = np.linalg.norm(sightings.place[first] - sightings.place[last]) / sightings.height[last]
            if clothes > _OTHER:
                evidence[mine, other] = clothes - min(float(moved), _MOVED)
        found += [
            Question(mine, other, int(tracks[mine].frames[-1]), int(tracks[other].frames[0]), share)
            for (mine, other), share in zip(evidence, shares_of(evidence).tolist(), strict=True)
            if share >= LEAST
        ]
    return found


def _alone(tracks: Sequence[Track], shown: list[float]) -> list[bool]:
    """Whether each track is the only one of its shot that shows a dancer for a while."""
    lasting = Counter(track.shot for track, share in zip(tracks, shown, strict=True) if share >= LEAST_USABLE)
    return [share >= _ALONE and lasting[track.shot] == 1 for track, share in zip(tracks, shown, strict=True)]


def _merged(tracks: Tracks, persons: list[list[int]]) -> Tracks:
    """The tracks of each person as one."""
    owner = {track: number for number, its in enumerate(persons) for track in its}
    merged = [one_track([tracks.tracks[index] for index in its]) for its in persons]
    order = sorted(range(len(merged)), key=lambda number: -len(merged[number].frames))
    place = {number: index for index, number in enumerate(order)}
    asked = [(owner[question.before], owner[question.after], question) for question in tracks.questions]
    # Who is seen together in one shot is two people in every other, too.
    apart = {(one, two) for one, two in {pair[:2] for pair in asked} if merged[one].meets(merged[two])}
    questions = most_valuable(
        (
            replace(question, before=place[before], after=place[after])
            for before, after, question in asked
            if before != after and (before, after) not in apart
        ),
        [len(merged[number].frames) for number in order],
    )
    confidences = tuple(
        tuple(value for index in persons[number] for value in tracks.confidences[index]) for number in order
    )
    return Tracks(tuple(merged[number] for number in order), questions, confidences)


def find_shots(
    people: Sequence[People],
    times: FloatArray,
    cuts: Collection[int],
    rows: NDArray[np.integer[Any]],
    whole: NDArray[np.bool_],
    height: float,
) -> tuple[Shot, ...]:
    """What each shot shows of a dancer.

    Args:
        people: For each frame.
        times: (T,) seconds.
        cuts: Indices of the frames that begin a new shot.
        rows: (T,) which of the people the dancer is, -1 where they aren't seen.
        whole: (D,) whether each of all bodies, frame after frame, is seen whole.
        height: Of the pictures, pixels.
    """
    edges = [0, *sorted(cuts), len(people)]
    film, seen = FilmPeople.of(people), np.flatnonzero(rows >= 0)
    bodies = film.body(seen, rows[seen])
    width, mine = np.full(len(film), np.nan), np.zeros(len(film), bool)
    width[seen], mine[seen] = _shoulders(film.bodies.keypoints[bodies]), whole[bodies]
    usual = float(np.nanmedian(width)) if np.isfinite(width).any() else np.nan
    tall = _heights(film.bodies)[bodies]
    shots = []
    for first, end in pairwise(edges):
        shows: Shows = "dancer"
        if np.mean(mine[first:end]) < LEAST_USABLE:
            shows = _instead(film[first:end], whole[film.starts[first] : film.starts[end]], height)
        elif np.median(tall[slice(*np.searchsorted(seen, [first, end]))]) < SMALLEST * height:
            shows = "small"
        elif len(edges) > 2 and _is_elsewhere(width[first:end], usual, float(times[end - 1] - times[first])):
            shows = "angle"
        shots.append(Shot(first, end, shows))
    return tuple(shots)


def _instead(film: FilmPeople, whole: NDArray[np.bool_], height: float) -> Shows:
    """What a shot shows that doesn't show the dancer whole."""
    frame, heights = np.repeat(np.arange(len(film)), film.counts), _heights(film.bodies)
    tallest, bodies = np.zeros((2, len(film)))
    np.maximum.at(tallest, frame, heights)
    if np.mean(tallest > 0) < LEAST_USABLE:
        return "nobody"
    np.maximum.at(bodies, frame[whole], heights[whole])
    if np.mean(bodies > 0) >= LEAST_USABLE:
        return "small" if np.median(bodies[bodies > 0]) < SMALLEST * height else "other"
    return "part"


def _heights(people: People) -> FloatArray:
    """(N,) pixels."""
    return np.asarray(people.boxes[:, 3] - people.boxes[:, 1], float)


def _shoulders(points: FloatArray) -> FloatArray:
    """(N,) width of the shoulders and hips over the height of the trunk: positive of who faces the camera; NaN unseen.

    Args:
        points: (N, 17, 3) of one person.
    """
    trunk = points[:, [5, 6, 11, 12]]
    tall = np.linalg.norm(trunk[:, :2, :2].mean(1) - trunk[:, 2:, :2].mean(1), axis=-1)
    wide = (trunk[:, 0, 0] - trunk[:, 1, 0] + trunk[:, 2, 0] - trunk[:, 3, 0]) / 2
    return np.where((trunk[..., 2] < _SEEN).any(-1), np.nan, wide / np.maximum(tall, 1.0))


def _is_elsewhere(width: FloatArray, usual: float, seconds: float) -> bool:
    """Whether a dancer who faces the camera elsewhere is seen from the side or from behind throughout a shot."""
    known = width[np.isfinite(width)]
    if usual < _FACING or seconds < _VIEWED_S or len(known) < len(width) / 2:
        return False
    return bool(np.mean(known < _FRONT) > 0.8)
