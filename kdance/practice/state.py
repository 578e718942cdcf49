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
from kdance.practice.transport import Song

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


@dataclass(frozen=True, slots=True)
class TakeState:
    """What is known of the take, after a frame.

    Attributes:
        scores: Of the newest frame.
        score: To show, 0..1; ``None`` while nothing can be said.
        time: Seconds of dancing at the newest frame; ``None`` before the first.
        position: Second of the song that the dancer is at, where they drive; ``None`` where the song does.
        observation: Of the last half second.
        tip: The coach's last word.
        phrase: Score of the phrase that has just ended, 0..1, and when that was seen, on the session's clock.
        section_scores: The last score of each section that was danced, by its index.
        mirrored: Whether the mirror image is danced, as it was said last; ``None`` as long as nobody knows.
        is_told_plain: Whether the dancer said that they don't dance the mirror image.
        notes: What is unusual about the take, the most important first.
    """

    scores: FrameScores | None = None
    score: float | None = None
    time: float | None = None
    position: float | None = None
    observation: Observation | None = None
    tip: Tip | None = None
    phrase: tuple[float, float] | None = None
    section_scores: Mapping[int, float] = field(default_factory=dict)
    mirrored: bool | None = None
    is_told_plain: bool = False
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class LiveState:
    """What is known while dancing, at one moment; made by the loop alone, anew for every picture.

    Attributes:
        song: Where the song is, as the transport has it.
        take: What is known of the dance.
        fps: Frames a second that are processed.
        is_light: Whether the lighter pose network took over.
        sound: Why nothing is heard; ``None`` where something is.
        toast: What a key, or how the loop went, has just changed.
    """

    song: Song = field(default_factory=Song)
    take: TakeState = field(default_factory=TakeState)
    fps: float = 0.0
    is_light: bool = False
    sound: Note | None = None
    toast: Toast | None = None


@dataclass(frozen=True, slots=True)
class SetupState:
    """What the set-up check has found by now.

    Attributes:
        setup: The checks, without flicker.
        share: How much of the time until the start is done, 0..1.
        seconds_left: Until it starts by itself, when it is going to.
        gesture_share: How much of the start gesture is done, 0..1.
        has_others: Whether others are in the picture, from whom the dancer is kept apart.
    """

    setup: Setup = field(default_factory=lambda: Setup(()))
    share: float = 0.0
    seconds_left: int = 0
    gesture_share: float = 0.0
    has_others: bool = False


def joint_errors(scores: FrameScores | None) -> dict[str, float]:
    """Signed degrees by joint name, of the joints that could be compared in a frame."""
    errors = [] if scores is None else zip(JOINT_NAMES, scores.errors[0], strict=True)
    return {name: float(error) for name, error in errors if np.isfinite(error)}
