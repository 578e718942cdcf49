"""Everybody who dances in a video: found in each picture, followed through all of them, and told apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kdance.capture.crowd import CrowdFinder
from kdance.capture.member_pose import are_whole
from kdance.capture.memory import give_back
from kdance.capture.people_looks import PeopleLooks, Sight
from kdance.capture.picture_difference import Change, PictureDifference
from kdance.capture.segment_watcher import Watch
from kdance.capture.segments import watch
from kdance.capture.shared_people import PackedPeople, PeopleOnDisk, SharedPeople
from kdance.capture.video_file import VideoFile
from kdance.choices import Turn
from kdance.dance.dancer_tracks import KeptTracks
from kdance.motion.answered import with_gaps_filled
from kdance.motion.answers import Answer, Person, track_of, with_answers
from kdance.motion.cuts import find_cuts
from kdance.motion.leaps import with_leaps
from kdance.motion.people import IntArray, People
from kdance.motion.shots import Shot, across_shots, find_shots
from kdance.motion.stillness import never_moves
from kdance.motion.tracks import Track, Tracks, find_tracks
from kdance.pose import FloatArray, Frame

MOST_DANCERS: Final = 10
"""Of a crowd the largest are offered, no more: nobody finds a number among thirty."""

_BEFORE_S: Final = 0.45  # before a segment of the video, for the picture that its first one is compared with
_LEAST_SEEN: Final = 0.1  # share of the video for which a dancer to be offered is seen
_SHOWN_AT: Final = (0.15, 0.5, 0.85)  # shares of a track at which its dancer is shown

Progress = Callable[[int, float, float | None], None]


@dataclass(frozen=True, slots=True, eq=False)
class Dancer:
    """One of several.

    Attributes:
        track: Index of the track.
        share: Of the video for which they are seen, 0..1.
        off_centre: Mean distance from the middle of the picture, 0..1 of half its width.
        moments: Three frames that show them.
    """

    track: int
    share: float
    off_centre: float
    moments: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """Everybody in a part of a video.

    Attributes:
        people: For each frame.
        times: (T,) seconds from the first.
        cuts: Indices of the frames that begin a new shot.
        tracks: Who is who; through all shots where nobody can be in doubt.
        width_px: Of the picture; ``height_px`` likewise.
    """

    people: SharedPeople
    times: FloatArray
    cuts: tuple[int, ...]
    tracks: Tracks
    width_px: int
    height_px: int

    @property
    def whole(self) -> NDArray[np.bool_]:
        """(D,) whether each of all bodies is seen whole."""
        return are_whole(self.people.bodies.keypoints)

    @property
    def dancers(self) -> tuple[Dancer, ...]:
        """Who can be chosen, the longest seen first: of a crowd the largest, and nobody who never moves."""
        moving = sorted(self._lasting(still=False), key=lambda index: -self._height(self.tracks.tracks[index]))
        found = [self._dancer(index, self.tracks.tracks[index]) for index in sorted(moving[:MOST_DANCERS])]
        return tuple(sorted(found, key=lambda dancer: -dancer.share))

    @property
    def crowd(self) -> int:
        """How many there are who could be chosen, were they not too many."""
        return len(self._lasting(still=False))

    @property
    def stills(self) -> int:
        """How many are seen who never move, as on a poster."""
        return len(self._lasting(still=True))

    def _lasting(self, *, still: bool) -> list[int]:
        """Indices of the tracks that show a body for a while, of whom more than legs or a face is seen."""
        whole, least = self.whole, _LEAST_SEEN * len(self.people)
        return [
            index
            for index, track in enumerate(self.tracks.tracks)
            if len(track.frames) >= least
            and whole[self._bodies_of(track)].sum() >= least / 2
            and never_moves(self._of(track)[1], self._height(track)) == still
        ]

    def _of(self, track: Track) -> tuple[FloatArray, FloatArray]:
        """(T, 4) boxes and (T, 17, 3) points of a track in the frames in which it is seen."""
        bodies = self._bodies_of(track)
        return self.people.bodies.boxes[bodies], self.people.bodies.keypoints[bodies]

    def _bodies_of(self, track: Track) -> IntArray:
        """Indices of the bodies of a track."""
        return self.people.body(track.frames, track.people)

    def _height(self, track: Track) -> float:
        boxes = self._of(track)[0]
        return float(np.median(boxes[:, 3] - boxes[:, 1]))

    def answered(self, answers: Sequence[Answer]) -> Stage:
        """The stage after somebody has said which doubtful joins are of one person; the same one without an answer."""
        if not answers:
            return self
        joined = with_answers(self.tracks, answers)
        filled = with_gaps_filled(self.people, self.times, self.cuts, joined, answers, width=self.width_px)
        return replace(self, tracks=filled)

    def kept(self, answers: tuple[Answer, ...] = ()) -> KeptTracks:
        """What is kept of it beside a reference."""
        boxes, seconds = {}, {}
        for question in self.tracks.questions:
            for track, frame in ((question.before, question.last), (question.after, question.first)):
                row = self.tracks.tracks[track].row_in(frame)
                left, top, right, bottom = np.round(self.people[frame].boxes[row], 1).tolist()
                boxes[frame, row], seconds[frame] = (left, top, right, bottom), round(float(self.times[frame]), 3)
        dancers = {number: self.anchor(dancer) for number, dancer in enumerate(self.dancers, 1)}
        frame_s = float(self.times[-1] - self.times[0]) / max(len(self.times) - 1, 1) if len(self.times) else 0.0
        return KeptTracks(self.tracks, dancers, boxes, seconds, frame_s, answers)

    def anchor(self, dancer: Dancer) -> Person:
        """Where a dancer is seen first: their number may change with answers, this doesn't."""
        track = self.tracks.tracks[dancer.track]
        return int(track.frames[0]), int(track.people[0])

    def _dancer(self, index: int, track: Track) -> Dancer:
        seen = track.frames
        middles = self._of(track)[0][:, [0, 2]].mean(1)
        half = self.width_px / 2
        return Dancer(
            track=index,
            share=len(seen) / len(self.people),
            off_centre=float(np.abs(middles - half).mean() / half),
            moments=tuple(int(seen[int(share * (len(seen) - 1))]) for share in _SHOWN_AT),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """Whose dance a reference is to be.

    Attributes:
        number: Of the dancer as they were offered, from 1; ``None`` where one dances alone.
        of: How many there were.
        people: Everybody, for each frame; the colours of their clothes are no longer known.
        rows: (T,) which of them the dancer is, -1 where they aren't seen, or not as they could be learnt from.
        shots: The shots of the video, with what each shows of the dancer.
        kept: Who is who, to be kept beside the reference; ``None`` where one dances alone.
    """

    number: int | None
    of: int
    people: PeopleOnDisk
    rows: NDArray[np.integer[Any]]
    shots: tuple[Shot, ...]
    kept: KeptTracks | None = None

    @classmethod
    def on(cls, stage: Stage, number: int, answers: tuple[Answer, ...] = ()) -> Member:
        """One of the dancers of a stage, by their number before anything was answered."""
        dancers, answered = stage.dancers, stage.answered(answers)
        track = track_of(answered.tracks, stage.anchor(dancers[number - 1]))
        return replace(cls._of_track(answered, track, number, len(dancers)), kept=stage.kept(answers))

    @classmethod
    def beside_stills(cls, stage: Stage) -> Member:
        """The only one who moves, beside posters and the like."""
        return cls._of_track(stage, stage.dancers[0].track, None, 1)

    @classmethod
    def alone_on(cls, stage: Stage) -> Member:
        """Whoever is seen whole for longest, in a video in which one dances."""
        whole = stage.whole
        seen = [int(whole[stage._bodies_of(track)].sum()) for track in stage.tracks.tracks]
        return cls._of_track(stage, int(np.argmax(seen)) if seen else None, None, 1)

    @classmethod
    def _of_track(cls, stage: Stage, track: int | None, number: int | None, of: int) -> Member:
        rows = np.full(len(stage.people), -1) if track is None else stage.tracks.tracks[track].rows
        shots = find_shots(stage.people, stage.times, stage.cuts, rows, stage.whole, stage.height_px)
        for shot in shots:
            if shot.shows != "dancer":
                rows[shot.first : shot.end] = -1
        return cls(number, of, stage.people.on_disk, rows, shots)

    @property
    def cuts(self) -> tuple[int, ...]:
        """Indices of the frames that begin a new shot."""
        return tuple(shot.first for shot in self.shots[1:])

    def seen_in(self, frame: int) -> tuple[People, int] | None:
        """Everybody in a frame and which of them the dancer is; ``None`` behind the last frame that was watched."""
        return (self.people[frame], int(self.rows[frame])) if frame < len(self.people) else None


def interrupts(progress: Progress) -> bool:
    """Let ``progress``, which raises on Ctrl-C, end what has no frames to tell of yet; gives ``False`` otherwise."""
    progress(0, 0.0, None)
    return False


def watch_stage(
    video: Path,
    *,
    start: float,
    end: float | None,
    progress: Progress,
    mirrored: bool = False,
    rotate: Turn = 0,
    jobs: int = 1,
) -> Stage:
    """Find everybody in every picture of a part of a video, and follow them.

    Args:
        video: The file.
        start: Seconds from its first frame where the part begins.
        end: Seconds where it ends; ``None`` for the end of the video.
        progress: Told how far it is.
        mirrored: Whether the video shows the dance as in a mirror.
        rotate: Degrees by which its pictures are turned clockwise.
        jobs: Processes that share the work.

    Raises:
        VideoError: It can't be read.
    """
    with VideoFile(video, start=start, end=end, rotate=rotate, stopped=partial(interrupts, progress)) as source:

        def told(frames: int) -> None:
            progress(frames, (frames - 1) / source.fps, source.duration)

        what = Watch(
            source.copy or source.path,
            open_people_eyes,
            _packed,
            start,
            end,
            mirrored=mirrored,
            rotate=rotate,
            settle=_BEFORE_S,
        )
        watched = watch(what, jobs=jobs, duration=source.duration, told=told)
        width, height = source.width_px, source.height_px
    times, changes = np.array(watched.times), list[FloatArray]([np.zeros((0, 2))])
    people = SharedPeople.joined(_people_of(watched.parts, changes))
    del watched
    differences, likeness = np.concatenate(changes).T
    give_back()
    cuts = with_leaps(people, times, find_cuts(differences, times, likeness).tolist())
    tracks = find_tracks(people, times, cuts.tolist(), width=width)
    give_back()
    tracks = across_shots(people, times, cuts.tolist(), tracks, are_whole(people.bodies.keypoints))
    return Stage(people, times, tuple(cuts.tolist()), tracks, width, height)


@contextmanager
def open_people_eyes() -> Iterator[Callable[[Frame, int], tuple[Sight, Change]]]:
    """Gives the function that finds everybody in a frame, and how it differs from the frame before.

    Who is in the newest frames may be known only at the end.
    """
    looks, difference = PeopleLooks(CrowdFinder()), PictureDifference()

    def look(frame: Frame, _: int) -> tuple[Sight, Change]:
        change = difference.of(frame.image)
        return looks.see(frame, change), change

    yield look
    looks.finish()


def _packed(_: list[float], seen: list[tuple[Sight, Change]]) -> tuple[PackedPeople, FloatArray]:
    """The people of a segment, and (T, 2) how its pictures changed."""
    changes = np.array([change for _, change in seen], float).reshape(-1, 2)
    return PackedPeople.of([sight.known for sight, _ in seen]), changes


def _people_of(parts: Iterable[tuple[PackedPeople, FloatArray]], changes: list[FloatArray]) -> Iterator[PackedPeople]:
    """The people of each segment; how its pictures changed is put into a list."""
    for people, its in parts:
        changes.append(its)
        yield people


def most_central(dancers: tuple[Dancer, ...]) -> int:
    """Number of the dancer who stands in the middle most, of those who are seen nearly as long as the longest.

    >>> most_central((Dancer(0, 0.9, 0.6, ()), Dancer(1, 0.85, 0.1, ()), Dancer(2, 0.3, 0.0, ())))
    2
    """
    longest = max(dancer.share for dancer in dancers)
    central = min(
        (dancer.off_centre, number) for number, dancer in enumerate(dancers, 1) if dancer.share >= 0.7 * longest
    )
    return central[1]
