"""``kdance sessions``: what has been danced; and the commands that take care of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kdance.cli.asking import YesOption, make_sure
from kdance.cli.common import set_up
from kdance.cli.options import ForceOption, JsonOption, SessionArgument

sessions = typer.Typer()

SessionsArgument = Annotated[
    list[str],
    typer.Argument(metavar="SESSION", help="Ids of sessions or how they begin, or last-session.", show_default=False),
]


@sessions.callback(invoke_without_command=True)
def _list(context: typer.Context, as_json: JsonOption = False) -> None:
    """List what you have danced, newest first; or remove, export, import sessions.

    Examples:
    kdance sessions
    kdance sessions remove last-session
    """
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


@sessions.command()
def remove(session: SessionsArgument, yes: YesOption = False) -> None:
    """Remove sessions from this computer: report, landmarks and recording; nothing of them stays in its files.

    Examples:
    kdance sessions remove 20261122-1415
    kdance sessions remove last-session --yes
    """
    from kdance.cli import console
    from kdance.practice.recovery import open_recovered_store

    home, _ = set_up()
    with open_recovered_store(home, console.note) as store:
        found = list(dict.fromkeys(store.find(name) for name in session))
        recordings = [path for path in store.recordings(found) if path.is_file()]
        also = f" and {', '.join(map(str, recordings))}" if recordings else ""
        make_sure(f"Remove {_named(found)}{also} for good?", yes=yes)
        store.remove(found)
    for path in recordings:
        _remove_recording(path)
    console.tell(f"Removed {_named(found)}{also}.")


def _named(session_ids: list[str]) -> str:
    return f"session {session_ids[0]}" if len(session_ids) == 1 else f"{len(session_ids)} sessions"


def _remove_recording(path: Path) -> None:
    from kdance.errors import KdanceError

    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise KdanceError(f"The session is removed, but its recording {path} can't be: {reason}.") from error


@sessions.command("export")
def export(
    session: SessionArgument = "last-session",
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="Where to; ID.kdance.zip where it is left out.", show_default=False),
    ] = None,
    force: ForceOption = False,
) -> None:
    """Write a session to one file: its report and every landmark, no picture and no sound.

    Examples:
    kdance sessions export last-session
    kdance sessions export 20261122-14 friday.kdance.zip
    """
    from kdance.cli import console
    from kdance.practice.recovery import open_recovered_store

    home, _ = set_up()
    with open_recovered_store(home, console.note) as store:
        found = store.find(session)
        target = Path(f"{found}.kdance.zip") if file is None else file
        store.export(found, target, force=force)
    console.tell(f"Exported session {found} to {target}")


@sessions.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A file of `kdance sessions export`.", show_default=False)
    ],
) -> None:
    """Take in a session that was exported, on this computer or another.

    Example:
    kdance sessions import friday.kdance.zip
    """
    from kdance.cli import console
    from kdance.practice.recovery import open_recovered_store

    home, _ = set_up()
    with open_recovered_store(home, console.note) as store:
        found = store.import_file(file)
    console.tell(f"Imported session {found}: kdance report {found}")
