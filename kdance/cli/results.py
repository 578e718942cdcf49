"""Commands that score recordings, and show what there is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kdance.cli.ai import reworded
from kdance.cli.common import exit_with, set_up
from kdance.cli.options import (
    DancedSpeedOption,
    FreeOption,
    HandsOption,
    JsonOption,
    MirrorOption,
    NameArgument,
    StrictnessOption,
    parse_offset,
    take_options,
)
from kdance.errors import KdanceError


def score(
    name: NameArgument,
    video: Annotated[Path, typer.Argument(help="A recording of you dancing it.", show_default=False)],
    as_json: JsonOption = False,
    offset: Annotated[
        str, typer.Option(help="Second of the recording at which the reference begins; auto finds it.")
    ] = "auto",
    speed: DancedSpeedOption = None,
    mirror: MirrorOption = None,
    free: FreeOption = False,
    hands: HandsOption = False,
    strictness: StrictnessOption = None,
) -> None:
    """Score a recorded take as fast as the machine can."""
    from kdance.cli import console
    from kdance.dance.dance import Dance
    from kdance.dance.references import load_reference
    from kdance.practice.recovery import open_recovered_store
    from kdance.practice.score_video import score_video
    from kdance.practice.signals import StopSignals

    home, settings = set_up()
    asked = parse_offset(offset)
    if free and (asked is not None or speed is not None):
        raise typer.BadParameter(
            "has no meaning with --free: you drive", param_hint="--speed" if asked is None else "--offset"
        )
    take = take_options(
        settings, offset=asked, mirror=mirror, strictness=strictness, free=free, hands=hands, speed=speed or 1.0
    )
    dance = Dance.of(load_reference(home.references, name))
    with open_recovered_store(home, console.note) as store, StopSignals() as signals:
        with console.progress(f"Watching {video.name}") as progress:
            outcome = score_video(dance, video, take, settings, store, signals, progress)
        if outcome.report is None:
            raise KdanceError("Nothing of this recording lies within the dance.", "Check --offset, or leave it out.")
        console.show_outcome(outcome, as_json=as_json, language=settings.feedback.language)
    for remark in outcome.remarks:
        console.note(f"{video.name}: {remark}")
    exit_with(outcome)


def report(
    session: Annotated[str, typer.Argument(help="A session's id or how it begins, or last-session.")] = "last-session",
    as_json: JsonOption = False,
    again: Annotated[bool, typer.Option("--again", help="Have the AI coach word its summary first.")] = False,
) -> None:
    """Show a session again."""
    from kdance.cli import console
    from kdance.practice.recovery import open_recovered_store

    home, settings = set_up()
    with open_recovered_store(home, console.note) as store:
        found = store.latest() if session == "last-session" else store.get(session)
        if again:
            found = reworded(home, settings, found)
            store.reword(found)
    console.show_report(found, as_json=as_json, language=settings.feedback.language)


def references() -> None:
    """List what you can dance to."""
    from kdance.cli import console
    from kdance.dance.references import ReferenceInfo, list_references
    from kdance.report.listing import ReferenceLine, render_references
    from kdance.words.phrases import load_phrases

    home, settings = set_up()
    found = list_references(home.references)
    lines = [
        ReferenceLine(
            info.name, info.duration, info.frames, info.quality.body_share, info.made_at, info.source, info.mirrored
        )
        for info in found
        if isinstance(info, ReferenceInfo)
    ]
    console.show(render_references(lines, load_phrases(settings.feedback.language)))
    for problem in found:
        if isinstance(problem, KdanceError):
            console.note(str(problem))


def sessions() -> None:
    """List what you have danced, newest first."""
    from kdance.cli import console
    from kdance.practice.recovery import open_recovered_store
    from kdance.report.listing import render_sessions
    from kdance.words.phrases import load_phrases

    home, settings = set_up()
    with open_recovered_store(home, console.note) as store:
        rows = store.list_sessions()
    console.show(render_sessions(rows, load_phrases(settings.feedback.language)))
