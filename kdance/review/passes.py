"""A take against its reference, with all of it known: which start, which mirror, which scores."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kdance.dance.dance import Dance
from kdance.motion.course import Course, RunArray, song_times, speeds
from kdance.motion.free_alignment import align_freely
from kdance.motion.pose_normalization import Body
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.scoring import IMAGE_FITS, TakeScore, fit, score_take
from kdance.motion.timing import Start, find_start
from kdance.pose import FloatArray
from kdance.review.options import TakeOptions

# A mirrored dance has to fit better by this much of the combined score before kdance believes it.
_MIRROR_MARGIN = 0.1
# From this combined score on somebody follows the reference.
_FOLLOWED = 0.3
# Deciding whether it is mirrored needs no more frames than this.
_MIRROR_FRAMES = 900


@dataclass(frozen=True, slots=True, eq=False)
class Pass:
    """A take, scored.

    Attributes:
        mirrored: Whether it was compared with the mirror image.
        start: Where the reference begins in it, real seconds.
        score: The scores; the frames' times in seconds of the take, lateness and lags in seconds of song time.
        course: Where the song was at each frame.
        rounds: (T,) number of the run, or of the round where a recording's dance starts again at its end.
        speed: (T,) of the music.
        tempo: Of the dancing, in free mode.
    """

    mirrored: bool
    start: Start
    score: TakeScore
    course: Course
    rounds: RunArray
    speed: FloatArray
    tempo: float | None = None


def final_pass(
    body: Body, times: FloatArray, dance: Dance, options: TakeOptions, course: Course | None
) -> tuple[Pass, bool]:
    """The pass that counts, and whether the other setting of the mirror fits better.

    Args:
        body: (T, B) bodies.
        times: (T,) seconds of the take.
        dance: The reference.
        options: What was asked for.
        course: Where the song was; ``None`` for a recording, whose clock are its own times.
    """
    if len(times) == 0:
        return _pass(body, times, dance, options, course, mirrored=options.mirror == "on"), False
    step = max(1, len(times) // _MIRROR_FRAMES)
    some, part = slice(None, None, step), None if course is None else course[::step]
    tried = {side: _pass(body[some], times[some], dance, options, part, mirrored=side) for side in (False, True)}
    fits = {side: fit(found.score) for side, found in tried.items()}
    better = fits[True] > max(fits[False] + _MIRROR_MARGIN, IMAGE_FITS)
    mirrored = better if options.mirror == "auto" else options.mirror == "on"
    other = better if not mirrored else fits[False] > fits[True] + _MIRROR_MARGIN
    best = tried[mirrored] if step == 1 else _pass(body, times, dance, options, course, mirrored=mirrored)
    return best, other


def _pass(
    body: Body, times: FloatArray, dance: Dance, options: TakeOptions, course: Course | None, *, mirrored: bool
) -> Pass:
    motion = dance.motion(mirrored=mirrored)
    if options.free:
        return _free_pass(body, times, dance, motion, options, mirrored=mirrored)
    if course is not None:
        start, song = Start(0.0, 1.0), song_times(course)
        rounds, speed = course.run, speeds(course, times)
    else:
        start, song = _start(body, times, motion, options), times * options.speed
        clock = dance.clock(times, start.seconds, loop=options.loop, speed=options.speed)
        course = Course.in_one_run(clock)
        passed = dance.clock(times, start.seconds, loop=False, speed=options.speed)
        rounds = np.floor(passed / dance.period).astype(np.int64) if options.loop else course.run
        speed = np.full(len(times), options.speed)
    score = score_take(
        body,
        song,
        motion,
        course.position,
        dance.chance(options.strictness),
        strictness=options.strictness,
        forgiven=options.forgiven * speed,
    )
    return Pass(mirrored, start, _in_real_time(score, times), course, rounds, speed)


def _start(body: Body, times: FloatArray, motion: ReferenceMotion, options: TakeOptions) -> Start:
    """Where the reference begins in a recording."""
    if options.offset is not None:
        return Start(options.offset, 1.0)
    if options.heard_start is not None:
        return Start(options.heard_start, 1.0)
    if not len(times):
        return Start(0.0, 0.0)
    found = find_start(body, times * options.speed, motion, strictness=options.strictness)
    return Start(found.seconds / options.speed, found.confidence)


def _free_pass(
    body: Body, times: FloatArray, dance: Dance, motion: ReferenceMotion, options: TakeOptions, *, mirrored: bool
) -> Pass:
    way = align_freely(body, times, motion)
    score = score_take(
        body,
        times,
        motion,
        way.position,
        dance.chance(options.strictness),
        strictness=options.strictness,
        progress=way.progress,
    )
    # Of another dance the way through this one has a tempo too, but it means nothing.
    tempo = way.tempo if _mean(score.frames.combined) >= _FOLLOWED else None
    course = Course.in_one_run(way.position)
    return Pass(mirrored, Start(0.0, 1.0), score, course, course.run, np.ones(len(times)), tempo)


def _in_real_time(score: TakeScore, times: FloatArray) -> TakeScore:
    return replace(score, frames=replace(score.frames, times=times))


def _mean(values: FloatArray) -> float:
    return float(np.nanmean(values)) if np.isfinite(values).any() else 0.0
