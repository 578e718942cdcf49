"""``kdance sessions``: what has been danced; and the commands that take care of it."""

from __future__ import annotations

import typer

from kdance.cli.common import set_up
from kdance.cli.options import JsonOption

sessions = typer.Typer()


@sessions.callback(invoke_without_command=True)
def _list(context: typer.Context, as_json: JsonOption = False) -> None:
    """List what you have danced, newest first; or remove, export, import sessions."""
    if context.invoked_subcommand is not None:
        return
    from kdance.cli import console
    from kdance.practice.recovery import open_recovered_store
    from kdance.report.listing import render_sessions
    from kdance.words.phrases import load_phrases

    home, settings = set_up()
    with open_recovered_store(home, console.note) as store:
        rows = store.list_sessions()
    if as_json:
        console.show_json({"sessions": rows})
    else:
        console.show(render_sessions(rows, load_phrases(settings.feedback.language)))
