"""Which dancer of a video a reference is made of: told, asked for, or the one in the middle."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from kdance.cli.common import watching
from kdance.errors import KdanceError

if TYPE_CHECKING:
    from kdance.config import Home
    from kdance.dance.process_video import VideoPart
    from kdance.dance.stage import Dancer, Stage
    from kdance.pose import FloatArray

AUTO, ALL = "auto", "all"


def parts_of(part: VideoPart, asked: str | None, home: Home, *, jobs: int) -> list[VideoPart]:
    """The part with the dancer it is to be of; with ``all`` one for each dancer; as it is where one dances alone.

    Args:
        part: What a reference is to be made of.
        asked: A dancer's number, ``auto`` or ``all``; ``None`` where nothing was said.
        home: The picture of all dancers is put into its cache.
        jobs: Processes that share the work.

    Raises:
        KdanceError: There is no such dancer, or several and nobody to ask.
    """
    from kdance.config import expanded
    from kdance.dance.stage import Member, has_several_dancers, most_central, watch_stage

    video = expanded(part.video)
    if asked is None and not has_several_dancers(video, start=part.start, end=part.end, rotate=part.rotate):
        return [part]
    with watching(f"Looking for dancers in {part.video.name}") as progress:
        stage = watch_stage(
            video,
            start=part.start,
            end=part.end,
            mirrored=part.mirrored,
            rotate=part.rotate,
            progress=progress,
            jobs=jobs,
        )
    dancers = stage.dancers
    if not dancers or (len(dancers) == 1 and asked in (None, AUTO, ALL, "1")):
        return [part]
    sheet = _sheet(stage, part, home)
    if asked == ALL:
        name = part.name or video.stem
        return [
            replace(part, name=f"{name}-{number}", member=Member.on(stage, number))
            for number in range(1, len(dancers) + 1)
        ]
    if asked == AUTO:
        number = most_central(dancers)
        _note(f"{len(dancers)} dancers: taking {number}, who is in the middle most. {_SHEET.format(sheet)}")
    else:
        number = _number(asked, dancers, sheet)
    return [replace(part, member=Member.on(stage, number))]


_SHEET = "All of them: {}"


def _number(asked: str | None, dancers: tuple[Dancer, ...], sheet: Path) -> int:
    """The number that was typed, or is typed now."""
    which = f"{len(dancers)} dancers can be seen. {_SHEET.format(sheet)}"
    if asked is None:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise KdanceError(which, f"Say whose dance it is to be: --dancer 1 to {len(dancers)}, auto or all.")
        _note(which)
        asked = str(typer.prompt("Whose dance is it to be?", err=True)).strip()
    if not asked.isdecimal() or not 1 <= int(asked) <= len(dancers):
        raise KdanceError(f"There is no dancer {asked}: {which}", f"--dancer takes 1 to {len(dancers)}, auto or all.")
    return int(asked)


def _sheet(stage: Stage, part: VideoPart, home: Home) -> Path:
    """Write the picture of all dancers, and say where."""
    import numpy as np

    from kdance.capture.contact_sheet import write_contact_sheet
    from kdance.config import expanded

    video = expanded(part.video)

    def box(dancer: Dancer, frame: int) -> FloatArray:
        row = stage.tracks.tracks[dancer.track].rows[frame]
        return np.asarray(stage.people[frame].boxes[row])

    dancers = stage.dancers
    seen = np.array([stage.tracks.tracks[dancer.track].seen for dancer in dancers])
    fullest = int(seen.sum(0).argmax())
    together = {number: box(dancer, fullest) for number, dancer in enumerate(dancers) if seen[number, fullest]}
    moments = [[(frame, box(dancer, frame)) for frame in dancer.moments] for dancer in dancers]
    target = home.cache / f"{part.name or video.stem}-dancers.png"
    labels = [f"seen {round(100 * dancer.share)} %" for dancer in dancers]
    write_contact_sheet(
        target,
        video,
        (fullest, together),
        moments,
        labels,
        start=part.start,
        mirrored=part.mirrored,
        rotate=part.rotate,
    )
    return target


def _note(text: str) -> None:
    from kdance.cli import console

    console.note(text)
