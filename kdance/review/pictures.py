"""What of the pictures themselves keeps a take from being judged: turned, too few, the dancer too small in them."""

from __future__ import annotations

from typing import Final, cast

import numpy as np

from kdance.choices import Turn
from kdance.dance.dance import Dance
from kdance.motion.course import Course
from kdance.motion.pose_normalization import normalize
from kdance.motion.scoring import fit
from kdance.motion.upright import rotation_needed, upright
from kdance.pose import PoseSequence
from kdance.review.options import TakeOptions
from kdance.review.passes import Pass, final_pass
from kdance.review.record import Pictures

FEWEST_PER_SECOND: Final = 4.0
"""Pictures a second below which limbs and lateness are told wrongly (3: an elbow that is right); from 2 on nothing is
scored, because half a second between two of them is a gap."""

HARDLY_SEEN: Final = 0.2
"""Share of the pictures with a body below which a dancer who is too small for the network was not seen."""

_SURE: Final = 0.1
"""By how much better the turned bodies must fit: what neither fits is another dance, whichever way it is held."""


def pictures_of(take: PoseSequence, dance: Dance, options: TakeOptions, plain: Pass, course: Course | None) -> Pictures:
    """The pictures of a take.

    Args:
        take: Every processed frame.
        dance: The reference.
        options: What was asked for.
        plain: How the take scores as it is.
        course: Where the song was; ``None`` for a recording, and where the dancer leads.
    """
    turn = _turned_by(take, dance, options, plain, course)
    gaps = np.diff(take.times)
    return Pictures(
        per_second=float(1 / np.median(gaps)) if len(gaps) else None,
        rotate=None if turn == 0 else cast(Turn, (options.rotate + turn) % 360),
        body_share=options.body_share if hardly_seen(take) else None,
    )


def hardly_seen(take: PoseSequence) -> bool:
    """Whether there is a body in so few of the pictures that it may be too small in the others."""
    return not len(take) or bool(take.measured.mean() < HARDLY_SEEN)


def are_few(pictures: Pictures) -> bool:
    """Whether there are too few to say all that a take has."""
    return pictures.per_second is not None and pictures.per_second < FEWEST_PER_SECOND


def _turned_by(take: PoseSequence, dance: Dance, options: TakeOptions, plain: Pass, course: Course | None) -> Turn:
    """Degrees by which the pictures are to be turned; 0 unless nearly all bodies lie so and fit better turned."""
    turn = rotation_needed(take.landmarks)
    if turn == 0 or rotation_needed(dance.reference.sequence.landmarks) == turn:
        return 0
    turned, _ = final_pass(normalize(upright(take, turn)), take.times, dance, options, course)
    return turn if fit(turned.score) > fit(plain.score) + _SURE else 0
