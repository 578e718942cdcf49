"""``kdance config``: every setting, shown and changed."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from kdance.cli.common import set_up
from kdance.cli.options import JsonOption

config = typer.Typer()

KeyArgument = Annotated[
    str, typer.Argument(metavar="KEY", help="A setting's name, such as feedback.language.", show_default=False)
]


@config.callback(invoke_without_command=True)
def _list(context: typer.Context, as_json: JsonOption = False) -> None:
    """Show every setting; or get, set, edit them.

    Examples:
    kdance config
    kdance config set feedback.language ko
    """
    if context.invoked_subcommand is not None:
        return
    from kdance.cli import console
    from kdance.config import DEFAULTS
    from kdance.report.settings import SettingLine, render_settings

    home, settings = set_up()
    if as_json:
        console.show_json({"file": home.config, "settings": settings})
        return
    lines = [
        SettingLine(f"{section}.{name}", said(value), value == getattr(getattr(DEFAULTS, section), name), about)
        for section, part in settings
        for name, value in part
        for about in [type(part).model_fields[name].description or ""]
    ]
    console.show(render_settings(lines))
    where = "No config.yaml: all of it is at its default." if home.config is None else f"From {home.config}"
    console.tell(f"\n{where}\nChange one: kdance config set feedback.language ko")


def said(value: Any) -> str:
    """A value as it stands in the file."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@config.command()
def get(key: KeyArgument, as_json: JsonOption = False) -> None:
    """Print one setting.

    Example:
    kdance config get feedback.language
    """
    from kdance.cli import console
    from kdance.cli.config_file import known

    home, settings = set_up()
    section, name = known(key)
    value = getattr(getattr(settings, section), name)
    if as_json:
        console.show_json({"file": home.config, key: value})
    else:
        console.tell(said(value))


@config.command("set")
def set_(
    key: KeyArgument,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="As it stands in the file.", show_default=False)],
) -> None:
    """Change one setting in your config.yaml; its comments stay. A value that isn't allowed changes nothing.

    Examples:
    kdance config set feedback.language ko
    kdance config set training.mirror off
    """
    from kdance.cli import console
    from kdance.cli.config_file import config_of, text_of, with_value, write
    from kdance.config import find_home

    home = find_home()
    path = config_of(home)
    write(path, with_value(text_of(home), path, key, value))
    console.tell(f"{key}: {value}, in {path}")


@config.command()
def edit() -> None:
    """Open your config.yaml in your editor; what you save is checked before it counts.

    Example:
    EDITOR=nano kdance config edit
    """
    from kdance.cli import console
    from kdance.cli.config_file import check, config_of, open_editor, text_of, write
    from kdance.config import find_home
    from kdance.errors import ConfigError

    home = find_home()
    path, text = config_of(home), text_of(home)
    with open_editor(text) as draft:
        edited = draft.read_text(encoding="utf-8", errors="replace")
        if edited == text:
            console.note("Nothing was changed.")
            return
        try:
            check(edited, path)
        except ConfigError as error:
            kept = path.with_name("config.draft.yaml")
            write(kept, edited)
            raise ConfigError(f"Not taken. {error.message}", f"What you wrote lies in {kept}") from error
    write(path, edited)
    console.tell(f"Saved {path}")
