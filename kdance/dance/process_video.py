"""Use case: a dance video becomes a reference."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np

from kdance.capture.memory import give_back
from kdance.capture.packets import count_packets
from kdance.capture.small_body import small_body
from kdance.capture.video_file import VideoFile
from kdance.choices import Strictness
from kdance.config import PoseSettings, expanded
from kdance.dance.dancer_tracks import save_tracks
from kdance.dance.quality import SeenBody, judge
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
    working_beside,
)
from kdance.dance.shots import shots_of, too_little
from kdance.dance.song_counts import Song, check_counts, find_song
from kdance.dance.watching import Film, Progress, VideoPart, watch_video, watchable
from kdance.errors import DanceReferenceError, KdanceError, VideoError
from kdance.motion.chance import calibrate_chances
from kdance.motion.hand_weight import hand_weights
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.sections import cut_sections, eight_count_sections
from kdance.motion.smoothing import smooth_reference
from kdance.pose import FloatArray, PoseSequence
from kdance.worker import Worker

__all__ = ["VideoPart", "check_part", "process_members", "process_video"]

SHORTEST_S = 2.0
# Less than this share of frames with a body is no dance video.
_FEWEST_BODIES = 0.1
FEWEST_OF_MEMBER = 0.2
"""Share of a video in which a member of a group has to be followed for her dance to be learnt."""
FEWEST_PER_SECOND = 2.5
"""Pictures a second from which a dance can be followed: half a second between two of them is a gap."""
_LISTEN_S = 0.1


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
    made = process_members([part], references, settings=settings, force=force, progress=progress, jobs=jobs)[0]
    if isinstance(made, VideoError):
        raise made
    return made


def process_members(
    parts: list[VideoPart],
    references: Path,
    *,
    settings: PoseSettings,
    force: bool,
    progress: Progress,
    jobs: int = 1,
) -> list[Reference | VideoError]:
    """Make a reference of each of several members of one video, which is decoded and listened to once.

    Args:
        parts: The same part of one video for each, with another member and name.
        references: The folder of all references.
        settings: Model, confidence, hands.
        force: Whether references of those names may be replaced.
        progress: Told how far it is.
        jobs: Processes that share the work.

    Returns:
        The reference of each, or why there is none: that costs the others nothing.

    Raises:
        DanceReferenceError: As of :func:`process_video`.
        VideoError: It is no video.
    """
    names = [check_part(part, references, force=force) for part in parts]
    path = expanded(parts[0].video)
    # The sound is listened to while the network watches; it is waited for, because it writes into the folder.
    with working_beside(references, names[0]) as folder, ExitStack() as stack:
        watched, warnings = watchable(path, folder, progress)
        parts = [replace(part, video=watched) for part in parts]
        listening = stack.enter_context(
            Worker("kdance-listen", lambda stop: _listen(parts[0], watched, folder, stop.is_set), join_timeout=None)
        )
        parts, film = watch_video(parts, folder, settings, progress, jobs)
        give_back()
        film = replace(film, path=path, warnings=warnings + film.warnings)
        song = _heard(listening, film.sequences[0].times, progress)
        made: list[Reference | VideoError] = []
        for name, part in zip(names, parts, strict=True):
            try:
                with making_reference(references, name) as home:
                    _fill(home, name, part, film, song, settings.model, folder)
                made.append(load_reference(references, name))
            except VideoError as error:
                made.append(error)
    return made


def _fill(home: Path, name: str, part: VideoPart, film: Film, song: Song, model: str, folder: Path) -> None:
    """Write all of a reference into its folder; takes what was seen of the next member out of the film."""
    raw = film.sequences.pop(0)
    _require_dance(part, film.path, raw)
    shots = shots_of(part.member, raw.times)
    seen = SeenBody.of(raw)
    sequence = smooth_reference(raw, () if part.member is None else part.member.cuts)
    del raw  # of two hours that are 200 MB
    give_back()
    motion = ReferenceMotion.from_sequence(sequence, [shot.start for shot in shots[1:]])
    give_back()
    sections = _sections(motion, song)
    of_hands = bool(hand_weights(sequence, motion).any())
    quality = judge(seen, sections, part.member, rotate=part.rotate, of_hands=of_hands)
    warnings = (*film.warnings, *quality.warnings, *song.warnings)
    info = ReferenceInfo(
        name=name,
        source=_source_name(film.path, home.parent),
        source_sha256=file_digest(film.path),
        video=film.video,
        sound=SOUND if song.has_sound else None,
        start=part.start,
        duration=float(sequence.times[-1]),
        frames=len(sequence),
        width_px=film.width_px,
        height_px=film.height_px,
        model=model,
        made_at=datetime.now().astimezone().isoformat(timespec="seconds"),
        chance=_chance(motion),
        counts=song.counts,
        sections=sections,
        mirrored=part.mirrored,
        rotate=part.rotate,
        shots=shots,
        dancer=None if part.member is None else part.member.number,
        dancers=None if part.member is None else part.member.of,
        quality=quality.model_copy(update={"warnings": warnings}),
    )
    save_reference(home, info, sequence)
    save_tracks(home, None if part.member is None else part.member.kept)
    if song.has_sound:
        shutil.copyfile(folder / SOUND, home / SOUND)
    kept = folder / info.video
    shutil.copyfile(kept if kept.is_file() else film.path, home / info.video)


def _heard(listening: Worker[Song], times: FloatArray, progress: Progress) -> Song:
    duration = float(times[-1]) if len(times) else 0.0
    while not listening.join(_LISTEN_S):
        progress(len(times), duration, duration)  # who is told may have had enough of waiting
    return listening.result


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


def _listen(part: VideoPart, path: Path, home: Path, stopped: Callable[[], bool]) -> Song:
    """Write the sound of the part, and find its counts."""
    with VideoFile(path, start=part.start, end=part.end, stopped=stopped) as source:
        duration, fps = source.duration, source.fps  # a browser's recording doesn't say how long it is
    packets = count_packets(path)
    if duration is not None and packets is not None and packets.hidden:  # the header counts what an edit list hides
        duration = min(duration, max(packets.shown / fps - part.start, 0.0))
    return find_song(path, home / SOUND, start=part.start, duration=duration, bpm=part.bpm, first=part.first_beat)


def _require_dance(part: VideoPart, video: Path, raw: PoseSequence) -> None:
    count = len(raw)
    # The last frame is shown as long as the others.
    duration = float(raw.times[-1]) * count / (count - 1) if count > 1 else 0.0
    if duration < SHORTEST_S - 1e-3:
        raise VideoError(
            f"{video} is too short: {duration:.2f} s of it can be used, a dance needs at least {SHORTEST_S:g} s.",
            "Choose a longer video, or check --start and --end.",
        )
    if (rate := 1 / float(np.median(np.diff(raw.times)))) < FEWEST_PER_SECOND:
        raise VideoError(
            f"{video} has {rate:.2g} pictures a second, too few to see a movement.",
            "Choose a video with 15 or more: 30 is usual.",
        )
    found = int(raw.measured.sum())
    if part.member is not None and found < FEWEST_OF_MEMBER * count:
        raise too_little(part.member, raw.times, found / count, video)
    if found < max(_FEWEST_BODIES * count, 10):
        raise _nobody_in(part, video)


def _nobody_in(part: VideoPart, video: Path) -> VideoError:
    """Why nobody was found: there is nobody, or they are too far away."""
    share = small_body(part.video, start=part.start, end=part.end, rotate=part.rotate)
    if share is None:
        return VideoError(f"Nobody can be seen in {video}.", "Choose a video that shows one dancer from head to feet.")
    return VideoError(
        f"The dancer in {video} is too far away to see the limbs: {round(100 * share)} % of the picture's height.",
        "Cut the video around the dancer, or choose one that shows them larger: half of the height or more.",
    )


def _chance(motion: ReferenceMotion) -> dict[Strictness, ChanceLevel]:
    floors = calibrate_chances(motion)
    return {level: ChanceLevel(pose=chance.pose, motion=chance.motion) for level, chance in floors.items()}


def _source_name(path: Path, references: Path) -> str:
    """The name of the video; of the copy that a reference keeps, the one that it was made of.

    Args:
        path: The video.
        references: The folder of all references.
    """
    home = path.resolve().parent
    if home.parent == references.resolve() and path.stem == "video":
        with suppress(DanceReferenceError):  # nobody knows what a damaged one was made of
            return load_reference(references, home.name).info.source
    return path.name


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
