"""What the dancer asked for, as far as the score depends on it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from kdance.choices import FASTEST, SLOWEST, Mirror, Strictness, Turn
from kdance.config import DEFAULTS
from kdance.motion.timing import CALIBRATED_S, FORGIVEN_S
from kdance.review.asked import Asked


class TakeOptions(BaseModel):
    """What the dancer asked for; stored with the session.

    Attributes:
        offset: Second of the take at which the reference begins; ``None`` to find it.
        heard_start: The same where the sound of a recording has told it, and ``offset`` is to be found.
        mirror: Whether left and right are swapped for the comparison.
        loop: Whether the reference starts again at its end.
        free: Whether the dancer drives; otherwise the clock does, from ``offset`` on.
        hands: Whether hands are looked for and compared, apart from the body.
        strictness: How fast an error costs points.
        error_band: Degrees of error that need no word.
        cue_interval: Seconds between two cues.
        speed: Of the music in a recording, 0.75 where it was danced to a slowed song; a course has its own.
        rotate: Degrees by which the pictures were turned clockwise before anybody was looked for in them.
        body_share: Height of a body that was found in pictures in which it is too small to be followed, as a share of
            theirs; ``None`` where nobody looked, or nobody was found.
        latency: Seconds from a movement to its picture and back to the dancer, where `kdance calibrate` has measured
            them; the course of a live session has them off already.
        asked: What of all this was typed, and not configured or the dance's own.
        language: Code of the language the report is worded in.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    offset: float | None = 0.0
    heard_start: float | None = None
    mirror: Mirror = DEFAULTS.training.mirror
    loop: bool = False
    free: bool = False
    hands: bool = False
    strictness: Strictness = DEFAULTS.scoring.strictness
    error_band: float = DEFAULTS.feedback.error_band
    cue_interval: float = DEFAULTS.feedback.cue_interval
    speed: Annotated[float, Field(ge=SLOWEST, le=FASTEST)] = 1.0
    rotate: Turn = 0
    body_share: float | None = None
    latency: float | None = None
    asked: Asked = Asked()
    language: str = DEFAULTS.feedback.language

    @property
    def forgiven(self) -> float:
        """Constant lateness in real seconds that costs nothing: the camera's, where nobody has measured it."""
        return FORGIVEN_S if self.latency is None else CALIBRATED_S
