"""Commands that score recordings, and show what came of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kdance.cli.ai import reworded
from kdance.cli.common import exit_with, set_up
from kdance.cli.exports import CardOption, CsvOption, Exports, HtmlOption, MarkdownOption, write_exports
from kdance.cli.options import (
    DancedSpeedOption,
    FreeOption,
    HandsOption,
    JsonOption,
    MirrorOption,
    NameArgument,
    RotateOption,
    SessionArgument,
    StrictnessOption,
    parse_offset,
    take_options,
)
from kdance.errors import KdanceError


def score(
    name: NameArgument,
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="A recording of you dancing it.", show_default=False)],
    as_json: JsonOption = False,
    offset: Annotated[
        str, typer.Option(help="Second of the recording at which the reference begins; auto finds it.")
    ] = "auto",
    speed: DancedSpeedOption = None,
    mirror: MirrorOption = None,
    free: FreeOption = False,
    hands: HandsOption = None,
    rotate: RotateOption = None,
    strictness: StrictnessOption = None,
) -> None:
    """Score a recorded take as fast as the machine can.

    Examples:
    kdance score magnetic me.mp4
    kdance score magnetic me.mp4 --strictness easy
    """
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
    dance = Dance.of(load_reference(home.references, name))
    take = take_options(
        settings,
        dance.reference.info,
        offset=asked,
        mirror=mirror,
        strictness=strictness,
        free=free,
        hands=hands,
        speed=speed or 1.0,
        rotate=rotate or 0,
    )
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
    session: SessionArgument = "last-session",
    as_json: JsonOption = False,
    again: Annotated[bool, typer.Option("--again", help="Have the AI coach word its summary first.")] = False,
    html: HtmlOption = None,
    card: CardOption = None,
    csv: CsvOption = None,
    markdown: MarkdownOption = None,
) -> None:
    """Show a session again, or write it into a file: a page, a picture, a table, Markdown.

    Examples:
    kdance report --html me.html
    kdance report 2026 --card me.png
    kdance report --csv me.csv
    kdance report --markdown -
    """
    from kdance.cli import console
    from kdance.practice.recovery import open_recovered_store

    exports = Exports(html=html, card=card, csv=csv, markdown=markdown)
    exports.check(as_json=as_json)
    home, settings = set_up()
    with open_recovered_store(home, console.note) as store:
        found = store.get(session)
        if again:
            found = reworded(home, settings, found)
            store.reword(found)
        if exports.asked():
            write_exports(exports, store, home, found, settings.feedback.language)
    if as_json or not exports.asked():
        console.show_report(found, as_json=as_json, language=settings.feedback.language)
