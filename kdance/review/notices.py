"""What keeps the score from saying all: who or what was not seen, and which option would fit better."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from kdance.review.evidence import Evidence
from kdance.review.findings import PARTLY
from kdance.review.measurements import coverage_of
from kdance.review.pictures import are_few

HIDDEN: Final = 0.2
"""Share of the time from which a limb out of the picture is worth telling."""

SURE: Final = 0.5
"""Confidence from which the place where a reference begins in a recording is believed."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One of them, before any words.

    Attributes:
        name: ``nobody`` was seen; the dancer is ``too_far`` away; the picture is ``turned``; there are
            ``few_pictures``; a limb was ``hidden``; only a part of the dance was seen (``partly``); it is a
            ``wrong_dance``; nobody knows where it begins (``no_start``); no ``hands`` could be judged, or those of a
            dance of the hands were ``hands_not_counted`` or ``hands_not_asked`` for, or the reference has none
            (``reference_hands``); the other setting of the ``mirror`` fits better.
        part: The limb that was hidden ("left arm", "legs").
        half: Whether the reference shows no legs, so that nobody is asked for theirs.
        number: Degrees for ``--rotate``, or pictures a second.
        percent: Of the time in which it was; of a dance that was seen ``partly``, how much was seen; of the
            picture's height, how much a dancer fills who is too far away.
        mirror: The setting that fits better.
    """

    name: Literal[
        "nobody", "too_far", "turned", "few_pictures", "hidden", "partly", "wrong_dance", "no_start", "hands",
        "hands_not_counted", "hands_not_asked", "reference_hands", "mirror",
    ]  # fmt: skip
    part: str = ""
    percent: float = 0.0
    number: float = 0.0
    mirror: Literal["on", "off", ""] = ""
    half: bool = False


def notices_of(evidence: Evidence) -> tuple[Notice, ...]:
    """What the dancer should know of a take, in the order it is told."""
    pictures = evidence.pictures
    if pictures.body_share is not None:
        return (Notice("too_far", percent=100 * pictures.body_share),)
    if not evidence.measured.any():
        return (Notice("nobody", half="legs" in evidence.dance.not_shown),)
    if pictures.rotate is not None:
        return (Notice("turned", number=pictures.rotate),)
    notices = _hidden(evidence)
    if pictures.per_second is not None and are_few(pictures):
        notices.insert(0, Notice("few_pictures", number=pictures.per_second))
    if evidence.verdict == "danced" and (share := coverage_of(evidence)) < PARTLY:
        notices.append(Notice("partly", percent=100 * share))
    if evidence.verdict == "wrong_dance":
        notices.append(Notice("wrong_dance"))
    elif (
        not (evidence.options.free or evidence.offset_asked)
        and evidence.best.start.confidence < SURE
        and evidence.verdict != "few_pictures"
    ):
        notices.append(Notice("no_start"))
    notices += _hands(evidence)
    if evidence.mirroring_fits_better:
        notices.append(Notice("mirror", mirror="off" if evidence.best.mirrored else "on"))
    return tuple(notices)


def _hands(evidence: Evidence) -> list[Notice]:
    """Why no hands were judged, where they were asked for, or are the dance."""
    if evidence.hands is None:
        is_missed = evidence.dance.reference.info.quality.of_hands and evidence.verdict == "danced"
        return [Notice("hands_not_asked")] if is_missed else []
    if any(hand.score is not None for hand in evidence.hands.sides):
        return []
    if evidence.dance.reference.sequence.hands is None:
        return [Notice("reference_hands")]
    return [Notice("hands_not_counted" if evidence.hands.weight else "hands")]


def _hidden(evidence: Evidence) -> list[Notice]:
    observations = [row.observation for row in evidence.rows]
    scored = [observation for observation in observations if np.isfinite(observation.combined)]
    hidden = Counter(part for observation in scored for part in observation.unseen)
    return [
        Notice("hidden", part=part, percent=100 * count / len(scored))
        for part, count in hidden.items()
        if count > HIDDEN * len(scored)
    ]
