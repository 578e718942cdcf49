"""Watching a part of a video with the pose network, shot by shot where it has cuts."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kdance.capture.memory import give_back
from kdance.capture.packets import count_packets
from kdance.capture.segment_watcher import Watch
from kdance.capture.segments import watch
from kdance.capture.transcode import transcode
from kdance.capture.video_file import Damage, VideoFile
from kdance.choices import Turn
from kdance.config import PoseSettings, expanded
from kdance.dance.all_eyes import Seen, open_all_eyes
from kdance.dance.stage import Member, Stage, interrupts, watch_stage
from kdance.errors import VideoError
from kdance.motion.cut_watch import CutWatch
from kdance.pose import FloatArray, Frame, PoseSequence, join_poses

Progress = Callable[[int, float, float | None], None]
"""Told the frames and the seconds of the video that are done, and of how many seconds, where known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoPart:
    """What to make a reference of.

    Attributes:
        video: The file.
        name: Of the reference; from the file's name by default.
        start: Seconds of the video where the dance begins.
        end: Seconds where it ends; ``None`` for the end of the video.
        bpm: Counts a minute of the song; found in the sound by default.
        first_beat: Second of the part at which a "1" falls; found in the sound by default.
        member: Whose dance it is to be, where several dance in it; whoever is seen by default.
        mirrored: Whether the video shows the dance as in a mirror, as many practice videos do.
        rotate: Degrees by which its pictures are turned clockwise to be upright.
    """

    video: Path
    name: str | None = None
    start: float = 0.0
    end: float | None = None
    bpm: float | None = None
    first_beat: float | None = None
    member: Member | None = None
    mirrored: bool = False
    rotate: Turn = 0


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """What was seen of a video; ``sequences`` holds what was seen of each member, until a reference is made of it."""

    path: Path
    sequences: list[PoseSequence]
    width_px: int
    height_px: int
    video: str
    warnings: tuple[str, ...]


def stage_of(part: VideoPart, progress: Progress, jobs: int) -> Stage:
    """Everybody in a part of a video; arguments and errors as of :func:`kdance.dance.stage.watch_stage`."""
    return watch_stage(
        expanded(part.video),
        start=part.start,
        end=part.end,
        mirrored=part.mirrored,
        rotate=part.rotate,
        progress=progress,
        jobs=jobs,
    )


def one_pass(progress: Progress, number: int, of: int) -> Progress:
    """Told of one of several times that a film is watched, tells how far all of them are, in seconds of the film.

    >>> one_pass(lambda *told: print(told), 2, 3)(120, 4.0, 10.0)
    (120, 4.666666666666667, 10.0)
    """

    def told(frames: int, done: float, total: float | None) -> None:
        progress(frames, done if total is None else ((number - 1) * total + done) / of, total)

    return told


def watch_video(
    parts: list[VideoPart], folder: Path, settings: PoseSettings, progress: Progress, jobs: int
) -> tuple[list[VideoPart], Film]:
    """Watch the video; one that turns out to be cut is watched again shot by shot."""
    film = _watch(parts, folder, settings, progress, jobs)
    if film is None:
        (part,) = parts
        parts = [replace(part, member=Member.alone_on(stage_of(part, one_pass(progress, 1, 2), jobs)))]
        film = _watch(parts, folder, settings, one_pass(progress, 2, 2), jobs)
    assert film is not None
    return parts, film


