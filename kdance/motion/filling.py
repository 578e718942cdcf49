"""Short pieces that are put into the gaps and at the ends of the tracks they surely belong to."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from typing import Final

from kdance.motion.intervals import Intervals
from kdance.motion.joins import MOST_ROWS, Piece, between_evidence, end_of, path_evidence, piece_of
from kdance.motion.likeness import Likeness
from kdance.motion.sightings import Sightings

_FILL_SURE: Final = 3.0
_NEAR_S: Final = 1.0  # of a gap's edge, for a short piece to be put into it
_STEP: Final = 10.0  # seconds, or frames


@dataclass(slots=True, eq=False)
class Chain:
    """Pieces that are one person, as one; with the confidences of the joins, in time."""

    piece: Piece
    confidences: list[float]


def fill_gaps(sightings: Sightings, chains: list[Chain], pieces: list[Piece], likeness: Likeness) -> list[Piece]:
    """Put short pieces into the tracks, the surest first; gives those left over."""
    near_pieces, near_chains = _in_time(pieces), _in_time([chain.piece for chain in chains])
    rivals = _at_one_time(sightings, pieces)
    found = [
        {column: _evidence(sightings, piece, chains[column], likeness) for column in near_chains.meeting(*_near(piece))}
        for piece in pieces
    ]
    left, filled = set(range(len(pieces))), set[int]()
    margins = [_margin(row, found, rivals, left) for row in range(len(pieces))]
    waiting = [(-margin, row) for row, margin in enumerate(margins) if margin >= _FILL_SURE]
    heapify(waiting)
    while waiting:
        negative, best = heappop(waiting)
        if best not in left or -negative != margins[best]:
            continue  # it has been put somewhere, or something near it has
        column = _best(found[best])
        piece, chain = pieces[best], chains[column]
        rows = chain.piece.rows
        at = bisect_left(rows, piece.rows[0])
        rows[at:at] = piece.rows
        begin, end = (end_of(sightings, rows, at_start=at_start) for at_start in (True, False))
        chains[column] = replace(chain, piece=replace(chain.piece, first=begin, last=end))
        filled.add(column)
        left.remove(best)
        # What was put in is somebody's end or beginning now, for the pieces near it; its rivals have one less.
        beside = {row for row in near_pieces.meeting(*_near(piece)) if row in left}
        for row in beside:
            found[row][column] = _evidence(sightings, pieces[row], chains[column], likeness)
        for row in beside.union(*(rivals[row] for row in beside), rivals[best]) & left:
            margins[row] = _margin(row, found, rivals, left)
            if margins[row] >= _FILL_SURE:
                heappush(waiting, (-margins[row], row))
    for column in filled:
        piece = chains[column].piece
        chains[column] = replace(chains[column], piece=piece_of(sightings, piece.rows, piece.shot))
    return [pieces[row] for row in sorted(left)]


def _in_time(pieces: Sequence[Piece]) -> Intervals:
    return Intervals([(piece.first.time, piece.last.time) for piece in pieces], _STEP)


def _near(piece: Piece) -> tuple[float, float]:
    """Seconds at which what is near a piece begins and ends."""
    return piece.first.time - _NEAR_S, piece.last.time + _NEAR_S


def _best(evidence: dict[int, float]) -> int:
    return max(evidence, key=lambda column: (evidence[column], -column))


def _margin(row: int, found: list[dict[int, float]], rivals: list[list[int]], left: set[int]) -> float:
    """By how much a piece is part of one track: the runner-up is another track, or another piece of the same moment."""
    if not found[row]:
        return -math.inf
    column = _best(found[row])
    others = [value for index, value in found[row].items() if index != column]
    others += [found[other].get(column, -math.inf) for other in rivals[row] if other in left]
    return found[row][column] - max([0.0, *others])


def _at_one_time(sightings: Sightings, pieces: list[Piece]) -> list[list[int]]:
    """For each piece the others that share a frame with it, or lie around it."""
    spans = [(int(sightings.frame[piece.rows[0]]), int(sightings.frame[piece.rows[-1]])) for piece in pieces]
    intervals = Intervals(spans, _STEP)
    return [[other for other in intervals.meeting(*span) if other != row] for row, span in enumerate(spans)]


def _evidence(sightings: Sightings, piece: Piece, chain: Chain, likeness: Likeness) -> float:
    """How much speaks for a short piece to be part of a track: the path from the part before and to the part after."""
    if piece.shot != chain.piece.shot:
        return -math.inf
    rows = chain.piece.rows
    begin, end = sightings.frame[[piece.rows[0], piece.rows[-1]]].tolist()
    first = bisect_left(rows, begin, key=lambda row: int(sightings.frame[row]))
    if first < len(rows) and sightings.frame[rows[first]] <= end:
        return -math.inf  # they are seen together
    has_before = first > 0 and piece.first.time - float(sightings.time[rows[first - 1]]) <= _NEAR_S
    has_after = first < len(rows) and float(sightings.time[rows[first]]) - piece.last.time <= _NEAR_S
    if not has_before and not has_after:
        return -math.inf
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
