"""Every setting as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text


@dataclass(frozen=True, slots=True)
class SettingLine:
    """A setting: its name, its value as it stands in the file, whether that is the default, and what it is about."""

    key: str
    value: str
    is_default: bool
    about: str


def render_settings(lines: Sequence[SettingLine]) -> RenderableType:
    """A row each; what is not at its default stands out."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(style="dim")
    for line in lines:
        table.add_row(line.key, Text(line.value, style="" if line.is_default else "bold yellow"), Text(line.about))
    return table
