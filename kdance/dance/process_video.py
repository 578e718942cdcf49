"""Use case: a dance video becomes a reference."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import get_args

import numpy as np

from kdance.capture.packets import count_packets
from kdance.capture.picture_difference import Change
from kdance.capture.segments import Watch, watch
from kdance.capture.transcode import transcode
from kdance.capture.video_file import Damage, VideoFile
from kdance.choices import Strictness
from kdance.config import PoseSettings, expanded
from kdance.dance.dancer_eyes import open_eyes
from kdance.dance.dancer_tracks import save_tracks
from kdance.dance.quality import judge
from kdance.dance.references import (
    SOUND,
    ChanceLevel,
    Reference,
    ReferenceInfo,
    check_name,
    load_reference,
    making_reference,
    name_from,
    require_free,
    save_reference,
)
from kdance.dance.shots import shots_of, too_little
from kdance.dance.song_counts import Song, check_counts, find_song
from kdance.dance.stage import Member, watch_stage
from kdance.errors import KdanceError, VideoError
from kdance.motion.cut_watch import CutWatch
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.scoring import calibrate_chance
from kdance.motion.sections import cut_sections, eight_count_sections
from kdance.motion.smoothing import smooth_reference
from kdance.pose import Pose, PoseSequence
from kdance.worker import Worker

SHORTEST_S = 2.0
# Less than this share of frames with a body is no dance video.
_FEWEST_BODIES = 0.1
FEWEST_OF_MEMBER = 0.2
"""Share of a video in which a member of a group has to be followed for her dance to be learnt."""
_LISTEN_S = 0.1
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
    """

    video: Path
    name: str | None = None
    start: float = 0.0
    end: float | None = None
    bpm: float | None = None
    first_beat: float | None = None
    member: Member | None = None
    mirrored: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class _Extraction:
    sequence: PoseSequence
    width_px: int
    height_px: int
    video: str
    warnings: tuple[str, ...]


def process_video(
    part: VideoPart, references: Path, *, settings: PoseSettings, force: bool, progress: Progress, jobs: int = 1
) -> Reference:
    """Find the poses of a video and the beat of its song, judge them, and store them as a reference.

    Args:
        part: The video and what of it.
        references: The folder of all references; the new one appears in it only when it is complete.
        settings: Model, confidence, hands.
        force: Whether a reference of that name may be replaced.
        progress: Told how far it is.
        jobs: Processes that share the work; what comes out is the same.

    Raises:
        DanceReferenceError: The name is taken or can't be, the tempo can't be, or the folder can't be written.
        VideoError: It is no video, has nobody in it or is shorter than two seconds.
    """
    name, path = check_part(part, references, force=force), expanded(part.video)
    # The sound is listened to while the network watches; it is waited for, because it writes into the folder.
    with making_reference(references, name) as home, ExitStack() as stack:
        watched, warnings = _watchable(path, home)
        part = replace(part, video=watched)
        listening = stack.enter_context(
            Worker("kdance-listen", lambda _: _listen(part, watched, home), join_timeout=None)
        )
        part, extraction = _watched(part, watched, home, settings, progress, jobs)
        raw = extraction.sequence
        shots = shots_of(part.member, raw.times)
        sequence = smooth_reference(raw, () if part.member is None else part.member.cuts)
        motion = ReferenceMotion.from_sequence(sequence, [shot.start for shot in shots[1:]])
        song = _heard(listening, sequence, progress)
        sections = _sections(motion, song)
        quality = judge(raw, sections, part.member)
        warnings += (*extraction.warnings, *quality.warnings, *song.warnings)
        info = ReferenceInfo(
            name=name,
            source=path.name,
            source_sha256=file_digest(path),
            video=extraction.video,
            sound=SOUND if song.has_sound else None,
            start=part.start,
            duration=float(sequence.times[-1]),
            frames=len(sequence),
            width_px=extraction.width_px,
            height_px=extraction.height_px,
            model=settings.model,
            made_at=datetime.now().astimezone().isoformat(timespec="seconds"),
            chance={level: _chance(motion, level) for level in get_args(Strictness)},
            counts=song.counts,
            sections=sections,
            mirrored=part.mirrored,
            shots=shots,
            dancer=None if part.member is None else part.member.number,
            dancers=None if part.member is None else part.member.of,
            quality=quality.model_copy(update={"warnings": warnings}),
        )
        save_reference(home, info, sequence)
        save_tracks(home, None if part.member is None else part.member.kept)
        _copy_once(path, home / info.video)
    return load_reference(references, name)


def _heard(listening: Worker[Song], sequence: PoseSequence, progress: Progress) -> Song:
    duration = float(sequence.times[-1])
    while not listening.join(_LISTEN_S):
        progress(len(sequence), duration, duration)  # who is told may have had enough of waiting
    return listening.result


def _copy_once(path: Path, target: Path) -> None:
    if not target.is_file():
        shutil.copyfile(path, target)