def _watch(parts: list[VideoPart], folder: Path, settings: PoseSettings, progress: Progress, jobs: int) -> Film | None:
    """Watch the video, and keep a copy of it that can be played; ``None`` where it has a cut that nobody knew of."""
    part, members = parts[0], [part.member for part in parts]
    eyes = _CutEyes(
        partial(open_all_eyes, settings.model, settings.min_confidence, hands=settings.hands, members=members)
    )
    stopped = partial(interrupts, progress)
    with VideoFile(part.video, start=part.start, end=part.end, rotate=part.rotate, stopped=stopped) as source:
        _require_first_beat(part, source.duration)

        def told(frames: int) -> None:
            if eyes.saw_cut:
                raise _CutSeen
            progress(frames, (frames - 1) / source.fps, source.duration)

        path, turned = source.copy or source.path, part.rotate
        what = Watch(path, eyes, _packed, part.start, part.end, mirrored=part.mirrored, rotate=turned)
        give_back()
        try:
            watched = watch(what, jobs=jobs, duration=source.duration, told=told)
        except _CutSeen:
            return None
        changes = list[FloatArray]([np.zeros((0, 2))])

        def poses() -> Iterator[tuple[PoseSequence, ...]]:
            for segment in watched.parts:
                changes.append(segment.changes)
                yield segment.poses

        sequences = join_poses(poses(), len(watched.times), len(parts))
        if part.member is None and _is_cut(watched.times, np.concatenate(changes)):
            return None
        kept = _keep_copy(source, part.video, folder)
        return Film(part.video, sequences, source.width_px, source.height_px, kept, watched.damage.sentences)


class _Packed(NamedTuple):
    """What was seen in one segment.

    Attributes:
        poses: Of each member.
        changes: (T, 2) of the picture, where cuts aren't known, else (0, 2); as :class:`Change`.
    """

    poses: tuple[PoseSequence, ...]
    changes: FloatArray


def _packed(times: list[float], seen: list[tuple[Seen, ...]]) -> _Packed:
    poses = tuple(
        PoseSequence.from_poses([pose for pose, _ in of_member], times) for of_member in zip(*seen, strict=True)
    )
    changes = [change for of_members in seen for _, change in of_members if change is not None]
    return _Packed(poses, np.array(changes, float).reshape(-1, 2))


class _CutSeen(Exception):  # noqa: N818 - no error: there is no use in going on
    """The video has a cut."""


@dataclass(slots=True, eq=False)
class _CutEyes:
    """Opens eyes that notice a cut in what they look at, where cuts aren't known.

    What other processes notice stays there: the one that began them is told at the end, with all they have seen.
    """

    open_eyes: Callable[[], AbstractContextManager[Callable[[Frame, int], tuple[Seen, ...]]]]
    saw_cut: bool = False

    @contextmanager
    def __call__(self) -> Iterator[Callable[[Frame, int], tuple[Seen, ...]]]:
        cuts = CutWatch()
        with self.open_eyes() as look:

            def noticing(frame: Frame, number: int) -> tuple[Seen, ...]:
                seen = look(frame, number)
                change = seen[0][1]
                self.saw_cut |= change is not None and cuts.saw(frame.time, *change)
                return seen

            yield noticing


def watchable(path: Path, home: Path, progress: Progress) -> tuple[Path, tuple[str, ...]]:
    """The film, or where its clock starts over one made of it that can be played and wound; and what to tell of it."""
    packets = count_packets(path) if path.is_file() else None
    copy = home / "video.mkv"
    if packets is not None and packets.restarts and transcode(path, copy, partial(interrupts, progress)):
        return copy, Damage(restarts=packets.restarts).sentences
    return path, ()


def _is_cut(times: list[float], changes: FloatArray) -> bool:
    """Whether a video has a cut."""
    cuts = CutWatch()
    return any(cuts.saw(time, *change) for time, change in zip(times, changes.tolist(), strict=True)) or cuts.ended()


def _keep_copy(source: VideoFile, path: Path, home: Path) -> str:
    """The name of the reference's video; one that only ffmpeg decodes is kept as ffmpeg made it anew."""
    if source.copy is None:
        return f"video{path.suffix.lower()}"
    kept = home / f"video{source.copy.suffix}"
    shutil.copyfile(source.copy, kept)
    return kept.name


def _require_first_beat(part: VideoPart, duration: float | None) -> None:
    if part.first_beat is not None and duration is not None and part.first_beat > duration:
        raise VideoError(
            f"{part.video} is only {duration:.1f} s long: no count falls at {part.first_beat:g} s.",
            "Check --first-beat.",
        )
