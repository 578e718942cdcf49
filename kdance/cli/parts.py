"""From what was asked for on the command line to what of the song is practised, and how."""

from __future__ import annotations

from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

import typer

from kdance.cli.options import parse_eights, parse_time
from kdance.errors import KdanceError

if TYPE_CHECKING:
    from kdance.config import Settings
    from kdance.dance.dance import Dance
    from kdance.practice.transport import Practice


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPart:
    """What was asked for, as it was typed; ``None`` where nothing was said.

    Attributes:
        start: ``--from``, such as 0:45.
        end: ``--to``, such as 1:02.
        counts: ``--counts``, such as 3-6.
        loop: ``--loop`` or ``--no-loop``.
        speed: ``--speed``.
        auto_speed: ``--auto-speed``.
        free: ``--free``.
    """

    start: str | None = None
    end: str | None = None
    counts: str | None = None
    loop: bool | None = None
    speed: float | None = None
    auto_speed: bool = False
    free: bool = False


def practice_of(asked: AskedPart, dance: Dance, settings: Settings, *, live: bool) -> Practice:
    """What of the song is practised, and how; a part of it is looped unless ``--no-loop`` says otherwise."""
    from kdance.practice.transport import Practice

    told = (asked.speed, asked.start, asked.end, asked.counts)
    if asked.free and (asked.loop or asked.auto_speed or any(part is not None for part in told)):
        raise typer.BadParameter("has no meaning with loops and speeds: you drive", param_hint="--free")
    if asked.auto_speed and asked.loop is False:
        raise typer.BadParameter("has no meaning with --no-loop", param_hint="--auto-speed")
    first, last = _part(dance, asked.start, asked.end, asked.counts)
    is_part = first > 0 or last is not None
    loop = settings.training.loop or asked.auto_speed or is_part if asked.loop is None else asked.loop
    counted = live and settings.training.count_in and not asked.free
    speed = asked.speed or 1.0
    if not live:
        _tell_where_a_file_begins(first, speed)
    return Practice(start=first, end=last, loop=loop and not asked.free, speed=speed, count_in=counted)


def _tell_where_a_file_begins(start: float, speed: float) -> None:
    """A file as the camera can't wait: where that matters, people are told what it has to show."""
    from kdance.cli import console
    from kdance.words.numbers import minutes

    where = f" at {minutes(start)} of the song" if start else " with the song"
    slower = f", danced at {speed:g} of its speed" if speed != 1 else ""
    if start or slower:
        console.note(f"A file plays from its first picture, at its own speed: it has to begin{where}{slower}.")


def _part(dance: Dance, start: str | None, end: str | None, counts: str | None) -> tuple[float, float | None]:
    """Seconds of the song where practice begins and, unless at its end, ends."""
    from kdance.practice.transport import SHORTEST_LOOP_S
    from kdance.words.numbers import minutes

    duration = dance.plain.duration
    if counts is not None:
        if start or end:
            raise typer.BadParameter("has no meaning with --from and --to", param_hint="--counts")
        return _eights(dance, *parse_eights(counts))
    first = 0.0 if start is None else parse_time(start, "--from")
    last = None if end is None else parse_time(end, "--to")
    until = duration if last is None else min(last, duration)
    if until - first < SHORTEST_LOOP_S:
        if first >= duration:
            raise KdanceError(
                f"The song is over at {minutes(duration)}: there is nothing to dance from {minutes(first)}.",
                "Choose an earlier --from.",
            )
        raise KdanceError(
            f"There is less than a second to dance from {minutes(first)} to {minutes(until)}.",
            f"The song has {minutes(duration)}: check --from and --to.",
        )
    return first, until if last is not None else None


def _eights(dance: Dance, first: int, last: int) -> tuple[float, float]:
    info = dance.reference.info
    if info.grid is None:
        raise KdanceError(
            f"The counts of '{info.name}' are not known.",
            f"Tell them: kdance counts {quote(info.name)} --bpm 120 --first-beat 1.5",
        )
    eights = info.grid.eights(dance.plain.duration)
    if last > len(eights):
        raise KdanceError(
            f"'{info.name}' has {len(eights)} 8-counts, not {last}.", f"See them: kdance counts {quote(info.name)}"
        )
    return eights[first - 1][0], eights[last - 1][1]
