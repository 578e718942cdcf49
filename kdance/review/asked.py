"""What was typed of how a take is seen and judged, apart from what is configured and what a dance asks for itself."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from kdance.choices import Mirror, Strictness, Turn


class Asked(BaseModel):
    """For a command that asks for it again; ``None`` where nothing was typed.

    Attributes:
        hands: Whether hands are to be compared.
        mirror: Whether left and right are swapped.
        strictness: How fast an error costs points.
        camera: The webcam's number, or the address of a stream without secrets; never a file.
        rotate: Degrees to turn that camera's picture clockwise.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    hands: bool | None = None
    mirror: Mirror | None = None
    strictness: Strictness | None = None
    camera: str | None = None
    rotate: Turn | None = None
