"""Who is who through a whole video, with the joins that nobody can be sure of as questions.

The whole video is known, so pieces that are safe (:mod:`kdance.motion.tracklets`) are joined to tracks with what comes
later as well as with what came before, the surest joins first: each makes a track's look and movement better known.
What stays doubtful is a question; unanswered it is a gap. A track never crosses a cut.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kdance.motion.census import Census
from kdance.motion.changes import split_changed
from kdance.motion.filling import Chain, fill_gaps
from kdance.motion.joins import LONGEST_GAP_S, NEVER, Join, best_joins, hidden_evidence, join_evidence, piece_of
from kdance.motion.likeness import Likeness, learn_likeness
from kdance.motion.people import IntArray, People
from kdance.motion.questions import Question, open_questions
from kdance.motion.sightings import Sightings
from kdance.motion.tracklets import safe_tracklets
from kdance.pose import FloatArray

SURE: Final = 3.0
"""Evidence, and margin before the next best explanation, from which a join is made."""

_PIECE_S: Final = 0.35  # of being alone; other pieces don't found a track: they are put into its gaps
_BESIDE_S: Final = 0.6  # of being beside somebody, likewise: who isn't known of would be taken for another
_TRACK_S: Final = 0.5  # a track shorter than this is nobody


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One person through one shot, or through several.

    Of a long film there are many tracks, so only where somebody is seen is held.

    Attributes:
        frames: (N,) those in which it is seen, rising.
        people: (N,) its row among the people of each of them.
        of: Frames of the video.
        shot: Index of the shot.
    """

    frames: IntArray
    people: IntArray
    of: int
    shot: int

    @classmethod
    def from_rows(cls, rows: IntArray, shot: int) -> Track:
        """The track of (T,) rows of each frame, -1 where it isn't seen.

        >>> track = Track.from_rows(np.array([-1, 3, 0]), 0)
        >>> track.frames.tolist(), track.people.tolist(), track.rows.tolist()
        ([1, 2], [3, 0], [-1, 3, 0])
        """
        frames = np.flatnonzero(rows >= 0)
        return cls(frames.astype(np.int32), rows[frames].astype(np.int32), len(rows), shot)

    @property
    def rows(self) -> IntArray:
        """(T,) its row among the people of each frame of the video, -1 where it isn't seen."""
        rows = np.full(self.of, -1)
        rows[self.frames] = self.people
        return rows

    @property
    def seen(self) -> NDArray[np.bool_]:
        """(T,) whether it is seen."""
        return np.asarray(self.rows >= 0)

    def row_in(self, frame: int) -> int:
        """Its row among the people of a frame; -1 where it isn't seen."""
        at = int(np.searchsorted(self.frames, frame))
        return int(self.people[at]) if at < len(self.frames) and self.frames[at] == frame else -1

    def meets(self, other: Track) -> bool:
        """Whether both are seen in one frame."""
        return len(np.intersect1d(self.frames, other.frames, assume_unique=True)) > 0


def one_track(tracks: Sequence[Track]) -> Track:
    """One person's tracks, no two of which are seen in one frame, as one; in the shot of the first."""
    frames = np.concatenate([track.frames for track in tracks])
    order = np.argsort(frames, kind="stable")
    people = np.concatenate([track.people for track in tracks])
    return Track(frames[order], people[order], tracks[0].of, tracks[0].shot)


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """Everybody in a video.

    Attributes:
        tracks: The longest first.
        questions: The most valuable first.
        confidences: For each track, of the joins it is made of, in time, 0..1.
    """

    tracks: tuple[Track, ...]
    questions: tuple[Question, ...]
    confidences: tuple[tuple[float, ...], ...]


