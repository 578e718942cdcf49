"""``kdance references show``: all that is known of one reference."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kdance.cli.common import set_up
from kdance.cli.exports import STDOUT, check_file, write_file
from kdance.cli.options import JsonOption, NameArgument


def show(
    name: NameArgument,
    as_json: JsonOption = False,
    png: Annotated[
        Path | None,
        typer.Option("--png", metavar="FILE.png", help="Write a picture: its timeline, and the pose of each 8-count."),
    ] = None,
) -> None:
    """Show a reference: how long, how well seen, its counts, and a picture of its timeline.

    Examples:
    kdance references show magnetic
    kdance references show magnetic --png magnetic.png
    """
    from kdance.cli import console
    from kdance.dance.dance import Dance
    from kdance.dance.references import load_reference
    from kdance.report.reference import render_reference
    from kdance.words.phrases import load_phrases

    if png is not None and png != STDOUT:
        check_file("png", png, (".png",))
    home, settings = set_up()
    reference = load_reference(home.references, name)
    phrases = load_phrases(settings.feedback.language)
    if png is not None:
        from kdance.report.listing import song_of
        from kdance.window.reference_sheet import make_reference_sheet

        write_file(png, make_reference_sheet(Dance.of(reference), song_of(reference.info, phrases), phrases))
        if png == STDOUT:
            return
    if as_json:
        console.show_json(reference.info)
    else:
        console.show(render_reference(reference, phrases))
    if png is not None:
        console.note(f"Written: {png}")
