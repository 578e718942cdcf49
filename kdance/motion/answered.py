"""What answers make sure besides what was asked: short pieces in the gaps of tracks that are one person by them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from kdance.motion.answers import Answer, track_of
from kdance.motion.changes import split_changed
from kdance.motion.filling import Chain, fill_gaps
from kdance.motion.film_people import FilmPeople
from kdance.motion.joins import piece_of
from kdance.motion.likeness import learn_likeness
from kdance.motion.people import People
from kdance.motion.sightings import Sightings
from kdance.motion.tracklets import safe_tracklets
from kdance.motion.tracks import Tracks, is_founder
from kdance.pose import FloatArray


def with_gaps_filled(
    people: Sequence[People],
    times: FloatArray,
    cuts: Collection[int],
    tracks: Tracks,
    answers: Collection[Answer],
    *,
    width: float = np.inf,
) -> Tracks:
    """The tracks, those that answers joined with what is nobody's and surely belongs to them; their order stays.

    Pieces that could found a track stay nobody's: who is seen alone for so long may be somebody without a track.

    Args:
        people: For each frame.
        times: (T,) seconds, increasing.
        cuts: Indices of the frames that begin a new shot.
        tracks: After somebody has answered.
        answers: What was said.
        width: Of the pictures, pixels.
    """
    joined = {track_of(tracks, answer.before) for answer in answers if answer.same}
    if not joined:
        return tracks
    film = FilmPeople.of(people)
    sightings = Sightings.of(film, np.asarray(times, float), width)
    shots = np.searchsorted(np.array(sorted(cuts), int), sightings.frame, side="right")
    bodies = [film.body(track.frames, track.people) for track in tracks.tracks]
    taken = np.zeros(len(sightings), bool)
    chains, owners = list[Chain](), list[int]()
    for index, rows in enumerate(bodies):
        taken[rows] = True
        for shot in np.unique(shots[rows]).tolist():
            its = rows[shots[rows] == shot].tolist()
            chains.append(Chain(piece_of(sightings, its, shot), []))
            owners.append(index)
    pieces = split_changed(sightings, safe_tracklets(sightings, cuts))
    left = [
        piece_of(sightings, rows, int(shots[rows[0]]))
        for rows in pieces
        if not taken[rows].any() and not is_founder(sightings, rows)
    ]
    fill_gaps(sightings, chains, left, learn_likeness(sightings, bodies))
    its_rows: list[list[int]] = [[] for _ in bodies]
    for chain, owner in zip(chains, owners, strict=True):
        its_rows[owner] += chain.piece.rows
    filled = list(tracks.tracks)
    for index in joined:
        its = sorted(its_rows[index])
        frames, row = sightings.frame[its].astype(np.int32), sightings.row[its].astype(np.int32)
        filled[index] = replace(filled[index], frames=frames, people=row)
    return replace(tracks, tracks=tuple(filled))