def find_tracks(
    people: Sequence[People], times: FloatArray, cuts: Collection[int] = (), *, width: float = np.inf
) -> Tracks:
    """Follow everybody through a video.

    Args:
        people: For each frame.
        times: (T,) seconds, increasing.
        cuts: Indices of the frames that begin a new shot.
        width: Of the pictures, pixels: who is lost and found away from their sides was hidden. By default nobody knows.
    """
    sightings = Sightings.of(people, np.asarray(times, float), width)
    shots = np.searchsorted(np.array(sorted(cuts), int), np.arange(len(people)), side="right")
    pieces = split_changed(sightings, safe_tracklets(sightings, cuts))
    founders = [rows for rows in pieces if is_founder(sightings, rows)]
    fragments = [rows for rows in pieces if not is_founder(sightings, rows)]
    likeness = learn_likeness(sightings, founders)
    edges = [0, *sorted(cuts), len(people)]
    spans = [(float(times[first]), float(times[max(end - 1, first)])) for first, end in pairwise(edges) if len(people)]
    film = _Film(sightings, likeness, spans, Census(sightings, edges))
    chains = [Chain(piece_of(sightings, rows, int(shots[sightings.frame[rows[0]]])), []) for rows in founders]
    left = [piece_of(sightings, rows, int(shots[sightings.frame[rows[0]]])) for rows in fragments]
    count = -1
    while len(left) + len(chains) != count:  # a piece put into a gap may make a join sure
        count = len(left) + len(chains)
        chains = _joined(film, chains)
        left = fill_gaps(sightings, chains, left, likeness)
    chains = [chain for chain in chains if _lasts(sightings, chain.piece.rows) >= _TRACK_S]
    chains.sort(key=lambda chain: -len(chain.piece.rows))
    tracks = tuple(_track(sightings, chain, len(people)) for chain in chains)
    questions = open_questions(sightings, [chain.piece for chain in chains], _evidence(film, chains))
    return Tracks(tracks, questions, tuple(tuple(chain.confidences) for chain in chains))


@dataclass(frozen=True, slots=True, eq=False)
class _Film:
    """What is known of a film.

    Attributes:
        sightings: Everybody.
        likeness: What tells them apart.
        spans: Seconds at which each shot begins and ends.
        census: Who is missing when.
    """

    sightings: Sightings
    likeness: Likeness
    spans: list[tuple[float, float]]
    census: Census


def is_founder(sightings: Sightings, rows: list[int]) -> bool:
    """Whether a piece, as rows of the sightings, is seen well for long enough to be somebody by itself."""
    seconds = _lasts(sightings, rows)
    return max(seconds * float(sightings.alone[rows].mean()) / _PIECE_S, seconds / _BESIDE_S) >= 1


def _lasts(sightings: Sightings, rows: list[int]) -> float:
    """Seconds, with the last frame's share."""
    seconds = float(sightings.time[rows[-1]] - sightings.time[rows[0]])
    return seconds * len(rows) / max(len(rows) - 1, 1)


def _joined(film: _Film, chains: list[Chain]) -> list[Chain]:
    """Join what is sure, look again, until nothing more is."""
    while True:
        joins = best_joins(_evidence(film, chains))
        sure = {join.before: join for join in joins if min(join.evidence, join.margin) >= SURE}
        if not sure:
            return chains
        followers = {join.after for join in sure.values()}
        joined = []
        for index, chain in enumerate(chains):
            if index in followers:
                continue
            rows, confidences, here = list(chain.piece.rows), list(chain.confidences), index
            while here in sure:
                join = sure[here]
                here = join.after
                rows += chains[here].piece.rows
                confidences += [_confidence(join), *chains[here].confidences]
            joined.append(Chain(piece_of(film.sightings, rows, chain.piece.shot), confidences))
        chains = joined


def _evidence(film: _Film, chains: list[Chain]) -> dict[tuple[int, int], float]:
    """For each chain to go on as another, where anything speaks for it: those alone that begin soon after its end."""
    found: dict[tuple[int, int], float] = {}
    starts = np.array([chain.piece.first.time for chain in chains])
    order = np.argsort(starts, kind="stable")
    shots, sorted_starts = np.array([chain.piece.shot for chain in chains]), starts[order]
    for row, before in enumerate(chains):
        end = before.piece.last.time
        first, last = np.searchsorted(sorted_starts, [end, end + LONGEST_GAP_S + 1.0], side="right")
        for column in order[first:last][shots[order[first:last]] == before.piece.shot].tolist():
            after = chains[column].piece
            last, start = film.sightings.frame[[before.piece.rows[-1], after.rows[0]]].tolist()
            is_nobody_missing = film.census.is_nobody_missing(last, start)
            evidence = join_evidence(before.piece, after, film.likeness, is_nobody_missing=is_nobody_missing)
            if evidence > NEVER:
                found[row, column] = evidence
    of_row, of_column = Counter(row for row, _ in found), Counter(column for _, column in found)
    for row, column in found:
        if of_row[row] == of_column[column] == 1:
            piece = chains[row].piece
            found[row, column] += hidden_evidence(piece, chains[column].piece, film.spans[piece.shot])
    return found


def _confidence(join: Join) -> float:
    return float(1 / (1 + np.exp(-min(join.evidence, join.margin))))


def _track(sightings: Sightings, chain: Chain, frames: int) -> Track:
    rows = chain.piece.rows
    return Track(sightings.frame[rows].astype(np.int32), sightings.row[rows].astype(np.int32), frames, chain.piece.shot)
