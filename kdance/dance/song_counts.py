"""Use case: the counts of a song, found in its sound or told by a dancer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from kdance.audio.beats import ANALYSIS_RATE_HZ, find_beats
from kdance.audio.decode import decode_mono, extract_sound
from kdance.choices import FASTEST_BPM, SLOWEST_BPM
from kdance.dance.references import Counts, ReferenceInfo, load_reference, save_info
from kdance.errors import DanceReferenceError, VideoError
from kdance.motion.counts import CountGrid
from kdance.motion.sections import eight_count_sections

LISTENED_S = 600.0
"""Seconds in which the beat is looked for: longer than a song, and bounded for files of hours."""
NO_SOUND = "There is no sound in this video: you dance without music."
NO_BEAT = "No steady beat was found in the sound: tell it with kdance counts, --bpm and --first-beat."


@dataclass(frozen=True, slots=True)
class Song:
    """What is known of the song of a video.

    Attributes:
        has_sound: Whether its sound was written.
        counts: Its counts; ``None`` where nobody knows the beat.
        warnings: What a dancer can do something about.
    """

    has_sound: bool
    counts: Counts | None
    warnings: tuple[str, ...]


def find_song(
    video: Path, target: Path, *, start: float, duration: float | None, bpm: float | None, first: float | None
) -> Song:
    """Write the sound of a part of a video, and find its counts.

    A sound that can't be had is a warning: the dance can be learnt all the same.

    Args:
        video: The file.
        target: Where to write the sound.
        start: Seconds of the video where the part begins.
        duration: Seconds of the part; ``None`` for the rest of the sound.
        bpm: Counts a minute, where a dancer said so.
        first: Second of the part at which a "1" falls, where a dancer said so.
    """
    try:
        has_sound = extract_sound(video, target, start=start, duration=duration)
    except VideoError as error:
        return Song(False, _told_counts(bpm, first), (f"This reference has no sound. {error}",))
    if not has_sound:
        return Song(False, _told_counts(bpm, first), (NO_SOUND,))
    beats = find_beats(decode_mono(target, ANALYSIS_RATE_HZ, longest=LISTENED_S), ANALYSIS_RATE_HZ, bpm=bpm)
    if beats is None:
        counts = _told_counts(bpm, first)
        return Song(True, counts, () if counts is not None and first is not None else (NO_BEAT,))
    grid = beats.grid if first is None else CountGrid.with_one_at(first, beats.grid.seconds_per_count)
    given = bpm is not None or first is not None
    confidence = beats.one_confidence if first is None else 1.0
    return Song(True, _counts(grid, given=given, confidence=confidence), ())


def change_counts(folder: Path, name: str, *, bpm: float | None, first: float | None, shift: int) -> ReferenceInfo:
    """Change the counts of a stored reference, and cut its sections anew; its poses, video and sound stay.

    Args:
        folder: The folder of all references.
        name: Of the reference.
        bpm: Counts a minute; ``None`` leaves the tempo.
        first: A second of the reference at which a "1" falls; ``None`` leaves the "1" where it is.
        shift: Counts by which the "1" falls later then, or earlier where negative.

    Returns:
        The side-car as it is stored now; nothing is written where nothing was asked for.

    Raises:
        DanceReferenceError: There is no such reference, or it can't be written; no tempo is known and none given; or
            the tempo or the second can't be.
    """
    check_counts(bpm, first)
    info = load_reference(folder, name).info
    if first is not None and first > info.duration:
        raise DanceReferenceError(
            f"'{info.name}' is only {info.duration:.1f} s long: no count falls at {first:g} s.",
            "Give a second of the reference at which you count 1.",
        )
    if bpm is None and first is None and shift == 0:
        return info
    if info.counts is None and bpm is None:
        raise DanceReferenceError(
            f"The counts of '{info.name}' are not known, so they can't be changed.",
            f"Say how fast it is: kdance counts '{info.name}' --bpm 120 --first-beat 2.0",
        )
    period = 60 / bpm if bpm is not None else info.counts.seconds_per_count if info.counts is not None else 0.5
    known = info.counts.first if info.counts is not None else 0.0
    grid = CountGrid.with_one_at(known if first is None else first, period).shifted(shift)
    looked_at = first is not None or shift != 0
    confidence = 1.0 if looked_at else info.counts.confidence if info.counts is not None else 0.0
    changed = info.model_copy(
        update={
            "counts": _counts(grid, given=True, confidence=confidence),
            "sections": tuple(eight_count_sections(grid, info.duration)),
        }
    )
    save_info(folder, changed)
    return changed


def check_counts(bpm: float | None, first: float | None) -> None:
    """Refuse a tempo nobody dances to, and a second that is none.

    Raises:
        DanceReferenceError: ``bpm`` is outside of 40 to 240, or ``first`` is not a number.
    """
    if bpm is not None and not SLOWEST_BPM <= bpm <= FASTEST_BPM:  # NaN too
        raise DanceReferenceError(
            f"{bpm:g} counts a minute can't be danced.", f"Give --bpm from {SLOWEST_BPM:g} to {FASTEST_BPM:g}."
        )
    if first is not None and not math.isfinite(first):
        raise DanceReferenceError(f'A "1" can\'t fall at second {first:g}.', "Give a second of the reference.")


def _told_counts(bpm: float | None, first: float | None) -> Counts | None:
    """Counts as a dancer told them, for a sound that says nothing; without ``first`` the dance begins with a "1"."""
    if bpm is None:
        return None
    grid = CountGrid.with_one_at(first or 0.0, 60 / bpm)
    return _counts(grid, given=True, confidence=0.0 if first is None else 1.0)


def _counts(grid: CountGrid, *, given: bool, confidence: float) -> Counts:
    period = round(grid.seconds_per_count, 6)
    short = CountGrid.with_one_at(round(grid.first, 4), period)  # for people who read the file
    return Counts(seconds_per_count=period, first=short.first, given=given, confidence=round(confidence, 2))
