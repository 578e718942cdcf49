"""A finished take beside its reference, frame by frame: what a report's stills, a replay and a table are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from kdance.dance.dance import Dance
from kdance.motion.angle_calculator import body_angles, joint_errors
from kdance.motion.course import Course
from kdance.motion.pose_comparison import WEIGHTS
from kdance.motion.pose_normalization import Body, mirrored_sequence, normalize
from kdance.motion.reference_motion import ReferenceMotion
from kdance.motion.side_swaps import unswap_sides
from kdance.motion.viewpoint import estimate_yaw
from kdance.motion.warping import FARTHEST_S, warped_positions
from kdance.pose import JOINTS, FloatArray, PoseSequence
from kdance.review.options import TakeOptions
from kdance.review.record import SessionReport

NOBODY: Final = -1
"""In the place of a frame of the reference where there is none."""
_VIEWS: Final = 200  # frames from which the camera's side is estimated, as for the score


@dataclass(frozen=True, slots=True, eq=False)
class SideBySide:
    """A take of T frames with what the reference does at each.

    Attributes:
        take: The dancer, left and right straightened out.
        reference: The dance, mirrored where its mirror image was danced; ``None`` where it is gone.
        course: Where the song was at each frame; ``None`` where that is not known.
        position: (T,) seconds of the reference that each frame belongs to, NaN where none does.
        shown: (T,) the reference's frame there, :data:`NOBODY` where there is none.
        errors: (T, 8) signed degrees of the joints, as the score has them; NaN where not compared.
        user_angles: (T, 8) interior angles of the dancer's joints in degrees, NaN where not seen.
        reference_angles: (T, 8) those of the reference at the same moment.
    """

    take: PoseSequence
    reference: PoseSequence | None
    course: Course | None
    position: FloatArray
    shown: NDArray[np.intp]
    errors: FloatArray
    user_angles: FloatArray
    reference_angles: FloatArray

    def __len__(self) -> int:
        return len(self.take)

    @classmethod
    def alone(cls, take: PoseSequence, course: Course | None = None) -> Self:
        """A take whose reference is gone; where the song was may still be known."""
        count, unknown = len(take), np.full((len(take), len(JOINTS)), np.nan)
        take = unswap_sides(take)
        angles = body_angles(take.landmarks, take.world)
        shown = np.full(count, NOBODY, np.intp)
        return cls(take, None, course, np.full(count, np.nan), shown, unknown, angles, unknown)


def side_by_side(
    take: PoseSequence, course: Course | None, dance: Dance, report: SessionReport, options: TakeOptions
) -> SideBySide:
    """Lay a stored take beside its reference.

    Args:
        take: Every stored frame, (0, ...) arrays for none.
        course: Where the song was; ``None`` for a recording, whose clock are its own times.
        dance: The reference.
        report: Of the session: where the dance begins in it, how late it was, whether it was mirrored.
        options: What was asked for.
    """
    if not len(take):
        return SideBySide.alone(take)
    take = unswap_sides(take)
    body = normalize(take)
    motion = dance.motion(mirrored=report.mirrored)
    song = _course(take, course, dance, report, options)
    position = song.position if options.free else _warped(body, take.times, motion, song, dance, report)
    reference = mirrored_sequence(dance.reference.sequence) if report.mirrored else dance.reference.sequence
    shown = np.where(motion.is_on(position), _nearest(dance.times, position), NOBODY)
    there = shown != NOBODY
    view = _from_the_cameras_side(body, motion, position)
    errors, confidence = joint_errors(body, view.at(position), view.usual_length)
    unknown = np.full(errors.shape, np.nan)
    reference_angles = unknown.copy()
    reference_angles[there] = body_angles(reference.landmarks[shown[there]], reference.world[shown[there]])
    return SideBySide(
        take=take,
        reference=reference,
        course=song,
        position=np.where(there, position, np.nan),
        shown=shown,
        errors=np.where(_is_compared(report, position)[:, None] & there[:, None] & (confidence > 0), errors, np.nan),
        user_angles=body_angles(take.landmarks, take.world),
        reference_angles=reference_angles,
    )


def _is_compared(report: SessionReport, position: FloatArray) -> NDArray[np.bool_]:
    """(T,) whether a limb can be to blame: not where the dancer stood still or danced something else."""
    compared = np.full(len(position), report.verdict == "danced")
    for found in report.breaks:
        compared &= (position < found.start) | (position > found.end)
    return compared


def _course(
    take: PoseSequence, course: Course | None, dance: Dance, report: SessionReport, options: TakeOptions
) -> Course:
    """Where the song was at each frame; where the dancer drives, where they were by the half seconds of the report."""
    if options.free:
        known = [(row.timestamp, row.reference_time) for row in report.timeline if row.reference_time is not None]
        moments, places = zip(*known, strict=True) if known else ((0.0,), (-np.inf,))
        # A timeline tells where its half second ends, and it begins with the take.
        return Course.in_one_run(np.nan_to_num(np.interp(take.times, moments, places), neginf=-1e6))
    if course is not None:
        return course
    start = report.timing.start_offset_ms / 1000
    clock = dance.clock(take.times, start, loop=options.loop, speed=options.speed)
    passed = dance.clock(take.times, start, loop=False, speed=options.speed)
    return Course(
        clock, np.floor(passed / dance.period).astype(np.int64) if options.loop else np.zeros(len(clock), int)
    )


def _warped(
    body: Body, times: FloatArray, motion: ReferenceMotion, song: Course, dance: Dance, report: SessionReport
) -> FloatArray:
    """(T,) positions by the warping path; around the clock, or around a dancer who is far behind it."""
    late = (report.timing.offset_ms or 0.0) / 1000 * report.speed
    around = late if abs(late) > FARTHEST_S / 2 else 0.0
    return warped_positions(body, times, motion, Course(song.position - around, song.run), dance.sections)


def _from_the_cameras_side(body: Body, motion: ReferenceMotion, position: FloatArray) -> ReferenceMotion:
    step = max(1, len(position) // _VIEWS)
    yaw = estimate_yaw(body[::step], motion.at(position[::step]), WEIGHTS)
    return motion.seen_from(yaw) if yaw else motion


def _nearest(times: FloatArray, wanted: FloatArray) -> NDArray[np.intp]:
    """(N,) index of the one of (F,) increasing times that is nearest to each of (N,) moments."""
    return np.asarray(np.searchsorted((times[1:] + times[:-1]) / 2, wanted), np.intp)
