"""``kdance references``: what there is to dance; and the commands that take care of it."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from kdance.cli.asking import YesOption, make_sure
from kdance.cli.common import set_up
from kdance.cli.options import ForceOption, JsonOption, NameArgument
from kdance.cli.references_show import show
from kdance.errors import KdanceError

references = typer.Typer()
references.command()(show)


@references.callback(invoke_without_command=True)
def _list(context: typer.Context, as_json: JsonOption = False) -> None:
    """List what you can dance to; or show, rename, remove, export, import references.

    Examples:
    kdance references
    kdance references show magnetic
    """
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
            ReferenceLine(
                info.name, info.duration, info.frames, info.quality.body_share, info.made_at, info.source, info.mirrored
            )
            for info in known
        ]
        console.show(render_references(lines, load_phrases(settings.feedback.language)))
    for problem in found:
        if isinstance(problem, KdanceError):
            console.note(str(problem))


@references.command()
def rename(
    name: NameArgument, new: Annotated[str, typer.Argument(metavar="NEW", help="What to call it.", show_default=False)]
) -> None:
    """Give a reference another name; its sessions and what was learnt go with it.

    Example:
    kdance references rename "4K ILLIT Magnetic" magnetic
    """
    from kdance.cli import console
    from kdance.dance.keeping import rename_reference
    from kdance.dance.references import check_name
    from kdance.practice.recovery import open_recovered_store

    home, _ = set_up()
    name, new = check_name(name), check_name(new)
    rename_reference(home.references, name, new)
    try:
        with open_recovered_store(home, console.note) as store:
            store.rename_reference(name, new)
    except KdanceError:
        rename_reference(home.references, new, name)
        raise
    console.tell(f"'{name}' is now called '{new}': kdance train {quote(new)}")


@references.command()
def remove(name: NameArgument, yes: YesOption = False) -> None:
    """Remove a reference with its video; its sessions stay, and their reports and progress with them.

    Examples:
    kdance references remove magnetic
    kdance references remove magnetic --yes
    """
    from kdance.cli import console
    from kdance.dance.keeping import remove_reference
    from kdance.dance.references import unknown

    home, _ = set_up()
    if not (home.references / name).is_dir():
        raise unknown(home.references, name)
    make_sure(f"Remove the reference '{name}' with its video for good?", yes=yes)
    remove_reference(home.references, name)
    console.tell(f"Removed '{name}'. Its sessions are still there: kdance progress {quote(name)}")


@references.command("export")
def export(
    name: NameArgument,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="Where to; NAME.kdance.zip where it is left out.", show_default=False),
    ] = None,
    force: ForceOption = False,
) -> None:
    """Write a reference to one file to send to a friend: video, sound, poses, counts.

    Example:
    kdance references export magnetic
    """
    from kdance.cli import console
    from kdance.dance.archive import export_reference

    home, _ = set_up()
    target = Path(f"{name}.kdance.zip") if file is None else file
    export_reference(home.references, name, target, force=force)
    console.tell(f"Exported '{name}' to {target} ({target.stat().st_size / 1e6:.1f} MB)")


@references.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A file of `kdance references export`.", show_default=False)
    ],
    name: Annotated[
        str | None, typer.Option(help="What to call it; by default as its file is called.", show_default=False)
    ] = None,
    force: ForceOption = False,
) -> None:
    """Take in a reference that a friend exported; everything in it is checked first.

    Examples:
    kdance references import magnetic.kdance.zip
    kdance references import magnetic.kdance.zip --name mine
    """
    from kdance.cli import console
    from kdance.dance.archive import import_reference
    from kdance.dance.references import name_from

    home, _ = set_up()
    called = name_from(Path(file.name.removesuffix(".zip").removesuffix(".kdance") + ".x")) if name is None else name
    reference = import_reference(home.references, file, called, force=force)
    console.tell(f"Imported '{reference.info.name}': kdance train {quote(reference.info.name)}")
