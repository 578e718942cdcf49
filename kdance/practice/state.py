"""What is known at a moment of a session, before the music and in it, for a view to show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from kdance.coach.facts import Tip
from kdance.motion.scoring import FrameScores
from kdance.motion.setup_check import Setup
from kdance.motion.timeline import Observation
from kdance.pose import JOINT_NAMES
from kdance.practice.transport import Phase, Place

# What is unusual; each has its words in every language, under window.note.
Note = Literal[
    "ai_on", "ai_off", "mirrored", "not_saved", "not_recorded", "no_video", "light_model", "muted", "no_sound"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Toast:
    """What has just been done, not yet in a language.

    Attributes:
        name: Of its sentence, under ``window``, such as ``toast.speed``.
        values: What is put in.
    """

    name: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class LiveState:
    """What is known while dancing.

    Attributes:
        place: Where the song is.
        phase: What goes on.
        scores: Of the newest frame.
        score: To show, 0..1; ``None`` while nothing can be said.
        observation: Of the last half second.
        tip: The coach's last word.
        phrase: Score of the phrase that has just ended, 0..1, and when that was seen, on the monotonic clock.
        fps: Frames a second that are processed.
        speed: Song seconds a second.
        loop: A and B, seconds of the song; ``None`` where not set.
        looping: Whether it goes round.
        section_scores: The last score of each section that was danced, by its index.
        mirrored: Whether the mirror image is danced; ``None`` as long as nobody knows.
        is_told_plain: Whether the dancer said that they don't dance the mirror image.
        is_light: Whether the lighter pose network took over.
        sound: Why nothing is heard; ``None`` where something is.
        toast: What a key, or how the loop went, has just changed.
        notes: What is unusual, the most important first.
    """

    place: Place = field(default_factory=lambda: Place(0.0, 0, "ready"))
    phase: Phase = "ready"
    scores: FrameScores | None = None
    score: float | None = None
    observation: Observation | None = None
    tip: Tip | None = None
    phrase: tuple[float, float] | None = None
    fps: float = 0.0
    speed: float = 1.0
    loop: tuple[float | None, float | None] = (None, None)
    looping: bool = False
    section_scores: dict[int, float] = field(default_factory=dict)
    mirrored: bool | None = None
    is_told_plain: bool = False
    is_light: bool = False
    sound: Note | None = None
    toast: Toast | None = None
    notes: tuple[Note, ...] = ()


@dataclass(slots=True)
class SetupState:
    """What the set-up check has found by now.

    Attributes:
        setup: The checks, without flicker.
        share: How much of the time until the start is done, 0..1.
        seconds_left: Until it starts by itself, when it is going to.
        gesture_share: How much of the start gesture is done, 0..1.
    """

    setup: Setup = field(default_factory=lambda: Setup(()))
    share: float = 0.0
    seconds_left: int = 0
    gesture_share: float = 0.0


def joint_errors(scores: FrameScores | None) -> dict[str, float]:
    """Signed degrees by joint name, of the joints that could be compared in a frame."""
    errors = [] if scores is None else zip(JOINT_NAMES, scores.errors[0], strict=True)
    return {name: float(error) for name, error in errors if np.isfinite(error)}
