"""Who is who through a whole video, with the joins that nobody can be sure of as questions.

The whole video is known, so pieces that are safe (:mod:`kdance.motion.tracklets`) are joined to tracks with what comes
later as well as with what came before, the surest joins first: each makes a track's look and movement better known.
What stays doubtful is a question; unanswered it is a gap. A track never crosses a cut.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kdance.motion.changes import split_changed
from kdance.motion.joins import (
    LONGEST_GAP_S,
    MOST_ROWS,
    NEVER,
    Join,
    Piece,
    best_joins,
    between_evidence,
    end_of,
    hidden_evidence,
    join_evidence,
    path_evidence,
    piece_of,
)
from kdance.motion.likeness import Likeness, learn_likeness
from kdance.motion.people import People
from kdance.motion.sightings import Sightings
from kdance.motion.tracklets import safe_tracklets
from kdance.pose import FloatArray

SURE: Final = 3.0
"""Evidence, and margin before the next best explanation, from which a join is made."""

ASK: Final = 0.5
"""Margin from which a doubtful join is worth a question."""

_PIECE_S: Final = 0.35  # of being alone; other pieces don't found a track: they are put into its gaps
_TRACK_S: Final = 0.5  # a track shorter than this is nobody
_FILL_SURE: Final = 3.0
_NEAR_S: Final = 1.0  # of a gap's edge, for a short piece to be put into it


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One person through one shot.

    Attributes:
        rows: (T,) its row among the people of each frame of the video, -1 where it isn't seen.
        shot: Index of the shot.
    """

    rows: NDArray[np.integer[Any]]
    shot: int

    @property
    def seen(self) -> NDArray[np.bool_]:
        """(T,) whether it is seen."""
        return np.asarray(self.rows >= 0)


@dataclass(frozen=True, slots=True)
class Question:
    """Whether two tracks are one person.

    Attributes:
        before: Index of the track that ends.
        after: Index of the track that begins, perhaps in another shot.
        last: The last frame of the one.
        first: The first frame of the other.
        confidence: That they are one, 0..1.
    """

    before: int
    after: int
    last: int
    first: int
    confidence: float


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """Everybody in a video.

    Attributes:
        tracks: The longest first.
        questions: The surest first.
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
    founders = [rows for rows in pieces if _is_founder(sightings, rows)]
    fragments = [rows for rows in pieces if not _is_founder(sightings, rows)]
    likeness = learn_likeness(sightings, founders)
    edges = [0, *sorted(cuts), len(people)]
    spans = [(float(times[first]), float(times[max(end - 1, first)])) for first, end in pairwise(edges) if len(people)]
    chains = [_Chain(piece_of(sightings, rows, int(shots[sightings.frame[rows[0]]])), []) for rows in founders]
    left = [piece_of(sightings, rows, int(shots[sightings.frame[rows[0]]])) for rows in fragments]
    count = -1
    while len(left) + len(chains) != count:  # a piece put into a gap may make a join sure
        count = len(left) + len(chains)
        chains = _joined(sightings, chains, likeness, spans)
        left = _filled(sightings, chains, left, likeness)
    chains = [chain for chain in chains if _lasts(sightings, chain.piece.rows) >= _TRACK_S]
    chains.sort(key=lambda chain: -len(chain.piece.rows))
    tracks = tuple(_track(sightings, chain, len(people)) for chain in chains)
    questions = _questions(sightings, chains, likeness, spans)
    return Tracks(tracks, questions, tuple(tuple(chain.confidences) for chain in chains))


_Spans = list[tuple[float, float]]  # seconds at which each shot begins and ends


@dataclass(slots=True, eq=False)
class _Chain:
    piece: Piece
    confidences: list[float]


def _is_founder(sightings: Sightings, rows: list[int]) -> bool:
    return _lasts(sightings, rows) * float(sightings.alone[rows].mean()) >= _PIECE_S


def _lasts(sightings: Sightings, rows: list[int]) -> float:
    """Seconds, with the last frame's share."""
    seconds = float(sightings.time[rows[-1]] - sightings.time[rows[0]])
    return seconds * len(rows) / max(len(rows) - 1, 1)


def _joined(sightings: Sightings, chains: list[_Chain], likeness: Likeness, spans: _Spans) -> list[_Chain]:
    """Join what is sure, look again, until nothing more is."""
    while True:
        joins = best_joins(_evidence(chains, likeness, spans))
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
            joined.append(_Chain(piece_of(sightings, rows, chain.piece.shot), confidences))
        chains = joined


def _evidence(chains: list[_Chain], likeness: Likeness, spans: _Spans) -> FloatArray:
    """(N, N) for each chain to go on as each other."""
    found = np.full((len(chains), len(chains)), -np.inf)
    starts = np.array([chain.piece.first.time for chain in chains])
    shots = np.array([chain.piece.shot for chain in chains])
    for row, before in enumerate(chains):
        gaps = starts - before.piece.last.time
        possible = (gaps > 0) & (gaps <= LONGEST_GAP_S) & (shots == before.piece.shot)
        for column in np.flatnonzero(possible).tolist():
            found[row, column] = join_evidence(before.piece, chains[column].piece, likeness)
    possible = found > NEVER
    lonely = possible & (possible.sum(1, keepdims=True) == 1) & (possible.sum(0, keepdims=True) == 1)
    for row, column in np.argwhere(lonely).tolist():
        piece = chains[row].piece
        found[row, column] += hidden_evidence(piece, chains[column].piece, spans[piece.shot])
    return found