def check_part(part: VideoPart, references: Path, *, force: bool) -> str:
    """The name that a reference of it has; what can be refused before the video is watched is refused here.

    Raises:
        DanceReferenceError: The name is taken or can't be, or the tempo can't be.
    """
    name = check_name(part.name if part.name is not None else name_from(part.video))
    require_free(references, name, force=force)
    check_counts(part.bpm, part.first_beat)
    return name


def _sections(motion: ReferenceMotion, song: Song) -> tuple[tuple[float, float], ...]:
    """The 8-counts of a song that is counted, else stretches between rests; seconds."""
    if song.counts is None:
        return tuple(cut_sections(motion))
    return tuple(eight_count_sections(song.counts.grid, motion.duration))


def _listen(part: VideoPart, path: Path, home: Path) -> Song:
    """Write the sound of the part, and find its counts."""
    with VideoFile(path, start=part.start, end=part.end) as source:
        duration, fps = source.duration, source.fps  # a browser's recording doesn't say how long it is
    packets = count_packets(path)
    if duration is not None and packets is not None and packets.hidden:  # the header counts what an edit list hides
        duration = min(duration, max(packets.shown / fps - part.start, 0.0))
    return find_song(path, home / SOUND, start=part.start, duration=duration, bpm=part.bpm, first=part.first_beat)


def _watched(
    part: VideoPart, path: Path, home: Path, settings: PoseSettings, progress: Progress, jobs: int
) -> tuple[VideoPart, _Extraction]:
    """Watch the video; one that turns out to be cut is watched again shot by shot."""
    extraction = _extract(part, path, home, settings, progress, jobs)
    if extraction is None:
        stage = watch_stage(
            part.video, start=part.start, end=part.end, mirrored=part.mirrored, progress=progress, jobs=jobs
        )
        part = replace(part, member=Member.alone_on(stage))
        extraction = _extract(part, path, home, settings, progress, jobs)
    assert extraction is not None
    return part, extraction


def _extract(
    part: VideoPart, path: Path, home: Path, settings: PoseSettings, progress: Progress, jobs: int
) -> _Extraction | None:
    """Watch the video, and keep a copy of it that can be played; ``None`` where it has a cut that nobody knew of."""
    eyes = partial(open_eyes, settings.model, settings.min_confidence, hands=settings.hands, member=part.member)
    with VideoFile(part.video, start=part.start, end=part.end) as source:
        _require_first_beat(part, source.duration)

        def told(frames: int) -> None:
            progress(frames, (frames - 1) / source.fps, source.duration)

        what = Watch(source.copy or source.path, eyes, part.start, part.end, mirrored=part.mirrored)
        watched = watch(what, jobs=jobs, duration=source.duration, told=told)
        poses = [pose for pose, _ in watched.seen]
        if part.member is None and _is_cut(watched.times, [change for _, change in watched.seen if change is not None]):
            return None
        _require_dance(part, watched.times, poses)
        return _Extraction(
            PoseSequence.from_poses(poses, watched.times),
            source.width_px,
            source.height_px,
            _keep_copy(source, path, home),
            watched.damage.sentences,
        )


def _watchable(path: Path, home: Path) -> tuple[Path, tuple[str, ...]]:
    """The film, or where its clock starts over one made of it that can be played and wound; and what to tell of it."""
    packets = count_packets(path) if path.is_file() else None
    copy = home / "video.mkv"
    if packets is not None and packets.restarts and transcode(path, copy):
        return copy, Damage(restarts=packets.restarts).sentences
    return path, ()


def _is_cut(times: list[float], changes: list[Change]) -> bool:
    """Whether a video has a cut."""
    cuts = CutWatch()
    return any(cuts.saw(time, *change) for time, change in zip(times, changes, strict=True)) or cuts.ended()


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


def _require_dance(part: VideoPart, times: list[float], poses: list[Pose | None]) -> None:
    video = part.video
    # The last frame is shown as long as the others.
    duration = times[-1] * len(times) / (len(times) - 1) if len(times) > 1 else 0.0
    if duration < SHORTEST_S - 1e-3:
        raise VideoError(
            f"{video} is too short: {duration:.2f} s of it can be used, a dance needs at least {SHORTEST_S:g} s.",
            "Choose a longer video, or check --start and --end.",
        )
    found = sum(pose is not None for pose in poses)
    if part.member is not None and found < FEWEST_OF_MEMBER * len(poses):
        raise too_little(part.member, np.array(times), found / len(poses), video)
    if found < max(_FEWEST_BODIES * len(poses), 10):
        raise VideoError(f"Nobody can be seen in {video}.", "Choose a video that shows one dancer from head to feet.")


def _chance(motion: ReferenceMotion, strictness: Strictness) -> ChanceLevel:
    chance = calibrate_chance(motion, strictness=strictness)
    return ChanceLevel(pose=chance.pose, motion=chance.motion)


def file_digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal.

    Raises:
        KdanceError: It can't be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise KdanceError(f"{path} can't be read: {error.strerror}.") from error
