"""``config.yaml`` changed by a program: one value, with everything else and all comments as they were."""

from __future__ import annotations

import io
import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from kdance.config import CONFIG_NAME, Home, Settings, parse_settings, read_config
from kdance.errors import ConfigError
from kdance.words.phrases import load_phrases

NEW = "# kdance's settings. `kdance config` shows all there are; what is not here is at its default.\n"


def config_of(home: Home) -> Path:
    """The ``config.yaml`` in use, or the one to begin: beside the data, so that these are found as before."""
    return home.data / CONFIG_NAME if home.config is None else home.config


def text_of(home: Home) -> str:
    """What stands in it."""
    return NEW if home.config is None else read_config(home.config)


def with_value(text: str, path: Path, key: str, value: str) -> str:
    """The text of a ``config.yaml`` with another value for a setting.

    Args:
        text: As it is.
        path: The file it stands in.
        key: ``section.name``.
        value: As it would be written in the file.

    Raises:
        ConfigError: There is no such setting, or the value is not allowed.
    """
    section, name = known(key)
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10_000  # a long line of the dancer's stays one
    yaml.indent(mapping=2)
    try:
        tree: Any = yaml.load(text)
        new: Any = YAML(typ="safe", pure=True).load(value) if value.strip() else value
    except (YAMLError, ValueError, RecursionError) as error:  # ValueError: a date or number that can't be
        raise ConfigError(
            f"{value!r} can't be written into {path}, or that is no YAML.", "Mend it: kdance config edit"
        ) from error
    if tree is None:
        tree = CommentedMap()
        text = text.rstrip("\n") + "\n" if text.strip() else ""
    if not isinstance(tree, CommentedMap):
        raise ConfigError(f"{path} must hold sections such as 'camera:'.", "Mend it: kdance config edit")
    is_new = not tree
    if not isinstance(tree.get(section), CommentedMap):
        tree[section] = CommentedMap()
    # A path or an address may look like YAML and be none.
    tree[section][name] = new if isinstance(new, str | int | float | bool) else value
    changed = io.StringIO()
    yaml.dump(tree, changed)
    written = text + changed.getvalue() if is_new else changed.getvalue()
    check(written, path)
    return written


def known(key: str) -> tuple[str, str]:
    """Section and name of a setting.

    Raises:
        ConfigError: There is none of this name; the message says which there are.
    """
    section, _, name = key.partition(".")
    sections = Settings.model_fields
    if section not in sections:
        raise ConfigError(f"There is no setting {key!r}; sections: {', '.join(sections)}.", "See all: kdance config")
    model: Any = sections[section].annotation
    if name not in model.model_fields:
        raise ConfigError(
            f"There is no setting {key!r}; in {section}: {', '.join(model.model_fields)}.", "See all: kdance config"
        )
    return section, name


def check(text: str, path: Path) -> Settings:
    """The settings that a text says, with all that is looked at when they are used.

    Raises:
        ConfigError: Something in it is not allowed.
    """
    settings = parse_settings(text, path)
    load_phrases(settings.feedback.language)
    return settings


@contextmanager
def open_editor(text: str) -> Iterator[Path]:
    """Let the dancer edit a text; gives the file it was saved to, which is gone afterwards.

    Raises:
        ConfigError: There is no editor, or it failed.
    """
    asked = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    editor = asked or ("notepad" if os.name == "nt" else "vi")
    with tempfile.TemporaryDirectory(prefix="kdance-") as folder:
        draft = Path(folder) / CONFIG_NAME
        draft.write_text(text, encoding="utf-8")
        try:
            code = subprocess.run([*shlex.split(editor, posix=os.name != "nt"), str(draft)], check=False).returncode
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"The editor {editor!r} can't be started.", "Set EDITOR, or: kdance config set KEY VALUE"
            ) from error
        if code != 0:
            raise ConfigError(f"Nothing was changed: the editor {editor!r} ended with {code}.")
        yield draft


def write(path: Path, text: str) -> None:
    """Write a ``config.yaml``, all or nothing.

    Raises:
        ConfigError: It can't be written.
    """
    try:
        path = path.resolve()  # a link stays one
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            temporary.chmod(mode)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigError(f"{path} can't be written: {error.strerror}.", "Check who may write it.") from error
