"""The options that several commands share."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Annotated, Final

import typer

from kdance.choices import FASTEST, SLOWEST, Mirror, Strictness, Turn
from kdance.cli import completion

if TYPE_CHECKING:
    from kdance.config import Settings
    from kdance.dance.reference_info import ReferenceInfo
    from kdance.review.options import TakeOptions


_NAME: Final = typer.Argument(
    metavar="NAME",
    help="A reference's name, see `kdance references`.",
    show_default=False,
    autocompletion=completion.dances,
)
NameArgument = Annotated[str, _NAME]
NameOrNothing = Annotated[str | None, _NAME]
_SESSION: Final = typer.Argument(
    metavar="SESSION", help="A session's id or how it begins, or last-session.", autocompletion=completion.sessions
)
SessionArgument = Annotated[str, _SESSION]
SessionOrNothing = Annotated[str | None, _SESSION]
MirrorOption = Annotated[
    Mirror | None,
    typer.Option(help="Compare with left and right swapped; auto decides by itself. \\[config: training.mirror]"),
]
FreeOption = Annotated[bool, typer.Option("--free", help="You drive: dance any part at your own tempo.")]
HandsOption = Annotated[
    bool | None,
    typer.Option(help="Compare hands too; by default of a dance of the hands alone.", show_default=False),
]
SpeedOption = Annotated[
    float | None,
    typer.Option(min=SLOWEST, max=FASTEST, help="How fast the song is danced; its pitch stays.", show_default=False),
]
DancedSpeedOption = Annotated[
    float | None,
    typer.Option(
        min=SLOWEST, max=FASTEST, help="How fast you danced it, as a share of the song's speed.", show_default=False
    ),
]
RotateOption = Annotated[
    Turn | None,
    typer.Option(
        help="Degrees to turn the picture clockwise, where a camera stood on its side or upside down.",
    ),
]
StrictnessOption = Annotated[
    Strictness | None, typer.Option(help="How fast an error costs points. \\[config: scoring.strictness]")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace what is there already.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Write one JSON object to stdout, and nothing else there.")]


def take_options(
    settings: Settings,
    info: ReferenceInfo,
    *,
    offset: float | None = 0.0,
    mirror: Mirror | None = None,
    strictness: Strictness | None = None,
    free: bool = False,
    hands: bool | None = None,
    speed: float = 1.0,
    latency: float | None = None,
    rotate: Turn | None = None,
    camera: str | None = None,
    live: bool = False,
) -> TakeOptions:
    """What a score depends on: what was asked for, else the settings; hands, where the dance is one of hands."""
    from kdance.review.asked import Asked
    from kdance.review.options import TakeOptions

    asked = Asked(hands=hands, mirror=mirror, strictness=strictness)
    if live:  # a file, and how it is turned, are of one take alone
        asked = asked.model_copy(update={"camera": _repeatable(camera), "rotate": rotate})
    return TakeOptions(
        offset=offset,
        mirror=settings.training.mirror if mirror is None else mirror,
        strictness=settings.scoring.strictness if strictness is None else strictness,
        free=free,
        hands=info.quality.of_hands if hands is None else hands,
        speed=speed,
        latency=latency,
        rotate=settings.camera.rotate if rotate is None else rotate,
        error_band=settings.feedback.error_band,
        cue_interval=settings.feedback.cue_interval,
        language=settings.feedback.language,
        asked=asked,
    )


def _repeatable(camera: str | None) -> str | None:
    """A camera that was asked for, where its address holds no secret: that is kept nowhere."""
    from kdance.capture.addresses import has_secret

    return None if camera is None or ("://" in camera and has_secret(camera)) else camera


def parse_offset(text: str) -> float | None:
    """Seconds, or ``None`` for auto."""
    if text == "auto":
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise typer.BadParameter("must be auto or a number of seconds", param_hint="--offset")
    return seconds


def parse_time(text: str, option: str) -> float:
    """Seconds of ``0:45``, ``1:02.5`` or ``45``."""
    minutes, _, seconds = text.rpartition(":")
    try:
        value = 60 * int(minutes or 0) + float(seconds)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise typer.BadParameter("must be a time such as 0:45 or 45.5", param_hint=option)
    return value


def parse_eights(text: str) -> tuple[int, int]:
    """First and last 8-count of ``3-6`` or ``3``."""
    match = re.fullmatch(r"(\d{1,3})(?:\s*-\s*(\d{1,3}))?", text.strip())
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= first <= last:
        raise typer.BadParameter("must be 8-counts such as 3-6", param_hint="--counts")
    return first, last