def _confidence(join: Join) -> float:
    return float(1 / (1 + np.exp(-min(join.evidence, join.margin))))


def _filled(sightings: Sightings, chains: list[_Chain], pieces: list[Piece], likeness: Likeness) -> list[Piece]:
    """Put short pieces into the gaps and at the ends of the tracks they surely belong to; gives those left over."""
    frames = [sightings.frame[chain.piece.rows] for chain in chains]
    rivals = _at_one_time(sightings, pieces)
    found = [
        [_fill_evidence(sightings, piece, chain, its, likeness) for chain, its in zip(chains, frames, strict=True)]
        for piece in pieces
    ]
    left, filled = set(range(len(pieces))), set[int]()
    margins = {row: _fill_margin(row, found, rivals, left) for row in left} if chains else {}
    while margins:
        best = max(margins, key=lambda row: margins[row])
        if margins[best] < _FILL_SURE:
            break
        column = _best(found[best])
        piece, chain = pieces[best], chains[column]
        rows = sorted([*chain.piece.rows, *piece.rows])
        begin, end = (end_of(sightings, rows, at_start=at_start) for at_start in (True, False))
        chains[column] = replace(chain, piece=replace(chain.piece, rows=rows, first=begin, last=end))
        frames[column] = sightings.frame[rows]
        filled.add(column)
        left.remove(best)
        del margins[best]
        # What was put in is somebody's end or beginning now, for the pieces near it; its rivals have one less.
        near = {row for row in left if _apart(pieces[row], piece) <= _NEAR_S}
        for row in near:
            found[row][column] = _fill_evidence(sightings, pieces[row], chains[column], frames[column], likeness)
        for row in near.union(*(rivals[row] for row in near), rivals[best]) & left:
            margins[row] = _fill_margin(row, found, rivals, left)
    for column in filled:
        piece = chains[column].piece
        chains[column] = replace(chains[column], piece=piece_of(sightings, piece.rows, piece.shot))
    return [pieces[row] for row in sorted(left)]


def _best(evidence: list[float]) -> int:
    return max(range(len(evidence)), key=lambda column: evidence[column])


def _fill_margin(row: int, found: list[list[float]], rivals: list[list[int]], left: set[int]) -> float:
    """By how much a piece is part of one track: the runner-up is another track, or another piece of the same moment."""
    column = _best(found[row])
    others = [value for index, value in enumerate(found[row]) if index != column]
    others += [found[other][column] for other in rivals[row] if other in left]
    return found[row][column] - max(0.0, *others)


def _at_one_time(sightings: Sightings, pieces: list[Piece]) -> list[list[int]]:
    """For each piece the others that share a frame with it, or lie around it."""
    first = np.array([sightings.frame[piece.rows[0]] for piece in pieces], int)
    last = np.array([sightings.frame[piece.rows[-1]] for piece in pieces], int)
    order = np.argsort(first, kind="stable")
    longest = int((last - first).max(initial=0))
    begin = np.searchsorted(first[order], first - longest)
    end = np.searchsorted(first[order], last, side="right")
    return [
        [other for other in order[begin[row] : end[row]].tolist() if other != row and last[other] >= first[row]]
        for row in range(len(pieces))
    ]


def _apart(one: Piece, other: Piece) -> float:
    """Seconds between two pieces; negative where they overlap."""
    return max(one.first.time - other.last.time, other.first.time - one.last.time)


def _fill_evidence(
    sightings: Sightings, piece: Piece, chain: _Chain, frames: NDArray[np.integer[Any]], likeness: Likeness
) -> float:
    """How much speaks for a short piece to be part of a track: the path from the part before and to the part after."""
    if piece.shot != chain.piece.shot:
        return -np.inf
    first, last = np.searchsorted(frames, sightings.frame[[piece.rows[0], piece.rows[-1]]]).tolist()
    if first != last or (first < len(frames) and frames[first] == sightings.frame[piece.rows[-1]]):
        return -np.inf  # they are seen together
    rows = chain.piece.rows
    has_before = first > 0 and piece.first.time - float(sightings.time[rows[first - 1]]) <= _NEAR_S
    has_after = first < len(rows) and float(sightings.time[rows[first]]) - piece.last.time <= _NEAR_S
    if not has_before and not has_after:
        return -np.inf
    before = end_of(sightings, rows[max(0, first - MOST_ROWS) : first], at_start=False) if has_before else None
    after = end_of(sightings, rows[first : first + MOST_ROWS], at_start=True) if has_after else None
    if before is not None and after is not None:
        path = between_evidence(before, piece, after)
    elif before is not None:
        path = path_evidence(before, piece.first)
    else:
        assert after is not None
        path = path_evidence(piece.last, after)
    return path + likeness.evidence(chain.piece.look, piece.look)


def _track(sightings: Sightings, chain: _Chain, frames: int) -> Track:
    rows = np.full(frames, -1)
    rows[sightings.frame[chain.piece.rows]] = sightings.row[chain.piece.rows]
    return Track(rows, chain.piece.shot)


def _questions(sightings: Sightings, chains: list[_Chain], likeness: Likeness, spans: _Spans) -> tuple[Question, ...]:
    """What is plausible and not sure."""
    found = [
        Question(
            join.before,
            join.after,
            int(sightings.frame[chains[join.before].piece.rows[-1]]),
            int(sightings.frame[chains[join.after].piece.rows[0]]),
            _confidence(join),
        )
        for join in best_joins(_evidence(chains, likeness, spans))
        if join.margin >= ASK
    ]
    return tuple(sorted(found, key=lambda question: -question.confidence))
