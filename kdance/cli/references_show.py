"""``kdance references show``: all that is known of one reference."""

from __future__ import annotations

from kdance.cli.common import set_up
from kdance.cli.options import JsonOption, NameArgument


def show(name: NameArgument, as_json: JsonOption = False) -> None:
    """Show a reference: how long, how well seen, its counts, and a picture of its timeline.

    Example:
    kdance references show magnetic
    """
    from kdance.cli import console
    from kdance.dance.references import load_reference
    from kdance.report.reference import render_reference
    from kdance.words.phrases import load_phrases

    home, settings = set_up()
    reference = load_reference(home.references, name)
    if as_json:
        console.show_json(reference.info)
    else:
        console.show(render_reference(reference, load_phrases(settings.feedback.language)))
