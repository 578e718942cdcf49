"""What is known at a moment of a session, for the window to show."""

from __future__ import annotations

from dataclasses import dataclass, field

from kdance.feedback.coach import Tip
from kdance.motion.scoring import FrameScores, Grade
from kdance.motion.timeline import Observation
from kdance.practice.transport import Phase, Place


@dataclass(slots=True)
class LiveState:
    """What is known while dancing.

    Attributes:
        place: Where the song is.
        phase: What goes on.
        scores: Of the newest frame.
        observation: Of the last half second.
        tip: The coach's last word.
        grade: Of the phrase that has just ended, and when that was seen, on the monotonic clock.
        fps: Frames a second that are processed.
        speed: Song seconds a second.
        loop: A and B, seconds of the song; ``None`` where not set.
        looping: Whether it goes round.
        section_scores: The last score of each section that was danced, by its index.
        mirrored: Whether the mirror image is danced; ``None`` as long as nobody knows.
        is_told_plain: Whether the dancer said that they don't dance the mirror image.
        is_light: Whether the lighter pose network took over.
        sound: Why nothing is heard ("muted"); ``None`` where something is.
        toast: What a key has just done.
        notes: Short words on what is unusual ("mirrored", "not being saved").
    """

    place: Place = field(default_factory=lambda: Place(0.0, 0, "ready"))
    phase: Phase = "ready"
    scores: FrameScores | None = None
    observation: Observation | None = None
    tip: Tip | None = None
    grade: tuple[Grade, float] | None = None
    fps: float = 0.0
    speed: float = 1.0
    loop: tuple[float | None, float | None] = (None, None)
    looping: bool = False
    section_scores: dict[int, float] = field(default_factory=dict)
    mirrored: bool | None = None
    is_told_plain: bool = False
    is_light: bool = False
    sound: str | None = None
    toast: str | None = None
    notes: tuple[str, ...] = ()
