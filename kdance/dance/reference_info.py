"""What is written beside a reference: ``reference.yaml`` as a checked, frozen record."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from kdance.choices import FASTEST_BPM, SLOWEST_BPM, Strictness, Turn
from kdance.motion.counts import CountGrid
from kdance.motion.shots import Shows

FORMAT_VERSION = 2
Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _SideCar(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ChanceLevel(_SideCar):
    """What chance scores on this reference, see :class:`kdance.motion.scoring.Chance`."""

    pose: Annotated[float, Field(ge=0, lt=1)]
    motion: Annotated[float, Field(ge=0, lt=1)]


class Quality(_SideCar):
    """How well the dancer could be seen in the video.

    Attributes:
        body_share: Share of the frames with a body.
        visible: Share of the time with a body that each part of it was seen, by its name.
        by_section: The same of all the time of each section, in order.
        warnings: What a dancer can do something about.
        of_hands: Whether its hands move so much that they are the dance: they count, unless somebody asks for none.
    """

    body_share: Share
    visible: dict[str, Share]
    by_section: tuple[dict[str, Share], ...] = ()
    warnings: tuple[str, ...]
    of_hands: bool = False


class Counts(_SideCar):
    """The counts of a song.

    Attributes:
        seconds_per_count: Seconds from one count to the next.
        first: The first second of the reference at which a "1" falls.
        given: Whether a person said where the "1" falls, or how fast the song is.
        confidence: How sure it is that the "1" is a "1"; the beats themselves are sure.
    """

    seconds_per_count: Annotated[float, Field(ge=60 / FASTEST_BPM, le=60 / SLOWEST_BPM)]
    first: Seconds
    given: bool
    confidence: Share

    @model_validator(mode="after")
    def _first_is_in_its_eight(self) -> Self:
        CountGrid(self.seconds_per_count, self.first)
        return self

    @property
    def grid(self) -> CountGrid:
        """The counts as a grid."""
        return CountGrid(self.seconds_per_count, self.first)


class Shot(_SideCar):
    """What lies between two cuts of the video.

    Attributes:
        start: Seconds of the reference; ``end`` likewise.
        shows: What can be seen in it; the dance is learnt and scored where that is the ``dancer``.
    """

    start: Seconds
    end: Seconds
    shows: Shows

    @property
    def used(self) -> bool:
        """Whether the dance is learnt from it."""
        return self.shows == "dancer"


class ReferenceInfo(_SideCar):
    """``reference.yaml``: where a reference comes from and what is known of it.

    Attributes:
        source: File name of the video it was made from; ``source_sha256`` its digest.
        video: File name of the copy beside this file.
        start: Seconds of the video where the reference begins.
        chance: The floor of the score by strictness.
        sound: File name of the sound beside this file; ``None`` where the video has none.
        counts: Of the song; ``None`` as long as nobody has found its beat.
        shots: What the video shows from cut to cut; empty where it has no cut.
        mirrored: Whether the video shows the dance as in a mirror; the poses don't.
        rotate: Degrees by which its pictures are turned clockwise; the poses are.
        sections: (start, end) of each in seconds: the 8-counts, or what lies between still moments.
        dancer: Number of the dancer in a video of ``dancers``; ``None`` where one dances alone.
    """

    format_version: int = FORMAT_VERSION
    name: str
    source: str
    source_sha256: str
    video: str
    sound: str | None = None
    start: Seconds
    duration: Annotated[Seconds, Field(gt=0)]
    frames: Annotated[int, Field(gt=0)]
    width_px: Annotated[int, Field(gt=0)]
    height_px: Annotated[int, Field(gt=0)]
    model: str
    made_at: str
    chance: Annotated[dict[Strictness, ChanceLevel], Field(min_length=3)]
    sections: tuple[tuple[Seconds, Seconds], ...]
    counts: Counts | None = None
    quality: Quality
    mirrored: bool = False
    rotate: Turn = 0
    shots: tuple[Shot, ...] = ()
    dancer: Annotated[int, Field(ge=1)] | None = None
    dancers: Annotated[int, Field(ge=1)] | None = None

    @property
    def cuts(self) -> tuple[float, ...]:
        """Seconds at which a new shot begins."""
        return tuple(shot.start for shot in self.shots[1:])

    @property
    def grid(self) -> CountGrid | None:
        """The counts as a grid; ``None`` where the beat is unknown."""
        return None if self.counts is None else self.counts.grid

    @property
    def seconds_per_count(self) -> float | None:
        """Seconds from one count to the next; ``None`` where the beat is unknown."""
        return None if self.counts is None else self.counts.seconds_per_count
