"""``kdance references``: what there is to dance; and the commands that take care of it."""

from __future__ import annotations

import typer

from kdance.cli.common import set_up
from kdance.cli.options import JsonOption
from kdance.errors import KdanceError

references = typer.Typer()


@references.callback(invoke_without_command=True)
def _list(context: typer.Context, as_json: JsonOption = False) -> None:
    """List what you can dance to; or show, rename, remove, export, import references."""
    if context.invoked_subcommand is not None:
        return
    from kdance.cli import console
    from kdance.dance.references import ReferenceInfo, list_references
    from kdance.report.listing import ReferenceLine, render_references
    from kdance.words.phrases import load_phrases

    home, settings = set_up()
    found = list_references(home.references)
    known = [info for info in found if isinstance(info, ReferenceInfo)]
    if as_json:
        console.show_json({"references": [info.model_dump(mode="json") for info in known]})
    else:
        lines = [
            ReferenceLine(info.name, info.duration, info.frames, info.quality.body_share, info.made_at, info.source)
            for info in known
        ]
        console.show(render_references(lines, load_phrases(settings.feedback.language)))
    for problem in found:
        if isinstance(problem, KdanceError):
            console.note(str(problem))
